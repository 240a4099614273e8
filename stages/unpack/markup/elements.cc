// What elements do to the text, and what stands in mark-up without being text.
#include <algorithm>
#include <charconv>
#include <utility>

#include "pipeline/ascii.h"
#include "stages/unpack/markup/reader.h"

namespace ambit::unpack {
namespace {

std::size_t find_end_tag(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find("</"); at != text.npos && at + 2 + name.size() <= text.size();
       at = text.find("</", at + 1)) {
    std::size_t i = 0;
    while (i < name.size() && lower(text[at + 2 + i]) == name[i]) ++i;
    if (i == name.size()) return at;
  }
  return std::string_view::npos;
}

}  // namespace

// --- elements -----------------------------------------------------------------------------------------------

void MarkupReader::begin_element() {
  const Effect effect = effect_of(dialect_, name_);
  if (aside_depth_ > 0) ++aside_depth_;
  if (effect == Effect::raw && !has_slash_) state_ = State::raw;
  if (effect == Effect::preformatted && in_pre_ < kMaxNameBytes) ++in_pre_;
  if (effect == Effect::aside && aside_depth_ == 0) {
    aside_depth_ = 1;
    flows_.set_lane(Lane::aside);
    flows_.gap_in(Lane::aside, Gap::line);
  }
  if (effect == Effect::aside_text) {
    in_aside_text_ = has_aside_text_ = true;
    flows_.set_lane(Lane::notes);
  }
  in_text_ |= effect == Effect::text || effect == Effect::line_text || effect == Effect::aside_text;
  if (effect == Effect::by_turn && (closed_ || has_slash_)) flows_.gap(Gap::line);
  if (name_ == "c" && dialect_ == Dialect::ooxml) end_aside_text();
  if (name_ == "rPh") is_phonetic_ = true;
  is_number_ = shared_ != nullptr && is_shared_cell_ && name_ == "v";
  gap_of(effect);
}

void MarkupReader::end_element(std::string& out) {
  const Effect effect = effect_of(dialect_, name_);
  if (effect == Effect::preformatted && in_pre_ > 0) --in_pre_;
  if (effect == Effect::hyphen) flows_.append("-", out);
  if (effect == Effect::by_turn) closed_ = true;
  if (std::exchange(is_number_, false)) append_shared(out);
  if (aside_depth_ > 0 && --aside_depth_ == 0) flows_.gap_in(Lane::aside, Gap::line);
  if (effect == Effect::aside_text) in_aside_text_ = false;
  flows_.set_lane(in_aside_text_ ? Lane::notes : aside_depth_ > 0 ? Lane::aside : Lane::text);
  if (effect == Effect::text || effect == Effect::line_text || effect == Effect::aside_text) in_text_ = false;
  if (name_ == "c") is_shared_cell_ = false;
  if (name_ == "rPh") is_phonetic_ = false;
  if (collected_ != nullptr && name_ == "si") collected_->end_text();
  gap_of(effect);
}

void MarkupReader::gap_of(Effect effect) {
  const bool is_line =
      effect == Effect::line || effect == Effect::line_text || effect == Effect::preformatted || effect == Effect::raw;
  if (is_line) flows_.gap(Gap::line);
  if (effect == Effect::cell) flows_.gap(Gap::tab);
  if (effect == Effect::space) flows_.gap(Gap::space);
}

// Of a text that many cells share. Excel's limit is 32,767 characters; of longer ones somebody makes bombs.
constexpr std::size_t kMostOfCell = 256 * 1024;

void MarkupReader::append_shared(std::string& out) {
  std::size_t index = 0;
  const char* const end = number_.data() + number_.size();
  const auto [stop, error] = std::from_chars(number_.data(), end, index);
  const bool is_index = error == std::errc() && stop == end;
  const std::string_view text = is_index && index < shared_->size() ? shared_->at(index) : std::string_view(number_);
  flows_.append(text.substr(0, kMostOfCell), out);
  number_.clear();
}

// --- what is no text ----------------------------------------------------------------------------------------

std::size_t MarkupReader::begin_apart(std::size_t length, std::string_view end) {
  apart_end_ = end;
  is_cdata_ = end == "]]>";
  brackets_ = 0;
  state_ = State::apart;
  if (!is_cdata_) flows_.gap_in(Lane::notes, Gap::line);
  return length;
}

std::size_t MarkupReader::read_apart(std::string_view in, std::string& out) {
  std::size_t end = in.find(apart_end_);
  // A list of declarations within the type of a document.
  const bool has_list = apart_end_ == ">" && dialect_ != Dialect::html;
  if (has_list && (brackets_ || in.substr(0, end).find('[') != std::string_view::npos)) {
    brackets_ = true;
    end = in.find(']');
    if (end != std::string_view::npos) {
      flows_.append_to(Lane::notes, in.substr(0, end), out);
      brackets_ = false;
      return end + 1;
    }
  }
  const bool is_whole = end != std::string_view::npos || is_last_;
  const std::size_t held = apart_end_.size() - 1;
  const std::size_t length = is_whole ? std::min(end, in.size()) : in.size() - std::min(held, in.size());
  if (is_declaration_) {
    is_declaration_ = end == std::string_view::npos;
  } else if (is_cdata_) {
    for (std::size_t at = 0; at < length;) at += read_cdata(in.substr(at, length - at), out);
  } else {
    flows_.append_to(Lane::notes, in.substr(0, length), out);
  }
  if (end == std::string_view::npos) return length == 0 ? wait() : length;
  if (!is_cdata_) flows_.gap_in(Lane::notes, Gap::line);
  is_cdata_ = false;
  state_ = State::text;
  return length + apart_end_.size();
}

std::size_t MarkupReader::read_cdata(std::string_view in, std::string& out) {
  const std::size_t end = std::min(in.find_first_of("\n\r\t"), in.size());
  if (end > 0) emit(in.substr(0, end), out);
  if (end == in.size()) return end;
  emit(in.substr(end, 1), out);
  return end + 1;
}

std::size_t MarkupReader::read_raw(std::string_view in, std::string& out) {
  const std::size_t end = find_end_tag(in, name_);
  const std::size_t held = std::min(name_.size() + 2, in.size());
  const std::size_t length = end != std::string_view::npos ? end : is_last_ ? in.size() : in.size() - held;
  flows_.append(in.substr(0, length), out);
  if (end != std::string_view::npos) state_ = State::text;
  return length == 0 && end == std::string_view::npos ? wait() : length;
}

}  // namespace ambit::unpack
