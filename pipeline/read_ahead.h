// A stream that is read before it is asked for: a decompressor is slower than all that look at what it makes, and what
// they do with its bytes need not wait for it, nor it for them.
#pragma once

#include <memory>

#include "pipeline/byte_stream.h"

namespace ambit {

// The bytes of `stream`, read by a thread of its own, at most limits::kAheadBytes before they are asked for. As long as
// it lives nobody else may touch the stream; what was not asked for by then is lost. What reading throws is thrown to
// who asks. Null where the system has no thread left for it.
[[nodiscard]] std::unique_ptr<ByteStream> read_ahead(ByteStream& stream);

}  // namespace ambit
