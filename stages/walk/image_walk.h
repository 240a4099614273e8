// Walks an image: its volumes, the file systems in them, and what each of them owns.
//
// An image walk knows nothing of reading in order or of hits: it says who claims which places of the image, and the
// layout (pipeline/layout.h) makes stripes of that.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/exhibit.h"
#include "pipeline/object.h"
#include "pipeline/result.h"
#include "pipeline/scope.h"
#include "stages/walk/volume/volumes.h"

namespace ambit::walk {

class FileSystem;

// Who is told what an image holds. Places count bytes of the image.
class ImageSink {
 public:
  virtual ~ImageSink() = default;
  // A volume; residue in the places that it claims has a locator below `steps`.
  [[nodiscard]] virtual std::uint32_t home(std::vector<Step> steps) = 0;
  // An object with runs, with a content, or with neither (a trouble). False: stop, the run is being ended.
  [[nodiscard]] virtual bool object(Object&& object, std::uint64_t slack, std::uint32_t home) = 0;
  // False: likewise.
  [[nodiscard]] virtual bool area(Kind kind, std::uint32_t home, std::uint64_t offset, std::uint64_t length) = 0;
};

// What stands in a volume, for `ambit ls`.
struct VolumeReport {
  std::vector<Step> steps;
  std::string description;  // of the volume
  std::string file_system;  // "ext4"; empty where there is none; "btrfs (not read)"
  std::uint64_t size = 0, block_bytes = 0;
  std::uint64_t active = 0, deleted = 0, troubled = 0;
  std::uint64_t missing = 0;  // bytes that the image cuts off
  WalkTrouble trouble = WalkTrouble::none;
};

// One image, or a device that was opened out of one (decrypted, assembled).
class ImageWalk {
 public:
  ImageWalk(Image image, std::shared_ptr<const ByteSource> owned);
  ~ImageWalk();

  [[nodiscard]] const Image& image() const { return image_; }
  [[nodiscard]] const ByteSource& bytes() const { return *image_.bytes; }
  // True for an image of its own; false for a device whose bytes are an exhibit's, seen another way.
  [[nodiscard]] bool is_derived() const { return owned_ != nullptr; }
  // Places that a device shows: what stands there is found in the device.
  [[nodiscard]] const std::vector<MappedRange>& mapped() const { return mapped_; }

  // Says everything once. Contents of objects live as long as this walk. Never fails: what cannot be read is an object
  // with a trouble.
  void walk(ImageSink& sink);
  [[nodiscard]] const std::vector<VolumeReport>& reports() const { return reports_; }

 private:
  friend std::vector<std::unique_ptr<ImageWalk>> walks_of(std::span<const Image> images,
                                                          std::span<const VolumeKey> keys);
  [[nodiscard]] bool tell_unread(ImageSink& sink);
  [[nodiscard]] bool walk_volume(const Volume& volume, ImageSink& sink);
  [[nodiscard]] bool walk_file_system(const Volume& volume, std::unique_ptr<FileSystem> opened, ImageSink& sink,
                                      std::uint32_t home);

  Image image_;
  std::shared_ptr<const ByteSource> owned_;
  std::vector<Volume> volumes_;
  std::vector<ImageArea> areas_;
  std::vector<MappedRange> mapped_;
  std::vector<std::unique_ptr<ByteSource>> volume_bytes_;  // what the file systems read
  std::vector<std::unique_ptr<FileSystem>> file_systems_;  // kept for the contents of their objects
  std::vector<VolumeReport> reports_;
};

// The images and the devices in them, in an order that follows from the images alone.
[[nodiscard]] std::vector<std::unique_ptr<ImageWalk>> walks_of(std::span<const Image> images,
                                                               std::span<const VolumeKey> keys);

}  // namespace ambit::walk
