// Recall and precision of the built-in detectors over labelled texts, and floors below which they must not fall: the
// texts as they are, as UTF-16, in a dump of SQL, in a mail whose body is base64, in a Word document.
//
// The texts are sentences with spans of kinds; a finding is right where it overlaps a span of its kind, and a span is
// found where a finding overlaps it. What is packed is unpacked as the sweep does it, and the detectors look at what
// comes out. Skips without the texts.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "pipeline/detector_file.h"
#include "stages/audit/canary_files.h"
#include "stages/scrutinise/scrutinise.h"
#include "tests/evidence.h"
#include "tests/unpacked.h"

namespace ambit::detectors_recall_test {
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

struct Sample {
  std::string text;
  std::vector<Span> spans;
};
const std::vector<Sample>& samples() {
  static const std::vector<Sample> kAll = [] {
    std::vector<Sample> out;
    for (const char* name : {"pii/generated_large.json", "pii/generated_small.json"}) {
      std::ifstream in(test::shared_data() + name);
      if (!in) return std::vector<Sample>();
      for (const Json& row : Json::parse(in)) {
        Sample sample{row.at("full_text").get<std::string>(), {}};
        for (const Json& s : row.at("spans")) {
          sample.spans.push_back({s.at("entity_type"), byte_of(sample.text, s.at("start_position")),
                                  byte_of(sample.text, s.at("end_position"))});
        }
        out.push_back(std::move(sample));
      }
    }
    return out;
  }();
  return kAll;
}

// What the detectors are shown of a text, and where in it each byte of the text stands; one more for its end.
struct Shown {
  std::string bytes;
  std::vector<std::size_t> places;
};

Shown as_it_is(const std::string& text) {
  Shown out{text, {}};
  for (std::size_t i = 0; i <= text.size(); ++i) out.places.push_back(i);
  return out;
}

Shown as_utf16(const std::string& text) {
  Shown out{audit::utf16_file(text), {}};
  std::size_t at = 2;  // behind the mark
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    out.places.push_back(at);
    const bool last = i + 1 == text.size() || (static_cast<unsigned char>(text[i + 1]) & 0xc0) != 0x80;
    const bool is_far = byte >= 0xf0 || (i >= 3 && static_cast<unsigned char>(text[i - 3]) >= 0xf0);
    if (last) at += is_far ? 4 : 2;
  }
  out.places.push_back(at);
  return out;
}

// Rows around it are other samples' business: here they are empty.
Shown in_sql(const std::string& text) {
  Shown out{audit::sql_file({"a row before", text, "a row behind"}), {}};
  std::size_t at = out.bytes.find("(2,'") + 4;
  for (const char c : text) {
    if (c == '\'' || c == '\\') ++at;
    out.places.push_back(at++);
  }
  out.places.push_back(at);
  return out;
}

// The text where it stands in what was unpacked; nothing where it does not stand there byte for byte.
std::optional<Shown> found_in(const std::vector<std::string>& parts, const std::string& text) {
  for (const std::string& part : parts) {
    const std::size_t begin = part.find(text);
    if (begin == std::string::npos) continue;
    Shown out{part, {}};
    for (std::size_t i = 0; i <= text.size(); ++i) out.places.push_back(begin + i);
    return out;
  }
  return std::nullopt;
}

std::optional<Shown> in_mail(const std::string& text) {
  std::vector<std::string> parts;
  for (const auto& part : test::unpack(audit::mail_with_attachment("note", text, 1'303'034'400), true).parts) {
    parts.push_back(part.bytes);
  }
  return found_in(parts, text);
}

std::optional<Shown> in_document(const std::string& text) {
  std::string one_line = text;  // a paragraph each would tear what stands over two lines
  std::replace(one_line.begin(), one_line.end(), '\n', ' ');
  return found_in(test::unpack(audit::word_file(one_line, 1'303'034'400), true, "note.docx").views(), one_line);
}

struct Packing {
  std::string_view name;
  std::optional<Shown> (*show)(const std::string& text);
};
const Packing kPackings[] = {{"text", [](const std::string& text) { return std::optional(as_it_is(text)); }},
                             {"utf16", [](const std::string& text) { return std::optional(as_utf16(text)); }},
                             {"sql", [](const std::string& text) { return std::optional(in_sql(text)); }},
                             {"mail", in_mail},
                             {"document", in_document}};

class Recall : public testing::TestWithParam<Packing> {};

TEST_P(Recall, over_labelled_texts_is_above_its_floors) {
  if (samples().empty()) GTEST_SKIP() << "no labelled texts";
  const auto detectors = read_embedded_detectors();
  ASSERT_TRUE(detectors.ok());
  const auto set = DetectorSet::build(*detectors);
  ASSERT_TRUE(set.ok());
  const Scope scope;
  const Scrutinise scrutinise(*set, scope);
  auto state = scrutinise.make_state();
  Tally tally;
  std::size_t torn = 0;
  for (const Sample& sample : samples()) {
    const std::optional<Shown> shown = GetParam().show(sample.text);
    if (!shown) {  // a reader drops what nobody sees: doubled spaces, marks of no width
      ++torn;
      continue;
    }
    std::vector<Span> spans = sample.spans;
    for (Span& span : spans) span = {span.label, shown->places[span.begin], shown->places[span.end]};
    tally.add(*detectors, scrutinise.detect_block(state, std::as_bytes(std::span(shown->bytes))), spans, shown->bytes);
  }
  EXPECT_LE(torn * 50, samples().size());
  std::printf("%-14s %6s %8s %9s %10s\n", std::string(GetParam().name).c_str(), "spans", "recall", "findings",
              "precision");
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
INSTANTIATE_TEST_SUITE_P(Detectors, Recall, testing::ValuesIn(kPackings),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace ambit::detectors_recall_test
