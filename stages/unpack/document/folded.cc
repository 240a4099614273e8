// What the view shows: lines put together again, values of vCard 2.1 out of quoted-printable, of LDIF out of base64,
// and without the backslashes before commas and line ends. What is none of these stays as it stands.
#include "stages/unpack/document/folded.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "pipeline/ascii.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/kind/text.h"
#include "stages/unpack/mail/transfer_encoding.h"
#include "stages/unpack/text/charset.h"
#include "stages/unpack/text/window.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

std::string_view without_mark(std::string_view text) {
  if (text.starts_with(kUtf8Mark)) text.remove_prefix(kUtf8Mark.size());
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

// Which of the two shapes: BEGIN:VCARD … END:VCARD, or "name: value".
bool is_object_text(std::string_view head) { return begins_caseless(without_mark(head), "begin:v"); }

bool is_ldif(std::string_view head) {
  std::string_view rest = without_mark(head);
  const auto leave_line = [&] { rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1); };
  while (rest.starts_with('#') || rest.starts_with('\n') || rest.starts_with('\r') ||
         begins_caseless(rest, "version:")) {
    leave_line();
  }
  // A name has an "=" in it, or is in base64.
  return begins_caseless(rest, "dn::") ||
         (begins_caseless(rest, "dn:") && rest.substr(0, rest.find('\n')).find('=') != std::string_view::npos);
}

// A name of a property, its parameters and its value: NOTE;CHARSET=UTF-8:value.
struct Property {
  std::string_view name, parameters, value;
};
std::optional<Property> property_of(std::string_view line) {
  bool is_quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') is_quoted = !is_quoted;
    if (line[i] != ':' || is_quoted) continue;
    const std::string_view before = line.substr(0, i);
    const std::size_t name = std::min(before.find(';'), before.size());
    return Property{before.substr(0, name), before.substr(name), line.substr(i + 1)};
  }
  return std::nullopt;
}

// The value of a parameter: of ";CHARSET=KOI8-R;X" and "charset" KOI8-R.
std::string_view parameter(std::string_view parameters, std::string_view lower_name) {
  while (!parameters.empty()) {
    parameters.remove_prefix(1);
    const std::string_view one = parameters.substr(0, parameters.find(';'));
    if (begins_caseless(one, lower_name) && one.substr(lower_name.size()).starts_with('=')) {
      return one.substr(lower_name.size() + 1);
    }
    parameters.remove_prefix(one.size());
  }
  return {};
}

bool is_quoted_printable(const Property& property) {
  std::string_view parameters = property.parameters;
  while (!parameters.empty()) {
    parameters.remove_prefix(1);
    std::string_view one = parameters.substr(0, parameters.find(';'));
    parameters.remove_prefix(one.size());
    if (begins_caseless(one, "encoding=")) one.remove_prefix("encoding="sv.size());
    if (equals_caseless(one, "quoted-printable")) return true;
  }
  return false;
}

std::string unescaped(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char next = value[i] == '\\' && i + 1 < value.size() ? value[i + 1] : '\0';
    const bool is_line_end = next == 'n' || next == 'N';
    const bool is_escape = is_line_end || next == ',' || next == ';' || next == '\\' || next == ':';
    out.push_back(is_line_end ? '\n' : is_escape ? next : value[i]);
    if (is_escape) ++i;
  }
  return out;
}

class Unfolding final : public Rewriter {
 public:
  // `charset`: of what has no label; empty where the lines are UTF-8 already.
  Unfolding(bool is_ldif, std::string charset) : is_ldif_(is_ldif), charset_(std::move(charset)) {}

  void rewrite(std::string_view piece, std::string& out) override {
    while (!piece.empty()) {
      if (at_line_begin_) begin_line(piece.front(), out);
      if (skips_ && (piece.front() == ' ' || piece.front() == '\t')) piece.remove_prefix(1);
      skips_ = false;
      const std::size_t end = std::min(piece.find('\n'), piece.size());
      line_.append(piece.substr(0, end));
      at_line_begin_ = end < piece.size();
      piece.remove_prefix(std::min(end + 1, piece.size()));
      if (line_.size() > limits::kMaxFoldedLine) tell_piece(out);
    }
  }
  void finish(std::string& out) override { end_line(out); }

 private:
  // A line begins with `first`: it goes on with the one before, or that one is whole.
  void begin_line(char first, std::string& out) {
    at_line_begin_ = false;
    if (line_.ends_with('\r')) line_.pop_back();
    const bool is_soft = line_.ends_with('=') && !is_ldif_ && is_quoted_printable_line();
    if (is_soft) {
      line_ += "\r\n";
    } else if (first == ' ' || (first == '\t' && !is_ldif_)) {
      // Of vCard 2.1 the blank is part of the text: it was folded where a blank stood.
      skips_ = !keeps_blanks_;
    } else {
      end_line(out);
    }
  }
  // Of a line that is too long: what there is of it, but not what may be half of its end.
  void tell_piece(std::string& out) {
    const bool may_end = line_.ends_with('\r');
    if (may_end) line_.pop_back();
    tell_line(out);
    if (may_end) line_ = '\r';
  }
  void end_line(std::string& out) {
    if (line_.ends_with('\r')) line_.pop_back();  // of the last line of all
    tell_line(out);
    out += '\n';
  }
  // Asked at every fold: a line is looked at once.
  [[nodiscard]] bool is_quoted_printable_line() {
    for (; !is_quoted_printable_ && asked_ < line_.size(); ++asked_) {
      if (line_[asked_] == '"') is_quoted_ = !is_quoted_;
      if (line_[asked_] != ':' || is_quoted_) continue;
      const auto property = property_of(line_);
      is_quoted_printable_ = property && is_quoted_printable(*property);
    }
    return is_quoted_printable_.value_or(false);
  }

  void tell_line(std::string& out) {
    if (!line_.empty()) out += is_ldif_ ? ldif_line() : object_line();
    line_.clear();
    asked_ = 0;
    is_quoted_ = false;
    is_quoted_printable_.reset();
  }

  [[nodiscard]] std::string decoded(std::string_view bytes, std::string_view label) const {
    const std::string named = label.empty() ? std::string() : known_charset(label);
    return to_utf8(bytes, named.empty() ? charset_ : named);
  }

  std::string object_line() {
    const auto property = property_of(line_);
    if (!property) return decoded(line_, {});
    if (begins_caseless(property->name, "version")) keeps_blanks_ = property->value.starts_with("2.1");
    std::string value(property->value);
    if (is_quoted_printable(*property)) value = rewrite_all(*transfer_decoder("quoted-printable"), value);
    std::string out = decoded(line_.substr(0, line_.size() - property->value.size()), {});
    return out + unescaped(decoded(value, parameter(property->parameters, "charset")));
  }

  [[nodiscard]] std::string ldif_line() const {
    const std::size_t colon = line_.find(':');
    if (colon == std::string::npos || line_.compare(colon, 2, "::") != 0) return decoded(line_, {});
    const std::string bytes = rewrite_all(*transfer_decoder("base64"), std::string_view(line_).substr(colon + 2));
    // A picture, a key: nothing to read, and it may stand as it is.
    if (!kinds::reads_as_text(bytes, false)) return line_;
    return line_.substr(0, colon + 1) + ' ' + decoded(bytes, {});
  }

  const bool is_ldif_;
  const std::string charset_;
  std::string line_;
  std::size_t asked_ = 0;                    // of the line, so much was asked …
  bool is_quoted_ = false;                   // … and ends within quotation marks;
  std::optional<bool> is_quoted_printable_;  // nothing: no value has begun
  bool at_line_begin_ = false;
  bool skips_ = false;         // the blank at which a line was folded
  bool keeps_blanks_ = false;  // of this card's version
};

}  // namespace

bool is_folded(std::string_view head) { return is_object_text(head) || is_ldif(head); }

Opened open_folded(const Packed& packed) {
  auto peeked = std::make_unique<Peeked>(borrowed(*packed.stream), kKindBytes);
  const std::string_view head = peeked->head();
  const std::string_view wide = guessed_wide_charset(head);
  const std::optional<std::string> narrow = wide.empty() ? std::nullopt : kinds::narrowed(head);
  const std::string front = narrow ? *narrow : std::string(head);
  if (!is_folded(front)) return Error{ErrorKind::evidence, "the text has no lines that are folded", {}, {}};
  // In one byte a letter, lines are put together first: a fold may tear a letter.
  std::string charset = wide.empty() ? guessed_charset(head, Sample::front) : std::string();
  std::unique_ptr<ByteStream> text = std::move(peeked);
  if (!wide.empty()) text = rewritten(std::move(text), charset_decoder(wide));
  return Opened(one_view(rewritten(std::move(text), std::make_unique<Unfolding>(is_ldif(front), std::move(charset)))));
}

}  // namespace ambit::unpack
