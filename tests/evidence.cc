#include "tests/evidence.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <utility>

namespace ambit::test {
namespace {

// The exit code, or 128 and the signal that it died of.
int exit_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

constexpr int kNoSuchProgram = 127;  // the exit code, as of a shell

// The process, which has these descriptors under those numbers; 0 if there is none. The pages of this one are not
// copied for it: under the sanitizers that takes longer than many a program.
pid_t spawn(const std::vector<char*>& arguments, char** environment,
            const std::array<std::pair<int, int>, 2>& descriptors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const auto& [own, number] : descriptors) posix_spawn_file_actions_adddup2(&actions, own, number);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? child : 0;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "ambit-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::string& path, std::string_view bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(out.flush().good()) << path;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes;
  std::array<char, 65536> piece;
  while (in.read(piece.data(), piece.size()) || in.gcount() > 0) {
    bytes.append(piece.data(), static_cast<std::size_t>(in.gcount()));
  }
  return bytes;
}

std::string noise(std::uint64_t seed, std::size_t bytes) {
  std::mt19937_64 random(seed);
  std::string out(bytes, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

std::string words(std::uint64_t seed, std::size_t bytes) {
  static constexpr std::array<std::string_view, 8> kWords = {"server", "upload", "file", "2011",
                                                             "user",   "link",   "the",  "ok"};
  std::mt19937_64 random(seed);
  std::string out;
  while (out.size() < bytes) {
    out += kWords[random() % kWords.size()];
    out += random() % 9 == 0 ? '\n' : ' ';
  }
  out.resize(bytes);
  return out;
}

std::string utf16le(std::string_view ascii) {
  std::string out;
  for (const char c : ascii) out.append({c, '\0'});
  return out;
}

void overwrite(const std::string& path, std::uint64_t offset, std::string_view bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(offset));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.flush().good()) << path;
}

void make_sparse(const std::string& path, std::uint64_t bytes) {
  write_file(path, "");
  ASSERT_EQ(::truncate(path.c_str(), static_cast<off_t>(bytes)), 0);
}

void flip_bit(const std::string& path, std::uint64_t bit) {
  std::string bytes = read_file(path);
  ASSERT_LT(bit / 8, bytes.size());
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  overwrite(path, bit / 8, bytes.substr(bit / 8, 1));
}

Ran run(const std::vector<std::string>& arguments) {
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) return {};
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t child = spawn(argv, ::environ, {{{out[1], 1}, {err[1], 2}}});
  ::close(out[1]);
  ::close(err[1]);
  Ran ran;
  std::array<pollfd, 2> streams{{{out[0], POLLIN, 0}, {err[0], POLLIN, 0}}};
  std::array<std::string*, 2> texts{&ran.out, &ran.err};
  for (int open = 2; open > 0;) {
    ::poll(streams.data(), streams.size(), -1);
    for (std::size_t i = 0; i < streams.size(); ++i) {
      if (streams[i].revents == 0) continue;
      std::array<char, 65536> buffer;
      const ssize_t got = ::read(streams[i].fd, buffer.data(), buffer.size());
      if (got > 0) {
        texts[i]->append(buffer.data(), static_cast<std::size_t>(got));
      } else {
        ::close(streams[i].fd);
        streams[i].fd = -1;
        --open;
      }
    }
  }
  int status = kNoSuchProgram << 8;
  if (child > 0) ::waitpid(child, &status, 0);
  ran.exit = exit_of(status);
  return ran;
}

Ran qemu_img(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "qemu-img");
  Ran ran = run(arguments);
  while (ran.err.find("accurate CPU usage") != std::string::npos) ran = run(arguments);
  return ran;
}

Started::Started(std::string says, std::vector<std::string> arguments, std::vector<std::string> environment)
    : says_(std::move(says)) {
  arguments.insert(arguments.begin(), program());
  std::vector<char*> argv, variables;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  for (std::string& variable : environment) variables.push_back(variable.data());
  for (char** variable = ::environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  argv.push_back(nullptr);
  variables.push_back(nullptr);
  const int out = ::open(says_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  process_ = spawn(argv, variables.data(), {{{out, 1}, {out, 2}}});
  ::close(out);
}

Started::~Started() {
  if (process_ > 0) kill(SIGKILL);
}

std::string Started::said() const { return read_file(says_); }

bool Started::is_over() {
  int status = 0;
  if (process_ == 0 || ::waitpid(process_, &status, WNOHANG) == 0) return process_ == 0;
  process_ = 0;
  exit_ = exit_of(status);
  return true;
}

bool Started::catches(int signal) const {
  constexpr std::string_view kCaught = "SigCgt:";
  const std::string status = process_ > 0 ? read_file("/proc/" + std::to_string(process_) + "/status") : "";
  const std::size_t at = status.find(kCaught);
  if (at == std::string::npos) return false;
  return (std::strtoull(status.c_str() + at + kCaught.size(), nullptr, 16) >> (signal - 1) & 1) != 0;
}

int Started::wait() {
  int status = 0;
  if (process_ > 0 && ::waitpid(std::exchange(process_, 0), &status, 0) > 0) exit_ = exit_of(status);
  return exit_;
}

int Started::kill(int signal) {
  if (process_ > 0) ::kill(process_, signal);
  return wait();
}

std::string program() { return AMBIT_PROGRAM; }

Ran ambit(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), AMBIT_PROGRAM);
  return run(arguments);
}

Result<std::size_t> MemoryContent::read_at(std::uint64_t offset, std::span<std::byte> into) {
  for (const Range& range : refused_) {
    if (offset < range.end && offset + into.size() > range.begin) return Error{ErrorKind::io, "refused", "", ""};
  }
  if (offset >= bytes_.size()) return std::size_t{0};
  const std::size_t count = std::min<std::size_t>(into.size(), bytes_.size() - offset);
  std::memcpy(into.data(), bytes_.data() + offset, count);
  return count;
}

DataRun MemoryContent::run_at(std::uint64_t offset) {
  std::uint64_t next = declared_;
  for (const Range& hole : holes_) {
    if (offset >= hole.begin && offset < hole.end) return {offset, hole.end - offset, true};
    if (hole.begin > offset) next = std::min(next, hole.begin);
  }
  return {offset, next - offset, false};
}

Case::Case() : identity_file(folder / "court.key") {
  const Ran made = run({"age-keygen", "-o", identity_file});
  EXPECT_EQ(made.exit, 0) << made.err;
  const std::string key = read_file(identity_file);
  const std::size_t at = key.find("age1");
  recipient = key.substr(at, key.find('\n', at) - at);
}

void Case::order(std::string_view rest) {
  std::string text = "[order]\nid = \"T-1\"\ncourt = \"Court of Tests\"\nseal_to = [\"" + recipient +
                     "\"]\n\n[[paragraph]]\nid = \"1\"\ntext = \"What the accused wrote.\"\n\n";
  write_file(order_file(), text + std::string(rest));
}

Ran Case::triage(const std::string& name, const std::vector<std::string>& exhibits,
                 const std::vector<std::string>& options) const {
  std::vector<std::string> arguments = {"triage", "--order", order_file(), "--out", folder / name};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.insert(arguments.end(), exhibits.begin(), exhibits.end());
  return ambit(arguments);
}

std::string Case::query(const std::string& name, const std::string& sql) const {
  const Ran ran = run({"sqlite3", "-readonly", folder / (name + "/relevance.db"), sql});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  std::string out = ran.out;
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

std::string Case::ledger(const std::string& name) const {
  const std::string command = "set -o pipefail; for f in '" + (folder / name) + "'/ledger/*.age; do age -d -i '" +
                              identity_file + "' \"$f\" | zstd -dcq || exit 1; done";
  const Ran ran = run({"bash", "-c", command});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return ran.out;
}

std::string shared_data() {
  const std::string near = std::string(AMBIT_SOURCE_DIR) + "/../shared/open_data/";
  return std::filesystem::exists(near) ? near : std::string(AMBIT_SOURCE_DIR) + "/../../shared/open_data/";
}

std::uint64_t damage_seeds(std::uint64_t usual) {
  const char* more = std::getenv("AMBIT_DAMAGE_SEEDS");
  return more != nullptr ? std::stoull(more) : usual;
}

}  // namespace ambit::test
