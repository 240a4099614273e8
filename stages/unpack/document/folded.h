// Texts whose long lines are folded: vCard (2.1 of the IMC, RFC 2426, RFC 6350), iCalendar (RFC 5545) and what shares
// their shape (vNote, vMessage), and LDIF (RFC 2849). A name that a fold tears in two stands in no byte of them.
#pragma once

#include <string_view>

namespace ambit::unpack {

// Whether a text is one, by how it begins.
[[nodiscard]] bool is_folded(std::string_view head);

}  // namespace ambit::unpack
