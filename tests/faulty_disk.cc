#include "tests/faulty_disk.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

namespace ambit::test {
namespace {

dev_t device_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_dev : 0;
}

}  // namespace

FaultyDisk::FaultyDisk() {
  std::filesystem::create_directories(folder_ / "behind");
  std::filesystem::create_directories(folder_ / "disk");
  fail("");
  if (::access("/dev/fuse", R_OK | W_OK) != 0 || ::geteuid() != 0) return;
  const dev_t before = device_of(path());
  const std::string behind = folder_ / "behind", faults = folder_ / "faults", disk = path();
  server_ = ::fork();
  if (server_ == 0) {
    const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);  // it may outlive whoever reads what the test prints
    for (const int stream : {0, 1, 2}) ::dup2(nowhere, stream);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execl(AMBIT_FAULTY_FS, AMBIT_FAULTY_FS, behind.c_str(), faults.c_str(), disk.c_str(), nullptr);
    ::_exit(127);
  }
  for (int i = 0; i < 500 && !is_mounted_; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (::waitpid(server_, nullptr, WNOHANG) == server_) {
      server_ = -1;
      return;
    }
    is_mounted_ = device_of(path()) != before;
  }
}

FaultyDisk::~FaultyDisk() {
  fail("");
  if (is_mounted_) ::umount2(path().c_str(), MNT_DETACH);
  if (server_ > 0) {
    ::kill(server_, SIGTERM);
    ::waitpid(server_, nullptr, 0);
  }
}

// Another file under the same name, so that the server never reads half a text.
void FaultyDisk::fail(std::string_view faults) const {
  write_file(folder_ / "faults.new", faults);
  std::filesystem::rename(folder_ / "faults.new", folder_ / "faults");
}

bool FaultyDisk::told() const { return ::access((folder_ / "faults.told").c_str(), F_OK) == 0; }

}  // namespace ambit::test
