#include "stages/walk/xfs/layout.h"

#include <algorithm>

namespace ambit::walk::xfs {
namespace {

void add(std::vector<Run>& runs, const Run& run) {
  if (run.length == 0) return;
  if (!runs.empty() && runs.back().end() == run.start && runs.back().place_end() == run.place) {
    runs.back().length += run.length;
  } else {
    runs.push_back(run);
  }
}

}  // namespace

void lay_out(const Superblock& super, const std::vector<Extent>& extents, std::uint64_t size, Layout& into) {
  into.runs.clear();
  into.residues.clear();
  into.slack = 0;
  for (const Extent& extent : extents) {
    const Run all{extent.start << super.block_log, super.place(extent.block), extent.count << super.block_log};
    // An extent may begin up to 2^54 blocks into its file; what overflows lies beyond any size.
    const bool beyond = extent.start > (std::uint64_t{INT64_MAX} >> super.block_log) || all.start >= size;
    const std::uint64_t inside = beyond || extent.unwritten ? 0 : std::min(all.length, size - all.start);
    add(into.runs, {all.start, all.place, inside});
    const Run rest{all.start + inside, all.place + inside, all.length - inside};
    if (rest.length == 0) continue;
    // Slack begins where the file ends, and follows on the disk without a gap.
    const bool follows =
        !into.runs.empty() && into.runs.back().end() == size && into.runs.back().place_end() + into.slack == rest.place;
    if (follows) {
      into.slack += rest.length;
    } else {
      into.residues.push_back(rest);
    }
  }
}

}  // namespace ambit::walk::xfs
