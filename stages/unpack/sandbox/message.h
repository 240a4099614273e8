// What a program and its sandboxes say to each other: packets of a Unix socket, each a Message and up to kMostPayload
// bytes. Both ends are the same build, so numbers stand as they are in memory.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ambit::unpack {

inline constexpr const char* kSandboxArgument = "--sandbox";
inline constexpr int kSandboxSocket = 3;  // of the warden and the decoder
inline constexpr std::size_t kMostPayload = 128 * 1024;

struct Message {
  enum class Type : std::uint8_t {
    // to the warden
    open,     // numbers: format, size, whether it can be read at any place, bytes of it that follow as `bytes`;
              // payload: the file's name
    convert,  // numbers: which; with two descriptors: in, out
    // to the decoder
    next,   // answered by `part` and, where that can be read, by a turn of `given`; or by `no_more`
    read,   // for another turn
    bytes,  // answer to `fetch`; payload; flag: an error came after them
    close,
    // from the warden
    begun,  // numbers: process
    ended,  // numbers: status as of waitpid
    // from the decoder
    fetch,  // numbers: offset, or kNext for the next of the stream; most bytes
    opened,
    part,  // see part.cc; payload: its name
    no_more,
    given,   // payload; flag: a Turn
    failed,  // numbers: ErrorKind; the end of a turn too
  };
  // How bytes of a part come: some messages for one wish, as many as make kMostPayload bytes, so that the decoder goes
  // on while the program looks at what came.
  enum class Turn : std::uint8_t { goes_on, is_over, was_last };
  Type type = Type::close;
  std::array<std::uint8_t, 3> flags = {};
  std::uint32_t payload = 0;  // bytes behind this
  std::array<std::uint64_t, 4> numbers = {};
};
inline constexpr std::uint64_t kNext = UINT64_MAX;

// False: the other end is gone.
[[nodiscard]] bool send_message(int socket, const Message& message, std::span<const std::byte> payload = {});
// … with two descriptors.
[[nodiscard]] bool send_message(int socket, const Message& message, const std::array<int, 2>& descriptors);
// What comes with a packet besides its bytes.
struct Accompanying {
  std::array<int, 2> descriptors = {-1, -1};  // to be closed by whoever takes them
  pid_t sender = 0;                           // as the kernel says, where know_senders() was asked for
};
[[nodiscard]] bool know_senders(int socket);
// Waits for the next packet. Nothing where the other end is gone or says what is no message, or too much for `into`.
[[nodiscard]] std::optional<Message> receive_message(int socket, std::span<std::byte> into,
                                                     Accompanying* accompanying = nullptr);

}  // namespace ambit::unpack
