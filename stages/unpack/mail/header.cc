#include "stages/unpack/mail/header.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "pipeline/ascii.h"
#include "stages/unpack/mail/transfer_encoding.h"
#include "stages/unpack/text/charset.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kBlank = " \t\r\n";

bool equal_caseless(std::string_view a, std::string_view lower_b) {
  return a.size() == lower_b.size() &&
         std::equal(a.begin(), a.end(), lower_b.begin(), [](char x, char y) { return lower(x) == y; });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// The next header with its folds, without the last newline; nothing at the end of the block.
std::optional<std::string_view> next_header(std::string_view& block) {
  if (block.empty() || block[0] == '\n' || block.starts_with("\r\n")) return std::nullopt;
  std::size_t end = 0;
  while (true) {
    end = block.find('\n', end);
    if (end == std::string_view::npos || end + 1 >= block.size()) break;
    if (block[end + 1] != ' ' && block[end + 1] != '\t') break;
    ++end;
  }
  const std::string_view header = block.substr(0, end);
  block.remove_prefix(std::min(header.size() + 1, block.size()));
  return header.ends_with('\r') ? header.substr(0, header.size() - 1) : header;
}

// A newline and the blanks behind it become one: some programs fold with a tab.
std::string unfolded(std::string_view header) {
  std::string out;
  for (std::size_t at = 0; at < header.size(); ++at) {
    const char c = header[at];
    if (c == '\r' || c == '\n') continue;
    const bool is_behind = at > 0 && header[at - 1] == '\n' && (c == ' ' || c == '\t');
    if (!is_behind) {
      out += c;
      continue;
    }
    out += ' ';
    while (at + 1 < header.size() && (header[at + 1] == ' ' || header[at + 1] == '\t')) ++at;
  }
  return out;
}

// --- encoded words ------------------------------------------------------------------------------------------

struct EncodedWord {
  std::string charset;
  std::string bytes;
  std::size_t length = 0;  // of the word as it stands
};

// The word that `text` begins with ("=?" stands there). RFC 2047 allows 75 bytes, programs make whole lines; the bound
// keeps headers full of beginnings from being searched to their end for each.
std::optional<EncodedWord> encoded_word(std::string_view text) {
  constexpr std::size_t kMostBytes = 2048;
  text = text.substr(0, kMostBytes);
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size()) return std::nullopt;
  if (text[charset_end + 2] != '?') return std::nullopt;
  const char encoding = lower(text[charset_end + 1]);
  const std::size_t begin = charset_end + 3, end = text.find("?=", begin);
  if (end == std::string_view::npos || (encoding != 'b' && encoding != 'q')) return std::nullopt;
  std::string_view charset = text.substr(2, charset_end - 2);
  charset = charset.substr(0, charset.find('*'));  // the language behind it, RFC 2231
  std::string body(text.substr(begin, end - begin));
  if (encoding == 'q') {
    std::replace(body.begin(), body.end(), '_', ' ');
    if (body.ends_with('=')) body.pop_back();
  }
  const auto decoder = transfer_decoder(encoding == 'b' ? "base64" : "quoted-printable");
  return EncodedWord{lowered(charset), rewrite_all(*decoder, body), end + 2};
}

// --- parameters ---------------------------------------------------------------------------------------------

struct Parameter {
  std::string name;  // lower case, without number and star
  std::string value;
  unsigned number = 0;
  bool is_extended = false;  // charset'language'%XX
};

// A value in quotes or up to the next ";". Takes what it read from `text`.
std::string parameter_value(std::string_view& text) {
  std::string out;
  if (!text.starts_with('"')) {
    const std::size_t end = std::min(text.find(';'), text.size());
    out = trimmed(text.substr(0, end));
    text.remove_prefix(end);
    return out;
  }
  std::size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out.push_back(text[i]);
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return out;
}

// "; name*1*=value; …" behind the value of a header.
std::vector<Parameter> parameters(std::string_view text) {
  constexpr std::size_t kMost = 10'000;
  std::vector<Parameter> all;
  while (true) {
    const std::size_t semicolon = text.find(';');
    if (semicolon == std::string_view::npos || all.size() == kMost) return all;
    text.remove_prefix(semicolon + 1);
    const std::size_t equals = text.find_first_of("=;");
    if (equals == std::string_view::npos || text[equals] != '=') continue;
    Parameter parameter;
    std::string name = lowered(trimmed(text.substr(0, equals)));
    text.remove_prefix(equals + 1);
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    parameter.value = parameter_value(text);
    if (name.ends_with('*')) {
      parameter.is_extended = true;
      name.pop_back();
    }
    if (const std::size_t star = name.find('*'); star != std::string::npos) {
      std::from_chars(name.data() + star + 1, name.data() + name.size(), parameter.number);
      name.resize(star);
    }
    parameter.name = std::move(name);
    all.push_back(std::move(parameter));
  }
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char value = 0;
    const char* const digits = text.data() + i + 1;
    const bool is_escape =
        text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2;
    out.push_back(is_escape ? static_cast<char>(value) : text[i]);
    i += is_escape ? 2 : 0;
  }
  return out;
}

// The value of a parameter that may come in numbered pieces, decoded.
std::string parameter(const std::vector<Parameter>& all, std::string_view name) {
  std::vector<const Parameter*> pieces;
  for (const Parameter& p : all) {
    if (p.name == name) pieces.push_back(&p);
  }
  if (pieces.empty()) return {};
  std::stable_sort(pieces.begin(), pieces.end(), [](auto* a, auto* b) { return a->number < b->number; });
  // Of a value that stands there twice the extended one counts.
  if (pieces.size() > 1 && pieces[1]->number == 0) {
    const auto extended = std::find_if(pieces.begin(), pieces.end(), [](auto* p) { return p->is_extended; });
    pieces = {extended == pieces.end() ? pieces[0] : *extended};
  }
  std::string bytes, charset;
  const bool is_extended = pieces[0]->is_extended;
  for (const Parameter* piece : pieces) {
    std::string_view value = piece->value;
    if (piece == pieces[0] && is_extended) {
      const std::size_t first = value.find('\''), second = first == value.npos ? first : value.find('\'', first + 1);
      if (second != value.npos) {
        charset = lowered(value.substr(0, first));
        value.remove_prefix(second + 1);
      }
    }
    bytes += piece->is_extended ? percent_decoded(value) : std::string(value);
  }
  return is_extended ? to_utf8(bytes, known_charset(charset)) : decoded_words(bytes);
}

}  // namespace

std::string decoded_words(std::string_view text) {
  std::string out, bytes, charset;  // neighbours of one charset are decoded together: a character may be cut
  const auto flush = [&] {
    if (!bytes.empty()) out += to_utf8(bytes, known_charset(charset));
    bytes.clear();
  };
  std::size_t plain = 0;  // where what is not encoded begins
  for (std::size_t at = text.find("=?"); at != std::string_view::npos; at = text.find("=?", at)) {
    const auto word = encoded_word(text.substr(at));
    if (!word) {
      at += 2;
      continue;
    }
    const std::string_view between = text.substr(plain, at - plain);
    const bool are_neighbours = plain > 0 && between.find_first_not_of(kBlank) == std::string_view::npos;
    if (!are_neighbours || word->charset != charset) flush();
    if (!are_neighbours) out += to_utf8(between, kUtf8OrWestern);
    bytes += word->bytes;
    charset = word->charset;
    at += word->length;
    plain = at;
  }
  flush();
  return out + to_utf8(text.substr(plain), kUtf8OrWestern);
}

std::string readable_headers(std::string_view block) {
  std::string out;
  while (const auto header = next_header(block)) out += decoded_words(unfolded(*header)) + '\n';
  return out;
}

std::size_t end_of_headers(std::string_view text, std::size_t from) {
  const std::size_t wide = text.find("\r\n\r\n", from), narrow = text.find("\n\n", from);
  return std::min(wide == text.npos ? wide : wide + 4, narrow == text.npos ? narrow : narrow + 2);
}

std::optional<std::string> header_value(std::string_view block, std::string_view name) {
  while (const auto header = next_header(block)) {
    if (header->size() <= name.size() || lower(header->front()) != name.front()) continue;
    const std::size_t colon = header->find(':');
    if (colon == std::string_view::npos || !equal_caseless(trimmed(header->substr(0, colon)), name)) continue;
    return unfolded(trimmed(header->substr(colon + 1)));
  }
  return std::nullopt;
}

MailHeaders read_mail_headers(std::string_view block) {
  MailHeaders out;
  if (const auto value = header_value(block, "content-type")) {
    out.type = lowered(trimmed(std::string_view(*value).substr(0, value->find(';'))));
    const auto all = parameters(*value);
    out.boundary = parameter(all, "boundary");
    out.charset = parameter(all, "charset");
    out.name = parameter(all, "name");
    out.parts_words =
        equal_caseless(parameter(all, "format"), "flowed") && equal_caseless(parameter(all, "delsp"), "yes");
  }
  if (const auto value = header_value(block, "content-disposition")) {
    out.disposition = lowered(trimmed(std::string_view(*value).substr(0, value->find(';'))));
    if (std::string name = parameter(parameters(*value), "filename"); !name.empty()) out.name = std::move(name);
  }
  if (const auto value = header_value(block, "content-transfer-encoding")) {
    out.encoding = lowered(trimmed(std::string_view(*value).substr(0, value->find_first_of(";("))));
  }
  if (const auto value = header_value(block, "date")) out.date = mail_date(*value);
  return out;
}

}  // namespace ambit::unpack
