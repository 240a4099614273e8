#include "stages/open/vmdk_text.h"

#include <charconv>

#include "pipeline/limits.h"

namespace ambit::open::vmdk {
namespace {

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r\0";
  const std::size_t begin = line.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(kSpace) - begin + 1);
}

std::string_view next_word(std::string_view& line) {
  line = trimmed(line);
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

std::uint64_t number(std::string_view word) {
  std::uint64_t value = 0;
  const auto [end, status] = std::from_chars(word.data(), word.data() + word.size(), value);
  return status == std::errc() && end == word.data() + word.size() ? value : 0;
}

ExtentKind kind_of(std::string_view word) {
  if (word == "FLAT" || word == "VMFS") return ExtentKind::flat;
  if (word == "SPARSE") return ExtentKind::sparse;
  if (word == "ZERO") return ExtentKind::zero;
  return ExtentKind::other;
}

// `line` behind the access word.
Extent extent(std::string_view line) {
  Extent out;
  out.sectors = number(next_word(line));
  out.kind = kind_of(next_word(line));
  const std::size_t open = line.find('"');
  const std::size_t close = line.rfind('"');
  if (open == std::string_view::npos || open == close) return out;
  std::string_view file = line.substr(open + 1, close - open - 1);
  file.remove_prefix(std::min(file.find_last_of("/\\") + 1, file.size()));
  out.file = file;
  line.remove_prefix(close + 1);
  out.begin = number(next_word(line));
  return out;
}

}  // namespace

std::optional<Description> parse(std::string_view text) {
  Description out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with("parentCID")) {
      const std::string_view value = trimmed(line.substr(std::min(line.find('=') + 1, line.size())));
      out.has_parent = value != "ffffffff" && value != "FFFFFFFF";
    }
    if (line.starts_with("encryption.")) out.is_encrypted = true;
    const std::string_view access = next_word(line);
    if (access != "RW" && access != "RDONLY" && access != "NOACCESS") continue;
    if (out.extents.size() >= limits::kMaxVmdkExtents) return std::nullopt;
    out.extents.push_back(extent(line));
  }
  return out;
}

}  // namespace ambit::open::vmdk
