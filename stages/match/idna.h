// Names of hosts with letters that are not ASCII, as the network has them: "xn--…" (IDNA, RFC 5891).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ambit::match {

// The other ways to write a name of a host, or an address of mail at one, both in UTF-8: with its labels in ASCII where
// they have other letters, and with its letters where they are in ASCII. Empty where `text` is none, or has but one
// way.
[[nodiscard]] std::vector<std::string> other_host_names(std::string_view text);

}  // namespace ambit::match
