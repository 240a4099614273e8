// The second look as a stage: chunks, third parties, records, names, limits.
#include "stages/scrutinise/scrutinise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "pipeline/detector_file.h"
#include "pipeline/limits.h"

namespace ambit::scrutinise_test {
namespace {

using Extents = std::vector<Extent>;

const DetectorSet& builtin_set() {
  static const auto set = [] {
    const auto detectors = read_embedded_detectors();
    if (!detectors.ok()) std::abort();
    return DetectorSet::build(detectors.value());
  }();
  if (!set.ok()) std::abort();
  return set.value();
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string wide(std::string_view text, bool little = true) {
  std::string out;
  for (const char c : text) out += little ? std::string{c, '\0'} : std::string{'\0', c};
  return out;
}

Scope with_record_rule(Scope scope) {
  Rule rule;
  rule.unit = Unit::record;
  scope.rules.push_back(rule);
  return scope;
}

// Shows `text` to the stage in chunks of `body` bytes, with the zeros left out as the reader would.
Facts scrutinised_as_it_is(const Scope& scope, Facts facts, std::string_view text, std::size_t body = 1 << 20) {
  const Scrutinise stage(builtin_set(), scope);
  auto state = stage.make_state();
  facts.size = text.size();
  std::sort(facts.hits.begin(), facts.hits.end());
  stage.prepare(state, facts);
  stage.begin(state, {text.size(), 0, text.size()});
  const std::size_t context = builtin_set().context_bytes();
  for (std::size_t at = 0; at < text.size(); at += body) {
    const std::size_t end = std::min(text.size(), at + body);
    const std::size_t from = at - std::min(at, context);
    const std::string_view window = text.substr(from, std::min(text.size(), end + context) - from);
    const bool zeros = text.substr(at, end - at).find_first_not_of('\0') == std::string_view::npos;
    const std::vector<Segment> segments(zeros ? 0 : 1, Segment{0, end - at});
    stage.look(state, Chunk(bytes_of(window), at - from, end - at, at, segments));
  }
  stage.finish(state, facts);
  return facts;
}
Facts scrutinised(const Scope& scope, Facts facts, std::string_view text, std::size_t body = 1 << 20) {
  return scrutinised_as_it_is(with_record_rule(scope), std::move(facts), text, body);
}

Hit hit_on(std::string_view text, std::string_view word, Form form = Form::utf8) {
  const std::size_t at = text.find(word);
  EXPECT_NE(at, std::string_view::npos);
  return {at, static_cast<std::uint32_t>(word.size()), 0, View::raw, form, false};
}
Facts with(std::vector<Hit> hits, bool is_text = true) {
  Facts facts;
  facts.hits = std::move(hits);
  facts.is_text = is_text;
  return facts;
}
std::string piece(std::string_view text, const Extent& e) { return std::string(text.substr(e.start, e.length)); }

// --- third parties ------------------------------------------------------------------------------------------

TEST(Scrutinise, what_the_order_names_is_not_a_third_partys) {
  const std::string text = "From: kim@example.com\nTo: jo@example.org\nCc: ann.kim@example.com\n";
  const Facts facts = scrutinised({}, with({hit_on(text, "kim@example.com")}), text);
  ASSERT_TRUE(facts.scrutinised);
  ASSERT_EQ(facts.findings.size(), 2u);
  EXPECT_EQ(facts.findings[0].offset, text.find("jo@"));
  EXPECT_EQ(facts.findings[1].offset, text.find("ann.kim"));
}

TEST(Scrutinise, a_hit_that_covers_a_finding_only_in_part_does_not_make_it_the_cases) {
  const std::string text = "ann.kim@example.com";
  EXPECT_EQ(scrutinised({}, with({hit_on(text, "kim@example.com")}), text).findings.size(), 1u);
  EXPECT_EQ(scrutinised({}, with({hit_on(text, "ann.kim@example.co")}), text).findings.size(), 1u);
  EXPECT_EQ(scrutinised({}, with({hit_on(text, "ann.kim@example.com")}), text).findings.size(), 0u);
}

// --- own values: however they are written ---------------------------------------------------------------------

Scope naming(std::vector<std::string> literals, std::vector<std::string> role_accounts = {}) {
  Scope scope;
  scope.identifiers.resize(1);
  scope.identifiers[0].literals = std::move(literals);
  scope.privacy.role_accounts = std::move(role_accounts);
  return scope;
}

// What one value written one way is taken for where the order names it another way. `text` must be found without it.
struct Spelling {
  const char* in_order;
  const char* text;
  bool own;
};
const Spelling kSpellings[] = {
    {"Kim@Example.com", "mail to kim@example.COM now", true},
    {"kim@example.com", "mail to jo.kim@example.com now", false},
    {"kim@example.com", "mail to kim@example.com.au now", false},
    {"DE89370400440532013000", "IBAN: DE89 3704 0044 0532 0130 00", true},
    {"DE89 3704 0044 0532 0130 00", "IBAN: DE89370400440532013000", true},
    {"de89 3704 0044 0532 0130 00", "IBAN: DE89 3704 0044 0532 0130 00", true},
    {"DE89370400440532013000", "IBAN: GB82 WEST 1234 5698 7654 32", false},
    {"+44 20 7946 0018", "phone +442079460018 or", true},
    {"+442079460018", "phone +44 20 7946-0018 or", true},
    {"0044 20 7946 0018", "phone +44 (0)20 7946 0018 or", true},
    {"011 44 20 7946 0018", "phone +44.20.7946.0018 or", true},
    {"+44 20 7946 0018", "phone +44 20 7946 0019 or", false},
    {"202.555.0143", "phone (202) 555-0143 or", true},
    {"4111 1111 1111 1111", "card 4111-1111-1111-1111.", true},
    {"4111111111111111", "card 5500 0000 0000 0004.", false},
    {"4111111111111111", "card 4111.1111.1111.1111, or", true},
    {"4111111111111111", "card=4111%201111%201111%201111&", true},
    {"kim@example.com", "mail to kim&#64;example.com now", true},
    {"kim@example.com", "mail to jo&#64;example.com now", false},
    {"kim@example.com", "mail to kim\\u0040example.com now", true},
    {"+44 20 7946 0018", "phone 0044 20 7946 0018 or", true},
    {"219-09-9999", "SSN 219 09 9999", true},
    {"123.456.789-09", "CPF: 12345678909", true},
    {"756.9217.0769.85", "AHV-Nummer 7569217076985", true},
    {"12.3.45.67", "host 1.23.45.67 port", false},
    {"1.23.45.67", "host 1.23.45.67 port", true},
};

TEST(OwnValues, are_known_in_every_spelling_and_nothing_else_is) {
  for (const Spelling& s : kSpellings) {
    for (const bool wide_text : {false, true}) {
      const std::string text = wide_text ? wide(s.text) : s.text;
      EXPECT_FALSE(scrutinised({}, with({}), text).findings.empty()) << s.text << ": the detectors do not see it";
      EXPECT_EQ(scrutinised(naming({s.in_order}), with({}), text).findings.empty(), s.own)
          << s.in_order << " / " << s.text << (wide_text ? " in UTF-16" : "");
      EXPECT_EQ(scrutinised(naming({}, {s.in_order}), with({}), text).findings.empty(), s.own)
          << s.in_order << " as a role account / " << s.text;
    }
  }
}

TEST(OwnValues, of_a_domain_are_all_its_addresses_and_no_others) {
  const std::string text =
      "info@northlight.example, Sales@NORTHLIGHT.example; jo@shop.northlight.example, jo@northlight.example.org "
      "jo@xnorthlight.example https://ann:secret-pw1@northlight.example/";
  for (const char* domain : {"northlight.example", "@Northlight.Example"}) {
    const Facts facts = scrutinised(naming({}, {domain}), with({}), text);
    std::string left;
    for (const Finding& f : facts.findings) left += text.substr(static_cast<std::size_t>(f.offset), f.length) + "\n";
    EXPECT_EQ(left.find("info@"), std::string::npos) << left;
    EXPECT_EQ(left.find("Sales@"), std::string::npos) << left;
    for (const char* other :
         {"jo@shop.northlight.example", "jo@northlight.example.org", "jo@xnorthlight.example", "secret-pw1"}) {
      EXPECT_NE(left.find(other), std::string::npos) << other << " is somebody's:\n" << left;
    }
  }
  // A domain that is only an identifier of the case speaks for no address there.
  EXPECT_FALSE(scrutinised(naming({"northlight.example"}), with({}), "info@northlight.example").findings.empty());
}

TEST(OwnValues, are_no_private_names_either) {
  const auto names = [](const Scope& scope, const std::string& path) {
    const Scrutinise stage(builtin_set(), scope);
    auto state = stage.make_state();
    Facts facts;
    stage.look_at_names(state, Locator{0, {{StepKind::path, path, 0, 0}}}, {}, facts);
    return facts.private_names.size();
  };
  const std::string path = "home/info@northlight.example/DE89 3704 0044 0532 0130 00.txt";
  EXPECT_EQ(names({}, path), 2U);
  EXPECT_EQ(names(naming({"DE89370400440532013000"}, {"northlight.example"}), path), 0U);
}

TEST(Scrutinise, a_digest_or_a_name_of_the_case_covers_nothing_that_is_written_inside) {
  const std::string text = "mail kim@example.com now";
  Hit digest{0, static_cast<std::uint32_t>(text.size()), 0, View::raw, Form::hash, false};
  Hit name{0, static_cast<std::uint32_t>(text.size()), 0, View::name, Form::utf8, false};
  EXPECT_EQ(scrutinised({}, with({digest, name}), text).findings.size(), 1u);
}

TEST(Scrutinise, a_long_hit_that_began_earlier_covers_too) {
  const std::string text = "kim <kim@example.com> kim";
  const Facts facts = scrutinised({}, with({hit_on(text, text), hit_on(text, "<kim")}), text);
  EXPECT_TRUE(facts.findings.empty());
}

TEST(Scrutinise, the_cases_own_address_in_utf16_is_not_private_on_any_offset) {
  for (const bool little : {true, false}) {
    for (const std::size_t shift : {0U, 1U}) {
      const std::string prefix(shift + 2, '\x01');
      const std::string text = prefix + wide("to: kim@example.com, jo@example.com.", little) + "\x01\x01";
      const Hit own = hit_on(text, wide("kim@example.com", little), little ? Form::utf16le : Form::utf16be);
      const Facts facts = scrutinised({}, with({own}), text);
      ASSERT_EQ(facts.findings.size(), 1u) << little << shift;
      EXPECT_NEAR(static_cast<double>(facts.findings[0].offset),
                  static_cast<double>(text.find(wide("jo@example", little))), 1.0);
    }
  }
}

TEST(Scrutinise, loosened_detectors_find_nothing) {
  Scope scope;
  scope.privacy.loosened = {{"email-address", 0}};
  const std::string text = "kim@example.com 4111111111111111";
  const Facts facts = scrutinised(scope, with({}), text);
  ASSERT_EQ(facts.findings.size(), 1u);
  EXPECT_EQ(builtin_set().detectors()[facts.findings[0].detector].name, "payment-card");
}

// --- records ------------------------------------------------------------------------------------------------

TEST(Records, are_the_lines_around_the_hits) {
  const std::string text = "first\nsecond needle\r\nthird\nneedle two and pin\nlast pin";
  const Facts facts = scrutinised(
      {}, with({hit_on(text, "needle"), hit_on(text, "two"), hit_on(text, "and pin"), hit_on(text, "last")}), text);
  ASSERT_EQ(facts.records.size(), 3u);
  EXPECT_EQ(piece(text, facts.records[0]), "second needle\r\n");
  EXPECT_EQ(piece(text, facts.records[1]), "needle two and pin\n");
  EXPECT_EQ(piece(text, facts.records[2]), "last pin");
}

TEST(Records, lines_that_touch_stay_apart_and_a_hit_over_two_lines_joins_them) {
  const std::string text = "aaa one\nbbb two\nccc three\nddd";
  EXPECT_EQ(scrutinised({}, with({hit_on(text, "one"), hit_on(text, "two")}), text).records,
            (Extents{{0, 8, View::raw}, {8, 8, View::raw}}));
  EXPECT_EQ(scrutinised({}, with({hit_on(text, "one\nbbb"), hit_on(text, "two")}), text).records,
            (Extents{{0, 16, View::raw}}));
  EXPECT_EQ(scrutinised({}, with({hit_on(text, "one\n")}), text).records, (Extents{{0, 8, View::raw}}));
}

TEST(Records, in_utf16_end_at_the_sixteen_bit_newline) {
  for (const bool little : {true, false}) {
    // U+0A0A and U+0A30 hold a newline's byte without being one
    const std::string tricky =
        little ? std::string{'\x30', '\x0a', '\x0a', '\x0a'} : std::string{'\x0a', '\x30', '\x0a', '\x0a'};
    const std::string line = wide("x", little) + tricky + wide("needle", little) + tricky + wide("\n", little);
    const std::string text = wide("first\n", little) + line + wide("third", little);
    const Form form = little ? Form::utf16le : Form::utf16be;
    const Facts facts = scrutinised({}, with({hit_on(text, wide("needle", little), form)}), text);
    ASSERT_EQ(facts.records.size(), 1u);
    EXPECT_EQ(piece(text, facts.records[0]), line);
  }
}

TEST(Records, in_endless_lines_reach_a_bounded_way) {
  const std::string text = std::string(200'000, 'a') + "needle" + std::string(200'000, 'b');
  const std::uint64_t reach = limits::kMaxRecordBytes;
  EXPECT_EQ(scrutinised({}, with({hit_on(text, "needle")}), text, 30'000).records,
            (Extents{{200'000 - reach, 6 + 2 * reach, View::raw}}));
}

TEST(Records, in_other_data_are_windows_clipped_to_the_object) {
  std::string text(2'000, '\x01');
  text.replace(100, 3, "pin");
  text.replace(900, 3, "pin");
  const auto at = [](std::uint64_t start) { return Hit{start, 3, 0, View::raw, Form::utf8, false}; };
  EXPECT_EQ(scrutinised({}, with({at(100), at(900), at(1'000), at(1'998)}, false), text).records,
            (Extents{{0, 359, View::raw}, {644, 615, View::raw}, {1742, 258, View::raw}}));
}

TEST(Records, know_nothing_of_hits_in_names_and_digests) {
  Hit name{0, 3, 0, View::name, Form::utf8, false}, digest{0, 3, 0, View::raw, Form::hash, false};
  EXPECT_TRUE(scrutinised({}, with({name, digest}), "some text\n").records.empty());
}

TEST(Records, are_drawn_only_where_a_rule_asks_for_them) {
  const Scope scope;
  const Scrutinise stage(builtin_set(), scope);
  auto state = stage.make_state();
  const std::string text = "one needle\n";
  Facts facts = with({hit_on(text, "needle")});
  stage.prepare(state, facts);
  stage.begin(state, {text.size(), 0, text.size()});
  const Segment all{0, text.size()};
  stage.look(state, Chunk(bytes_of(text), 0, text.size(), 0, std::span(&all, 1)));
  stage.finish(state, facts);
  EXPECT_TRUE(facts.scrutinised);
  EXPECT_TRUE(facts.records.empty());
}

// --- exactness ----------------------------------------------------------------------------------------------

// Text with private data, newlines of both widths and long zeros, by chance.
std::string random_evidence(std::mt19937& random, std::size_t bytes) {
  static const std::vector<std::string> kPieces = {
      "kim@example.com", "4111 1111 1111 1111", " ssn 536228726 ", "GB29 NWBK 6016 1331 9268 19", "\n", "\n", " ", "7",
      "-----BEGIN RSA PRIVATE KEY-----\n" + std::string(300, 'A') + "\n-----END RSA PRIVATE KEY-----", "needle", "a.b",
      // "… kim@example.com\n… 4111 1111 1111 1111 …" in lines of base64, the last one short
      "\r\nVGhlIGxpc3Qgc2F5czoga2ltQGV4YW1wbGUuY29tIGFuZCB0aGVuIGpvQGV4YW1wbGUub3JnCmNhcmQgNDEx\r\n"
      "MSAxMTExIDExMTEgMTExMSBhbmQg\r\n"};
  std::string out;
  while (out.size() < bytes) {
    const std::string& next = kPieces[random() % kPieces.size()];
    const auto how = random() % 8;
    if (how == 0) {
      out += wide(next, random() % 2 == 0);
    } else if (how == 1) {
      out += std::string(random() % 600, '\0');
    } else {
      out += next;
    }
  }
  return out;
}

std::vector<Hit> random_hits(std::mt19937& random, std::size_t size) {
  std::vector<Hit> hits;
  for (int n = 0; n < 12; ++n) {
    const Form form = std::array{Form::utf8, Form::utf16le, Form::utf16be}[random() % 3];
    const std::uint32_t length = static_cast<std::uint32_t>(2 + 2 * (random() % 20));
    hits.push_back({random() % (size - 50), length, 0, View::raw, form, false});
  }
  return hits;
}

// The line by its definition, for records.
Extents lines_by_definition(const std::string& text, std::vector<Hit> hits) {
  Extents out;
  for (const Hit& hit : hits) {
    const bool wide_units = hit.form != Form::utf8;
    const std::uint64_t unit = wide_units ? 2 : 1;
    const auto is = [&](std::uint64_t i, const char* letter) {
      return i < text.size() &&
             text.substr(i, unit) == (wide_units ? wide(letter, hit.form == Form::utf16le) : std::string(letter));
    };
    std::vector<std::uint64_t> ends = {0};
    for (std::uint64_t i = wide_units ? hit.start % 2 : 0; i < text.size(); i += unit) {
      if (is(i, "\n") || (is(i, "\r") && !is(i + unit, "\n"))) ends.push_back(i + unit);
    }
    const auto after = std::upper_bound(ends.begin(), ends.end(), hit.start);
    const auto end = std::lower_bound(ends.begin(), ends.end(), hit.end());
    const std::uint64_t begin = *std::prev(after);
    out.push_back({begin, (end == ends.end() ? text.size() : *end) - begin, View::raw});
  }
  std::sort(out.begin(), out.end());
  Extents joined;
  for (const Extent& e : out) {
    if (joined.empty() || e.start >= joined.back().end()) {
      joined.push_back(e);
    } else {
      joined.back().length = std::max(joined.back().end(), e.end()) - joined.back().start;
    }
  }
  return joined;
}

TEST(Scrutinise, finds_the_same_for_every_size_of_chunk) {
  std::mt19937 random(19);
  std::size_t findings = 0;
  // Shorter and longer than the context that a chunk carries.
  for (const std::size_t bytes : {3'000U, 3'000U, 3'000U, 90'000U, 90'000U}) {
    const std::string text = random_evidence(random, bytes);
    const Facts want = scrutinised({}, with(random_hits(random, text.size())), text);
    findings += want.findings.size();
    EXPECT_EQ(want.records, lines_by_definition(text, want.hits));
    for (const std::size_t body : {61U, 1'000U, 4'096U, 30'011U}) {
      if (bytes / body > 200) continue;  // a minute for nothing
      const Facts got = scrutinised({}, with(want.hits), text, body);
      EXPECT_EQ(got.findings, want.findings) << "chunks of " << body;
      EXPECT_EQ(got.records, want.records) << "chunks of " << body;
    }
  }
  EXPECT_GT(findings, 500u);
}

// Each needs as much of its neighbours as there is: a key as long as the reach, in both widths, and the longest way
// to a word. One letter less of context and some cut shows it.
TEST(Scrutinise, the_widest_findings_do_not_depend_on_the_cuts) {
  const std::string key =
      "-----BEGIN RSA PRIVATE KEY-----\n" + std::string(8'100, 'A') + "\n-----END RSA PRIVATE KEY-----";
  const std::string far_word = "ssn" + std::string(44, ' ') + "536228726";
  const std::string far_address =
      std::string(60, 'k') + "@" + std::string(60, 'e') + "." + std::string(60, 'x') + ".com";
  for (const std::string& piece : {key, far_word, far_address}) {
    for (const std::string& text : {"\n" + piece + "\n", wide("\n" + piece + "\n"), wide("\n" + piece + "\n", false)}) {
      const Facts want = scrutinised({}, with({}), text);
      ASSERT_EQ(want.findings.size(), 1u);
      for (std::size_t body = text.size() / 9 + 1; body < text.size(); body += text.size() / 9 + 1) {
        EXPECT_EQ(scrutinised({}, with({}), text, body).findings, want.findings) << "chunks of " << body;
      }
      EXPECT_EQ(scrutinised({}, with({}), text, 1 + text.size() / 60).findings, want.findings);
    }
  }
}

TEST(Scrutinise, a_word_in_another_stretch_of_utf16_is_not_beside_a_number) {
  const std::string number = wide("no. 536228726 "), word = wide("his ssn ");
  EXPECT_EQ(scrutinised({}, with({}), word + number).findings.size(), 1u);
  EXPECT_EQ(scrutinised({}, with({}), word + std::string(2'000, '\x01') + number).findings.size(), 0u);
  EXPECT_EQ(scrutinised({}, with({}), number + std::string(2'000, '\x01') + word).findings.size(), 0u);
}

TEST(Scrutinise, the_shortest_stretch_of_utf16_is_read_wherever_it_stands) {
  for (const bool little : {true, false}) {
    for (std::size_t before = 0; before < 40; before += 2) {
      const std::string text = std::string(before, '\x01') + wide("a@b.co", little) + std::string(20, '\x01');
      const Facts facts = scrutinised({}, with({}), text);
      ASSERT_EQ(facts.findings.size(), 1u) << before;
      EXPECT_EQ(facts.findings[0].offset, before);
      EXPECT_EQ(facts.findings[0].length, 12u);
    }
  }
}

TEST(Scrutinise, finds_the_same_farther_on_when_the_content_is_shifted) {
  std::mt19937 random(23);
  const std::string text = random_evidence(random, 6'000);
  const Facts want = scrutinised({}, with({}), "\n\n" + text);
  for (const std::size_t shift : {64U, 4'000U}) {
    const Facts got = scrutinised({}, with({}), "\n\n" + std::string(shift, '\n') + text, 512);
    ASSERT_EQ(got.findings.size(), want.findings.size());
    for (std::size_t i = 0; i < want.findings.size(); ++i) {
      EXPECT_EQ(got.findings[i].offset, want.findings[i].offset + shift);
      EXPECT_EQ(got.findings[i].length, want.findings[i].length);
    }
  }
}

TEST(Scrutinise, a_worker_s_state_carries_nothing_from_one_object_to_the_next) {
  const Scope scope = with_record_rule({});
  const Scrutinise stage(builtin_set(), scope);
  auto state = stage.make_state();
  const auto run = [&](std::string_view text, Facts facts) {
    facts.size = text.size();
    stage.prepare(state, facts);
    stage.begin(state, {text.size(), 0, text.size()});
    const Segment all{0, text.size()};
    stage.look(state, Chunk(bytes_of(text), 0, text.size(), 0, std::span(&all, 1)));
    stage.finish(state, facts);
    return facts;
  };
  const std::string text = "kim@example.com\nneedle\n";
  const Facts first = run(text, with({hit_on(text, "kim@example.com")}));
  EXPECT_TRUE(first.findings.empty());
  const Facts second = run(text, with({hit_on(text, "needle")}));
  EXPECT_EQ(second.findings.size(), 1u);
  EXPECT_EQ(second.records, (Extents{{16, 7, View::raw}}));
}

// The whole million would take a minute; what matters is that the exception stands and the order holds.
TEST(Scrutinise, too_many_findings_are_an_exception) {
  std::string text;
  text.reserve(7 * (limits::kMaxFindingsPerObject + 1));
  for (std::uint32_t i = 0; i <= limits::kMaxFindingsPerObject; ++i) text += "a@b.co\n";
  const Facts facts = scrutinised({}, with({}), text);
  EXPECT_EQ(facts.findings.size(), limits::kMaxFindingsPerObject);
  ASSERT_EQ(facts.exceptions.size(), 1u);
  EXPECT_EQ(facts.exceptions[0].reason, ExceptionReason::findings_limit);
  text.resize(7 * limits::kMaxFindingsPerObject);
  EXPECT_TRUE(scrutinised({}, with({}), text).exceptions.empty());
}

// Where an object is released whole or not at all, nothing depends on how much more there is.
TEST(Scrutinise, has_enough_of_an_object_that_is_private_all_through) {
  std::string text = "needle\n";
  for (std::uint32_t i = 0; i < 3 * limits::kEnoughFindingsPerObject; ++i) text += "a@b.co, 4111 1111 1111 1111\n";
  const Facts facts = scrutinised_as_it_is({}, with({}), text);
  EXPECT_EQ(facts.findings.size(), limits::kEnoughFindingsPerObject);
  EXPECT_TRUE(facts.exceptions.empty());
  EXPECT_EQ(scrutinised_as_it_is({}, with({}), text, 100).findings, facts.findings);
  EXPECT_GT(scrutinised({}, with({}), text).findings.size(), 5 * limits::kEnoughFindingsPerObject);
  // What does not count as private does not keep it from looking on.
  std::string ids = "needle\n";
  for (int i = 0; i < 3'000; ++i) ids += "+1 212 555 0" + std::to_string(100 + i % 900) + "\n";
  ids += "4111 1111 1111 1111\n";
  Scope scope;
  scope.privacy.least = Grade::validated;
  const Facts sure = scrutinised_as_it_is(scope, with({}), ids);
  EXPECT_TRUE(std::any_of(sure.findings.begin(), sure.findings.end(),
                          [](const Finding& finding) { return finding.grade == Grade::validated; }));
}

TEST(Scrutinise, survives_any_bytes) {
  std::mt19937 random(5);
  static constexpr std::string_view kLetters = "4@.-a \n%0PRIVATE KEY-----BEGINGB29";
  for (int round = 0; round < 300; ++round) {
    std::string text(random() % 400, '\0');
    for (char& c : text) c = random() % 4 == 0 ? static_cast<char>(random()) : kLetters[random() % kLetters.size()];
    const Facts facts = scrutinised({}, with({}), text, 64);
    for (const Finding& f : facts.findings) EXPECT_LE(f.end(), text.size());
  }
}

// --- names --------------------------------------------------------------------------------------------------

TEST(Names, components_with_a_third_partys_data_are_marked) {
  Scope scope;
  Identifier accused;
  accused.literals = {"Kim@Example.com"};
  scope.identifiers.push_back(accused);
  const Scrutinise stage(builtin_set(), scope);
  auto state = stage.make_state();
  const Locator locator = Locator{}
                              .child({StepKind::partition, "", 1, 0})
                              .child({StepKind::path, "mail/jo@example.org/kim@example.com/x.zip", 0, 0})
                              .child({StepKind::member, "card 4111-1111-1111-1111.txt", 0, 0})
                              .child({StepKind::stream, "to jo@example.org", 0, 0});
  const std::vector<std::string> links = {"kim@example.com/x.zip", "old/jo@example.org/x.zip"};
  Facts facts;
  stage.look_at_names(state, locator, links, facts);
  EXPECT_EQ(facts.private_names, (std::vector<PrivateName>{{1, 1}, {2, 0}, {3, 0}}));
  EXPECT_EQ(facts.private_links, (std::vector<PrivateLink>{{1, 1}}));
  EXPECT_EQ(facts.examined_links, 2U);
  scope.privacy.loosened = {{"email-address", 0}};
  const Scrutinise loose(builtin_set(), scope);
  loose.look_at_names(state, locator, links, facts);
  EXPECT_EQ(facts.private_names, (std::vector<PrivateName>{{2, 0}}));
}

}  // namespace
}  // namespace ambit::scrutinise_test
