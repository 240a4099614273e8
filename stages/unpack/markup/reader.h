// The reader of mark-up as a machine of states: text.cc reads text and tags, elements.cc does what the
// elements say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stages/unpack/markup/flow.h"
#include "stages/unpack/markup/markup.h"

namespace ambit::unpack {

class MarkupReader final : public Rewriter {
 public:
  // `shared`: what cells refer to; `collected`: where the texts of sharedStrings.xml go. Either may be null.
  MarkupReader(Dialect dialect, const SharedTexts* shared, SharedTexts* collected)
      : dialect_(dialect), shared_(shared), collected_(collected) {}

  void rewrite(std::string_view piece, std::string& out) override;
  void finish(std::string& out) override;

 private:
  // Of an element or an attribute; a longer one is none that we know.
  static constexpr std::size_t kMaxNameBytes = 64;
  enum class State : std::uint8_t { text, name, inside, attribute, equals, value, apart, raw };

  // Returns how much of `in` was taken; the rest has to wait for what follows.
  std::size_t run(std::string_view in, std::string& out);
  std::size_t wait();

  std::size_t step(std::string_view in, std::string& out);

  [[nodiscard]] bool keeps_blanks() const;

  void emit(std::string_view run, std::string& out);
  void emit_blank(std::string_view blank, std::string& out);
  // Deleted words that stand in a row are one piece, those at two places are two.
  void end_aside_text();

  std::size_t text(std::string_view in, std::string& out);

  std::size_t read_entity(std::string_view in, std::string& out);

  std::size_t begin_markup(std::string_view in, std::string& out);

  // Appends what comes before one of `ends`; then `next` is the state.
  std::size_t read_word(std::string_view in, std::string_view ends, std::string& word, State next);
  std::size_t read_name(std::string_view in);
  std::size_t read_attribute(std::string_view in);

  std::size_t inside_tag(std::string_view in, std::string& out);

  std::size_t read_equals(std::string_view in);

  std::size_t read_value(std::string_view in, std::string& out);
  std::size_t value_entity(std::string_view in, std::string& out);
  void append_value(std::string_view value, std::string& out);

  void begin_element();
  void end_element(std::string& out);
  void gap_of(Effect effect);
  void append_shared(std::string& out);

  std::size_t begin_apart(std::size_t length, std::string_view end);
  std::size_t read_apart(std::string_view in, std::string& out);
  std::size_t read_cdata(std::string_view in, std::string& out);
  std::size_t read_raw(std::string_view in, std::string& out);

  const Dialect dialect_;
  const SharedTexts* const shared_;
  SharedTexts* const collected_;
  Flows flows_;
  std::string held_;
  State state_ = State::text;
  bool waits_ = false, is_last_ = false;

  std::string name_, attribute_;
  bool is_end_ = false, has_slash_ = false, has_equals_ = false, has_values_ = false, has_any_ = false;
  bool keeps_value_ = false;
  char quote_ = '\0';
  std::string_view apart_end_;
  bool is_cdata_ = false, is_declaration_ = false, brackets_ = false;

  bool closed_ = false;  // an element ended, and no text has come since
  bool in_text_ = false, in_aside_text_ = false, has_aside_text_ = false, is_stray_ = false;
  std::size_t in_pre_ = 0, aside_depth_ = 0;
  bool is_type_ = false, is_shared_cell_ = false, is_number_ = false, is_phonetic_ = false;
  std::string number_;
};

}  // namespace ambit::unpack
