#include "pipeline/hash_list.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

namespace ambit {
namespace {

// The longest line: a file name of limits::kMaxPathBytes with every byte escaped, and room for the digests.
constexpr std::size_t kMaxLineBytes = 256 * 1024;
constexpr std::string_view kNotAList = "not a hash list: hashdeep, md5sum, sha1sum or sha256sum";
constexpr std::string_view kHashdeepMark = "%%%% ";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<DigestKind> kind_of_length(std::size_t hex_digits) {
  for (const DigestKind kind : {DigestKind::md5, DigestKind::sha1, DigestKind::sha256}) {
    if (hex_digits == 2 * digest_bytes(kind)) return kind;
  }
  return std::nullopt;
}

// "<hex>  name" or "<hex> *name"; a leading back-slash says that the name is escaped.
std::optional<HashValue> parse_sum_line(std::string_view line) {
  if (line.starts_with('\\')) line.remove_prefix(1);
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos || line.size() < blank + 3) return std::nullopt;
  if (line[blank + 1] != ' ' && line[blank + 1] != '*') return std::nullopt;
  return parse_digest(line.substr(0, blank));
}

// "SHA256 (name) = <hex>"; the tag and the number of digits must agree.
std::optional<HashValue> parse_tagged_line(std::string_view line) {
  static constexpr std::array<std::pair<std::string_view, DigestKind>, 4> kTags = {{{"MD5", DigestKind::md5},
                                                                                    {"SHA1", DigestKind::sha1},
                                                                                    {"SHA256", DigestKind::sha256},
                                                                                    {"SHA2-256", DigestKind::sha256}}};
  if (line.starts_with('\\')) line.remove_prefix(1);
  for (const auto& [tag, kind] : kTags) {
    if (!line.starts_with(tag)) continue;
    std::string_view rest = line.substr(tag.size());
    if (rest.starts_with(' ')) rest.remove_prefix(1);
    const std::size_t close = rest.rfind(')');
    if (!rest.starts_with('(') || close == std::string_view::npos || close < 2) continue;
    rest.remove_prefix(close + 1);
    if (rest.starts_with(' ')) rest.remove_prefix(1);
    if (!rest.starts_with("= ")) continue;
    const std::optional<HashValue> hash = parse_digest(rest.substr(2));
    if (hash && hash->kind == kind) return hash;
  }
  return std::nullopt;
}

// Reads a list line by line; the first line that says something decides between hashdeep and sums.
class ListParser {
 public:
  // False where the line is neither a hash nor one of the list's own comments. row() holds what it says: nothing for
  // a comment.
  [[nodiscard]] bool take(std::string_view line);
  [[nodiscard]] const std::optional<HashRow>& row() const { return row_; }

 private:
  enum class Column : std::uint8_t { size, md5, sha1, sha256, other };
  [[nodiscard]] bool take_header(std::string_view header);
  [[nodiscard]] bool take_row(std::string_view row);

  bool hashdeep_ = false;
  std::vector<Column> columns_;  // without the last one, the file name
  std::optional<HashRow> row_;
  bool rows_before_ = false;
};

bool ListParser::take(std::string_view line) {
  row_.reset();
  if (line.empty()) return true;
  if (line.starts_with(kHashdeepMark)) {
    if (!hashdeep_ && rows_before_) return false;
    hashdeep_ = true;
    return take_header(line.substr(kHashdeepMark.size()));
  }
  if (line.starts_with('#')) return true;
  if (hashdeep_) return take_row(line);
  std::optional<HashValue> hash = parse_sum_line(line);
  if (!hash) hash = parse_tagged_line(line);
  if (!hash) return false;
  row_.emplace().set(*hash);
  rows_before_ = true;
  return true;
}

bool ListParser::take_header(std::string_view header) {
  if (header.starts_with("HASHDEEP")) return true;
  columns_.clear();
  bool digest = false;
  for (;;) {
    const std::size_t comma = header.find(',');
    if (comma == std::string_view::npos) return header == "filename" && digest;
    const std::string_view name = header.substr(0, comma);
    Column column = Column::other;
    if (name == "size") column = Column::size;
    for (std::size_t kind = 0; kind < kDigestNames.size(); ++kind) {
      if (name != kDigestNames[kind]) continue;
      column = static_cast<Column>(static_cast<std::size_t>(Column::md5) + kind);
      digest = true;
    }
    columns_.push_back(column);
    header.remove_prefix(comma + 1);
  }
}

bool ListParser::take_row(std::string_view row) {
  HashRow out;
  bool digest = false;
  for (const Column column : columns_) {
    const std::size_t comma = row.find(',');
    if (comma == std::string_view::npos) return false;
    const std::string_view cell = row.substr(0, comma);
    row.remove_prefix(comma + 1);
    if (column == Column::size) {
      out.size = parse_whole_number(cell);
      if (!out.size) return false;
    } else if (column != Column::other && !cell.empty()) {
      const std::optional<HashValue> hash = parse_digest(cell);
      const auto named = static_cast<DigestKind>(static_cast<int>(column) - static_cast<int>(Column::md5));
      if (!hash || hash->kind != named) return false;
      out.set(*hash);
      digest = true;
    }
  }
  if (digest) row_ = out;
  return digest;
}

Error not_a_list(const std::string& path, std::uint64_t line) {
  return Error{
      ErrorKind::order, std::string(kNotAList), path + ", line " + std::to_string(line),
      "name a hashdeep or sha256sum list, a database of the NSRL or of Autopsy, or a set of ambit hashset build"};
}

Error unreadable(const std::string& path, const std::string& why) {
  return Error{ErrorKind::io, "cannot read the hash list: " + why, path,
               "check the path; it is relative to the folder of the order file"};
}

}  // namespace

std::optional<HashValue> parse_digest(std::string_view hex) {
  const std::optional<DigestKind> kind = kind_of_length(hex.size());
  if (!kind) return std::nullopt;
  HashValue hash{*kind, {}, std::nullopt};
  for (std::size_t i = 0; i < hex.size() / 2; ++i) {
    const int high = hex_digit(hex[2 * i]);
    const int low = hex_digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    hash.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return hash;
}

std::optional<std::uint64_t> parse_whole_number(std::string_view digits) {
  std::uint64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, number);
  if (digits.empty() || failure != std::errc{} || stop != end) return std::nullopt;
  return number;
}

void HashRow::set(const HashValue& digest) {
  const auto index = static_cast<std::size_t>(digest.kind);
  digests[index] = digest.bytes;
  has[index] = true;
}

std::optional<HashValue> pick_digest(const HashRow& row, std::optional<DigestKind> kind) {
  for (const DigestKind candidate : {DigestKind::sha256, DigestKind::sha1, DigestKind::md5}) {
    const auto index = static_cast<std::size_t>(candidate);
    if (kind.value_or(candidate) == candidate && row.has[index])
      return HashValue{candidate, row.digests[index], row.size};
  }
  return std::nullopt;
}

Result<> read_hash_list(const std::string& path, const TakeHashRow& take) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return unreadable(path, "it is a folder");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return unreadable(path, std::strerror(errno != 0 ? errno : EIO));

  ListParser parser;
  bool some = false;
  std::vector<char> buffer(kMaxLineBytes);
  for (std::uint64_t number = 1;; ++number) {
    in.getline(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    if (in.bad()) return unreadable(path, std::strerror(EIO));
    const auto taken = static_cast<std::size_t>(in.gcount());
    if (in.eof() && taken == 0) break;
    if (in.fail() && !in.eof()) return not_a_list(path, number);  // too long
    std::string_view line(buffer.data(), in.eof() ? taken : taken - 1);
    if (number == 1 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!parser.take(line)) return not_a_list(path, number);
    if (parser.row()) {
      some = true;
      if (Result<> done = take(*parser.row()); !done) return done;
    }
    if (in.eof()) break;
  }
  if (!some) return Error{ErrorKind::order, "the hash list holds no hash", path, "leave it out"};
  return {};
}

}  // namespace ambit
