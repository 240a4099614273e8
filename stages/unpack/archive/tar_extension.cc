#include "stages/unpack/archive/tar_extension.h"

#include <charconv>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/archive/tar_header.h"

namespace ambit::unpack {

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

namespace {

std::optional<std::uint64_t> number(std::string_view text) { return take_number(text); }

// Seconds with a fraction, rounded down.
std::optional<std::int64_t> seconds(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto whole = take_number(text);
  if (!whole || *whole > static_cast<std::uint64_t>(INT64_MAX) - 1) return std::nullopt;
  const bool fraction = text.starts_with('.') && text.find_first_not_of(".0") != std::string_view::npos;
  const auto value = static_cast<std::int64_t>(*whole);
  return negative ? -value - (fraction ? 1 : 0) : value;
}

}  // namespace

bool TarExtension::read(std::string_view records) {
  while (!records.empty() && records[0] != '\0') {
    std::string_view rest = records;
    const auto length = take_number(rest);
    if (!length || *length > records.size() || !rest.starts_with(' ')) return false;
    rest.remove_prefix(1);
    const std::size_t before = records.size() - rest.size();
    if (*length <= before) return false;
    std::string_view record = rest.substr(0, static_cast<std::size_t>(*length) - before);
    if (record.ends_with('\n')) record.remove_suffix(1);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos) return false;
    set(record.substr(0, equals), record.substr(equals + 1));
    records.remove_prefix(static_cast<std::size_t>(*length));
  }
  return true;
}

void TarExtension::set(std::string_view key, std::string_view value) {
  constexpr std::string_view kSparse = "GNU.sparse.";
  if (key == "path") name = value.substr(0, limits::kMaxPartNameBytes);
  if (key == "linkpath") link = value.substr(0, limits::kMaxPartNameBytes);
  if (key == "size") size = number(value);
  if (key == "mtime") modified = seconds(value);
  if (key == "SCHILY.realsize") real_size = number(value);
  if (key.starts_with(kSparse)) set_sparse(key.substr(kSparse.size()), value);
}

void TarExtension::set_sparse(std::string_view key, std::string_view value) {
  sparse = true;
  if (key == "major") map_in_front = value == "1";
  if (key == "name") name = value.substr(0, limits::kMaxPartNameBytes);
  if (key == "size" || key == "realsize") real_size = number(value);
  if (key == "offset") next_start_ = number(value).value_or(0);
  if (key == "map") read_map(value);
  if (key == "numbytes" && pieces.size() < limits::kMaxRunsPerObject) {
    add_piece(pieces, next_start_, number(value).value_or(0));
  }
}

void TarExtension::read_map(std::string_view map) {
  while (pieces.size() < limits::kMaxRunsPerObject) {
    const auto start = take_number(map);
    if (!start || !map.starts_with(',')) return;
    map.remove_prefix(1);
    const auto length = take_number(map);
    if (!length || !add_piece(pieces, *start, *length) || !map.starts_with(',')) return;
    map.remove_prefix(1);
  }
}

}  // namespace ambit::unpack
