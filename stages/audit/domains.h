// The top-level domains, one a line, as they were when the program was built.
#pragma once

#include <span>
#include <string_view>

namespace ambit::audit {

struct EmbeddedDomains {
  std::string_view file_name, text;
};
[[nodiscard]] std::span<const EmbeddedDomains> embedded_domains();

// `label`: any bytes; letters of ASCII caseless.
[[nodiscard]] bool is_top_level_domain(std::string_view label);

}  // namespace ambit::audit
