// What the command line may ask of the detectors: the list, whether the examples of a file come out as it says, and
// what they find in any file.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>

#include "pipeline/detector_file.h"
#include "pipeline/file.h"
#include "pipeline/limits.h"
#include "pipeline/triage.h"
#include "stages/scrutinise/detect.h"
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

namespace {

// Fills `into` with what stands at `offset`; fewer bytes only where the file ends.
Result<std::size_t> read_at(const File& file, const std::string& path, std::uint64_t offset,
                            std::span<std::byte> into) {
  std::size_t got = 0;
  while (got < into.size()) {
    const ssize_t n = pread(file.fd(), into.data() + got, into.size() - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("cannot read the file", path);
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  return got;
}

// One file, block by block with the bytes around each that a verdict may need. False: the sink wants no more.
Result<bool> detect_in_file(const DetectorSet& set, const std::string& path, std::vector<std::byte>& window,
                            DetectSink& sink) {
  const Result<File> file = File::open(path);
  if (!file.ok()) return Error{file.error().kind, file.error().what, path, "check the path and the permissions"};
  const scrutiny::OwnValues nothing{Scope()};
  scrutiny::WindowScan scan(set, &nothing);
  const std::size_t around = set.context_bytes();
  const std::size_t body = window.size() - 2 * around;
  for (std::uint64_t at = 0;; at += body) {
    const std::uint64_t begin = at - std::min<std::uint64_t>(at, around);
    const std::size_t wanted = static_cast<std::size_t>(at - begin) + body + around;
    const Result<std::size_t> got = read_at(*file, path, begin, std::span(window).first(wanted));
    if (!got.ok()) return Error{got.error().kind, got.error().what, path, "give a file, or a device that can be read"};
    if (begin + *got <= at) return true;
    for (const scrutiny::Found& found : scan.scan(std::span(window).first(*got), begin)) {
      if (found.last < at || found.last >= at + body) continue;
      const Finding& finding = found.finding;
      const Detector& detector = set.detectors()[finding.detector];
      if (!sink.on_finding(
              path, {detector.name, detector.category, to_string(finding.grade), finding.offset, finding.length})) {
        return false;
      }
    }
    if (*got < wanted) return true;
  }
}

}  // namespace

void detect_in_files(const std::vector<std::string>& files, DetectSink& sink) {
  const Result<std::vector<Detector>> detectors = read_embedded_detectors();
  if (!detectors.ok()) return sink.on_error(detectors.error());
  const Result<DetectorSet> set = DetectorSet::build(*detectors);
  if (!set.ok()) return sink.on_error(set.error());
  std::vector<std::byte> window(limits::kChunkBytes + 2 * set->context_bytes());
  for (const std::string& path : files) {
    const Result<bool> more = detect_in_file(*set, path, window, sink);
    if (!more.ok()) sink.on_error(more.error());
    if (more.ok() && !*more) return;
  }
}

}  // namespace ambit
