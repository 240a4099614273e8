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

 private:
  Gap gap_ = Gap::none;
  bool any_ = false;
};

// Where a piece goes: into the text; aside, with what is not part of the paragraph it stands in; or to the notes, which
// come in pieces of their own anywhere in both.
enum class Lane : std::uint8_t { text, aside, notes };

// What is aside and the notes come out when a line of the text ends, or when there is too much of them.
class Flows {
 public:
  // Where the current text goes.
  void set_lane(Lane lane) { lane_ = lane; }
  void gap(Gap gap) { gap_in(lane_, gap); }
  void append(std::string_view text, std::string& out) { append_to(lane_, text, out); }

  void gap_in(Lane lane, Gap gap) { lane == Lane::text ? main_.gap(gap) : beside(lane).flow.gap(gap); }
  void append_to(Lane lane, std::string_view text, std::string& out) {
    if (text.empty()) return;
    if (lane == Lane::text) {
      if (main_.line_ended()) flush(out);
      return main_.append(text, out);
    }
    Beside& to = beside(lane);
    if (to.text.size() > (to.flow.line_ended() ? kUsualBytes : kMostBytes)) flush(out);
    to.flow.append(text, to.text);
  }
  void flush(std::string& out) {
    for (Beside* lane : {&aside_, &notes_}) {
      if (lane->text.empty()) continue;
      main_.gap(Gap::line);
      main_.append(lane->text, out);
      main_.gap(Gap::line);
      *lane = {};
    }
  }

 private:
  static constexpr std::size_t kUsualBytes = 64 * limits::KiB, kMostBytes = 1 * limits::MiB;

  struct Beside {
    Flow flow;
    std::string text;
  };
  Beside& beside(Lane lane) { return lane == Lane::aside ? aside_ : notes_; }

  Flow main_;
  Beside aside_, notes_;
  Lane lane_ = Lane::text;
};

}  // namespace ambit::unpack
