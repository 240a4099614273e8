#include "stages/record/age.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "pipeline/locator.h"

extern char** environ;

namespace ambit::record {
namespace {

constexpr std::size_t kMaxComplaint = 400;  // bytes of age's own words that an error repeats

// What the child gets: the three standard streams, default signals, a process group of its own.
class SpawnPlan {
 public:
  SpawnPlan(int input, int output, int complaints) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, complaints, STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  int run(pid_t* child, char** arguments) {
    return ::posix_spawnp(child, arguments[0], &actions_, &attributes_, arguments, environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::string first_line(int fd) {
  std::string text(kMaxComplaint, '\0');
  ssize_t got = 0;
  do { got = ::read(fd, text.data(), text.size()); } while (got < 0 && errno == EINTR);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return printable(text.substr(0, text.find('\n')));
}

}  // namespace

Age::~Age() {
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) continue;
}

Result<> Age::spawn(int output, const std::vector<std::string>& recipients) {
  int ends[2], errors[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return system_error("cannot feed age", path_);
  File child_input(ends[0]);
  input_ = File(ends[1]);
  if (::pipe2(errors, O_CLOEXEC) != 0) return system_error("cannot listen to age", path_);
  complaints_ = File(errors[0]);
  const File child_complaints(errors[1]);

  std::vector<std::string> words = {"age", "--encrypt"};
  for (const std::string& recipient : recipients) words.insert(words.end(), {"--recipient", recipient});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int code = SpawnPlan(child_input.fd(), output, child_complaints.fd()).run(&child_, arguments.data());
  if (code == 0) return {};
  child_ = 0;
  return Error{ErrorKind::io, std::string("cannot start the age program: ") + std::strerror(code), "",
               "install age (package age) and see that it is in PATH"};
}

Result<> Age::start(const std::string& path, const std::vector<std::string>& recipients) {
  path_ = path;
  Result<File> file = File::create(path, 0666);
  if (!file) return std::move(file).error();
  output_ = std::move(*file);
  return spawn(output_.fd(), recipients);
}

Result<> Age::write(std::string_view plain) {
  if (!running()) return Error{ErrorKind::io, "age has failed before", path_, ""};
  while (!plain.empty()) {
    const ssize_t done = ::send(input_.fd(), plain.data(), plain.size(), MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) {
      const Error lost = system_error("age stopped reading", path_);
      Result<> reason = wait();
      return reason ? Result<>(lost) : reason;
    }
    plain.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

Result<> Age::wait() {
  input_.close();
  const std::string complaint = first_line(complaints_.fd());  // until age says something or closes its mouth
  int status = 0;
  while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) continue;
  child_ = 0;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (complaint.find("no space left") != std::string::npos || complaint.find("quota exceeded") != std::string::npos) {
    return space_error(path_);
  }
  const std::string how = WIFSIGNALED(status) ? "age was killed by signal " + std::to_string(WTERMSIG(status))
                                              : "age failed with code " + std::to_string(WEXITSTATUS(status));
  return Error{ErrorKind::io, complaint.empty() ? how : how + ": " + complaint, path_, ""};
}

Result<> Age::finish() {
  if (!running()) return Error{ErrorKind::io, "age has failed before", path_, ""};
  Result<> done = wait();
  if (done) done = output_.sync();
  output_.close();
  return done;
}

Result<> Age::check_recipients(const std::vector<std::string>& recipients) {
  const Error missing{ErrorKind::key, "the order names nobody who may open the ledger", "seal_to",
                      "give at least one age recipient"};
  if (recipients.empty()) return missing;
  const File nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  Age age;
  age.path_ = "seal_to";
  if (Result<> started = age.spawn(nowhere.fd(), recipients); !started) return started;
  Result<> done = age.wait();
  if (done) return done;
  return Error{ErrorKind::key, done.error().what, "seal_to", "every entry must be an age recipient: age1…"};
}

}  // namespace ambit::record
