// What a process may still do once it looks at evidence.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace ambit::unpack {

// The lists of calls to the system, compiled. That takes longer than all else that a decoder begins with, so the
// process which the decoders are forked from does it, once.
class Locks {
 public:
  Locks();

  // The calling process keeps its memory (up to limits::kDecoderBytes), its time (limits::kMaxDecoderSeconds) and the
  // files that it has open; it cannot open, connect, start, signal or trace anything. False: the kernel does not do it.
  [[nodiscard]] bool lock_decoder() const;
  // The same for a program that is executed next: it may read what is installed below /usr and the like, to load
  // itself.
  [[nodiscard]] bool lock_converter() const;

 private:
  std::vector<sock_filter> decoder_, converter_;  // empty where they could not be compiled: nothing is locked then
};

}  // namespace ambit::unpack
