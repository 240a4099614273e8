// Opens an image that is a file inside an exhibit: in a file system, in an archive, in another image.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "pipeline/exhibit.h"
#include "pipeline/result.h"
#include "stages/open/block_cache.h"

namespace ambit {

// The image that `bytes` hold, called `name`: EWF of one part, qcow2, VMDK in one file, VHD, VHDX, VDI, DMG, or the raw
// image of a disk or of a file system. Null: they are no image. Only the bytes are looked at, never the name. Errors:
// evidence; it is an image that cannot be opened (damaged, encrypted, without its parent), with the remedy. `bytes` are
// shared with the image: both may outlive the other's owner. `blocks`: as of open_exhibit().
[[nodiscard]] Result<std::unique_ptr<Exhibit>> open_image(std::shared_ptr<const ByteSource> bytes,
                                                          const std::string& name,
                                                          std::shared_ptr<BlockCache> blocks = nullptr);

inline constexpr std::size_t kImageEndBytes = 512;
// Whether these last kImageEndBytes of a file are those of a VHD or a DMG, which may begin like anything.
[[nodiscard]] bool ends_like_image(std::span<const std::byte> last_bytes);

}  // namespace ambit
