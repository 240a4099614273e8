// The decision.
//
// Precedence first: the list in disposition.h is walked from the top and the first that applies wins. Only among the
// relevant rules is there a choice, and there the rule that discloses most wins, not the first: every relevant rule is
// a permission of its own, and what one paragraph permits, another one cannot take back. So a rule more can only
// disclose more and a rule less only less, which is what the parties must be able to rely on. The price: each
// speaking rule is judged to its end.
//
// Doubt withholds. Without the scrutiny nothing is released; a finding that cannot be placed (another view than
// the extent) counts as inside it; bytes that were not read are private until someone has read them.
#include "stages/decide/decide.h"

#include <algorithm>
#include <tuple>

#include "stages/decide/evidence.h"

namespace ambit {
namespace {

using decision::Evidence;

// The bytes of an object that a rule makes relevant.
struct Reach {
  bool whole = false;
  std::vector<Extent> extents;  // sorted, merged
};

struct Outcome {
  std::uint32_t rule = 0;
  int rank = 0;  // how much it discloses: 0 review, 1 redact, 2 disclose
  Reason reason = Reason::rule;
  Reach reach;
};
constexpr int kReviewRank = 0, kRedactRank = 1, kDiscloseRank = 2;

bool overlaps(std::uint64_t begin, std::uint64_t end, const Extent& extent) {
  return begin < extent.end() && extent.start < end;
}

std::vector<Extent> merged(std::vector<Extent> extents) {
  const auto by_view = [](const Extent& a, const Extent& b) {
    return std::tie(a.view, a.start, a.length) < std::tie(b.view, b.start, b.length);
  };
  std::sort(extents.begin(), extents.end(), by_view);
  std::vector<Extent> out;
  for (const Extent& e : extents) {
    if (!out.empty() && out.back().view == e.view && e.start <= out.back().end()) {
      out.back().length = std::max(out.back().end(), e.end()) - out.back().start;
    } else {
      out.push_back(e);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

Reach whole_object(const Facts& facts) {
  Reach reach{true, {}};
  if (facts.size > 0) reach.extents.push_back({0, facts.size, View::raw});
  return reach;
}

// The records that hold the rule's hits; the whole object where that says nothing: a rule of paths and kinds only, a
// digest of the whole object, a hit that no record was drawn around.
Reach reach_of(const Rule& rule, const std::vector<IdentifierId>& identifiers, const Facts& facts) {
  if (rule.unit == Unit::object) return whole_object(facts);
  std::vector<Extent> chosen;
  for (const View view : {View::raw, View::text}) {
    std::vector<Extent> records;
    std::copy_if(facts.records.begin(), facts.records.end(), std::back_inserter(records),
                 [&](const Extent& e) { return e.view == view; });
    auto record = records.begin();
    for (const Hit& hit : facts.hits) {
      if (hit.view != view || !std::binary_search(identifiers.begin(), identifiers.end(), hit.identifier)) continue;
      while (record != records.end() && record->end() <= hit.start) ++record;
      auto held = record;
      for (; held != records.end() && overlaps(hit.start, hit.end(), *held); ++held) {
        if (chosen.empty() || chosen.back() != *held) chosen.push_back(*held);
      }
      if (held == record || hit.form == Form::hash) return whole_object(facts);
    }
  }
  if (chosen.empty()) return whole_object(facts);
  return {false, merged(std::move(chosen))};
}

// What stands in another view cannot be placed, and counts as inside.
bool is_inside(const Reach& reach, View view, std::uint64_t begin, std::uint64_t end) {
  if (reach.whole) return true;
  return std::any_of(reach.extents.begin(), reach.extents.end(),
                     [&](const Extent& e) { return e.view != view || overlaps(begin, end, e); });
}

// An exception without a length does not say which bytes it takes away: it takes all.
bool exception_inside(const Reach& reach, const Exception& exception) {
  if (exception.length == 0) return true;
  const std::uint64_t end =
      exception.offset + std::min(exception.length, UINT64_MAX - exception.offset);  // lengths are hostile
  return is_inside(reach, View::raw, exception.offset, end);
}

bool has(const Facts& facts, ExceptionReason reason) {
  return std::any_of(facts.exceptions.begin(), facts.exceptions.end(),
                     [&](const Exception& e) { return e.reason == reason; });
}

Outcome judge(std::uint32_t index, const Rule& rule, const std::vector<IdentifierId>& identifiers, const Facts& facts,
              const Privacy& privacy) {
  if (!facts.scrutinised) return {index, kReviewRank, Reason::not_fully_scrutinised, {}};
  Outcome out{index, kReviewRank, Reason::rule, reach_of(rule, identifiers, facts)};
  if (has(facts, ExceptionReason::findings_limit)) {
    out.reason = Reason::private_throughout;
    return out;
  }
  bool found = false;
  for (const Finding& finding : facts.findings) {
    if (finding.grade < privacy.least) continue;
    found = true;
    if (!is_inside(out.reach, finding.view, finding.offset, finding.end())) continue;
    out.reason = out.reach.whole ? Reason::private_throughout : Reason::private_in_extent;
    return out;
  }
  const auto unread = [&](const Exception& e) { return exception_inside(out.reach, e); };
  const auto unseen = [&](const Extent& e) { return is_inside(out.reach, e.view, e.start, e.end()); };
  if (std::any_of(facts.exceptions.begin(), facts.exceptions.end(), unread) ||
      std::any_of(facts.unseen.begin(), facts.unseen.end(), unseen)) {
    out.reason = Reason::not_fully_scrutinised;
    return out;
  }
  // Such a line may hold any number of records, and the order reaches one.
  const auto undelimited = [&](const Extent& e) { return is_inside(out.reach, e.view, e.start, e.end()); };
  if (!out.reach.whole && std::any_of(facts.undelimited.begin(), facts.undelimited.end(), undelimited)) {
    out.reason = Reason::not_fully_scrutinised;
    return out;
  }
  const bool is_clean = !found && facts.exceptions.empty() && facts.unseen.empty();
  out.rank = is_clean ? kDiscloseRank : kRedactRank;
  return out;
}

Decision best_of(std::vector<Outcome> outcomes) {
  const auto best = std::max_element(outcomes.begin(), outcomes.end(),
                                     [](const Outcome& a, const Outcome& b) { return a.rank < b.rank; });
  Decision out{Disposition::review_private, best->reason, best->rule, {}};
  if (best->rank == kRedactRank) out.disposition = Disposition::redact;
  if (best->rank == kDiscloseRank) out.disposition = Disposition::disclose;
  for (const Outcome& outcome : outcomes) {
    if (outcome.rank != best->rank) continue;
    out.extents.insert(out.extents.end(), outcome.reach.extents.begin(), outcome.reach.extents.end());
  }
  out.extents = merged(std::move(out.extents));
  return out;
}

bool all_weak(const std::vector<IdentifierId>& identifiers, const Scope& scope) {
  return !identifiers.empty() && std::all_of(identifiers.begin(), identifiers.end(), [&](IdentifierId id) {
    return scope.identifiers[id].strength == Strength::weak;
  });
}

Decision decide_relevance(const std::vector<std::uint32_t>& speaking, const Evidence& evidence, const Facts& facts,
                          const Scope& scope) {
  std::vector<Outcome> outcomes;
  for (const std::uint32_t index : speaking) {
    const Rule& rule = scope.rules[index];
    const std::vector<IdentifierId> identifiers = evidence.positive_hits(rule);
    if (!all_weak(identifiers, scope)) outcomes.push_back(judge(index, rule, identifiers, facts, scope.privacy));
  }
  if (outcomes.empty()) return {Disposition::review_relevance, Reason::weak_only, speaking.front(), {}};
  return best_of(std::move(outcomes));
}

bool outside_dates(const Facts& facts, const DateWindow& window) {
  if (!window.limits() || (!facts.sent && !facts.modified)) return false;
  return (!facts.sent || !window.holds(*facts.sent)) && (!facts.modified || !window.holds(*facts.modified));
}

// The reason that the census names where there are several: the first of their closed list.
Reason first_reason(const std::vector<Exception>& exceptions) {
  const auto first = std::min_element(exceptions.begin(), exceptions.end(),
                                      [](const Exception& a, const Exception& b) { return a.reason < b.reason; });
  return to_reason(first->reason);
}

}  // namespace

Decision decide(const Facts& facts, const Locator& locator, const Scope& scope) {
  Evidence evidence(facts, locator);
  std::vector<std::uint32_t> relevant;
  std::optional<std::uint32_t> quarantine, privilege;
  for (std::uint32_t i = 0; i < scope.rules.size(); ++i) {
    const Rule& rule = scope.rules[i];
    if (!evidence.speaks(rule)) continue;
    if (rule.then == RuleDecision::relevant) relevant.push_back(i);
    if (rule.then == RuleDecision::quarantine && !quarantine) quarantine = i;
    if (rule.then == RuleDecision::privileged && !privilege) privilege = i;
  }
  if (quarantine) return {Disposition::quarantined, Reason::rule, quarantine, {}};
  if (privilege && !relevant.empty()) return {Disposition::privileged, Reason::rule, privilege, {}};
  // An object that no rule may release, for its dates or for want of a rule, is excluded only if all of it was
  // examined: an exception never becomes an exclusion.
  const bool outside = outside_dates(facts, scope.window);
  if (!facts.exceptions.empty() && (relevant.empty() || outside)) {
    return {Disposition::unexamined, first_reason(facts.exceptions), std::nullopt, {}};
  }
  if (outside) return {Disposition::out_of_scope, Reason::outside_dates, std::nullopt, {}};
  if (facts.known && facts.hits.empty() && facts.exceptions.empty()) {
    return {Disposition::known, Reason::known_file, std::nullopt, {}};
  }
  if (relevant.empty()) return {Disposition::not_relevant, Reason::no_rule, std::nullopt, {}};
  return decide_relevance(relevant, evidence, facts, scope);
}

bool is_caught(const Decision& decision) {
  switch (decision.disposition) {
    case Disposition::quarantined:
    case Disposition::privileged:
    case Disposition::review_private:
    case Disposition::redact:
    case Disposition::disclose:
    case Disposition::review_relevance:
      return true;
    default:
      return false;
  }
}

}  // namespace ambit
