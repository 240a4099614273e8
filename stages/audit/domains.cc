#include "stages/audit/domains.h"

#include <string>
#include <unordered_set>

#include "stages/audit/letters.h"

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
  return label.size() > 1 && kAll.contains(small_letters(label));
}

}  // namespace ambit::audit
