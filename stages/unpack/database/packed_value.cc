#include "stages/unpack/database/packed_value.h"

#include <algorithm>

#include "pipeline/ascii.h"
#include "stages/unpack/input.h"
#include "stages/unpack/text/charset.h"
#include "stages/unpack/unpack.h"

namespace ambit::unpack {
namespace {

// What people read as it is: the view shows it.
bool is_readable_format(Format format) {
  return format == Format::mail || format == Format::mailbox || format == Format::uuencode || format == Format::html ||
         format == Format::xml || format == Format::folded || format == Format::charset;
}

// Of a picture: most have none, and databases are full of them. Programs write it in front.
bool holds_packed_text(std::string_view head) {
  return head.find("zTXt") != std::string_view::npos || head.find("iTXt") != std::string_view::npos;
}

// Every second byte of what has zeros in it is one, for the most part.
bool is_mostly_wide(std::string_view value) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i + 1 < value.size(); i += 2) plain += value[i] >= ' ' && value[i + 1] == '\0' ? 1U : 0U;
  return value.size() % 2 == 0 && plain * 8 >= value.size() * 3;
}

}  // namespace

bool is_packed_value(Format format, std::span<const std::byte> head) {
  if (format == Format::png) return holds_packed_text(chars(head));
  return format != Format::none && !is_readable_format(format);
}

bool is_packed_value(std::span<const std::byte> head, std::uint64_t bytes) {
  if (bytes < kLeastPackedBytes) return false;
  return is_packed_value(format_of(head.first(std::min(head.size(), kKindBytes)), {}, bytes), head);
}

void append_shown(std::string_view value, std::string& line) {
  const bool is_wide = value.find('\0') != std::string_view::npos && is_mostly_wide(value);
  const bool is_plain = !is_wide && is_ascii(value);
  const std::string decoded = is_plain ? std::string() : to_utf8(value, is_wide ? "utf-16le" : kUtf8OrWestern);
  for (const char c : is_plain ? value : std::string_view(decoded)) {
    line.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
}

}  // namespace ambit::unpack
