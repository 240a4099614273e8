// Recall and precision of the built-in detectors over labelled texts, and floors below which they must not fall.
//
// The texts are sentences with spans of kinds; a finding is right where it overlaps a span of its kind, and a span is
// found where a finding overlaps it. Skips without the texts.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "pipeline/detector_file.h"
#include "stages/scrutinise/scrutinise.h"
#include "tests/evidence.h"

namespace ambit {
namespace {

using Json = nlohmann::json;

// A label of the texts, the detectors that speak for it, and what is asked of them.
struct Kind {
  std::string_view label;
  std::vector<std::string_view> detectors;
  double recall, precision;
};
const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kAll = {{"CREDIT_CARD", {"payment-card"}, 0.99, 0.98},
                                         {"IBAN_CODE", {"iban"}, 0.99, 0.98},
                                         {"US_SSN", {"us-ssn"}, 0.99, 0.98},
                                         {"EMAIL_ADDRESS", {"email-address"}, 0.99, 0.98},
                                         {"IP_ADDRESS", {"ip-address", "ipv6-address"}, 0.99, 0.98},
                                         {"PHONE_NUMBER", {"phone-number", "phone-number-national"}, 0.85, 0.85}};
  return kAll;
}

struct Count {
  std::size_t spans = 0, found = 0, findings = 0, right = 0;
};

// Positions are counted in characters by the texts, in bytes by us.
std::size_t byte_of(std::string_view text, std::size_t character) {
  std::size_t byte = 0;
  for (; byte < text.size(); ++byte) {
    if ((static_cast<unsigned char>(text[byte]) & 0xc0) == 0x80) continue;
    if (character-- == 0) break;
  }
  return byte;
}

struct Span {
  std::string label;
  std::size_t begin, end;
};

class Tally {
 public:
  void add(const std::vector<Detector>& detectors, std::span<const Finding> findings, std::span<const Span> spans,
           std::string_view text) {
    for (const Kind& kind : kinds()) {
      Count& count = counts[std::string(kind.label)];
      const auto speaks = [&](const Finding& f) {
        return std::find(kind.detectors.begin(), kind.detectors.end(), detectors[f.detector].name) !=
               kind.detectors.end();
      };
      const auto meet = [](const Finding& f, const Span& s) { return f.offset < s.end && f.end() > s.begin; };
      for (const Span& s : spans) {
        if (s.label != kind.label) continue;
        ++count.spans;
        const bool found =
            std::any_of(findings.begin(), findings.end(), [&](const Finding& f) { return speaks(f) && meet(f, s); });
        if (found) ++count.found;
        if (!found && std::getenv("AMBIT_SHOW_MISSES")) std::printf("missed %s\n", std::string(text).c_str());
      }
      for (const Finding& f : findings) {
        if (!speaks(f)) continue;
        ++count.findings;
        const bool right =
            std::any_of(spans.begin(), spans.end(), [&](const Span& s) { return s.label == kind.label && meet(f, s); });
        if (right) ++count.right;
        if (!right && std::getenv("AMBIT_SHOW_MISSES")) {
          std::printf("wrong %s: %s\n", std::string(text.substr(f.offset, f.length)).c_str(),
                      std::string(text).c_str());
        }
      }
    }
  }
  std::map<std::string, Count> counts;
};

TEST(Recall, over_labelled_texts_is_above_its_floors) {
  const auto detectors = read_embedded_detectors();
  ASSERT_TRUE(detectors.ok());
  const auto set = DetectorSet::build(*detectors);
  ASSERT_TRUE(set.ok());
  const Scope scope;
  const Scrutinise scrutinise(*set, scope);
  auto state = scrutinise.make_state();
  Tally tally;
  for (const char* name : {"pii/generated_large.json", "pii/generated_small.json"}) {
    std::ifstream in(test::shared_data() + name);
    if (!in) GTEST_SKIP() << "no labelled texts";
    for (const Json& sample : Json::parse(in)) {
      const auto text = sample.at("full_text").get<std::string>();
      std::vector<Span> spans;
      for (const Json& s : sample.at("spans")) {
        spans.push_back(
            {s.at("entity_type"), byte_of(text, s.at("start_position")), byte_of(text, s.at("end_position"))});
      }
      tally.add(*detectors, scrutinise.detect_block(state, std::as_bytes(std::span(text))), spans, text);
    }
  }
  std::printf("%-14s %6s %8s %9s %10s\n", "kind", "spans", "recall", "findings", "precision");
  for (const Kind& kind : kinds()) {
    const Count& c = tally.counts[std::string(kind.label)];
    const double recall = c.spans > 0 ? static_cast<double>(c.found) / static_cast<double>(c.spans) : 1;
    const double precision = c.findings > 0 ? static_cast<double>(c.right) / static_cast<double>(c.findings) : 1;
    std::printf("%-14s %6zu %8.3f %9zu %10.3f\n", std::string(kind.label).c_str(), c.spans, recall, c.findings,
                precision);
    EXPECT_GE(recall, kind.recall) << kind.label;
    EXPECT_GE(precision, kind.precision) << kind.label;
  }
}

}  // namespace
}  // namespace ambit
