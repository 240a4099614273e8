// The sectors of an encrypted volume, decrypted as they are read.
#pragma once

#include <cstdint>
#include <string>

#include "stages/walk/volume/systems.h"

namespace ambit::walk {

struct SectorCipher {
  std::string name;  // as Linux calls it: "aes-xts-plain64"
  std::string key;
  std::uint32_t sector = 512;   // bytes that are encrypted together
  std::uint64_t iv_offset = 0;  // number of the first sector, in units of 512 bytes
};

// Bytes [offset, offset + length) of `bytes`, whole sectors, decrypted; null for a cipher that is not known here.
[[nodiscard]] Bytes decrypted(Bytes bytes, std::uint64_t offset, std::uint64_t length, const SectorCipher& how);

}  // namespace ambit::walk
