// Where every character is written in signs that know no case (base64, 6b696d, %6b%69%6d, \u006b\u0069\u006d), cores
// are made from whole spellings: as given, lower, UPPER and Title, composed and decomposed. A window is chosen where
// these differ least (after the first letter of a word, say); what stands outside it may be in any case. Base64 of
// plain UTF-8 gets a window in each half of the text, for MIME breaks the line after every 76 characters, and a core
// with a line end inside is not found. Code pages, too: in one byte a letter, all ways to mix the cases of a few
// letters that are not ASCII would be strings too short to be rare.
#include <algorithm>
#include <array>
#include <cassert>
#include <set>

#include "pipeline/ascii.h"
#include "stages/match/base64.h"
#include "stages/match/code_page.h"
#include "stages/match/cores.h"
#include "stages/match/multibyte.h"
#include "stages/match/spelling.h"

namespace ambit::match {
namespace {

constexpr std::size_t kAimBytes = 9;  // twelve characters of base64
constexpr std::size_t kHalfAimBytes = 6;
constexpr std::size_t kMaxCoreBytes = 18;
constexpr std::size_t kMinHalvesBytes = 10;
constexpr std::size_t kMaxSpellings = 8;  // of one literal
constexpr std::size_t kMaxRenderings = 4 * kMaxSpellings;

// Characters written one by one, each in its own signs.
struct WrittenOut {
  Form form;
  bool wide;              // in units of UTF-16, big-endian; else in bytes of UTF-8
  std::string_view sign;  // before each
  std::size_t aim;        // bytes of the text whose signs are rare
  std::size_t least = 0;  // bytes of a text that is looked for
};
// Lists of digests are all digits, in which a short text stands by chance: one of five bytes (of any case) once in ten
// gigabytes or more.
constexpr WrittenOut kWrittenOut[] = {
    {Form::percent, false, "%", 5},
    {Form::json, true, "\\u", 6},
    {Form::json, false, "\\x", 5},
    {Form::hex, false, "", 7, 5},
};

constexpr std::size_t kPageAimBytes = 8;
constexpr std::size_t kRarePageBytes = 6;   // of a word that is looked for by itself
constexpr std::size_t kLeastPageBytes = 4;  // of a text that is looked for in code pages: fewer stand by chance

constexpr std::size_t kLeastEbcdicBytes = 5;

enum class Units : std::uint8_t { utf8, utf16le, utf16be };

// One spelling: its bytes, and where each position of the plain text begins in them (npos: inside a character).
struct Rendering {
  std::string bytes;
  std::vector<std::size_t> starts;
};
constexpr std::size_t kInside = std::string::npos;

Codes titled(const Codes& text) {
  Codes out;
  bool in_word = false, in_host = false;
  for (const char32_t code : text) {
    in_host |= code == U'@';
    out.push_back(in_word || in_host ? to_lower(code) : to_title(code));
    in_word = is_letter(code);
  }
  return out;
}

template <class Change>
Codes changed(Codes text, Change change) {
  for (char32_t& code : text) code = change(code);
  return text;
}

std::vector<Codes> spellings(const Literal& literal, const Codes& text) {
  std::vector<Codes> out = {text};
  if (literal.ignore_case) {
    out.push_back(changed(text, to_lower));
    out.push_back(changed(text, to_upper));
    out.push_back(titled(text));
  }
  for (std::size_t i = 0, count = out.size(); i < count; ++i) out.push_back(to_nfd(out[i]));
  std::erase_if(out, [&](const Codes& s) { return plain_text(s, literal.ignore_case) != literal.plain; });
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  assert(out.size() <= kMaxSpellings);
  return out;
}

Rendering render(const Codes& text, bool ignore_case, Units units) {
  Rendering out;
  for (const char32_t code : text) {
    out.starts.push_back(out.bytes.size());
    out.starts.resize(out.starts.size() + plain_of(code, ignore_case).count - 1, kInside);
    units == Units::utf8 ? append_utf8(out.bytes, code) : append_utf16(out.bytes, code, units == Units::utf16be);
  }
  out.starts.push_back(out.bytes.size());
  return out;
}

// The bytes of a character that is not ASCII; of several ways the one with this number, or the last. Empty: none.
std::string page_bytes(Form page, char32_t code, std::size_t choice) {
  if (is_multibyte(page)) {
    const std::span<const Coded> writings = writings_of(page, code);
    return writings.empty() ? std::string() : bytes_of(writings[std::min(choice, writings.size() - 1)]);
  }
  const unsigned char byte = byte_of_code(page, code);
  return byte == 0 ? std::string() : std::string(1, static_cast<char>(byte));
}

// ASCII in lower case. Nothing where the page has not all of its characters.
std::optional<Rendering> render_in(Form page, const Codes& text, bool ignore_case, std::size_t choice) {
  Rendering out;
  for (const char32_t code : text) {
    const std::string bytes = code < 0x80 ? std::string(1, static_cast<char>(code)) : page_bytes(page, code, choice);
    if (bytes.empty()) return std::nullopt;
    out.starts.push_back(out.bytes.size());
    out.starts.resize(out.starts.size() + plain_of(code, ignore_case).count - 1, kInside);
    for (const char byte : bytes) out.bytes += lower(byte);
  }
  out.starts.push_back(out.bytes.size());
  return out;
}

std::vector<Rendering> renderings_of(const std::vector<Codes>& spellings, const Literal& literal, Units units) {
  std::vector<Rendering> out;
  for (const Codes& spelling : spellings) out.push_back(render(spelling, literal.ignore_case, units));
  return out;
}

std::string_view part_of(const Rendering& r, const Window& window) {
  return std::string_view(r.bytes).substr(r.starts[window.from], r.starts[window.to] - r.starts[window.from]);
}

std::set<std::string_view> contents(const std::vector<Rendering>& renderings, const Window& window) {
  std::set<std::string_view> out;
  for (const Rendering& r : renderings) out.insert(part_of(r, window));
  return out;
}

// Of each rendering, the first one that is like it.
using Alike = std::array<std::uint8_t, kMaxRenderings>;

Alike alike_between(const std::vector<Rendering>& renderings, std::size_t from, std::size_t to) {
  Alike out{};
  for (std::size_t r = 0; r < renderings.size(); ++r) {
    const auto mine = part_of(renderings[r], {from, to});
    std::size_t first = 0;
    while (part_of(renderings[first], {from, to}) != mine) ++first;
    out[r] = static_cast<std::uint8_t>(first);
  }
  return out;
}

// Alike in both; how many remain different.
std::size_t narrow_down(Alike& alike, const Alike& next, std::size_t renderings) {
  const Alike before = alike;
  std::size_t different = 0;
  for (std::size_t r = 0; r < renderings; ++r) {
    std::size_t first = 0;
    while (before[first] != before[r] || next[first] != next[r]) ++first;
    alike[r] = static_cast<std::uint8_t>(first);
    different += first == r ? 1 : 0;
  }
  return different;
}

// The window in [least, most] with the fewest different contents for its length; none of the characters of `plain` that
// are blanks is in it.
std::optional<Window> choose(const std::vector<Rendering>& renderings, std::size_t least, std::size_t most,
                             std::size_t aim, const std::vector<std::uint32_t>& familiar, const Codes& plain = {}) {
  std::vector<std::size_t> cuts;
  for (std::size_t position = least; position <= most; ++position) {
    const bool is_inside = std::any_of(renderings.begin(), renderings.end(),
                                       [&](const Rendering& r) { return r.starts[position] == kInside; });
    if (!is_inside) cuts.push_back(position);
  }
  std::vector<Alike> pieces;  // between one cut and the next
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) pieces.push_back(alike_between(renderings, cuts[i], cuts[i + 1]));
  std::optional<Window> best;
  std::size_t best_cost = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    Alike alike{};
    for (std::size_t j = i; j < pieces.size(); ++j) {
      const std::size_t from = cuts[i], to = cuts[j + 1];
      if (const std::size_t blank = plain.find(U' ', from); blank < to) break;
      const std::size_t different = narrow_down(alike, pieces[j], renderings.size());
      const std::size_t bytes = part_of(renderings.front(), {from, to}).size();
      const std::size_t cost = 6 * different + shortness_cost(bytes, aim) + familiar_cost(familiar, from, to);
      if (best && bytes > kMaxCoreBytes) break;
      if (!best || cost < best_cost) best = Window{from, to}, best_cost = cost;
    }
  }
  return best;
}

void add_window(const std::vector<Rendering>& renderings, const Window& window, Entry entry,
                std::vector<FoundCore>& cores) {
  entry.position = static_cast<std::uint16_t>(window.from);
  for (const std::string_view bytes : contents(renderings, window)) {
    for (const unsigned alignment : {0U, 1U, 2U}) {
      entry.shift = static_cast<std::int8_t>(alignment);
      for (const bool url_safe : {false, true}) {
        std::string core = base64_core(bytes, alignment, url_safe);
        if (!core.empty()) cores.push_back({std::move(core), false, entry});
      }
    }
  }
}

void add_base64(const std::vector<Rendering>& renderings, const Entry& entry, bool halves,
                const std::vector<std::uint32_t>& familiar, std::vector<FoundCore>& cores) {
  const std::size_t end = renderings.front().starts.size() - 1;
  std::vector<Window> parts = {{0, end}};
  if (halves) parts = {{0, end / 2}, {end / 2, end}};
  for (const Window& part : parts) {
    const auto window = choose(renderings, part.from, part.to, halves ? kHalfAimBytes : kAimBytes, familiar);
    if (window) add_window(renderings, *window, entry, cores);
  }
}

// False where the text is too short.
bool add_written_out(const std::vector<Rendering>& renderings, const WrittenOut& how,
                     const std::vector<std::uint32_t>& familiar, std::vector<FoundCore>& cores) {
  if (renderings.front().bytes.size() < how.least) return false;
  const auto window = choose(renderings, 0, renderings.front().starts.size() - 1, how.aim, familiar);
  if (!window) return false;
  const Entry entry{0, static_cast<std::uint16_t>(window->from), EntryKind::text, how.form, 0};
  for (const std::string_view bytes : contents(renderings, *window)) {
    cores.push_back({hex_escaped(bytes, how.sign, how.wide ? 2 : 1), true, entry});
  }
  return true;
}

// Within a word, if one of them is rare enough: words are parted in many ways.
std::optional<Window> choose_in_page(const std::vector<Rendering>& renderings, const Literal& literal,
                                     const std::vector<std::uint32_t>& familiar) {
  const std::size_t end = renderings.front().starts.size() - 1;
  const auto window = choose(renderings, 0, end, kPageAimBytes, familiar, literal.plain);
  if (window && part_of(renderings.front(), *window).size() >= kRarePageBytes) return window;
  return choose(renderings, 0, end, kPageAimBytes, familiar);
}

// False where the text is too short, or has other letters.
bool add_ebcdic(const std::vector<Codes>& spellings, const Literal& literal, const std::vector<std::uint32_t>& familiar,
                std::vector<FoundCore>& cores) {
  std::vector<Rendering> renderings;
  for (const Codes& spelling : spellings) {
    Rendering out;
    for (const char32_t code : spelling) {
      out.starts.push_back(out.bytes.size());
      out.starts.resize(out.starts.size() + plain_of(code, literal.ignore_case).count - 1, kInside);
      out.bytes += static_cast<char>(ebcdic_of_code(code));
    }
    out.starts.push_back(out.bytes.size());
    if (out.bytes.find('\0') == std::string::npos) renderings.push_back(std::move(out));
  }
  if (renderings.empty() || renderings.front().bytes.size() < kLeastEbcdicBytes) return false;
  const auto window = choose_in_page(renderings, literal, familiar);
  if (!window) return false;
  const Entry entry{0, static_cast<std::uint16_t>(window->from), EntryKind::text, Form::ibm037, 0};
  for (const std::string_view core : contents(renderings, *window)) cores.push_back({std::string(core), false, entry});
  return true;
}

// The code pages that write it in another way than UTF-8, each way once.
class PageCores {
 public:
  PageCores(const std::vector<Codes>& spellings, const Literal& literal, const std::vector<std::uint32_t>& familiar,
            std::vector<FoundCore>& cores)
      : spellings_(spellings), literal_(literal), familiar_(familiar), cores_(cores) {}

  // False where the page cannot write it, or writes it like one before.
  bool add(Form page) {
    std::vector<Rendering> renderings = rendered(page, 0);
    if (renderings.empty() || renderings.front().bytes.size() < kLeastPageBytes) return false;
    std::vector<std::string> bytes;
    for (const Rendering& rendering : renderings) bytes.push_back(rendering.bytes);
    if (std::find(seen_.begin(), seen_.end(), bytes) != seen_.end()) return false;
    seen_.push_back(std::move(bytes));
    if (is_multibyte(page)) {
      for (Rendering& other : rendered(page, 1)) renderings.push_back(std::move(other));
    }
    const auto window = choose_in_page(renderings, literal_, familiar_);
    if (!window) return false;
    const Entry entry{0, static_cast<std::uint16_t>(window->from), EntryKind::text, page, 0};
    for (const std::string_view core : contents(renderings, *window))
      cores_.push_back({std::string(core), true, entry});
    return true;
  }

 private:
  [[nodiscard]] std::vector<Rendering> rendered(Form page, std::size_t choice) const {
    std::vector<Rendering> out;
    for (const Codes& spelling : spellings_) {
      if (auto rendering = render_in(page, spelling, literal_.ignore_case, choice))
        out.push_back(std::move(*rendering));
    }
    return out;
  }

  const std::vector<Codes>& spellings_;
  const Literal& literal_;
  const std::vector<std::uint32_t>& familiar_;
  std::vector<FoundCore>& cores_;
  std::vector<std::vector<std::string>> seen_;
};

// All of its ASCII in full width, as texts of one width a letter have it.
Codes widened(const Codes& text) {
  return changed(text, [](char32_t code) { return full_width(code) != 0 ? full_width(code) : code; });
}

FormSet find_in_pages(const Literal& literal, const Codes& text, const std::vector<Codes>& spellings, FormSet forms,
                      const std::vector<std::uint32_t>& familiar, std::vector<FoundCore>& cores) {
  FormSet made;
  const auto is_ascii = [](char32_t code) { return code < 0x80; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return made;
  PageCores pages(spellings, literal, familiar, cores);
  for (const CodePage& page : code_pages()) {
    if (forms.has(page.form) && pages.add(page.form)) made.add(page.form);
  }
  // Where the western page has all of its letters, nobody wrote their tones apart.
  const bool is_western = render_in(Form::windows_1252, text, literal.ignore_case, 0).has_value();
  if (!is_western && forms.has(Form::windows_1258) && pages.add(Form::windows_1258)) made.add(Form::windows_1258);
  if (std::none_of(text.begin(), text.end(), is_ideograph)) return made;
  std::vector<Codes> all = spellings;
  if (std::any_of(text.begin(), text.end(), is_ascii)) {
    for (const Codes& spelling : spellings) all.push_back(widened(spelling));
  }
  PageCores wide_pages(all, literal, familiar, cores);
  for (const Form form : multibyte_sets()) {
    if (form != Form::windows_1258 && forms.has(form) && wide_pages.add(form)) made.add(form);
  }
  return made;
}

}  // namespace

FormSet find_caseless(const Literal& literal, const Codes& text, FormSet forms,
                      const std::vector<std::uint32_t>& familiar, std::vector<FoundCore>& cores) {
  const std::vector<Codes> all = spellings(literal, text);
  const std::vector<Rendering> narrow = renderings_of(all, literal, Units::utf8);
  FormSet made;
  if (forms.has(Form::base64)) {
    const bool halves = narrow.front().bytes.size() >= kMinHalvesBytes;
    add_base64(narrow, {0, 0, EntryKind::base64_utf8, Form::base64, 0}, halves, familiar, cores);
    add_base64(renderings_of(all, literal, Units::utf16le), {0, 0, EntryKind::base64_utf16le, Form::base64, 0}, false,
               familiar, cores);
    made.add(Form::base64);
  }
  for (const WrittenOut& how : kWrittenOut) {
    if (!forms.has(how.form)) continue;
    const bool added =
        add_written_out(how.wide ? renderings_of(all, literal, Units::utf16be) : narrow, how, familiar, cores);
    if (added) made.add(how.form);
  }
  if (forms.has(Form::ibm037) && add_ebcdic(all, literal, familiar, cores)) made.add(Form::ibm037);
  made |= find_in_pages(literal, text, all, forms, familiar, cores);
  return made;
}

}  // namespace ambit::match
