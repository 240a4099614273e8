// What stands in a folder: the bytes of its files, the targets of its links.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "pipeline/file_descriptor.h"
#include "pipeline/object.h"
#include "pipeline/patience.h"

namespace ambit::walk {

// An open folder, shared by the objects that were found in it until they are swept. Immutable, so workers may use
// it at once; shared_ptr because nobody knows which of them is the last.
struct OpenFolder {
  std::shared_ptr<const FileDescriptor> fd;
  std::shared_ptr<Patience> patience;  // null: its calls come back

  OpenFolder(std::shared_ptr<const FileDescriptor> folder, std::shared_ptr<Patience> for_calls)
      : fd(std::move(folder)), patience(std::move(for_calls)) {}
  OpenFolder(const OpenFolder&) = delete;
  OpenFolder& operator=(const OpenFolder&) = delete;
  ~OpenFolder() {
    if (patience != nullptr) patience->let_go(std::move(fd));
  }
  // What `call`, which owns all it touches, returns; nothing where it does not come back.
  template <class T>
  [[nodiscard]] std::optional<T> ask(std::function<T()> call) const {
    return patience != nullptr ? patience->ask<T>(std::move(call)) : std::optional<T>(call());
  }
};
using FolderHandle = std::shared_ptr<const OpenFolder>;

// The regular file, or the symbolic link, that is called `name` in `folder`.
[[nodiscard]] std::unique_ptr<Content> file_content(FolderHandle folder, std::string name);
[[nodiscard]] std::unique_ptr<Content> link_content(FolderHandle folder, std::string name);

}  // namespace ambit::walk
