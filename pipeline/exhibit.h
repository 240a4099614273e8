// Exhibit: one piece of evidence, opened read-only.
//
// An image (raw, split …) is a row of bytes; a folder has none of its own and is walked through `path`.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "pipeline/byte_source.h"

namespace ambit {

enum class ExhibitKind : std::uint8_t { folder, file, raw, split_raw };

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
  }
  return "?";
}

class Exhibit : public ByteSource {
 public:
  [[nodiscard]] const std::string& name() const { return name_; }  // unique in the run, printable
  [[nodiscard]] const std::string& path() const { return path_; }  // as the operator typed it
  [[nodiscard]] ExhibitKind kind() const { return kind_; }

  // size(): bytes of the image; 0 for a folder (its files are counted by the walk).

 protected:
  Exhibit(std::string name, std::string path, ExhibitKind kind)
      : name_(std::move(name)), path_(std::move(path)), kind_(kind) {}

 private:
  std::string name_, path_;
  ExhibitKind kind_;
};

}  // namespace ambit
