#include "stages/record/seal.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "pipeline/file.h"

namespace ambit::record {
namespace {

constexpr std::string_view kKeyTag = "AMBIT-CASE-KEY-1";
constexpr std::size_t kChecksumBytes = 4;

const unsigned char* raw_bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

void ready() {
  static const bool once = sodium_init() >= 0;
  if (!once) std::abort();  // no source of random bytes: nothing here can be sealed
}

std::string checksum(const Bytes32& secret) {
  const Bytes32 digest = Sha256().add(kKeyTag).add(as_text(secret)).finish();
  return to_hex(std::span(digest).first(kChecksumBytes));
}

Error not_a_key(const std::string& path, const char* what) {
  return {ErrorKind::key, what, path, "restore the case key from the examiner's copy, or make one: ambit keygen"};
}

struct SigningKey {
  Bytes32 public_key{};
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
  explicit SigningKey(const CaseKey& key) {
    Bytes32 seed = key.derive("checkpoint");
    crypto_sign_seed_keypair(public_key.data(), secret.data(), seed.data());
    sodium_memzero(seed.data(), seed.size());
  }
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;
  ~SigningKey() { sodium_memzero(secret.data(), secret.size()); }
};

}  // namespace

std::string to_hex(std::span<const std::uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(2 * bytes.size(), '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out[2 * i] = kDigits[bytes[i] >> 4];
    out[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return out;
}

bool from_hex(std::string_view text, std::span<std::uint8_t> out) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  if (text.size() != 2 * out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

Bytes32 sha256(std::string_view bytes) { return Sha256().add(bytes).finish(); }

Result<FileDigest> digest_file(const std::string& path) {
  Result<File> file = File::open(path);
  if (!file) return std::move(file).error();
  FileDigest out;
  Sha256 hash;
  std::string block(1 << 18, '\0');
  while (true) {
    const ssize_t got = ::read(file->fd(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("cannot read", path);
    if (got == 0) break;
    hash.add(std::string_view(block).substr(0, static_cast<std::size_t>(got)));
    out.bytes += static_cast<std::uint64_t>(got);
  }
  out.sha256 = hash.finish();
  return out;
}

bool verify_signature(std::string_view message, const Signature& signature, const Bytes32& public_key) {
  return crypto_sign_verify_detached(signature.data(), raw_bytes(message), message.size(), public_key.data()) == 0;
}

void CaseKey::Wipe::operator()(Bytes32* secret) const {
  sodium_memzero(secret->data(), secret->size());
  delete secret;
}

CaseKey CaseKey::from_bytes(const Bytes32& secret) {
  ready();
  CaseKey key;
  key.secret_.reset(new Bytes32(secret));
  return key;
}

Result<CaseKey> CaseKey::create(const std::string& path) {
  ready();
  CaseKey key;
  key.secret_.reset(new Bytes32);
  randombytes_buf(key.secret_->data(), key.secret_->size());
  Result<File> file = File::create(path, 0600);
  if (!file && errno == EEXIST) {
    return Error{ErrorKind::key, "the case key exists already", path, "use it, or name another file"};
  }
  if (!file) return std::move(file).error();
  std::string line = std::string(kKeyTag) + " " + to_hex(*key.secret_) + " " + checksum(*key.secret_) + "\n";
  Result<> written = file->write(line);
  if (written) written = file->sync();
  sodium_memzero(line.data(), line.size());
  if (!written) {
    ::unlink(path.c_str());
    return std::move(written).error();
  }
  return key;
}

Result<CaseKey> CaseKey::load(const std::string& path) {
  Result<File> file = File::open(path);
  if (!file) return std::move(file).error();
  struct stat status {};
  if (::fstat(file->fd(), &status) != 0) return system_error("cannot look at the case key", path);
  if (!S_ISREG(status.st_mode)) return not_a_key(path, "the case key is not a file");
  if ((status.st_mode & 077) != 0) {
    return Error{ErrorKind::key, "others may read the case key", path, "chmod 600 " + path};
  }
  // One byte more than a key has, so that a longer file is seen to be one.
  std::array<char, kKeyTag.size() + 1 + 64 + 1 + 2 * kChecksumBytes + 2> buffer{};
  const ssize_t got = ::read(file->fd(), buffer.data(), buffer.size());
  if (got < 0) return system_error("cannot read the case key", path);
  std::string_view line(buffer.data(), static_cast<std::size_t>(got));
  if (line.ends_with('\n')) line.remove_suffix(1);
  Bytes32 secret{};
  const bool shaped = line.size() == buffer.size() - 2 && line.starts_with(kKeyTag) && line[kKeyTag.size()] == ' ' &&
                      from_hex(line.substr(kKeyTag.size() + 1, 64), secret);
  const bool sound = shaped && line.substr(kKeyTag.size() + 65) == " " + checksum(secret);
  CaseKey key = from_bytes(secret);
  sodium_memzero(buffer.data(), buffer.size());
  sodium_memzero(secret.data(), secret.size());
  if (!shaped) return not_a_key(path, "this file is not a case key");
  if (!sound) return not_a_key(path, "the case key is damaged: its checksum is wrong");
  return key;
}

Bytes32 CaseKey::derive(std::string_view label) const { return Hmac(*secret_).of({label}); }

std::string CaseKey::pseudonym(std::string_view field, std::string_view component) const {
  const Bytes32 tag = Hmac(derive("pseudonym/" + std::string(field))).of({component});
  return "private-" + to_hex(std::span(tag).first(6));
}

Bytes32 CaseKey::public_key() const { return SigningKey(*this).public_key; }

Signature CaseKey::sign(std::string_view message) const {
  const SigningKey key(*this);
  Signature out;
  crypto_sign_detached(out.data(), nullptr, raw_bytes(message), message.size(), key.secret.data());
  return out;
}

}  // namespace ambit::record
