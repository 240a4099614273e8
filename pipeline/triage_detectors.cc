// What the command line may ask of the detectors: the list, and whether the examples of a file come out as it says.
#include <fstream>
#include <iterator>

#include "pipeline/detector_file.h"
#include "pipeline/triage.h"
#include "stages/scrutinise/scrutinise.h"

namespace ambit {

std::vector<DetectorInfo> list_detectors() {
  std::vector<DetectorInfo> out;
  const Result<std::vector<Detector>> detectors = read_embedded_detectors();
  if (!detectors.ok()) return out;
  for (const Detector& d : *detectors) {
    out.push_back(
        {d.name, d.category, d.validator, d.expressions.size(), d.must_match.size() + d.must_not_match.size()});
  }
  return out;
}

namespace {

// One example, and whether the detector speaks as it should.
bool speaks(const Scrutinise& scrutinise, Scrutinise::State& state, const std::string& example) {
  const std::vector<Finding> findings = scrutinise.detect_block(state, std::as_bytes(std::span(example)));
  return !findings.empty();
}

}  // namespace

Result<std::vector<std::string>> test_detector_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{ErrorKind::io, "cannot read the detector file", path, "check the path"};
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  DetectorReading reading = read_detector(path, text);
  std::vector<std::string> complaints;
  for (const Error& mistake : reading.mistakes)
    complaints.push_back(mistake.where + ": " + mistake.what + "; " + mistake.remedy);
  if (!complaints.empty()) return complaints;
  const Result<DetectorSet> set = DetectorSet::build({&reading.detector, 1});
  if (!set.ok()) return std::vector<std::string>{set.error().what};
  const Scope scope;
  const Scrutinise scrutinise(*set, scope);
  Scrutinise::State state = scrutinise.make_state();
  for (const std::string& example : reading.detector.must_match) {
    if (!speaks(scrutinise, state, example)) complaints.push_back("is not found, but must be: " + example);
  }
  for (const std::string& example : reading.detector.must_not_match) {
    if (speaks(scrutinise, state, example)) complaints.push_back("is found, but must not be: " + example);
  }
  return complaints;
}

}  // namespace ambit
