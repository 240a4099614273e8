#include "stages/audit/readings.h"

#include <algorithm>
#include <array>

namespace ambit::audit {
namespace {

constexpr std::size_t kFewestWide = 6;     // letters; a@b.co is the shortest value there is
constexpr std::size_t kFewestBase64 = 24;  // digits of base64 that are worth a look: 18 bytes

bool is_printable(char c) { return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r'; }

// The value of a digit of base64 in either alphabet; 64: it is none.
constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> out{};
  out.fill(64);
  std::uint8_t value = 0;
  for (char c = 'A'; c <= 'Z'; ++c) out[static_cast<unsigned char>(c)] = value++;
  for (char c = 'a'; c <= 'z'; ++c) out[static_cast<unsigned char>(c)] = value++;
  for (char c = '0'; c <= '9'; ++c) out[static_cast<unsigned char>(c)] = value++;
  out['+'] = out['-'] = 62;
  out['/'] = out['_'] = 63;
  return out;
}();
std::uint8_t value_of(char c) { return kValues[static_cast<unsigned char>(c)]; }

// How many bytes of a line end stand there, with a digit behind it.
std::size_t line_end(std::string_view bytes, std::size_t at) {
  const std::size_t size = bytes.substr(at, 2) == "\r\n" ? 2 : bytes.substr(at, 1) == "\n" ? 1 : 0;
  return size > 0 && at + size < bytes.size() && value_of(bytes[at + size]) < 64 ? size : 0;
}

void close_stretch(Reading& out, std::size_t at) {
  out.text.push_back('\0');
  out.source.push_back(static_cast<std::uint32_t>(at));
}

}  // namespace

Reading read_utf16(std::string_view bytes) {
  Reading out;
  for (std::size_t at = bytes.find('\0'); at != std::string_view::npos; at = bytes.find('\0', at + 1)) {
    if (at == 0 || !is_printable(bytes[at - 1])) continue;
    std::size_t end = at - 1;  // of the letters: the last one, and then one past it
    while (end + 2 < bytes.size() && bytes[end + 1] == '\0' && is_printable(bytes[end + 2])) end += 2;
    if ((end - (at - 1)) / 2 + 1 >= kFewestWide) {
      for (std::size_t letter = at - 1; letter <= end; letter += 2) {
        out.text.push_back(bytes[letter]);
        out.source.push_back(static_cast<std::uint32_t>(letter));
      }
      close_stretch(out, end + 1);
    }
    at = std::max(at, end);
  }
  return out;
}

Reading read_base64(std::string_view bytes) {
  Reading out;
  for (std::size_t at = 0; at < bytes.size();) {
    if (value_of(bytes[at]) == 64) {
      ++at;
      continue;
    }
    const std::size_t kept = out.text.size();
    std::uint32_t bits = 0;
    unsigned have = 0;
    std::size_t digits = 0, controls = 0, first = at;
    for (std::size_t skip = 0; at < bytes.size(); at += 1 + skip) {
      if (value_of(bytes[at]) == 64) break;
      bits = bits << 6 | value_of(bytes[at]);
      have += 6;
      ++digits;
      if (have == 6) first = at;
      if (have >= 8) {
        have -= 8;
        const auto byte = static_cast<char>(bits >> have & 0xffU);
        if (!is_printable(byte) && static_cast<unsigned char>(byte) < 0x80) ++controls;
        out.text.push_back(byte);
        out.source.push_back(static_cast<std::uint32_t>(first));
        first = at;
      }
      skip = line_end(bytes, at + 1);
    }
    const std::size_t decoded = out.text.size() - kept;
    // Text in any character set has no controls; of other bytes one in eight is one.
    if (digits < kFewestBase64 || controls * 50 > decoded) {
      out.text.resize(kept);
      out.source.resize(kept);
    } else {
      close_stretch(out, at);
    }
  }
  return out;
}

}  // namespace ambit::audit
