// text/plain; format=flowed; delsp=yes (RFC 3676)
//
//   line = *">" [ " " ] text [ " " ] newline      how often it was quoted; a blank that was added; one that joins
//
// A line that ends in a blank goes on in the next one of the same depth. The line before a signature, "-- ", does not.
// Without DelSp the blank is one of the text, and words are not parted.
#include "stages/unpack/mail/flowed.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "pipeline/limits.h"

namespace ambit::unpack {
namespace {

class Flowed final : public Rewriter {
 public:
  void rewrite(std::string_view piece, std::string& out) override {
    while (!piece.empty()) {
      const std::size_t end = std::min(piece.find('\n'), piece.size());
      line_.append(piece.substr(0, end));
      if (end < piece.size()) end_line(out);
      piece.remove_prefix(std::min(end + 1, piece.size()));
      if (line_.size() > kMostLine) tell_line(out, false);
    }
  }
  void finish(std::string& out) override {
    const bool has_end = line_.empty() && has_begun_;
    if (!line_.empty()) end_line(out);
    if (has_end) out += '\n';
  }

 private:
  static constexpr std::size_t kMostLine = 64 * limits::KiB;  // a longer one is told in pieces

  void end_line(std::string& out) {
    if (line_.ends_with('\r')) line_.pop_back();
    const bool is_signature = line_.ends_with("-- ") && line_.find_first_not_of("> ") == line_.size() - 3;
    const bool goes_on = line_.ends_with(' ') && !is_signature;
    if (goes_on) line_.pop_back();
    tell_line(out, true);
    goes_on_ = goes_on;
  }
  void tell_line(std::string& out, bool is_whole) {
    std::string_view text = line_;
    if (!is_piece_) {
      const std::size_t depth = std::min(text.find_first_not_of('>'), text.size());
      const bool is_joined = goes_on_ && depth == depth_;
      if (has_begun_ && !is_joined) out += '\n';
      if (!is_joined && depth > 0) out.append(text.substr(0, depth)) += ' ';
      text.remove_prefix(depth);
      if (text.starts_with(' ')) text.remove_prefix(1);
      depth_ = depth;
    }
    out.append(text);
    line_.clear();
    has_begun_ = true;
    is_piece_ = !is_whole;
    goes_on_ = false;
  }

  std::string line_;
  std::size_t depth_ = 0;   // of the line before, …
  bool goes_on_ = false;    // … which goes on
  bool has_begun_ = false;  // a line was told
  bool is_piece_ = false;   // what comes next belongs to it still
};

}  // namespace

std::unique_ptr<Rewriter> flowed_joiner() { return std::make_unique<Flowed>(); }

}  // namespace ambit::unpack
