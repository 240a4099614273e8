#include "stages/unpack/sandbox/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>

#include "pipeline/exhausted.h"
#include "pipeline/limits_unpack.h"

namespace ambit::unpack {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLookEvery = 1000;  // ms, at the processor time of a decoder that says nothing

Error took_too_long() { return {ErrorKind::timeout, "a decoder took too long", {}, {}}; }

// Seconds of processor time of another process; 0 where it has ended.
double processor_seconds(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (process <= 0 || clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Waits until one of the descriptors is readable or closed.
Result<> wait_readable(std::span<pollfd> watched, pid_t decoder, double seconds) {
  const Clock::time_point begin = Clock::now();
  const double before = processor_seconds(decoder);
  for (;;) {
    const int ready = poll(watched.data(), watched.size(), kLookEvery);
    if (ready > 0) return Ok{};
    if (ready < 0 && errno != EINTR) return decoder_died();
    const double waited = std::chrono::duration<double>(Clock::now() - begin).count();
    if (processor_seconds(decoder) - before > seconds || waited > limits::kDecoderWaitSeconds) {
      return took_too_long();
    }
  }
}

}  // namespace

Error decoder_died() { return {ErrorKind::crashed, "a decoder died", {}, {}}; }

Sandbox::~Sandbox() {
  // The decoder dies with its warden.
  kill(warden_, SIGKILL);
  while (waitpid(warden_, nullptr, 0) < 0 && errno == EINTR) {}
}

bool Sandbox::send(const Message& message, std::span<const std::byte> payload) {
  if (message.type == Message::Type::open) free_ = false;
  return send_message(socket_.get(), message, payload);
}

Result<Message> Sandbox::receive(std::span<std::byte> into) {
  for (;;) {
    std::array<pollfd, 1> watched = {pollfd{socket_.get(), POLLIN, 0}};
    const Result<> ready = wait_readable(watched, decoder_, seconds_);
    if (!ready.ok()) return ready.error();
    Accompanying accompanying;
    const std::optional<Message> message = receive_message(socket_.get(), into, &accompanying);
    if (!message) return decoder_died();
    // A decoder that was taken over may not speak for its warden.
    const bool of_warden = message->type == Message::Type::begun || message->type == Message::Type::ended;
    if (of_warden != (accompanying.sender == warden_)) return decoder_died();
    if (message->type == Message::Type::begun) {
      decoder_ = static_cast<pid_t>(message->numbers[0]);
      continue;
    }
    if (message->type != Message::Type::ended) return *message;
    free_ = true;
    decoder_ = 0;
    status_ = static_cast<int>(message->numbers[0]);
    if (WIFSIGNALED(status_) && WTERMSIG(status_) == SIGXCPU) return took_too_long();
    if (!WIFEXITED(status_)) return decoder_died();
    return *message;
  }
}

bool Sandbox::convert(Converter converter, int in, int out) {
  Message order{.type = Message::Type::convert};
  order.numbers[0] = static_cast<std::uint64_t>(converter);
  free_ = false;
  return send_message(socket_.get(), order, {in, out});
}

Result<> Sandbox::wait_for(int out) {
  std::array<pollfd, 1> watched = {pollfd{out, POLLIN, 0}};
  return wait_readable(watched, decoder_, seconds_);
}

}  // namespace ambit::unpack

namespace ambit {

Result<std::unique_ptr<unpack::Sandbox>> Sandboxes::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<unpack::Sandbox> sandbox = std::move(idle_.back());
      idle_.pop_back();
      return sandbox;
    }
  }
  const Error refused{ErrorKind::crashed, "a process for a decoder could not be started", {}, {}};
  std::array<int, 2> ends = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw_where_exhausted(errno);
    return refused;
  }
  FileDescriptor ours(ends[0]);
  const FileDescriptor theirs(ends[1]);
  if (!unpack::know_senders(ours.get())) return refused;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
  }
  posix_spawn_file_actions_adddup2(&files, theirs.get(), unpack::kSandboxSocket);
  const char* const arguments[] = {"ambit", unpack::kSandboxArgument, nullptr};
  const char* const environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", nullptr};
  pid_t warden = 0;
  const int error = posix_spawn(&warden, program_.c_str(), &files, nullptr, const_cast<char* const*>(arguments),
                                const_cast<char* const*>(environment));
  posix_spawn_file_actions_destroy(&files);
  throw_where_exhausted(error);
  if (error == EAGAIN) throw Exhausted(Resource::processes);
  if (error != 0) return refused;
  return std::make_unique<unpack::Sandbox>(std::move(ours), warden, seconds_);
}

void Sandboxes::give_back(std::unique_ptr<unpack::Sandbox> sandbox) {
  if (!sandbox->is_free()) return;  // and so ended
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(sandbox));
}

}  // namespace ambit
