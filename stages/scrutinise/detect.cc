#include "stages/scrutinise/detect.h"

#include <algorithm>
#include <tuple>

#include "stages/scrutinise/ascii.h"

namespace ambit::scrutiny {
namespace {

bool is_word_byte(char c) { return is_alpha(c) || static_cast<unsigned char>(c) >= 0x80; }

// Whether a word that begins so is parted from its neighbours: not in the scripts of China, Japan, Korea and Thailand.
bool is_parted(char first) { return static_cast<unsigned char>(first) < 0xe0; }

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

Window worth_scanning(const Chunk& chunk, std::size_t context) {
  const auto segments = chunk.segments();
  if (segments.empty()) return {};
  const std::size_t first = chunk.lead_bytes() + segments.front().begin;
  const std::size_t last = chunk.lead_bytes() + segments.back().end;
  const std::size_t begin = first - std::min(first, context);
  const std::size_t end = std::min(chunk.window().size(), last + context);
  return {chunk.window().subspan(begin, end - begin), chunk.offset() - chunk.lead_bytes() + begin};
}

void WindowScan::find_cores(std::string_view text) {
  cores_.clear();
  const auto on_match = [](void* context, std::uint32_t id, std::uint64_t from, std::uint64_t to) {
    auto& self = *static_cast<WindowScan*>(context);
    const std::uint32_t width = self.set_->expressions()[id].fixed_width;
    self.cores_.push_back({id, static_cast<std::size_t>(width > 0 ? to - width : from), static_cast<std::size_t>(to)});
  };
  scanner_.scan(std::as_bytes(std::span(text)), on_match, this);
  set_->numbers().scan(text, numbers_);
}

void WindowScan::find_words_in(std::string_view text, Stretch stretch) {
  struct Target {
    WindowScan* self;
    std::string_view text;
    std::size_t begin;
  } target{this, text, stretch.begin};
  const auto on_match = [](void* context, std::uint32_t id, std::uint64_t /*from*/, std::uint64_t to) {
    const auto& t = *static_cast<Target*>(context);
    const std::size_t last = t.begin + static_cast<std::size_t>(to);
    const std::size_t first = last - t.self->set_->words()[id].bytes;
    if (is_parted(t.text[first])) {
      if (first > 0 && is_word_byte(t.text[first - 1])) return;
      if (is_word_byte(at(t.text, last))) return;
    }
    t.self->words_.push_back({id, first, last});
  };
  word_scanner_.scan(std::as_bytes(std::span(text.substr(stretch.begin, stretch.end - stretch.begin))), on_match,
                     &target);
}

// Words are looked for last, and where they may matter: hardly anywhere in most texts, and once where numbers stand
// close.
void WindowScan::find_words(std::string_view text) {
  constexpr std::size_t kWorthJoining = 256;  // bytes; to begin a scan costs as much
  words_.clear();
  stretches_.clear();
  const auto add = [&](std::size_t from, std::size_t to) {
    if (!stretches_.empty() && from >= stretches_.back().begin && from <= stretches_.back().end + kWorthJoining) {
      stretches_.back().end = std::max(stretches_.back().end, to);
    } else {
      stretches_.push_back({from, to});
    }
  };
  for (const std::size_t index : numbers_.starts) {
    const std::size_t start = numbers_.runs[index].begin;
    add(start - std::min(start, set_->word_before()), std::min(text.size(), start + set_->word_after()));
  }
  for (const Judged& judged : judged_) {
    if (judged.verdict.alone != judged.verdict.in_context) add(judged.from, judged.to);
  }
  std::sort(stretches_.begin(), stretches_.end(), [](const Stretch& a, const Stretch& b) { return a.begin < b.begin; });
  std::size_t done = 0;
  for (std::size_t i = 0; i < stretches_.size();) {
    Stretch joined{std::max(done, stretches_[i].begin), stretches_[i].end};
    for (++i; i < stretches_.size() && stretches_[i].begin <= joined.end + kWorthJoining; ++i) {
      joined.end = std::max(joined.end, stretches_[i].end);
    }
    if (joined.end > joined.begin) find_words_in(text, joined);
    done = std::max(done, joined.end);
  }
}

// Of the numbers that need a word those near any; whether it is their detector's word is asked of each.
void WindowScan::judge_beside_words(std::string_view text, Walls walls) {
  cores_.clear();
  auto word = words_.begin();
  for (const std::size_t index : numbers_.starts) {
    const std::size_t start = numbers_.runs[index].begin;
    const std::size_t from = start - std::min(start, set_->word_before());
    while (word != words_.end() && word->end <= from) ++word;
    if (word == words_.end()) break;
    if (word->begin < start + set_->word_after()) {
      set_->numbers().look_beside_word(text, numbers_.runs, index, cores_);
    }
  }
  for (const Core& core : cores_) {
    const DetectorSet::Expression& expression = set_->expressions()[core.id];
    const std::size_t begin = core.begin - std::min(core.begin, expression.before);
    const std::size_t end = std::min(text.size(), core.end + expression.after);
    if (in_context(expression.detector, begin, end)) judge(text, walls, core);
  }
}

bool WindowScan::in_context(DetectorId detector, std::size_t from, std::size_t to) const {
  auto word = std::upper_bound(words_.begin(), words_.end(), from,
                               [](std::size_t offset, const WordAt& w) { return offset < w.end; });
  for (; word != words_.end() && word->end <= to; ++word) {
    if (word->begin >= from && set_->words()[word->word].speaks_for[detector] != 0) return true;
  }
  return false;
}

bool WindowScan::excluded(std::string_view finding, DetectorId detector) const {
  const auto patterns = set_->exclusions(detector);
  if (patterns.empty()) return false;
  const std::string text = lowered(finding);
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches_wildcard(pattern, text); });
}

void WindowScan::judge(std::string_view text, Walls walls, const Core& core) {
  const DetectorSet::Expression& expression = set_->expressions()[core.id];
  // The verdict sees a view of a fixed reach, however much of the text is at hand: so it cannot depend on the cuts.
  std::size_t view_begin = core.begin - std::min(core.begin, expression.before);
  std::size_t view_end = std::min(text.size(), core.end + expression.after);
  if (walls == Walls::nul) {
    const std::size_t wall = text.substr(view_begin, core.begin - view_begin).rfind('\0');
    if (wall != std::string_view::npos) view_begin += wall + 1;
    const std::size_t next = text.substr(core.end, view_end - core.end).find('\0');
    if (next != std::string_view::npos) view_end = core.end + next;
  }
  const std::string_view view = text.substr(view_begin, view_end - view_begin);
  const Detector& detector = set_->detectors()[expression.detector];
  const Validator* validator = set_->validator(expression.detector);
  const std::size_t begin = core.begin - view_begin, end = core.end - view_begin;
  auto verdict = validator != nullptr ? validator->validate(view, begin, end)
                                      : Verdict{begin, end, detector.grade, one_higher(detector.grade)};
  if (!verdict) return;
  verdict->begin += view_begin;
  verdict->end += view_begin;
  const std::size_t distance = detector.context_distance;
  const std::size_t from = std::max(view_begin, verdict->begin - std::min(verdict->begin, distance));
  judged_.push_back({expression.detector, from, std::min(view_end, verdict->end + distance), *verdict});
}

void WindowScan::grade(std::string_view text, const Judged& judged) {
  const auto& [begin, end, alone, beside_word] = judged.verdict;
  std::optional<Grade> grade = alone;
  if (alone != beside_word && in_context(judged.detector, judged.from, judged.to)) grade = beside_word;
  if (!grade || excluded(text.substr(begin, end - begin), judged.detector)) return;
  matches_.push_back({judged.detector, begin, end, *grade});
}

void WindowScan::scan_text(std::string_view text, Walls walls) {
  matches_.clear();
  judged_.clear();
  find_cores(text);
  for (const Core& core : cores_) judge(text, walls, core);
  for (const Core& core : numbers_.matches) judge(text, walls, core);
  find_words(text);
  judge_beside_words(text, walls);
  for (const Judged& judged : judged_) grade(text, judged);
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
  if (own_ != nullptr) find_in_base64(window, offset);
  std::sort(found_.begin(), found_.end());
  return found_;
}

void WindowScan::find_in_base64(std::span<const std::byte> window, std::uint64_t offset) {
  base64_.read(window);
  scan_text(base64_.text(), Walls::nul);
  for (const Match& m : matches_) {
    const std::string_view value = base64_.text().substr(m.begin, m.end - m.begin);
    if (own_->hold(value, set_->detectors()[m.detector].category)) continue;
    const Base64Lines::Place place = base64_.place_of(m.begin, m.end);
    const auto length = static_cast<std::uint32_t>(place.end - place.begin);
    found_.push_back({offset + place.own_last,
                      offset + place.own_first,
                      {offset + place.begin, length, m.detector, m.grade, View::raw}});
  }
}

}  // namespace ambit::scrutiny
