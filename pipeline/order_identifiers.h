// [[identifier]]: what the case looks for.
#pragma once

#include <vector>

#include "pipeline/order_fields.h"

namespace ambit {

// An identifier with the places of its entries. An entry that was refused is in neither list.
struct ReadIdentifier {
  Identifier identifier;
  std::vector<OrderPlace> literal_places, expression_places, byte_string_places;
};

[[nodiscard]] ReadIdentifier read_identifier(const Value& table, Fields& fields);

}  // namespace ambit
