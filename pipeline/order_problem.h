// Problems: what is wrong with an order file, all of it at once.
//
// An order is written by lawyers and typed by an examiner, often at night. So a reader of the order never stops at
// the first mistake: it notes it here, with the place and the remedy, and goes on with whatever it can still use.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ambit {

// 1-based; columns count characters (code points), not bytes. 0, 0: the file as a whole.
struct OrderPlace {
  std::uint32_t line = 0, column = 0;
  friend auto operator<=>(const OrderPlace&, const OrderPlace&) = default;
};

struct OrderProblem {
  std::uint32_t line = 0, column = 0;
  std::string what;    // one sentence, without a full stop
  std::string remedy;  // what to do about it
};

class Problems {
 public:
  void add(OrderPlace at, std::string what, std::string remedy) {
    list_.push_back({at.line, at.column, std::move(what), std::move(remedy)});
  }
  [[nodiscard]] std::vector<OrderProblem> by_position() &&;

 private:
  std::vector<OrderProblem> list_;
};

// One character of UTF-8 text: its code point and its length in bytes. `text` is not empty; bytes that are not
// UTF-8 have length 0.
struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;
};
[[nodiscard]] Character first_character(std::string_view text);
[[nodiscard]] std::size_t count_characters(std::string_view utf8);

// Characters that a reader of the order cannot see or that rearrange what he sees: controls, bidi marks, zero-width
// characters, fillers, variation selectors, tags.
[[nodiscard]] bool is_invisible(char32_t code);
[[nodiscard]] std::string code_point_name(char32_t code);  // "U+202E"

// `text` in quotes for a message: cut after 60 characters, invisible ones spelt out.
[[nodiscard]] std::string in_quotes(std::string_view text);

// The candidate that `text` is most probably a slip of; none where nothing is near. Ties go to the first.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view text,
                                                      std::span<const std::string_view> candidates);

// The remedy for a wrong name: `did you mean "mail"?`, or else what there is to choose from.
[[nodiscard]] std::string suggest(std::string_view text, std::span<const std::string_view> candidates);

}  // namespace ambit
