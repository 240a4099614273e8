// Digest: MD5, SHA-1 and SHA-256 of an object, as a stage. Dear (0.5 to 1.1 GB/s), so the sweep runs it only where
// an identifier or a known set asks for it; the scrutiny always asks for SHA-256, which is identity.
#pragma once

#include <memory>

#include "pipeline/stage.h"

namespace ambit {

// Which digests.
struct DigestSet {
  bool md5 = false;
  bool sha1 = false;
  bool sha256 = false;
  [[nodiscard]] bool any() const { return md5 || sha1 || sha256; }
};

class Digest {
 public:
  class State {
   public:
    State();
    ~State();
    State(State&&) noexcept;
    State& operator=(State&&) noexcept;
    // Which digests the objects from here on need. None: looking costs nothing.
    void want(DigestSet set);

   private:
    friend class Digest;
    struct Impl;
    std::unique_ptr<Impl> impl_;
  };

  [[nodiscard]] State make_state() const { return {}; }
  // The head must be the whole object: a digest cannot be put together from spans.
  void begin(State& state, const Head& head) const;
  void look(State& state, const Chunk& chunk) const;
  void finish(State& state, Facts& facts) const;
};
static_assert(Stage<Digest>);

// SHA-256 of a block in memory (the order file, the detectors).
[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::span<const std::byte> bytes);
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);

}  // namespace ambit
