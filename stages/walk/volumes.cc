#include "stages/walk/volumes.h"

#include <algorithm>

namespace ambit::walk {
namespace {

class WholeImage final : public ByteSource {
 public:
  explicit WholeImage(const ByteSource& image) : image_(image) {}
  std::uint64_t size() const override { return image_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    return image_.read_at(offset, into);
  }

 private:
  const ByteSource& image_;
};

}  // namespace

VolumeMap find_volumes(std::span<const Image> images, std::span<const VolumeKey>) {
  VolumeMap map;
  for (const Image& image : images) {
    Volume volume;
    volume.exhibit = image.exhibit;
    volume.steps = image.steps;
    volume.size = image.bytes->size();
    volume.pieces = {{0, 0, volume.size}};
    map.volumes.push_back(volume);
  }
  return map;
}

std::unique_ptr<ByteSource> volume_bytes(const ByteSource& image, std::vector<Run>, std::uint64_t) {
  return std::make_unique<WholeImage>(image);
}

}  // namespace ambit::walk
