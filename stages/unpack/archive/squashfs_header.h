// How a squashfs begins: what tells it from a text that begins with the same letters.
#pragma once

#include <optional>
#include <span>

#include "stages/unpack/input.h"

namespace ambit::unpack {

inline constexpr std::size_t kSquashfsHeaderBytes = 32;

// Its major version, 1 to 4; nothing where it is none. Up to version 3 there were some with the highest byte first.
[[nodiscard]] inline std::optional<unsigned> squashfs_version(std::span<const std::byte> head) {
  constexpr std::size_t kVersionAt = 28, kBlockBytesAt = 12;
  if (head.size() < kSquashfsHeaderBytes) return std::nullopt;
  const bool is_old = chars(head).starts_with("sqsh");
  if (!is_old && !chars(head).starts_with("hsqs")) return std::nullopt;
  const unsigned version = is_old ? static_cast<unsigned>(head[kVersionAt + 1]) : little16(head, kVersionAt);
  if (version < 1 || version > 4) return std::nullopt;
  const std::uint32_t block = little32(head, kBlockBytesAt);
  const bool is_block = block >= 4096 && block <= 1 << 20 && (block & (block - 1)) == 0;
  if (version == 4 && (is_old || !is_block)) return std::nullopt;
  return version;
}

}  // namespace ambit::unpack
