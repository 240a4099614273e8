// The journal of systemd, read by us: the library follows the links of a file that it trusts, and stops at the first
// that is damaged.
//
//   file   = header *object                     an object begins at a multiple of eight bytes
//   header = "LPKSHHRH" compatible(4) incompatible(4) state(1) 0(7) id(16)… header-size(8) arena-size(8) …
//            last-object(8) …
//   object = type(1) flags(1) 0(6) size(8) payload                    `size`: of all of it
//   data   = object, 6 numbers(8), in the compact form 2 more(4), then "NAME=value", packed as the flags say
//   entry  = object, number(8) realtime(8) monotonic(8) boot(16) hash(8) *( data(8) hash(8) )    compact: *( data(4) )
//
// Numbers have their least byte first. The other objects (names of fields, hash tables, arrays of entries, seals) say
// nothing that data and entries do not, and are passed over.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/unpack/input.h"

namespace ambit::unpack {

struct JournalHeader {
  std::uint64_t header_bytes = 0;
  std::uint64_t bytes = 0;  // of the file, as declared
  std::uint64_t last_object = 0;
  bool is_compact = false;    // offsets in entries have four bytes
  bool is_understood = true;  // false: written by a systemd that is newer than this reader
};
inline constexpr std::size_t kJournalHeaderBytes = 208;  // of the oldest form; what came later is not needed

// `bytes`: the first kJournalHeaderBytes of a file, at least. Nothing: no journal.
[[nodiscard]] std::optional<JournalHeader> journal_header(std::span<const std::byte> bytes);

enum class JournalType : std::uint8_t { unused, data, field, entry, data_hashes, field_hashes, entry_array, tag };
enum class JournalPacking : std::uint8_t { none = 0, xz = 1, lz4 = 2, zstd = 4 };

struct JournalObject {
  JournalType type = JournalType::unused;
  JournalPacking packing = JournalPacking::none;
  std::uint64_t bytes = 0;
};
inline constexpr std::size_t kJournalObjectBytes = 16;

// Bytes of a data object before its text.
[[nodiscard]] std::size_t journal_data_head(bool is_compact);
// `bytes`: the first kJournalObjectBytes of an object, at least. Nothing: none begins so.
[[nodiscard]] std::optional<JournalObject> journal_object(std::span<const std::byte> bytes, bool is_compact);

// Appends the text that stands next in `input`, packed into `bytes`, of which no more are taken: in UTF-8, on one line,
// without NULs. At most limits::kMaxJournalValueBytes of it. False: not all of it could be had.
[[nodiscard]] bool append_journal_value(Input& input, std::uint64_t bytes, JournalPacking packing, std::string& text);

// The texts of data objects, at any place. Those that many entries share are kept.
class JournalValues {
 public:
  // `content` outlives it; of `size` bytes.
  JournalValues(Content& content, std::uint64_t size, bool is_compact);

  // The text of the data object at `offset`; valid until the next call. Nothing: there is none.
  [[nodiscard]] std::optional<std::string_view> at(std::uint64_t offset);
  // Some text was cut or damaged.
  [[nodiscard]] bool is_damaged() const { return is_damaged_; }

 private:
  struct Kept {
    std::uint64_t offset = 0;  // 0: nothing
    bool is_there = false;
    std::string text;
  };
  [[nodiscard]] bool read(std::uint64_t offset);

  Input input_;
  std::uint64_t size_;
  bool is_compact_, is_damaged_ = false;
  std::uint64_t wasted_ = 0;  // bytes read of which nothing came
  std::vector<Kept> kept_;
  std::string text_;
};

}  // namespace ambit::unpack
