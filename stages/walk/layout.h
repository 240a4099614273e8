// From the blocks that a file system gives to a file to the runs of its bytes, and who may claim which bytes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pipeline/limits.h"
#include "stages/walk/file_system.h"

namespace ambit::walk {

// Appends a run, joined to the last one where both its ends touch. False: there are too many.
[[nodiscard]] bool append_run(std::vector<Run>& runs, const Run& run);

// `blocks`: whole blocks in bytes, by start. Of them the first `size` bytes are the file's; of these the first `valid`
// were written, the rest reads as zeros and becomes a hole. Fills entry.runs and entry.slack; what the file occupies
// beyond is area `slack`.
void lay_out(const std::vector<Run>& blocks, std::uint64_t size, std::uint64_t valid, std::uint64_t block_bytes,
             FileEntry& entry, EntrySink& sink);

// Ranges of the volume, each taken once.
class Claims {
 public:
  // False where a part of the range is taken already, or too many are.
  [[nodiscard]] bool claim(std::uint64_t begin, std::uint64_t length);
  void release(std::uint64_t begin);  // exactly as it was claimed last
  [[nodiscard]] bool overlaps(std::uint64_t begin, std::uint64_t length) const;
  // All runs or none; an empty list is a success.
  [[nodiscard]] bool claim_all(const std::vector<Run>& runs);

 private:
  std::map<std::uint64_t, std::uint64_t> taken_;  // begin -> end
};

// How much work a volume may still cause; see limits::kMaxTimesOverClaimed.
class Allowance {
 public:
  explicit Allowance(std::uint64_t units) : left_(units) {}
  [[nodiscard]] bool spend(std::uint64_t units) {
    if (units > left_) return false;
    left_ -= units;
    return true;
  }

 private:
  std::uint64_t left_;
};

// UTF-16LE to UTF-8. A surrogate without its other half keeps its own three bytes, so that different names stay
// different; a '/' or a zero, which no file system allows, becomes U+FFFD, so that a name stays one name.
[[nodiscard]] std::string name_from_utf16(std::span<const std::byte> bytes);

inline constexpr std::string_view kOrphans = "$OrphanFiles";

}  // namespace ambit::walk
