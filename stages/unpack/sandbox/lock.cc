// Three locks: seccomp (which calls there are at all), Landlock (which files a converter may read), resource limits.
//
// A call that is not listed fails with EPERM. What would be worth a list of its own (arguments that are paths) seccomp
// cannot see; that is why a decoder has no call left that takes a path, and why Landlock stands behind a converter.
#include "stages/unpack/sandbox/lock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <memory>

#include "pipeline/file_descriptor.h"
#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"

namespace ambit::unpack {
namespace {

constexpr std::initializer_list<int> kOwnMemoryAndTime = {
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(exit),
    SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sigaltstack), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getrandom),
    SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq), SCMP_SYS(membarrier), SCMP_SYS(getrlimit), SCMP_SYS(restart_syscall),
    // To itself; a sanitizer asks through one whether memory can be read.
    SCMP_SYS(pipe), SCMP_SYS(pipe2)};
constexpr std::initializer_list<int> kOpenFiles = {
    SCMP_SYS(read),  SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),  SCMP_SYS(lseek),   SCMP_SYS(fstat),
    SCMP_SYS(close), SCMP_SYS(poll),  SCMP_SYS(ppoll), SCMP_SYS(pread64), SCMP_SYS(pwrite64)};
constexpr std::initializer_list<int> kTheSocket = {SCMP_SYS(recvmsg), SCMP_SYS(sendmsg)};
// To be executed and to load libraries. Nothing here makes, changes or removes a file.
constexpr std::initializer_list<int> kLoading = {
    SCMP_SYS(execve),     SCMP_SYS(access), SCMP_SYS(faccessat),  SCMP_SYS(faccessat2),      SCMP_SYS(newfstatat),
    SCMP_SYS(statx),      SCMP_SYS(stat),   SCMP_SYS(lstat),      SCMP_SYS(readlink),        SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(arch_prctl), SCMP_SYS(set_tid_address), SCMP_SYS(fcntl),
    SCMP_SYS(dup),        SCMP_SYS(dup2),   SCMP_SYS(getuid),     SCMP_SYS(geteuid),         SCMP_SYS(getgid),
    SCMP_SYS(getegid),    SCMP_SYS(mmap),   SCMP_SYS(mprotect),   SCMP_SYS(fadvise64)};

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

bool allow(const Filter& filter, std::initializer_list<int> calls) {
  for (const int call : calls) {
    if (seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0) != 0) return false;
  }
  return true;
}

// Conditions on the argument of this number: that it is this value; that it has none of these bits.
scmp_arg_cmp is(unsigned argument, scmp_datum_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp has_none(unsigned argument, scmp_datum_t bits) { return {argument, SCMP_CMP_MASKED_EQ, bits, 0}; }

bool allow_if(const Filter& filter, int call, scmp_arg_cmp condition) {
  return seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, 1, &condition) == 0;
}

// Nobody may be sent a signal: abort(), which sends one to itself, then ends with an instruction that nobody may
// execute.
Filter new_filter() {
  Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (filter == nullptr || !allow(filter, kOwnMemoryAndTime) || !allow(filter, kOpenFiles) ||
      !allow_if(filter, SCMP_SYS(prlimit64), is(2, 0))) {
    return {};
  }
  return filter;
}

std::vector<sock_filter> compiled(const Filter& filter) {
  const FileDescriptor file(memfd_create("filter", MFD_CLOEXEC));
  if (!file.valid() || seccomp_export_bpf(filter.get(), file.get()) != 0) return {};
  const off_t bytes = lseek(file.get(), 0, SEEK_END);
  std::vector<sock_filter> out(static_cast<std::size_t>(std::max<off_t>(bytes, 0)) / sizeof(sock_filter));
  return pread(file.get(), out.data(), out.size() * sizeof(sock_filter), 0) == bytes ? out : std::vector<sock_filter>();
}

std::vector<sock_filter> decoder_calls() {
  const Filter filter = new_filter();
  const bool whole = filter != nullptr && allow(filter, kTheSocket) &&
                     allow_if(filter, SCMP_SYS(mmap), has_none(2, PROT_EXEC)) &&
                     allow_if(filter, SCMP_SYS(mprotect), has_none(2, PROT_EXEC));
  return whole ? compiled(filter) : std::vector<sock_filter>();
}

std::vector<sock_filter> converter_calls() {
  constexpr scmp_datum_t kWrites = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
  const Filter filter = new_filter();
  const bool whole = filter != nullptr && allow(filter, kLoading) &&
                     allow_if(filter, SCMP_SYS(openat), has_none(2, kWrites)) &&
                     allow_if(filter, SCMP_SYS(open), has_none(1, kWrites));
  return whole ? compiled(filter) : std::vector<sock_filter>();
}

bool limit_calls(const std::vector<sock_filter>& calls) {
  const sock_fprog program{static_cast<unsigned short>(calls.size()), const_cast<sock_filter*>(calls.data())};
  return !calls.empty() && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool limit(__rlimit_resource what, std::uint64_t most) {
  const rlimit bound{most, most};
  return setrlimit(what, &bound) == 0;
}

// Bytes of memory that the process can write to and shares with nobody, as RLIMIT_DATA counts them.
std::uint64_t data_bytes() {
  std::uint64_t pages[6] = {};
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "re"), std::fclose);
  if (file == nullptr) return 0;
  for (std::uint64_t& count : pages) {
    unsigned long value = 0;
    if (std::fscanf(file.get(), "%lu", &value) != 1) return 0;
    count = value;
  }
  return pages[5] * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

bool limit_resources(std::uint64_t bytes, std::uint64_t seconds) {
  // Under a sanitizer a process begins with terabytes, and no limit on them means anything.
  constexpr std::uint64_t kMoreThanAnybodyHas = 64 * limits::GiB;
  const std::uint64_t now = data_bytes();
  if (now < kMoreThanAnybodyHas && !limit(RLIMIT_DATA, now + bytes)) return false;
  // At the soft limit SIGXCPU, at the hard one SIGKILL: the first tells the two apart from a crash.
  const rlimit cpu{seconds, seconds + 1};
  return setrlimit(RLIMIT_CPU, &cpu) == 0 && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_CORE, 0) &&
         limit(RLIMIT_MEMLOCK, 0);
}

// Files below these may be read and executed, no other opened. A kernel without Landlock leaves it to seccomp.
bool limit_files(std::initializer_list<const char*> places) {
  const landlock_ruleset_attr all{.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
  const auto rules = static_cast<int>(syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0));
  if (rules < 0) return errno == ENOSYS || errno == EOPNOTSUPP;
  for (const char* place : places) {
    const int fd = open(place, O_PATH | O_CLOEXEC);
    if (fd < 0) continue;
    struct stat found {};
    const bool is_folder = fstat(fd, &found) == 0 && S_ISDIR(found.st_mode);
    const std::uint64_t inside = is_folder ? LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_DIR : 0;
    const landlock_path_beneath_attr beneath{.allowed_access = inside | LANDLOCK_ACCESS_FS_READ_FILE, .parent_fd = fd};
    const bool added = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
    close(fd);
    if (!added) return false;
  }
  const bool locked = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
  close(rules);
  return locked;
}

bool no_new_privileges() { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0; }

}  // namespace

Locks::Locks() : decoder_(decoder_calls()), converter_(converter_calls()) {}

bool Locks::lock_decoder() const {
  return no_new_privileges() && limit_resources(limits::kDecoderBytes, limits::kMaxDecoderSeconds) &&
         limit_calls(decoder_);
}

bool Locks::lock_converter() const {
  // What a program is loaded from, and what its libraries read.
  return no_new_privileges() && limit_resources(limits::kConverterBytes, limits::kMaxConverterSeconds) &&
         limit_files(
             {"/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/fonts", "/etc/xpdf", "/etc/locale.alias"}) &&
         limit_calls(converter_);
}

}  // namespace ambit::unpack
