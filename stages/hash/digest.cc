#include "stages/hash/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <new>

#include "pipeline/sha256.h"

namespace ambit {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Context make_context() {
  Context context(EVP_MD_CTX_new());
  if (context == nullptr) throw std::bad_alloc();
  return context;
}

// OpenSSL fails here only when it is out of memory or built without the algorithm: neither depends on evidence.
void require(int status) {
  if (status != 1) throw std::bad_alloc();
}

}  // namespace

struct Digest::State::Impl {
  struct Engine {
    const EVP_MD* algorithm;
    Context context = make_context();
    bool wanted = false;
  };
  std::array<Engine, 3> engines{{{EVP_md5()}, {EVP_sha1()}, {EVP_sha256()}}};

  void update(const void* bytes, std::size_t count) {
    for (Engine& engine : engines) {
      if (engine.wanted) require(EVP_DigestUpdate(engine.context.get(), bytes, count));
    }
  }
  template <std::size_t N>
  void take(Engine& engine, std::optional<std::array<std::uint8_t, N>>& out) {
    if (!engine.wanted) return;
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    require(EVP_DigestFinal_ex(engine.context.get(), bytes.data(), &size));
    assert(size == N);
    out.emplace();
    std::copy_n(bytes.begin(), N, out->begin());
  }
};

Digest::State::State() : impl_(std::make_unique<Impl>()) {}
Digest::State::~State() = default;
Digest::State::State(State&&) noexcept = default;
Digest::State& Digest::State::operator=(State&&) noexcept = default;

void Digest::State::want(DigestSet set) {
  impl_->engines[0].wanted = set.md5;
  impl_->engines[1].wanted = set.sha1;
  impl_->engines[2].wanted = set.sha256;
}

void Digest::begin(State& state, const Head& head) const {
  for (auto& engine : state.impl_->engines) {
    if (!engine.wanted) continue;
    assert(head.whole());
    require(EVP_DigestInit_ex(engine.context.get(), engine.algorithm, nullptr));
  }
  (void)head;
}

void Digest::look(State& state, const Chunk& chunk) const {
  static constexpr std::array<std::byte, 64 * 1024> kZeros{};
  for (std::uint64_t left = chunk.zeros_before(); left > 0;) {
    const std::size_t count = std::min<std::uint64_t>(left, kZeros.size());
    state.impl_->update(kZeros.data(), count);
    left -= count;
  }
  state.impl_->update(chunk.body().data(), chunk.body().size());
}

void Digest::finish(State& state, Facts& facts) const {
  auto& engines = state.impl_->engines;
  state.impl_->take(engines[0], facts.digests.md5);
  state.impl_->take(engines[1], facts.digests.sha1);
  state.impl_->take(engines[2], facts.digests.sha256);
}

std::array<std::uint8_t, 32> sha256(std::span<const std::byte> bytes) {
  return Sha256().add({reinterpret_cast<const char*>(bytes.data()), bytes.size()}).finish();
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out;
}

}  // namespace ambit
