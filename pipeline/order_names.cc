#include "pipeline/order_names.h"

#include <algorithm>

namespace ambit {
namespace {

// The dot before everything else, so that a name is followed by what stands in the group of that name.
bool dotted_less(std::string_view a, std::string_view b) {
  const auto rank = [](char c) { return c == '.' ? 0 : static_cast<unsigned char>(c) + 1; };
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [&](char x, char y) { return rank(x) < rank(y); });
}

bool in_group(std::string_view name, std::string_view group) {
  return name.size() > group.size() && name.starts_with(group) && name[group.size()] == '.';
}

}  // namespace

NameIndex::NameIndex(const std::vector<Identifier>& identifiers) {
  for (IdentifierId id = 0; id < identifiers.size(); ++id) {
    if (!identifiers[id].name.empty()) names_.emplace_back(identifiers[id].name, id);
  }
  std::sort(names_.begin(), names_.end(), [](const auto& a, const auto& b) {
    return a.first == b.first ? a.second < b.second : dotted_less(a.first, b.first);
  });
  std::size_t first = 0;  // of those with the same name
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const std::string_view name = names_[i].first;
    if (name != names_[first].first) {
      if (in_group(name, names_[first].first)) clashes_.push_back({names_[first].second, names_[i].second, true});
      first = i;
    } else if (i != first) {
      clashes_.push_back({names_[i].second, names_[first].second, false});
    }
    words_.push_back(name);
    for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
      const std::string_view group = name.substr(0, dot);
      const bool seen = i > 0 && in_group(names_[i - 1].first, group);
      if (!seen) words_.push_back(group);
    }
  }
  std::sort(words_.begin(), words_.end(), dotted_less);
  words_.erase(std::unique(words_.begin(), words_.end()), words_.end());
}

std::vector<IdentifierId> NameIndex::resolve(std::string_view name) const {
  std::vector<IdentifierId> found;
  auto at = std::lower_bound(names_.begin(), names_.end(), name, [](const auto& entry, std::string_view wanted) {
    return dotted_less(entry.first, wanted);
  });
  for (; at != names_.end() && (at->first == name || in_group(at->first, name)); ++at) found.push_back(at->second);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace ambit
