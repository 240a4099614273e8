// RTF: the text of a document, in the order it is read.
//
//   document = "{\rtf1" *item "}"
//   item     = "{" *item "}" | "\" word [ ["-"] number ] [ blank ] | "\'" hex hex | "\" symbol | byte
//
// A byte is a character, or half of one, in the code page of the font that is in force, else of the document. A
// control word at the front of a group may make it a destination: text that stands elsewhere (a footnote, a field's
// instruction, the author), which is kept as lines beside the text, or data that is no text (fonts, pictures, objects),
// which is left out. A destination that nobody knows may be text, so it is kept.
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

#include "pipeline/ascii.h"
#include "stages/unpack/markup/flow.h"
#include "stages/unpack/text/charset.h"
#include "stages/unpack/text/code_page.h"
#include "stages/unpack/text/rewriting.h"
#include "stages/unpack/text/window.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMaxWordBytes = 48;  // the specification allows 32, and a number
constexpr std::size_t kMaxDepth = 1000;    // of groups; deeper ones are read as part of the last
constexpr std::size_t kMaxFonts = 32'768;  // fonts are 16-bit numbers

enum class Does : std::uint8_t { nothing, line, tab, blank, leave_out, aside };
struct Word {
  std::string_view word;
  Does does;
  std::string_view text = {};
};
constexpr std::array kWords = {
    Word{"annotation"sv, Does::aside},
    Word{"atnauthor"sv, Does::aside},
    Word{"atnid"sv, Does::aside},
    Word{"atrfend"sv, Does::leave_out},
    Word{"atrfstart"sv, Does::leave_out},
    Word{"author"sv, Does::aside},
    Word{"bkmkend"sv, Does::leave_out},
    Word{"bkmkstart"sv, Does::aside},
    Word{"blipuid"sv, Does::leave_out},
    Word{"bullet"sv, Does::nothing, "\xe2\x80\xa2"sv},
    Word{"category"sv, Does::aside},
    Word{"cell"sv, Does::tab},
    Word{"colorschememapping"sv, Does::leave_out},
    Word{"colortbl"sv, Does::leave_out},
    Word{"column"sv, Does::line},
    Word{"comment"sv, Does::aside},
    Word{"company"sv, Does::aside},
    Word{"datafield"sv, Does::leave_out},
    Word{"datastore"sv, Does::leave_out},
    Word{"doccomm"sv, Does::aside},
    Word{"emdash"sv, Does::nothing, "\xe2\x80\x94"sv},
    Word{"emspace"sv, Does::blank},
    Word{"endash"sv, Does::nothing, "\xe2\x80\x93"sv},
    Word{"enspace"sv, Does::blank},
    Word{"filetbl"sv, Does::aside},
    Word{"fldinst"sv, Does::aside},
    Word{"footer"sv, Does::aside},
    Word{"footerf"sv, Does::aside},
    Word{"footerl"sv, Does::aside},
    Word{"footerr"sv, Does::aside},
    Word{"footnote"sv, Does::aside},
    Word{"header"sv, Does::aside},
    Word{"headerf"sv, Does::aside},
    Word{"headerl"sv, Does::aside},
    Word{"headerr"sv, Does::aside},
    Word{"hlinkbase"sv, Does::aside},
    Word{"keywords"sv, Does::aside},
    Word{"latentstyles"sv, Does::leave_out},
    Word{"ldblquote"sv, Does::nothing, "\xe2\x80\x9c"sv},
    Word{"line"sv, Does::line},
    Word{"listoverridetable"sv, Does::leave_out},
    Word{"listtable"sv, Does::leave_out},
    Word{"lquote"sv, Does::nothing, "\xe2\x80\x98"sv},
    Word{"manager"sv, Does::aside},
    Word{"mmathPr"sv, Does::leave_out},
    Word{"nestcell"sv, Does::tab},
    Word{"nestrow"sv, Does::line},
    Word{"objclass"sv, Does::aside},
    Word{"objdata"sv, Does::leave_out},
    Word{"objname"sv, Does::aside},
    Word{"operator"sv, Does::aside},
    Word{"page"sv, Does::line},
    Word{"panose"sv, Does::leave_out},
    Word{"par"sv, Does::line},
    Word{"pict"sv, Does::leave_out},
    Word{"pntext"sv, Does::leave_out},
    Word{"propname"sv, Does::aside},
    Word{"qmspace"sv, Does::blank},
    Word{"rdblquote"sv, Does::nothing, "\xe2\x80\x9d"sv},
    Word{"revtbl"sv, Does::aside},
    Word{"row"sv, Does::line},
    Word{"rquote"sv, Does::nothing, "\xe2\x80\x99"sv},
    Word{"rsidtbl"sv, Does::leave_out},
    Word{"sect"sv, Does::line},
    Word{"shptxt"sv, Does::aside},
    Word{"sn"sv, Does::leave_out},
    Word{"staticval"sv, Does::aside},
    Word{"stylesheet"sv, Does::leave_out},
    Word{"subject"sv, Does::aside},
    Word{"sv"sv, Does::aside},
    Word{"tab"sv, Does::tab},
    Word{"tc"sv, Does::aside},
    Word{"template"sv, Does::aside},
    Word{"themedata"sv, Does::leave_out},
    Word{"title"sv, Does::aside},
    Word{"wgrffmtfilter"sv, Does::leave_out},
    Word{"xe"sv, Does::aside},
    Word{"xmlnstbl"sv, Does::leave_out},
};

class Rtf final : public Rewriter {
 public:
  void rewrite(std::string_view piece, std::string& out) override {
    std::string joined;
    if (!held_.empty()) piece = joined = std::exchange(held_, {}).append(piece);
    held_ = piece.substr(run(piece, out));
  }
  void finish(std::string& out) override {
    is_last_ = true;
    run(std::exchange(held_, {}), out);
    end_run(out);
    flows_.flush(out);
  }

 private:
  struct Group {
    bool is_left_out = false, is_fonts = false;
    Lane lane = Lane::text;
    int fallback = 1;   // \uc: characters behind a \u for those who cannot read it
    int code_page = 0;  // of the font; 0: the document's
  };

  std::size_t run(std::string_view in, std::string& out) {
    std::size_t at = 0;
    while (at < in.size()) {
      const std::size_t taken = step(in.substr(at), out);
      if (taken == 0) break;
      at += taken;
    }
    return at;
  }

  // One item; 0 if it is cut.
  std::size_t step(std::string_view in, std::string& out) {
    if (binary_ > 0) {
      const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(binary_, in.size()));
      binary_ -= bytes;
      return bytes;
    }
    switch (in[0]) {
      case '{':
        begin_group(out);
        return 1;
      case '}':
        end_group(out);
        return 1;
      case '\\':
        return escape(in, out);
      case '\r':
      case '\n':
        return 1;
      default:
        break;
    }
    const std::size_t end = std::min(in.find_first_of("{}\\\r\n"), in.size());
    bytes(in.substr(0, end), out);
    return end;
  }

  // --- groups -------------------------------------------------------------------------------------------------

  void begin_group(std::string& out) {
    end_run(out);
    is_front_ = true;
    is_optional_ = false;
    if (groups_.size() < kMaxDepth) {
      groups_.push_back(groups_.back());
    } else {
      ++deeper_;
    }
  }
  void end_group(std::string& out) {
    end_run(out);
    is_front_ = false;
    if (deeper_ > 0) {
      --deeper_;
    } else if (groups_.size() > 1) {
      const Lane lane = groups_.back().lane;
      groups_.pop_back();
      if (lane != groups_.back().lane) flows_.gap_in(lane, Gap::line);
      flows_.set_lane(groups_.back().lane);
    }
  }
  void begin_aside(std::string& out) {
    end_run(out);
    // A destination in a destination, as a field in a footnote, must not cut the words of that either.
    Lane& lane = groups_.back().lane;
    lane = lane == Lane::text ? Lane::aside : Lane::notes;
    flows_.set_lane(lane);
    flows_.gap(Gap::line);
  }

  // --- control words ------------------------------------------------------------------------------------------

  std::size_t escape(std::string_view in, std::string& out) {
    if (in.size() < 2) return is_last_ ? 1 : 0;
    if (is_alpha(in[1])) return control_word(in, out);
    if (in[1] == '\'') {
      if (in.size() < 4) return is_last_ ? in.size() : 0;
      unsigned char value = 0;
      const bool is_hex = std::from_chars(in.data() + 2, in.data() + 4, value, 16).ptr == in.data() + 4;
      const char byte = static_cast<char>(value);
      if (is_hex) bytes({&byte, 1}, out);
      return is_hex ? 4 : 2;
    }
    if (in[1] == '*') {
      is_optional_ = is_front_;
    } else if (in[1] == '~') {
      text(" ", out);
    } else if (in[1] == '_') {
      text("-", out);
    } else if (in[1] == '\\' || in[1] == '{' || in[1] == '}') {
      bytes(in.substr(1, 1), out);
    } else if (in[1] == '\n' || in[1] == '\r') {
      gap(Gap::line, out);
    }
    return 2;
  }

  std::size_t control_word(std::string_view in, std::string& out) {
    std::size_t end = 1;
    while (end < in.size() && end < kMaxWordBytes && is_alpha(in[end])) ++end;
    const std::string_view word = in.substr(1, end - 1);
    std::size_t digits = end;
    if (digits + 1 < in.size() && in[digits] == '-' && is_digit(in[digits + 1])) ++digits;
    while (digits < in.size() && digits < 2 * kMaxWordBytes && is_digit(in[digits])) ++digits;
    if (!is_last_ && (digits == in.size() || digits + 1 == in.size())) return 0;
    std::optional<int> number;
    if (digits > end) {
      int value = 0;
      const auto [stop, error] = std::from_chars(in.data() + end, in.data() + digits, value);
      if (error == std::errc()) number = value;
    }
    if (word != "u" && skip_ > 0) {
      --skip_;
    } else {
      obey(word, number, out);
    }
    is_front_ = false;
    return digits + (digits < in.size() && in[digits] == ' ' ? 1 : 0);
  }

  void obey(std::string_view word, std::optional<int> number, std::string& out) {
    if (word == "u") return unicode(number.value_or(0), out);
    if (word == "bin") return void(binary_ = static_cast<std::uint64_t>(std::max(number.value_or(0), 0)));
    if (word == "uc") return void(groups_.back().fallback = std::clamp(number.value_or(1), 0, 8));
    if (word == "ansicpg") return void(code_page_ = number.value_or(1252));
    if (word == "mac") return void(code_page_ = 10000);
    if (word == "pc" || word == "pca") return void(code_page_ = word == "pc" ? 437 : 850);
    if (is_font(word, number, out)) return;
    const auto row = std::lower_bound(kWords.begin(), kWords.end(), word,
                                      [](const Word& r, std::string_view w) { return r.word < w; });
    const bool is_known = row != kWords.end() && row->word == word;
    if (!is_known) {
      if (std::exchange(is_optional_, false)) begin_aside(out);
      return;
    }
    is_optional_ = false;
    if (row->does == Does::line) gap(Gap::line, out);
    if (row->does == Does::tab) gap(Gap::tab, out);
    if (row->does == Does::blank) text(" ", out);
    if (row->does == Does::nothing) text(row->text, out);
    if (row->does == Does::leave_out) groups_.back().is_left_out = true;
    if (row->does == Does::aside) begin_aside(out);
  }

  // {\fonttbl{\f0\fnil\fcharset204 Name;}…}, and \f0 in the text.
  bool is_font(std::string_view word, std::optional<int> number, std::string& out) {
    Group& group = groups_.back();
    if (word == "fonttbl") {
      group.is_fonts = group.is_left_out = true;
    } else if (word == "deff") {
      return true;
    } else if (word == "f" && group.is_fonts) {
      font_ = number.value_or(0);
    } else if (word == "f") {
      end_run(out);
      const auto font = fonts_.find(number.value_or(0));
      group.code_page = font == fonts_.end() ? 0 : font->second;
    } else if ((word == "fcharset" || word == "cpg") && group.is_fonts) {
      if (fonts_.size() < kMaxFonts)
        fonts_[font_] = word == "cpg" ? number.value_or(0) : code_page_of_font(number.value_or(1));
    } else if (word == "plain") {
      end_run(out);
      group.code_page = 0;
    } else {
      return false;
    }
    return true;
  }

  // --- text ---------------------------------------------------------------------------------------------------

  // Bytes in the code page that is in force.
  void bytes(std::string_view run, std::string& out) {
    is_front_ = false;
    const std::size_t skipped = std::min<std::size_t>(run.size(), skip_);
    skip_ -= skipped;
    run.remove_prefix(skipped);
    const Group& group = groups_.back();
    if (run.empty() || group.is_left_out) return;
    const int page = group.code_page != 0 ? group.code_page : code_page_;
    if (decoder_ == nullptr || page != decoding_) {
      end_run(out);
      decoder_ = charset_decoder(charset_of_code_page(page));
      decoding_ = page;
    }
    std::string decoded;
    decoder_->rewrite(run, decoded);
    flows_.append(decoded, out);
  }
  // What is held back of a character that does not come.
  void end_run(std::string& out) {
    skip_ = 0;
    if (std::exchange(high_, 0) != 0) flows_.append("\xef\xbf\xbd", out);
    if (decoder_ == nullptr) return;
    std::string decoded;
    decoder_->finish(decoded);
    flows_.append(decoded, out);
  }
  void text(std::string_view utf8, std::string& out) {
    end_run(out);
    if (!groups_.back().is_left_out) flows_.append(utf8, out);
  }
  void gap(Gap gap, std::string& out) {
    end_run(out);
    if (!groups_.back().is_left_out) flows_.gap(gap);
  }
  void unicode(int number, std::string& out) {
    const auto unit = static_cast<char32_t>(number & 0xffff);
    const char32_t high = std::exchange(high_, 0);
    end_run(out);
    skip_ = static_cast<std::size_t>(groups_.back().fallback);
    if (groups_.back().is_left_out) return;
    if (unit >= 0xd800 && unit < 0xdc00) return void(high_ = unit);
    const bool is_low = unit >= 0xdc00 && unit < 0xe000;
    std::string utf8;
    append_utf8(high != 0 && is_low ? 0x10000 + ((high - 0xd800U) << 10) + (unit - 0xdc00U) : unit, utf8);
    flows_.append(utf8, out);
  }

  Flows flows_;
  std::string held_;
  bool is_last_ = false;
  std::vector<Group> groups_ = std::vector<Group>(1);
  std::uint64_t deeper_ = 0, binary_ = 0;
  bool is_front_ = false, is_optional_ = false;  // of a group; behind its "\*"
  int code_page_ = 1252, decoding_ = 0, font_ = 0;
  std::map<int, int> fonts_;  // their code pages
  std::unique_ptr<Rewriter> decoder_;
  char32_t high_ = 0;  // the first half of a character
  std::size_t skip_ = 0;
};

}  // namespace

Opened open_rtf(const Packed& packed) {
  auto peeked = std::make_unique<Peeked>(borrowed(*packed.stream), 256);
  const std::string_view head = peeked->head();
  const std::size_t first = head.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (first == head.npos || !head.substr(first).starts_with("{\\rt")) {
    return Error{ErrorKind::evidence, "the document is no RTF", {}, {}};
  }
  return Opened(one_view(rewritten(std::move(peeked), std::make_unique<Rtf>())));
}

}  // namespace ambit::unpack
