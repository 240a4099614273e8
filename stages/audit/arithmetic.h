// The arithmetic of numbers that carry their own proof, written a second time: an audit that shared the code of the
// detectors would share their mistakes.
#pragma once

#include <string_view>

namespace ambit::audit {

// `digits`: 15 or 16 of '0' to '9'. An issuer's range, its length, and the last digit by Luhn's rule (ISO/IEC 7812).
[[nodiscard]] bool is_card(std::string_view digits);

// Letters and digits that an IBAN of this country has (ISO 13616 registry); 0: no such country. `country`: two
// capitals.
[[nodiscard]] std::size_t iban_length(std::string_view country);
// `compact`: capitals and digits, at least five. The remainder of 97 is 1.
[[nodiscard]] bool iban_checks(std::string_view compact);

// Whether a number in international print may be somebody's (ITU E.164). `digits`: without the '+'.
[[nodiscard]] bool is_international(std::string_view digits);

}  // namespace ambit::audit
