// The encodings in which mail carries bytes (RFC 2045): base64 and quoted-printable, and uuencode from before. As
// lenient as mail programs are: what is no letter of base64 is skipped, what is no escape of quoted-printable stays.
#pragma once

#include <memory>
#include <string_view>

#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {

// `encoding`: lower case, as the header says. Null where the bytes stand as they are (7bit, 8bit, binary, unknown).
[[nodiscard]] std::unique_ptr<Rewriter> transfer_decoder(std::string_view encoding);

}  // namespace ambit::unpack
