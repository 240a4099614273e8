#include "pipeline/memory_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <string_view>

namespace ambit {
namespace {

class Least {
 public:
  void take(std::uint64_t bytes) {
    if (!bytes_ || bytes < *bytes_) bytes_ = bytes;
  }
  // A file that holds a number; "max" is none.
  void take_file(const std::string& path) {
    std::ifstream in(path);
    std::uint64_t bytes = 0;
    if (in >> bytes) take(bytes);
  }
  // The groups of a hierarchy: `path` and those around it, up to its root.
  void take_groups(const std::string& mount, std::string path, const char* file) {
    for (;;) {
      while (!path.empty() && path.back() == '/') path.pop_back();
      take_file(mount + path + "/" + file);
      if (path.empty()) return;
      path.erase(path.rfind('/'));
    }
  }
  void take_limit(int resource) {
    rlimit limit{};
    if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0) return;
    if (limit.rlim_cur != RLIM_INFINITY) take(limit.rlim_cur);
  }
  [[nodiscard]] std::optional<std::uint64_t> bytes() const { return bytes_; }

 private:
  std::optional<std::uint64_t> bytes_;
};

}  // namespace

std::optional<std::uint64_t> granted_memory(const std::string& root) {
  Least least;
  least.take_limit(RLIMIT_AS);
  least.take_limit(RLIMIT_DATA);
  // "5:memory:/a/b" of version 1, "0::/a/b" of version 2; paths begin with '/'.
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(":/", first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    if (controllers == ",,") least.take_groups(root + "/sys/fs/cgroup", path, "memory.max");
    if (controllers.find(",memory,") != std::string::npos) {
      least.take_groups(root + "/sys/fs/cgroup/memory", path, "memory.limit_in_bytes");
    }
  }
  std::ifstream machine(root + "/proc/meminfo");
  std::string name;
  std::uint64_t kibibytes = 0;
  if (machine >> name >> kibibytes && name == "MemTotal:") least.take(kibibytes * 1024);
  return least.bytes();
}

}  // namespace ambit
