// What a text is written in, where nobody says so.
#include <uchardet/uchardet.h>

#include <algorithm>
#include <array>
#include <memory>

#include "stages/unpack/text/charset.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

struct Mark {
  std::string_view bytes, charset;
};
constexpr std::array kMarks = {
    Mark{"\xff\xfe\0\0"sv, "utf-32le"sv},
    Mark{"\0\0\xfe\xff"sv, "utf-32be"sv},
    Mark{"\xff\xfe"sv, "utf-16le"sv},
    Mark{"\xfe\xff"sv, "utf-16be"sv},
};

// Units of two or four bytes without a mark: those that are printable ASCII or Latin-1, their other bytes zero, are
// counted in both orders. Blanks and digits are there in every language.
std::string_view by_zeros(std::string_view sample) {
  if (sample.find('\0') == std::string_view::npos) return {};
  std::array<std::size_t, 4> wide{}, narrow{};  // by which byte of four or of two holds the character
  std::size_t nuls = 0;
  const auto is_text = [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\r' || c == '\t';
  };
  for (std::size_t i = 0; i + 4 <= sample.size(); i += 4) {
    const std::string_view four = sample.substr(i, 4);
    nuls += four == "\0\0\0\0"sv ? 1U : 0U;
    if (is_text(four[0]) && four.substr(1) == "\0\0\0"sv) ++wide[0];
    if (is_text(four[3]) && four.substr(0, 3) == "\0\0\0"sv) ++wide[3];
    for (const std::size_t half : {0U, 2U}) {
      if (is_text(four[half]) && four[half + 1] == '\0') ++narrow[0];
      if (is_text(four[half + 1]) && four[half] == '\0') ++narrow[1];
    }
  }
  const std::size_t fours = sample.size() / 4;
  if (nuls * 10 > fours) return {};
  if (wide[0] * 2 > fours) return "utf-32le";
  if (wide[3] * 2 > fours) return "utf-32be";
  const std::size_t most = std::max(narrow[0], narrow[1]), least = std::min(narrow[0], narrow[1]);
  if (most * 10 < fours || most < 4 * least + 2) return {};
  return narrow[0] > narrow[1] ? "utf-16le" : "utf-16be";
}

// Valid, but for a character that is cut at the end.
bool is_utf8(std::string_view sample) {
  const auto decoder = charset_decoder(kUtf8OrWestern);
  std::string out;
  decoder->rewrite(sample, out);
  const std::size_t mark = sample.starts_with(kUtf8Mark) ? kUtf8Mark.size() : 0;
  return sample.substr(mark).starts_with(out) && out.size() + mark + 3 >= sample.size();
}

}  // namespace

std::string_view guessed_wide_charset(std::string_view front) {
  if (front.starts_with(kUtf8Mark)) return {};
  for (const Mark& mark : kMarks) {
    if (front.starts_with(mark.bytes)) return mark.charset;
  }
  return by_zeros(front);
}

std::string guessed_charset(std::string_view sample, Sample where) {
  if (where == Sample::front) {
    if (sample.starts_with(kUtf8Mark)) return std::string(kUtf8OrWestern);
    if (const std::string_view wide = guessed_wide_charset(sample); !wide.empty()) return std::string(wide);
  }
  const bool has_escapes = sample.find('\x1b') != std::string_view::npos || sample.find("~{") != std::string_view::npos;
  if (!has_escapes && is_utf8(sample)) return std::string(kUtf8OrWestern);
  const std::unique_ptr<uchardet, void (*)(uchardet_t)> detector(uchardet_new(), uchardet_delete);
  if (uchardet_handle_data(detector.get(), sample.data(), sample.size()) != 0) return std::string(kUtf8OrWestern);
  uchardet_data_end(detector.get());
  const std::string charset = known_charset(uchardet_get_charset(detector.get()));
  // The sign that ISO-8859-1 has where ISO-8859-15 has the euro is in no text that anybody wrote.
  const bool has_controls = std::any_of(sample.begin(), sample.end(), [](char c) { return (c & '\xe0') == '\x80'; });
  if (charset == kUtf8OrWestern && !has_controls && sample.find('\xa4') != sample.npos) return "iso-8859-15";
  return charset.empty() ? std::string(kUtf8OrWestern) : charset;
}

}  // namespace ambit::unpack
