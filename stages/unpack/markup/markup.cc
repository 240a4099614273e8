// HTML and XML: what they are written in, which dialect it is, and the text of it.
#include "stages/unpack/markup/markup.h"

#include <algorithm>
#include <array>

#include "pipeline/ascii.h"
#include "pipeline/limits.h"
#include "stages/unpack/markup/reader.h"
#include "stages/unpack/text/charset.h"
#include "stages/unpack/text/window.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kHeadBytes = 4 * limits::KiB;  // what a document says of itself is looked for in so many

// The word behind `key` and "=", in quotes or not: <meta charset=…>, content="text/html; charset=…", encoding="…".
std::string label_behind(std::string_view lower_head, std::string_view key) {
  for (std::size_t at = lower_head.find(key); at != lower_head.npos; at = lower_head.find(key, at + 1)) {
    const std::size_t equals = lower_head.find_first_not_of(" \t\r\n", at + key.size());
    if (equals == lower_head.npos || lower_head[equals] != '=') continue;
    const std::size_t begin = lower_head.find_first_not_of(" \t\r\n\"'", equals + 1);
    if (begin == lower_head.npos) continue;
    const std::size_t end = std::min(lower_head.find_first_of(" \t\r\n\"';/>?", begin), lower_head.size());
    if (end > begin) return std::string(lower_head.substr(begin, end - begin));
  }
  return {};
}

bool has_wide_units(std::string_view charset) { return charset.starts_with("utf-16") || charset.starts_with("utf-32"); }

// What the document says it is written in; empty: it says nothing.
std::string declared_charset(std::string_view head) {
  if (const std::string_view wide = guessed_wide_charset(head); !wide.empty()) return std::string(wide);
  if (head.starts_with(kUtf8Mark)) return std::string(kUtf8OrWestern);
  const std::string lower_head = lowered(head);
  std::string_view rest = lower_head;
  std::string label;
  if (rest.starts_with("<?xml")) label = label_behind(rest.substr(0, rest.find("?>")), "encoding");
  if (label.empty()) label = label_behind(rest, "charset");
  const std::string charset = known_charset(label);
  // It could not be read so far, were it true.
  return has_wide_units(charset) ? std::string(kUtf8OrWestern) : charset;
}

Dialect dialect_of(std::string_view head, std::string_view charset) {
  // Namespaces; the last are of Word 2003 and of a package in one file.
  constexpr std::array kOoxmlNames = {"openxmlformats.org/wordprocessingml"sv,
                                      "openxmlformats.org/spreadsheetml"sv,
                                      "openxmlformats.org/presentationml"sv,
                                      "openxmlformats.org/drawingml"sv,
                                      "purl.oclc.org/ooxml/wordprocessingml"sv,
                                      "purl.oclc.org/ooxml/spreadsheetml"sv,
                                      "purl.oclc.org/ooxml/presentationml"sv,
                                      "purl.oclc.org/ooxml/drawingml"sv,
                                      "schemas.microsoft.com/office/visio"sv,
                                      "schemas.microsoft.com/visio"sv,
                                      "schemas.microsoft.com/office/word"sv,
                                      "/office/spreadsheetml/"sv,
                                      "<w:worddocument"sv,
                                      "<pkg:package"sv};
  constexpr std::array kOdf = {"urn:oasis:names:tc:opendocument"sv, "<office:document"sv};
  const std::string text = lowered(to_utf8(head, charset));
  const auto has = [&](std::string_view words) { return text.find(words) != std::string::npos; };
  if (std::any_of(kOoxmlNames.begin(), kOoxmlNames.end(), has)) return Dialect::ooxml;
  if (std::any_of(kOdf.begin(), kOdf.end(), has)) return Dialect::odf;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_declared = first != std::string::npos && std::string_view(text).substr(first).starts_with("<?xml");
  const bool is_html = has("<html") || has("<!doctype html") || has("<body") || has("<div") || has("<head");
  return is_declared && !is_html ? Dialect::xml : Dialect::html;
}

}  // namespace

std::unique_ptr<ByteStream> markup_stream(std::unique_ptr<ByteStream> bytes, std::string charset,
                                          std::optional<Dialect> dialect, const SharedTexts* shared) {
  auto peeked = std::make_unique<Peeked>(std::move(bytes), kHeadBytes);
  const std::string_view head = peeked->head();
  // Whether units are wide the bytes know better than any label.
  const bool is_wide = !guessed_wide_charset(head).empty();
  if (charset.empty() || is_wide != has_wide_units(charset)) charset = declared_charset(head);
  if (!dialect) dialect = dialect_of(head, charset);
  if (charset.empty() && *dialect != Dialect::html) charset = kUtf8OrWestern;
  auto text = rewritten(std::move(peeked), charset_decoder(charset));
  return rewritten(std::move(text), markup_text(*dialect, shared));
}

std::unique_ptr<ByteStream> shared_texts_stream(std::unique_ptr<ByteStream> bytes, SharedTexts& shared) {
  auto peeked = std::make_unique<Peeked>(std::move(bytes), kHeadBytes);
  const std::string charset = declared_charset(peeked->head());
  auto text = rewritten(std::move(peeked), charset_decoder(charset.empty() ? kUtf8OrWestern : charset));
  return rewritten(std::move(text), std::make_unique<MarkupReader>(Dialect::ooxml, nullptr, &shared));
}

Opened open_markup(const Packed& packed) {
  const std::size_t dot = packed.file_name.rfind('.');
  const std::string extension =
      dot == std::string_view::npos ? std::string() : lowered(packed.file_name.substr(dot + 1));
  constexpr std::array kXml = {"gpx"sv, "kml"sv, "plist"sv, "rss"sv, "svg"sv, "xml"sv, "xsd"sv, "xsl"sv};
  std::optional<Dialect> dialect;
  if (std::find(kXml.begin(), kXml.end(), extension) != kXml.end()) dialect = Dialect::xml;
  if (extension == "html" || extension == "htm") dialect = Dialect::html;
  return Opened(one_view(markup_stream(borrowed(*packed.stream), {}, dialect)));
}

}  // namespace ambit::unpack
