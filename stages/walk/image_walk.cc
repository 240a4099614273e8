#include "stages/walk/image_walk.h"

#include <algorithm>
#include <utility>

#include "pipeline/limits.h"
#include "stages/walk/file_system.h"
#include "stages/walk/file_systems.h"

namespace ambit::walk {
namespace {

// Turns what a file system says of its volume into what is said of the image.
class VolumeSink final : public EntrySink {
 public:
  VolumeSink(const Volume& volume, ImageSink& sink, std::uint32_t home, VolumeReport& report)
      : volume_(volume), sink_(sink), home_(home), report_(report) {}

  bool entry(FileEntry&& entry) override {
    Object object;
    object.locator = {volume_.exhibit, volume_.steps};
    object.locator.steps.push_back({StepKind::path, std::move(entry.path), 0, 0});
    if (!entry.stream.empty()) object.locator.steps.push_back({StepKind::stream, std::move(entry.stream), 0, 0});
    object.links = std::move(entry.links);
    object.state = entry.state;
    object.inode = entry.inode;
    object.info = {entry.size, entry.modified, 0};
    object.trouble = entry.trouble;
    object.trouble_bytes = entry.trouble == WalkTrouble::none ? 0 : entry.size;
    object.content = std::move(entry.content);
    if (entry.runs.size() > limits::kMaxRunsPerObject) object.trouble = WalkTrouble::objects_limit;
    if (object.trouble == WalkTrouble::none) {
      for (const Run& run : entry.runs) translate(run, object.runs);
    }
    ++(object.trouble != WalkTrouble::none    ? report_.troubled
       : object.state == ObjectState::deleted ? report_.deleted
                                              : report_.active);
    return going_ = going_ && sink_.object(std::move(object), entry.slack, home_);
  }

  void area(Kind kind, std::uint64_t offset, std::uint64_t length) override {
    std::vector<Run> runs;
    translate({0, offset, length}, runs);
    for (const Run& run : runs) going_ = going_ && sink_.area(kind, home_, run.place, run.length);
  }

  [[nodiscard]] bool going() const { return going_; }

 private:
  // A run in the volume becomes runs in the image; what leaves the volume is cut.
  void translate(const Run& run, std::vector<Run>& out) const {
    for (const Run& piece : volume_.pieces) {
      const std::uint64_t from = std::max(run.place, piece.start);
      const std::uint64_t to = std::min(run.place + std::min(run.length, UINT64_MAX - run.place), piece.end());
      if (from < to) out.push_back({run.start + (from - run.place), piece.place + (from - piece.start), to - from});
    }
  }

  const Volume& volume_;
  ImageSink& sink_;
  std::uint32_t home_;
  VolumeReport& report_;
  bool going_ = true;
};

// What has no bytes that are not counted elsewhere, but something to say.
Object remark(std::uint32_t exhibit, std::vector<Step> steps, WalkTrouble trouble, std::uint64_t bytes) {
  Object object;
  object.locator = {exhibit, std::move(steps)};
  object.state = ObjectState::residue;
  object.trouble = trouble;
  object.trouble_bytes = bytes;
  return object;
}

// Of the volume as a whole.
Object volume_object(const Volume& volume, WalkTrouble trouble) {
  std::vector<Step> steps = volume.steps;
  if (steps.empty()) steps.push_back({StepKind::residue, "volume", 0, volume.size});
  return remark(volume.exhibit, std::move(steps), trouble, volume.size);
}

// `disk.raw:p2:missing@1048576+4096`: it has its first mebibyte, and not the 4 KiB behind.
Object missing_object(const Volume& volume, std::uint64_t bytes) {
  std::vector<Step> steps = volume.steps;
  steps.push_back({StepKind::residue, "missing", volume.size, bytes});
  return remark(volume.exhibit, std::move(steps), WalkTrouble::damaged, bytes);
}

// `disk.raw:p2:journal@0+0`
Object journal_object(const Volume& volume) {
  std::vector<Step> steps = volume.steps;
  steps.push_back({StepKind::residue, "journal", 0, 0});
  return remark(volume.exhibit, std::move(steps), WalkTrouble::unsupported, 0);
}

}  // namespace

ImageWalk::ImageWalk(Image image, std::shared_ptr<const ByteSource> owned)
    : image_(std::move(image)), owned_(std::move(owned)) {
  if (owned_ != nullptr) image_.bytes = owned_.get();
}
ImageWalk::~ImageWalk() = default;

void ImageWalk::walk(ImageSink& sink) {
  for (const ImageArea& area : areas_) {
    if (!sink.area(area.kind, 0, area.offset, area.length)) return;
  }
  if (!image_.unread.empty() && !tell_unread(sink)) return;
  for (const Volume& volume : volumes_) {
    if (!walk_volume(volume, sink)) return;
  }
}

// As an object without bytes: `disk.qcow2:snapshots@0+0`.
bool ImageWalk::tell_unread(ImageSink& sink) {
  VolumeReport& report = reports_.emplace_back();
  report.steps = image_.steps;
  report.steps.push_back({StepKind::residue, std::string(image_.unread), 0, 0});
  report.description = image_.unread;
  report.trouble = WalkTrouble::unsupported;
  return sink.object(remark(image_.exhibit, report.steps, report.trouble, 0), 0, 0);
}

bool ImageWalk::walk_volume(const Volume& volume, ImageSink& sink) {
  VolumeReport& report = reports_.emplace_back();
  report.steps = volume.steps;
  report.description = volume.description;
  report.size = volume.size;
  report.trouble = volume.trouble;
  const bool is_whole = volume.steps == image_.steps;  // no volume system
  const std::uint32_t home = is_whole ? 0 : sink.home(volume.steps);
  if (volume.trouble != WalkTrouble::none) {
    for (const Run& piece : volume.pieces) {
      if (!sink.area(Kind::residue, home, piece.place, piece.length)) return false;
    }
    return sink.object(volume_object(volume, volume.trouble), 0, home);
  }
  volume_bytes_.push_back(volume_bytes(*image_.bytes, volume.pieces, volume.size));
  const ByteSource& bytes = *volume_bytes_.back();
  OpenedFileSystem opened = open_file_system(bytes);
  FileSystem* const system = opened.ok() ? opened->get() : nullptr;
  const Kind rest = system != nullptr ? Kind::unallocated : Kind::residue;
  for (const Run& piece : volume.pieces) {
    if (!sink.area(rest, home, piece.place, piece.length)) return false;
  }
  report.missing = volume.missing;
  if (system != nullptr && system->declared_size() > volume.size) {
    report.missing = std::max(report.missing, system->declared_size() - volume.size);
  }
  if (report.missing > 0) {
    report.trouble = WalkTrouble::damaged;
    if (!sink.object(missing_object(volume, report.missing), 0, home)) return false;
  }
  if (!opened.ok()) {
    report.file_system = opened.error().what;
    report.trouble = opened.error().remedy == kUnsupported ? WalkTrouble::unsupported : WalkTrouble::damaged;
    return sink.object(volume_object(volume, report.trouble), 0, home);
  }
  return system == nullptr || walk_file_system(volume, std::move(*opened), sink, home);
}

bool ImageWalk::walk_file_system(const Volume& volume, std::unique_ptr<FileSystem> opened, ImageSink& sink,
                                 std::uint32_t home) {
  const FileSystem& system = *opened;
  VolumeReport& report = reports_.back();
  report.file_system = system.type();
  report.block_bytes = system.block_bytes();
  if (!system.journal().empty()) {
    report.file_system += " (" + std::string(system.journal()) + ")";
    if (!sink.object(journal_object(volume), 0, home)) return false;
  }
  VolumeSink entries(volume, sink, home, report);
  if (system.size() < volume.size) entries.area(Kind::volume_slack, system.size(), volume.size - system.size());
  const Result<> walked = system.walk(entries);
  file_systems_.push_back(std::move(opened));
  if (!entries.going()) return false;
  if (walked.ok()) return true;
  report.trouble = WalkTrouble::damaged;
  return sink.object(volume_object(volume, WalkTrouble::damaged), 0, home);
}

std::vector<std::unique_ptr<ImageWalk>> walks_of(std::span<const Image> images, std::span<const VolumeKey> keys) {
  VolumeMap map = find_volumes(images, keys);
  std::vector<std::unique_ptr<ImageWalk>> out;
  for (const Image& image : images) out.push_back(std::make_unique<ImageWalk>(image, nullptr));
  for (ImageArea& area : map.areas) out[area.image]->areas_.push_back(area);
  for (const MappedRange& range : map.mapped) out[range.image]->mapped_.push_back(range);
  for (Volume& volume : map.volumes) {
    if (volume.device == nullptr) {
      const auto owner = std::find_if(images.begin(), images.end(), [&](const Image& image) {
        return image.exhibit == volume.exhibit && volume.steps.size() >= image.steps.size() &&
               std::equal(image.steps.begin(), image.steps.end(), volume.steps.begin());
      });
      if (owner != images.end()) out[static_cast<std::size_t>(owner - images.begin())]->volumes_.push_back(volume);
      continue;
    }
    auto device = std::make_unique<ImageWalk>(Image{volume.exhibit, volume.steps, nullptr}, volume.device);
    volume.pieces = {{0, 0, volume.size}};
    device->volumes_.push_back(std::move(volume));
    out.push_back(std::move(device));
  }
  return out;
}

}  // namespace ambit::walk
