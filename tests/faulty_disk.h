// A disk that fails as a test tells it: a folder, mounted through tests/evidence/faulty_fs.cc.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "tests/evidence.h"

namespace ambit::test {

class FaultyDisk {
 public:
  // Where there is no FUSE, or no right to mount, is_there() is false; a test that needs it skips.
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  [[nodiscard]] bool is_there() const { return is_mounted_; }
  // Where files are put, and where the program sees them.
  [[nodiscard]] std::string behind(std::string_view name) const { return folder_ / ("behind/" + std::string(name)); }
  [[nodiscard]] std::string operator/(std::string_view name) const { return folder_ / ("disk/" + std::string(name)); }
  [[nodiscard]] std::string path() const { return folder_ / "disk"; }
  // What is wrong from now on, one line for each fault; see faulty_fs.cc.
  void fail(std::string_view faults) const;
  // Whether a read came that a fault "tell" waits for.
  [[nodiscard]] bool told() const;

 private:
  TemporaryFolder folder_;
  pid_t server_ = -1;
  bool is_mounted_ = false;
};

}  // namespace ambit::test
