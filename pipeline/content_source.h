// The bytes of an object as a row of bytes for all workers: what an image that is a file is opened from.
#pragma once

#include <memory>

#include "pipeline/byte_source.h"
#include "pipeline/object.h"

namespace ambit {

// `content` was opened and has `bytes` bytes. Reads are one at a time: a Content belongs to one worker.
[[nodiscard]] std::shared_ptr<const ByteSource> content_source(std::unique_ptr<Content> content, std::uint64_t bytes);

}  // namespace ambit
