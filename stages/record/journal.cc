#include "stages/record/journal.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace ambit::record {
namespace {

constexpr std::string_view kMagic = "AMBITJ1\n";
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kStart = kMagic.size() + kSaltBytes;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kHeadBytes = sizeof(std::uint32_t) + kNonceBytes;

unsigned char* raw(std::string& text, std::size_t at) { return reinterpret_cast<unsigned char*>(text.data()) + at; }
const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Error not_a_journal(const std::string& path) {
  return {ErrorKind::io, "is not the journal of a run", path, "remove the run directory and start the run again"};
}

}  // namespace

Journal::Journal(File file, std::string path, WaitForSpace wait)
    : file_(std::move(file)), path_(std::move(path)), wait_(std::move(wait)) {}
Journal::~Journal() { sodium_memzero(secret_.data(), secret_.size()); }

Result<> Journal::lock() {
  if (::flock(file_.fd(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return system_error("cannot lock the journal of the run", path_);
  return Error{ErrorKind::io, "another run is at work in this run directory", path_,
               "wait for it (ambit status shows it), or name another directory with --out"};
}

void Journal::derive(const CaseKey& key, std::string_view salt) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(salt.data()), salt.size());
  secret_ = key.derive("journal/" + to_hex(bytes));
}

Result<std::unique_ptr<Journal>> Journal::create(const std::string& path, const CaseKey& key, WaitForSpace wait) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return system_error("cannot make the journal of the run", path);
  std::unique_ptr<Journal> journal(new Journal(File(fd), path, std::move(wait)));
  if (Result<> locked = journal->lock(); !locked) return std::move(locked).error();
  std::string start(kStart, '\0');
  kMagic.copy(start.data(), kMagic.size());
  randombytes_buf(raw(start, kMagic.size()), kSaltBytes);
  journal->derive(key, std::string_view(start).substr(kMagic.size()));
  if (Result<> done = journal->put(start); !done) return std::move(done).error();
  return journal;
}

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, const CaseKey& key, WaitForSpace wait) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return system_error("cannot open the journal of the run", path);
  std::unique_ptr<Journal> journal(new Journal(File(fd), path, std::move(wait)));
  if (Result<> locked = journal->lock(); !locked) return std::move(locked).error();
  struct stat info {};
  if (::fstat(fd, &info) != 0) return system_error("cannot read the journal of the run", path);
  if (!S_ISREG(info.st_mode) || info.st_size < static_cast<off_t>(kStart)) return not_a_journal(path);
  std::string start(kStart, '\0');
  if (Result<> read = journal->file_.read_at(0, start.data(), start.size()); !read) return std::move(read).error();
  if (!start.starts_with(kMagic)) return not_a_journal(path);
  journal->derive(key, std::string_view(start).substr(kMagic.size()));
  journal->end_ = static_cast<std::uint64_t>(info.st_size);
  return journal;
}

// At the end of the file. A disk that is full is waited for, with whatever was written of the bytes already.
Result<> Journal::put(std::string_view bytes) {
  std::uint64_t at = end_;
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(file_.fd(), bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (put >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(put));
      at += static_cast<std::uint64_t>(put);
    } else if (errno != EINTR) {
      const Error error = system_error("cannot write the journal of the run", path_);
      if (error.kind != ErrorKind::space || !wait_ || !wait_()) return error;
    }
  }
  end_ = at;
  return {};
}

Result<> Journal::append(std::string_view block) {
  const auto size = static_cast<std::uint32_t>(block.size());
  const std::lock_guard lock(mutex_);
  sealed_.resize(kHeadBytes + block.size() + kTagBytes);
  std::memcpy(sealed_.data(), &size, sizeof size);
  randombytes_buf(raw(sealed_, sizeof size), kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw(sealed_, kHeadBytes), nullptr, raw(block), block.size(),
                                             reinterpret_cast<const unsigned char*>(&blocks_), sizeof blocks_, nullptr,
                                             raw(sealed_, sizeof size), secret_.data());
  Result<> done = put(sealed_);
  if (done) ++blocks_;
  return done;
}

Result<> Journal::sync() {
  while (::fdatasync(file_.fd()) != 0) {
    if (errno == EINTR) continue;
    const Error error = system_error("cannot sync the journal of the run", path_);
    const std::lock_guard lock(mutex_);  // who appends meanwhile would only wait as well
    if (error.kind != ErrorKind::space || !wait_ || !wait_()) return error;
  }
  return {};
}

Journal::Reader::Reader(const Journal& journal) : journal_(journal), at_(kStart) {}

Result<bool> Journal::Reader::next() {
  const std::uint64_t left = journal_.end_ - at_;
  if (left < kHeadBytes + kTagBytes) return false;
  std::array<char, kHeadBytes> head{};
  if (Result<> read = journal_.file_.read_at(at_, head.data(), head.size()); !read) return std::move(read).error();
  std::uint32_t size = 0;
  std::memcpy(&size, head.data(), sizeof size);
  if (size > left - kHeadBytes - kTagBytes) return false;
  sealed_.resize(size + kTagBytes);
  plain_.resize(size);
  Result<> read = journal_.file_.read_at(at_ + kHeadBytes, sealed_.data(), sealed_.size());
  if (!read) return std::move(read).error();
  const auto* nonce = reinterpret_cast<const unsigned char*>(head.data()) + sizeof size;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(raw(plain_, 0), nullptr, nullptr, raw(sealed_, 0), sealed_.size(),
                                                 reinterpret_cast<const unsigned char*>(&blocks_), sizeof blocks_,
                                                 nonce, journal_.secret_.data()) != 0) {
    plain_.clear();
    return false;
  }
  ++blocks_;
  at_ += kHeadBytes + sealed_.size();
  return true;
}

Result<> Journal::cut_behind(const Reader& reader) {
  const std::lock_guard lock(mutex_);
  end_ = reader.at_;
  blocks_ = reader.blocks_;
  if (::ftruncate(file_.fd(), static_cast<off_t>(end_)) != 0) {
    return system_error("cannot write the journal of the run", path_);
  }
  return {};
}

}  // namespace ambit::record
