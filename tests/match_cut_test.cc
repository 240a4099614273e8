// No hit depends on where the chunks end, on which runs of zeros are left out, or on what else is looked for.
#include <random>

#include "match_finder.h"

namespace ambit::match_cut_test {
namespace {

const std::vector<std::string>& samples() {
  static const std::vector<std::string> all = {
      "kim@example.com",
      utf16le("kim@example.com"),
      utf16be("kim@example.com"),
      utf16le("mail kim@example.com now"),
      utf16be("mail kim@example.com now"),
      base64("\xff"
             "kim@example.com\xff"),
      base64(utf16le("kim@example.com")),
      percent("kim@example.com"),
      "kim@exa=\r\nmple.com",
      html("kim@example.com", false),
      json("kim@example.com", true),
      "Kim St\u00e5hl",
      utf16le("KIM STA\u030aHL"),
      "abc-12345",
      utf16be("ABC-123"),
      "\x01\x02\x03\x04",
      std::string("\x00\x00\x07\x00\x00\x00", 6),
  };
  return all;
}

std::vector<Identifier> identifiers() {
  std::vector<Identifier> out = {literal("kim@example.com"), literal("Kim St\u00e5hl"), whole_word(literal("example")),
                                 expression("abc-\\d{2,6}"), whole_word(expression("abc-\\d{3}"))};
  out.emplace_back();
  out.back().byte_strings = {"\x01\x02\x03\x04", std::string("\x00\x00\x07\x00\x00\x00", 6)};
  return out;
}

TEST(MatchCut, hit_is_found_whole_across_every_cut) {
  const PatternSet set = pattern_set(identifiers());
  for (const std::string& sample : samples()) {
    const std::string bytes = "\xfe\xfe\xfe" + sample + "\xfe\xfe\xfe";
    const auto whole = shown(hits_in(set, bytes));
    ASSERT_FALSE(whole.empty());
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      ASSERT_EQ(shown(hits_in(set, bytes, {{cut}})), whole) << "cut at " << cut;
    }
  }
}

TEST(MatchCut, hit_is_found_in_chunks_of_a_byte) {
  const PatternSet set = pattern_set(identifiers());
  for (const std::string& sample : samples()) {
    Cutting bytewise;
    for (std::size_t cut = 1; cut < sample.size(); ++cut) bytewise.cuts.push_back(cut);
    EXPECT_EQ(shown(hits_in(set, sample, bytewise)), shown(hits_in(set, sample)));
  }
}

// Samples among noise and zeros, so that both matter.
std::string random_evidence(std::mt19937& random, std::size_t pieces) {
  std::string out;
  for (std::size_t i = 0; i < pieces; ++i) {
    out += samples()[random() % samples().size()];
    const std::size_t filler = random() % 40;
    switch (random() % 4) {
      case 0:
        out += std::string(filler * 100, '\0');
        break;
      case 1:
        out += std::string(filler, ' ');
        break;
      case 2:
        for (std::size_t k = 0; k < filler; ++k) out += static_cast<char>(random() & 0xff);
        break;
      default:
        break;
    }
  }
  return out;
}

TEST(MatchCut, any_chunks_and_any_segments_give_the_same_hits) {
  const PatternSet set = pattern_set(identifiers());
  EXPECT_FALSE(set.matches_zeros());
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    const std::string bytes = random_evidence(random, 30);
    const auto whole = shown(hits_in(set, bytes));
    ASSERT_GT(whole.size(), 10U);
    for (int way = 0; way < 4; ++way) {
      Cutting cutting;
      cutting.zero_run = 1 + random() % 3000;
      for (std::size_t at = 0; at < bytes.size();) {
        at += 1 + random() % (way == 0 ? 50 : 5000);
        if (at < bytes.size()) cutting.cuts.push_back(at);
      }
      ASSERT_EQ(shown(hits_in(set, bytes, cutting)), whole) << "round " << round;
    }
  }
}

TEST(MatchCut, content_shifted_by_65_bytes_gives_the_same_hits_65_later) {
  const PatternSet set = pattern_set(identifiers());
  std::mt19937 random(11);
  for (int round = 0; round < 40; ++round) {
    const std::string bytes = "\x80\x81" + random_evidence(random, 20);
    EXPECT_EQ(shown(hits_in(set, std::string(65, '\x80') + bytes), 65), shown(hits_in(set, bytes)));
  }
}

TEST(MatchCut, hit_at_the_border_of_zeros_is_found_whoever_owns_the_zeros) {
  const PatternSet set = pattern_set({literal("kim@example.com")});
  const std::string text = utf16le("kim@example.com");  // ends with a zero byte
  const std::string bytes = std::string(10'000, '\0') + text + std::string(10'000, '\0');
  const auto whole = shown(hits_in(set, bytes));
  ASSERT_EQ(whole.size(), 1U);
  for (const std::size_t cut : {9'999U, 10'000U, 10'001U, 10'028U, 10'029U, 10'030U, 10'031U, 15'000U}) {
    EXPECT_EQ(shown(hits_in(set, bytes, {{cut}, 64})), whole) << cut;
    EXPECT_EQ(shown(hits_in(set, bytes, {{cut, cut + 1}, 1})), whole) << cut;
  }
}

TEST(MatchCut, pattern_that_matches_zeros_says_so_and_is_found_in_them) {
  const PatternSet set = pattern_set({expression("[^a-z]{4,8}X{0,1}")});
  ASSERT_TRUE(set.matches_zeros());
  const std::string bytes(5'000, '\0');
  EXPECT_EQ(shown(hits_in(set, bytes, {{100, 2'000}, 64})), shown(hits_in(set, bytes)));
  EXPECT_FALSE(hits_in(set, bytes).empty());
}

TEST(MatchCut, page_of_few_distinct_bytes_is_not_skipped) {
  const PatternSet set = pattern_set({literal("aab")});
  std::string bytes(100'000, 'a');
  bytes[70'001] = 'b';
  EXPECT_EQ(hits_in(set, bytes, {{4'096, 70'000, 70'002}}).size(), 1U);
}

TEST(MatchCut, no_hit_is_lost_because_of_another_identifier) {
  const std::vector<std::string> words = {"rewards", "reward", "rewards programme", "programme", "wards", "REWARDS"};
  const std::string bytes = "the rewards programme; Reward";
  std::vector<Identifier> list;
  for (const std::string& word : words) list.push_back(literal(word));
  std::vector<std::string> alone;
  for (std::size_t i = 0; i < list.size(); ++i) {
    for (Hit hit : hits_in(pattern_set({list[i]}), bytes)) {
      hit.identifier = static_cast<IdentifierId>(i);
      alone.push_back(shown({hit})[0]);
    }
  }
  auto together = shown(hits_in(pattern_set(list), bytes));
  std::sort(alone.begin(), alone.end());
  std::sort(together.begin(), together.end());
  EXPECT_EQ(together, alone);
}

// Bytes of `needle` at the front of `hay`, where blanks stand for blanks, however many; 0: it is not there.
std::size_t plain_length(std::string_view hay, std::string_view needle) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < needle.size(); ++i) {
    if (needle[i] == ' ' && i > 0 && needle[i - 1] == ' ') continue;
    if (at == hay.size() || hay[at] != needle[i]) return 0;
    ++at;
    while (needle[i] == ' ' && at < hay.size() && hay[at] == ' ') ++at;
  }
  return at;
}

// Literals planted at random against a search that knows nothing of patterns.
TEST(MatchCut, random_texts_give_what_a_plain_search_gives) {
  std::mt19937 random(3);
  const std::string_view letters = "abckKsS-1 ";
  const auto word = [&](std::size_t length) {
    std::string out;
    while (out.size() < length) out += letters[random() % letters.size()];
    return out;
  };
  const auto lower = [](std::string text) {
    for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return text;
  };
  for (int round = 0; round < 40; ++round) {
    std::vector<Identifier> list;
    for (int i = 0; i < 12; ++i) list.push_back(only(literal("abc" + word(random() % 6)), {Form::utf8}));
    const std::string text = lower(word(3'000));
    std::string planted = text;
    for (int i = 0; i < 40; ++i) planted.insert(random() % planted.size(), list[random() % list.size()].literals[0]);
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string needle = lower(list[i].literals[0]), hay = lower(planted);
      for (std::size_t at = 0; at < hay.size(); ++at) {
        const std::size_t length = plain_length(std::string_view(hay).substr(at), needle);
        if (length > 0)
          expected.push_back(std::to_string(i) + ": " + std::to_string(at) + "+" + std::to_string(length) + " utf8");
      }
    }
    auto got = shown(hits_in(pattern_set(list), planted, {{500, 501, 2'000}}));
    std::sort(expected.begin(), expected.end());
    std::sort(got.begin(), got.end());
    ASSERT_EQ(got, expected) << "round " << round;
  }
}

TEST(MatchCut, spans_joined_in_any_order_are_the_hits_of_the_whole) {
  const PatternSet set = pattern_set(identifiers());
  std::mt19937 random(5);
  const std::string bytes = random_evidence(random, 60);
  const std::vector<Hit> whole = hits_in(set, bytes);
  const Match stage(set, 100'000);
  for (std::size_t span = 1; span < bytes.size(); span += 97) {
    Match::State state = stage.make_state();
    std::vector<Hit> joined;
    for (const bool second : {true, false}) {
      const std::size_t begin = second ? span : 0, end = second ? bytes.size() : span;
      const std::size_t lead = std::min(begin, set.context_bytes());
      const std::size_t tail = std::min(bytes.size() - end, set.context_bytes());
      const Segment segment{0, end - begin};
      stage.begin(state, {bytes.size(), begin, end});
      stage.look(state, Chunk(std::as_bytes(std::span(bytes).subspan(begin - lead, lead + end - begin + tail)), lead,
                              end - begin, begin, std::span(&segment, 1)));
      Facts facts;
      stage.finish(state, facts);
      joined.insert(joined.end(), facts.hits.begin(), facts.hits.end());
    }
    bool over = false;
    settle_hits(joined, set, 100'000, over);
    EXPECT_FALSE(over);
    ASSERT_EQ(shown(joined), shown(whole)) << span;
  }
}

TEST(MatchCut, dense_hits_are_limited_to_the_first_ones_and_said) {
  const PatternSet set = pattern_set({literal("aaa"), literal("bbb")});
  const std::string bytes = std::string(200'000, 'a') + "bbb";
  for (const Cutting& cutting : {Cutting{}, Cutting{{1, 2, 50'000}}, Cutting{{120'000}}}) {
    const Facts facts = match_facts(set, bytes, cutting, 1'000);
    ASSERT_EQ(facts.hits.size(), 1'001U);
    EXPECT_EQ(facts.hits[999].start, 999U);
    EXPECT_EQ(facts.hits[1'000].identifier, 1U);
    ASSERT_EQ(facts.exceptions.size(), 1U);
    EXPECT_EQ(facts.exceptions[0].reason, ExceptionReason::hits_limit);
  }
}

TEST(MatchCut, hits_at_the_limit_are_no_exception) {
  const PatternSet set = pattern_set({literal("aaa")});
  EXPECT_TRUE(match_facts(set, std::string(1'002, 'a'), {}, 1'000).exceptions.empty());
  EXPECT_EQ(match_facts(set, std::string(1'003, 'a'), {}, 1'000).exceptions.size(), 1U);
}

TEST(MatchCut, state_is_used_again_without_a_trace) {
  const PatternSet set = pattern_set({literal("aaa")});
  const Match stage(set, 10);
  Match::State state = stage.make_state();
  const std::string bytes(100, 'a');
  const Segment segment{0, bytes.size()};
  for (int round = 0; round < 2; ++round) {
    stage.begin(state, {bytes.size(), 0, bytes.size()});
    stage.look(state, Chunk(std::as_bytes(std::span(bytes)), 0, bytes.size(), 0, std::span(&segment, 1)));
    Facts facts;
    stage.finish(state, facts);
    EXPECT_EQ(facts.hits.size(), 10U);
  }
}

TEST(MatchCut, name_is_a_view_of_its_own) {
  const PatternSet set = pattern_set({literal("Kim St\u00e5hl")});
  const Match stage(set, 10);
  Match::State state = stage.make_state();
  std::vector<Hit> hits;
  stage.match_name(state, "letters/Kim St\u00e5hl.odt", hits);
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_EQ(hits[0].view, View::name);
  EXPECT_EQ(hits[0].start, 8U);
}

TEST(MatchCut, empty_set_finds_nothing) {
  const PatternSet set = pattern_set({});
  EXPECT_TRUE(hits_in(set, "anything at all").empty());
  EXPECT_EQ(set.patterns(), 0U);
}

}  // namespace
}  // namespace ambit::match_cut_test
