#include "stages/unpack/sandbox/message.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ambit::unpack {
namespace {

constexpr std::size_t kDescriptorBytes = sizeof(std::array<int, 2>);

bool send_whole(int socket, const msghdr& packet, std::size_t bytes) {
  for (;;) {
    const ssize_t sent = sendmsg(socket, &packet, MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<std::size_t>(sent) == bytes;
    if (errno != EINTR) return false;
  }
}

// Descriptors that nobody waits for are closed.
void take(const cmsghdr& c, Accompanying* accompanying) {
  const std::size_t bytes = c.cmsg_len - CMSG_LEN(0);
  if (c.cmsg_level != SOL_SOCKET) return;
  if (c.cmsg_type == SCM_CREDENTIALS && bytes == sizeof(ucred) && accompanying != nullptr) {
    ucred sender{};
    std::memcpy(&sender, CMSG_DATA(&c), sizeof sender);
    accompanying->sender = sender.pid;
  }
  if (c.cmsg_type != SCM_RIGHTS) return;
  if (bytes == kDescriptorBytes && accompanying != nullptr) {
    std::memcpy(accompanying->descriptors.data(), CMSG_DATA(&c), bytes);
    return;
  }
  for (std::size_t at = 0; at + sizeof(int) <= bytes; at += sizeof(int)) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(&c) + at, sizeof fd);
    close(fd);
  }
}

}  // namespace

bool send_message(int socket, const Message& message, std::span<const std::byte> payload) {
  Message whole = message;
  whole.payload = static_cast<std::uint32_t>(payload.size());
  std::array<iovec, 2> pieces = {iovec{&whole, sizeof whole},
                                 iovec{const_cast<std::byte*>(payload.data()), payload.size()}};
  msghdr packet{};
  packet.msg_iov = pieces.data();
  packet.msg_iovlen = pieces.size();
  return send_whole(socket, packet, sizeof whole + payload.size());
}

bool send_message(int socket, const Message& message, const std::array<int, 2>& descriptors) {
  Message whole = message;
  iovec piece{&whole, sizeof whole};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kDescriptorBytes)> control{};
  msghdr packet{};
  packet.msg_iov = &piece;
  packet.msg_iovlen = 1;
  packet.msg_control = control.data();
  packet.msg_controllen = control.size();
  cmsghdr* c = CMSG_FIRSTHDR(&packet);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(kDescriptorBytes);
  std::memcpy(CMSG_DATA(c), descriptors.data(), kDescriptorBytes);
  return send_whole(socket, packet, sizeof whole);
}

bool know_senders(int socket) {
  const int on = 1;
  return setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0;
}

std::optional<Message> receive_message(int socket, std::span<std::byte> into, Accompanying* accompanying) {
  Message message;
  std::array<iovec, 2> pieces = {iovec{&message, sizeof message}, iovec{into.data(), into.size()}};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kDescriptorBytes) + CMSG_SPACE(sizeof(ucred))> control{};
  msghdr packet{};
  packet.msg_iov = pieces.data();
  packet.msg_iovlen = pieces.size();
  packet.msg_control = control.data();
  packet.msg_controllen = control.size();
  ssize_t got = -1;
  do { got = recvmsg(socket, &packet, MSG_CMSG_CLOEXEC); } while (got < 0 && errno == EINTR);
  if (got <= 0) return std::nullopt;
  for (cmsghdr* c = CMSG_FIRSTHDR(&packet); c != nullptr; c = CMSG_NXTHDR(&packet, c)) take(*c, accompanying);
  const auto bytes = static_cast<std::size_t>(got);
  if ((packet.msg_flags & MSG_TRUNC) != 0 || bytes < sizeof message || bytes - sizeof message != message.payload) {
    return std::nullopt;
  }
  return message;
}

}  // namespace ambit::unpack
