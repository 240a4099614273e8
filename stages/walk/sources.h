// What walk.cc chooses from; one function per file.
#pragma once

#include <memory>

#include "pipeline/exhibit.h"
#include "pipeline/object.h"
#include "pipeline/volume_sets.h"

namespace ambit::walk {

[[nodiscard]] std::unique_ptr<ObjectSource> folder(const Exhibit& exhibit, std::uint32_t number, IsImage is_image);
[[nodiscard]] std::unique_ptr<ObjectSource> one_file(const Exhibit& exhibit, std::uint32_t number);

}  // namespace ambit::walk
