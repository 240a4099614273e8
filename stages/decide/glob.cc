// Globs in bounded time.
//
// The textbook matcher goes back to every star and takes exponential time on "**a**a**b"; the well-known cure, to
// remember only the last "*" and the last "**", is still quadratic in the path, and paths are the evidence's to
// choose. So the glob is run as a small automaton: the set of glob positions that the bytes read so far can have
// reached, moved on byte by byte. The price, a step per token and byte, is paid only after the fixed head and tail
// of the glob have matched, which they seldom do.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/ascii.h"
#include "stages/decide/decide.h"

namespace ambit {
namespace {

struct Token {
  enum class Kind : std::uint8_t { byte, any, set, star, stars, folders };  // folders: "**/", whole components
  Kind kind = Kind::byte;
  std::string_view text;  // byte: that byte; set: the class without its brackets

  [[nodiscard]] bool is_star() const { return kind >= Kind::star; }
};

bool set_holds(std::string_view set, char c) {
  const bool negated = set.size() > 1 && (set[0] == '!' || set[0] == '^');
  if (negated) set.remove_prefix(1);
  const auto byte = static_cast<unsigned char>(lower(c));
  bool inside = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const auto from = static_cast<unsigned char>(lower(set[i]));
    auto to = from;
    if (i + 2 < set.size() && set[i + 1] == '-') {
      to = static_cast<unsigned char>(lower(set[i + 2]));
      i += 2;
    }
    inside = inside || (byte >= from && byte <= to);
  }
  return c != '/' && inside != negated;
}

// Length of the class at the front of `glob`, brackets included; 0 if it never closes.
std::size_t set_length(std::string_view glob) {
  const std::size_t first = glob.size() > 1 && (glob[1] == '!' || glob[1] == '^') ? 3 : 2;  // a ']' first is itself
  const std::size_t close = glob.find(']', first);
  return close == std::string_view::npos ? 0 : close + 1;
}

std::vector<Token> tokens_of(std::string_view glob) {
  std::vector<Token> out;
  for (std::size_t i = 0; i < glob.size();) {
    if (glob.substr(i, 2) == "**") {
      const bool at_front = i == 0 || glob[i - 1] == '/';
      i = std::min(glob.find_first_not_of('*', i), glob.size());
      const bool folders = at_front && i < glob.size() && glob[i] == '/';
      out.push_back({folders ? Token::Kind::folders : Token::Kind::stars, {}});
      i += folders ? 1 : 0;
    } else if (const std::size_t n = glob[i] == '[' ? set_length(glob.substr(i)) : 0; n > 0) {
      out.push_back({Token::Kind::set, glob.substr(i + 1, n - 2)});
      i += n;
    } else {
      const Token::Kind kind = glob[i] == '*'   ? Token::Kind::star
                               : glob[i] == '?' ? Token::Kind::any
                                                : Token::Kind::byte;
      out.push_back({kind, glob.substr(i++, 1)});
    }
  }
  return out;
}

bool takes(const Token& token, char c) {
  switch (token.kind) {
    case Token::Kind::byte:
      return lower(token.text[0]) == lower(c);
    case Token::Kind::set:
      return set_holds(token.text, c);
    case Token::Kind::any:
    case Token::Kind::star:
      return c != '/';
    default:
      return true;
  }
}

class Automaton {
 public:
  explicit Automaton(std::span<const Token> tokens) : tokens_(tokens), now_(tokens.size() + 1) { reach(now_, 0); }

  bool matches(std::string_view path) {
    std::vector<char> next(now_.size());
    for (const char c : path) {
      std::fill(next.begin(), next.end(), 0);
      for (std::size_t i = 0; i < tokens_.size(); ++i) {
        if (now_[i] == 0 || !takes(tokens_[i], c)) continue;
        if (tokens_[i].is_star()) next[i] = 1;
        const bool leaves = tokens_[i].kind != Token::Kind::folders || c == '/';
        if (leaves) reach(next, i + 1);
      }
      now_.swap(next);
    }
    return now_.back() != 0;
  }

 private:
  // Position i and, since a star may take nothing, what stands behind the stars at i.
  void reach(std::vector<char>& set, std::size_t i) {
    while (i < tokens_.size() && tokens_[i].is_star()) set[i++] = 1;
    set[i] = 1;
  }

  std::span<const Token> tokens_;
  std::vector<char> now_;
};

}  // namespace

bool glob_matches(std::string_view glob, std::string_view path) {
  const std::vector<Token> all = tokens_of(glob);
  std::span<const Token> tokens = all;
  while (!tokens.empty() && !tokens.front().is_star()) {
    if (path.empty() || !takes(tokens.front(), path.front())) return false;
    tokens = tokens.subspan(1);
    path.remove_prefix(1);
  }
  if (tokens.empty()) return path.empty();
  while (!tokens.back().is_star()) {
    if (path.empty() || !takes(tokens.back(), path.back())) return false;
    tokens = tokens.first(tokens.size() - 1);
    path.remove_suffix(1);
  }
  if (tokens.size() == 1 && tokens[0].kind == Token::Kind::stars) return true;
  return Automaton(tokens).matches(path);
}

}  // namespace ambit
