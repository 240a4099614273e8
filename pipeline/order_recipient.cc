#include "pipeline/order_recipient.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "pipeline/base64.h"

namespace ambit {
namespace {

constexpr std::size_t kAgeCharacters = 62;  // "age", "1", 52 for 32 bytes, 6 for the checksum
constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kEd25519Bytes = 32;
constexpr std::size_t kLeastRsaBytes = 2048 / 8;

// The checksum of BIP 173 over the prefix "age" and the characters after "age1"; 1 where it holds.
std::uint32_t bech32_checksum(std::string_view data) {
  std::uint32_t sum = 1;
  const auto feed = [&sum](std::uint32_t five_bits) {
    constexpr std::uint32_t kGenerator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    const std::uint32_t top = sum >> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ five_bits;
    for (unsigned i = 0; i < 5; ++i) sum ^= ((top >> i) & 1U) != 0 ? kGenerator[i] : 0;
  };
  constexpr std::array<std::uint32_t, 3> kPrefix = {'a', 'g', 'e'};
  for (const std::uint32_t c : kPrefix) feed(c >> 5);
  feed(0);
  for (const std::uint32_t c : kPrefix) feed(c & 31);
  for (const char c : data) feed(static_cast<std::uint32_t>(kBech32.find(c)));
  return sum;
}

std::optional<RecipientMistake> age_mistake(std::string_view recipient) {
  const std::string_view data = recipient.substr(4);
  if (recipient.size() != kAgeCharacters) {
    return RecipientMistake{"an age recipient has " + std::to_string(kAgeCharacters) + " characters, this one " +
                                std::to_string(recipient.size()),
                            "copy the whole public key"};
  }
  if (data.find_first_not_of(kBech32) != std::string_view::npos || bech32_checksum(data) != 1) {
    return RecipientMistake{"this age recipient has a typing mistake: its checksum does not fit",
                            "copy the public key again; do not type it"};
  }
  return std::nullopt;
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  const auto is_letter = [](char c) { return base64_value(c) != kNoBase64; };
  if (!std::all_of(text.begin(), text.end(), is_letter)) return std::nullopt;
  return from_base64(text);
}

// The fields of an SSH public key, each with its length before it; empty where the bytes are anything else.
std::vector<std::string_view> ssh_fields(std::string_view blob) {
  std::vector<std::string_view> fields;
  while (!blob.empty()) {
    if (blob.size() < 4) return {};
    std::size_t length = 0;
    for (const char c : blob.substr(0, 4)) length = length << 8 | static_cast<unsigned char>(c);
    if (blob.size() - 4 < length) return {};
    fields.push_back(blob.substr(4, length));
    blob.remove_prefix(4 + length);
  }
  return fields;
}

bool is_ssh_key(std::string_view type, std::string_view recipient) {
  const std::string_view rest = recipient.substr(type.size() + 1);
  const std::optional<std::string> blob = decode_base64(rest.substr(0, rest.find(' ')));
  if (!blob) return false;
  const std::vector<std::string_view> fields = ssh_fields(*blob);
  if (fields.empty() || fields[0] != type) return false;
  if (type == "ssh-ed25519") return fields.size() == 2 && fields[1].size() == kEd25519Bytes;
  return fields.size() == 3 && fields[2].size() > kLeastRsaBytes;  // the modulus, with a zero before it
}

}  // namespace

std::optional<RecipientMistake> recipient_mistake(std::string_view recipient) {
  if (recipient.starts_with("age1")) return age_mistake(recipient);
  for (const std::string_view type : {std::string_view("ssh-ed25519"), std::string_view("ssh-rsa")}) {
    if (!recipient.starts_with(std::string(type) + " ")) continue;
    if (is_ssh_key(type, recipient)) return std::nullopt;
    return RecipientMistake{"this is not a whole " + std::string(type) + " public key of sufficient length",
                            "copy the line of the .pub file again"};
  }
  if (recipient.find("SECRET-KEY") != std::string_view::npos ||
      recipient.find("PRIVATE KEY") != std::string_view::npos) {
    return RecipientMistake{"this is a private key",
                            "take it out of the order and treat it as disclosed; write the public key, age1…"};
  }
  return RecipientMistake{"this is not an age recipient", "write a public key: age1…, ssh-ed25519 … or ssh-rsa …"};
}

}  // namespace ambit
