#include "pipeline/patience.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "pipeline/limits.h"

namespace ambit {
namespace {

// File systems on disks and in memory. <linux/magic.h> does not know all.
constexpr std::array<std::uint32_t, 21> kLocal = {EXT4_SUPER_MAGIC,
                                                  XFS_SUPER_MAGIC,
                                                  BTRFS_SUPER_MAGIC,
                                                  TMPFS_MAGIC,
                                                  RAMFS_MAGIC,
                                                  F2FS_SUPER_MAGIC,
                                                  MSDOS_SUPER_MAGIC,
                                                  ISOFS_SUPER_MAGIC,
                                                  UDF_SUPER_MAGIC,
                                                  SQUASHFS_MAGIC,
                                                  EROFS_SUPER_MAGIC_V1,
                                                  OVERLAYFS_SUPER_MAGIC,
                                                  NILFS_SUPER_MAGIC,
                                                  REISERFS_SUPER_MAGIC,
                                                  HUGETLBFS_MAGIC,
                                                  DEVMEM_MAGIC,
                                                  0x2011bab0 /* exFAT */,
                                                  0x7366746e /* NTFS, of the kernel */,
                                                  0x482b /* HFS+ */,
                                                  0x3153464a /* JFS */,
                                                  0x2fc12fc1 /* ZFS */};

// A read is made in such pieces, so that a slow one shows that it moves.
constexpr std::size_t kPiece = 128 * limits::KiB;

Error timed_out() {
  return {ErrorKind::timeout, "the file system does not answer", "", "see whether the server behind it is there"};
}
Error refused(int code) {
  return {ErrorKind::io, std::strerror(code), "",
          code == EIO ? "the device reports a read error; image it first with a tool that skips bad sectors" : ""};
}

// What pread() gives, again where a signal came between.
ssize_t read_once(int fd, std::uint64_t offset, std::span<std::byte> into) {
  ssize_t got = -1;
  do { got = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset)); } while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace

Result<std::size_t> read_file(int fd, std::uint64_t offset, std::span<std::byte> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t got = read_once(fd, offset + done, into.subspan(done));
    if (got < 0 && done == 0) return refused(errno);
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

bool waits_for_others(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) == 0 && S_ISBLK(info.st_mode)) return false;
  struct statfs system {};
  if (::fstatfs(fd, &system) != 0) return true;
  const auto magic = static_cast<std::uint32_t>(system.f_type);
  return std::find(kLocal.begin(), kLocal.end(), magic) == kLocal.end();
}

// One thread that makes calls, and what the last call left.
struct Patience::Caller {
  enum class Is : std::uint8_t { idle, working, done, left_behind };
  Is is = Is::idle;
  std::function<void()> call;
  std::condition_variable wake, ended;
  // Of a read:
  std::unique_ptr<std::byte[]> room;
  std::size_t room_bytes = 0;
  std::atomic<std::size_t> there{0};  // bytes
  int error = 0;
  // … that was left behind: what was asked for last and has not come.
  std::shared_ptr<const FileDescriptor> file;
  std::uint64_t begin = 0, end = 0;
};

struct Patience::Pool {
  std::mutex mutex;
  std::vector<std::shared_ptr<Caller>> idle;
  std::vector<std::shared_ptr<Caller>> left_behind;
  bool is_closed = false;
  std::vector<std::shared_ptr<const void>> kept;  // that nobody was left to close

  // A caller that is free, or a new one; null where too many are left behind, or the system has no thread to give.
  static std::shared_ptr<Caller> take(const std::shared_ptr<Pool>& pool);
  static void serve(const std::shared_ptr<Pool>& pool, const std::shared_ptr<Caller>& caller);
  // So many of `bytes` at `offset` that nobody waits for already.
  [[nodiscard]] std::size_t not_asked_for(const FileDescriptor* file, std::uint64_t offset, std::size_t bytes) const;
  // Waits for the call, as long as something moves. With the mutex held; true: it has come back.
  bool wait(Caller& caller, std::unique_lock<std::mutex>& lock, std::chrono::milliseconds limit);
};

std::shared_ptr<Patience::Caller> Patience::Pool::take(const std::shared_ptr<Pool>& pool) {
  if (pool->left_behind.size() >= limits::kMaxCallsLeftBehind) return nullptr;
  if (!pool->idle.empty()) {
    std::shared_ptr<Caller> caller = std::move(pool->idle.back());
    pool->idle.pop_back();
    return caller;
  }
  auto caller = std::make_shared<Caller>();
  try {
    std::thread([pool, caller] { serve(pool, caller); }).detach();
  } catch (const std::system_error&) { return nullptr; }
  return caller;
}

void Patience::Pool::serve(const std::shared_ptr<Pool>& pool, const std::shared_ptr<Caller>& caller) {
  std::unique_lock lock(pool->mutex);
  for (;;) {
    caller->wake.wait(lock, [&] { return caller->is == Caller::Is::working || pool->is_closed; });
    if (caller->is != Caller::Is::working) return;
    std::function<void()> call = std::exchange(caller->call, nullptr);
    lock.unlock();
    call();
    call = nullptr;  // what it owned is closed here, not by whoever waits
    lock.lock();
    if (caller->is == Caller::Is::left_behind) {
      std::erase(pool->left_behind, caller);
      caller->file.reset();
      caller->is = Caller::Is::idle;
      pool->idle.push_back(caller);
    } else {
      caller->is = Caller::Is::done;
      caller->ended.notify_one();
    }
  }
}

std::size_t Patience::Pool::not_asked_for(const FileDescriptor* file, std::uint64_t offset, std::size_t bytes) const {
  for (const std::shared_ptr<Caller>& caller : left_behind) {
    if (caller->file.get() != file || offset >= caller->end || offset + bytes <= caller->begin) continue;
    bytes = caller->begin - std::min(caller->begin, offset);
  }
  return bytes;
}

bool Patience::Pool::wait(Caller& caller, std::unique_lock<std::mutex>& lock, std::chrono::milliseconds limit) {
  for (;;) {
    const std::size_t before = caller.there.load(std::memory_order_relaxed);
    if (caller.ended.wait_for(lock, limit, [&] { return caller.is == Caller::Is::done; })) return true;
    if (caller.there.load(std::memory_order_relaxed) == before) return false;
  }
}

Patience::Patience(std::chrono::milliseconds limit) : limit_(limit), pool_(std::make_shared<Pool>()) {}

Patience::~Patience() {
  const std::lock_guard lock(pool_->mutex);
  pool_->is_closed = true;
  for (const std::shared_ptr<Caller>& caller : pool_->idle) caller->wake.notify_one();
  pool_->idle.clear();
}

bool Patience::wait_for(std::function<void()> call) {
  std::unique_lock lock(pool_->mutex);
  const std::shared_ptr<Caller> caller = Pool::take(pool_);
  if (caller == nullptr) return false;
  caller->there.store(0, std::memory_order_relaxed);
  caller->call = std::move(call);
  caller->is = Caller::Is::working;
  caller->wake.notify_one();
  if (!pool_->wait(*caller, lock, limit_)) {
    caller->is = Caller::Is::left_behind;
    pool_->left_behind.push_back(caller);
    return false;
  }
  caller->is = Caller::Is::idle;
  pool_->idle.push_back(caller);
  return true;
}

Result<std::size_t> Patience::read(std::shared_ptr<const FileDescriptor> file, std::uint64_t offset,
                                   std::span<std::byte> into) {
  std::unique_lock lock(pool_->mutex);
  const std::size_t bytes = pool_->not_asked_for(file.get(), offset, into.size());
  if (bytes == 0 && !into.empty()) return timed_out();
  into = into.first(bytes);
  const std::shared_ptr<Caller> caller = Pool::take(pool_);
  if (caller == nullptr) return timed_out();
  if (caller->room_bytes < into.size()) {
    caller->room.reset(new std::byte[into.size()]);  // not filled with zeros
    caller->room_bytes = into.size();
  }
  caller->there.store(0, std::memory_order_relaxed);
  caller->error = 0;
  caller->call = [&reader = *caller, file, offset, bytes] {
    std::size_t done = 0;
    while (done < bytes) {
      const ssize_t got =
          read_once(file->get(), offset + done, {reader.room.get() + done, std::min(kPiece, bytes - done)});
      if (got < 0) reader.error = errno;
      if (got <= 0) break;
      done += static_cast<std::size_t>(got);
      reader.there.store(done, std::memory_order_release);
    }
  };
  caller->is = Caller::Is::working;
  caller->wake.notify_one();
  const bool is_back = pool_->wait(*caller, lock, limit_);
  if (is_back) lock.unlock();  // nobody else has it
  const std::size_t there = caller->there.load(std::memory_order_acquire);
  std::memcpy(into.data(), caller->room.get(), there);
  const int error = is_back ? caller->error : 0;
  if (is_back) lock.lock();
  caller->is = is_back ? Caller::Is::idle : Caller::Is::left_behind;
  if (!is_back) {
    caller->file = std::move(file);
    caller->begin = offset + there;
    caller->end = caller->begin + std::min(kPiece, bytes - there);
  }
  (is_back ? pool_->idle : pool_->left_behind).push_back(caller);
  if (there > 0) return there;
  if (!is_back) return timed_out();
  return error != 0 ? Result<std::size_t>(refused(error)) : Result<std::size_t>(std::size_t{0});
}

void Patience::let_go(std::shared_ptr<const void> thing) {
  if (thing == nullptr || thing.use_count() > 1) return;
  auto held = std::make_shared<std::shared_ptr<const void>>(std::move(thing));
  {
    const std::lock_guard lock(pool_->mutex);
    if (pool_->left_behind.size() >= limits::kMaxCallsLeftBehind) return pool_->kept.push_back(std::move(*held));
  }
  static_cast<void>(wait_for([held] { held->reset(); }));
}

}  // namespace ambit
