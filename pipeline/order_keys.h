// The keys of an order file, as a table: what is not in it is refused, and what is in it is all that there is.
#pragma once

#include <span>
#include <string_view>

#include "pipeline/order_document.h"
#include "pipeline/order_problem.h"

namespace ambit {

// `table`: "order", "identifier" …, or "privacy.loosen" for the inline tables of that array. `type`: one of "string",
// "array of strings", "string or array of strings", "date or date-time", "boolean", "integer", "array of tables".
// `fallback`: what holds when the key is not given; "required" where it must be.
struct OrderKey {
  std::string_view table, name, type, fallback, help;
};
[[nodiscard]] std::span<const OrderKey> order_keys();

// Holds the document against the table: unknown tables and keys, values of the wrong type, what is required and
// missing.
void check_keys(const Value& root, Problems& problems);

}  // namespace ambit
