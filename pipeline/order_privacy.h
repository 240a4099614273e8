// [privacy]: what the order takes back of the protection of third parties, each time with the paragraph that allows it.
#pragma once

#include <span>
#include <string_view>

#include "pipeline/order.h"
#include "pipeline/order_document.h"
#include "pipeline/order_fields.h"

namespace ambit {

// Fills out.scope.privacy and out.loosened_places from the table, which may not be there. `paragraphs`: their ids, as
// in out.scope.paragraphs.
void read_privacy(const Value& table, std::span<const std::string_view> paragraphs, Fields& fields, ReadOrder& out);

}  // namespace ambit
