#include "pipeline/cli/service.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "pipeline/cli/screen.h"
#include "pipeline/file_descriptor.h"
#include "pipeline/locator.h"

namespace ambit::cli {
namespace {

constexpr double kSecondsBetweenStatus = 5;
// Answers in the time that systemd waits for one; half would be enough, were nothing ever late.
constexpr double kAnswersInTime = 4;

std::string take_variable(const char* name) {
  const char* const value = std::getenv(name);
  std::string out = value == nullptr ? "" : value;
  ::unsetenv(name);
  return out;
}

double number_of(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  return status == std::errc() && end == text.data() + text.size() ? static_cast<double>(number) : 0;
}

}  // namespace

Service Service::from_environment() {
  Service service;
  service.socket_ = take_variable("NOTIFY_SOCKET");
  const std::string process = take_variable("WATCHDOG_PID");
  const double microseconds = number_of(take_variable("WATCHDOG_USEC"));
  if (process.empty() || process == std::to_string(::getpid())) service.watchdog_seconds_ = microseconds / 1e6;
  return service;
}

void Service::progress(const Progress& progress) {
  if (socket_.empty()) return;
  std::string text;
  if (!std::exchange(ready_, true)) text += "READY=1\n";
  const double answer_every = watchdog_seconds_ / kAnswersInTime;
  if (watchdog_seconds_ > 0 && progress.seconds >= next_answer_ && progress.still_seconds < answer_every) {
    next_answer_ = progress.seconds + answer_every;
    text += "WATCHDOG=1\n";
  }
  if (progress.seconds >= next_status_) {
    next_status_ = progress.seconds + kSecondsBetweenStatus;
    text += "STATUS=" + progress_line(progress) + "\n";
  }
  if (!text.empty()) tell(text);
}

void Service::stopping(std::string_view how) { tell("STOPPING=1\nSTATUS=" + printable(how) + "\n"); }

void Service::tell(const std::string& text) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // not a file, but a name of the kernel's
  const FileDescriptor out(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!out.valid()) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  // Who does not listen misses it; the run goes on.
  static_cast<void>(::sendto(out.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&address), length));
}

}  // namespace ambit::cli
