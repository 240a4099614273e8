// Check digits held against another implementation: python-stdnum judges random numbers of each country, and so do the
// detectors, each number beside a word of its context. Skips where python3-stdnum is not installed.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "pipeline/detector_file.h"
#include "stages/scrutinise/detect.h"
#include "stages/scrutinise/detector_set.h"
#include "tests/evidence.h"

namespace ambit::check_digits_test {
namespace {

constexpr const char* kScript = AMBIT_SOURCE_DIR "/tests/evidence/check_digits.py";

// The interpreter that Debian's packages belong to; another one may come first on the path.
std::string python_with_stdnum() {
  for (const char* python : {"python3", "/usr/bin/python3"}) {
    if (test::run({python, "-c", "import stdnum"}).exit == 0) return python;
  }
  return {};
}

struct Tally {
  std::size_t right = 0, wrong = 0;  // numbers, as stdnum judges them
  std::size_t missed = 0, believed = 0;
  std::string examples;
};

class Judge {
 public:
  Judge() {
    auto detectors = read_embedded_detectors();
    if (!detectors.ok()) std::abort();
    auto set = DetectorSet::build(*detectors);
    if (!set.ok()) std::abort();
    set_ = std::make_unique<DetectorSet>(std::move(*set));
    scan_ = std::make_unique<scrutiny::WindowScan>(*set_, nullptr);
    for (std::size_t i = 0; i < set_->detectors().size(); ++i) by_name_[set_->detectors()[i].name] = i;
  }
  [[nodiscard]] bool knows(const std::string& detector) const { return by_name_.contains(detector); }
  // Whether the detector takes the number for a checked one, beside its word.
  [[nodiscard]] bool believes(const std::string& detector, const std::string& number) {
    const std::size_t id = by_name_.at(detector);
    const auto& context = set_->detectors()[id].context;
    const std::string text = (context.empty() ? std::string("number") : context[0].words[0]) + ": " + number + "\n";
    for (const scrutiny::Found& found : scan_->scan(std::as_bytes(std::span(text)), 0)) {
      if (found.finding.detector == id && found.finding.grade == Grade::validated) return true;
    }
    return false;
  }

 private:
  std::unique_ptr<DetectorSet> set_;
  std::unique_ptr<scrutiny::WindowScan> scan_;
  std::map<std::string, std::size_t> by_name_;
};

TEST(CheckDigits, are_judged_as_another_implementation_judges_them) {
  const std::string python = python_with_stdnum();
  if (python.empty()) GTEST_SKIP() << "python3-stdnum is not installed";
  const test::Ran ran = test::run({python, kScript, "1000"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  Judge judge;
  std::map<std::string, Tally> tallies;
  std::istringstream lines(ran.out);
  std::string detector, number, verdict;
  while (std::getline(lines, detector, '\t') && std::getline(lines, number, '\t') && std::getline(lines, verdict)) {
    ASSERT_TRUE(judge.knows(detector)) << detector;
    Tally& tally = tallies[detector];
    const bool right = verdict == "1";
    ++(right ? tally.right : tally.wrong);
    if (judge.believes(detector, number) == right) continue;
    ++(right ? tally.missed : tally.believed);
    if (tally.missed + tally.believed <= 6) tally.examples += " " + number + (right ? " (right)" : " (wrong)");
  }
  EXPECT_GE(tallies.size(), 45U);
  for (const auto& [name, tally] : tallies) {
    EXPECT_GE(tally.right, 1'000U) << name;
    EXPECT_GE(tally.wrong, 1'000U) << name;
    EXPECT_EQ(tally.missed, 0U) << name << ", right ones that are not believed:" << tally.examples;
    EXPECT_EQ(tally.believed, 0U) << name << ", wrong ones that are believed:" << tally.examples;
  }
}

}  // namespace
}  // namespace ambit::check_digits_test
