#include "stages/hash/seen.h"

#include <sys/mman.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>

namespace ambit {
namespace {

constexpr std::size_t kFirstSlots = 1 << 16;  // one megabyte: half a huge page

}  // namespace

static_assert(Fingerprinter::kSecretBytes >= XXH3_SECRET_SIZE_MIN);

Fingerprint Fingerprinter::of(std::span<const std::byte> bytes) const {
  const XXH128_hash_t hash = XXH3_128bits_withSecret(bytes.data(), bytes.size(), secret_.data(), secret_.size());
  return {hash.low64, hash.high64};
}

Seen::Seen(std::size_t bytes) {
  const std::size_t slots = std::bit_floor(bytes / sizeof(Slot));
  if (slots == 0) return;
  const std::size_t length = slots * sizeof(Slot);
  void* const memory = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;  // remembers nothing
  ::madvise(memory, length, MADV_HUGEPAGE);
  slots_ = std::unique_ptr<Slot[], Unmap>(static_cast<Slot*>(memory), Unmap{length});
  slots_there_ = slots;
  mask_.store(std::min(slots, kFirstSlots) - 1, std::memory_order_relaxed);
}

void Seen::Unmap::operator()(Slot* slots) const { ::munmap(slots, bytes); }

bool Seen::has(const Fingerprint& fingerprint) const {
  if (slots_ == nullptr) return false;
  const Slot& slot = slot_of(fingerprint);
  const std::uint64_t low = slot.low.load(std::memory_order_relaxed);
  const std::uint64_t mixed = slot.mixed.load(std::memory_order_relaxed);
  return low == fingerprint.low && (mixed ^ low) == fingerprint.high;
}

void Seen::add(const Fingerprint& fingerprint) {
  if (slots_ == nullptr) return;
  std::size_t mask = mask_.load(std::memory_order_relaxed);
  const bool is_full = added_.fetch_add(1, std::memory_order_relaxed) > mask && mask + 1 < slots_there_;
  if (is_full) mask_.compare_exchange_strong(mask, 2 * mask + 1, std::memory_order_relaxed);
  Slot& slot = slot_of(fingerprint);
  slot.low.store(fingerprint.low, std::memory_order_relaxed);
  slot.mixed.store(fingerprint.high ^ fingerprint.low, std::memory_order_relaxed);
}

}  // namespace ambit
