// Letters in which bytes are written, base64 or hexadecimal digits, amid other text: read as far as they go, over line
// breaks and over what programs write for a letter or a line break that their format does not allow.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/byte_stream.h"
#include "stages/unpack/embedded/marks.h"
#include "stages/unpack/input.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {

// As many of which kBegunBytes come, whatever stands between them.
inline constexpr std::size_t kHeadLetters = 4 * kBegunBytes;

// `text`: what comes next, kHeadLetters of it or all. Whether something packed begins in it.
[[nodiscard]] bool begins_in_letters(std::string_view text, Code code);

// The letters that come next in an input, which outlives it, in the alphabet of RFC 4648, 4, and nothing else.
class Letters final : public ByteStream {
 public:
  Letters(Input& input, Code code) : input_(input), code_(code) {}
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  Input& input_;
  const Code code_;
  std::string ready_;
  std::size_t given_ = 0;
  bool is_over_ = false;
};

// Turns them into bytes.
[[nodiscard]] std::unique_ptr<Rewriter> letters_decoder(Code code);

}  // namespace ambit::unpack
