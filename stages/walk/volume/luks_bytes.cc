// AES in the modes that disks are encrypted with. Every sector stands alone; its number is what it is tied to:
//
//   xts-plain64, cbc-plain64   the number as 64 bits, little-endian
//   xts-plain, cbc-plain       the same, only 32 bits
//   cbc-essiv:sha256           the number encrypted with the SHA-256 of the key
//
// Each read makes a context of its own, so that any number of workers may read: its price is below one per cent of the
// decryption of a chunk.
#include "stages/walk/volume/luks_bytes.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

#include "pipeline/limits.h"
#include "stages/walk/file_system.h"

namespace ambit::walk {
namespace {

enum class Tweak : std::uint8_t { plain, plain64, essiv };

struct Mode {
  std::string_view name;
  std::size_t key_bytes;
  const EVP_CIPHER* (*cipher)();
  Tweak tweak;
};
constexpr auto kModes = std::to_array<Mode>({
    {"aes-xts-plain64", 64, EVP_aes_256_xts, Tweak::plain64},
    {"aes-xts-plain64", 32, EVP_aes_128_xts, Tweak::plain64},
    {"aes-xts-plain", 64, EVP_aes_256_xts, Tweak::plain},
    {"aes-xts-plain", 32, EVP_aes_128_xts, Tweak::plain},
    {"aes-cbc-essiv:sha256", 32, EVP_aes_256_cbc, Tweak::essiv},
    {"aes-cbc-essiv:sha256", 24, EVP_aes_192_cbc, Tweak::essiv},
    {"aes-cbc-essiv:sha256", 16, EVP_aes_128_cbc, Tweak::essiv},
    {"aes-cbc-plain64", 32, EVP_aes_256_cbc, Tweak::plain64},
    {"aes-cbc-plain64", 16, EVP_aes_128_cbc, Tweak::plain64},
    {"aes-cbc-plain", 32, EVP_aes_256_cbc, Tweak::plain},
    {"aes-cbc-plain", 16, EVP_aes_128_cbc, Tweak::plain},
});

struct ContextFreer {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextFreer>;
using Iv = std::array<unsigned char, 16>;

const unsigned char* bytes_of(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Error refused() { return {ErrorKind::evidence, "a sector of an encrypted volume cannot be decrypted", "", ""}; }

class DecryptedSource final : public ByteSource {
 public:
  DecryptedSource(Bytes bytes, std::uint64_t begin, std::uint64_t length, const SectorCipher& how, const Mode& mode)
      : bytes_(std::move(bytes)), begin_(begin), length_(length), how_(how), mode_(mode) {
    if (mode_.tweak != Tweak::essiv) return;
    salt_.resize(32);
    unsigned int written = 0;
    salted_ = EVP_Digest(how_.key.data(), how_.key.size(), reinterpret_cast<unsigned char*>(salt_.data()), &written,
                         EVP_sha256(), nullptr) == 1;
  }
  ~DecryptedSource() override {
    OPENSSL_cleanse(how_.key.data(), how_.key.size());
    OPENSSL_cleanse(salt_.data(), salt_.size());
  }

  std::uint64_t size() const override { return length_; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= length_) return std::size_t{0};
    into = into.first(std::min<std::uint64_t>(into.size(), length_ - offset));
    std::vector<std::byte> sectors;
    for (std::size_t done = 0; done < into.size();) {
      const std::uint64_t at = offset + done;
      const std::uint64_t first = at / how_.sector * how_.sector;
      const std::uint64_t wanted = std::min<std::uint64_t>(into.size() - done, limits::kChunkBytes) + (at - first);
      sectors.resize((wanted + how_.sector - 1) / how_.sector * how_.sector);
      const Result<> read = read_fully(*bytes_, begin_ + first, sectors);
      if (!read.ok()) return read.error();
      if (!decrypt(first, sectors)) return refused();
      const std::size_t count = wanted - (at - first);
      std::memcpy(into.data() + done, sectors.data() + (at - first), count);
      done += count;
    }
    return into.size();
  }

  void will_need(std::uint64_t offset, std::uint64_t length) const override {
    if (offset < length_) bytes_->will_need(begin_ + offset, std::min(length, length_ - offset));
  }

 private:
  // `sectors` begin at byte `first` of the device.
  bool decrypt(std::uint64_t first, std::span<std::byte> sectors) const {
    const Context data(EVP_CIPHER_CTX_new());
    if (!data || EVP_DecryptInit_ex(data.get(), mode_.cipher(), nullptr, bytes_of(how_.key), nullptr) != 1)
      return false;
    EVP_CIPHER_CTX_set_padding(data.get(), 0);
    Context tweak;
    if (mode_.tweak == Tweak::essiv) {
      tweak.reset(EVP_CIPHER_CTX_new());
      if (!salted_ || !tweak ||
          EVP_EncryptInit_ex(tweak.get(), EVP_aes_256_ecb(), nullptr, bytes_of(salt_), nullptr) != 1) {
        return false;
      }
    }
    for (std::size_t at = 0; at < sectors.size(); at += how_.sector) {
      Iv iv = number_of((first + at) / 512 + how_.iv_offset);
      int written = 0;
      if (tweak && EVP_EncryptUpdate(tweak.get(), iv.data(), &written, iv.data(), iv.size()) != 1) return false;
      auto* const sector = reinterpret_cast<unsigned char*>(sectors.data() + at);
      if (EVP_DecryptInit_ex(data.get(), nullptr, nullptr, nullptr, iv.data()) != 1 ||
          EVP_DecryptUpdate(data.get(), sector, &written, sector, static_cast<int>(how_.sector)) != 1) {
        return false;
      }
    }
    return true;
  }

  Iv number_of(std::uint64_t sector) const {
    if (mode_.tweak == Tweak::plain) sector &= 0xFFFFFFFF;
    Iv iv{};
    for (std::size_t i = 0; i < 8; ++i) iv[i] = static_cast<unsigned char>(sector >> (8 * i));
    return iv;
  }

  Bytes bytes_;  // shared with whatever else lies there
  std::uint64_t begin_, length_;
  SectorCipher how_;
  const Mode& mode_;  // of kModes
  std::string salt_;
  bool salted_ = false;
};

}  // namespace

Bytes decrypted(Bytes bytes, std::uint64_t offset, std::uint64_t length, const SectorCipher& how) {
  const auto mode = std::find_if(kModes.begin(), kModes.end(), [&](const Mode& known) {
    return known.name == how.name && known.key_bytes == how.key.size();
  });
  if (mode == kModes.end() || how.sector < 512 || length % how.sector != 0) return nullptr;
  return std::make_shared<DecryptedSource>(std::move(bytes), offset, length, how, *mode);
}

}  // namespace ambit::walk
