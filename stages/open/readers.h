// Readers<State>: what a read of an image needs for itself (a decompressor, the block that was unpacked last), kept
// between reads.
//
// Every worker may read an image at any time. A lock around the read would make them wait for each other; a state in
// thread-local storage would outlive the image. So an image holds a fixed number of slots, and a read takes the first
// free one from a place on that its thread's number gives: the same thread finds the same state again, with its last
// block in it. A slot belongs to one read at a time; its flag is all that threads share. When all are taken, the read
// makes a state of its own.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "pipeline/limits.h"

namespace ambit::open {

template <class State>
class Readers {
  struct Slot {
    std::atomic<bool> taken{false};
    std::unique_ptr<State> state;
  };

 public:
  class Lease {
   public:
    explicit Lease(Slot* slot) : slot_(slot) {
      std::unique_ptr<State>& state = slot_ != nullptr ? slot_->state : own_;
      if (state == nullptr) state = std::make_unique<State>();
      state_ = state.get();
    }
    ~Lease() {
      if (slot_ != nullptr) slot_->taken.store(false, std::memory_order_release);
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    State& operator*() const { return *state_; }
    State* operator->() const { return state_; }

   private:
    Slot* slot_;
    std::unique_ptr<State> own_;
    State* state_ = nullptr;
  };

  [[nodiscard]] Lease take() const {
    const std::size_t first = std::hash<std::thread::id>()(std::this_thread::get_id());
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      Slot& slot = slots_[(first + i) % slots_.size()];
      if (!slot.taken.exchange(true, std::memory_order_acquire)) return Lease(&slot);
    }
    return Lease(nullptr);
  }

 private:
  mutable std::array<Slot, limits::kImageReaders> slots_;
};

}  // namespace ambit::open
