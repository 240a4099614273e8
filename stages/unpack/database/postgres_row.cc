#include "stages/unpack/database/postgres_row.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "stages/unpack/database/postgres_value.h"
#include "stages/unpack/input.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kValueAlign = 4, kWordBytes = 4, kElsewhereBytes = 18;
constexpr std::size_t kLeastRun = 3;  // characters that make a text where nothing says that they are one
constexpr std::string_view kElsewhere = "\x01\x12";

bool is_shown(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '\x7f'; }
bool is_of_text(char c) { return is_shown(c) || c == '\t' || c == '\n' || c == '\r'; }
bool is_all_text(std::string_view bytes) { return std::all_of(bytes.begin(), bytes.end(), is_of_text); }

struct Found {
  PostgresField field;
  std::size_t bytes = 0;  // that it takes
};

std::optional<Found> packed_at(std::string_view data, std::size_t at, PostgresEffort& effort) {
  constexpr std::uint32_t kPackedBits = 2;
  if (at % kValueAlign != 0 || data.size() - at <= 2 * kWordBytes || effort.is_spent()) return std::nullopt;
  const std::uint32_t word = little32(std::as_bytes(std::span(data)), at);
  const std::size_t bytes = word >> 2;
  if ((word & 3) != kPackedBits || bytes <= 2 * kWordBytes || bytes > data.size() - at) return std::nullopt;
  auto plain = postgres_plain(data.substr(at + kWordBytes, bytes - kWordBytes), PostgresTail::is_there);
  if (!plain || !plain->is_whole) {
    effort.spend(bytes);
    return std::nullopt;
  }
  return Found{{PostgresField::Is::packed, {}, std::move(plain->bytes), 0}, bytes};
}

std::optional<Found> text_at(std::string_view data, std::size_t at) {
  const auto first = static_cast<unsigned char>(data[at]);
  if ((first & 1) != 0) {
    const std::size_t bytes = first >> 1;
    if (bytes < 2 || bytes > data.size() - at) return std::nullopt;
    const std::string_view text = data.substr(at + 1, bytes - 1);
    return is_all_text(text) ? std::optional(Found{{PostgresField::Is::text, text, {}, 0}, bytes}) : std::nullopt;
  }
  if (at % kValueAlign != 0 || data.size() - at <= kWordBytes) return std::nullopt;
  const std::uint32_t word = little32(std::as_bytes(std::span(data)), at);
  const std::size_t bytes = word >> 2;
  if ((word & 3) != 0 || bytes <= kWordBytes || bytes > data.size() - at) return std::nullopt;
  const std::string_view text = data.substr(at + kWordBytes, bytes - kWordBytes);
  return is_all_text(text) ? std::optional(Found{{PostgresField::Is::text, text, {}, 0}, bytes}) : std::nullopt;
}

std::optional<Found> elsewhere_at(std::string_view data, std::size_t at) {
  if (!data.substr(at).starts_with(kElsewhere) || data.size() - at < kElsewhereBytes) return std::nullopt;
  const std::uint32_t number = little32(std::as_bytes(std::span(data)), at + 10);
  return Found{{PostgresField::Is::elsewhere, {}, {}, number}, kElsewhereBytes};
}

}  // namespace

std::vector<PostgresField> postgres_fields(std::string_view data, PostgresEffort& effort) {
  std::vector<PostgresField> fields;
  std::size_t run = 0;  // characters before `at` of which nothing says how many they are
  const auto end_run = [&](std::size_t at) {
    if (run >= kLeastRun) fields.push_back({PostgresField::Is::text, data.substr(at - run, run), {}, 0});
    run = 0;
  };
  for (std::size_t at = 0; at < data.size();) {
    auto found = packed_at(data, at, effort);
    if (!found) found = elsewhere_at(data, at);
    // Amid characters every second one could be a length.
    if (!found && run == 0) found = text_at(data, at);
    if (found) {
      end_run(at);
      fields.push_back(std::move(found->field));
      at += found->bytes;
      continue;
    }
    if (is_shown(data[at])) {
      ++run;
    } else {
      end_run(at);
    }
    ++at;
  }
  end_run(data.size());
  return fields;
}

std::vector<std::string> postgres_packed_in(std::string_view bytes, PostgresEffort& effort) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < bytes.size();) {
    auto found = packed_at(bytes, at, effort);
    if (found) out.push_back(std::move(found->field.plain));
    at += found ? (found->bytes + kValueAlign - 1) / kValueAlign * kValueAlign : kValueAlign;
  }
  return out;
}

}  // namespace ambit::unpack
