// The second detector: what it must see in every writing, what it must leave alone, and its arithmetic.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "pipeline/base64.h"
#include "pipeline/detector_file.h"
#include "stages/audit/arithmetic.h"
#include "stages/audit/auditor.h"
#include "stages/audit/canary_files.h"
#include "stages/audit/interval.h"

namespace ambit::audit_test {
namespace {

using audit::Auditor;
using audit::Leak;
using audit::LeakKind;
using audit::Writing;

struct Example {
  LeakKind kind;
  std::string before, value, behind;
  [[nodiscard]] std::string text() const { return before + value + behind; }
};
const std::vector<Example>& examples() {
  static const std::vector<Example> kAll = {
      {LeakKind::payment_card, "card ", "4111 1111 1111 1111", ", thanks"},
      {LeakKind::payment_card, "(", "5555555555554444", ")"},
      {LeakKind::payment_card, "amex ", "3782-822463-10005", "\n"},
      {LeakKind::payment_card, "x;", "2221000000000009", ";1"},
      {LeakKind::payment_card, "4111 1111 1111 1112 ", "6011111111111117", "."},
      {LeakKind::iban, "to ", "GB29 NWBK 6016 1331 9268 19", " AND THE"},
      {LeakKind::iban, "=", "DE89370400440532013000", ";"},
      {LeakKind::iban, "", "NO9386011117947", ""},
      {LeakKind::us_ssn, "his SSN is ", "536-22-8726", "."},
      {LeakKind::email_address, "<", "jo.kim+box@mail.example.co.uk", ">"},
      {LeakKind::email_address, "write to ", "jo@example.com", ".Thanks"},
      {LeakKind::email_address, "login=", "jo%40example.com", "&x"},
      {LeakKind::phone_number, "call ", "+44 20 7946 0018", " now"},
      {LeakKind::phone_number, "tel:", "+12025550143", "\n"},
      {LeakKind::phone_number, "", "+1 (202) 555-0143", " ext"},
      {LeakKind::private_key, "", "-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAKExampleExampleExampleExamp",
       "leExample"},
      {LeakKind::url_credentials, "x", "p://kim:hunter2x", "@db.example.com"},
      {LeakKind::access_token, "key=", "AKIAUJZDEGXDNCF32EPF", ";"},
      {LeakKind::access_token, "'", "ghp_koMXGjtEkDnNfribxUdl7dXTPyLsxPFkThf4", "'"},
  };
  return kAll;
}

std::string wide(std::string_view text, bool little) {
  std::string out;
  for (const char c : text) out += little ? std::string{c, '\0'} : std::string{'\0', c};
  return out;
}

std::vector<Leak> of_kind(std::vector<Leak> leaks, LeakKind kind) {
  std::erase_if(leaks, [&](const Leak& leak) { return leak.kind != kind; });
  return leaks;
}

TEST(Auditor, finds_each_value_where_it_stands) {
  for (const Example& example : examples()) {
    const auto found = of_kind(Auditor().look(example.text()), example.kind);
    ASSERT_EQ(found.size(), 1U) << example.text();
    EXPECT_EQ(example.text().substr(found[0].offset, found[0].end - found[0].offset), example.value);
    EXPECT_EQ(found[0].writing, Writing::plain);
  }
}

TEST(Auditor, finds_each_value_in_utf16_of_either_order_on_any_offset) {
  for (const Example& example : examples()) {
    for (const bool little : {true, false}) {
      for (const std::string_view before : {"", "\x01", "\x01\x02", "\x01\x02\x03"}) {
        const std::string text = std::string(before) + wide(example.text(), little) + "\x01\x02";
        const auto found = of_kind(Auditor().look(text), example.kind);
        ASSERT_EQ(found.size(), 1U) << example.text();
        EXPECT_EQ(found[0].writing, Writing::utf16);
        const std::size_t begin = before.size() + (little ? 0 : 1) + 2 * example.before.size();
        EXPECT_EQ(found[0].offset, begin);
        EXPECT_EQ(found[0].end, begin + 2 * example.value.size() - 1);
      }
    }
  }
}

TEST(Auditor, finds_each_value_in_base64_over_the_ends_of_lines) {
  for (const Example& example : examples()) {
    for (std::size_t shift = 0; shift < 3; ++shift) {
      const std::string packed =
          to_base64(std::string(shift, '.') + " a text before it: " + example.text() + " and one behind");
      for (const std::size_t width : {20U, 76U, 1000U}) {
        std::string lines = "Content-Transfer-Encoding: base64\r\n\r\n";
        for (std::size_t at = 0; at < packed.size(); at += width) lines += packed.substr(at, width) + "\r\n";
        const auto found = of_kind(Auditor().look(lines), example.kind);
        ASSERT_EQ(found.size(), 1U) << example.text();
        EXPECT_EQ(found[0].writing, Writing::base64);
        EXPECT_GT(found[0].end, found[0].offset);
        EXPECT_LE(found[0].end, lines.size());
      }
    }
  }
}

TEST(Auditor, leaves_what_only_looks_alike) {
  for (const std::string text : {"4111111111111112",
                                 "14111111111111111",
                                 "a4111111111111111",
                                 "0.4111111111111111",
                                 "00c1 4111 1111 1111 1111 00ff",
                                 "GB29 NWBK 6016 1331 9268 18",
                                 "XGB29NWBK60161331926819",
                                 "order number 536-22-8726",
                                 "ssn 000-22-8726",
                                 "ssn 078-05-1120",
                                 "1-536-22-8726 ssn",
                                 "logo@2x.png",
                                 "lodash@4.17.21",
                                 "git@github.com:kim/x.git",
                                 "kim@localhost",
                                 "kim @example.com",
                                 "no-reply@example.com",
                                 "curve25519-sha256@libssh.org",
                                 "+1234567",
                                 "+00 20 7946 0018",
                                 "+999",
                                 "+1 102 555 0143",
                                 "-----BEGIN PUBLIC KEY-----\nMIIBOgIBAAJBAKExampleExampleExampleExampleExample",
                                 "-----BEGIN PRIVATE KEY-----",
                                 "https://user:password@10.0.0.1/",
                                 "mysql://root:${PASS}@db",
                                 "https://example.com/a:b@c",
                                 "AKIAIOSFODNN7EXAMPLE",
                                 "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                                 "XAKIAUJZDEGXDNCF32EPF",
                                 "exhibit: 4000787030016 - raw_image disk",
                                 "20130116100000"}) {
    EXPECT_TRUE(Auditor().look(text).empty()) << text;
  }
}

TEST(Auditor, leaves_what_the_order_names_and_the_kinds_it_allows) {
  Scope scope;
  scope.paragraphs.push_back({"1", "Mails to robin@northlight.example about card 4111 1111 1111 1111."});
  Identifier accused;
  accused.literals = {"Kim@Northlight.example"};
  scope.identifiers.push_back(accused);
  scope.privacy.loosened = {{"phone-number", 0}};
  Auditor auditor;
  auditor.name(scope);
  EXPECT_TRUE(auditor.look("kim@northlight.example, ROBIN@northlight.example, 4111 1111 1111 1111").empty());
  EXPECT_TRUE(auditor.look("+44 20 7946 0018").empty());
  EXPECT_TRUE(auditor.look(wide("kim@northlight.example", true)).empty());
  // Named is the value, not what holds it.
  EXPECT_EQ(auditor.look("jo.kim@northlight.example 4111111111111111").size(), 2U);
}

// What the detectors of the scrutiny must leave alone is nothing for the audit either; and of what they must find it
// finds all that is beyond doubt.
TEST(Auditor, agrees_with_the_examples_of_the_detectors) {
  const auto detectors = read_embedded_detectors();
  ASSERT_TRUE(detectors.ok());
  std::size_t seen = 0, all = 0;
  for (const Detector& detector : *detectors) {
    const auto kind = std::find(audit::kLeakKindNames.begin(), audit::kLeakKindNames.end(), detector.name);
    if (kind == audit::kLeakKindNames.end()) continue;
    const auto of = static_cast<LeakKind>(kind - audit::kLeakKindNames.begin());
    for (const std::string& example : detector.must_not_match) {
      EXPECT_TRUE(of_kind(Auditor().look(example), of).empty()) << detector.name << ": " << example;
    }
    for (const std::string& example : detector.must_match) {
      ++all;
      if (!of_kind(Auditor().look(example), of).empty()) ++seen;
    }
  }
  EXPECT_GT(all, 90U);
  EXPECT_GE(seen * 10, all * 6) << seen << " of " << all;
}

TEST(Auditor, finds_numbers_whatever_parts_their_groups) {
  for (const char* gap :
       {" ", "  ", "-", ".", "_", "%20", "\xc2\xa0", "\xe2\x80\x89", "\xe2\x80\xaf", "\xe2\x80\x93"}) {
    const auto parted = [&](std::initializer_list<const char*> groups) {
      std::string out;
      for (const char* group : groups) out += (out.empty() ? "" : gap) + std::string(group);
      return "of " + out + ", not";
    };
    const std::string card = parted({"4532", "0151", "1283", "0366"}),
                      mistyped = parted({"4532", "0151", "1283", "0367"});
    const std::string iban = parted({"DE89", "3704", "0044", "0532", "0130", "00"});
    EXPECT_EQ(of_kind(Auditor().look(card), LeakKind::payment_card).size(), 1U) << card;
    EXPECT_EQ(of_kind(Auditor().look(mistyped), LeakKind::payment_card).size(), 0U) << mistyped;
    EXPECT_EQ(of_kind(Auditor().look(iban), LeakKind::iban).size(), 1U) << iban;
  }
  EXPECT_EQ(of_kind(Auditor().look("%B4532015112830366^DOE/JOHN^2512101"), LeakKind::payment_card).size(), 1U);
}

TEST(Auditor, survives_any_bytes) {
  std::mt19937 random(11);
  static constexpr std::string_view kLetters = "4@.-a \n%0PRIVATE KEY-----BEGINGB29+1()://:=eyJ";
  for (int round = 0; round < 2'000; ++round) {
    std::string text(random() % 300, '\0');
    for (char& c : text) c = random() % 4 == 0 ? static_cast<char>(random()) : kLetters[random() % kLetters.size()];
    for (const Leak& leak : Auditor().look(text)) {
      EXPECT_LT(leak.offset, leak.end);
      EXPECT_LE(leak.end, text.size());
    }
  }
}

// --- arithmetic ----------------------------------------------------------------------------------------------

TEST(Arithmetic, of_cards_finds_every_mistyped_digit) {
  for (const std::string number : {"4111111111111111", "5555555555554444", "378282246310005", "2221000000000009",
                                   "6011111111111117", "3530111333300000"}) {
    EXPECT_TRUE(audit::is_card(number)) << number;
    for (std::size_t i = 4; i < number.size(); ++i) {
      for (char digit = '0'; digit <= '9'; ++digit) {
        std::string other = number;
        other[i] = digit;
        EXPECT_EQ(audit::is_card(other), digit == number[i]) << other;
      }
    }
  }
  EXPECT_FALSE(audit::is_card("9111111111111111"));
}

TEST(Arithmetic, of_accounts_is_that_of_the_registry) {
  for (const std::string number : {"GB29NWBK60161331926819", "DE89370400440532013000", "FR1420041010050500013M02606",
                                   "NO9386011117947", "MT84MALT011000012345MTLCAST001S", "CH9300762011623852957",
                                   "NL91ABNA0417164300", "SE4550000000058398257466", "PL61109010140000071219812874"}) {
    EXPECT_EQ(audit::iban_length(number.substr(0, 2)), number.size()) << number;
    EXPECT_TRUE(audit::iban_checks(number)) << number;
    std::string other = number;
    std::swap(other[number.size() - 1], other[number.size() - 3]);
    EXPECT_EQ(audit::iban_checks(other), other == number);
  }
  EXPECT_EQ(audit::iban_length("XX"), 0U);
}

// --- the interval --------------------------------------------------------------------------------------------

// The chance of at least k successes in n trials, summed term by term.
double at_least(std::uint64_t k, std::uint64_t n, double p) {
  double sum = 0;
  for (std::uint64_t i = k; i <= n; ++i) {
    const double ways = std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(i) + 1) -
                        std::lgamma(static_cast<double>(n - i) + 1);
    sum += std::exp(ways + static_cast<double>(i) * std::log(p) + static_cast<double>(n - i) * std::log1p(-p));
  }
  return sum;
}

TEST(Interval, has_the_published_values) {
  struct Row {
    std::uint64_t successes, trials;
    double least, most;
  };
  for (const Row& row : std::vector<Row>{{10, 20, 0.27196, 0.72804},
                                         {8, 10, 0.44390, 0.97479},
                                         {95, 100, 0.88717, 0.98357},
                                         {0, 10, 0, 0.30850},
                                         {10, 10, 0.69150, 1},
                                         {100, 100, 0.96378, 1},
                                         {0, 0, 0, 1}}) {
    const audit::Interval got = audit::clopper_pearson(row.successes, row.trials, 0.95);
    EXPECT_NEAR(got.least, row.least, 1e-5) << row.successes << " of " << row.trials;
    EXPECT_NEAR(got.most, row.most, 1e-5) << row.successes << " of " << row.trials;
  }
}

TEST(Interval, has_exactly_the_tails_that_it_promises) {
  for (const double confidence : {0.9, 0.95, 0.999}) {
    for (const std::uint64_t trials : {1U, 7U, 100U, 3'000U}) {
      for (const std::uint64_t successes : {std::uint64_t{0}, std::uint64_t{1}, trials / 3, trials - 1, trials}) {
        if (successes > trials) continue;
        const audit::Interval got = audit::clopper_pearson(successes, trials, confidence);
        const double tail = (1 - confidence) / 2;
        if (successes > 0) { EXPECT_NEAR(at_least(successes, trials, got.least), tail, 1e-8); }
        if (successes < trials) { EXPECT_NEAR(1 - at_least(successes + 1, trials, got.most), tail, 1e-8); }
      }
    }
  }
}

TEST(Interval, of_beta_is_the_polynomial_where_it_is_one) {
  for (double x = 0.05; x < 1; x += 0.05) {
    EXPECT_NEAR(audit::beta_distribution(1, 1, x), x, 1e-12);
    EXPECT_NEAR(audit::beta_distribution(2, 1, x), x * x, 1e-12);
    EXPECT_NEAR(audit::beta_distribution(2, 2, x), x * x * (3 - 2 * x), 1e-12);
  }
}

}  // namespace
}  // namespace ambit::audit_test
