#include "stages/scrutinise/detect.h"

#include <algorithm>
#include <tuple>

#include "stages/scrutinise/ascii.h"

namespace ambit::scrutiny {
namespace {

bool is_word_byte(char c) { return is_alpha(c) || static_cast<unsigned char>(c) >= 0x80; }

bool holds_word(std::string_view text, std::string_view word) {
  for (std::size_t p = text.find(word); p != std::string_view::npos; p = text.find(word, p + 1)) {
    const bool begins = p == 0 || !is_word_byte(text[p - 1]);
    if (begins && !is_word_byte(at(text, p + word.size()))) return true;
  }
  return false;
}

// `pattern` against the whole of `text`; '*' is any run. Going back to the last star is enough.
bool matches_wildcard(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

Grade one_higher(Grade grade) { return grade == Grade::shape_only ? Grade::plausible : Grade::validated; }

}  // namespace

bool WindowScan::in_context(std::string_view surroundings, DetectorId detector) const {
  const std::string text = lowered(surroundings);
  const auto words = set_->context_words(detector);
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return holds_word(text, word); });
}

bool WindowScan::excluded(std::string_view finding, DetectorId detector) const {
  const auto patterns = set_->exclusions(detector);
  if (patterns.empty()) return false;
  const std::string text = lowered(finding);
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches_wildcard(pattern, text); });
}

void WindowScan::consider(std::string_view text, Walls walls, const DetectorSet::Expression& expression,
                          std::size_t begin, std::size_t end) {
  // The verdict sees a view of a fixed reach, however much of the text is at hand: so it cannot depend on the cuts.
  std::size_t view_begin = begin - std::min(begin, expression.before);
  std::size_t view_end = std::min(text.size(), end + expression.after);
  if (walls == Walls::nul) {
    const std::size_t wall = text.substr(view_begin, begin - view_begin).rfind('\0');
    if (wall != std::string_view::npos) view_begin += wall + 1;
    view_end = std::min(view_end, text.find('\0', end));
  }
  const std::string_view view = text.substr(view_begin, view_end - view_begin);
  const Detector& detector = set_->detectors()[expression.detector];
  const Validator* validator = set_->validator(expression.detector);
  const auto verdict = validator != nullptr
                           ? validator->validate(view, begin - view_begin, end - view_begin)
                           : Verdict{begin - view_begin, end - view_begin, detector.grade, one_higher(detector.grade)};
  if (!verdict) return;
  std::optional<Grade> grade = verdict->alone;
  if (verdict->alone != verdict->in_context) {
    const std::size_t distance = detector.context_distance;
    const std::size_t from = verdict->begin - std::min(verdict->begin, distance);
    if (in_context(view.substr(from, verdict->end + distance - from), expression.detector)) grade = verdict->in_context;
  }
  if (!grade || excluded(view.substr(verdict->begin, verdict->end - verdict->begin), expression.detector)) return;
  matches_.push_back({expression.detector, view_begin + verdict->begin, view_begin + verdict->end, *grade});
}

void WindowScan::scan_text(std::string_view text, Walls walls) {
  matches_.clear();
  struct Target {
    WindowScan* self;
    std::string_view text;
    Walls walls;
  } target{this, text, walls};
  const auto on_match = [](void* context, std::uint32_t id, std::uint64_t from, std::uint64_t to) {
    const auto& t = *static_cast<Target*>(context);
    const DetectorSet::Expression& expression = t.self->set_->expressions()[id];
    t.self->consider(t.text, t.walls, expression, expression.fixed_width > 0 ? to - expression.fixed_width : from, to);
  };
  scanner_.scan(std::as_bytes(std::span(text)), on_match, &target);
  // Several cores of one finding: it counts once, with the best grade any of them earned.
  const auto place = [](const Match& m) { return std::tuple(m.detector, m.begin, m.end); };
  std::sort(matches_.begin(), matches_.end(), [&](const Match& a, const Match& b) {
    return std::tuple(place(a), b.grade) < std::tuple(place(b), a.grade);
  });
  const auto same_place = [&](const Match& a, const Match& b) { return place(a) == place(b); };
  matches_.erase(std::unique(matches_.begin(), matches_.end(), same_place), matches_.end());
}

std::span<const Found> WindowScan::scan(std::span<const std::byte> window, std::uint64_t offset) {
  found_.clear();
  scan_text({reinterpret_cast<const char*>(window.data()), window.size()}, Walls::none);
  for (const Match& m : matches_) {
    const auto length = static_cast<std::uint32_t>(m.end - m.begin);
    found_.push_back(
        {offset + m.end - 1, offset + m.begin, {offset + m.begin, length, m.detector, m.grade, View::raw}});
  }
  folded_.fold(window, offset);
  scan_text(folded_.text(), Walls::nul);
  for (const Match& m : matches_) {
    const Folded::Place first = folded_.place_of(m.begin);
    const std::size_t begin = first.order == ByteOrder::little ? first.letter : first.letter - 1;
    const auto length = static_cast<std::uint32_t>(2 * (m.end - m.begin));
    found_.push_back({offset + folded_.place_of(m.end - 1).letter,
                      offset + first.letter,
                      {offset + begin, length, m.detector, m.grade, View::raw}});
  }
  std::sort(found_.begin(), found_.end());
  return found_;
}

}  // namespace ambit::scrutiny
