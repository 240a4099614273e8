#include "stages/walk/xfs/format.h"

#include <algorithm>

#include "pipeline/limits.h"
#include "stages/walk/file_system.h"

namespace ambit::walk::xfs {
namespace {

// CRC-32C eight bytes at a time: table[k][b] is the effect of byte b with k bytes behind it.
using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr CrcTables crc_tables() {
  CrcTables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82F63B78U : 0U);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = before >> 8 ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr CrcTables kCrc = crc_tables();

std::uint32_t crc32c(std::uint32_t crc, Bytes bytes) {
  const std::byte* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    word ^= crc;
    crc = kCrc[7][word & 0xFF] ^ kCrc[6][word >> 8 & 0xFF] ^ kCrc[5][word >> 16 & 0xFF] ^ kCrc[4][word >> 24 & 0xFF] ^
          kCrc[3][word >> 32 & 0xFF] ^ kCrc[2][word >> 40 & 0xFF] ^ kCrc[1][word >> 48 & 0xFF] ^ kCrc[0][word >> 56];
  }
  for (; left > 0; --left, ++p) crc = crc >> 8 ^ kCrc[0][(crc ^ static_cast<std::uint8_t>(*p)) & 0xFF];
  return crc;
}

}  // namespace

bool crc_holds(Bytes block, std::size_t crc_at) {
  constexpr std::array<std::byte, 4> kZeros{};
  std::uint32_t stored;
  std::memcpy(&stored, block.subspan(crc_at, 4).data(), 4);
  std::uint32_t crc = crc32c(~0U, block.first(crc_at));
  crc = crc32c(crc, kZeros);
  return ~crc32c(crc, block.subspan(crc_at + 4)) == stored;
}

// Each block of an inode is read at most twice by an honest walk; what lies elsewhere is an honest rest.
Reading::Reading(const ByteSource& volume, const Superblock& superblock)
    : super(superblock), volume_(volume), size_(std::min(volume.size(), superblock.bytes())) {
  allowance_ = limits::kXfsOwnedReads > UINT64_MAX / std::max<std::uint64_t>(size_, 1) ? UINT64_MAX
                                                                                       : size_ * limits::kXfsOwnedReads;
}

bool Reading::read(std::uint64_t place, std::span<std::byte> into) const {
  if (place > size_ || into.size() > size_ - place) return false;
  return read_fully(volume_, place, into).ok();
}

bool Reading::read_owned(std::uint64_t place, std::span<std::byte> into) {
  return spend(into.size()) && read(place, into);
}

bool Reading::spend(std::uint64_t bytes) {
  if (bytes > allowance_) return false;
  allowance_ -= bytes;
  return true;
}

}  // namespace ambit::walk::xfs
