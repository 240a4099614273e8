// The bytes of an object that lie in runs of an image: straight pieces, zeros between them.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/byte_source.h"
#include "pipeline/object.h"

namespace ambit {

// Whether the places of the runs are offsets in an exhibit, or only in something that was opened out of one.
enum class Places : std::uint8_t { exhibit, derived };

// `image` outlives the content. `runs` by start, not overlapping, within the image; `info.size` is the object's.
[[nodiscard]] std::unique_ptr<Content> run_content(const ByteSource& image, std::vector<Run> runs, ContentInfo info,
                                                   Places places);

}  // namespace ambit
