#include "stages/audit/domains.h"

#include <string>
#include <unordered_set>

namespace ambit::audit {

bool is_top_level_domain(std::string_view label) {
  static const std::unordered_set<std::string> kAll = [] {
    std::unordered_set<std::string> all;
    std::string line;
    for (const char c : embedded_domains().front().text) {
      if (c != '\n') {
        line += c;
      } else if (!line.empty()) {
        all.insert(std::move(line));
        line.clear();
      }
    }
    if (!line.empty()) all.insert(line);
    return all;
  }();
  std::string small(label);
  for (char& c : small) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return label.size() > 1 && kAll.contains(small);
}

}  // namespace ambit::audit
