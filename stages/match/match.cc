#include "stages/match/match.h"

#include <algorithm>
#include <cstring>

#include "stages/match/base64.h"
#include "stages/match/program.h"

namespace ambit {
namespace {

using match::Bytes;
using match::Entry;
using match::EntryKind;
using match::Found;

constexpr std::size_t kBreakReach = 5;  // bytes of a soft line break, at most

// One window of an object while it is scanned. Offsets in it are turned into the object's only in report().
class WindowScan {
 public:
  WindowScan(const match::Program& program, Scanner& scanner, match::Settler& settler, Bytes window,
             std::uint64_t window_offset, std::size_t own_from, std::size_t own_to, View view,
             match::Base64Scratch& base64, match::ExpressionScratch& expression)
      : program_(program),
        scanner_(scanner),
        settler_(settler),
        window_(window),
        window_offset_(window_offset),
        own_from_(own_from),
        own_to_(own_to),
        view_(view),
        base64_(base64),
        expression_(expression) {
    base64_.forget();
  }

  // Offsets in the object at which one text ends and another begins (Chunk::borders).
  void set_borders(std::span<const std::uint64_t> borders) { borders_ = borders; }

  // Scans window bytes [from, to).
  void scan(std::size_t from, std::size_t to) {
    region_ = from;
    scanner_.scan(
        window_.subspan(from, to - from),
        [](void* context, std::uint32_t core, std::uint64_t, std::uint64_t end) {
          static_cast<WindowScan*>(context)->on_core(core, static_cast<std::size_t>(end));
        },
        this);
  }

 private:
  void on_core(std::uint32_t number, std::size_t region_end) {
    const match::Core& core = program_.cores[number];
    const std::size_t end = region_ + region_end;
    int broken = -1;  // not known yet
    for (std::uint32_t i = 0; i < core.entries; ++i) {
      const Entry& entry = program_.entries[core.first_entry + i];
      if (entry.kind == EntryKind::broken_text) {
        if (broken < 0) broken = has_soft_break(end - core.bytes, end) ? 1 : 0;
        if (broken == 0) continue;
      }
      check(entry, end - core.bytes, end);
    }
    if (settler_.is_full()) {
      const std::uint64_t at = window_offset_ + end;
      settler_.advance(at - std::min<std::uint64_t>(at, program_.width));
    }
  }

  // Whether a soft line break stands close enough to a half of a literal to be inside its other half.
  [[nodiscard]] bool has_soft_break(std::size_t begin, std::size_t end) const {
    const std::size_t reach = program_.width / 2;
    const auto near = window_.subspan(begin - std::min(begin, reach), std::min(begin, reach) + end - begin);
    return holds_soft_break(near) || holds_soft_break(window_.subspan(end, std::min(reach, window_.size() - end)));
  }

  static bool holds_soft_break(Bytes bytes) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const void* found = std::memchr(bytes.data() + at, '=', bytes.size() - at);
      if (found == nullptr) return false;
      at = static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
      const auto end = static_cast<std::ptrdiff_t>(std::min(bytes.size(), at + kBreakReach));
      if (std::find(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + end, std::byte{'\n'}) !=
          bytes.begin() + end) {
        return true;
      }
    }
    return false;
  }

  void check(const Entry& entry, std::size_t begin, std::size_t end) {
    switch (entry.kind) {
      case EntryKind::expression:
        return check_expression(entry, end);
      case EntryKind::byte_string:
        return check_bytes(entry, begin);
      default:
        return check_literal(entry, begin);
    }
  }

  void check_literal(const Entry& entry, std::size_t at) {
    const match::Literal& literal = program_.literals[entry.subject];
    if (!settler_.wants(literal.identifier, view_)) return;
    std::optional<Found> found;
    if (entry.kind == EntryKind::base64_utf8 || entry.kind == EntryKind::base64_utf16le) {
      const Form inner = entry.kind == EntryKind::base64_utf8 ? Form::utf8 : Form::utf16le;
      found = match::find_in_base64(literal, inner, window_, entry.position, static_cast<unsigned>(entry.shift), at,
                                    program_.longest_literal, base64_);
    } else if (const auto first = static_cast<std::ptrdiff_t>(at) - entry.shift; first >= 0) {
      found = match::find_around(literal, entry.form, window_, entry.position, static_cast<std::size_t>(first));
    }
    if (!found) return;
    const auto other = [&](Form form, std::size_t begin, std::size_t) {
      return program_.forms[literal.identifier].has(form) && match::find_at(literal, form, window_, begin).has_value();
    };
    const Text text = text_around(*found);
    if (!is_own_order(entry.form, *found, text, other)) return;
    const Found inside{found->begin - text.begin, found->end - text.begin};
    if (entry.form != Form::base64 && !match::stands_alone(literal, entry.form, window_, *found) &&
        !match::stands_alone(literal, entry.form, text.bytes, inside))
      return;
    report(literal.identifier, entry.form, *found);
  }

  void check_expression(const Entry& entry, std::size_t end) {
    const match::Expression& expression = program_.expressions[entry.subject];
    if (!owns(end) || !settler_.wants(expression.identifier, view_)) return;
    auto begin = match::begin_of(expression, entry.form, expression.whole_word, window_, end, expression_);
    const Text text = text_around({end - 1, end});
    if (!begin && text.bytes.size() != window_.size()) {
      begin = match::begin_of(expression, entry.form, expression.whole_word, text.bytes, end - text.begin, expression_);
      if (begin) *begin += text.begin;
    }
    if (!begin) return;
    const auto other = [&](Form form, std::size_t, std::size_t other_end) {
      return expression.forms.has(form) &&
             match::begin_of(expression, form, false, window_, other_end, expression_).has_value();
    };
    if (is_own_order(entry.form, {*begin, end}, text_around({*begin, end}), other))
      report(expression.identifier, entry.form, {*begin, end});
  }

  void check_bytes(const Entry& entry, std::size_t core) {
    const match::ByteString& string = program_.byte_strings[entry.subject];
    if (core < entry.position || !settler_.wants(string.identifier, view_)) return;
    const std::size_t begin = core - entry.position;
    if (string.bytes.size() > window_.size() - begin) return;
    if (std::memcmp(window_.data() + begin, string.bytes.data(), string.bytes.size()) != 0) return;
    report(string.identifier, entry.form, {begin, begin + string.bytes.size()});
  }

  // The part of the window that belongs to the same text as a find; all of it where the find runs over a border.
  struct Text {
    Bytes bytes;
    std::size_t begin = 0;  // in the window
  };
  [[nodiscard]] Text text_around(const Found& found) const {
    if (borders_.empty()) return {window_, 0};
    const std::uint64_t begin = window_offset_ + found.begin, end = window_offset_ + found.end;
    const auto after = std::upper_bound(borders_.begin(), borders_.end(), begin);
    const std::uint64_t to = after == borders_.end() ? UINT64_MAX : *after;
    if (to < end) return {window_, 0};
    const std::uint64_t from = after == borders_.begin() ? 0 : *std::prev(after);
    const auto first = static_cast<std::size_t>(std::max(from, window_offset_) - window_offset_);
    const auto last = static_cast<std::size_t>(std::min<std::uint64_t>(to - window_offset_, window_.size()));
    return {window_.subspan(first, last - first), first};
  }

  // Text that reads as UTF-16 in both byte orders is one hit, in the order that it most likely has. Only there its
  // neighbours count: in the other order they may be half characters.
  // `other(form, begin, end)` says whether the text stands there in the other order.
  template <class Other>
  [[nodiscard]] bool is_own_order(Form form, const Found& found, const Text& text, Other other) const {
    const std::size_t begin = found.begin - text.begin, end = found.end - text.begin;
    if (form == Form::utf16le) {
      if (begin == 0 || !other(Form::utf16be, found.begin - 1, found.end - 1)) return true;
      return match::byte_order(text.bytes, begin, end) == Form::utf16le;
    }
    if (form == Form::utf16be) {
      if (end >= text.bytes.size() || !other(Form::utf16le, found.begin + 1, found.end + 1)) return true;
      return match::byte_order(text.bytes, begin + 1, end + 1) == Form::utf16be;
    }
    return true;
  }

  // The chunk owns what ends in its body.
  [[nodiscard]] bool owns(std::size_t end) const { return end > own_from_ && end <= own_to_; }

  void report(IdentifierId identifier, Form form, const Found& found) {
    if (!owns(found.end)) return;
    settler_.add({window_offset_ + found.begin, static_cast<std::uint32_t>(found.end - found.begin), identifier, view_,
                  form, false});
  }

  const match::Program& program_;
  Scanner& scanner_;
  match::Settler& settler_;
  Bytes window_;
  std::uint64_t window_offset_;
  std::size_t own_from_, own_to_;
  View view_;
  match::Base64Scratch& base64_;
  match::ExpressionScratch& expression_;
  std::span<const std::uint64_t> borders_;
  std::size_t region_ = 0;  // where the scanned part of the window begins
};

// The parts of the window that can hold a hit of this chunk: whatever is not zero, with `context` bytes around it.
// A hit may begin in the lead and end in the body's first zeros, so the border between the two always counts.
template <class Visit>
void visit_regions(const Chunk& chunk, std::size_t context, bool with_zeros, Visit visit) {
  const std::size_t lead = chunk.lead_bytes(), last = lead + chunk.body_bytes();
  std::size_t from = lead - std::min(lead, context), to = std::min(last, lead + context);
  if (with_zeros) return visit(from, last);
  for (const Segment& segment : chunk.segments()) {
    const std::size_t begin = lead + segment.begin, end = lead + segment.end;
    if (begin > to + context) {
      visit(from, to);
      from = begin - context;
    }
    to = std::max(to, std::min(last, end + context));
  }
  visit(from, to);
}

}  // namespace

struct Match::State::Impl {
  Impl(const match::Program& program, std::uint32_t max_per_identifier)
      : scanner(program.database), settler(program, max_per_identifier) {}
  Scanner scanner;
  match::Settler settler;
  match::Base64Scratch base64;
  match::ExpressionScratch expression;
  Head head;
};

Match::State::State() = default;
Match::State::~State() = default;
Match::State::State(State&&) noexcept = default;
Match::State& Match::State::operator=(State&&) noexcept = default;

Match::Match(const PatternSet& patterns, std::uint32_t max_hits_per_identifier)
    : patterns_(patterns), max_hits_per_identifier_(max_hits_per_identifier) {}

Match::State Match::make_state() const {
  State state;
  state.impl = std::make_unique<State::Impl>(patterns_.program(), max_hits_per_identifier_);
  return state;
}

void Match::begin(State& state, const Head& head) const { state.impl->head = head; }

void Match::look(State& state, const Chunk& chunk) const {
  State::Impl& impl = *state.impl;
  const match::Program& program = patterns_.program();
  const std::size_t lead = chunk.lead_bytes(), last = lead + chunk.body_bytes();
  WindowScan scan(program, impl.scanner, impl.settler, chunk.window(), chunk.offset() - lead, lead, last, View::raw,
                  impl.base64, impl.expression);
  scan.set_borders(chunk.borders());
  visit_regions(chunk, program.width, program.matches_zeros,
                [&](std::size_t from, std::size_t to) { scan.scan(from, to); });
  const std::uint64_t end = chunk.offset() + chunk.body_bytes();
  impl.settler.advance(end - std::min<std::uint64_t>(end, program.width));
}

void Match::finish(State& state, Facts& facts) const {
  if (!state.impl->settler.take(facts.hits)) return;
  const Exception exception{ExceptionReason::hits_limit, state.impl->head.begin, 0};
  const auto after = std::upper_bound(facts.exceptions.begin(), facts.exceptions.end(), exception,
                                      [](const Exception& a, const Exception& b) { return a.offset < b.offset; });
  facts.exceptions.insert(after, exception);
}

void Match::match_name(State& state, std::string_view name, std::vector<Hit>& hits) const {
  State::Impl& impl = *state.impl;
  const Bytes window = std::as_bytes(std::span(name));
  WindowScan(patterns_.program(), impl.scanner, impl.settler, window, 0, 0, window.size(), View::name, impl.base64,
             impl.expression)
      .scan(0, window.size());
  static_cast<void>(impl.settler.take(hits));
}

}  // namespace ambit
