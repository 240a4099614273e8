// Evidence for tests, built from small verbs and then damaged by verbs. Nothing here is a fake: folders, files and
// images are real ones in a folder of their own that goes away with the object.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/byte_source.h"
#include "pipeline/chunk.h"
#include "pipeline/object.h"

namespace ambit::test {

// A folder under the system's place for temporary files.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string operator/(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

void write_file(const std::string& path, std::string_view bytes);  // makes the folders above it
[[nodiscard]] std::string read_file(const std::string& path);
[[nodiscard]] std::string noise(std::uint64_t seed, std::size_t bytes);  // printable and other bytes, no order in them
[[nodiscard]] std::string words(std::uint64_t seed, std::size_t bytes);  // lines of words
[[nodiscard]] std::string utf16le(std::string_view ascii);
void overwrite(const std::string& path, std::uint64_t offset, std::string_view bytes);
void make_sparse(const std::string& path, std::uint64_t bytes);
void flip_bit(const std::string& path, std::uint64_t bit);

// Real samples that may lie beside the checkout, or beside the folder that holds it: the path, with a slash at its end.
// A test that needs them skips where they are not.
[[nodiscard]] std::string shared_data();
// Under AddressSanitizer or ThreadSanitizer, which look for other mistakes than most tests, and take ten times as long.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// ThreadSanitizer may keep a signal from a thread that waits for a condition until that wakes.
#if defined(__SANITIZE_THREAD__)
inline constexpr bool kKeepsSignals = true;
#else
inline constexpr bool kKeepsSignals = false;
#endif

// How many seeds a test of damage takes: `usual`, or AMBIT_DAMAGE_SEEDS.
[[nodiscard]] std::uint64_t damage_seeds(std::uint64_t usual);

struct Ran {
  int exit = -1;
  std::string out, err;
};
// Runs a program with arguments, no shell; its output comes back.
[[nodiscard]] Ran run(const std::vector<std::string>& arguments);
// qemu-img. It times its own key derivation, and gives up where another process took its processor meanwhile: then
// again.
[[nodiscard]] Ran qemu_img(std::vector<std::string> arguments);
// The ambit that was built: its path; and run with arguments.
[[nodiscard]] std::string program();
[[nodiscard]] Ran ambit(std::vector<std::string> arguments);

// The ambit that was built, at work on its own. What it says goes to the file `says`.
class Started {
 public:
  // `environment`: lines NAME=VALUE, which go before those of this process.
  Started(std::string says, std::vector<std::string> arguments, std::vector<std::string> environment = {});
  ~Started();  // kills it
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;
  [[nodiscard]] int process() const { return process_; }  // 0: it is over
  [[nodiscard]] std::string said() const;
  [[nodiscard]] bool is_over();
  // Whether it has said what it does on this signal; until then the signal kills it, however long it takes to start.
  [[nodiscard]] bool catches(int signal) const;
  // Its exit code, or 128 and the signal that it died of.
  int wait();
  int kill(int signal);

 private:
  int process_ = 0, exit_ = -1;
  const std::string says_;
};

// Bytes in memory, as an image or a volume is read.
class BytesSource final : public ByteSource {
 public:
  explicit BytesSource(std::string bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const std::size_t count = std::min<std::uint64_t>(into.size(), bytes_.size() - offset);
    std::memcpy(into.data(), bytes_.data() + offset, count);
    return count;
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Content in memory, with holes, refusals and a size that may lie.
class MemoryContent final : public Content {
 public:
  explicit MemoryContent(std::string bytes) : bytes_(std::move(bytes)), declared_(bytes_.size()) {}
  MemoryContent& declares(std::uint64_t bytes) {
    declared_ = bytes;
    return *this;
  }
  MemoryContent& refuses(std::uint64_t begin, std::uint64_t end) {
    refused_.push_back({begin, end});
    return *this;
  }
  MemoryContent& has_hole(std::uint64_t begin, std::uint64_t end) {
    holes_.push_back({begin, end});
    return *this;
  }

  Result<ContentInfo> open() override { return ContentInfo{declared_, std::nullopt, 0}; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override;
  DataRun run_at(std::uint64_t offset) override;

 private:
  struct Range {
    std::uint64_t begin, end;
  };
  std::string bytes_;
  std::uint64_t declared_;
  std::vector<Range> refused_, holes_;
};

// Orders after one word each, for Case::order().
inline constexpr std::string_view kPayoutOrder = R"(
[[identifier]]
name = "case.word"
literals = ["acme-payout-7731"]
[[rule]]
name = "R1"
paragraph = "1"
when = 'case'
)";
inline constexpr std::string_view kRewardsOrder = R"(
[[identifier]]
name = "rewards"
literals = ["Rewards Gold"]
[[rule]]
name = "R1"
paragraph = "1"
when = 'rewards'
)";

// A case: an order, its key for the court, and a place for exhibits and runs.
class Case {
 public:
  Case();
  TemporaryFolder folder;
  std::string recipient;      // the court's age recipient
  std::string identity_file;  // and its private key
  // Writes the order file: the [order] table, one paragraph "1", then `rest`.
  void order(std::string_view rest);
  [[nodiscard]] std::string order_file() const { return folder / "order.toml"; }
  // What run `name` has for as long as it is at work: its journal, its status.
  [[nodiscard]] std::string at_work(const std::string& name, std::string_view file) const {
    return (folder.path() / name / "work" / file).string();
  }
  // Runs triage over the exhibits into a new run directory `name`.
  [[nodiscard]] Ran triage(const std::string& name, const std::vector<std::string>& exhibits,
                           const std::vector<std::string>& options = {}) const;
  // The answer of the sqlite3 shell to a query on the relevance index of run `name`, rows by newline, columns by '|'.
  [[nodiscard]] std::string query(const std::string& name, const std::string& sql) const;
  // All lines of the ledger, opened with stock age and zstd.
  [[nodiscard]] std::string ledger(const std::string& name) const;
};

}  // namespace ambit::test
