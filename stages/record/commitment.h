// What a commitment commits to: the canonical texts of an excluded object and of a released item.
//
// Excluded objects. Each has one line in the sealed ledger. The line without its nonce is the object's canonical
// record; the commitment is an HMAC of that record under the nonce. The commitments, sorted by value, are the
// leaves of the ledger tree: the order tells nothing of where an object stood, and it is the same whatever the
// order of finishing. Who is handed one line of the ledger can check that it is in the tree; who is handed
// nothing cannot test a guess, because every nonce is 256 bits that follow from the case key alone.
//
//   nonce      = HMAC-SHA-256(derive("commitment"), sort key of the locator || 00 || record)
//   commitment = HMAC-SHA-256(nonce, record)
//   line       = record with ,"nonce":"<64 hex>" before its last brace
//
// Released items. Each item is one leaf of the index tree, in the order of ids. Its text follows from
// relevance.db alone; see item_text().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/facts.h"
#include "pipeline/object.h"
#include "stages/record/seal.h"

namespace ambit::record {

struct Tally {
  std::string_view name;
  std::uint64_t count = 0;
};

// One excluded object, as the ledger tells it. Views: all must outlive the call they are passed to.
struct Record {
  std::string_view exhibit;            // name
  std::string_view locator;            // text
  std::span<const std::string> links;  // likewise, of the other paths of the same file
  std::uint64_t inode = 0;             // 0: none
  ObjectState state = ObjectState::active;
  Kind kind = Kind::unknown;
  std::uint64_t size = 0;
  std::optional<std::int64_t> modified, sent;
  Disposition disposition = Disposition::not_relevant;
  Reason reason = Reason::no_rule;
  std::string_view rule;            // name; empty: none
  std::span<const Tally> hits;      // identifier name, number of hits; in the order of the order file
  std::span<const Tally> findings;  // category of private data, number of findings; by name
  std::span<const Exception> exceptions;
  const Bytes32* sha256 = nullptr;
  std::string_view duplicate_of;  // locator text; empty: none
};

// One JSON object on one line, no line end, no spaces. Keys in the order of the struct; those that have nothing
// to say (no date, no rule, no hits …) are left out.
//   {"exhibit":"srv","locator":"srv:/a","state":"active","kind":"text","size":5,"disposition":"not_relevant",
//    "reason":"no_rule","hits":{"a.b":2},"exceptions":[{"reason":"unreadable","offset":0,"length":4096}]}
// Links: "links":["srv:/b","srv:/c"].
void append_record(std::string& out, const Record& record);
// A JSON string literal. `text` is UTF-8.
void append_json_string(std::string& out, std::string_view text);

struct Commitment {
  Bytes32 nonce{};
  Bytes32 hash{};
};
class Committer {
 public:
  explicit Committer(const CaseKey& key) : hmac_(key.derive("commitment")) {}
  [[nodiscard]] Commitment commit(std::string_view locator_sort_key, std::string_view record) const;

 private:
  Hmac hmac_;
};
[[nodiscard]] Bytes32 commitment_of(const Bytes32& nonce, std::string_view record);

// The ledger's line of a record, without line end; and back. Nothing where the line does not end as it should.
[[nodiscard]] std::string ledger_line(std::string_view record, const Bytes32& nonce);
struct LedgerLine {
  std::string record;
  Bytes32 nonce{};
};
[[nodiscard]] std::optional<LedgerLine> split_ledger_line(std::string_view line);

// One released item with what stands under it, as in the tables (or views) item, link, extent, place and hit.
struct IndexHit {
  std::uint64_t start = 0;
  std::uint32_t identifier = 0;  // id of table identifier
  std::uint8_t view = 0, form = 0;
  std::uint64_t length = 0;
  bool crossing = false;
  friend auto operator<=>(const IndexHit&, const IndexHit&) = default;
};
struct IndexExtent {
  std::uint8_t view = 0;
  std::uint64_t start = 0, length = 0;
  std::optional<std::uint64_t> exhibit_offset;
  friend auto operator<=>(const IndexExtent&, const IndexExtent&) = default;
};
struct IndexPlace {
  std::uint64_t start = 0, length = 0;  // of the object
  std::uint64_t exhibit_offset = 0;
  friend auto operator<=>(const IndexPlace&, const IndexPlace&) = default;
};
struct IndexItem {
  std::uint64_t id = 0;
  std::uint32_t exhibit = 0;  // id of table exhibit
  std::optional<std::uint64_t> parent;
  std::string locator;
  std::uint8_t state = 0, kind = 0;
  std::uint64_t size = 0;
  std::optional<Bytes32> sha256;
  std::optional<std::int64_t> modified;
  std::uint8_t disposition = 0;
  std::optional<std::uint32_t> rule;  // id of table rule
  std::optional<std::uint64_t> duplicate_of;
  std::optional<std::uint64_t> inode;
  std::vector<std::string> links;    // locators' texts; sorted, no duplicates
  std::vector<IndexExtent> extents;  // sorted
  std::vector<IndexPlace> places;    // sorted
  std::vector<IndexHit> hits;        // sorted
};

// The leaf data of the index tree. Lines that end in LF, fields parted by TAB, numbers decimal, NULL empty,
// sha256 as lower-case hex:
//   item <id> <exhibit> <parent> <locator> <state> <kind> <size> <sha256> <modified> <disposition> <rule>
//        <duplicate_of> <inode>
//   link <locator>                                                  by locator
//   extent <view> <start> <length> <exhibit_offset>                 by view, start
//   place <start> <length> <exhibit_offset>                         by start
//   hit <start> <identifier> <view> <form> <length> <crossing>      by all of them, in this order
[[nodiscard]] std::string item_text(const IndexItem& item);

}  // namespace ambit::record
