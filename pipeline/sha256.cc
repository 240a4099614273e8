#include "pipeline/sha256.h"

// OpenSSL 3 would have everything go through EVP, which allocates and looks algorithms up for each digest: more than a
// short digest costs. What it deprecates is still its own code, and a state that may be copied is what HMAC needs.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <new>

namespace ambit {
namespace {

static_assert(sizeof(SHA256_CTX) <= 128 && alignof(SHA256_CTX) <= 16);

template <std::size_t N>
SHA256_CTX* context(std::array<std::byte, N>& state) {
  return std::launder(reinterpret_cast<SHA256_CTX*>(state.data()));
}

std::string_view as_text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

// None of these fails: SHA256_Init and its like return 1, whatever they are given.
Sha256::Sha256() { SHA256_Init(new (state_.data()) SHA256_CTX); }

Sha256& Sha256::add(std::string_view bytes) {
  SHA256_Update(context(state_), bytes.data(), bytes.size());
  return *this;
}

Bytes32 Sha256::finish() {
  Bytes32 out;
  SHA256_Final(out.data(), context(state_));
  return out;
}

void Sha256::wipe() { OPENSSL_cleanse(state_.data(), state_.size()); }

Hmac::Hmac(const Bytes32& key) {
  constexpr std::size_t kBlock = 64;
  std::array<std::uint8_t, kBlock> pad;
  const auto begin = [&](Sha256& half, std::uint8_t with) {
    pad.fill(with);
    for (std::size_t i = 0; i < key.size(); ++i) pad[i] = static_cast<std::uint8_t>(key[i] ^ with);
    half.add(as_text(pad.data(), pad.size()));
  };
  begin(inner_, 0x36);
  begin(outer_, 0x5c);
  OPENSSL_cleanse(pad.data(), pad.size());
}

Hmac::~Hmac() {
  inner_.wipe();
  outer_.wipe();
}

Bytes32 Hmac::of(std::initializer_list<std::string_view> parts) const {
  Sha256 inner = inner_, outer = outer_;
  for (const std::string_view part : parts) inner.add(part);
  const Bytes32 digest = inner.finish();
  const Bytes32 out = outer.add(as_text(digest.data(), digest.size())).finish();
  inner.wipe();
  outer.wipe();
  return out;
}

}  // namespace ambit
