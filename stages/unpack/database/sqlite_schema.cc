// What SQLite keeps of the text that made a table, as far as it says in which order a row has its values:
//
//   made       = "CREATE" … name "(" definition *( "," definition ) ")" [ … "WITHOUT" "ROWID" … ]
//   definition = name … [ "PRIMARY" "KEY" ] [ "AS" "(" … ")" [ "STORED" ] ]  |  … "PRIMARY" "KEY" "(" name … *( ","
//   name … ) ")"
//
// A table without rowid has the columns of its key first. What is computed and not stored has no place in a row.
#include "stages/unpack/database/sqlite_schema.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "pipeline/ascii.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

struct Token {
  enum class Is { word, quoted, sign };
  Is is = Is::sign;
  std::string text;  // of a word in upper case …
  std::string name;  // … and as it stands

  [[nodiscard]] bool is_word(std::string_view upper) const { return is == Is::word && text == upper; }
  [[nodiscard]] bool is_sign(char c) const { return is == Is::sign && text[0] == c; }
};

bool is_word_char(char c) { return is_alnum(c) || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80; }

class Tokens {
 public:
  explicit Tokens(std::string_view sql) : sql_(sql) {}

  std::optional<Token> next() {
    skip_blanks();
    if (at_ == sql_.size()) return std::nullopt;
    const char c = sql_[at_];
    if (c == '"' || c == '`' || c == '\'' || c == '[') return quoted(c == '[' ? ']' : c);
    const std::size_t begin = at_++;
    if (!is_word_char(c)) return Token{Token::Is::sign, std::string(1, c), {}};
    while (at_ < sql_.size() && is_word_char(sql_[at_])) ++at_;
    const std::string_view word = sql_.substr(begin, at_ - begin);
    return Token{Token::Is::word, uppered(word), std::string(word)};
  }

 private:
  void skip_blanks() {
    while (at_ < sql_.size()) {
      const std::string_view left = sql_.substr(at_);
      if (left.starts_with("--")) {
        at_ += std::min(left.find('\n'), left.size());
      } else if (left.starts_with("/*")) {
        const std::size_t end = left.find("*/", 2);
        at_ += end == std::string_view::npos ? left.size() : end + 2;
      } else if (" \t\r\n\f"sv.find(left[0]) != std::string_view::npos) {
        ++at_;
      } else {
        return;
      }
    }
  }
  // The sign at its end stands for itself where it is doubled.
  Token quoted(char end) {
    Token token{Token::Is::quoted, {}, {}};
    for (++at_; at_ < sql_.size(); ++at_) {
      if (sql_[at_] == end) {
        ++at_;
        const bool is_doubled = end != ']' && at_ < sql_.size() && sql_[at_] == end;
        if (!is_doubled) break;
      }
      token.name.push_back(sql_[at_]);
    }
    return token;
  }

  std::string_view sql_;
  std::size_t at_ = 0;
};

struct Definitions {
  struct Column {
    std::string name;
    bool is_stored = true;
  };
  std::vector<Column> columns;
  std::vector<std::string> keys;

  void add(const std::vector<Token>& tokens);
};

bool is_constraint(const Token& token) {
  constexpr std::array kWords = {"CONSTRAINT"sv, "PRIMARY"sv, "UNIQUE"sv, "CHECK"sv, "FOREIGN"sv};
  return token.is == Token::Is::word && std::find(kWords.begin(), kWords.end(), token.text) != kWords.end();
}

// Names in "( name … , name … )" that begins at `at`.
std::vector<std::string> listed(const std::vector<Token>& tokens, std::size_t at) {
  std::vector<std::string> names;
  std::size_t depth = 0;
  for (; at < tokens.size(); ++at) {
    const bool opens = tokens[at].is_sign('('), closes = tokens[at].is_sign(')');
    if (closes && --depth == 0) break;
    depth += opens ? 1U : 0U;
    const bool begins = depth == 1 && (opens || tokens[at].is_sign(','));
    if (begins && at + 1 < tokens.size()) names.push_back(tokens[at + 1].name);
  }
  return names;
}

void Definitions::add(const std::vector<Token>& tokens) {
  if (tokens.empty()) return;
  const bool is_column = !is_constraint(tokens[0]);
  Column column{tokens[0].name, true};
  bool is_computed = false, is_kept = false;
  std::size_t depth = 0;
  for (std::size_t i = is_column ? 1 : 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.is_sign('(')) ++depth;
    if (token.is_sign(')')) --depth;  // the definition ends before one that is not opened in it
    if (depth > 0) continue;
    const bool has_next = i + 1 < tokens.size();
    if (token.is_word("PRIMARY") && has_next && tokens[i + 1].is_word("KEY")) {
      keys = is_column ? std::vector{column.name} : listed(tokens, i + 2);
    }
    is_computed |= token.is_word("AS") && has_next && tokens[i + 1].is_sign('(');
    is_kept |= token.is_word("STORED");
  }
  column.is_stored = !is_computed || is_kept;
  if (is_column) columns.push_back(std::move(column));
}

}  // namespace

SqliteSchema sqlite_schema(std::string_view sql) {
  Tokens tokens(sql);
  std::optional<Token> token = tokens.next();
  while (token && !token->is_sign('(')) token = tokens.next();
  Definitions made;
  std::vector<Token> definition;
  std::size_t depth = token ? 1 : 0;
  while (depth > 0 && (token = tokens.next())) {
    depth += token->is_sign('(') ? 1U : 0U;
    depth -= token->is_sign(')') ? 1U : 0U;
    if (depth > 0 && !(depth == 1 && token->is_sign(','))) {
      definition.push_back(std::move(*token));
      continue;
    }
    made.add(definition);
    definition.clear();
  }
  bool has_rowid = true, is_without = false;
  while ((token = tokens.next())) {
    has_rowid &= !(is_without && token->is_word("ROWID"));
    is_without = token->is_word("WITHOUT");
  }
  SqliteSchema schema;
  const auto take = [&](Definitions::Column& column) {
    if (column.is_stored) schema.columns.push_back(column.name);
    column.is_stored = false;
  };
  std::map<std::string, std::size_t> by_name;
  for (std::size_t i = 0; i < made.columns.size(); ++i) by_name.emplace(uppered(made.columns[i].name), i);
  for (const std::string& key : has_rowid ? std::vector<std::string>() : made.keys) {
    const auto column = by_name.find(uppered(key));
    if (column != by_name.end()) take(made.columns[column->second]);
  }
  schema.keys = schema.columns.size();
  for (Definitions::Column& column : made.columns) take(column);
  return schema;
}

}  // namespace ambit::unpack
