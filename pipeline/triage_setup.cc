#include "pipeline/triage_setup.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <utility>

#include "pipeline/detector_file.h"
#include "pipeline/limits.h"
#include "stages/unpack/embedded/embedded.h"

namespace ambit {
namespace {

std::string read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

OrderPlace place_of(const ReadOrder& order, const PatternProblem& problem) {
  const auto& places = problem.part == PatternProblem::Part::literal      ? order.literal_places
                       : problem.part == PatternProblem::Part::expression ? order.expression_places
                                                                          : order.byte_string_places;
  if (problem.identifier < places.size() && problem.index < places[problem.identifier].size()) {
    return places[problem.identifier][problem.index];
  }
  return order.identifier_places[problem.identifier];
}

void check_patterns(const ReadOrder& order, const Parallel& parallel, CheckedOrder& out) {
  std::vector<PatternProblem> problems;
  const auto start = std::chrono::steady_clock::now();
  Result<PatternSet> built = PatternSet::build(order.scope.identifiers, problems, parallel, embedded_marks());
  out.compile_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (PatternProblem& problem : problems) {
    const OrderPlace place = place_of(order, problem);
    out.problems.push_back({place.line, place.column, std::move(problem.what), std::move(problem.remedy)});
  }
  if (built.ok()) {
    out.patterns = std::move(built).value();
  } else if (problems.empty()) {
    out.problems.push_back({0, 0, built.error().what, built.error().remedy});
  }
}

void check_detectors(const ReadOrder& order, CheckedOrder& out) {
  Result<std::vector<Detector>> read = read_embedded_detectors();
  if (!read.ok()) {
    out.problems.push_back({0, 0, read.error().what, read.error().remedy});
    return;
  }
  const std::vector<Detector>& detectors = *read;
  std::vector<std::string_view> names;
  for (const Detector& detector : detectors) names.push_back(detector.name);
  for (std::size_t i = 0; i < order.scope.privacy.loosened.size(); ++i) {
    const std::string& name = order.scope.privacy.loosened[i].detector;
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const OrderPlace place = order.loosened_places[i];
    out.problems.push_back({place.line, place.column, "unknown detector " + in_quotes(name), suggest(name, names)});
  }
  Result<DetectorSet> built = DetectorSet::build(detectors);
  if (built.ok()) {
    out.detectors = std::move(built).value();
  } else {
    out.problems.push_back({0, 0, built.error().what, built.error().remedy});
  }
}

// Does `also` beside whatever pieces come.
Parallel beside(const Parallel& parallel, const std::function<void()>& also) {
  return {parallel.workers, [&parallel, &also](std::size_t count, const Parallel::Piece& call) {
            parallel.run(count + 1,
                         [&](std::size_t piece, std::size_t worker) { piece == 0 ? also() : call(piece - 1, worker); });
          }};
}

}  // namespace

CheckedOrder load_order(const std::string& path, const Parallel& parallel) {
  CheckedOrder out;
  ReadOrder order = read_order(path);
  out.problems = std::move(order.problems);
  // Patterns and detectors are checked even beside other mistakes, so that all of them are said at once.
  bool checked = false;
  const std::function<void()> detectors = [&] {  // once, and also where there are no literals
    if (!std::exchange(checked, true)) check_detectors(order, out);
  };
  check_patterns(order, beside(parallel, detectors), out);
  detectors();
  std::stable_sort(out.problems.begin(), out.problems.end(), [](const OrderProblem& a, const OrderProblem& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  if (!out.problems.empty()) return out;

  out.scope = std::move(order.scope);
  const std::string bytes = read_bytes(path);
  out.scope.order_sha256 = to_hex(sha256(std::as_bytes(std::span(bytes))));
  std::string texts;
  for (const EmbeddedDetector& file : embedded_detectors()) texts += std::string(file.text);
  out.detectors_sha256 = to_hex(sha256(std::as_bytes(std::span(texts))));
  return out;
}

}  // namespace ambit
