// A Part as a message, and back.
#pragma once

#include <string>

#include "stages/unpack/sandbox/message.h"
#include "stages/unpack/unpack.h"

namespace ambit::unpack {

// Without its name, which is the payload.
[[nodiscard]] Message to_message(const Part& part);
// Nothing where the message is not one of a part.
[[nodiscard]] std::optional<Part> to_part(const Message& message, std::string name);

}  // namespace ambit::unpack
