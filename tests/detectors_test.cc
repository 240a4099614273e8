// Every built-in detector against its own examples, in every encoding the scrutiny reads.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "pipeline/base64.h"
#include "pipeline/detector_file.h"
#include "stages/audit/canary_files.h"
#include "stages/scrutinise/base64_lines.h"
#include "stages/scrutinise/scrutinise.h"

namespace ambit::detectors_test {
namespace {

const std::vector<Detector>& builtin() {
  static const auto detectors = read_embedded_detectors();
  if (!detectors.ok()) std::abort();
  return detectors.value();
}
const DetectorSet& builtin_set() {
  static const auto set = DetectorSet::build(builtin());
  if (!set.ok()) std::abort();
  return set.value();
}

std::string wide(std::string_view text, bool little) {
  std::string out;
  for (const char c : text) out += little ? std::string{c, '\0'} : std::string{'\0', c};
  return out;
}

std::vector<Finding> found_by(const std::string& detector, std::string_view text) {
  const Scope scope;
  const Scrutinise scrutinise(builtin_set(), scope);
  auto state = scrutinise.make_state();
  std::vector<Finding> out;
  for (const Finding& f : scrutinise.detect_block(state, std::as_bytes(std::span(text)))) {
    if (builtin()[f.detector].name == detector) out.push_back(f);
  }
  return out;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

TEST(Detectors, the_built_in_files_have_no_mistakes) {
  for (const EmbeddedDetector& file : embedded_detectors()) {
    for (const Error& mistake : read_detector(file.file_name, file.text).mistakes) {
      ADD_FAILURE() << mistake.where << ": " << mistake.what;
    }
  }
  ASSERT_EQ(embedded_detectors().size(), builtin().size());
  for (std::size_t i = 0; i < builtin().size(); ++i) {
    EXPECT_TRUE(embedded_detectors()[i].file_name.ends_with(builtin()[i].name + ".toml")) << builtin()[i].name;
  }
}

TEST(Detectors, find_each_example_once_in_every_encoding) {
  for (const Detector& detector : builtin()) {
    for (const std::string& example : detector.must_match) {
      const auto found = found_by(detector.name, example);
      EXPECT_EQ(found.size(), 1u) << detector.name << ": " << example;
      if (found.size() != 1 || !is_ascii(example) || found[0].length < 6) continue;
      for (const bool little : {true, false}) {
        const auto in_wide = found_by(detector.name, wide(example, little));
        ASSERT_EQ(in_wide.size(), 1u) << detector.name << ": " << example;
        EXPECT_EQ(in_wide[0].offset, 2 * found[0].offset);
        EXPECT_EQ(in_wide[0].length, 2 * found[0].length);
        EXPECT_EQ(in_wide[0].grade, found[0].grade);
      }
    }
  }
}

// As a mail has an attachment: lines of `width` digits, the text anywhere in a group of three.
std::string base64_lines(const std::string& text, std::size_t width, std::string_view line_end) {
  const std::string digits = to_base64(text);
  std::string out;
  for (std::size_t at = 0; at < digits.size(); at += width) {
    out += digits.substr(at, width);
    out += line_end;
  }
  return out;
}

TEST(Detectors, find_each_example_once_in_lines_of_base64) {
  const std::string head = "Content-Transfer-Encoding: base64\r\n\r\n";
  for (const Detector& detector : builtin()) {
    for (const std::string& example : detector.must_match) {
      for (std::size_t shift = 0; shift < 3; ++shift) {
        const std::string before = std::string(80 + shift, '~') + "\n", text = before + example + "\n~~~~~~~~~~~~";
        const auto plain = found_by(detector.name, text);
        ASSERT_EQ(plain.size(), 1u) << detector.name << ": " << example;
        for (const std::size_t width : {76U, 64U, 32U, 996U}) {
          const std::string packed = base64_lines(text, width, width == 64 ? "\n" : "\r\n");
          const auto found = found_by(detector.name, head + packed + "--end\n");
          ASSERT_EQ(found.size(), 1u) << detector.name << ": " << example << " in lines of " << width;
          EXPECT_EQ(found[0].grade, plain[0].grade);
          const std::size_t ending = width == 64 ? 1 : 2;
          const auto place = [&](std::size_t byte, std::size_t digit) {
            const std::size_t at = byte / 3 * 4 + byte % 3 + digit;
            return head.size() + at + at / width * ending;
          };
          EXPECT_EQ(found[0].offset, place(plain[0].offset, 0));
          EXPECT_EQ(found[0].end(), place(plain[0].end() - 1, 1) + 1);
        }
      }
    }
  }
}

TEST(Base64Lines, are_read_alone_and_only_where_text_comes_out) {
  scrutiny::Base64Lines lines;
  const auto read = [&](const std::string& text) {
    lines.read(std::as_bytes(std::span(text)));
    return std::string(lines.text());
  };
  const std::string text = "The quick brown fox jumps over the lazy dog and on.";
  EXPECT_EQ(read(base64_lines(text, 76, "\n")), text + '\0');
  for (std::size_t before = 0; before < 70; ++before) {
    const std::string shifted = std::string(before, '!') + "\n" + base64_lines(text, 36, "\r\n") + "!\n";
    EXPECT_EQ(read(shifted), text + '\0') << before;
  }
  EXPECT_EQ(read("x" + base64_lines(text, 76, "\n")), "");  // no whole groups
  EXPECT_EQ(read(" " + base64_lines(text, 76, "\n")), "");  // something else on the line
  EXPECT_EQ(read(base64_lines(text, 76, "!\n")), "");
  EXPECT_EQ(read(base64_lines(text, 28, "\n")), "");                        // short lines are words
  EXPECT_EQ(read(base64_lines(std::string(400, '\x01'), 76, "\n")), "");    // no text
  EXPECT_EQ(read(base64_lines(std::string(3'000, 'a'), 4'000, "\n")), "");  // longer than a line
  EXPECT_EQ(read(std::string(100, 'A')), "");                               // zeros
}

TEST(Base64Lines, survive_any_bytes_and_say_where_they_stand) {
  std::mt19937 random(9);
  scrutiny::Base64Lines lines;
  for (int round = 0; round < 3'000; ++round) {
    static constexpr std::string_view kLetters = "abcQ05+/=\n\r ";
    std::string text(random() % 300, 'S');
    for (char& c : text) {
      if (random() % 16 == 0) c = kLetters[random() % kLetters.size()];
    }
    lines.read(std::as_bytes(std::span(text)));
    for (std::size_t i = 0; i < lines.text().size(); ++i) {
      if (lines.text()[i] == '\0') continue;
      const auto place = lines.place_of(i, i + 1);
      ASSERT_LT(place.begin, place.end);
      ASSERT_LE(place.end, text.size());
      ASSERT_LE(place.begin, place.own_first);
    }
  }
}

TEST(Detectors, leave_each_counter_example_alone_in_every_encoding) {
  for (const Detector& detector : builtin()) {
    for (const std::string& example : detector.must_not_match) {
      EXPECT_TRUE(found_by(detector.name, example).empty()) << detector.name << ": " << example;
      EXPECT_TRUE(found_by(detector.name, wide(example, true)).empty()) << detector.name << ": " << example;
      EXPECT_TRUE(found_by(detector.name, wide(example, false)).empty()) << detector.name << ": " << example;
    }
  }
}

TEST(Detectors, find_the_same_whatever_stands_around) {
  for (const Detector& detector : builtin()) {
    for (const std::string& example : detector.must_match) {
      const auto alone = found_by(detector.name, example);
      for (const std::string& around : {std::string(100, '\n'), std::string(100, '\0'), std::string(100, '\x01')}) {
        const auto within = found_by(detector.name, around + example + around);
        ASSERT_EQ(within.size(), alone.size()) << detector.name << ": " << example;
        EXPECT_EQ(within[0].offset, alone[0].offset + around.size());
        EXPECT_EQ(within[0].length, alone[0].length);
      }
    }
  }
}

struct Marked {
  std::string detector, text, want;  // `want` is the finding's bytes
  Grade grade;
};

TEST(Detectors, draw_the_borders_and_grade) {
  for (const Marked& row : std::vector<Marked>{
           {"payment-card", "pay 4111-1111-1111-1111 now", "4111-1111-1111-1111", Grade::validated},
           {"payment-card", "4111 1111 1111 1111 123", "4111 1111 1111 1111", Grade::validated},
           {"payment-card", "6304 0000 0000 0001 008", "6304 0000 0000 0001 008", Grade::validated},
           {"payment-card", "4111 1111 1111 1112", "4111 1111 1111 1112", Grade::shape_only},
           {"iban", "an GB29 NWBK 6016 1331 9268 19 zahlen", "GB29 NWBK 6016 1331 9268 19", Grade::validated},
           {"us-ssn", "536-22-8726", "536-22-8726", Grade::shape_only},
           {"us-ssn", "SSN 536-22-8726", "536-22-8726", Grade::validated},
           {"us-ssn", "SSN 536228726", "536228726", Grade::plausible},
           {"email-address", "mailto:'kim@example.com'.", "kim@example.com", Grade::validated},
           {"email-address", "write kim@example.com.Thanks", "kim@example.com", Grade::validated},
           {"email-address", "u=kim%40example.com&v", "kim%40example.com", Grade::validated},
           {"private-key", "x -----BEGIN EC PRIVATE KEY----- y", "-----BEGIN EC PRIVATE KEY-----",
            Grade::shape_only}}) {
    const auto found = found_by(row.detector, row.text);
    ASSERT_EQ(found.size(), 1u) << row.text;
    EXPECT_EQ(row.text.substr(found[0].offset, found[0].length), row.want);
    EXPECT_EQ(found[0].grade, row.grade) << row.text;
  }
}

TEST(Detectors, a_private_key_is_covered_to_its_end_and_no_farther) {
  const std::string body(64, 'A');
  const std::string key =
      "-----BEGIN OPENSSH PRIVATE KEY-----\n" + body + "\n" + body + "\n-----END OPENSSH PRIVATE KEY-----";
  const auto whole = found_by("private-key", "a.\n" + key + "\nmore");
  ASSERT_EQ(whole.size(), 1u);
  EXPECT_EQ(whole[0].offset, 3u);
  EXPECT_EQ(whole[0].length, key.size());
  EXPECT_EQ(whole[0].grade, Grade::validated);
  const auto torn = found_by("private-key", key.substr(0, 120) + ".");
  ASSERT_EQ(torn.size(), 1u);
  EXPECT_EQ(torn[0].length, 120u);
  EXPECT_EQ(torn[0].grade, Grade::plausible);
  const auto endless = found_by("private-key", key.substr(0, 36) + std::string(100'000, 'A'));
  ASSERT_EQ(endless.size(), 1u);
  EXPECT_GT(endless[0].length, 8'000u);
  EXPECT_LT(endless[0].length, 9'000u);
}

TEST(Detectors, every_issuer_range_is_known_at_its_edges) {
  const auto with_luhn = [](std::string number) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      number.back() = digit;
      unsigned sum = 0;
      for (std::size_t i = 0; i < number.size(); ++i) {
        const auto d = static_cast<unsigned>(number[number.size() - 1 - i] - '0') * (i % 2 == 1 ? 2U : 1U);
        sum += d / 10 + d % 10;
      }
      if (sum % 10 == 0) return number;
    }
    return number;
  };
  struct Row {
    std::string head;
    std::size_t digits;
    bool card;
  };
  for (const Row& row : std::vector<Row>{
           {"2220", 16, false}, {"2221", 16, true},  {"2720", 16, true}, {"2721", 16, false}, {"51", 16, true},
           {"55", 16, true},    {"34", 15, true},    {"35", 15, false},  {"3527", 16, false}, {"3528", 16, true},
           {"3589", 16, true},  {"3590", 16, false}, {"6011", 16, true}, {"6012", 16, false}, {"6440", 16, true},
           {"305", 14, true},   {"306", 14, false},  {"3095", 14, true}, {"36", 14, true},    {"62", 19, true},
           {"50", 12, true},    {"6759", 13, true},  {"4", 13, true},    {"4", 14, false},    {"4", 19, true},
           {"50", 11, false},   {"50", 20, false},   {"1", 16, false},   {"9", 16, false}}) {
    std::string number = row.head;
    while (number.size() < row.digits) number += static_cast<char>('0' + number.size() % 10);
    EXPECT_EQ(!found_by("payment-card", " " + with_luhn(number) + " ").empty(), row.card)
        << row.head << " " << row.digits;
  }
}

// Text of the letters that numbers, tokens and addresses are made of, with examples strewn in.
std::string made_text(std::mt19937& random, std::size_t bytes) {
  static constexpr std::string_view kLetters = "0123456789012345678901234567890123456789 -./:+()ABXabefx<=@$'\"\n";
  std::string out;
  while (out.size() < bytes) {
    const Detector& detector = builtin()[random() % builtin().size()];
    if (random() % 8 == 0) out += detector.must_match[random() % detector.must_match.size()];
    if (random() % 8 == 0 && !detector.context.empty()) out += " " + detector.context[0].words[0] + " ";
    for (std::size_t i = random() % 40; i > 0; --i) out += kLetters[random() % kLetters.size()];
  }
  return out;
}

TEST(Detectors, find_the_same_in_any_text_however_it_is_cut) {
  std::mt19937 random(7);
  const scrutiny::OwnValues nothing{Scope()};
  scrutiny::WindowScan scan(builtin_set(), &nothing);
  const std::size_t around = builtin_set().context_bytes();
  const std::string text = made_text(random, 6 * around);
  const auto bytes = std::as_bytes(std::span(text));
  const auto whole = scan.scan(bytes, 0);
  const std::vector<scrutiny::Found> want(whole.begin(), whole.end());
  EXPECT_GT(want.size(), 100u);
  for (const scrutiny::Found& found : want) ASSERT_LE(found.finding.end(), text.size());
  for (const std::size_t body : {around / 3 + 1, around + 77}) {
    std::vector<scrutiny::Found> got;
    for (std::size_t at = 0; at < text.size(); at += body) {
      const std::size_t begin = at - std::min(at, around), end = std::min(text.size(), at + body + around);
      for (const scrutiny::Found& found : scan.scan(bytes.subspan(begin, end - begin), begin)) {
        if (found.last >= at && found.last < at + body) got.push_back(found);
      }
    }
    EXPECT_EQ(got, want) << body;
  }
}

TEST(NumberLayout, is_read_and_refused) {
  for (const char* good : {"9", "12,19", "3-2-4", "A9", "7A", "A6A", "+1,15", "(3) 3-4", "6A3,4", "1,3.1,3.1,3.1,3"}) {
    EXPECT_TRUE(scrutiny::NumberLayout::read(good).ok()) << good;
  }
  for (const char* bad : {"", "A", "-", "0", "41", "3-", "-3", "9,3", "3--", "AA9", "3,,4"}) {
    EXPECT_FALSE(scrutiny::NumberLayout::read(bad).ok()) << bad;
  }
}

TEST(NumberIndex, reports_whole_runs_at_every_place_of_a_block) {
  const auto layout = scrutiny::NumberLayout::read("3-2-4");
  ASSERT_TRUE(layout.ok());
  const scrutiny::NumberIndex index({{*layout, 5}}, {});
  for (std::size_t before = 0; before < 140; ++before) {
    const std::string text = std::string(before, '.') + "123-45-6789" + std::string(before % 7, '.');
    scrutiny::NumberIndex::Found found;
    index.scan(text, found);
    ASSERT_EQ(found.matches.size(), 1u) << before;
    EXPECT_EQ(found.matches[0].begin, before);
    EXPECT_EQ(found.matches[0].end, before + 11);
    EXPECT_EQ(found.matches[0].id, 5u);
  }
}

// Where the layout's number that begins at `begin` ends, by the definition in numbers.h; 0: there is none.
std::size_t end_by_definition(const scrutiny::NumberLayout& layout, std::string_view text, std::size_t begin) {
  const auto at = [&](std::size_t i) { return i < text.size() ? text[i] : '\0'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const char front = begin > 0 ? text[begin - 1] : '\0';
  if (is_digit(front)) return 0;
  if (layout.front == 'A' ? !is_letter(front) : layout.front != 0 && front != layout.front) return 0;
  std::size_t i = begin;
  for (const scrutiny::NumberLayout::Run& run : layout.runs) {
    if (text.substr(std::min(i, text.size()), run.separator.size()) != run.separator) return 0;
    i += run.separator.size();
    const std::size_t from = i;
    while (is_digit(at(i))) ++i;
    if (i - from < run.fewest || i - from > run.most) return 0;
  }
  return layout.back == 'A' && !is_letter(at(i)) ? 0 : i;
}

TEST(NumberIndex, agrees_with_the_definition_of_a_layout) {
  scrutiny::NumberIndex::Layouts layouts, beside;
  std::uint32_t id = 0;
  for (const char* text :
       {"9", "3-2-4", "A3A", "1,6A", "(3) 3-4", "+1,15", "1,3.1,3.1,3.1,3", "1,2. 1,2. 4", "4 4 4 4"}) {
    (id % 2 == 0 ? layouts : beside).emplace_back(*scrutiny::NumberLayout::read(text), id);
    ++id;
    (id % 2 == 0 ? layouts : beside).emplace_back(*scrutiny::NumberLayout::read(text), id + 100);
  }
  const scrutiny::NumberIndex index(layouts, beside);
  std::mt19937 random(3);
  std::size_t found_in_all = 0;
  scrutiny::NumberIndex::Found found;
  for (int round = 0; round < 3'000; ++round) {
    static constexpr std::string_view kLetters = "0123456789012345678901234567899 -.(+)A";
    std::string text(random() % 200, ' ');
    for (char& c : text) c = kLetters[random() % kLetters.size()];
    using Row = std::tuple<std::size_t, std::uint32_t, std::size_t>;
    std::vector<Row> want, got, want_beside, got_beside;
    for (std::size_t begin = 0; begin < text.size(); ++begin) {
      for (const auto& [list, out] : {std::pair{&layouts, &want}, std::pair{&beside, &want_beside}}) {
        for (const auto& [layout, number] : *list) {
          const std::size_t end = end_by_definition(layout, text, begin);
          if (end > 0) out->emplace_back(begin, number, end);
        }
      }
    }
    index.scan(text, found);
    for (const auto& m : found.matches) got.emplace_back(m.begin, m.id, m.end);
    std::vector<scrutiny::NumberIndex::Match> more;
    for (const std::size_t start : found.starts) {
      const std::size_t before = more.size();
      index.look_beside_word(text, found.runs, start, more);
      EXPECT_GT(more.size(), before);
    }
    for (const auto& m : more) got_beside.emplace_back(m.begin, m.id, m.end);
    for (auto* rows : {&want, &got, &want_beside, &got_beside}) std::sort(rows->begin(), rows->end());
    EXPECT_EQ(got, want) << text;
    EXPECT_EQ(got_beside, want_beside) << text;
    found_in_all += got.size() + got_beside.size();
  }
  EXPECT_GT(found_in_all, 3'000U);
}

// --- the files ----------------------------------------------------------------------------------------------

constexpr std::string_view kGood = R"(
name = "badge"
category = "employment"
expressions = ['B-\d{4}']
grade = "plausible"
context.en = ["badge"]
context_distance = 20
must_match = ["B-1234"]
must_not_match = ["B-12"]
)";

TEST(DetectorFile, a_detector_without_a_validator_is_graded_by_its_file_and_by_context) {
  const DetectorReading reading = read_detector("badge.toml", kGood);
  ASSERT_TRUE(reading.mistakes.empty());
  const auto set = DetectorSet::build(std::span(&reading.detector, 1));
  ASSERT_TRUE(set.ok());
  const Scope scope;
  const Scrutinise scrutinise(set.value(), scope);
  auto state = scrutinise.make_state();
  const std::string text = "B-1234 " + std::string(40, '.') + " Badge: B-5678 ";
  const auto found = scrutinise.detect_block(state, std::as_bytes(std::span(text)));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].grade, Grade::plausible);
  EXPECT_EQ(found[1].grade, Grade::validated);
}

TEST(DetectorFile, every_mistake_is_reported_with_its_line) {
  const auto reading = read_detector("x.toml", R"(name = "No Name"
category = 3
expressions = ['a+', '(', 'abc']
validator = "v"
grade = "certain"
colour = "red"
context_distance = 9999
must_match = []
)");
  std::vector<std::string> where;
  for (const Error& e : reading.mistakes) where.push_back(e.where + " " + e.what);
  const auto has = [&](std::string_view line, std::string_view words) {
    return std::any_of(where.begin(), where.end(), [&](const std::string& w) {
      return w.starts_with(std::string(line) + " ") && w.find(words) != std::string::npos;
    });
  };
  EXPECT_TRUE(has("x.toml:1", "a-z"));
  EXPECT_TRUE(has("x.toml:2", "text"));
  EXPECT_TRUE(has("x.toml:3", "bounded"));
  EXPECT_TRUE(has("x.toml:3", "expression: "));
  EXPECT_TRUE(has("x.toml:5", "grade must"));
  EXPECT_TRUE(has("x.toml:6", "colour"));
  EXPECT_TRUE(has("x.toml:7", "512"));
  EXPECT_TRUE(has("x.toml:8", "at least one"));
  EXPECT_TRUE(has("x.toml", "must_not_match"));
  EXPECT_EQ(read_detector("x.toml", "name = ").mistakes.size(), 1u);
}

TEST(DetectorSet, refuses_what_it_cannot_run) {
  Detector d = read_detector("badge.toml", kGood).detector;
  d.validator = "nonesuch";
  const auto unknown = DetectorSet::build(std::span(&d, 1));
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().what.find("nonesuch"), std::string::npos);
  EXPECT_NE(unknown.error().remedy.find("payment_card"), std::string::npos);
  d.validator.clear();
  d.expressions = {"a*b"};
  EXPECT_FALSE(DetectorSet::build(std::span(&d, 1)).ok());
}

}  // namespace
}  // namespace ambit::detectors_test
