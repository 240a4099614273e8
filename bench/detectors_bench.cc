// How often the detectors speak where hardly anything is private: findings per GB of the files of this machine, by
// detector and grade, as the table of docs/detectors.md has them. And how fast they read them, on one core.
//
//   ambit_detectors_bench [-FOLDER]… [FOLDER]…     default: /usr/share, /usr/lib, and source code in /usr/include
//
// A folder with a minus before it is left out. Not all findings are false: authors have addresses, manuals print
// examples, programs carry keys for their tests.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pipeline/triage.h"

namespace ambit {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kGrades = {"validated", "plausible", "shape only"};

struct Corpus {
  std::string root;
  std::vector<std::string> files;  // by path
  std::uint64_t bytes = 0;
  double seconds = 0;  // of this thread's processor
};

bool is_below(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

Corpus corpus_of(const std::string& root, const std::vector<std::string>& left_out) {
  Corpus out{root, {}, 0, 0};
  std::error_code failed;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(root, options, failed), end; at != end; at.increment(failed)) {
    const std::string path = at->path().string();
    const auto covers = [&](const std::string& folder) { return is_below(path, folder); };
    if (std::any_of(left_out.begin(), left_out.end(), covers)) continue;
    if (at->is_symlink(failed) || !at->is_regular_file(failed)) continue;
    out.files.push_back(path);
    out.bytes += at->file_size(failed);
  }
  std::sort(out.files.begin(), out.files.end());
  return out;
}

// Counts by detector and grade.
class Counts final : public DetectSink {
 public:
  bool on_finding(const std::string&, const DetectedItem& item) override {
    const auto grade = std::find(kGrades.begin(), kGrades.end(), item.grade) - kGrades.begin();
    ++counts[std::string(item.detector)][static_cast<std::size_t>(grade)];
    return true;
  }
  void on_error(const Error&) override { ++unread; }
  std::map<std::string, std::array<std::uint64_t, kGrades.size()>> counts;
  std::uint64_t unread = 0;
};

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) * 1e-6;
}

std::string cell(std::uint64_t count, std::uint64_t bytes) {
  if (count == 0) return "–";
  const double per_gb = static_cast<double>(count) * 1e9 / static_cast<double>(bytes);
  char out[32];
  std::snprintf(out, sizeof out, per_gb < 9.95 ? "%.1f" : "%.0f", per_gb);
  return out;
}

int run(const std::vector<std::string>& words) {
  std::vector<std::string> roots, left_out;
  for (const std::string& word : words) {
    (word.starts_with("-") ? left_out : roots).push_back(word.starts_with("-") ? word.substr(1) : word);
  }
  if (roots.empty()) roots = {"/usr/share", "/usr/lib", "/usr/include"};
  std::vector<Corpus> corpora;
  std::vector<Counts> counts(roots.size());
  for (std::size_t i = 0; i < roots.size(); ++i) {
    corpora.push_back(corpus_of(roots[i], left_out));
    const double start = processor_seconds();
    detect_in_files(corpora[i].files, counts[i]);
    corpora[i].seconds = processor_seconds() - start;
  }
  std::string head = "| detector |", rule = "|---|";
  for (const Corpus& corpus : corpora) {
    for (const std::string_view grade : kGrades) {
      head += " " + (grade == kGrades[0] ? corpus.root + ": " : "") + std::string(grade) + " |";
      rule += "---|";
    }
  }
  std::printf("%s\n%s\n", head.c_str(), rule.c_str());
  for (const DetectorInfo& detector : list_detectors()) {
    std::string row = "| `" + detector.name + "` |";
    bool spoke = false;
    for (std::size_t i = 0; i < corpora.size(); ++i) {
      for (const std::uint64_t count : counts[i].counts[detector.name]) {
        row += " " + cell(count, corpora[i].bytes) + " |";
        spoke = spoke || count > 0;
      }
    }
    if (spoke) std::printf("%s\n", row.c_str());
  }
  for (std::size_t i = 0; i < corpora.size(); ++i) {
    std::printf("%s: %.2f GB in %zu files, %.2f s, %.2f GB/s; %llu not read\n", corpora[i].root.c_str(),
                static_cast<double>(corpora[i].bytes) * 1e-9, corpora[i].files.size(), corpora[i].seconds,
                static_cast<double>(corpora[i].bytes) * 1e-9 / corpora[i].seconds,
                static_cast<unsigned long long>(counts[i].unread));
  }
  return 0;
}

}  // namespace
}  // namespace ambit

int main(int argc, char** argv) { return ambit::run({argv + 1, argv + argc}); }
