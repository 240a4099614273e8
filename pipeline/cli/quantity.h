// Quantities as people write and read them: sizes, rates, durations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ambit::cli {

// "512M" -> bytes. A whole number with an optional suffix K, M, G or T (powers of 1024), upper or lower case,
// an optional trailing "iB" or "B". Nothing where it is not that, or does not fit 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

[[nodiscard]] std::string grouped(std::uint64_t number);            // 1,234,567
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);          // 1.5 GB: powers of 1000, as disks are sold
[[nodiscard]] std::string rate_text(double bytes_per_second);       // 1.5 GB/s
[[nodiscard]] std::string duration_text(double seconds);            // 1:02:03, or 2:03
[[nodiscard]] std::string shell_quoted(std::string_view argument);  // 'it'\''s'

}  // namespace ambit::cli
