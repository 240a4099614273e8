// Sandbox: a process in which a decoder works, shut in: no file system, no network, no other process, bounded memory
// and time. What a hostile object does to the decoder there costs that object and nothing else.
//
//   program                          warden (a copy of the program, holds no evidence)       decoder (a fork, one
//   object) open_isolated --open-----------> forks --------------------------------------------------> locks itself in,
//   opens
//        "  next, read ------------------------------------------------------------------> parts, bytes
//        "  <-- wants bytes of the object, gets them ----------------------------------------
//        "  <-- how the decoder ended ---- waits for it
//
// Each object has a decoder of its own, forked from a process that never saw any other: nothing goes from one object to
// the next. Messages are packets of one socket; those of a decoder are as hostile as its object, and are checked.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "pipeline/file_descriptor.h"
#include "pipeline/limits_unpack.h"
#include "pipeline/result.h"
#include "stages/unpack/sandbox/message.h"

namespace ambit::unpack {

// Programs that convert an object to text, each by its whole command.
enum class Converter : std::uint8_t { pdf_text };
inline constexpr const char* kPdfToText = "/usr/bin/pdftotext";

// What is told of a decoder that died, or says what no decoder says.
[[nodiscard]] Error decoder_died();

class Sandbox {
 public:
  // `seconds`: of processor time that a decoder may take for one answer.
  Sandbox(FileDescriptor socket, pid_t warden, double seconds)
      : socket_(std::move(socket)), warden_(warden), seconds_(seconds) {}
  ~Sandbox();  // ends the process and whatever runs in it
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // From Type::open on it is taken, until receive() has given Type::ended.
  [[nodiscard]] bool send(const Message& message, std::span<const std::byte> payload = {});
  // The next message; bytes of its payload go into `into`, their number to message.payload. Errors: crashed (the
  // decoder died, or says what no decoder says), timeout (see limits::kDecoderSeconds).
  [[nodiscard]] Result<Message> receive(std::span<std::byte> into);
  // Starts the converter: it reads `in` and writes `out`. Both may be closed here afterwards.
  [[nodiscard]] bool convert(Converter converter, int in, int out);
  // Waits until there is something to read from `out`, or it is closed; the errors of receive().
  [[nodiscard]] Result<> wait_for(int out);
  // The decoder or converter has ended and the sandbox can take another object.
  [[nodiscard]] bool is_free() const { return free_; }
  // How the last one ended; see waitpid(2).
  [[nodiscard]] int status() const { return status_; }

 private:
  FileDescriptor socket_;
  pid_t warden_;
  double seconds_;
  pid_t decoder_ = 0;
  bool free_ = true;
  int status_ = 0;
};

}  // namespace ambit::unpack

namespace ambit {

// All sandboxes of a run: as many as decoders work at once, kept for the next object.
class Sandboxes {
 public:
  // `program` is started with the one argument kSandboxArgument and has to call serve_sandbox() then.
  explicit Sandboxes(std::string program = "/proc/self/exe", double seconds = limits::kDecoderSeconds)
      : program_(std::move(program)), seconds_(seconds) {}

  // Error(crashed): no process could be started.
  [[nodiscard]] Result<std::unique_ptr<unpack::Sandbox>> take();
  void give_back(std::unique_ptr<unpack::Sandbox> sandbox);

 private:
  const std::string program_;
  const double seconds_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<unpack::Sandbox>> idle_;
};

}  // namespace ambit
