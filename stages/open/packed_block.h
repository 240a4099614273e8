// The packings in which images hold their blocks, each a stream of its own; and the checksum of EWF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace ambit::open {

// adc: Apple Data Compression.
enum class Packing : std::uint8_t { deflate, zlib, zstd, bzip2, xz, adc };

// One reader's; its tables are some 10 KiB, of zstd 200.
class BlockDecoder {
 public:
  BlockDecoder();
  ~BlockDecoder();
  BlockDecoder(BlockDecoder&&) noexcept;
  BlockDecoder& operator=(BlockDecoder&&) noexcept;

  // Bytes written to `out`; nothing if `packed` is damaged or unpacks to more. Bytes after the end of the stream do
  // not matter.
  [[nodiscard]] std::optional<std::size_t> decode(Packing packing, std::span<const std::byte> packed,
                                                  std::span<std::byte> out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

inline constexpr std::uint32_t kAdlerStart = 1;
// Goes on from `so_far`.
[[nodiscard]] std::uint32_t adler32(std::uint32_t so_far, std::span<const std::byte> bytes);

}  // namespace ambit::open
