// The reader of mark-up: lenient as browsers are, so that no mistake in a page hides its text.
//
//   text      = *( run | "&" entity | tag | "<!--" comment "-->" | "<![CDATA[" text "]]>" | "<!" … ">" | "<?" … "?>" )
//   tag       = "<" [ "/" ] name *( blank | "/" | attribute ) ">"
//   attribute = name [ "=" ( '"' value '"' | "'" value "'" | word ) ]
//
// A "<" before anything but a name, "/", "!" or "?" is a "<". Each state takes as much of the input as it can judge; an
// entity or an end that may be cut waits for more, a few bytes of it.
#include <array>
#include <utility>

#include "pipeline/ascii.h"
#include "stages/unpack/markup/reader.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMarkBytes = 9;  // "<![CDATA["

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }
bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
// What a byte of text may be besides itself.
enum class Byte : std::uint8_t { plain, blank, markup, mark };
constexpr std::array<Byte, 256> kBytes = [] {
  std::array<Byte, 256> bytes{};
  for (const char c : " \t\r\n\f"sv) bytes[static_cast<unsigned char>(c)] = Byte::blank;
  for (const char c : "<&"sv) bytes[static_cast<unsigned char>(c)] = Byte::markup;
  for (const char c : "\xc2\xe2\xef"sv) bytes[static_cast<unsigned char>(c)] = Byte::mark;
  return bytes;
}();
Byte byte_of(char c) { return kBytes[static_cast<unsigned char>(c)]; }

// Characters that nobody sees: the soft hyphen, the zero-width space, the word joiner, the byte order mark.
constexpr std::array kUnseen = {"\xc2\xad"sv, "\xe2\x80\x8b"sv, "\xe2\x81\xa0"sv, "\xef\xbb\xbf"sv};
constexpr std::string_view kNonBreaking = "\xc2\xa0";

// The end of the plain text at `at`. A single blank between two words is as plain as they are.
std::size_t plain_end(std::string_view in, std::size_t at) {
  if (byte_of(in[at]) != Byte::plain) return at;
  while (at < in.size()) {
    if (byte_of(in[at]) == Byte::plain) {
      ++at;
    } else if (in[at] == ' ' && at + 1 < in.size() && byte_of(in[at + 1]) == Byte::plain) {
      at += 2;
    } else {
      break;
    }
  }
  return at;
}

}  // namespace

void MarkupReader::rewrite(std::string_view piece, std::string& out) {
  std::string joined;
  if (!held_.empty()) piece = joined = std::exchange(held_, {}).append(piece);
  held_ = piece.substr(run(piece, out));
}

void MarkupReader::finish(std::string& out) {
  is_last_ = true;
  const std::string rest = std::exchange(held_, {});
  run(rest, out);
  flows_.flush(out);
}

std::size_t MarkupReader::run(std::string_view in, std::string& out) {
  std::size_t at = 0;
  waits_ = false;
  while (at < in.size() && !waits_) at += step(in.substr(at), out);
  return at;
}

std::size_t MarkupReader::wait() {
  waits_ = true;
  return 0;
}

std::size_t MarkupReader::step(std::string_view in, std::string& out) {
  switch (state_) {
    case State::text:
      return text(in, out);
    case State::name:
      return read_name(in);
    case State::inside:
      return inside_tag(in, out);
    case State::attribute:
      return read_attribute(in);
    case State::equals:
      return read_equals(in);
    case State::value:
      return read_value(in, out);
    case State::apart:
      return read_apart(in, out);
    case State::raw:
      return read_raw(in, out);
  }
  return in.size();
}

// --- text ---------------------------------------------------------------------------------------------------

bool MarkupReader::keeps_blanks() const { return in_text_ || in_pre_ > 0 || is_cdata_; }

void MarkupReader::emit(std::string_view run, std::string& out) {
  closed_ = false;
  if (collected_ != nullptr && in_text_ && !is_phonetic_) collected_->append(run);
  if (is_number_) {
    number_.append(run.substr(0, kMaxNameBytes - std::min(number_.size(), kMaxNameBytes)));
  } else if (dialect_ == Dialect::ooxml && !in_text_) {
    if (!std::exchange(is_stray_, true)) flows_.gap_in(Lane::notes, Gap::line);
    flows_.append_to(Lane::notes, run, out);
  } else {
    if (!in_aside_text_) end_aside_text();
    flows_.append(run, out);
  }
}

void MarkupReader::emit_blank(std::string_view blank, std::string& out) {
  if (keeps_blanks()) return emit(blank, out);
  if (dialect_ != Dialect::ooxml) flows_.gap(Gap::space);
}

void MarkupReader::end_aside_text() {
  if (std::exchange(has_aside_text_, false)) flows_.gap_in(Lane::notes, Gap::line);
}

std::size_t MarkupReader::text(std::string_view in, std::string& out) {
  switch (byte_of(in[0])) {
    case Byte::plain: {
      const std::size_t end = plain_end(in, 0);
      emit(in.substr(0, end), out);
      return end;
    }
    case Byte::blank:
      emit_blank(in.substr(0, 1), out);
      return 1;
    case Byte::markup:
      return in[0] == '<' && !is_cdata_ ? begin_markup(in, out) : read_entity(in, out);
    case Byte::mark:
      break;
  }
  if (in.size() < 3 && !is_last_) return wait();
  if (in.starts_with(kNonBreaking)) {
    emit_blank(" ", out);
    return kNonBreaking.size();
  }
  for (const std::string_view unseen : kUnseen) {
    if (in.starts_with(unseen)) return unseen.size();
  }
  emit(in.substr(0, 1), out);
  return 1;
}

std::size_t MarkupReader::read_entity(std::string_view in, std::string& out) {
  const bool may_go_on = in.substr(0, kMaxEntityBytes).find_first_of("; <\n") == std::string_view::npos;
  if (!is_last_ && in.size() < kMaxEntityBytes && may_go_on) return wait();
  const auto entity = entity_at(in, EntityIn::text);
  if (!entity) {
    emit("&", out);
    return 1;
  }
  if (entity->text == kNonBreaking) {
    emit_blank(" ", out);
  } else if (std::find(kUnseen.begin(), kUnseen.end(), entity->text) == kUnseen.end()) {
    emit(entity->text, out);
  }
  return entity->length;
}

// --- tags ---------------------------------------------------------------------------------------------------

std::size_t MarkupReader::begin_markup(std::string_view in, std::string& out) {
  if (in.size() < kMarkBytes && !is_last_) return wait();
  if (std::exchange(is_stray_, false)) flows_.gap_in(Lane::notes, Gap::line);
  if (in.starts_with("<!--")) return begin_apart(4, "-->");
  if (in.starts_with("<![CDATA[")) return begin_apart(9, "]]>");
  if (in.starts_with("<!")) return begin_apart(2, ">");
  is_declaration_ = in.starts_with("<?xml ");  // says how it is written, and no more
  const bool ends_as_tag = dialect_ == Dialect::html && !in.starts_with("<?php") && !in.starts_with("<?=");
  if (in.starts_with("<?")) return begin_apart(2, ends_as_tag ? ">" : "?>");
  is_end_ = in.size() > 1 && in[1] == '/';
  const std::size_t name = is_end_ ? 2 : 1;
  if (in.size() <= name || !begins_name(in[name])) {
    emit("<", out);
    return 1;
  }
  name_.clear();
  has_slash_ = false;
  state_ = State::name;
  return name;
}

std::size_t MarkupReader::read_word(std::string_view in, std::string_view ends, std::string& word, State next) {
  const std::size_t end = std::min(in.find_first_of(ends), in.size());
  for (const char c : in.substr(0, std::min(end, kMaxNameBytes - std::min(word.size(), kMaxNameBytes)))) {
    word.push_back(dialect_ == Dialect::html ? lower(c) : c);
  }
  if (end < in.size()) state_ = next;
  return end;
}

std::size_t MarkupReader::read_name(std::string_view in) { return read_word(in, " \t\r\n\f/>", name_, State::inside); }

std::size_t MarkupReader::read_attribute(std::string_view in) {
  return read_word(in, " \t\r\n\f/>=", attribute_, State::equals);
}

std::size_t MarkupReader::inside_tag(std::string_view in, std::string& out) {
  std::size_t at = 0;
  while (at < in.size() && (is_blank(in[at]) || in[at] == '/')) has_slash_ = in[at++] == '/';
  if (at == in.size()) return at;
  if (in[at] != '>') {
    // A "=" that nothing stands before is the beginning of a name: so every step goes on.
    attribute_.assign(1, dialect_ == Dialect::html ? lower(in[at]) : in[at]);
    has_slash_ = false;
    state_ = State::attribute;
    return at + 1;
  }
  state_ = State::text;
  if (std::exchange(has_values_, false)) flows_.gap_in(Lane::notes, Gap::line);
  if (is_end_) {
    end_element(out);
  } else {
    begin_element();
    if (has_slash_ && dialect_ != Dialect::html) end_element(out);
  }
  return at + 1;
}

std::size_t MarkupReader::read_equals(std::string_view in) {
  std::size_t at = 0;
  while (at < in.size() && is_blank(in[at])) ++at;
  if (at == in.size()) return at;
  if (in[at] == '=' && !has_equals_) {
    has_equals_ = true;
    return at + 1;
  }
  if (!std::exchange(has_equals_, false)) {
    state_ = State::inside;
    return at;
  }
  state_ = State::value;
  keeps_value_ = !is_end_ && keeps_attribute(dialect_, attribute_);
  is_type_ = shared_ != nullptr && attribute_ == "t" && name_ == "c";
  has_any_ = false;
  quote_ = in[at] == '"' || in[at] == '\'' ? in[at] : '\0';
  return quote_ == '\0' ? at : at + 1;
}

std::size_t MarkupReader::read_value(std::string_view in, std::string& out) {
  const std::string_view stops = quote_ == '"' ? "\"&\r\n\t" : quote_ == '\'' ? "'&\r\n\t" : "& \r\n\t\f>";
  const std::size_t run = std::min(in.find_first_of(stops), in.size());
  if (is_type_ && run > 0) is_shared_cell_ = in.substr(0, run) == "s";
  if (run > 0) append_value(in.substr(0, run), out);
  if (run == in.size()) return run;
  if (in[run] == '&') return run + value_entity(in.substr(run), out);
  if (quote_ != '\0' && in[run] != quote_) {
    append_value(" ", out);
    return run + 1;
  }
  state_ = State::inside;
  return quote_ == '\0' ? run : run + 1;
}

std::size_t MarkupReader::value_entity(std::string_view in, std::string& out) {
  if (!is_last_ && in.size() < kMaxEntityBytes) return wait();
  const auto entity = entity_at(in, EntityIn::attribute);
  append_value(entity ? std::string_view(entity->text) : "&"sv, out);
  return entity ? entity->length : 1;
}

void MarkupReader::append_value(std::string_view value, std::string& out) {
  if (!keeps_value_) return;
  if (!std::exchange(has_any_, true))
    flows_.gap_in(Lane::notes, std::exchange(has_values_, true) ? Gap::tab : Gap::line);
  flows_.append_to(Lane::notes, value, out);
}

std::unique_ptr<Rewriter> markup_text(Dialect dialect, const SharedTexts* shared) {
  return std::make_unique<MarkupReader>(dialect, shared, nullptr);
}

}  // namespace ambit::unpack
