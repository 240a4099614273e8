#include "stages/walk/walk.h"

#include <utility>

#include "stages/walk/sources.h"

namespace ambit {

std::unique_ptr<ObjectSource> walk_exhibit(const Exhibit& exhibit, std::uint32_t number, IsImage is_image) {
  switch (exhibit.kind()) {
    case ExhibitKind::folder:
      return walk::folder(exhibit, number, std::move(is_image));
    case ExhibitKind::file:
      return walk::one_file(exhibit, number);
    default:
      break;  // an image: see image_walk.h
  }
  return nullptr;
}

}  // namespace ambit
