// Opens an image that is a file inside an exhibit: in a file system, in an archive, in another image.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/exhibit.h"
#include "pipeline/object.h"
#include "pipeline/result.h"
#include "stages/open/block_cache.h"

namespace ambit {

// The image that `bytes` hold, called `name`: EWF, qcow2, VMDK, VHD, VHDX, VDI, DMG, or the raw image of a disk or of a
// file system. `parts`: of which files the bytes are joined, which is then looked at; none: one file. Null: they are no
// image. Only the bytes are looked at, never the name. Errors: evidence; it is an image that cannot be opened (damaged,
// encrypted, without its parent or the other parts), with the remedy. `bytes` are shared with the image: both may
// outlive the other's owner. `blocks`: as of open_exhibit().
[[nodiscard]] Result<std::unique_ptr<Exhibit>> open_image(std::shared_ptr<const ByteSource> bytes,
                                                          const std::string& name,
                                                          const std::vector<ContentPart>& parts = {},
                                                          std::shared_ptr<BlockCache> blocks = nullptr);

inline constexpr std::size_t kImageEndBytes = 512;
// Whether these last kImageEndBytes of a file are those of a VHD or a DMG, which may begin like anything.
[[nodiscard]] bool ends_like_image(std::span<const std::byte> last_bytes);

}  // namespace ambit
