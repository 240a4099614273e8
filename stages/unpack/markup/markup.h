// Mark-up to the text that a person reads.
//
// A tag within a word vanishes, so that `ac<b>cou</b>nt` reads as a word; a tag that begins a paragraph is a newline,
// one that begins a cell a tab. What is not read as part of the text (comments, scripts, the values of attributes)
// is kept too, as lines of its own: it waits beside the text until a paragraph ends, so that it cuts no word.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {

enum class Dialect : std::uint8_t {
  html,
  xml,    // of nobody knows what: an element that ends before the next begins is a line
  ooxml,  // parts with runs of text: Word, Excel, PowerPoint, Visio
  odf,    // OpenDocument
};

// From UTF-8 to UTF-8. Blanks are one, non-breaking ones are blanks, soft hyphens and zero-width spaces are gone.
// `shared`, which outlives it: what the cells of a sheet refer to by number.
class SharedTexts;
[[nodiscard]] std::unique_ptr<Rewriter> markup_text(Dialect dialect, const SharedTexts* shared = nullptr);

// The text of a document in mark-up. `charset`: what is known from outside; where it is empty the document is asked.
// Without a dialect: as it looks.
[[nodiscard]] std::unique_ptr<ByteStream> markup_stream(std::unique_ptr<ByteStream> bytes, std::string charset,
                                                        std::optional<Dialect> dialect,
                                                        const SharedTexts* shared = nullptr);

// The texts that the cells of a workbook share, by number. As many as a view may have bytes, and no more than
// kMaxTexts.
class SharedTexts {
 public:
  void append(std::string_view text) {
    if (!is_full()) text_.append(text);
  }
  void end_text() {
    if (!is_full()) ends_.push_back(static_cast<std::uint32_t>(text_.size()));
  }
  [[nodiscard]] bool is_full() const { return text_.size() > limits::kMaxViewBytes || ends_.size() >= kMaxTexts; }
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] std::string_view at(std::size_t index) const {
    const std::uint32_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(text_).substr(begin, ends_[index] - begin);
  }

 private:
  static constexpr std::size_t kMaxTexts = 8'000'000;

  std::string text_;
  std::vector<std::uint32_t> ends_;
};

// A stream of no interest, which while it is read puts the texts of sharedStrings.xml into `shared`; that outlives it.
[[nodiscard]] std::unique_ptr<ByteStream> shared_texts_stream(std::unique_ptr<ByteStream> bytes, SharedTexts& shared);

// --- for reader.h -------------------------------------------------------------------------------------

inline constexpr std::size_t kMaxEntityBytes = 40;  // "&CounterClockwiseContourIntegral;" has 33
enum class EntityIn : bool { text, attribute };
struct Entity {
  std::string text;
  std::size_t length = 0;  // of the entity as it stands
};
// `text` begins with "&", and either goes on for kMaxEntityBytes or ends with the document.
[[nodiscard]] std::optional<Entity> entity_at(std::string_view text, EntityIn where);

// What an element does to the text around it.
enum class Effect : std::uint8_t {
  vanish,   // nothing: a part of the line
  space,    // apart, in the same line
  cell,     // a tab
  line,     // a newline
  by_turn,  // a newline if another element ended before it began
  text,     // its text counts, blanks and all
  line_text,
  aside,       // what is in it is not part of the paragraph it stands in
  aside_text,  // the same, blanks and all
  hyphen,
  raw,  // no mark-up in it: a script
  preformatted,
};
// `name`: as it stands; of HTML in lower case.
[[nodiscard]] Effect effect_of(Dialect dialect, std::string_view name);
[[nodiscard]] bool keeps_attribute(Dialect dialect, std::string_view name);

}  // namespace ambit::unpack
