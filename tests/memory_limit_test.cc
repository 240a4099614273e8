// What the system grants: from control groups of both versions, as their files say it.
#include "pipeline/memory_limit.h"

#include <gtest/gtest.h>

#include "tests/evidence.h"

namespace ambit::memory_limit_test {
namespace {

using test::Case;

struct Machine {
  Machine() { test::write_file(root() + "/proc/meminfo", "MemTotal:       8000000 kB\nMemFree:  12 kB\n"); }
  [[nodiscard]] std::string root() const { return folder.path().string(); }
  void file(const std::string& name, const std::string& text) const { test::write_file(root() + name, text); }
  test::TemporaryFolder folder;
};

TEST(GrantedMemory, is_that_of_the_machine_where_nothing_else_is_said) {
  const Machine machine;
  EXPECT_EQ(granted_memory(machine.root()), std::uint64_t{8'000'000} * 1024);
}

TEST(GrantedMemory, is_the_least_of_the_groups_around_the_process) {
  const Machine machine;
  machine.file("/proc/self/cgroup", "0::/system.slice/run.scope\n");
  machine.file("/sys/fs/cgroup/system.slice/run.scope/memory.max", "max\n");
  machine.file("/sys/fs/cgroup/system.slice/memory.max", "300000000\n");
  EXPECT_EQ(granted_memory(machine.root()), 300'000'000U);
  machine.file("/sys/fs/cgroup/system.slice/run.scope/memory.max", "200000000\n");
  EXPECT_EQ(granted_memory(machine.root()), 200'000'000U);
}

TEST(GrantedMemory, knows_groups_of_version_1) {
  const Machine machine;
  machine.file("/proc/self/cgroup", "7:cpu,cpuacct:/a\n5:hugetlb,memory:/docker/77\n1:name=systemd:/x\nnonsense\n");
  machine.file("/sys/fs/cgroup/memory/docker/77/memory.limit_in_bytes", "100000000\n");
  EXPECT_EQ(granted_memory(machine.root()), 100'000'000U);
}

TEST(GrantedMemory, a_group_that_is_not_to_be_seen_from_here_says_nothing) {
  const Machine machine;
  machine.file("/proc/self/cgroup", "0::/../elsewhere\n");
  EXPECT_EQ(granted_memory(machine.root()), std::uint64_t{8'000'000} * 1024);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they want terabytes of addresses
TEST(GrantedMemory, a_run_says_before_it_begins_that_it_may_be_killed) {
  Case c;
  c.order(test::kPayoutOrder);
  test::write_file(c.folder / "server/a", "acme-payout-7731\n");
  // The limit is age's as well, whose runtime wants some 700 MiB of addresses.
  const auto run = [&](const char* name, const char* kibibytes) {
    return test::run({"/bin/sh", "-c", std::string("ulimit -v ") + kibibytes + "; exec \"$@\"", "sh", test::program(),
                      "triage", "--order", c.order_file(), "--out", c.folder / name, "--threads", "1", "--memory",
                      "1400M", c.folder / "server"});
  };
  const auto some = run("some", "1200000");
  EXPECT_EQ(some.exit, 0) << some.err;
  EXPECT_NE(some.err.find("grants this process 1171 MiB"), std::string::npos) << some.err;
  const auto enough = run("enough", "1600000");
  EXPECT_EQ(enough.exit, 0) << enough.err;
  EXPECT_EQ(enough.err.find("grants this process"), std::string::npos) << enough.err;
}
#endif

}  // namespace
}  // namespace ambit::memory_limit_test
