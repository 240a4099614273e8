#include "pipeline/order_fields.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "pipeline/hash_source.h"
#include "pipeline/limits.h"

namespace ambit {
namespace {

std::string hex_of(const Bytes32& digest) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : digest) {
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

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
  blame(value, "there is no " + std::string(name) + " " + in_quotes(value.text()), suggest(value.text(), names));
  return std::nullopt;
}

std::optional<std::uint32_t> Fields::cite(const Value& id, std::span<const std::string_view> paragraphs) {
  if (!id.is(ValueType::string) || paragraphs.empty()) return std::nullopt;  // empty: that was said already
  const auto index = choice(id, "paragraph", paragraphs);
  return index ? std::optional(static_cast<std::uint32_t>(*index)) : std::nullopt;
}

std::shared_ptr<const HashSet> Fields::hash_set(const Value& file) {
  const std::optional<std::string_view> name = visible(file, "the name of a hash list");
  if (!name) return nullptr;
  const auto before =
      std::find_if(hash_sets_.begin(), hash_sets_.end(), [&](const NamedSet& one) { return one.name == *name; });
  if (before != hash_sets_.end()) return before->set;
  const std::filesystem::path path = std::filesystem::path(path_).parent_path() / std::filesystem::path(*name);
  Result<std::shared_ptr<const HashSet>> set = load_hash_set(path.string());
  if (set.ok()) return hash_sets_.emplace_back(NamedSet{std::string(*name), std::move(*set)}).set;
  blame(file, set.error().where + ": " + set.error().what, set.error().remedy);
  return nullptr;
}

std::string Fields::hash_sets_sha256() const {
  if (hash_sets_.empty()) return {};
  Sha256 all;
  for (const NamedSet& one : hash_sets_) all.add(hex_of(one.set->digest())).add("  ").add(one.name).add("\n");
  return hex_of(all.finish());
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
