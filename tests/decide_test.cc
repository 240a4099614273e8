// The closed list row by row, then its laws over random orders and facts.
#include "stages/decide/decide.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

namespace ambit::decide_test {
namespace {

// --- a small language for orders and facts -------------------------------------------------------------------

constexpr IdentifierId kStrong = 0, kOther = 1, kWeak = 2, kWeak2 = 3;
constexpr IdentifierId kIdentifiers = 4;

using Tree = std::vector<Condition>;

Condition node(Op op, std::vector<std::uint32_t> children = {}) { return {op, std::move(children), {}, {}, 0, "", {}}; }

Tree ident(std::vector<IdentifierId> ids) {
  Condition c = node(Op::any_of);
  c.identifiers = std::move(ids);
  return {c};
}
Tree path(std::string glob) {
  Condition c = node(Op::path);
  c.text = std::move(glob);
  return {c};
}
Tree kind(Kind k) {
  Condition c = node(Op::kind);
  c.kind = k;
  return {c};
}
Tree count(std::vector<IdentifierId> ids, std::uint64_t n) {
  Tree t = ident(std::move(ids));
  t[0].op = Op::count;
  t[0].number = n;
  return t;
}
Tree near(std::vector<IdentifierId> a, std::vector<IdentifierId> b, std::uint64_t n) {
  Tree t = ident(std::move(a));
  t[0].op = Op::near;
  t[0].others = std::move(b);
  t[0].number = n;
  return t;
}
Tree join(Op op, std::vector<Tree> parts) {
  Tree out;
  std::vector<std::uint32_t> roots;
  for (const Tree& part : parts) {
    const auto base = static_cast<std::uint32_t>(out.size());
    for (Condition c : part) {
      for (std::uint32_t& child : c.children) child += base;
      out.push_back(c);
    }
    roots.push_back(static_cast<std::uint32_t>(out.size() - 1));
  }
  out.push_back(node(op, roots));
  return out;
}
Tree operator&(const Tree& a, const Tree& b) { return join(Op::all, {a, b}); }
Tree operator|(const Tree& a, const Tree& b) { return join(Op::any, {a, b}); }
Tree operator!(const Tree& a) { return join(Op::negate, {a}); }

Rule rule(Tree when, Unit unit = Unit::object, RuleDecision then = RuleDecision::relevant) {
  return {"R", 0, "", std::move(when), unit, then};
}

Scope scope_of(std::vector<Rule> rules) {
  Scope scope;
  scope.paragraphs.push_back({"1", "text"});
  for (const Strength strength : {Strength::strong, Strength::strong, Strength::weak, Strength::weak}) {
    Identifier id;
    id.strength = strength;
    scope.identifiers.push_back(id);
  }
  scope.rules = std::move(rules);
  return scope;
}

Locator at(std::string name) { return Locator{}.child({StepKind::path, std::move(name), 0, 0}); }

// 1000 bytes of ten lines of 100.
Facts facts_with(std::vector<Hit> hits, bool scrutinised = true) {
  Facts facts;
  facts.size = 1000;
  facts.kind = Kind::text;
  facts.is_text = true;
  std::sort(hits.begin(), hits.end());
  facts.hits = std::move(hits);
  facts.scrutinised = scrutinised;
  if (!scrutinised) return facts;
  for (const Hit& hit : facts.hits) {
    if (hit.view != View::raw) continue;
    const Extent line{hit.start / 100 * 100, 100, View::raw};
    if (facts.records.empty() || facts.records.back() != line) facts.records.push_back(line);
  }
  return facts;
}
Hit hit(IdentifierId id, std::uint64_t start, View view = View::raw) { return {start, 5, id, view, Form::utf8, false}; }
Finding finding(std::uint64_t offset, Grade grade = Grade::validated) { return {offset, 8, 0, grade, View::raw}; }

Decision decided(const Facts& facts, const std::vector<Rule>& rules) {
  return decide(facts, at("srv/mail/inbox"), scope_of(rules));
}

bool speaks(const Tree& when, std::vector<Hit> hits) {
  return decided(facts_with(std::move(hits)), {rule(when, Unit::object, RuleDecision::quarantine)}).disposition ==
         Disposition::quarantined;
}

std::string show(const Decision& d) {
  return std::string(to_string(d.disposition)) + "/" + std::string(to_string(d.reason));
}

// --- the closed list ----------------------------------------------------------------------------------------

TEST(Decide, walks_the_closed_list_from_the_top) {
  const Rule relevant = rule(ident({kStrong}));
  const Rule record = rule(ident({kStrong}), Unit::record);
  const Rule privileged = rule(ident({kOther}), Unit::object, RuleDecision::privileged);
  const Rule quarantine = rule(ident({kOther}), Unit::object, RuleDecision::quarantine);
  Facts unread = facts_with({});
  unread.exceptions = {{ExceptionReason::unreadable, 0, 10}};
  Facts known = facts_with({});
  known.known = true;
  Facts known_with_hit = facts_with({hit(kStrong, 5)});
  known_with_hit.known = true;
  Facts private_inside = facts_with({hit(kStrong, 5)});
  private_inside.findings = {finding(50)};
  Facts private_outside = facts_with({hit(kStrong, 5)});
  private_outside.findings = {finding(150)};
  struct Row {
    std::string want;
    Facts facts;
    std::vector<Rule> rules;
  };
  const std::vector<Row> rows = {
      {"quarantined/rule", facts_with({hit(kStrong, 5), hit(kOther, 9)}), {relevant, privileged, quarantine}},
      {"privileged/rule", facts_with({hit(kStrong, 5), hit(kOther, 9)}), {relevant, privileged}},
      {"not_relevant/no_rule", facts_with({hit(kOther, 9)}), {relevant, privileged}},
      {"unexamined/unreadable", unread, {relevant}},
      {"known/known_file", known, {relevant}},
      {"disclose/rule", known_with_hit, {relevant}},
      {"review_private/private_throughout", private_inside, {relevant}},
      {"review_private/private_throughout", private_outside, {relevant}},
      {"review_private/private_in_extent", private_inside, {record}},
      {"redact/rule", private_outside, {record}},
      {"disclose/rule", facts_with({hit(kStrong, 5)}), {record}},
      {"review_private/not_fully_scrutinised", facts_with({hit(kStrong, 5)}, false), {relevant}},
      {"review_relevance/weak_only", facts_with({hit(kWeak, 5)}), {rule(ident({kStrong, kWeak}))}},
      {"not_relevant/no_rule", facts_with({}), {relevant}},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(show(decided(rows[i].facts, rows[i].rules)), rows[i].want) << "row " << i;
  }
}

TEST(Decide, redacts_to_the_records_of_the_rule_that_spoke_and_no_others) {
  Facts facts = facts_with({hit(kStrong, 210), hit(kOther, 310), hit(kWeak, 510)});
  facts.findings = {finding(700)};
  const Decision d = decided(facts, {rule(ident({kStrong}), Unit::record)});
  EXPECT_EQ(d.disposition, Disposition::redact);
  EXPECT_EQ(d.extents, (std::vector<Extent>{{200, 100, View::raw}}));
  const Decision both = decided(facts, {rule(ident({kStrong}), Unit::record), rule(ident({kOther}), Unit::record)});
  EXPECT_EQ(both.extents, (std::vector<Extent>{{200, 200, View::raw}}));
  EXPECT_EQ(both.rule, 0u);
}

TEST(Decide, a_negated_identifier_draws_no_record) {
  Facts facts = facts_with({hit(kStrong, 210), hit(kOther, 910)});
  facts.findings = {finding(700)};
  const Decision d = decided(facts, {rule(ident({kStrong}) & !count({kOther}, 2), Unit::record)});
  EXPECT_EQ(d.extents, (std::vector<Extent>{{200, 100, View::raw}}));
}

TEST(Decide, takes_the_whole_object_where_no_record_can_be_drawn) {
  Hit digest = hit(kStrong, 0);
  digest.form = Form::hash;
  for (const Facts& facts : {facts_with({hit(kStrong, 3, View::name)}), facts_with({digest})}) {
    const Decision d = decided(facts, {rule(ident({kStrong}), Unit::record)});
    EXPECT_EQ(d.disposition, Disposition::disclose);
    EXPECT_EQ(d.extents, (std::vector<Extent>{{0, 1000, View::raw}}));
  }
}

TEST(Decide, a_finding_that_straddles_a_record_is_inside_and_one_that_touches_is_not) {
  for (const auto& [offset, want] :
       std::vector<std::pair<std::uint64_t, Disposition>>{{192, Disposition::redact},
                                                          {193, Disposition::review_private},
                                                          {299, Disposition::review_private},
                                                          {300, Disposition::redact}}) {
    Facts facts = facts_with({hit(kStrong, 210)});
    facts.findings = {finding(offset)};
    EXPECT_EQ(decided(facts, {rule(ident({kStrong}), Unit::record)}).disposition, want) << offset;
  }
}

TEST(Decide, a_finding_of_another_view_cannot_be_placed_and_counts_as_inside) {
  Facts facts = facts_with({hit(kStrong, 210)});
  facts.findings = {finding(700)};
  facts.findings[0].view = View::text;
  EXPECT_EQ(decided(facts, {rule(ident({kStrong}), Unit::record)}).disposition, Disposition::review_private);
}

TEST(Decide, findings_below_the_least_grade_are_not_private) {
  Facts facts = facts_with({hit(kStrong, 210)});
  facts.findings = {finding(210, Grade::shape_only)};
  Scope scope = scope_of({rule(ident({kStrong}))});
  EXPECT_EQ(decide(facts, at("x"), scope).disposition, Disposition::review_private);
  scope.privacy.least = Grade::plausible;
  EXPECT_EQ(decide(facts, at("x"), scope).disposition, Disposition::disclose);
}

TEST(Decide, unread_bytes_withhold_what_they_touch) {
  struct Row {
    Exception exception;
    Unit unit;
    std::string want;
  };
  for (const Row& row : std::vector<Row>{
           {{ExceptionReason::unreadable, 512, 100}, Unit::record, "redact/rule"},
           {{ExceptionReason::unreadable, 250, 1}, Unit::record, "review_private/not_fully_scrutinised"},
           {{ExceptionReason::unreadable, 0, UINT64_MAX}, Unit::record, "review_private/not_fully_scrutinised"},
           {{ExceptionReason::unreadable, 512, 100}, Unit::object, "review_private/not_fully_scrutinised"},
           {{ExceptionReason::changed, 0, 0}, Unit::record, "review_private/not_fully_scrutinised"},
           {{ExceptionReason::findings_limit, 0, 0}, Unit::record, "review_private/private_throughout"}}) {
    Facts facts = facts_with({hit(kStrong, 210)});
    facts.exceptions = {row.exception};
    EXPECT_EQ(show(decided(facts, {rule(ident({kStrong}), row.unit)})), row.want);
  }
}

TEST(Decide, what_is_packed_and_could_not_be_read_withholds_where_it_stands) {
  struct Row {
    Extent unseen;
    Unit unit;
    std::string want;
  };
  for (const Row& row :
       std::vector<Row>{{{512, 100, View::raw}, Unit::record, "redact/rule"},
                        {{250, 1, View::raw}, Unit::record, "review_private/not_fully_scrutinised"},
                        {{512, 100, View::raw}, Unit::object, "review_private/not_fully_scrutinised"}}) {
    Facts facts = facts_with({hit(kStrong, 210)});
    facts.unseen = {row.unseen};
    EXPECT_EQ(show(decided(facts, {rule(ident({kStrong}), row.unit)})), row.want);
  }
}

TEST(Decide, a_line_that_may_hold_many_records_is_no_record) {
  for (const auto& [undelimited, unit, want] :
       {std::tuple{Extent{200, 100, View::raw}, Unit::record, "review_private/not_fully_scrutinised"},
        {Extent{512, 100, View::raw}, Unit::record, "disclose/rule"},
        {Extent{200, 100, View::raw}, Unit::object, "disclose/rule"}}) {
    Facts facts = facts_with({hit(kStrong, 210)});
    facts.undelimited = {undelimited};
    EXPECT_EQ(show(decided(facts, {rule(ident({kStrong}), unit)})), want);
  }
}

TEST(Decide, the_rule_that_discloses_most_wins_and_among_equals_the_first) {
  Facts facts = facts_with({hit(kStrong, 210), hit(kOther, 310)});
  facts.findings = {finding(310)};
  const std::vector<Rule> rules = {rule(ident({kOther}), Unit::record), rule(ident({kStrong}), Unit::record),
                                   rule(ident({kStrong}), Unit::record)};
  const Decision d = decided(facts, rules);
  EXPECT_EQ(d.disposition, Disposition::redact);
  EXPECT_EQ(d.rule, 1u);
}

// --- conditions ---------------------------------------------------------------------------------------------

TEST(Conditions, combine_as_in_logic) {
  const Tree a = ident({kStrong}), b = ident({kOther}), c = ident({kWeak});
  for (unsigned bits = 0; bits < 8; ++bits) {
    const bool x = bits & 1, y = bits & 2, z = bits & 4;
    std::vector<Hit> hits;
    if (x) hits.push_back(hit(kStrong, 10));
    if (y) hits.push_back(hit(kOther, 20));
    if (z) hits.push_back(hit(kWeak, 30, View::name));  // views count together
    EXPECT_EQ(speaks(a & b, hits), x && y);
    EXPECT_EQ(speaks(a | b, hits), x || y);
    EXPECT_EQ(speaks(!a, hits), !x);
    EXPECT_EQ(speaks(a & !b, hits), x && !y);
    EXPECT_EQ(speaks((a | b) & c, hits), (x || y) && z);
    EXPECT_EQ(speaks(a | (b & c), hits), x || (y && z));
    EXPECT_EQ(speaks(!(a & (b | !c)), hits), !(x && (y || !z)));
    EXPECT_EQ(speaks(join(Op::all, {a, b, c}), hits), x && y && z);
    EXPECT_EQ(speaks(ident({kStrong, kOther}), hits), x || y);
  }
}

TEST(Conditions, near_measures_the_gap_between_two_hits_of_one_view) {
  const Tree close = near({kStrong}, {kOther}, 20);
  EXPECT_TRUE(speaks(close, {hit(kStrong, 100), hit(kOther, 125)}));
  EXPECT_TRUE(speaks(close, {hit(kOther, 100), hit(kStrong, 125)}));
  EXPECT_FALSE(speaks(close, {hit(kStrong, 100), hit(kOther, 126)}));
  EXPECT_FALSE(speaks(close, {hit(kStrong, 100), hit(kOther, 105, View::name)}));
  EXPECT_FALSE(speaks(close, {hit(kStrong, 100), hit(kStrong, 106)}));
  EXPECT_TRUE(speaks(near({kStrong}, {kOther}, 0), {hit(kStrong, 100), hit(kOther, 103)}));
  // the same hit is no neighbour of itself, another hit of the same identifier is
  EXPECT_FALSE(speaks(near({kStrong}, {kStrong}, 20), {hit(kStrong, 100)}));
  EXPECT_TRUE(speaks(near({kStrong}, {kStrong}, 20), {hit(kStrong, 100), hit(kStrong, 110)}));
  // a long hit reaches farther than a later short one
  Hit wide = hit(kStrong, 100);
  wide.length = 200;
  EXPECT_TRUE(speaks(close, {wide, hit(kStrong, 110), hit(kOther, 310)}));
}

TEST(Conditions, near_agrees_with_comparing_all_pairs) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::vector<Hit> hits(random() % 8);
    for (Hit& h : hits) {
      h = {random() % 200,
           1 + static_cast<std::uint32_t>(random() % 40),
           IdentifierId(random() % 3),
           random() % 2 ? View::raw : View::text,
           Form::utf8,
           false};
    }
    std::sort(hits.begin(), hits.end());
    hits.erase(std::unique(hits.begin(), hits.end()), hits.end());
    const std::uint64_t most = random() % 60;
    bool want = false;
    for (const Hit& a : hits) {
      for (const Hit& b : hits) {
        if (a.identifier > 1 || b.identifier == 0 || &a == &b || a.view != b.view) continue;
        const std::uint64_t begin = std::max(a.start, b.start), end = std::min(a.end(), b.end());
        want = want || begin <= end || begin - end <= most;
      }
    }
    EXPECT_EQ(speaks(near({0, 1}, {1, 2}, most), hits), want);
  }
}

TEST(Conditions, count_counts_hits_of_all_its_identifiers) {
  const std::vector<Hit> hits = {hit(kStrong, 1), hit(kStrong, 20), hit(kOther, 40)};
  EXPECT_TRUE(speaks(count({kStrong, kOther}, 3), hits));
  EXPECT_FALSE(speaks(count({kStrong, kOther}, 4), hits));
  EXPECT_FALSE(speaks(count({kStrong}, 3), hits));
}

TEST(Conditions, path_and_kind_look_at_the_object) {
  EXPECT_TRUE(speaks(path("/srv/**"), {}));
  EXPECT_FALSE(speaks(path("/srv/*"), {}));
  EXPECT_TRUE(speaks(kind(Kind::text), {}));
  EXPECT_FALSE(speaks(kind(Kind::mail), {}));
}

TEST(Conditions, weak_identifiers_alone_earn_review) {
  const auto decided_by = [](const Tree& when, std::vector<Hit> hits) {
    return decided(facts_with(std::move(hits)), {rule(when)}).disposition;
  };
  const Tree weak = ident({kWeak}), weak2 = ident({kWeak2}), strong = ident({kStrong});
  const std::vector<Hit> two_weak = {hit(kWeak, 1), hit(kWeak2, 20)};
  EXPECT_EQ(decided_by(weak & weak2, two_weak), Disposition::review_relevance);
  EXPECT_EQ(decided_by(weak & !strong, two_weak), Disposition::review_relevance);
  EXPECT_EQ(decided_by(weak & path("/srv/**"), two_weak), Disposition::review_relevance);
  EXPECT_EQ(decided_by(weak & strong, {hit(kWeak, 1), hit(kStrong, 20)}), Disposition::disclose);
  EXPECT_EQ(decided_by(weak & near({kStrong}, {kWeak}, 50), {hit(kWeak, 1), hit(kStrong, 20)}), Disposition::disclose);
  EXPECT_EQ(decided_by(path("/srv/**"), two_weak), Disposition::disclose);
}

TEST(Conditions, date_windows_use_every_date_the_object_has) {
  Scope scope = scope_of({rule(ident({kStrong}))});
  scope.window = {100, 200};
  struct Row {
    std::optional<std::int64_t> sent, modified;
    Disposition want;
  };
  for (const Row& row : std::vector<Row>{{{}, {}, Disposition::disclose},
                                         {{}, 100, Disposition::disclose},
                                         {{}, 99, Disposition::out_of_scope},
                                         {{}, 199, Disposition::disclose},
                                         {{}, 200, Disposition::out_of_scope},
                                         {150, 900, Disposition::disclose},
                                         {900, 150, Disposition::disclose},
                                         {900, 50, Disposition::out_of_scope},
                                         {50, {}, Disposition::out_of_scope}}) {
    Facts facts = facts_with({hit(kStrong, 5)});
    facts.sent = row.sent;
    facts.modified = row.modified;
    EXPECT_EQ(decide(facts, at("x"), scope).disposition, row.want);
  }
}

// --- globs --------------------------------------------------------------------------------------------------

TEST(Glob, stops_at_slashes_unless_told_otherwise) {
  struct Row {
    std::string glob, path;
    bool want;
  };
  for (const Row& row : std::vector<Row>{{"/a/*.txt", "/a/b.txt", true},
                                         {"/a/*.txt", "/a/b/c.txt", false},
                                         {"**/*.txt", "/a/b/c.txt", true},
                                         {"/a/**/c", "/a/c", true},
                                         {"/a/**/c", "/a/b/b/c", true},
                                         {"/a/**/c", "/a/xc", false},
                                         {"/a/?", "/a/b", true},
                                         {"/a?b", "/a/b", false},
                                         {"/A/B", "/a/b", true},
                                         {"/a/[b-d]x", "/a/Cx", true},
                                         {"/a/[!b-d]x", "/a/cx", false},
                                         {"/a/[!b]x", "/a//x", false},
                                         {"/a/[", "/a/[", true},
                                         {"", "", true},
                                         {"", "/", false},
                                         {"**", "/x/y", true},
                                         {"/a.zip!/**", "/a.zip!/m/n", true},
                                         {"/a/[]]", "/a/]", true},
                                         {"*/mail/*", "x/mail/y", true},
                                         {"/srv/**.log", "/srv/x/y.log", true}}) {
    EXPECT_EQ(glob_matches(row.glob, row.path), row.want) << row.glob << " on " << row.path;
  }
}

// The definition, without any cleverness.
bool matches_by_definition(std::string_view glob, std::string_view path, bool at_front = true) {
  if (glob.empty()) return path.empty();
  if (glob.starts_with("**")) {
    const std::string_view rest = glob.substr(2);
    const bool components = at_front && rest.starts_with("/");
    for (std::size_t n = 0; n <= path.size(); ++n) {
      if (!components && matches_by_definition(rest, path.substr(n), false)) return true;
      if (components && (n == 0 || path[n - 1] == '/') && matches_by_definition(rest.substr(1), path.substr(n))) {
        return true;
      }
    }
    return false;
  }
  if (glob[0] == '*') {
    for (std::size_t n = 0; n <= path.size(); ++n) {
      if (matches_by_definition(glob.substr(1), path.substr(n), false)) return true;
      if (n < path.size() && path[n] == '/') return false;
    }
    return false;
  }
  if (path.empty() || (glob[0] == '?' ? path[0] == '/' : glob[0] != path[0])) return false;
  return matches_by_definition(glob.substr(1), path.substr(1), glob[0] == '/');
}

TEST(Glob, agrees_with_its_definition) {
  std::mt19937 random(11);
  int matched = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string glob, path;
    for (std::size_t n = random() % 8; n > 0; --n) {
      static constexpr std::string_view kParts[] = {"a", "b", "/", "*", "**/", "?", "/", "**"};
      const std::string_view part = kParts[random() % std::size(kParts)];
      if (!glob.ends_with('*') || !part.starts_with('*')) glob += part;
    }
    for (std::size_t n = random() % 9; n > 0; --n) path += "ab/"[random() % 3];
    const bool want = matches_by_definition(glob, path);
    matched += want;
    ASSERT_EQ(glob_matches(glob, path), want) << glob << " on " << path;
  }
  EXPECT_GT(matched, 1'000);
}

TEST(Glob, does_not_blow_up) {
  std::string glob = "/";
  for (int i = 0; i < 200; ++i) glob += "**a*a";
  EXPECT_FALSE(glob_matches(glob + "b", "/" + std::string(4'000, 'a')));
}

// --- laws over random orders and facts ----------------------------------------------------------------------

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

  Tree tree(int depth = 0) {
    const std::uint32_t what = below(depth > 2 ? 5 : 8);
    const IdentifierId a = below(kIdentifiers), b = below(kIdentifiers);
    if (what < 2) return ident({a});
    if (what == 2) return near({a}, {b}, below(300));
    if (what == 3) return count({a}, 1 + below(3));
    if (what == 4)
      return one_in(2) ? path(one_in(2) ? "/srv/**" : "/home/**") : kind(one_in(2) ? Kind::text : Kind::mail);
    if (what == 5) return !tree(depth + 1);
    return what == 6 ? tree(depth + 1) & tree(depth + 1) : tree(depth + 1) | tree(depth + 1);
  }

  Scope scope() {
    std::vector<Rule> rules;
    for (std::uint32_t n = below(6); n > 0; --n) {
      const RuleDecision then = one_in(6)   ? RuleDecision::privileged
                                : one_in(8) ? RuleDecision::quarantine
                                            : RuleDecision::relevant;
      rules.push_back(rule(tree(), one_in(2) ? Unit::record : Unit::object, then));
    }
    Scope out = scope_of(std::move(rules));
    if (one_in(3)) out.window = {100, 200};
    if (one_in(4)) out.privacy.least = Grade::plausible;
    return out;
  }

  Facts facts() {
    std::vector<Hit> hits;
    for (std::uint32_t n = below(6); n > 0; --n) {
      hits.push_back(hit(below(kIdentifiers), below(995), one_in(6) ? View::name : View::raw));
    }
    Facts out = facts_with(std::move(hits), !one_in(4));
    if (one_in(3)) out.modified = below(300);
    if (one_in(5)) out.sent = below(300);
    if (one_in(5)) out.known = true;
    if (one_in(4)) {
      out.exceptions.push_back({static_cast<ExceptionReason>(below(kExceptionReasons)), below(1000), below(200)});
    }
    for (std::uint32_t n = one_in(2) ? below(3) : 0; n > 0; --n) {
      out.findings.push_back(finding(below(990), static_cast<Grade>(below(3))));
    }
    std::sort(out.findings.begin(), out.findings.end());
    return out;
  }

 private:
  std::mt19937 random_;
};

int disclosure(Disposition d) {
  switch (d) {
    case Disposition::disclose:
      return 3;
    case Disposition::redact:
      return 2;
    case Disposition::review_private:
    case Disposition::review_relevance:
      return 1;
    default:
      return 0;
  }
}

void for_random_cases(const std::function<void(const Scope&, const Facts&, const Decision&)>& check) {
  Dice dice(2013);
  std::array<int, kDispositions> seen{};
  for (int i = 0; i < 5'000; ++i) {
    const Scope scope = dice.scope();
    const Facts facts = dice.facts();
    const Decision d = decide(facts, at("srv/x"), scope);
    ++seen[static_cast<std::size_t>(d.disposition)];
    check(scope, facts, d);
    if (testing::Test::HasFailure()) return;
  }
  for (std::size_t d = 0; d < kDispositions; ++d) {  // the dice reach every row that one object can reach alone
    const auto disposition = static_cast<Disposition>(d);
    if (disposition == Disposition::family || disposition == Disposition::duplicate) continue;
    EXPECT_GT(seen[d], 10) << to_string(disposition);
  }
}

TEST(DecideLaws, every_object_has_one_disposition_and_a_reason_that_belongs_to_it) {
  for_random_cases([](const Scope&, const Facts&, const Decision& d) {
    using enum Disposition;
    const auto one_of = [&](std::initializer_list<Reason> reasons) {
      return std::find(reasons.begin(), reasons.end(), d.reason) != reasons.end();
    };
    EXPECT_NE(d.disposition, family);
    EXPECT_NE(d.disposition, duplicate);
    const bool by_rule = is_caught(d);
    EXPECT_EQ(d.rule.has_value(), by_rule) << show(d);
    switch (d.disposition) {
      case unexamined:
        EXPECT_GE(d.reason, Reason::unreadable);
        break;
      case out_of_scope:
        EXPECT_EQ(d.reason, Reason::outside_dates);
        break;
      case known:
        EXPECT_EQ(d.reason, Reason::known_file);
        break;
      case not_relevant:
        EXPECT_EQ(d.reason, Reason::no_rule);
        break;
      case review_relevance:
        EXPECT_EQ(d.reason, Reason::weak_only);
        break;
      case review_private:
        EXPECT_TRUE(one_of({Reason::private_in_extent, Reason::private_throughout, Reason::not_fully_scrutinised}));
        break;
      default:
        EXPECT_EQ(d.reason, Reason::rule);
    }
  });
}

TEST(DecideLaws, an_exception_never_becomes_an_exclusion) {
  for_random_cases([](const Scope&, const Facts& facts, const Decision& d) {
    if (facts.exceptions.empty()) return;
    EXPECT_NE(d.disposition, Disposition::not_relevant);
    EXPECT_NE(d.disposition, Disposition::known);
    EXPECT_NE(d.disposition, Disposition::out_of_scope);
    EXPECT_NE(d.disposition, Disposition::disclose);
  });
}

TEST(DecideLaws, an_object_with_a_hit_of_the_case_is_never_known) {
  std::size_t known_with_hit = 0;
  for_random_cases([&](const Scope&, const Facts& facts, const Decision& d) {
    if (facts.hits.empty()) return;
    known_with_hit += facts.known;
    EXPECT_NE(d.disposition, Disposition::known);
  });
  EXPECT_GT(known_with_hit, 100U);
}

TEST(DecideLaws, a_private_finding_never_becomes_disclose_and_never_stands_in_a_released_extent) {
  for_random_cases([](const Scope& scope, const Facts& facts, const Decision& d) {
    for (const Finding& f : facts.findings) {
      if (f.grade < scope.privacy.least) continue;
      EXPECT_NE(d.disposition, Disposition::disclose);
      if (d.disposition != Disposition::redact) continue;
      for (const Extent& e : d.extents) EXPECT_TRUE(f.end() <= e.start || e.end() <= f.offset);
    }
  });
}

TEST(DecideLaws, nothing_is_released_before_the_scrutiny) {
  for_random_cases([](const Scope&, const Facts& facts, const Decision& d) {
    if (!facts.scrutinised) { EXPECT_FALSE(is_released(d.disposition)); }
  });
}

TEST(DecideLaws, the_scrutiny_never_reaches_what_the_sweep_did_not_catch) {
  for_random_cases([](const Scope& scope, const Facts& facts, const Decision& d) {
    Facts swept = facts;
    swept.scrutinised = false;
    swept.records.clear();
    swept.findings.clear();
    EXPECT_EQ(is_caught(decide(swept, at("srv/x"), scope)), is_caught(d));
  });
}

TEST(DecideLaws, taking_a_relevant_rule_out_never_moves_towards_disclosure) {
  for_random_cases([](const Scope& scope, const Facts& facts, const Decision& d) {
    for (std::size_t i = 0; i < scope.rules.size(); ++i) {
      if (scope.rules[i].then != RuleDecision::relevant) continue;
      Scope without = scope;
      without.rules.erase(without.rules.begin() + static_cast<std::ptrdiff_t>(i));
      const Decision less = decide(facts, at("srv/x"), without);
      EXPECT_LE(disclosure(less.disposition), disclosure(d.disposition)) << show(d) << " -> " << show(less);
    }
  });
}

TEST(DecideLaws, released_extents_are_sorted_apart_and_inside_the_object) {
  for_random_cases([](const Scope&, const Facts& facts, const Decision& d) {
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < d.extents.size(); ++i) {
      EXPECT_LE(d.extents[i].end(), facts.size);
      EXPECT_TRUE(i == 0 || d.extents[i].start > last);
      last = d.extents[i].end();
    }
    if (is_released(d.disposition)) { EXPECT_FALSE(d.extents.empty()); }
  });
}

}  // namespace
}  // namespace ambit::decide_test
