// The locator of a released item as a party may read it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/facts.h"
#include "pipeline/locator.h"
#include "stages/record/seal.h"

namespace ambit::record {

// The text form of the locator, with every component named in `private_names` replaced by its pseudonym.
[[nodiscard]] std::string released_text(const Locator& locator, std::string_view exhibit_name,
                                        const std::vector<PrivateName>& private_names, const CaseKey& key);

}  // namespace ambit::record
