// The condition of an exhibit: what the files it is read from look like from outside. Taken when a run begins and again
// at its end, it tells an image that somebody wrote to, replaced or took away in the meantime. It is no digest of the
// exhibit: a write in the middle that sets the times back is not seen.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pipeline/exhibit.h"
#include "pipeline/sha256.h"

namespace ambit {

// Of one file, in the order of Exhibit::files().
struct FileCondition {
  bool is_there = false;  // false: all others say nothing
  bool is_folder = false;
  std::uint64_t device = 0, inode = 0;
  std::uint64_t bytes = 0;       // 0 for a folder
  std::int64_t modified_ns = 0;  // since 1970; 0 for a folder, whose files are looked at one by one
  Bytes32 ends{};                // SHA-256 of its first and last limits::kConditionBytes
  friend bool operator==(const FileCondition&, const FileCondition&) = default;
};
using ExhibitCondition = std::vector<FileCondition>;

// Reads begin and end of each file. What cannot be read counts as bytes of its own kind: it is the same both times.
[[nodiscard]] ExhibitCondition condition_of(const Exhibit& exhibit);

enum class ExhibitChange : std::uint8_t { none, changed, vanished };
[[nodiscard]] constexpr std::string_view to_string(ExhibitChange change) {
  return change == ExhibitChange::none ? "unchanged" : change == ExhibitChange::changed ? "changed" : "vanished";
}
// What happened between `before` and `after`, both of one exhibit.
[[nodiscard]] ExhibitChange change_between(const ExhibitCondition& before, const ExhibitCondition& after);

}  // namespace ambit
