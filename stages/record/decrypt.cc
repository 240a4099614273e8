#include "stages/record/decrypt.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "pipeline/file.h"
#include "pipeline/locator.h"

extern char** environ;

namespace ambit::record {
namespace {

constexpr std::size_t kMaxComplaint = 400;  // bytes of age's own words that an error repeats

// The child stays in our process group: it may have to ask for a passphrase, and Ctrl-C shall reach it.
class AgeDecrypt {
 public:
  AgeDecrypt() = default;
  AgeDecrypt(const AgeDecrypt&) = delete;
  AgeDecrypt& operator=(const AgeDecrypt&) = delete;
  ~AgeDecrypt() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    reap();
  }

  Result<> start(const std::string& path, const std::string& identity) {
    path_ = path;
    Result<File> sealed = File::open(path);
    if (!sealed) return std::move(sealed).error();
    int plain[2], complaints[2];
    if (::pipe2(plain, O_CLOEXEC) != 0) return system_error("cannot read from age", path);
    plain_ = File(plain[0]);
    const File child_plain(plain[1]);
    if (::pipe2(complaints, O_CLOEXEC) != 0) return system_error("cannot listen to age", path);
    complaints_ = File(complaints[0]);
    const File child_complaints(complaints[1]);
    const int code = spawn(identity, sealed->fd(), child_plain.fd(), child_complaints.fd());
    if (code == 0) return Ok{};
    child_ = 0;
    return Error{ErrorKind::io, std::string("cannot start the age program: ") + std::strerror(code), "",
                 "install age (package age) and see that it is in PATH"};
  }

  // Up to into.size() bytes; 0 at the end.
  Result<std::size_t> read(std::vector<char>& into) const {
    for (;;) {
      const ssize_t got = ::read(plain_.fd(), into.data(), into.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return system_error("cannot read from age", path_);
    }
  }

  // After the end of the plain text: whether age was content with it.
  Result<> finish() {
    std::string complaint(kMaxComplaint, '\0');
    const ssize_t got = ::read(complaints_.fd(), complaint.data(), complaint.size());
    complaint.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    const int status = reap();
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return Ok{};
    complaint = printable(complaint.substr(0, complaint.find('\n')));
    return Error{ErrorKind::key, complaint.empty() ? "age could not open the segment" : complaint, path_,
                 "use an identity that the order's seal_to names; a damaged segment opens with none"};
  }

 private:
  int spawn(const std::string& identity, int sealed, int plain, int complaints) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, sealed, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, plain, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &pipe_signal);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    std::vector<std::string> words = {"age", "--decrypt", "--identity", identity};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int code = ::posix_spawnp(&child_, "age", &actions, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return code;
  }

  int reap() {
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) continue;
    child_ = 0;
    return status;
  }

  pid_t child_ = 0;
  std::string path_;
  File plain_, complaints_;
};

struct FreeStream {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

Error not_zstandard(const std::string& path) {
  return {ErrorKind::tampered, "the sealed bytes are no Zstandard stream", path, ""};
}

}  // namespace

Result<> decrypt_segment(const std::string& path, const std::string& identity, const PlainVisit& visit) {
  AgeDecrypt age;
  if (Result<> started = age.start(path, identity); !started) return started;
  const std::unique_ptr<ZSTD_DStream, FreeStream> stream(ZSTD_createDStream());
  std::vector<char> packed(ZSTD_DStreamInSize()), plain(ZSTD_DStreamOutSize());
  std::size_t hint = 1;  // 0: exactly at the end of a frame
  for (;;) {
    Result<std::size_t> got = age.read(packed);
    if (!got) return std::move(got).error();
    if (*got == 0) break;
    ZSTD_inBuffer in{packed.data(), *got, 0};
    bool full = false;  // zstd may hold more output than it had room for
    while (in.pos < in.size || full) {
      ZSTD_outBuffer out{plain.data(), plain.size(), 0};
      hint = ZSTD_decompressStream(stream.get(), &out, &in);
      if (ZSTD_isError(hint) != 0) return not_zstandard(path);
      if (!visit({plain.data(), out.pos})) return Ok{};
      full = out.pos == out.size && hint != 0;
    }
  }
  if (Result<> done = age.finish(); !done) return done;
  return hint == 0 ? Result<>() : Result<>(not_zstandard(path));
}

}  // namespace ambit::record
