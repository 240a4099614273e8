// The locators of a released item as a party may read them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/facts.h"
#include "pipeline/locator.h"
#include "stages/record/seal.h"

namespace ambit::record {

// Another path of the file at `locator`; `link` as in Object::links.
[[nodiscard]] Locator other_path(const Locator& locator, std::string_view link);

// The text form of the locator, with every component named in `private_names` replaced by its pseudonym.
[[nodiscard]] std::string released_text(const Locator& locator, std::string_view exhibit_name,
                                        const std::vector<PrivateName>& private_names, const CaseKey& key);

// Those of the other paths, each once, sorted. Of a path that was not looked at (Facts::examined_links) only the
// components are shown that stand in the same place of the locator, where they were looked at.
[[nodiscard]] std::vector<std::string> released_links(const Locator& locator, std::span<const std::string> links,
                                                      const Facts& facts, std::string_view exhibit_name,
                                                      const CaseKey& key);

// What an object is called where its locator may not be told: "3f9a2b7c41d0". Who holds the case key and the locator,
// as it stands in the ledger, can tell that it is the one.
[[nodiscard]] std::string object_id(const CaseKey& key, std::string_view locator);

}  // namespace ambit::record
