// A delta of the NSRL: what a quarter added to the database of a year, as statements of SQL, a gigabyte of them.
//
//   BEGIN TRANSACTION;
//   INSERT INTO FILE(sha256,sha1,md5,crc32,file_name,file_size,package_id) VALUES('00…','…','…','…','a.dll',512,7);
//   INSERT INTO PKG(…) VALUES(…);
//   COMMIT;
//
// Rows of FILE (minimal edition) and METADATA (full edition) are taken. A set cannot follow what changes or removes
// rows, for the file of a removed row may stand in others: such statements are counted. Who needs them applies the
// delta to its database with sqlite3 and names that.
#include <algorithm>
#include <array>
#include <fstream>
#include <vector>

#include "pipeline/ascii.h"
#include "pipeline/hash_source.h"
#include "pipeline/limits.h"

namespace ambit {
namespace {

bool is_space(int c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_letter(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80; }
bool is_digit(int c) { return c >= '0' && c <= '9'; }

enum class Token : std::uint8_t { word, text, number, sign, end, wrong };

// The file as tokens. A quoted name is a word.
class Tokens {
 public:
  explicit Tokens(const std::string& path) : in_(path, std::ios::binary), buffer_(limits::kChunkBytes) { step(); }
  Token next();
  [[nodiscard]] const std::string& text() const { return text_; }  // of the last token; of a word in upper case
  [[nodiscard]] bool is(char sign) const { return last_ == Token::sign && text_[0] == sign; }
  [[nodiscard]] bool is(std::string_view word) const { return last_ == Token::word && text_ == word; }
  [[nodiscard]] Token last() const { return last_; }
  [[nodiscard]] std::uint64_t line() const { return line_; }
  [[nodiscard]] bool failed() const { return in_.bad(); }

 private:
  void step() {  // to the next byte; -1 behind the last
    if (current_ == '\n') ++line_;
    if (at_ == filled_) {
      in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
      filled_ = static_cast<std::size_t>(in_.gcount());
      at_ = 0;
    }
    current_ = at_ < filled_ ? static_cast<unsigned char>(buffer_[at_++]) : -1;
  }
  void skip_blanks();
  bool skip_comment(char first);
  Token quoted(int quote, Token kind);
  template <class While>
  Token run(Token kind, While&& within);

  std::ifstream in_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, filled_ = 0;
  int current_ = 0;
  std::string text_;
  Token last_ = Token::sign;
  std::uint64_t line_ = 1;
};

void Tokens::skip_blanks() {
  while (is_space(current_)) step();
}

// Behind the first letter of what may be a comment; false where it is none.
bool Tokens::skip_comment(char first) {
  if (current_ != (first == '-' ? '-' : '*')) return false;
  if (first == '-') {
    while (current_ >= 0 && current_ != '\n') step();
    return true;
  }
  step();
  for (int before = 0; current_ >= 0 && !(before == '*' && current_ == '/');) {
    before = current_;
    step();
  }
  step();
  return true;
}

// A quote within is written twice.
Token Tokens::quoted(int quote, Token kind) {
  for (;;) {
    step();
    if (current_ < 0 || text_.size() == limits::kMaxSqlTextBytes) return Token::wrong;
    if (current_ == quote) {
      step();
      if (current_ != quote) return kind;
    }
    text_ += static_cast<char>(current_);
  }
}

template <class While>
Token Tokens::run(Token kind, While&& within) {
  while (within(current_)) {
    if (text_.size() == limits::kMaxSqlTextBytes) return Token::wrong;
    text_ += static_cast<char>(current_);
    step();
  }
  return kind;
}

Token Tokens::next() {
  for (;;) {
    skip_blanks();
    text_.clear();
    if (current_ < 0) return last_ = Token::end;
    if (current_ == '\'') return last_ = quoted('\'', Token::text);
    if (is_digit(current_)) return last_ = run(Token::number, [](int c) { return is_digit(c) || c == '.'; });
    if (current_ == '"' || current_ == '`') {
      last_ = quoted(current_, Token::word);
      text_ = uppered(text_);
      return last_;
    }
    if (is_letter(current_)) {
      last_ = run(Token::word, [](int c) { return is_letter(c) || is_digit(c); });
      text_ = uppered(text_);
      return last_;
    }
    const char sign = static_cast<char>(current_);
    step();
    if ((sign == '-' || sign == '/') && skip_comment(sign)) continue;
    text_ = sign;
    return last_ = Token::sign;
  }
}

// The columns of a table, in the order of its rows.
using Columns = std::vector<std::string>;
const Columns kFileColumns = {"SHA256", "SHA1", "MD5", "CRC32", "FILE_NAME", "FILE_SIZE", "PACKAGE_ID"};

class DeltaReader {
 public:
  explicit DeltaReader(const std::string& path) : path_(path), tokens_(path) {}
  [[nodiscard]] Result<HashRows> read(const TakeHashRow& take);

 private:
  [[nodiscard]] Error malformed() const {
    return {tokens_.failed() ? ErrorKind::io : ErrorKind::order, "not the statements of a delta of the NSRL",
            path_ + ", line " + std::to_string(tokens_.line()),
            "compare the file with the checksum it was published with"};
  }
  [[nodiscard]] Result<> read_statement(const TakeHashRow& take);
  [[nodiscard]] Result<> read_insert(const TakeHashRow& take);
  [[nodiscard]] Result<> read_rows(const Columns& columns, const TakeHashRow& take);
  [[nodiscard]] bool read_columns(Columns& columns);
  [[nodiscard]] bool read_row(const Columns& columns, HashRow& row);
  [[nodiscard]] bool read_value(std::string_view column, HashRow& row);
  [[nodiscard]] Result<> skip_statement();
  [[nodiscard]] bool at_hashes() const { return tokens_.is("FILE") || tokens_.is("METADATA"); }

  const std::string& path_;
  Tokens tokens_;
  HashRows rows_{"NSRL delta", 0};
  bool some_ = false;
};

Result<HashRows> DeltaReader::read(const TakeHashRow& take) {
  while (tokens_.next() != Token::end) {
    if (tokens_.is(';')) continue;
    if (Result<> done = read_statement(take); !done) return std::move(done).error();
  }
  if (tokens_.failed()) return malformed();
  if (!some_) return Error{ErrorKind::order, "the delta adds no hash", path_, "leave it out"};
  return rows_;
}

Result<> DeltaReader::skip_statement() {
  while (!tokens_.is(';') && tokens_.last() != Token::end) {
    if (tokens_.last() == Token::wrong) return malformed();
    tokens_.next();
  }
  return {};
}

Result<> DeltaReader::read_statement(const TakeHashRow& take) {
  if (tokens_.last() != Token::word) return malformed();
  if (tokens_.is("INSERT")) return read_insert(take);
  const bool changes = tokens_.is("UPDATE") || tokens_.is("DELETE");
  tokens_.next();
  if (tokens_.is("FROM")) tokens_.next();
  if (changes && at_hashes()) ++rows_.not_followed;
  return skip_statement();
}

// INSERT [OR …] INTO table [(columns)] VALUES (…), (…);
Result<> DeltaReader::read_insert(const TakeHashRow& take) {
  while (tokens_.next() == Token::word && !tokens_.is("INTO")) {}
  if (!tokens_.is("INTO")) return malformed();
  tokens_.next();
  if (!at_hashes()) return skip_statement();
  Columns columns = tokens_.is("FILE") ? kFileColumns : Columns();
  tokens_.next();
  if (tokens_.is('(') && !read_columns(columns)) return malformed();
  if (!tokens_.is("VALUES")) {
    ++rows_.not_followed;
    return skip_statement();
  }
  return read_rows(columns, take);
}

bool DeltaReader::read_columns(Columns& columns) {
  columns.clear();
  do {
    if (tokens_.next() != Token::word) return false;
    columns.push_back(tokens_.text());
    tokens_.next();
  } while (tokens_.is(','));
  if (!tokens_.is(')')) return false;
  tokens_.next();
  return true;
}

Result<> DeltaReader::read_rows(const Columns& columns, const TakeHashRow& take) {
  do {
    HashRow row;
    tokens_.next();
    if (!tokens_.is('(') || !read_row(columns, row)) return malformed();
    if (Result<> done = take(row); !done) return done;
    some_ = true;
    tokens_.next();
  } while (tokens_.is(','));
  return tokens_.is(';') || tokens_.last() == Token::end ? Result<>() : malformed();
}

bool DeltaReader::read_row(const Columns& columns, HashRow& row) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    tokens_.next();
    if (!read_value(columns[i], row)) return false;
    tokens_.next();
    if (!tokens_.is(i + 1 < columns.size() ? ',' : ')')) return false;
  }
  return !columns.empty();
}

bool DeltaReader::read_value(std::string_view column, HashRow& row) {
  static constexpr std::array<std::string_view, 3> kDigests = {"MD5", "SHA1", "SHA256"};  // by DigestKind
  const bool negative = tokens_.is('-');
  if (negative && tokens_.next() != Token::number) return false;
  const Token value = tokens_.last();
  if (value != Token::text && value != Token::number && !tokens_.is("NULL")) return false;
  if (column == "FILE_SIZE" || column == "BYTES") {
    row.size = value == Token::number && !negative ? parse_whole_number(tokens_.text()) : std::nullopt;
    return row.size.has_value() || tokens_.is("NULL");
  }
  const auto* const named = std::find(kDigests.begin(), kDigests.end(), column);
  if (named == kDigests.end() || value != Token::text || tokens_.text().empty()) return true;
  const std::optional<HashValue> digest = parse_digest(tokens_.text());
  if (!digest || digest->kind != static_cast<DigestKind>(named - kDigests.begin())) return false;
  row.set(*digest);
  return true;
}

}  // namespace

bool begins_hash_delta(std::string_view head) {
  static constexpr std::array<std::string_view, 6> kFirst = {"BEGIN", "INSERT", "UPDATE", "DELETE", "PRAGMA", "CREATE"};
  const std::size_t begin = std::min(head.find_first_not_of(" \t\r\n"), head.size());
  const std::string word =
      uppered(head.substr(begin, std::min(head.find_first_of(" \t\r\n;", begin), head.size()) - begin));
  return word.starts_with("--") || std::find(kFirst.begin(), kFirst.end(), word) != kFirst.end();
}

Result<HashRows> read_hash_delta(const std::string& path, const TakeHashRow& take) {
  return DeltaReader(path).read(take);
}

}  // namespace ambit
