// The names of an order: what a rule may call, and what may not stand side by side.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/pattern.h"

namespace ambit {

// The identifiers of an order by name and by group. Views into the identifiers given, which must outlive it.
class NameIndex {
 public:
  explicit NameIndex(const std::vector<Identifier>& identifiers);

  // Sorted; empty where nothing has this name and nothing stands in such a group.
  [[nodiscard]] std::vector<IdentifierId> resolve(std::string_view name) const;
  // Names and groups, sorted.
  [[nodiscard]] const std::vector<std::string_view>& words() const { return words_; }

  // Identifiers that may not stand together: `one` is the mistake, `other` what it collides with.
  struct Clash {
    IdentifierId one, other;
    bool group;  // one's name is the group that other stands in; else both have the same name
  };
  [[nodiscard]] const std::vector<Clash>& clashes() const { return clashes_; }

 private:
  std::vector<std::pair<std::string_view, IdentifierId>> names_;
  std::vector<std::string_view> words_;
  std::vector<Clash> clashes_;
};

}  // namespace ambit
