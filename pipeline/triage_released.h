// Finds released items again in their exhibits, by the texts of their locators.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/exhibit.h"
#include "pipeline/object.h"
#include "pipeline/triage.h"

namespace ambit {

// `content` was not opened for the item yet; null where the exhibit ends before the place that the locator names.
using VisitReleased = std::function<void(const ReleasedItem& item, Content* content)>;
using VisitExhibit = std::function<void(const Exhibit& exhibit)>;  // when its items are through

// Visits each item that can be found, once, and each exhibit. `exhibits`: in the order of the run. The value: how many
// items no object has the locator of; those whose locators hold a pseudonym are among them. Error: io, for an exhibit
// that does not open.
[[nodiscard]] Result<std::uint64_t> visit_released(const std::vector<std::string>& exhibits,
                                                   const std::vector<ReleasedItem>& items, const VisitReleased& visit,
                                                   const VisitExhibit& visit_exhibit);

}  // namespace ambit
