// Seen: contents that were matched before and carry nothing.
//
// Servers hold the same file thousands of times. An object that lies wholly in one chunk is fingerprinted (XXH3-128
// with a secret derived from the case key, so that nobody can make two contents that share a fingerprint); if the
// same fingerprint was seen on an object without a hit, this one has none either and is not matched again. Objects
// with hits are always matched: they are few, and their hits must be placed.
//
// The table is a piece of memory that forgets: a newer entry overwrites an older one in its slot. After as many entries
// as slots are used, twice as many are, and half of the entries are not looked for where they stand any more: memory
// that is never touched costs nothing, and most runs are small. Forgetting costs time, never a result. Workers share it
// without a lock: an entry is two words, of which the second is stored mixed with the first, so that a reader who
// catches two halves of different entries does not recognise them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace ambit {

struct Fingerprint {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

class Fingerprinter {
 public:
  static constexpr std::size_t kSecretBytes = 192;
  using Secret = std::array<std::uint8_t, kSecretBytes>;
  explicit Fingerprinter(const Secret& secret) : secret_(secret) {}
  [[nodiscard]] Fingerprint of(std::span<const std::byte> bytes) const;

 private:
  Secret secret_;
};

class Seen {
 public:
  // `bytes` of memory, rounded down to a power of two of slots; 0 gives a table that remembers nothing.
  explicit Seen(std::size_t bytes);
  [[nodiscard]] bool has(const Fingerprint& fingerprint) const;
  void add(const Fingerprint& fingerprint);

 private:
  struct Slot {
    std::atomic<std::uint64_t> low;
    std::atomic<std::uint64_t> mixed;
  };
  struct Unmap {
    std::size_t bytes;
    void operator()(Slot* slots) const;
  };
  [[nodiscard]] Slot& slot_of(const Fingerprint& fingerprint) const {
    return slots_[fingerprint.low & mask_.load(std::memory_order_relaxed)];
  }
  std::size_t slots_there_ = 0;
  std::atomic<std::size_t> mask_{0}, added_{0};
  // Mapped, so that it is zero without being touched, and in huge pages: every look-up lands on a page of its own,
  // and with small ones the workers would spend their time in page faults (a third of a tree of small files).
  std::unique_ptr<Slot[], Unmap> slots_{nullptr, Unmap{0}};
};

}  // namespace ambit
