// Exhibit: one piece of evidence, opened read-only.
//
// An image (raw, split, E01 …) is a row of bytes; a folder has none of its own and is walked through `path`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/byte_source.h"
#include "pipeline/patience.h"

namespace ambit {

enum class ExhibitKind : std::uint8_t { folder, file, raw, split_raw, ewf, qcow2, vmdk, vhd, vhdx, vdi, udif };

[[nodiscard]] constexpr const char* to_string(ExhibitKind kind) {
  switch (kind) {
    case ExhibitKind::folder:
      return "folder";
    case ExhibitKind::file:
      return "file";
    case ExhibitKind::raw:
      return "raw";
    case ExhibitKind::split_raw:
      return "split raw";
    case ExhibitKind::ewf:
      return "EWF";
    case ExhibitKind::qcow2:
      return "qcow2";
    case ExhibitKind::vmdk:
      return "VMDK";
    case ExhibitKind::vhd:
      return "VHD";
    case ExhibitKind::vhdx:
      return "VHDX";
    case ExhibitKind::vdi:
      return "VDI";
    case ExhibitKind::udif:
      return "DMG";
  }
  return "?";
}

// A digest of the whole image that whoever acquired it stored in it.
struct StoredHash {
  enum class Algorithm : std::uint8_t { md5, sha1 };
  Algorithm algorithm = Algorithm::md5;
  std::vector<std::uint8_t> digest;  // 16 or 20 bytes
};

class Exhibit : public ByteSource {
 public:
  [[nodiscard]] const std::string& name() const { return name_; }  // unique in the run, printable
  // Where it is read: as the operator typed it, or another way to the same. Empty for an image inside another.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] ExhibitKind kind() const { return kind_; }

  // size(): bytes of the image; 0 for a folder (its files are counted by the walk).

  // Paths of what it is read from: the parts of an image, the folder. Empty for an image inside another.
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }
  // For what lies on a file system that may not answer; null for an image inside another.
  [[nodiscard]] const std::shared_ptr<Patience>& patience() const { return patience_; }
  // Once, by whoever opened it.
  void set_origin(std::vector<std::string> files, std::shared_ptr<Patience> patience) {
    files_ = std::move(files);
    patience_ = std::move(patience);
  }

  // None where the format has no place for them, or none were stored.
  [[nodiscard]] virtual std::vector<StoredHash> stored_hashes() const { return {}; }
  // What the image holds beside its bytes and this version does not read, in a word: "snapshots". Empty: nothing.
  [[nodiscard]] virtual std::string_view unread() const { return {}; }

 protected:
  Exhibit(std::string name, std::string path, ExhibitKind kind)
      : name_(std::move(name)), path_(std::move(path)), kind_(kind) {}

 private:
  std::string name_, path_;
  ExhibitKind kind_;
  std::vector<std::string> files_;
  std::shared_ptr<Patience> patience_;
};

}  // namespace ambit
