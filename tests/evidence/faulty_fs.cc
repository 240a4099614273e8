// A file system that fails as it is told, for the tests of bad disks: the files of a folder, read-only, with faults.
//
//   faulty_fs FOLDER FAULTS MOUNTPOINT        stays in front; ends when it is unmounted
//
// FAULTS is a text that is read anew at every call, so that a test can change its mind while a run goes on. A line
// each:
//
//   PATH eio BEGIN END      a read that touches [BEGIN, END) fails
//   PATH hang BEGIN END     … does not come back while the line stands there
//   PATH delay MS BEGIN     a read that goes beyond BEGIN takes so long
//   PATH short BYTES        a read gives no more than so many
//   PATH gone               neither the name nor the open file is there any more
//   PATH lost               it cannot be opened: EIO
//   PATH tell BEGIN END     the first read that touches [BEGIN, END) makes a file FAULTS.told, and is answered
//
// PATH is below FOLDER, "/" before it. Nothing is cached by the kernel (direct_io), so that every read arrives here as
// it was asked for.
#define FUSE_USE_VERSION 31
#include <dirent.h>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

std::string folder, faults_file;

struct Fault {
  std::string path, kind;
  std::uint64_t a = 0, b = 0;
};

std::vector<Fault> faults_of(const std::string& path) {
  std::vector<Fault> faults;
  std::ifstream in(faults_file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    Fault fault;
    words >> fault.path >> fault.kind >> fault.a >> fault.b;
    if (fault.path == path) faults.push_back(fault);
  }
  return faults;
}

bool has(const std::string& path, const std::string& kind) {
  const std::vector<Fault> faults = faults_of(path);
  return std::any_of(faults.begin(), faults.end(), [&](const Fault& fault) { return fault.kind == kind; });
}

bool touches(const Fault& fault, std::uint64_t begin, std::uint64_t end) { return begin < fault.b && fault.a < end; }

bool hangs(const std::string& path, std::uint64_t begin, std::uint64_t end) {
  for (const Fault& fault : faults_of(path)) {
    if (fault.kind == "hang" && touches(fault, begin, end)) return true;
  }
  return false;
}

int on_getattr(const char* path, struct stat* info, fuse_file_info* /*file*/) {
  if (has(path, "gone")) return -ENOENT;
  return ::lstat((folder + path).c_str(), info) == 0 ? 0 : -errno;
}

int on_readlink(const char* path, char* into, std::size_t bytes) {
  const ssize_t got = ::readlink((folder + path).c_str(), into, bytes - 1);
  if (got < 0) return -errno;
  into[got] = '\0';
  return 0;
}

int on_readdir(const char* path, void* into, fuse_fill_dir_t fill, off_t /*offset*/, fuse_file_info* /*file*/,
               fuse_readdir_flags /*flags*/) {
  DIR* const stream = ::opendir((folder + path).c_str());
  if (stream == nullptr) return -errno;
  while (const dirent* entry = ::readdir(stream)) {
    struct stat info {};
    info.st_ino = entry->d_ino;
    info.st_mode = static_cast<mode_t>(DTTOIF(entry->d_type));
    fill(into, entry->d_name, &info, 0, static_cast<fuse_fill_dir_flags>(0));
  }
  ::closedir(stream);
  return 0;
}

int on_open(const char* path, fuse_file_info* file) {
  if (has(path, "gone")) return -ENOENT;
  if (has(path, "lost")) return -EIO;
  const int fd = ::open((folder + path).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  file->fh = static_cast<std::uint64_t>(fd);
  file->direct_io = 1;
  return 0;
}

int on_release(const char* /*path*/, fuse_file_info* file) {
  ::close(static_cast<int>(file->fh));
  return 0;
}

int on_read(const char* path, char* into, std::size_t bytes, off_t offset, fuse_file_info* file) {
  const auto begin = static_cast<std::uint64_t>(offset);
  const std::uint64_t end = begin + bytes;
  while (hangs(path, begin, end)) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  for (const Fault& fault : faults_of(path)) {
    if (fault.kind == "eio" && touches(fault, begin, end)) return -EIO;
    if (fault.kind == "tell" && touches(fault, begin, end)) std::ofstream(faults_file + ".told");
    if (fault.kind == "gone") return -ESTALE;
    if (fault.kind == "delay" && end > fault.b) std::this_thread::sleep_for(std::chrono::milliseconds(fault.a));
    if (fault.kind == "short") bytes = std::min<std::size_t>(bytes, fault.a);
  }
  const ssize_t got = ::pread(static_cast<int>(file->fh), into, bytes, offset);
  return got < 0 ? -errno : static_cast<int>(got);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  folder = argv[1];
  faults_file = argv[2];
  fuse_operations operations{};
  operations.getattr = on_getattr;
  operations.readlink = on_readlink;
  operations.readdir = on_readdir;
  operations.open = on_open;
  operations.release = on_release;
  operations.read = on_read;
  // Times and sizes are asked for anew each time.
  char arguments[][64] = {"faulty_fs", "-f", "-o", "ro,attr_timeout=0,entry_timeout=0,negative_timeout=0"};
  char* words[] = {arguments[0], arguments[1], arguments[2], arguments[3], argv[3], nullptr};
  return ::fuse_main(5, words, &operations, nullptr);
}
