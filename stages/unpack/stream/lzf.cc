// lzf: blocks without a header, of which whoever keeps them keeps the length. Redis does.
#include <liblzf/lzf.h>

#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {

Result<std::string> lzf_block(std::span<const std::byte> packed, std::size_t plain_bytes) {
  constexpr std::size_t kMostRatio = 88;  // 264 from three
  const bool may_be = !packed.empty() && plain_bytes > 0 && packed.size() <= UINT32_MAX && plain_bytes <= UINT32_MAX &&
                      plain_bytes / kMostRatio <= packed.size();
  if (!may_be) return evidence_error("a block of lzf is damaged");
  std::string plain(plain_bytes, '\0');
  const unsigned made = lzf_decompress(packed.data(), static_cast<unsigned>(packed.size()), plain.data(),
                                       static_cast<unsigned>(plain_bytes));
  if (made != plain_bytes) return evidence_error("a block of lzf is damaged");
  return plain;
}

}  // namespace ambit::unpack
