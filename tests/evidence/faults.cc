// A library that is loaded before all others (LD_PRELOAD) and makes calls to the system fail, as AMBIT_FAULT says:
//
//   AMBIT_FAULT    CALL:FIRST:LAST   the calls with these numbers fail, counted from 1; CALL is one of
//                    open     EMFILE, of whatever is opened to be read
//                    read     EIO, of files below AMBIT_FAULT_PATH
//                    write    ENOSPC, of files below AMBIT_FAULT_PATH
//                    memory   no memory, for kLargeBytes or more
//   AMBIT_FAULT_COUNT   a file that gets the number of such calls at the end
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

// Less is found even where memory ends: an allocator has some left.
[[maybe_unused]] constexpr std::size_t kLargeBytes = 2'048;

enum class Call { none, open, read, write, memory };

struct Plan {
  Call call = Call::none;
  unsigned long first = 0, last = 0;
  const char* path = nullptr;
  const char* report = nullptr;
};
Plan plan;
std::atomic<unsigned long> calls{0};
std::atomic<bool> is_ready{false};

bool fails(Call call) {
  if (!is_ready.load(std::memory_order_acquire) || plan.call != call) return false;
  const unsigned long number = calls.fetch_add(1) + 1;
  return number >= plan.first && number <= plan.last;
}

bool is_below_path(int fd) {
  if (plan.path == nullptr) return false;
  char name[64], target[4096];
  std::snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  const ssize_t length = ::readlink(name, target, sizeof target);
  const std::size_t wanted = std::strlen(plan.path);
  return length > 0 && static_cast<std::size_t>(length) >= wanted && std::memcmp(target, plan.path, wanted) == 0;
}

template <class F>
F next(const char* name) {
  return reinterpret_cast<F>(::dlsym(RTLD_NEXT, name));
}

int refuse(int error) {
  errno = error;
  return -1;
}

__attribute__((constructor)) void begin() {
  const char* const text = std::getenv("AMBIT_FAULT");
  if (text == nullptr) return;
  char call[16];
  if (std::sscanf(text, "%15[a-z]:%lu:%lu", call, &plan.first, &plan.last) != 3) return;
  const char* const names[] = {"", "open", "read", "write", "memory"};
  for (int i = 1; i < 5; ++i) {
    if (std::strcmp(call, names[i]) == 0) plan.call = static_cast<Call>(i);
  }
  plan.path = std::getenv("AMBIT_FAULT_PATH");
  plan.report = std::getenv("AMBIT_FAULT_COUNT");
  is_ready.store(true, std::memory_order_release);
}

__attribute__((destructor)) void end() {
  is_ready.store(false);
  if (plan.report == nullptr) return;
  if (std::FILE* const out = std::fopen(plan.report, "w")) {
    std::fprintf(out, "%lu\n", calls.load());
    std::fclose(out);
  }
}

unsigned mode_of(int flags, va_list more) { return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, unsigned) : 0; }
bool is_refused(int flags) { return (flags & O_ACCMODE) == O_RDONLY && fails(Call::open); }

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const unsigned mode = mode_of(flags, more);
  va_end(more);
  if (is_refused(flags)) return refuse(EMFILE);
  static const auto real = next<int (*)(const char*, int, ...)>("open");
  return real(path, flags, mode);
}
int open64(const char* path, int flags, ...) __attribute__((alias("open")));  // the same, where addresses have 64 bits
int openat(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const unsigned mode = mode_of(flags, more);
  va_end(more);
  if (is_refused(flags)) return refuse(EMFILE);
  static const auto real = next<int (*)(int, const char*, int, ...)>("openat");
  return real(folder, path, flags, mode);
}

ssize_t pread(int fd, void* into, size_t bytes, off_t offset) {
  if (plan.call == Call::read && is_below_path(fd) && fails(Call::read)) return refuse(EIO);
  static const auto real = next<ssize_t (*)(int, void*, size_t, off_t)>("pread");
  return real(fd, into, bytes, offset);
}
ssize_t write(int fd, const void* from, size_t bytes) {
  if (plan.call == Call::write && is_below_path(fd) && fails(Call::write)) return refuse(ENOSPC);
  static const auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  return real(fd, from, bytes);
}
ssize_t pwrite(int fd, const void* from, size_t bytes, off_t offset) {
  if (plan.call == Call::write && is_below_path(fd) && fails(Call::write)) return refuse(ENOSPC);
  static const auto real = next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return real(fd, from, bytes, offset);
}
ssize_t pwrite64(int fd, const void* from, size_t bytes, off64_t offset) __attribute__((alias("pwrite")));

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t count, size_t bytes);
void* __libc_realloc(void* old, size_t bytes);
void* __libc_memalign(size_t alignment, size_t bytes);

void* malloc(size_t bytes) {
  if (bytes >= kLargeBytes && fails(Call::memory)) return errno = ENOMEM, nullptr;
  return __libc_malloc(bytes);
}
void* calloc(size_t count, size_t bytes) {
  if (count * bytes >= kLargeBytes && fails(Call::memory)) return errno = ENOMEM, nullptr;
  return __libc_calloc(count, bytes);
}
void* realloc(void* old, size_t bytes) {
  if (bytes >= kLargeBytes && fails(Call::memory)) return errno = ENOMEM, nullptr;
  return __libc_realloc(old, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) {
  if (bytes >= kLargeBytes && fails(Call::memory)) return errno = ENOMEM, nullptr;
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** out, size_t alignment, size_t bytes) {
  if (bytes >= kLargeBytes && fails(Call::memory)) return ENOMEM;
  *out = __libc_memalign(alignment, bytes);
  return *out == nullptr ? ENOMEM : 0;
}
#endif
}
