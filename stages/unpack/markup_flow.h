// Text as it flows out of mark-up: pieces with gaps between them, and what stands beside it until a line ends.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/limits.h"

namespace ambit::unpack {

enum class Gap : std::uint8_t { none, space, tab, line };

// Of the gaps between two pieces the widest counts; there is none before the first and behind the last.
class Flow {
 public:
  void gap(Gap gap) { gap_ = std::max(gap_, gap); }
  void append(std::string_view text, std::string& out) {
    if (gap_ != Gap::none && any_) out.push_back(gap_ == Gap::line ? '\n' : gap_ == Gap::tab ? '\t' : ' ');
    gap_ = Gap::none;
    any_ = true;
    out.append(text);
  }
  [[nodiscard]] bool line_ended() const { return gap_ == Gap::line; }
  [[nodiscard]] bool any() const { return any_; }

 private:
  Gap gap_ = Gap::none;
  bool any_ = false;
};

// The text and what is kept aside. Aside text comes out when a line of the text ends, or when there is too much of it.
class Flows {
 public:
  // Where the current text goes.
  void set_aside(bool aside) { is_aside_ = aside; }
  void gap(Gap gap) { is_aside_ ? side_.gap(gap) : main_.gap(gap); }
  void append(std::string_view text, std::string& out) {
    if (text.empty()) return;
    if (is_aside_) return append_aside(text, out);
    if (main_.line_ended() && !beside_.empty()) flush(out);
    main_.append(text, out);
  }
  void gap_aside(Gap gap) { side_.gap(gap); }
  void append_aside(std::string_view text, std::string& out) {
    if (text.empty()) return;
    if (beside_.size() > (side_.line_ended() ? kAsideBytes : kMostAsideBytes)) flush(out);
    side_.append(text, beside_);
  }
  void flush(std::string& out) {
    if (beside_.empty()) return;
    main_.gap(Gap::line);
    main_.append(beside_, out);
    main_.gap(Gap::line);
    beside_.clear();
    side_ = {};
  }

 private:
  static constexpr std::size_t kAsideBytes = 64 * limits::KiB, kMostAsideBytes = 1 * limits::MiB;

  Flow main_, side_;
  std::string beside_;
  bool is_aside_ = false;
};

}  // namespace ambit::unpack
