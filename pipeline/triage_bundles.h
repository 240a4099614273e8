// Bundles: small parts of one object, for whoever is free. Those with containers among them are taken up in their
// order, one turn each (triage_expansion.h); who comes takes the next.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "pipeline/object.h"
#include "pipeline/triage_expansion.h"
#include "stages/unpack/kind/kind.h"

namespace ambit {

// The kind of what is held in memory.
[[nodiscard]] KindGuess guess_held(const Object& object);

struct BundledPart {
  Object object;                  // in memory, or without bytes
  std::optional<KindGuess> told;  // its kind, where it is known
  bool counts = false;            // what comes out of it, if it is a container, counts in the bundle's turn
  std::size_t depth = 0;          // containers around its container
};

struct Bundle {
  std::vector<BundledPart> parts;
  bool has_turn = false;
  std::uint64_t turn = 0;
};

class Bundles {
 public:
  explicit Bundles(std::shared_ptr<Turns> turns) : turns_(std::move(turns)) {}
  [[nodiscard]] const std::shared_ptr<Turns>& turns() const { return turns_; }

  // By the one worker that makes them. The turn it has.
  std::uint64_t add(Bundle bundle) {
    const std::lock_guard lock(mutex_);
    bundle.turn = next_++;
    waiting_.push_back(std::move(bundle));
    return waiting_.back().turn;
  }
  // The next one; nothing where others have taken all.
  [[nodiscard]] std::optional<Bundle> take() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return std::nullopt;
    std::optional<Bundle> bundle(std::move(waiting_.front()));
    waiting_.pop_front();
    return bundle;
  }
  [[nodiscard]] bool is_waiting(std::uint64_t turn) {
    const std::lock_guard lock(mutex_);
    return !waiting_.empty() && waiting_.front().turn <= turn;
  }

 private:
  const std::shared_ptr<Turns> turns_;
  std::mutex mutex_;
  std::deque<Bundle> waiting_;
  std::uint64_t next_ = 0;
};

}  // namespace ambit
