// Patience: calls of the operating system that may never come back.
//
// A read of a disk ends: the disk's driver gives up by itself and says so. A read over a network, or of a file system
// that a program serves, may not: on a hard mount of NFS it sleeps until the server is there again, and no signal wakes
// it. So on such file systems (see waits_for_others()) the call is made by a thread that does nothing else, and the
// worker waits for it as long as limits.h allows, then goes on without. The thread stays behind until the call comes
// back; the file and the memory that the call uses are its own, or shared with it. So many may be left behind; then the
// exhibit is given up, and further calls fail at once, until one of those comes back.
//
// The price is two changes of threads and a copy for each read, some 20 µs and 0.1 ms a mebibyte: nothing beside what
// such a file system takes. What lies on a disk is read without.
//
// Everything that threads share stands under one mutex, but for the number of bytes that are there: that one is written
// by the thread that reads and says that those bytes are no longer touched.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "pipeline/file_descriptor.h"
#include "pipeline/result.h"

namespace ambit {

class Patience {
 public:
  // Waits so long for a sign of life.
  explicit Patience(std::chrono::milliseconds limit);
  ~Patience();
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

  // What `call` returns; nothing where it does not come back. It owns all that it touches.
  template <class T>
  [[nodiscard]] std::optional<T> ask(std::function<T()> call) {
    auto answer = std::make_shared<std::optional<T>>();
    if (!wait_for([answer, call = std::move(call)] { *answer = call(); })) return std::nullopt;
    return std::move(*answer);
  }
  // Up to `into.size()` bytes of `file` at `offset`; fewer at its end, before an error, or where the rest does not
  // come. Errors: io, as read_file() says it; timeout, none came.
  [[nodiscard]] Result<std::size_t> read(std::shared_ptr<const FileDescriptor> file, std::uint64_t offset,
                                         std::span<std::byte> into);
  // Closes what nobody else holds any more: that too may take for ever.
  void let_go(std::shared_ptr<const void> thing);

 private:
  struct Caller;
  struct Pool;
  [[nodiscard]] bool wait_for(std::function<void()> call);

  std::chrono::milliseconds limit_;
  std::shared_ptr<Pool> pool_;  // shared with the threads that are left behind
};

// Reads until `into` is full, the file ends, or an error comes with the first byte. Error: io, in the system's words.
[[nodiscard]] Result<std::size_t> read_file(int fd, std::uint64_t offset, std::span<std::byte> into);

// True for a file on a file system whose answers come from elsewhere: another machine, or a program.
[[nodiscard]] bool waits_for_others(int fd);

}  // namespace ambit
