// The walk over an XFS of many files, without their content.
//
//   ambit_xfs_walk_bench make IMAGE FILES PER_FOLDER    makes the image (root: mkfs.xfs, a loop mount)
//   ambit_xfs_walk_bench walk IMAGE FILES [ROUNDS]      proves that FILES are found, then prints the seconds of each
//                                                       round, the median and the peak of memory
//
// Drop the caches of the machine before (/proc/sys/vm/drop_caches) to measure the first round from the disk.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bench/process.h"
#include "stages/walk/file_system.h"

namespace ambit::bench {
namespace {

class ImageFile final : public ByteSource {
 public:
  explicit ImageFile(const char* path) : fd_(::open(path, O_RDONLY | O_CLOEXEC)) {
    struct stat info {};
    if (::fstat(fd_, &info) == 0) size_ = static_cast<std::uint64_t>(info.st_size);
  }
  ~ImageFile() override { ::close(fd_); }
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    const ssize_t got = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0) return Error{ErrorKind::io, "cannot be read", "", ""};
    bytes_ += static_cast<std::uint64_t>(got);
    ++reads_;
    return static_cast<std::size_t>(got);
  }
  mutable std::uint64_t bytes_ = 0, reads_ = 0;  // one thread

 private:
  int fd_;
  std::uint64_t size_ = 0;
};

class Counter final : public walk::EntrySink {
 public:
  bool entry(walk::FileEntry&& entry) override {
    ++entries;
    troubles += entry.trouble != WalkTrouble::none ? 1 : 0;
    deleted += entry.state == ObjectState::deleted ? 1 : 0;
    path_bytes += entry.path.size();
    return true;
  }
  void area(Kind, std::uint64_t, std::uint64_t) override { ++areas; }
  std::uint64_t entries = 0, troubles = 0, deleted = 0, path_bytes = 0, areas = 0;
};

int make(const std::string& image, long files, long per_folder) {
  const std::string at = image + ".mounted";
  if (::truncate(image.c_str(), 0) != 0) ::close(::open(image.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
  const off_t size = static_cast<off_t>(files) * 2048 + (off_t{1} << 30);
  if (::truncate(image.c_str(), size) != 0 || run_process({"mkfs.xfs", "-q", "-f", image}).exit != 0) return 1;
  ::mkdir(at.c_str(), 0755);
  if (run_process({"mount", "-o", "loop,noatime", image, at}).exit != 0) return 1;
  bool fine = true;
  std::string folder;
  for (long i = 0; i < files && fine; ++i) {
    if (i % per_folder == 0) {
      const long number = i / per_folder;
      if (number % 100 == 0) ::mkdir((at + "/group-" + std::to_string(number / 100)).c_str(), 0755);
      folder = at + "/group-" + std::to_string(number / 100) + "/folder-" + std::to_string(number);
      fine = ::mkdir(folder.c_str(), 0755) == 0;
    }
    const int fd =
        ::open((folder + "/message-" + std::to_string(i) + ".eml").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    fine = fine && fd >= 0;
    // Every eighth has a block of its own; bytes would only make the image larger.
    if (i % 8 == 0) fine = fine && ::write(fd, "x", 1) == 1;
    ::close(fd);
  }
  fine = run_process({"umount", at}).exit == 0 && fine;
  ::rmdir(at.c_str());
  return fine ? 0 : 1;
}

double cpu_seconds() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int walk_rounds(const char* path, std::uint64_t files, int rounds) {
  std::vector<double> seconds, cpu;
  for (int i = 0; i < rounds; ++i) {
    const ImageFile image(path);
    const double cpu_start = cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    const auto system = walk::open_xfs(image);
    if (!system.ok() || *system == nullptr) return 1;
    Counter counter;
    const bool whole = (*system)->walk(counter).ok();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    cpu.push_back(cpu_seconds() - cpu_start);
    if (!whole || counter.troubles != 0 || counter.entries - counter.deleted != files) {
      std::printf("wrong: %lu entries, %lu troubles\n", counter.entries, counter.troubles);
      return 1;
    }
    std::printf("%.3f s (%.3f s of processor), %lu areas, %.1f MiB in %lu reads\n", seconds.back(), cpu.back(),
                counter.areas, static_cast<double>(image.bytes_) / 1048576, image.reads_);
  }
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  const double middle = median(seconds);
  std::printf("%lu files: %.3f s, %.0f inodes/s; %.0f per second of processor; peak %.1f MiB\n", files, middle,
              static_cast<double>(files) / middle, static_cast<double>(files) / median(cpu),
              static_cast<double>(usage.ru_maxrss) / 1024);
  return 0;
}

}  // namespace
}  // namespace ambit::bench

int main(int argc, char** argv) {
  using namespace ambit::bench;
  if (argc == 5 && std::string_view(argv[1]) == "make") return make(argv[2], std::atol(argv[3]), std::atol(argv[4]));
  if (argc < 4 || std::string_view(argv[1]) != "walk") return 1;
  return walk_rounds(argv[2], std::strtoull(argv[3], nullptr, 10), argc > 4 ? std::atoi(argv[4]) : 5);
}
