// Housekeeping: the checks that need no architecture.
#include <algorithm>
#include <array>
#include <filesystem>

#include "tests/laws/laws.h"

namespace ambit::laws {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMaxLines = 400;
constexpr std::array kVagueNames = {"util"sv, "helper"sv, "common"sv, "manager"sv, "misc"sv};
// Where a path of one machine begins, in two parts, so that this list does not break its own law.
struct Place {
  std::string_view above, folder;
};
constexpr std::array kMachinePlaces = {Place{"/", "work/"}, Place{"/", "root/"}, Place{"/", "home/"},
                                       Place{"../", "shared"}};

bool in_house(std::string_view path) { return path.starts_with("pipeline/") || path.starts_with("stages/"); }

std::string complaint(const Source& s, std::size_t line, std::string_view what) {
  return s.path + ":" + std::to_string(line) + ": " + std::string(what);
}

}  // namespace

Complaints short_files(const Source& source) {
  if (!in_house(source.path) || !is_cpp(source) || count_lines(source.text) <= kMaxLines) return {};
  return {complaint(source, count_lines(source.text), "longer than " + std::to_string(kMaxLines) + " lines")};
}

Complaints telling_names(const Source& source) {
  const std::string_view name = std::string_view(source.path).substr(source.path.rfind('/') + 1);
  const bool vague = std::any_of(kVagueNames.begin(), kVagueNames.end(),
                                 [&](std::string_view word) { return name.find(word) != std::string_view::npos; });
  if (!vague) return {};
  return {complaint(source, 1, "a name that says nothing")};
}

Complaints no_machine_paths(const Source& source) {
  if (source.path.starts_with("tests/")) return {};
  Complaints all;
  for (const Place& place : kMachinePlaces) {
    const std::string path = std::string(place.above) + std::string(place.folder);
    const std::size_t at = source.text.find(path);
    if (at == std::string::npos) continue;
    all.push_back(complaint(source, line_at(source.text, at), "names a place on one machine: " + path));
  }
  return all;
}

Complaints links_lead_somewhere(const Source& source, const std::set<std::string>& paths) {
  if (!source.path.ends_with(".md")) return {};
  Complaints all;
  const std::filesystem::path folder = std::filesystem::path(source.path).parent_path();
  for (const auto& [open, close] : {std::pair{"]("sv, ')'}, {"src=\""sv, '"'}, {"href=\""sv, '"'}}) {
    for (std::size_t at = source.text.find(open); at != std::string::npos; at = source.text.find(open, at + 1)) {
      const std::size_t begin = at + open.size();
      const std::string link = source.text.substr(begin, source.text.find(close, begin) - begin);
      if (link.starts_with('#') || link.find(':') != std::string::npos) continue;
      std::string target = (folder / link.substr(0, link.find('#'))).lexically_normal().generic_string();
      if (target.ends_with('/')) target.pop_back();
      if (!paths.contains(target)) all.push_back(complaint(source, line_at(source.text, at), "leads nowhere: " + link));
    }
  }
  return all;
}

Complaints is_built(const Source& source, const std::vector<Source>& lists) {
  const bool program = in_house(source.path);
  const bool proof = source.path.starts_with("tests/") || source.path.starts_with("bench/");
  if (!is_cc(source) || !(program || proof)) return {};
  for (const Source& list : lists) {
    const std::string folder = list.path.substr(0, list.path.rfind('/') + 1);
    if (!source.path.starts_with(folder)) continue;
    const std::string relative = source.path.substr(folder.size());
    const std::string code = cmake_code(list.text);
    if (!find_word(code, relative).empty()) return {};
    // ambit_fuzz(name …) and its like speak of name.cc, ambit_tests(… FILES name …) of name_test.cc.
    const std::string name = relative.substr(0, relative.size() - 3);
    if (proof && !find_word(code, name).empty()) return {};
    const bool test = proof && name.ends_with("_test");
    if (test && !find_word(code, name.substr(0, name.size() - 5)).empty()) return {};
  }
  return {complaint(source, 1, "no CMakeLists.txt lists it")};
}

}  // namespace ambit::laws
