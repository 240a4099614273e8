#include "stages/walk/file_systems.h"

#include <array>

namespace ambit::walk {

OpenedFileSystem open_file_system(const ByteSource& volume) {
  static constexpr std::array<OpenedFileSystem (*)(const ByteSource&), 0> kFileSystems{};
  for (const auto open : kFileSystems) {
    OpenedFileSystem system = open(volume);
    if (!system.ok() || *system != nullptr) return system;
  }
  return std::unique_ptr<FileSystem>();
}

}  // namespace ambit::walk
