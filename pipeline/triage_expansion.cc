#include "pipeline/triage_expansion.h"

#include <algorithm>
#include <utility>

namespace ambit {

std::uint64_t most_expanded(const UnpackLimits& limits, std::uint64_t object_bytes) {
  const std::uint64_t by_ratio = object_bytes > UINT64_MAX / limits.ratio ? UINT64_MAX : object_bytes * limits.ratio;
  return std::min(std::max(limits::kFreeExpandedBytes, by_ratio), limits.expanded_bytes);
}

Turns::Turns(const UnpackLimits& limits, std::uint64_t object_bytes, std::function<bool()> gave_up)
    : limits_(limits),
      most_(most_expanded(limits, object_bytes)),
      grant_(std::min(limits::kTurnGrant, most_ / limits::kTurnsAtOnce)),
      gave_up_(std::move(gave_up)) {}

void Turns::wait_for(std::unique_lock<std::mutex>& lock, std::uint64_t turns) {
  constexpr std::chrono::milliseconds kLook{50};
  while (!ended_.wait_for(lock, kLook, [&] { return through_ >= turns; })) {
    if (gave_up_()) return;
  }
}

std::uint64_t Turns::begin(std::uint64_t turn) {
  if (turn < limits::kTurnsAtOnce) return grant_;
  std::unique_lock lock(mutex_);
  wait_for(lock, turn - limits::kTurnsAtOnce + 1);
  return used_before(turn - limits::kTurnsAtOnce + 1) < most_ ? grant_ : 0;
}

std::uint64_t Turns::left_to(std::uint64_t turn) {
  std::unique_lock lock(mutex_);
  wait_for(lock, turn);
  return most_ - std::min(most_, used_before(turn));
}

void Turns::end(std::uint64_t turn, std::uint64_t used) {
  const std::lock_guard lock(mutex_);
  early_.emplace(turn, used);
  while (!early_.empty() && early_.begin()->first == through_) {
    used_before(through_ + 1) = used_before(through_) + early_.begin()->second;
    early_.erase(early_.begin());
    ++through_;
  }
  ended_.notify_all();
}

Expansion::Expansion(const UnpackLimits& limits, std::uint64_t object_bytes)
    : limits_(limits),
      begun_(std::chrono::steady_clock::now()),
      most_(most_expanded(limits, object_bytes)),
      is_known_(true) {}

Expansion::Expansion(std::shared_ptr<Turns> turns, std::uint64_t turn)
    : limits_(turns->limits()),
      begun_(turns->begun()),
      turns_(std::move(turns)),
      turn_(turn),
      most_(turns_->begin(turn)),
      is_known_(false) {}

Expansion::~Expansion() {
  if (turns_ != nullptr) turns_->end(turn_, used_);
}

std::uint64_t Expansion::admit(std::uint64_t bytes) {
  if (bytes > most_ - used_ && !std::exchange(is_known_, true)) most_ = std::max(most_, turns_->left_to(turn_));
  const std::uint64_t admitted = std::min(bytes, most_ - used_);
  used_ += admitted;
  if (admitted < bytes) over_ = WalkTrouble::expansion_limit;
  if (std::chrono::steady_clock::now() - begun_ > std::chrono::seconds(limits_.seconds)) over_ = WalkTrouble::timeout;
  return admitted;
}

}  // namespace ambit
