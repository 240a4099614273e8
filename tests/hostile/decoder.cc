// A decoder that was taken over: a sandbox whose unpacker does what its object says, in words.
//
// Each line of the object is a part. Its name is the line; its bytes are "refused" or "DONE", which nobody wants to
// see.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "stages/unpack/sandbox/message.h"
#include "stages/unpack/sandbox/process.h"

namespace {

using namespace ambit;

using Deed = bool (*)();  // whether it was possible

bool opens(const char* path, int how) { return open(path, how, 0600) >= 0; }

bool connects() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(9);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return fd >= 0 || connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
}

bool forks() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  return child > 0;
}

bool executes() {
  const char* const arguments[] = {"/bin/true", nullptr};
  execve(arguments[0], const_cast<char* const*>(arguments), nullptr);
  return false;  // it did not: we are still here
}

bool makes_memory_executable() {
  return mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

bool takes_all_memory() {
  constexpr std::size_t kPiece = 16 << 20;
  for (std::size_t got = 0; got < std::size_t{64} << 30; got += kPiece) {
    void* piece = std::malloc(kPiece);  // NOLINT: meant to leak
    if (piece == nullptr) return false;
    for (std::size_t i = 0; i < kPiece; i += 4096) static_cast<volatile char*>(piece)[i] = 1;
  }
  return true;
}

bool spins() {
  for (volatile unsigned i = 0;;) i = i + 1;
}

bool crashes() { return *static_cast<volatile int*>(nullptr) == 0; }

// Says that it has ended, as only its warden may, and lives on.
bool speaks_for_its_warden() {
  unpack::Message ended{.type = unpack::Message::Type::ended};
  static_cast<void>(unpack::send_message(unpack::kSandboxSocket, ended));
  return true;
}

// Gives nothing, again and again, and says that more is to come.
bool gives_nothing_for_ever() {
  unpack::Message part{.type = unpack::Message::Type::part};
  part.flags[0] = static_cast<std::uint8_t>(Part::Is::member);
  unpack::Message nothing{.type = unpack::Message::Type::given};
  if (!unpack::send_message(unpack::kSandboxSocket, part)) return false;
  while (unpack::send_message(unpack::kSandboxSocket, nothing)) {}
  return true;
}

// A turn of bytes that has no end.
bool gives_for_ever() {
  unpack::Message part{.type = unpack::Message::Type::part};
  unpack::Message given{.type = unpack::Message::Type::given};
  const std::vector<std::byte> bytes(1'000);
  if (!unpack::send_message(unpack::kSandboxSocket, part)) return false;
  while (unpack::send_message(unpack::kSandboxSocket, given, bytes)) {}
  return true;
}

bool talks_nonsense() {
  std::string noise(100'000, '\xff');
  return write(unpack::kSandboxSocket, noise.data(), noise.size()) > 0;
}

const std::map<std::string, Deed> kDeeds = {
    {"open a file", [] { return opens("/etc/passwd", O_RDONLY); }},
    {"write a file", [] { return opens("/tmp/ambit-was-here", O_WRONLY | O_CREAT); }},
    {"make a folder", [] { return mkdir("/tmp/ambit-was-here", 0700) == 0; }},
    {"list processes", [] { return opens("/proc", O_RDONLY | O_DIRECTORY); }},
    {"connect", connects},
    {"fork", forks},
    {"execute", executes},
    {"trace its warden", [] { return ptrace(PTRACE_ATTACH, getppid(), nullptr, nullptr) == 0; }},
    {"kill its warden", [] { return kill(getppid(), SIGKILL) == 0; }},
    {"read its warden's memory",
     [] {
       char byte = 0;
       const iovec here{&byte, 1}, there{const_cast<char*>("x"), 1};
       return syscall(SYS_process_vm_readv, getppid(), &here, 1, &there, 1, 0) == 1;
     }},
    {"make memory executable", makes_memory_executable},
    {"take all memory", takes_all_memory},
    {"spin", spins},
    {"crash", crashes},
    {"abort",
     [] {
       std::abort();
       return false;
     }},
    {"speak for its warden", speaks_for_its_warden},
    {"talk nonsense", talks_nonsense},
    {"give nothing for ever", gives_nothing_for_ever},
    {"give for ever", gives_for_ever},
    {"leave",
     [] {
       _exit(0);
       return false;
     }},
};

class Hostile final : public Unpacker {
 public:
  explicit Hostile(const Packed& packed) : packed_(packed) {}
  Result<std::optional<Part>> next() override {
    Part part;
    std::byte letter{};
    for (;;) {
      const auto got = packed_.stream->read({&letter, 1});
      if (!got.ok()) return got.error();
      if (*got == 0 && part.name.empty()) return std::optional<Part>();
      if (*got == 0 || letter == std::byte{'\n'}) break;
      part.name += static_cast<char>(letter);
    }
    const auto deed = kDeeds.find(part.name);
    said_ = deed == kDeeds.end() ? part.name : deed->second() ? "DONE" : "refused";
    return std::optional(std::move(part));
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    const std::size_t count = std::min(into.size(), said_.size());
    std::copy_n(std::as_bytes(std::span(said_)).begin(), count, into.begin());
    said_.erase(0, count);
    return count;
  }

 private:
  const Packed packed_;
  std::string said_;
};

Result<std::unique_ptr<Unpacker>> open_hostile(Format /*format*/, const Packed& packed) {
  return std::unique_ptr<Unpacker>(std::make_unique<Hostile>(packed));
}

}  // namespace

int main() { return ambit::unpack::serve_sandbox(open_hostile); }
