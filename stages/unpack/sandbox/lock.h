// What a process may still do once it looks at evidence.
#pragma once

namespace ambit::unpack {

// The calling process keeps its memory (up to limits::kDecoderBytes), its time (limits::kMaxDecoderSeconds) and the
// files that it has open; it cannot open, connect, start or trace anything. False: the kernel does not do it.
[[nodiscard]] bool lock_decoder();
// The same for a program that is executed next: it may read what is installed below /usr and the like, to load itself.
[[nodiscard]] bool lock_converter();

}  // namespace ambit::unpack
