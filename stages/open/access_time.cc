// When a file was last read is evidence too. Three ways to leave it alone, the best first:
//
//   a view of the folder that is read-only and keeps no such times, attached nowhere: only for who may mount
//   O_NOATIME: only for who owns the file, and not for symbolic links
//   the file system is mounted read-only or noatime: for who was careful
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>

#include "stages/open/formats.h"
#include "stages/open/open_exhibit.h"

namespace ambit {

FileDescriptor open::untouched_view(const std::string& folder) {
  constexpr unsigned kTree = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;
  FileDescriptor tree(::open_tree(AT_FDCWD, folder.c_str(), kTree));
  if (!tree.valid()) return {};
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME;
  attributes.attr_clr = MOUNT_ATTR__ATIME;
  if (::mount_setattr(tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) != 0) return {};
  return tree;
}

std::string access_time_warning(const std::string& path) {
  std::string plain = path;
  for (const std::string_view prefix : {"raw:", "file:"}) {
    if (path.starts_with(prefix)) plain = path.substr(prefix.size());
  }
  struct stat info {};
  struct statvfs disk {};
  if (::stat(plain.c_str(), &info) != 0 || ::statvfs(plain.c_str(), &disk) != 0) return "";
  // The bytes of a device have no such time; its name in /dev is no evidence.
  const bool is_folder = S_ISDIR(info.st_mode);
  if ((!S_ISREG(info.st_mode) && !is_folder) || (disk.f_flag & (ST_RDONLY | ST_NOATIME)) != 0) return "";
  if (is_folder && open::untouched_view(plain).valid()) return "";
  const FileDescriptor ours(::open(plain.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOATIME));
  if (ours.valid() && !is_folder) return "";
  const std::string what = ours.valid() ? "when its symbolic links were last read" : "when its files were last read";
  return "changes as it is read: " + what + "; mounted read-only or noatime it does not";
}

}  // namespace ambit
