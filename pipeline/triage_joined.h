// Whether files of one folder, one after the other, are the image of a disk: what the walk cannot ask for itself.
#pragma once

#include "pipeline/object.h"

namespace ambit {

// `joined`: of volume_sets.h, not open. It is opened and closed again.
[[nodiscard]] bool joins_to_image(const Content& joined);

}  // namespace ambit
