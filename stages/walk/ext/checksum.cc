#include "stages/walk/ext/checksum.h"

namespace ambit::walk::ext {
namespace {

// Eight tables: eight bytes a step, some 1.5 GB/s without special instructions. An inode costs 0.2 microseconds.
using Crc32Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Crc32Tables make_tables() {
  Crc32Tables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
    tables[0][i] = crc;
  }
  for (std::size_t t = 1; t < 8; ++t) {
    for (std::size_t i = 0; i < 256; ++i) {
      tables[t][i] = (tables[t - 1][i] >> 8U) ^ tables[0][tables[t - 1][i] & 0xFFU];
    }
  }
  return tables;
}

constexpr std::array<std::uint16_t, 256> make_crc16_table() {
  std::array<std::uint16_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xA001U : 0U);
    table[i] = static_cast<std::uint16_t>(crc);
  }
  return table;
}

constexpr Crc32Tables kCrc32 = make_tables();
constexpr std::array<std::uint16_t, 256> kCrc16 = make_crc16_table();

}  // namespace

std::uint32_t crc32c(std::uint32_t before, Bytes bytes) {
  std::uint32_t crc = before;
  while (bytes.size() >= 8) {
    const std::uint32_t low = crc ^ u32(bytes, 0);
    const std::uint32_t high = u32(bytes, 4);
    crc = kCrc32[7][low & 0xFFU] ^ kCrc32[6][(low >> 8U) & 0xFFU] ^ kCrc32[5][(low >> 16U) & 0xFFU] ^
          kCrc32[4][low >> 24U] ^ kCrc32[3][high & 0xFFU] ^ kCrc32[2][(high >> 8U) & 0xFFU] ^
          kCrc32[1][(high >> 16U) & 0xFFU] ^ kCrc32[0][high >> 24U];
    bytes = bytes.subspan(8);
  }
  for (const std::byte byte : bytes)
    crc = (crc >> 8U) ^ kCrc32[0][(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU];
  return crc;
}

std::uint16_t crc16(std::uint16_t before, Bytes bytes) {
  std::uint32_t crc = before;
  for (const std::byte byte : bytes) crc = (crc >> 8U) ^ kCrc16[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU];
  return static_cast<std::uint16_t>(crc);
}

}  // namespace ambit::walk::ext
