#include "pipeline/order_fields.h"

#include <algorithm>
#include <filesystem>

#include "pipeline/hash_list.h"

namespace ambit {

std::optional<std::string_view> Fields::visible(const Value& value, std::string_view name) {
  if (!value.is(ValueType::string)) return std::nullopt;
  const std::string_view text = value.text();
  if (text.find_first_not_of(' ') == std::string_view::npos) {
    blame(value, std::string(name) + " is empty", "write it between the quotes");
    return std::nullopt;
  }
  for (std::size_t at = 0; at < text.size();) {
    const Character next = first_character(text.substr(at));
    if (is_invisible(next.code)) {
      blame(value, at, std::string(name) + " holds the invisible character " + code_point_name(next.code),
            "remove the invisible character");
      return std::nullopt;
    }
    at += std::max<std::size_t>(next.bytes, 1);
  }
  return text;
}

std::vector<Value> Fields::strings(const Value& value) {
  std::vector<Value> strings = value.items();
  std::erase_if(strings, [](const Value& item) { return !item.is(ValueType::string); });
  return strings;
}

std::vector<Value> Fields::string_or_strings(const Value& value) {
  return value.is(ValueType::string) ? std::vector<Value>{value} : strings(value);
}

std::optional<std::size_t> Fields::choice(const Value& value, std::string_view name,
                                          std::span<const std::string_view> names) {
  if (!value.is(ValueType::string)) return std::nullopt;
  const auto found = std::find(names.begin(), names.end(), value.text());
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  blame(value, "there is no " + std::string(name) + " " + quoted(value.text()), suggest(value.text(), names));
  return std::nullopt;
}

std::vector<HashValue> Fields::hash_list(const Value& file) {
  const std::optional<std::string_view> name = visible(file, "the name of a hash list");
  if (!name) return {};
  const std::filesystem::path path = std::filesystem::path(path_).parent_path() / std::filesystem::path(*name);
  Result<std::vector<HashValue>> hashes = read_hash_list(path.string());
  if (hashes.ok()) return std::move(hashes).value();
  blame(file, hashes.error().where + ": " + hashes.error().what, hashes.error().remedy);
  return {};
}

}  // namespace ambit
