// Validators: what code sees around the core that an expression found.
//
// A validator draws the borders of the finding, turns down what its surroundings show to be something else (the
// middle of a longer number, a hexadecimal dump), and grades the rest. A failed checksum lowers the grade; it erases
// nothing that looks like private data to a reader, for people mistype their numbers. A shape that means nothing
// without a word beside it has no grade of its own (`alone` is empty).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "pipeline/facts.h"

namespace ambit::scrutiny {

struct Verdict {
  std::size_t begin = 0, end = 0;   // of the finding, in the view
  std::optional<Grade> alone;       // empty: a finding only beside a context word
  std::optional<Grade> in_context;  // beside a context word
};

// `view` is the text around the core [begin, end): at least Validator::before bytes to its left and
// Validator::after to its right, fewer only where the text ends. Evidence: any bytes.
using Validate = std::optional<Verdict> (*)(std::string_view view, std::size_t begin, std::size_t end);

// What a run of digits means that nothing parts and nothing touches; and whether its print may count without a word.
enum class Bare : std::uint8_t { may_count, only_beside_word, like_any_print_only_beside_word };

struct Validator {
  std::string_view name;
  Validate validate;
  std::size_t before, after;  // bytes of surroundings it needs
  Bare bare = Bare::may_count;
};

// The list; a new validator is a file and a row here.
[[nodiscard]] std::span<const Validator> validators();

[[nodiscard]] std::optional<Verdict> payment_card(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> iban(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> us_ssn(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> email_address(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> access_token(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> json_web_token(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> password_assignment(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> url_credentials(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> authorization_header(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> session_cookie(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> password_hash(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> phone_number(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> phone_number_national(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> ipv4_address(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> ipv6_address(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> mac_address(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> wallet_address(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> travel_document(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> birth_date(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> geolocation(std::string_view view, std::size_t begin, std::size_t end);
[[nodiscard]] std::optional<Verdict> private_key(std::string_view view, std::size_t begin, std::size_t end);

// The top-level domains, one a line, as they were when the program was built (validators/top_level_domains.txt); with
// those that only an organisation's own network or a text book has (local, example …): an address there is an address.
struct EmbeddedText {
  std::string_view file_name, text;
};
[[nodiscard]] std::span<const EmbeddedText> embedded_domains();

}  // namespace ambit::scrutiny
