// Unsealing: the ledger back into lines, for who holds an age identity that it was sealed to.
//
// The segments go through the age program, as the court would do by hand (age -d -i KEY f.age | zstd -d), and
// through Zstandard a block at a time: memory does not depend on the ledger. On the way every line is held
// against the signed ledger tree: the commitment of each line must be a leaf, and at the end each leaf must have
// had its line. So who unseals knows that the examiner kept nothing back and added nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.h"
#include "stages/record/checkpoint.h"
#include "stages/record/seal.h"

namespace ambit::record {

// One line of the ledger without its end; false: enough.
using LedgerVisit = std::function<bool(std::string_view line)>;

// Every line of every segment of `directory`, in order. `identity` is a file that age -i takes.
// Error: key, when age cannot open a segment with it; tampered, also after lines have been visited.
[[nodiscard]] Result<> read_ledger(const std::string& directory, const std::string& identity, const LedgerVisit& visit);

// The commitments of a run, sorted: the leaves of its ledger tree.
class Commitments {
 public:
  // Maps the file. Error: io; tampered, when it is no list of sorted commitments.
  [[nodiscard]] static Result<Commitments> open(const std::string& directory);
  [[nodiscard]] std::uint64_t size() const { return count_; }
  [[nodiscard]] Bytes32 at(std::uint64_t index) const;
  // Place of a commitment, or size() where it is none.
  [[nodiscard]] std::uint64_t find(const Bytes32& commitment) const;
  [[nodiscard]] Bytes32 root() const;

 private:
  struct Unmap {
    std::size_t bytes;
    void operator()(const std::uint8_t* mapped) const;
  };
  std::unique_ptr<const std::uint8_t, Unmap> mapped_;
  std::uint64_t count_ = 0;
};

// Holds the lines of a ledger against the tree that the checkpoint signs.
class LedgerAudit {
 public:
  // Error: io, tampered.
  [[nodiscard]] static Result<LedgerAudit> start(const std::string& directory);
  // Error: tampered, when the line is not what was signed, or came before.
  [[nodiscard]] Result<> see(std::string_view line);
  // Error: tampered, when leaves are left without a line.
  [[nodiscard]] Result<> finish() const;
  [[nodiscard]] std::uint64_t lines() const { return lines_; }

 private:
  LedgerAudit(std::string directory, Commitments commitments);
  std::string directory_;
  Commitments commitments_;
  std::vector<bool> seen_;  // by leaf
  std::uint64_t lines_ = 0;
};

// Proof that one line is in the ledger that the checkpoint signs: for who is handed this line and no other.
struct LedgerProof {
  std::uint64_t index = 0, leaves = 0;  // the leaf's place, from 0
  Bytes32 nonce{}, commitment{}, root{};
  std::vector<Bytes32> path;  // siblings, the lowest first
  bool holds = false;
};
[[nodiscard]] Result<LedgerProof> prove_line(const std::string& directory, std::string_view line);

// True for the line of the object with this locator, as its text form stands in the ledger.
[[nodiscard]] bool is_line_of(std::string_view line, std::string_view locator);

}  // namespace ambit::record
