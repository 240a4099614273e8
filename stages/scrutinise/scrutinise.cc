#include "stages/scrutinise/scrutinise.h"

#include <algorithm>

#include "pipeline/limits.h"

namespace ambit {
namespace {

static_assert(Stage<Scrutinise>);

}  // namespace

Scrutinise::Scrutinise(const DetectorSet& detectors, const Scope& scope)
    : detectors_(detectors), loosened_(detectors.detectors().size(), 0), least_(scope.privacy.least), own_(scope) {
  for (std::size_t i = 0; i < loosened_.size(); ++i) {
    loosened_[i] = std::any_of(scope.privacy.loosened.begin(), scope.privacy.loosened.end(),
                               [&](const auto& row) { return row.detector == detectors.detectors()[i].name; });
  }
  draws_records_ =
      std::any_of(scope.rules.begin(), scope.rules.end(), [](const Rule& rule) { return rule.unit == Unit::record; });
}

void Scrutinise::prepare(State& state, const Facts& facts) const {
  state.kind = facts.kind;
  state.is_text = facts.is_text;
  state.holds_rows = holds_rows(facts.format);
  state.hits.clear();
  state.reach.clear();
  for (const Hit& hit : facts.hits) {
    // A digest names the whole object, not what is written in it.
    if (hit.view != View::raw || hit.form == Form::hash) continue;
    state.hits.push_back(hit);
    state.reach.push_back(std::max(state.reach.empty() ? 0 : state.reach.back(), hit.end()));
  }
}

void Scrutinise::begin(State& state, const Head& head) const {
  state.findings.clear();
  state.too_many = false;
  state.left = draws_records_ ? UINT32_MAX : limits::kEnoughFindingsPerObject;
  state.records.prepare(draws_records_ ? std::span<const Hit>(state.hits) : std::span<const Hit>(), state.kind,
                        state.is_text, head.size);
}

bool Scrutinise::is_covered(const State& state, const scrutiny::Found& found) const {
  const auto after = std::upper_bound(state.hits.begin(), state.hits.end(), found.first,
                                      [](std::uint64_t offset, const Hit& hit) { return offset < hit.start; });
  if (after == state.hits.begin()) return false;
  return state.reach[static_cast<std::size_t>(after - state.hits.begin()) - 1] > found.last;
}

// `window` begins at the object's `offset` and holds all of the finding.
bool Scrutinise::is_own(std::span<const std::byte> window, std::uint64_t offset, const scrutiny::Found& found) const {
  if (own_.empty()) return false;
  const std::uint64_t reach = found.last - found.first + 1;
  const std::size_t step = reach == found.finding.length ? 1 : 2;  // bytes a letter: UTF-16 has a zero beside each
  std::string value;
  for (std::uint64_t at = found.first - offset; at <= found.last - offset; at += step) {
    value += static_cast<char>(window[at]);
  }
  return own_.hold(value, detectors_.detectors()[found.finding.detector].category);
}

bool Scrutinise::is_private(const State& state, std::span<const std::byte> window, std::uint64_t offset,
                            const scrutiny::Found& found) const {
  return loosened_[found.finding.detector] == 0 && !is_covered(state, found) && !is_own(window, offset, found);
}

void Scrutinise::look(State& state, const Chunk& chunk) const {
  state.records.look(chunk);
  const auto [window, offset] = scrutiny::worth_scanning(chunk, detectors_.context_bytes());
  if (window.empty() || state.too_many || state.left == 0) return;
  look_at(state, window, offset, chunk.offset(), chunk.offset() + chunk.body_bytes(), [&](const Finding& finding) {
    state.too_many = state.too_many || state.findings.size() == limits::kMaxFindingsPerObject;
    if (state.too_many || state.left == 0) return;
    state.findings.push_back(finding);
    if (finding.grade >= least_) --state.left;
  });
}

void Scrutinise::finish(State& state, Facts& facts) const {
  std::sort(state.findings.begin(), state.findings.end());
  facts.findings = std::move(state.findings);
  facts.records = state.records.finish();
  facts.undelimited = state.holds_rows ? facts.records : state.records.undelimited();
  facts.scrutinised = true;
  if (state.too_many) {
    const Exception exception{ExceptionReason::findings_limit, 0, 0};
    const auto by_offset = [](const Exception& a, const Exception& b) { return a.offset < b.offset; };
    facts.exceptions.insert(std::upper_bound(facts.exceptions.begin(), facts.exceptions.end(), exception, by_offset),
                            exception);
  }
  state.findings.clear();
}

std::vector<Finding> Scrutinise::detect_block(State& state, std::span<const std::byte> block) const {
  std::vector<Finding> out;
  for (const scrutiny::Found& found : state.scan.scan(block, 0)) {
    if (loosened_[found.finding.detector] == 0) out.push_back(found.finding);
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool Scrutinise::is_private_name(State& state, std::string_view component) const {
  for (const Finding& finding : detect_block(state, std::as_bytes(std::span(component)))) {
    if (finding.grade < least_) continue;
    const std::string_view value = component.substr(static_cast<std::size_t>(finding.offset), finding.length);
    if (!own_.hold(value, detectors_.detectors()[finding.detector].category)) return true;
  }
  return false;
}

// Which of the parts between '/' are private; ascending.
std::vector<std::uint32_t> Scrutinise::private_components(State& state, std::string_view name) const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t component = 0;; ++component) {
    const std::size_t slash = std::min(name.find('/'), name.size());
    if (is_private_name(state, name.substr(0, slash))) out.push_back(component);
    if (slash == name.size()) return out;
    name.remove_prefix(slash + 1);
  }
}

void Scrutinise::look_at_names(State& state, const Locator& locator, std::span<const std::string> links,
                               Facts& facts) const {
  facts.private_names.clear();
  facts.private_links.clear();
  for (std::size_t step = 0; step < locator.steps.size(); ++step) {
    const Step& at = locator.steps[step];
    if (at.kind == StepKind::residue) continue;  // its name is ours
    for (const std::uint32_t component : private_components(state, at.name)) {
      facts.private_names.push_back({static_cast<std::uint32_t>(step), component});
    }
  }
  for (std::size_t link = 0; link < links.size(); ++link) {
    for (const std::uint32_t component : private_components(state, links[link])) {
      facts.private_links.push_back({static_cast<std::uint32_t>(link), component});
    }
  }
  facts.examined_links = links.size();
}

}  // namespace ambit
