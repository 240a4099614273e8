// The case key and what is derived from it; the digests that everything written is sealed with.
//
// One secret of 32 bytes per case. From it come, each under its own label, the nonces of the commitments, the
// pseudonyms of third parties' names, the secret of the deduplication and the Ed25519 key that signs the
// checkpoint. So who re-runs the same evidence with the same order and the same key gets the same bytes, and who
// lacks the key cannot tell what an excluded object was by guessing its content.
//
// The key file is one line of text:  AMBIT-CASE-KEY-1 <64 hex digits> <8 hex digits of checksum>
// Checksum: the first four bytes of SHA-256("AMBIT-CASE-KEY-1" || key). The file's mode must be 0600 or 0400.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/result.h"
#include "pipeline/sha256.h"

namespace ambit::record {

using ambit::Bytes32;  // a SHA-256, an HMAC, a key, an Ed25519 public key
using Signature = std::array<std::uint8_t, 64>;

// Lower-case hexadecimal digits.
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);
// Fills `out` from exactly twice as many hexadecimal digits; false where `text` is anything else.
[[nodiscard]] bool from_hex(std::string_view text, std::span<std::uint8_t> out);
[[nodiscard]] inline std::string_view as_text(const Bytes32& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] Bytes32 sha256(std::string_view bytes);

// SHA-256 and size of a file. Error: io, naming the file.
struct FileDigest {
  Bytes32 sha256{};
  std::uint64_t bytes = 0;
};
[[nodiscard]] Result<FileDigest> digest_file(const std::string& path);

[[nodiscard]] bool verify_signature(std::string_view message, const Signature& signature, const Bytes32& public_key);

// Moves, but is never copied; the bytes are wiped when it dies.
class CaseKey {
 public:
  // A new random key in a new file of mode 0600. Error: key, when the file exists; io, space.
  [[nodiscard]] static Result<CaseKey> create(const std::string& path);
  // Error: key, when the file is not a key, is damaged, or may be read by others; each with its remedy.
  [[nodiscard]] static Result<CaseKey> load(const std::string& path);
  [[nodiscard]] static CaseKey from_bytes(const Bytes32& secret);

  // HMAC-SHA-256(key, label). The labels in use: "commitment", "checkpoint", "pseudonym/FIELD", "deduplication".
  [[nodiscard]] Bytes32 derive(std::string_view label) const;
  // The same text for the same bytes in the same field: "private-3f9a2b7c41d0".
  [[nodiscard]] std::string pseudonym(std::string_view field, std::string_view component) const;
  [[nodiscard]] Bytes32 public_key() const;  // Ed25519
  [[nodiscard]] Signature sign(std::string_view message) const;

 private:
  struct Wipe {
    void operator()(Bytes32* secret) const;
  };
  CaseKey() = default;
  std::unique_ptr<Bytes32, Wipe> secret_;
};

}  // namespace ambit::record
