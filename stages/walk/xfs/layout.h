// From the extents of a file to the runs of an entry, and to what it holds besides.
#pragma once

#include "pipeline/object.h"
#include "stages/walk/xfs/inode.h"

namespace ambit::walk::xfs {

struct Layout {
  std::vector<Run> runs;
  std::uint64_t slack = 0;    // right behind the last run
  std::vector<Run> residues;  // blocks that are the file's but say nothing of it: never written, or far beyond its end
};

// `into` is filled anew.
void lay_out(const Superblock& super, const std::vector<Extent>& extents, std::uint64_t size, Layout& into);

}  // namespace ambit::walk::xfs
