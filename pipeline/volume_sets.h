// Archives and images of disks that were split into volumes: files of one folder that together are one thing.
//
//   a.7z.001 a.7z.002 …            zip, rar, tar, tgz, gz, bz2, xz, zst likewise; from 000 or 001
//   a.tar.gz.aa a.tar.gz.ab …      of split, with and without the dot
//   a.part1.rar a.part2.rar …
//   a.rar a.r00 … a.r99 a.s00 …
//   a.z01 a.z02 … a.zip
//   a.001 a.002 …, a.aa a.ab …     where what begins there is an image
//   a.E01 … a.E99 a.EAA … a.EZZ    EWF; a.s01 … of SMART
//   a.vmdk a-s001.vmdk …           a text, and the parts that it names; also a-f001.vmdk, a-flat.vmdk
//
// A set counts when it has more than one volume and none is missing before its last one; one of an image when it can be
// opened besides, for any file may be called report.001. The volumes are swept as the files that they are; what they
// are together is one more object, which is only taken apart. What the volumes of an image show is told where it stands
// in the image, and only there.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/object.h"

namespace ambit {

struct VolumeName {
  std::string set;           // the same for all volumes of a set, of no other
  std::uint64_t number = 0;  // their order; the first one's is least, and each next one's is one more …
  bool is_last = false;      // … but this one's
  bool is_certain = false;   // the name alone says that this is a volume; a.zip and a.rar may be whole
  bool is_image = false;     // it is one only if all of them are an image
};

// `path`: of a file, or its name. Nothing: no volume is called so.
[[nodiscard]] std::optional<VolumeName> volume_name(std::string_view path);

// What the archive of these volumes is called, by the path of the first: a.tar.gz of a.tar.gz.001; a part of `path`.
[[nodiscard]] std::string_view joined_name(std::string_view path);

// The whole sets among the names: indices into them, in the order of the volumes.
[[nodiscard]] std::vector<std::vector<std::size_t>> whole_sets(std::span<const VolumeName> names);

struct JoinedVolume {
  std::string name;  // as its folder calls it
  std::unique_ptr<Content> content;
};
// One after the other. Opens one at a time.
[[nodiscard]] std::unique_ptr<Content> joined_content(std::vector<JoinedVolume> volumes);
// Whether what was joined, and is not open, is an image that can be opened.
using IsImage = std::function<bool(const Content& joined)>;

// Whether a set is one of an image only if it can be opened as one.
[[nodiscard]] bool is_image_set(const std::vector<std::size_t>& set, std::span<const VolumeName> names);

// The last step of the locator of an archive in volumes, below the path of the first.
[[nodiscard]] Step joined_step(std::size_t volumes);

// The sets of an image.
class VolumeSets {
 public:
  // The bytes of an object of the image.
  using MakeContent = std::function<std::unique_ptr<Content>(std::vector<Run> runs, ContentInfo info)>;

  // Objects that are no volumes, or are read through a content, are passed; so is what is beyond
  // limits::kVolumeSetBytes. One without runs is all zeros, as the last part of a disk may be.
  void add(const Object& object);
  // When all were added: what they are together.
  [[nodiscard]] std::vector<Object> take_joined(const MakeContent& make, const IsImage& is_image);
  // Then: what an object is of these.
  [[nodiscard]] SplitRole role_of(const Locator& locator) const {
    const auto held = held_.find(locator.sort_key());
    return held != held_.end() ? held->second : SplitRole::none;
  }

 private:
  struct Volume {
    Locator locator;
    ContentInfo info;
    std::vector<Run> runs;
  };
  [[nodiscard]] std::optional<Object> joined(const std::vector<std::size_t>& set, const MakeContent& make) const;

  std::vector<VolumeName> names_;
  std::vector<Volume> volumes_;           // by the names' indices
  std::array<std::uint64_t, 3> bytes_{};  // of both: of names that are certain, of others, of perhaps an image's
  std::unordered_map<std::string, SplitRole> held_;
};

}  // namespace ambit
