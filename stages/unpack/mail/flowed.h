// Texts whose lines were parted within words.
#pragma once

#include <memory>

#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {

// RFC 3676, of a text with DelSp=yes: a line that ends in a blank goes on in the next one, and that blank was added.
[[nodiscard]] std::unique_ptr<Rewriter> flowed_joiner();

}  // namespace ambit::unpack
