#include "stages/unpack/embedded/letters.h"

#include <algorithm>
#include <array>
#include <optional>

#include "pipeline/ascii.h"
#include "stages/unpack/mail/transfer_encoding.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

bool is_letter(char c, Code code) {
  if (code == Code::hex) return is_hex(c);
  return is_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_';
}

// What programs write for a character that their format does not allow, or where a line is too long.
struct Escape {
  std::string_view text;  // lower case
  char means;             // a letter; "=": the end; a blank: nothing
};
constexpr std::array kEscapes = {
    Escape{"\\n"sv, ' '},     Escape{"\\r"sv, ' '},   Escape{"\\t"sv, ' '},     Escape{"\\\\n"sv, ' '},
    Escape{"\\\\r"sv, ' '},   Escape{"\\/"sv, '/'},   Escape{"\\u002b"sv, '+'}, Escape{"\\u002f"sv, '/'},
    Escape{"\\u003d"sv, '='}, Escape{"%0a"sv, ' '},   Escape{"%0d"sv, ' '},     Escape{"%2b"sv, '+'},
    Escape{"%2f"sv, '/'},     Escape{"%3d"sv, '='},   Escape{"&#10;"sv, ' '},   Escape{"&#13;"sv, ' '},
    Escape{"&#xa;"sv, ' '},   Escape{"&#xd;"sv, ' '}, Escape{"\\\r\n"sv, ' '},  Escape{"\\\n"sv, ' '},
    Escape{"=\r\n"sv, ' '},   Escape{"=\n"sv, ' '},   Escape{"="sv, '='}};
constexpr std::size_t kMostIndent = 64;              // blanks at the beginning of a line
constexpr std::size_t kLookAhead = kMostIndent + 8;  // of which it can be told how letters go on

// The letters of `text`, from its first byte on, appended to `letters`.
struct Reading {
  std::size_t used = 0;  // of the text
  bool is_over = false;  // the letters end there
};
Reading read_letters(std::string_view text, bool is_all, Code code, std::string& letters) {
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (is_letter(c, code)) {
      letters += c == '-' ? '+' : c == '_' ? '/' : c;
      ++at;
      continue;
    }
    const std::string_view rest = text.substr(at);
    if (rest.size() < kLookAhead && !is_all) return {at, false};
    std::size_t next = c == '\r' && rest.size() > 1 && rest[1] == '\n' ? 2 : c == '\r' || c == '\n' ? 1 : 0;
    if (next == 0) {
      const auto escape = std::find_if(kEscapes.begin(), kEscapes.end(),
                                       [&](const Escape& e) { return begins_caseless(rest, e.text); });
      if (escape == kEscapes.end() || escape->means == '=') return {at, true};
      if (escape->means != ' ') letters += escape->means;
      at += escape->text.size();
      continue;
    }
    while (next < rest.size() && next < kMostIndent && (rest[next] == ' ' || rest[next] == '\t')) ++next;
    if (next == rest.size() || !is_letter(rest[next], code)) return {at, true};
    at += next;
  }
  return {at, is_all};
}

// A string of SQL as MySQL writes it, up to its quotation mark: the bytes of it, appended to `bytes`.
Reading read_escaped(std::string_view text, bool is_all, std::string& bytes) {
  constexpr std::string_view kLetters = "0nrtbZ"sv, kMeant = "\0\n\r\t\b\x1a"sv;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t plain = std::min(text.find_first_of("\\'", at), text.size());
    bytes.append(text.substr(at, plain - at));
    at = plain;
    if (at == text.size() || text[at] == '\'') break;
    if (at + 1 == text.size()) return {at, is_all};
    const std::size_t which = kLetters.find(text[at + 1]);
    bytes += which == std::string_view::npos ? text[at + 1] : kMeant[which];
    at += 2;
  }
  return {at, is_all || at < text.size()};
}

Reading read_code(std::string_view text, bool is_all, Code code, std::string& out) {
  return code == Code::escaped ? read_escaped(text, is_all, out) : read_letters(text, is_all, code, out);
}

class AsTheyAre final : public Rewriter {
 public:
  void rewrite(std::string_view piece, std::string& out) override { out.append(piece); }
  void finish(std::string&) override {}
};

class HexDigits final : public Rewriter {
 public:
  void rewrite(std::string_view piece, std::string& out) override {
    for (const char c : piece) {
      const int value = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
      if (high_) out += static_cast<char>(*high_ << 4 | value);
      high_ = high_ ? std::nullopt : std::optional(value);
    }
  }
  void finish(std::string&) override {}

 private:
  std::optional<int> high_;
};

}  // namespace

std::unique_ptr<Rewriter> letters_decoder(Code code) {
  if (code == Code::hex) return std::make_unique<HexDigits>();
  if (code == Code::escaped) return std::make_unique<AsTheyAre>();
  return transfer_decoder("base64");
}

bool begins_in_letters(std::string_view text, Code code) {
  std::string letters;
  const auto read = read_code(text.substr(0, kHeadLetters), text.size() < kHeadLetters, code, letters);
  if (code == Code::escaped && read.used == letters.size()) return false;  // bytes as they are, or no bytes
  const std::string head = rewrite_all(*letters_decoder(code), letters);
  return is_begun(std::as_bytes(std::span(head)));
}

Result<std::size_t> Letters::read(std::span<std::byte> into) {
  while (given_ == ready_.size() && !is_over_) {
    ready_.clear();
    given_ = 0;
    const auto window = input_.ahead(kHeadLetters);
    if (!window.ok()) return window.error();
    const std::string_view text = chars(*window).substr(0, kHeadLetters);
    const Reading got = read_code(text, window->size() < kHeadLetters, code_, ready_);
    input_.take(got.used);
    is_over_ = got.is_over;
  }
  const std::size_t bytes = std::min(into.size(), ready_.size() - given_);
  std::copy_n(std::as_bytes(std::span(ready_)).begin() + static_cast<std::ptrdiff_t>(given_), bytes, into.begin());
  given_ += bytes;
  return bytes;
}

}  // namespace ambit::unpack
