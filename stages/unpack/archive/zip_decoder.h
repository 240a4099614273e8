// How the bytes of a zip's member are packed.
#pragma once

#include <memory>
#include <optional>

#include "stages/unpack/archive/zip_entry.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {

// The decoder of a member whose first packed byte is next in `input`; null: its method is not known here. Where the
// packed size is not known, `input` has no end.
[[nodiscard]] Result<std::unique_ptr<Decoder>> zip_decoder(Input& input, const ZipEntry& entry, bool size_known);

// What stands behind a member whose header told no sizes.
struct ZipDescriptor {
  std::uint32_t crc = 0;
  std::size_t bytes = 0;  // of the descriptor
};
// The descriptor at the front of `ahead` that fits a member of so many bytes; nothing if none does.
[[nodiscard]] std::optional<ZipDescriptor> zip_descriptor(std::span<const std::byte> ahead, std::uint64_t packed,
                                                          std::uint64_t size);
inline constexpr std::size_t kZipDescriptorAhead = 28;  // the longest, and the signature behind it

}  // namespace ambit::unpack
