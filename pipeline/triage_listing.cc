// What exhibits hold, without a sweep: volumes, file systems, objects in numbers.
#include "pipeline/triage.h"
#include "pipeline/triage_joined.h"
#include "stages/open/open_exhibit.h"
#include "stages/walk/image_walk.h"
#include "stages/walk/walk.h"

namespace ambit {
namespace {

// Lets everything go by; the walk itself counts.
class CountingSink final : public walk::ImageSink {
 public:
  std::uint32_t home(std::vector<Step>) override { return 0; }
  bool object(Object&&, std::uint64_t, std::uint32_t) override { return true; }
  bool area(Kind, std::uint32_t, std::uint64_t, std::uint64_t) override { return true; }
};

std::string_view trouble_text(WalkTrouble trouble) {
  switch (trouble) {
    case WalkTrouble::none:
      return "";
    case WalkTrouble::encrypted:
      return "encrypted";
    case WalkTrouble::unsupported:
      return "not read";
    case WalkTrouble::damaged:
      return "damaged";
    default:
      return "not readable in full";
  }
}

ListedVolume listed(const walk::VolumeReport& report, const Exhibit& exhibit) {
  ListedVolume out;
  out.locator = to_string(Locator{0, report.steps}, exhibit.name());
  out.description = report.description;
  out.file_system = report.file_system;
  out.trouble = report.missing == 0 ? std::string(trouble_text(report.trouble))
                                    : std::to_string(report.missing) + " bytes are missing";
  out.missing = report.missing;
  out.bytes = report.size;
  out.block_bytes = report.block_bytes;
  out.active = report.active;
  out.deleted = report.deleted;
  out.troubled = report.troubled;
  return out;
}

ListedVolume listed_folder(const Exhibit& exhibit) {
  ListedVolume out;
  out.locator = exhibit.name();
  out.description = to_string(exhibit.kind());
  out.bytes = exhibit.size();
  const std::unique_ptr<ObjectSource> source = walk_exhibit(exhibit, 0, joins_to_image);
  while (const std::optional<Object> object = source->next()) {
    if (is_joined(*object)) continue;  // its parts are counted
    ++(object->trouble == WalkTrouble::none ? out.active : out.troubled);
  }
  return out;
}

}  // namespace

Result<Listing> list_exhibits(const std::vector<std::string>& paths) {
  const std::vector<std::string> names = exhibit_names(paths);
  Listing out;
  std::vector<std::unique_ptr<Exhibit>> exhibits;
  std::vector<walk::Image> images;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    Result<std::unique_ptr<Exhibit>> exhibit = open_exhibit(paths[i], names[i]);
    if (!exhibit.ok()) return std::move(exhibit).error();
    out.exhibits.push_back({names[i], to_string((*exhibit)->kind()), (*exhibit)->size()});
    exhibits.push_back(std::move(exhibit).value());
  }
  for (std::uint32_t i = 0; i < exhibits.size(); ++i) {
    const ExhibitKind kind = exhibits[i]->kind();
    if (kind == ExhibitKind::folder || kind == ExhibitKind::file) {
      out.volumes.push_back(listed_folder(*exhibits[i]));
    } else {
      images.push_back({i, {}, exhibits[i].get(), exhibits[i]->unread()});
    }
  }
  for (const auto& walk : walk::walks_of(images, {})) {
    CountingSink sink;
    walk->walk(sink);
    for (const walk::VolumeReport& report : walk->reports()) {
      out.volumes.push_back(listed(report, *exhibits[walk->image().exhibit]));
    }
  }
  return out;
}

}  // namespace ambit
