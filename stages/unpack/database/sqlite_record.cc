// What a row of an SQLite database holds, as text.
//
//   record = varint bytes-of-header *( varint type ) *value
//   type   = 0 null | 1 … 6 integer of 1, 2, 3, 4, 6, 8 bytes | 7 double | 8 zero | 9 one | even blob | odd text
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include "stages/unpack/database/sqlite_file.h"
#include "stages/unpack/text/charset.h"

namespace ambit::unpack {
namespace {

constexpr std::array<std::size_t, 10> kBytes = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
constexpr std::size_t kMaxColumns = 32'767;  // the library's own bound
constexpr std::uint64_t kDouble = 7, kZero = 8, kOne = 9, kFirstBlob = 12;

std::string number_text(std::string_view bytes, std::uint64_t type) {
  if (type == 0) return {};
  if (type == kZero) return "0";
  if (type == kOne) return "1";
  if (bytes.empty()) return {};  // 10 and 11 mean nothing
  std::uint64_t value = (static_cast<unsigned char>(bytes[0]) & 0x80) != 0 ? UINT64_MAX : 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  if (type != kDouble) return std::to_string(static_cast<std::int64_t>(value));
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), std::bit_cast<double>(value)).ptr;
  const std::string digits(text.data(), end);
  return digits.find_first_of(".en") == std::string::npos ? digits + ".0" : digits;
}

std::string text_text(std::string_view bytes, TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::utf16le:
      return to_utf8(bytes, "utf-16le");
    case TextEncoding::utf16be:
      return to_utf8(bytes, "utf-16be");
    case TextEncoding::utf8:
      break;
  }
  return to_utf8(bytes, kUtf8OrWestern);
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

// Mostly characters of ASCII in units of two bytes.
bool is_plain_utf16le(std::string_view bytes) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) plain += bytes[i] >= ' ' && bytes[i + 1] == '\0' ? 1U : 0U;
  return bytes.size() % 2 == 0 && plain * 8 >= bytes.size() * 3;
}

// A blob that is text all the same; other blobs are swept with the bytes of the database.
std::string blob_text(std::string_view bytes) {
  if (bytes.find('\0') != std::string_view::npos) {
    return is_plain_utf16le(bytes) ? to_utf8(bytes, "utf-16le") : std::string();
  }
  if (std::any_of(bytes.begin(), bytes.end(), is_control)) return {};
  std::string text = to_utf8(bytes, kUtf8OrWestern);
  return text == bytes ? text : std::string();
}

}  // namespace

std::optional<std::uint64_t> sqlite_header_bytes(std::string_view payload) {
  std::size_t at = 0;
  const auto header = sqlite_varint(payload, at);
  return header && *header >= at ? header : std::nullopt;
}

std::optional<std::vector<SqliteValue>> sqlite_values(std::string_view header) {
  const auto bytes = sqlite_header_bytes(header);
  if (!bytes) return std::nullopt;
  std::vector<SqliteValue> values;
  const std::string_view types =
      header.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(*bytes, header.size())));
  std::size_t at = 0;
  static_cast<void>(sqlite_varint(types, at));
  std::uint64_t place = *bytes;
  while (at < types.size() && values.size() < kMaxColumns) {
    const auto type = sqlite_varint(types, at);
    if (!type) break;
    SqliteValue value{*type, place, *type < kBytes.size() ? kBytes[*type] : 0};
    if (*type >= kFirstBlob) value.bytes = (*type - kFirstBlob) / 2;
    place = value.bytes > UINT64_MAX - place ? UINT64_MAX : place + value.bytes;
    values.push_back(value);
  }
  return values;
}

std::string sqlite_text(const SqliteValue& value, std::string_view bytes, TextEncoding encoding) {
  if (value.is_blob()) return blob_text(bytes);
  if (value.is_text()) return text_text(bytes, encoding);
  return bytes.size() == value.bytes ? number_text(bytes, value.type) : std::string();
}

std::optional<std::vector<std::string>> sqlite_columns(std::string_view payload, TextEncoding encoding) {
  const auto values = sqlite_values(payload);
  if (!values) return std::nullopt;
  std::vector<std::string> columns;
  for (const SqliteValue& value : *values) {
    const auto at = static_cast<std::size_t>(std::min<std::uint64_t>(value.at, payload.size()));
    const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(value.bytes, payload.size() - at));
    columns.push_back(sqlite_text(value, payload.substr(at, bytes), encoding));
    for (char& c : columns.back()) c = c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  }
  return columns;
}

}  // namespace ambit::unpack
