#include "stages/match/cores.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "stages/match/spelling.h"

namespace ambit::match {
namespace {

constexpr Price kPrice = {8, 4};
constexpr Price kShortPrice = {6, 4};     // for full-width text and the halves of broken text
constexpr Price kEscapedPrice = {8, 1};   // of escaped forms rare spellings are not looked for
constexpr std::size_t kMinHalves = 6;     // characters of a text that is worth looking for in halves
constexpr std::size_t kLeastHalf = 6;     // characters of a half that is rare enough by itself
constexpr std::size_t kMostOfBroken = 8;  // characters looked for beside a break

std::string lower_ascii(std::string bytes) {
  for (char& c : bytes) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return bytes;
}

std::string spelled(char32_t code, Form form) {
  std::string out;
  form == Form::utf8 ? append_utf8(out, code) : append_utf16(out, code, form == Form::utf16be);
  return out;
}

// One literal's way through the forms.
class LiteralCores {
 public:
  LiteralCores(const Literal& literal, const std::vector<std::uint32_t>& familiar, Variants& variants,
               std::vector<FoundCore>& cores)
      : plain_(literal.plain),
        familiar_(familiar),
        cores_(cores),
        ways_(ways_of(literal.plain, literal.ignore_case, variants)) {}

  void add_text(Form form) {
    std::vector<Edge> edges;
    for (const Way& way : ways_) edges.push_back({way.from, way.to, way.rare, lower_ascii(spelled(way.code, form))});
    const Lattice lattice(plain_.size(), std::move(edges), familiar_);
    const auto window = window_in_text(lattice, form);
    if (!window) return;
    for (const std::string& bytes : lattice.strings(*window)) add(bytes, form, window->from, EntryKind::text);
    for (const auto& rare : lattice.rare_strings(*window)) add(rare.bytes, form, rare.from, EntryKind::text);
    const auto ascii = [](char32_t code) { return code > U' ' && code < 0x7f; };
    const auto begin = plain_.begin();
    if (std::any_of(begin + static_cast<std::ptrdiff_t>(window->from), begin + static_cast<std::ptrdiff_t>(window->to),
                    ascii)) {
      add_full_width(form);
    }
  }

  // True if the style writes this literal in its own way.
  bool add_style(const Style& style) {
    if (style.unless != 0 && plain_.find(style.unless) != Codes::npos) return false;
    if (style.only != nullptr &&
        std::none_of(ways_.begin(), ways_.end(), [&](const Way& way) { return style.only(way.code); })) {
      return false;
    }
    bool differs = false;
    const std::vector<Edge> edges = styled_edges(style.spell, differs);
    if (!differs) return false;
    const Lattice lattice(plain_.size(), edges, familiar_);
    const auto window = lattice.main_window(0, plain_.size(), kEscapedPrice);
    if (!window) return false;
    for (const std::string& bytes : lattice.strings(*window)) add(bytes, style.form, window->from, EntryKind::text);
    return true;
  }

  // Either half may be broken by a soft line end; the other one is then whole. Where it is short it stands everywhere,
  // so what is looked for is the text up to each place of the break and the "=", or from the line end on.
  bool add_broken_halves() {
    if (plain_.size() < kMinHalves) return false;
    bool differs = false;
    const Lattice lattice(plain_.size(), styled_edges(kQuotedBody, differs), familiar_);
    const std::size_t middle = plain_.size() / 2;
    for (const Window half : {Window{0, middle}, Window{middle, plain_.size()}}) {
      const auto window = lattice.main_window(half.from, half.to, kShortPrice);
      if (!window) continue;
      const bool plain = !differs && std::all_of(plain_.begin(), plain_.end(), [](char32_t c) { return c < 0x80; });
      if (plain && window->to - window->from < kLeastHalf) {
        half.from == 0 ? add_ends(middle) : add_beginnings(middle);
        continue;
      }
      for (const std::string& bytes : lattice.strings(*window)) {
        add(bytes, Form::quoted_printable, window->from, EntryKind::broken_text);
      }
    }
    return true;
  }

 private:
  // In plain text words are parted in many ways: the window is one in a word, if one of them is rare enough. Else it
  // may hold the blank, and the other ways are looked for besides.
  [[nodiscard]] std::optional<Window> window_in_text(const Lattice& lattice, Form form) {
    Price price = kPrice;
    price.least = form == Form::utf8 ? 4 : 8;
    std::vector<bool> is_blank(plain_.size() + 1);
    std::transform(plain_.begin(), plain_.end(), is_blank.begin(), [](char32_t code) { return code == U' '; });
    if (const auto window = lattice.main_window(0, plain_.size(), price, is_blank)) return window;
    add_gaps(lattice, form);
    return lattice.main_window(0, plain_.size(), kPrice);
  }
  // What stands before a gap, and how that begins.
  void add_gaps(const Lattice& lattice, Form form) {
    constexpr std::u32string_view kGaps[] = {U"\n",  U"\r",  U"\t",      U"  ",     U" \n",
                                             U" \r", U" \t", U" \u00a0", U"\u00a0 "};
    constexpr std::size_t kLeastBefore = 3;  // bytes
    for (std::size_t at = 1; at + 1 < plain_.size(); ++at) {
      if (plain_[at] != U' ') continue;
      const auto window = lattice.window_before(at, kMostOfBroken);
      if (!window) continue;
      for (const std::string& bytes : lattice.strings(*window)) {
        if (bytes.size() < kLeastBefore) continue;
        for (const std::u32string_view gap : kGaps) {
          std::string parted = bytes;
          for (const char32_t code : gap) parted += spelled(code, form);
          add(std::move(parted), form, window->from, EntryKind::text);
        }
      }
    }
  }

  // What stands before a break in the second half, whose first character is `middle`.
  void add_ends(std::size_t middle) {
    for (std::size_t end = middle; end < plain_.size(); ++end) {
      const std::size_t from = end - std::min(end, kMostOfBroken);
      cores_.push_back({ascii(from, end) + '=', true, broken(from, 0)});
    }
  }
  // What stands after a break in the first half.
  void add_beginnings(std::size_t middle) {
    for (std::size_t from = 1; from <= middle; ++from) {
      const std::size_t end = std::min(plain_.size(), from + kMostOfBroken);
      cores_.push_back({'\n' + ascii(from, end), true, broken(from, -1)});
    }
  }
  [[nodiscard]] std::string ascii(std::size_t from, std::size_t to) const {
    return {plain_.begin() + static_cast<std::ptrdiff_t>(from), plain_.begin() + static_cast<std::ptrdiff_t>(to)};
  }
  [[nodiscard]] static Entry broken(std::size_t position, std::int8_t shift) {
    return {0, static_cast<std::uint16_t>(position), EntryKind::text, Form::quoted_printable, shift};
  }

  // All of ASCII in full width, everything else as usual.
  void add_full_width(Form form) {
    std::vector<Edge> edges;
    const auto add_edge = [&](const Way& way, char32_t code) {
      edges.push_back({way.from, way.to, false, lower_ascii(spelled(code, form))});
    };
    for (const Way& way : ways_) {
      const char32_t wide = full_width(way.code);
      if (wide != 0) add_edge(way, wide);
      if (!way.rare && (wide == 0 || way.code == U' ')) add_edge(way, way.code);
    }
    const Lattice lattice(plain_.size(), std::move(edges), familiar_);
    const auto window = lattice.main_window(0, plain_.size(), kShortPrice);
    if (!window) return;
    for (const std::string& bytes : lattice.strings(*window)) add(bytes, form, window->from, EntryKind::text);
  }

  std::vector<Edge> styled_edges(Spell spell, bool& differs) const {
    std::vector<Edge> edges;
    std::vector<std::string> spellings;
    for (const Way& way : ways_) {
      spellings.clear();
      spell(way.code, spellings);
      for (std::string& bytes : spellings) {
        differs |= !way.rare && bytes != spelled(way.code, Form::utf8);
        edges.push_back({way.from, way.to, way.rare, lower_ascii(std::move(bytes))});
      }
    }
    return edges;
  }

  // ASCII in UTF-16 differs between the byte orders only by a 00 at an end: without it one core serves both.
  void add(std::string bytes, Form form, std::size_t position, EntryKind kind) {
    std::int8_t shift = 0;
    if (form == Form::utf16le && bytes.size() > 2 && bytes.back() == '\0') bytes.pop_back();
    if (form == Form::utf16be && bytes.size() > 2 && bytes.front() == '\0') {
      bytes.erase(0, 1);
      shift = 1;
    }
    cores_.push_back({std::move(bytes), true, {0, static_cast<std::uint16_t>(position), kind, form, shift}});
  }

  const Codes& plain_;
  const std::vector<std::uint32_t>& familiar_;
  std::vector<FoundCore>& cores_;
  std::vector<Way> ways_;
};

}  // namespace

std::size_t CoreList::slot_of(const std::string& bytes, bool ignore_case) const {
  std::size_t slot = std::hash<std::string_view>{}(bytes) + (ignore_case ? 1 : 0);
  for (;; ++slot) {
    slot &= slots_.size() - 1;
    if (slots_[slot] == 0) return slot;
    const ScanPattern& pattern = patterns_[slots_[slot] - 1];
    if (pattern.ignore_case == ignore_case && pattern.expression == bytes) return slot;
  }
}

void CoreList::grow() {
  slots_.assign(std::max<std::size_t>(1024, 2 * slots_.size()), 0);
  for (const ScanPattern& pattern : patterns_) {
    if (pattern.plain) slots_[slot_of(pattern.expression, pattern.ignore_case)] = pattern.id + 1;
  }
}

void CoreList::add(FoundCore core) {
  if (2 * (plain_ + 1) > slots_.size()) grow();
  std::uint32_t& slot = slots_[slot_of(core.bytes, core.ignore_case)];
  if (slot == 0) {
    slot = static_cast<std::uint32_t>(patterns_.size()) + 1;
    ++plain_;
    bytes_.push_back(static_cast<std::uint32_t>(core.bytes.size()));
    patterns_.push_back({std::move(core.bytes), slot - 1, core.ignore_case, false, true});
  }
  entries_.emplace_back(slot - 1, core.entry);
}

void CoreList::add_expression(std::string expression, const Entry& entry) {
  const auto number = static_cast<std::uint32_t>(patterns_.size());
  patterns_.push_back({std::move(expression), number, false, false, false});
  bytes_.push_back(0);
  entries_.emplace_back(number, entry);
}

std::vector<ScanPattern> CoreList::finish(Program& program) {
  std::sort(entries_.begin(), entries_.end());
  entries_.erase(std::unique(entries_.begin(), entries_.end()), entries_.end());
  program.cores.resize(patterns_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Core& core = program.cores[entries_[i].first];
    if (core.entries++ == 0) core.first_entry = static_cast<std::uint32_t>(i);
    core.bytes = bytes_[entries_[i].first];
    program.entries.push_back(entries_[i].second);
  }
  return std::move(patterns_);
}

FormSet find_cores(const Literal& literal, const Codes& text, FormSet forms, const Familiar& familiar,
                   Variants& variants, std::vector<FoundCore>& cores) {
  const std::vector<std::uint32_t> counts = familiar.counts(literal.plain);
  LiteralCores mine(literal, counts, variants, cores);
  FormSet made = find_caseless(literal, text, forms, counts, cores);
  for (const Form form : {Form::utf8, Form::utf16le, Form::utf16be}) {
    if (!forms.has(form)) continue;
    mine.add_text(form);
    made.add(form);
  }
  for (const Style& style : escaped_styles()) {
    if (forms.has(style.form) && mine.add_style(style)) made.add(style.form);
  }
  if (forms.has(Form::quoted_printable) && mine.add_broken_halves()) made.add(Form::quoted_printable);
  return made;
}

}  // namespace ambit::match
