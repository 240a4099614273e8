#include "pipeline/order_fields.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "pipeline/hash_list.h"
#include "pipeline/limits.h"

namespace ambit {
namespace {

// All bytes count: a key file that ends in a newline has it as part of the key, as everywhere.
Result<std::string> read_key_file(const std::string& path) {
  std::error_code code;
  if (std::filesystem::is_directory(path, code)) {
    return Error{ErrorKind::order, "cannot read the key file: it is a folder", "", ""};
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string secret(limits::kMaxKeyFileBytes + 1, '\0');
  in.read(secret.data(), static_cast<std::streamsize>(secret.size()));
  if (!in.eof() && !in) {
    const std::string why = std::strerror(errno != 0 ? errno : EIO);
    return Error{ErrorKind::order, "cannot read the key file: " + why, "", ""};
  }
  secret.resize(static_cast<std::size_t>(in.gcount()));
  if (secret.empty()) return Error{ErrorKind::order, "the key file is empty", "", ""};
  if (secret.size() > limits::kMaxKeyFileBytes) {
    const std::string most = std::to_string(limits::kMaxKeyFileBytes / limits::MiB);
    return Error{ErrorKind::order, "the key file is larger than " + most + " MiB", "", ""};
  }
  return secret;
}

}  // namespace

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

std::optional<VolumeKey> Fields::volume_key(const Value& value) {
  constexpr std::string_view kFile = "file:";
  const std::string_view text = value.text();
  if (text.empty()) {
    blame(value, "a key is empty", "write the passphrase between the quotes, or file:NAME for a key file");
    return std::nullopt;
  }
  if (!text.starts_with(kFile)) return VolumeKey{std::string(text)};
  const std::string_view name = text.substr(kFile.size());
  const std::filesystem::path path = std::filesystem::path(path_).parent_path() / std::filesystem::path(name);
  Result<std::string> secret = name.empty() ? Error{ErrorKind::order, "the name of the key file is missing", "", ""}
                                            : read_key_file(path.string());
  if (secret.ok()) return VolumeKey{std::move(secret).value()};
  blame(value, (name.empty() ? std::string() : path.string() + ": ") + secret.error().what,
        "key files are looked for beside the order file: write file:NAME");
  return std::nullopt;
}

}  // namespace ambit
