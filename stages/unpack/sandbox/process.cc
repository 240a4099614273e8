#include "stages/unpack/sandbox/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "pipeline/file_descriptor.h"
#include "stages/unpack/sandbox/lock.h"
#include "stages/unpack/sandbox/part.h"
#include "stages/unpack/sandbox/sandbox.h"

namespace ambit::unpack {
namespace {

using Type = Message::Type;

// --- the decoder ----------------------------------------------------------------------------------------------

[[noreturn]] void leave() { _exit(EXIT_FAILURE); }

// Bytes of the object, from the program.
Result<std::size_t> fetch(std::uint64_t offset, std::span<std::byte> into) {
  Message wish{.type = Type::fetch};
  const std::span<std::byte> most = into.first(std::min(into.size(), kMostPayload));
  wish.numbers = {offset, most.size(), 0, 0};
  if (!send_message(kSandboxSocket, wish)) leave();
  const std::optional<Message> answer = receive_message(kSandboxSocket, most);
  if (!answer || answer->type != Type::bytes) leave();
  if (answer->flags[0] != 0) return Error{ErrorKind::evidence, "the object cannot be read", {}, {}};
  return std::size_t{answer->payload};
}

class FetchedStream final : public ByteStream {
 public:
  Result<std::size_t> read(std::span<std::byte> into) override { return fetch(kNext, into); }
};

// Each answer is waited for, so a block is fetched where a few bytes are read: there and back are two wake-ups. A small
// object comes whole, unasked.
class FetchedContent final : public Content {
 public:
  explicit FetchedContent(std::uint64_t size) : size_(size) {}
  Result<ContentInfo> open() override { return ContentInfo{size_, std::nullopt, 0}; }
  // Takes the object's first bytes, which are on their way.
  void take_first(std::size_t bytes) {
    block_.resize(kMostPayload);
    const std::optional<Message> came = receive_message(kSandboxSocket, block_);
    if (!came || came->type != Type::bytes || came->payload != bytes || bytes != size_) leave();
    bytes_ = bytes;
    is_read_ = true;
  }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    std::size_t done = 0;
    while (done < into.size()) {
      const std::uint64_t at = offset + done;
      const std::span<std::byte> rest = into.subspan(done);
      Result<std::size_t> got = std::size_t{0};
      if (has_block(at)) {
        const std::size_t skipped = static_cast<std::size_t>(at - begin_);
        got = std::min(rest.size(), bytes_ - std::min(bytes_, skipped));
        if (*got > 0) std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(skipped), *got, rest.begin());
      } else {
        got = fetch(at, rest);  // what is wrong with its neighbours does not concern it
      }
      if (!got.ok()) return got;
      if (*got == 0) break;
      done += *got;
    }
    return done;
  }

 private:
  // Whether the block of `at` is here now, whole or up to the object's end.
  bool has_block(std::uint64_t at) {
    const std::uint64_t begin = at / kMostPayload * kMostPayload;
    if (!block_.empty() && begin == begin_) return is_read_;
    block_.resize(kMostPayload);
    begin_ = begin;
    bytes_ = 0;
    for (;;) {
      const Result<std::size_t> got = fetch(begin + bytes_, std::span(block_).subspan(bytes_));
      is_read_ = got.ok();
      if (!got.ok()) return false;
      bytes_ += *got;
      if (*got == 0 || bytes_ == block_.size() || begin + bytes_ >= size_) return true;
    }
  }

  const std::uint64_t size_;
  std::vector<std::byte> block_;
  std::uint64_t begin_ = 0;
  std::size_t bytes_ = 0;
  bool is_read_ = false;
};

void say(const Message& message, std::span<const std::byte> payload = {}) {
  if (!send_message(kSandboxSocket, message, payload)) leave();
}

Message failure(const Error& error) {
  Message message{.type = Type::failed};
  message.numbers[0] = static_cast<std::uint64_t>(error.kind);
  return message;
}

// One turn.
void say_bytes(Unpacker& unpacker, std::span<std::byte> buffer) {
  Message given{.type = Type::given};
  for (std::size_t sent = 0; given.flags[0] == static_cast<std::uint8_t>(Message::Turn::goes_on);) {
    const Result<std::size_t> got = unpacker.read(buffer);
    if (!got.ok()) return say(failure(got.error()));
    sent += *got;
    const Message::Turn turn = *got == 0               ? Message::Turn::was_last
                               : sent >= buffer.size() ? Message::Turn::is_over
                                                       : Message::Turn::goes_on;
    given.flags[0] = static_cast<std::uint8_t>(turn);
    say(given, buffer.first(*got));
  }
}

void say_next(Unpacker& unpacker, std::span<std::byte> buffer) {
  const Result<std::optional<Part>> part = unpacker.next();
  if (!part.ok()) return say(failure(part.error()));
  if (!part->has_value()) return say({.type = Type::no_more});
  say(to_message(**part), std::as_bytes(std::span((*part)->name)));
  if ((*part)->trouble == WalkTrouble::none) say_bytes(unpacker, buffer);
}

[[noreturn]] void decode(const Message& order, std::string_view file_name, OpenUnpacker open, const Locks& locks) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!locks.lock_decoder()) leave();
  FetchedStream stream;
  FetchedContent content(order.numbers[1]);
  if (order.numbers[3] != 0) content.take_first(static_cast<std::size_t>(order.numbers[3]));
  Packed packed;
  packed.stream = &stream;
  packed.content = order.numbers[2] != 0 ? &content : nullptr;
  packed.size = order.numbers[1];
  packed.file_name = file_name;
  const Result<std::unique_ptr<Unpacker>> opened = open(static_cast<Format>(order.numbers[0]), packed);
  say(opened.ok() ? Message{.type = Type::opened} : failure(opened.error()));
  std::vector<std::byte> buffer(kMostPayload);
  for (;;) {
    const std::optional<Message> wish = receive_message(kSandboxSocket, {});
    if (!wish) leave();
    if (wish->type == Type::close) _exit(EXIT_SUCCESS);
    if (!opened.ok()) leave();
    if (wish->type == Type::next) say_next(**opened, buffer);
    if (wish->type == Type::read) say_bytes(**opened, buffer);
  }
}

// --- the warden -----------------------------------------------------------------------------------------------

[[noreturn]] void run_converter(std::uint64_t which, int in, int out, const Locks& locks) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // "-" for standard input and output; quiet, because what it complains of is evidence.
  static const char* const kPdfText[] = {kPdfToText, "-q", "-enc", "UTF-8", "-htmlmeta", "-", "-", nullptr};
  static const char* const kEnvironment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", nullptr};
  if (which != static_cast<std::uint64_t>(Converter::pdf_text) || dup2(in, STDIN_FILENO) < 0 ||
      dup2(out, STDOUT_FILENO) < 0 || syscall(SYS_close_range, kSandboxSocket, ~0U, 0) != 0 ||
      !locks.lock_converter()) {
    leave();
  }
  execve(kPdfText[0], const_cast<char* const*>(kPdfText), const_cast<char* const*>(kEnvironment));
  leave();
}

// Waits for the decoder; if the program goes first, so does everything here.
int wait_for(pid_t decoder) {
  const FileDescriptor ends(static_cast<int>(syscall(SYS_pidfd_open, decoder, 0)));
  std::array<pollfd, 2> watched = {pollfd{ends.get(), POLLIN, 0}, pollfd{kSandboxSocket, 0, 0}};
  while (ends.valid() && watched[0].revents == 0) {
    if (poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) break;
    if ((watched[1].revents & POLLHUP) != 0) kill(decoder, SIGKILL);
    if ((watched[1].revents & POLLHUP) != 0) break;
  }
  int status = 0;
  while (waitpid(decoder, &status, 0) < 0 && errno == EINTR) {}
  return status;
}

// False: the program is gone.
bool report(pid_t decoder) {
  Message begun{.type = Type::begun};
  begun.numbers[0] = static_cast<std::uint64_t>(decoder);
  if (!send_message(kSandboxSocket, begun)) return false;
  Message ended{.type = Type::ended};
  ended.numbers[0] = static_cast<std::uint64_t>(wait_for(decoder));
  return send_message(kSandboxSocket, ended);
}

}  // namespace

int serve_sandbox(OpenUnpacker open) {
  syscall(SYS_close_range, kSandboxSocket + 1, ~0U, 0);
  prctl(PR_SET_DUMPABLE, 0);
  std::signal(SIGINT, SIG_IGN);  // of the terminal: the program decides
  std::vector<std::byte> name(kMostPayload);
  const Locks locks;
  for (;;) {
    Accompanying files;
    const std::optional<Message> order = receive_message(kSandboxSocket, name, &files);
    const FileDescriptor in(files.descriptors[0]), out(files.descriptors[1]);
    if (!order) return EXIT_SUCCESS;
    // Neither a name nor what was still under way to a decoder that has ended stays here for the next one to see.
    const auto forget = [&] { explicit_bzero(name.data(), order->payload); };
    if (order->type != Type::open && order->type != Type::convert) {
      forget();
      continue;
    }
    const pid_t decoder = fork();
    if (decoder < 0) return EXIT_FAILURE;
    if (decoder > 0) forget();
    if (decoder == 0) {
      if (order->type == Type::convert) run_converter(order->numbers[0], in.get(), out.get(), locks);
      decode(*order, {reinterpret_cast<const char*>(name.data()), order->payload}, open, locks);
    }
    if (!report(decoder)) return EXIT_SUCCESS;
  }
}

}  // namespace ambit::unpack
