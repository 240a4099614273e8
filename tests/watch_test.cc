// A run is watched from outside while it goes on: by another shell, by a service manager, by a collector of metrics,
// on a terminal.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/evidence.h"

namespace ambit::watch_test {
namespace {

using namespace std::chrono_literals;
using test::Case;
using test::Ran;
using test::Started;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

bool wait_for(const std::string& path) {
  for (int i = 0; i < 6'000; ++i) {
    if (std::filesystem::exists(path)) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

// Files that are caught, so that the detectors go over them: seconds for one worker.
std::string make_exhibit(const Case& c) {
  const std::string block = test::words(1, 1'000'000);
  for (int i = 0; i < 4; ++i) {
    std::string bytes = "customer " + std::to_string(i) + " of Rewards Gold\n";
    for (int times = 0; times < 25; ++times) bytes += block;
    test::write_file(c.folder / ("server/customer-list-" + std::to_string(i) + ".txt"), bytes);
  }
  return c.folder / "server";
}

std::vector<std::string> triage_of(const Case& c, const std::string& exhibit,
                                   const std::vector<std::string>& options = {}) {
  std::vector<std::string> out = {"triage", "--order", c.order_file(), "--out", c.folder / "run", "--threads", "1"};
  out.insert(out.end(), options.begin(), options.end());
  out.push_back(exhibit);
  return out;
}

TEST(Status, tells_of_a_run_from_another_process_and_of_its_death) {
  Case c;
  c.order(test::kRewardsOrder);
  Started run(c.folder / "says", triage_of(c, make_exhibit(c)));
  ASSERT_TRUE(wait_for(c.at_work("run", "status.json"))) << test::read_file(c.folder / "says");
  ::kill(run.process(), SIGSTOP);  // the run may not end while it is looked at
  const Ran alive = test::ambit({"status", c.folder / "run"});
  EXPECT_EQ(alive.exit, 0) << alive.err;
  EXPECT_THAT(alive.out, HasSubstr("running as process " + std::to_string(run.process())));
  EXPECT_THAT(alive.out, HasSubstr("objects, "));
  const std::string json = test::ambit({"status", c.folder / "run", "--json"}).out;
  EXPECT_THAT(json, Not(HasSubstr("customer"))) << "the status names an object";
  EXPECT_THAT(test::read_file(c.at_work("run", "status.json")), Not(HasSubstr("server")));
  const auto status = nlohmann::json::parse(json);
  EXPECT_EQ(status["state"], "running");
  EXPECT_EQ(status["workers"], 1);
  EXPECT_EQ(status["exhibits"].size(), 1U);
  EXPECT_GT(status["memory_bytes"], 1'000'000U);

  ::kill(run.process(), SIGKILL);
  EXPECT_EQ(run.wait(), 128 + SIGKILL);
  const Ran dead = test::ambit({"status", c.folder / "run"});
  EXPECT_EQ(dead.exit, 1);
  EXPECT_THAT(dead.out, HasSubstr("is dead"));
  EXPECT_THAT(dead.out, HasSubstr("--resume goes on"));
}

// Its number may belong to another process by now.
TEST(Status, a_process_that_began_at_another_time_is_another) {
  Case c;
  c.order(test::kRewardsOrder);
  Started run(c.folder / "says", triage_of(c, make_exhibit(c)));
  const std::string path = c.at_work("run", "status.json");
  ASSERT_TRUE(wait_for(path));
  ::kill(run.process(), SIGSTOP);
  auto status = nlohmann::json::parse(test::read_file(path));
  const std::string whole = status.dump();
  status["process_start"] = status["process_start"].get<std::uint64_t>() + 1;
  test::write_file(path, status.dump());
  EXPECT_EQ(test::ambit({"status", c.folder / "run"}).exit, 1);
  status = nlohmann::json::parse(whole);
  status["machine"] = "another";
  test::write_file(path, status.dump());
  const Ran elsewhere = test::ambit({"status", c.folder / "run"});
  EXPECT_EQ(elsewhere.exit, 0);
  EXPECT_THAT(elsewhere.out, HasSubstr("cannot be told from here"));
}

// A process of the sanitizers' takes long to begin: there each key has one wrong value.
TEST(Status, a_file_that_no_run_writes_is_refused_whatever_is_wrong_with_it) {
  Case c;
  c.order(test::kRewardsOrder);
  Started run(c.folder / "says", triage_of(c, make_exhibit(c)));
  const std::string path = c.at_work("run", "status.json");
  ASSERT_TRUE(wait_for(path));
  ::kill(run.process(), SIGSTOP);
  const auto whole = nlohmann::json::parse(test::read_file(path));
  const std::vector<nlohmann::json> wrong = {nullptr, "x\x1b[2J", -1, nlohmann::json::array({1}),
                                             nlohmann::json::object({{"a", 1}})};
  std::size_t key = 0;
  for (const auto& [name, value] : whole.items()) {
    if (name == "machine") continue;
    ++key;
    for (const nlohmann::json& other : wrong) {
      if (test::kSanitized && &other != &wrong[key % wrong.size()]) continue;
      if (other.is_number() && value.is_number() && !value.is_number_unsigned()) continue;
      auto bent = whole;
      bent[name] = other;
      if (name == "exceptions_by_reason" && other.is_object()) continue;  // unknown reasons are of later versions
      test::write_file(path, bent.dump());
      const Ran ran = test::ambit({"status", c.folder / "run"});
      ASSERT_EQ(ran.exit, 1) << name << " = " << other;
      ASSERT_THAT(ran.out + ran.err, Not(HasSubstr("\x1b"))) << name;
    }
    auto without = whole;
    without.erase(name);
    test::write_file(path, without.dump());
    ASSERT_EQ(test::ambit({"status", c.folder / "run"}).exit, 1) << "without " << name;
  }
}

TEST(Status, a_finished_run_is_complete_and_nothing_of_the_watching_is_left) {
  Case c;
  c.order(test::kRewardsOrder);
  test::write_file(c.folder / "server/a", "Rewards Gold\n");
  ASSERT_EQ(c.triage("run", {c.folder / "server"}).exit, 0);
  EXPECT_FALSE(std::filesystem::exists(c.folder / "run/work"));
  const Ran ran = test::ambit({"status", c.folder / "run"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, HasSubstr("complete: 1 objects"));
  EXPECT_EQ(test::ambit({"verify", c.folder / "run"}).exit, 0);
  EXPECT_EQ(test::ambit({"status", c.folder / "server"}).exit, 1) << "no run directory";
}

TEST(Metrics, are_kept_while_the_run_goes_on_and_end_with_its_exit_code) {
  Case c;
  c.order(test::kRewardsOrder);
  const std::string metrics = c.folder / "ambit.prom";
  test::write_file(c.folder / "server/a", "Rewards Gold\n");
  ::mkfifo((c.folder / "server/pipe").c_str(), 0600);
  ASSERT_EQ(c.triage("run", {c.folder / "server"}, {"--metrics", metrics}).exit, 2);
  const std::string text = test::read_file(metrics);
  EXPECT_THAT(text, HasSubstr("\nambit_exit_code 2\n"));
  EXPECT_THAT(text, HasSubstr("\nambit_objects_total 2\n"));
  EXPECT_THAT(text, HasSubstr("\nambit_exception_reason_objects_total{reason=\"special_file\"} 1\n"));
  EXPECT_FALSE(std::filesystem::exists(metrics + ".new"));
  const Ran refused = c.triage("other", {c.folder / "server"}, {"--metrics", c.folder / "nowhere/ambit.prom"});
  EXPECT_EQ(refused.exit, 1);
  EXPECT_THAT(refused.err, HasSubstr("the metrics cannot be written"));
  EXPECT_FALSE(std::filesystem::exists(c.folder / "other")) << "the operator's mistake stops the run before it starts";
}

// --- a service manager ------------------------------------------------------------------------------------------

TEST(Service, is_told_when_the_run_is_under_way_that_it_lives_and_how_it_ends) {
  Case c;
  c.order(test::kRewardsOrder);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = c.folder / "notify";
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  std::copy(path.begin(), path.end(), address.sun_path);
  const int listening = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  ASSERT_EQ(::bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  // Read as it comes: the kernel holds few messages, and drops what does not fit.
  std::vector<std::string> told;
  std::atomic<bool> over{false};
  std::thread reader([&] {
    std::string message(65'536, '\0');
    for (;;) {
      const bool last = over.load();
      for (ssize_t got = 0; (got = ::recv(listening, message.data(), message.size(), 0)) > 0;) {
        told.push_back(message.substr(0, static_cast<std::size_t>(got)));
      }
      if (last) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  const auto begun = std::chrono::steady_clock::now();
  Started run(c.folder / "says", triage_of(c, make_exhibit(c)), {"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=200000"});
  EXPECT_EQ(run.wait(), 0);
  const auto lasted = std::chrono::steady_clock::now() - begun;
  over.store(true);
  reader.join();
  ::close(listening);
  ASSERT_GE(told.size(), 2U);
  EXPECT_THAT(told.front(), ::testing::StartsWith("READY=1\nWATCHDOG=1\nSTATUS=sweep  "));
  EXPECT_THAT(told.back(), ::testing::StartsWith("STOPPING=1\nSTATUS=complete: 4 objects"));
  std::size_t answers = 0;
  for (const std::string& each : told) answers += each.find("WATCHDOG=1\n") != std::string::npos ? 1U : 0U;
  EXPECT_GE(answers, lasted > std::chrono::seconds(2) ? 2U : 1U);  // a fast machine is through before the second
  EXPECT_EQ(std::count_if(told.begin(), told.end(), [](const auto& t) { return t.find("READY=1") != t.npos; }), 1);
}

TEST(Service, the_unit_is_one_that_systemd_takes) {
  const test::TemporaryFolder folder;
  std::string unit = test::read_file(AMBIT_SOURCE_DIR "/configs/systemd/ambit@.service");
  const std::string program = "/usr/bin/ambit ";
  ASSERT_NE(unit.find(program), std::string::npos);
  unit.replace(unit.find(program), program.size(), AMBIT_PROGRAM " ");
  test::write_file(folder / "ambit@.service", unit);
  const Ran checked = test::run({"systemd-analyze", "verify", folder / "ambit@.service"});
  EXPECT_EQ(checked.exit, 0) << checked.err;
  EXPECT_EQ(checked.err, "");
}

// --- a terminal ---------------------------------------------------------------------------------------------------

std::string on_terminal(const std::vector<std::string>& arguments, const char* kind, const char* no_color) {
  winsize size{};
  size.ws_col = 60;
  size.ws_row = 10;
  int master = -1;
  const pid_t child = ::forkpty(&master, nullptr, nullptr, &size);
  if (child == 0) {
    ::setenv("TERM", kind, 1);
    ::setenv("NO_COLOR", no_color, 1);
    std::vector<char*> argv = {const_cast<char*>(AMBIT_PROGRAM)};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  std::string shown(1, '\0');
  shown.clear();
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(master, buffer.data(), buffer.size())) > 0;) {
    shown.append(buffer.data(), static_cast<std::size_t>(got));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(master);
  EXPECT_EQ(WEXITSTATUS(status), 0) << shown;
  return shown;
}

TEST(Terminal, shows_one_screen_in_place_and_leaves_it_clean) {
  Case c;
  c.order(test::kRewardsOrder);
  test::write_file(c.folder / "server/a", "Rewards Gold\n");
  const std::string shown = on_terminal(triage_of(c, c.folder / "server"), "xterm", "");
  EXPECT_THAT(shown, HasSubstr("objects, 1 hits"));
  EXPECT_THAT(shown, HasSubstr("1 workers: "));
  EXPECT_THAT(shown, ContainsRegex("\x1b\\[[0-9]+A")) << "what was drawn is taken back";
  std::filesystem::remove_all(c.folder / "run");
  const std::string dumb = on_terminal(triage_of(c, c.folder / "server"), "dumb", "");
  EXPECT_THAT(dumb, Not(HasSubstr("\x1b"))) << "not every terminal moves its cursor";
}

TEST(Terminal, what_is_no_terminal_gets_no_escapes) {
  Case c;
  c.order(test::kRewardsOrder);
  Started run(c.folder / "says", triage_of(c, make_exhibit(c)), {"TERM=xterm"});
  EXPECT_EQ(run.wait(), 0);
  const std::string says = test::read_file(c.folder / "says");
  EXPECT_THAT(says, Not(HasSubstr("\x1b")));
  const std::size_t last = says.rfind('\n', says.size() - 2);
  EXPECT_THAT(says.substr(last + 1), ::testing::StartsWith("complete: 4 objects, 100.")) << "the line for cron";
}

}  // namespace
}  // namespace ambit::watch_test
