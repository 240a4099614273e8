// Speed: bytes a second over the last few seconds, and over the whole run.
#pragma once

#include <cstdint>
#include <deque>

namespace ambit {

class Speedometer {
 public:
  void add(double seconds, std::uint64_t bytes) {  // both since the start, never falling
    window_.push_back({seconds, bytes});
    if (!first_set_) first_ = window_.back();
    first_set_ = true;
    while (window_.size() > 2 && window_[1].seconds < seconds - kWindowSeconds) window_.pop_front();
  }
  // 0 where there is nothing to tell from.
  [[nodiscard]] double now() const { return window_.empty() ? 0 : between(window_.front(), window_.back()); }
  [[nodiscard]] double mean() const { return window_.empty() ? 0 : between(first_, window_.back()); }

 private:
  struct Sample {
    double seconds = 0;
    std::uint64_t bytes = 0;
  };
  // Long enough to be steady on a disk that seeks, short enough to say "now".
  static constexpr double kWindowSeconds = 10;
  static double between(const Sample& from, const Sample& to) {
    const double seconds = to.seconds - from.seconds;
    return seconds > 0 ? static_cast<double>(to.bytes - from.bytes) / seconds : 0;
  }
  Sample first_;  // of a run that goes on: not all bytes are of this process
  bool first_set_ = false;
  std::deque<Sample> window_;
};

}  // namespace ambit
