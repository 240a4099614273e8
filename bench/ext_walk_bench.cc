// Walks over ext4 file systems of millions of inodes, content unread. The walk runs in a process of its own, so that
// its peak memory is known. Making the images needs root (loop mounts); they are kept for the next time.
//
//   AMBIT_BENCH_FOLDER   where the images lie (default: bench-data below the working folder)
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "bench/process.h"
#include "stages/walk/file_system.h"

namespace ambit::bench {
namespace {

class ImageSource final : public ByteSource {
 public:
  explicit ImageSource(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat info {};
    if (::fstat(fd_, &info) == 0) size_ = static_cast<std::uint64_t>(info.st_size);
  }
  ~ImageSource() override { ::close(fd_); }
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    const ssize_t got = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0) return Error{ErrorKind::io, "refused", "", ""};
    bytes_read_ += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  int fd_;
  std::uint64_t size_ = 0;
  mutable std::uint64_t bytes_read_ = 0;
};

class Counted final : public walk::EntrySink {
 public:
  bool entry(walk::FileEntry&& found) override {
    ++entries;
    path_bytes += found.path.size();
    return true;
  }
  void area(Kind /*kind*/, std::uint64_t /*offset*/, std::uint64_t /*length*/) override { ++areas; }
  std::uint64_t entries = 0, areas = 0, path_bytes = 0;
};

std::string image_folder() {
  const char* value = std::getenv("AMBIT_BENCH_FOLDER");
  return value != nullptr ? value : "bench-data";
}

// An ext4 image with `folders` folders of `files` files each, with names of 27 bytes. Empty where it cannot be made.
std::string image_of(std::uint64_t folders, std::uint64_t files) {
  std::filesystem::create_directories(image_folder());
  const std::string image = image_folder() + "/ext4-" + std::to_string(folders) + "x" + std::to_string(files) + ".raw";
  if (std::filesystem::exists(image)) return image;
  const std::string making = image + ".making", at = image + ".at";
  const std::uint64_t inodes = folders * (files + 1) * 21 / 20 + 1000;
  const std::string mebibytes = std::to_string(inodes * 700 / 1'048'576 + 512) + "M";
  if (run_process({"mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-N", std::to_string(inodes), making, mebibytes})
          .exit != 0) {
    return "";
  }
  std::filesystem::create_directories(at);
  if (run_process({"mount", "-o", "loop,noatime", making, at}).exit != 0) return "";
  for (std::uint64_t d = 0; d < folders; ++d) {
    const std::string folder = at + "/folder-" + std::to_string(d);
    std::filesystem::create_directory(folder);
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (std::uint64_t f = 0; f < files; ++f) {
      std::string name = std::to_string(f);
      name = "message-" + std::string(10 - name.size(), '0') + name + ".msg:2,S,";
      (void)::mknodat(fd, name.c_str(), S_IFREG | 0600, 0);
    }
    ::close(fd);
  }
  (void)run_process({"umount", at});
  std::filesystem::rename(making, image);
  return image;
}

struct Outcome {
  std::uint64_t entries = 0, bytes_read = 0;
  double seconds = 0, cpu_seconds = 0;
  long peak_kib = 0;
};

Outcome walk_in_child(const std::string& image) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    const auto start = std::chrono::steady_clock::now();
    const ImageSource volume(image);
    const auto opened = walk::open_ext(volume);
    Counted counted;
    Outcome outcome;
    if (opened.ok() && *opened != nullptr && (*opened)->walk(counted).ok()) outcome.entries = counted.entries;
    outcome.bytes_read = volume.bytes_read();
    outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    (void)!::write(pipe[1], &outcome, sizeof(outcome));
    ::_exit(0);
  }
  ::close(pipe[1]);
  Outcome outcome;
  (void)!::read(pipe[0], &outcome, sizeof(outcome));
  ::close(pipe[0]);
  rusage usage{};
  int status = 0;
  ::wait4(child, &status, 0, &usage);
  outcome.peak_kib = usage.ru_maxrss;
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  outcome.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  return outcome;
}

void walk_ext4(benchmark::State& state) {
  const auto folders = static_cast<std::uint64_t>(state.range(0));
  const auto files = static_cast<std::uint64_t>(state.range(1));
  const std::string image = image_of(folders, files);
  if (image.empty()) return state.SkipWithError("cannot make the image: needs root, mke2fs and mount");
  Outcome last;
  std::uint64_t entries = 0;
  for (auto _ : state) {
    last = walk_in_child(image);
    if (last.entries != folders * files) return state.SkipWithError("the walk did not find every file");
    state.SetIterationTime(last.seconds);
    entries += last.entries;
  }
  state.counters["inodes_per_s"] = benchmark::Counter(static_cast<double>(entries), benchmark::Counter::kIsRate);
  state.counters["cpu_s"] = last.cpu_seconds;
  state.counters["peak_mib"] = static_cast<double>(last.peak_kib) / 1024;
  state.counters["read_mib"] = static_cast<double>(last.bytes_read) / 1'048'576;
}
BENCHMARK(walk_ext4)
    ->Args({1000, 1000})
    ->Args({1, 2'000'000})
    ->Args({2000, 2500})
    ->UseManualTime()
    ->Unit(benchmark::kSecond)
    ->Iterations(3);

}  // namespace
}  // namespace ambit::bench

BENCHMARK_MAIN();
