#include "stages/walk/walk.h"

#include "stages/walk/sources.h"

namespace ambit {

std::unique_ptr<ObjectSource> walk_exhibit(const Exhibit& exhibit, std::uint32_t number) {
  switch (exhibit.kind()) {
    case ExhibitKind::folder:
      return walk::folder(exhibit, number);
    case ExhibitKind::file:
      return walk::one_file(exhibit, number);
    default:
      break;  // an image: see image_walk.h
  }
  return nullptr;
}

}  // namespace ambit
