// Walks an exhibit: which objects it holds. The list of ways to walk.
//
// Every byte of an image ends up in exactly one object; every entry of a folder is an object or an exception. The
// source is pulled by one worker at a time.
#pragma once

#include <memory>

#include "pipeline/exhibit.h"
#include "pipeline/object.h"
#include "pipeline/volume_sets.h"

namespace ambit {

// Null for an image: that is walked by image_walk.h. `exhibit` outlives the source and its objects; `number` is its
// index in the run. Objects larger than one span come whole: whoever sweeps them cuts them. `is_image` is asked of
// files of one folder that may be the parts of one.
[[nodiscard]] std::unique_ptr<ObjectSource> walk_exhibit(const Exhibit& exhibit, std::uint32_t number,
                                                         IsImage is_image);

}  // namespace ambit
