// Decryption: one run of `age -d` over one segment of the ledger, and its Zstandard frames unpacked.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "pipeline/result.h"

namespace ambit::record {

// A piece of the plain text, cut anywhere; false: enough.
using PlainVisit = std::function<bool(std::string_view piece)>;

// `identity`: a file that `age -i` takes; age asks on the terminal for its passphrase if it has one.
// Error: key, with what age said; tampered, when what was sealed is not Zstandard; io.
[[nodiscard]] Result<> decrypt_segment(const std::string& path, const std::string& identity, const PlainVisit& visit);

}  // namespace ambit::record
