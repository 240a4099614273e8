// What libtsk lists of a volume (HFS+), as entries: folders first, to collect the names of each inode, then the
// inodes in their order.
//
// Deleted files are left out: HFS+ keeps no names of them that libtsk could list. Their bytes are swept as unallocated.
#pragma once

#include <memory>

#include "stages/walk/file_system.h"
#include "stages/walk/tsk/volume.h"

namespace ambit::walk {

[[nodiscard]] Result<> walk_with_tsk(const ByteSource& volume, const std::shared_ptr<TskVolume>& tsk, EntrySink& sink);
// The shape of the volume: bytes of a block, bytes that it governs from its beginning.
[[nodiscard]] std::uint64_t tsk_block_bytes(TskVolume& tsk);
[[nodiscard]] std::uint64_t tsk_size(TskVolume& tsk);
// The same, not cut at the volume's end.
[[nodiscard]] std::uint64_t tsk_declared_size(TskVolume& tsk);

// The bytes of attribute `type`, `id` of an inode through libtsk, for what it alone can unpack.
[[nodiscard]] std::unique_ptr<Content> tsk_content(std::shared_ptr<TskVolume> tsk, std::uint64_t inode, unsigned type,
                                                   unsigned id, std::optional<std::int64_t> modified);

}  // namespace ambit::walk
