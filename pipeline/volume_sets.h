// Archives that were split into volumes: files of one folder that, one after the other, are one archive.
//
//   a.7z.001 a.7z.002 …            zip, rar, tar, tgz, gz, bz2, xz, zst likewise; from 000 or 001
//   a.tar.gz.aa a.tar.gz.ab …      of split, with and without the dot
//   a.part1.rar a.part2.rar …
//   a.rar a.r00 … a.r99 a.s00 …
//   a.z01 a.z02 … a.zip
//
// A set counts when it has more than one volume and none is missing before its last one. Its volumes are swept as the
// files that they are; what they are together is one more object, which is only taken apart.
#pragma once

#include <cstdint>
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
};

// `path`: of a file, or its name. Nothing: no volume is called so.
[[nodiscard]] std::optional<VolumeName> volume_name(std::string_view path);

// What the archive of these volumes is called, by the path of the first: a.tar.gz of a.tar.gz.001; a part of `path`.
[[nodiscard]] std::string_view joined_name(std::string_view path);

// The whole sets among the names: indices into them, in the order of the volumes.
[[nodiscard]] std::vector<std::vector<std::size_t>> whole_sets(std::span<const VolumeName> names);

// One after the other. Opens one at a time.
[[nodiscard]] std::unique_ptr<Content> joined_content(std::vector<std::unique_ptr<Content>> volumes);

// The last step of the locator of an archive in volumes, below the path of the first.
[[nodiscard]] Step joined_step(std::size_t volumes);

// The sets of an image.
class VolumeSets {
 public:
  // Objects that are no volumes, or are not there in runs, are passed; so is what is beyond limits::kVolumeSetBytes.
  void add(const Object& object);
  // When all were added: the archives, with runs and without a content.
  [[nodiscard]] std::vector<Object> take_joined();
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
  std::vector<VolumeName> names_;
  std::vector<Volume> volumes_;                        // by the names' indices
  std::uint64_t certain_bytes_ = 0, other_bytes_ = 0;  // of both, of names that are certain and that are not
  std::unordered_map<std::string, SplitRole> held_;
};

}  // namespace ambit
