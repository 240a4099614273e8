// The command line: what it prints, what it refuses, what it returns to the shell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "pipeline/cli/quantity.h"
#include "pipeline/cli/table.h"
#include "tests/finished_run.h"

namespace ambit::cli::cli_test {
namespace {

namespace fs = std::filesystem;
using ambit::testing::FinishedRun;
using ambit::testing::read_file;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Ran {
  int exit = -1;
  std::string out;  // both streams, unless the arguments redirect one
};

// Runs the program through the shell; `arguments` may hold redirections and pipes.
Ran ambit(const std::string& arguments) {
  const std::string command = std::string("{ '" AMBIT_PROGRAM "' ") + arguments + " ; } 2>&1";
  std::FILE* const pipe = popen(command.c_str(), "r");
  Ran ran;
  std::array<char, 4096> block{};
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), pipe)) ran.out.append(block.data(), got);
  const int status = pclose(pipe);
  ran.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

constexpr std::array kCommands = {"check",  "triage", "census", "list",      "explain", "verify",
                                  "unseal", "export", "keygen", "detectors", "detect"};

TEST(Help, lists_every_command_and_each_explains_its_options) {
  const Ran all = ambit("--help");
  EXPECT_EQ(all.exit, 0);
  for (const char* command : kCommands) {
    EXPECT_THAT(all.out, HasSubstr(std::string("\n  ") + command + " "));
    const Ran one = ambit(std::string(command) + " --help");
    EXPECT_EQ(one.exit, 0) << command;
    EXPECT_THAT(one.out, HasSubstr("--help")) << command;
    EXPECT_GT(one.out.size(), 150U) << command;
  }
}

TEST(Help, version_names_the_program) {
  const Ran ran = ambit("--version");
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out, "ambit " AMBIT_VERSION "\n");
}

TEST(Detect, tells_where_private_data_stands_and_never_what_it_is) {
  const std::string folder = ::testing::TempDir();
  const std::string text = std::string(2'000'000, '.') + " kim@example.com " + std::string(100, '.');
  for (const char* name : {"ambit-a", "ambit-b"}) std::ofstream(folder + name, std::ios::binary) << text;
  const Ran one = ambit("detect --json " + folder + "ambit-a");
  EXPECT_EQ(one.exit, 0);
  EXPECT_EQ(one.out, R"({"category":"contact","detector":"email-address","offset":2000001,"length":15,)"
                     R"("grade":"validated"})"
                     "\n");
  const Ran two = ambit("detect " + folder + "ambit-a " + folder + "ambit-b");
  EXPECT_THAT(two.out, HasSubstr("ambit-a"));
  EXPECT_THAT(two.out, HasSubstr("ambit-b"));
  EXPECT_THAT(two.out, HasSubstr("2000001"));
  EXPECT_THAT(two.out, Not(HasSubstr("kim@")));
  const Ran none = ambit("detect " + folder + "ambit-none " + folder + "ambit-a");
  EXPECT_EQ(none.exit, 1);
  EXPECT_THAT(none.out, HasSubstr("ambit-none"));
  EXPECT_THAT(none.out, HasSubstr("remedy: "));
  EXPECT_THAT(none.out, HasSubstr("email-address"));
}

TEST(Usage, what_cannot_be_understood_exits_1_with_a_remedy) {
  for (const char* arguments : {"no-such-command", "list", "list --no-such-option", "triage --order x", "explain x",
                                "export x", "keygen", "triage --order x --out y --threads 0 z"}) {
    const Ran ran = ambit(arguments);
    EXPECT_EQ(ran.exit, 1) << arguments;
    EXPECT_THAT(ran.out, StartsWith("ambit: ")) << arguments;
    EXPECT_THAT(ran.out, HasSubstr("remedy: ")) << arguments;
  }
  EXPECT_EQ(ambit("").exit, 1);
}

TEST(Usage, sizes_that_make_no_sense_are_refused_before_anything_is_read) {
  for (const char* option : {"--memory x", "--memory 0", "--memory 12Q", "--chunk-size 1", "--chunk-size 1T"}) {
    const Ran ran = ambit(std::string("triage --order /nowhere --out /nowhere/out /nowhere/exhibit ") + option);
    EXPECT_EQ(ran.exit, 1) << option;
    EXPECT_THAT(ran.out, HasSubstr("is not a size")) << option;
  }
}

TEST(Usage, a_message_cannot_steer_the_terminal) {
  const Ran ran = ambit("census \"$(printf '/tmp/\\033[31m')\"");
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.out, HasSubstr("\\x1B[31m"));
  EXPECT_THAT(ran.out, Not(HasSubstr("\x1b")));
}

class OnARun : public ::testing::Test {
 protected:
  FinishedRun run_;
  [[nodiscard]] std::string dir() const { return "'" + run_.directory() + "'"; }
};

TEST_F(OnARun, census_counts_without_naming_any_object) {
  const Ran text = ambit("census " + dir());
  EXPECT_EQ(text.exit, 0);
  EXPECT_THAT(text.out, HasSubstr("not_relevant        6   2,000"));
  EXPECT_THAT(text.out, HasSubstr("unreadable"));
  EXPECT_THAT(text.out, HasSubstr("accused.mail  strong          4     4"));
  EXPECT_THAT(text.out, Not(HasSubstr(ambit::testing::kPrivatePath)));
  EXPECT_THAT(text.out, Not(HasSubstr("a.txt")));
  const auto json = nlohmann::json::parse(ambit("census --json " + dir()).out);
  EXPECT_EQ(json["exhibits"][0]["exceptions"][0]["bytes"], 512);
  EXPECT_EQ(json["identifiers"].size(), 3U);
}

TEST_F(OnARun, list_shows_released_items_only) {
  const Ran all = ambit("list " + dir());
  EXPECT_EQ(all.exit, 0);
  EXPECT_THAT(all.out, HasSubstr("srv:/a.txt  [accused.mail,payout.names]"));
  EXPECT_THAT(all.out, Not(HasSubstr(ambit::testing::kPrivatePath)));
  const Ran redact = ambit("list --disposition redact --identifier payout --json " + dir());
  EXPECT_EQ(nlohmann::json::parse(redact.out)["locator"], "srv:/log/b.log");
  const Ran privileged = ambit("list --disposition privileged " + dir());
  EXPECT_THAT(privileged.out, HasSubstr("paragraph 7"));
  EXPECT_THAT(privileged.out, Not(HasSubstr("counsel.eml")));
  EXPECT_EQ(nlohmann::json::parse(ambit("list --disposition privileged --json " + dir()).out)["rule"], "P1");
  EXPECT_EQ(ambit("list --disposition nonsense " + dir()).exit, 1);
}

TEST_F(OnARun, list_into_a_pipe_that_nobody_reads_is_no_error) {
  const std::string code = run_.folder() + "/code", said = run_.folder() + "/said";
  const std::string list =
      "{ sleep 0.2; '" AMBIT_PROGRAM "' list " + dir() + " 2>'" + said + "'; echo $? >'" + code + "'; }";
  ASSERT_EQ(std::system((list + " | true").c_str()), 0);
  EXPECT_EQ(read_file(code), "0\n");
  EXPECT_EQ(read_file(said), "");
}

TEST_F(OnARun, a_full_disk_is_an_error) {
  const Ran ran = ambit("census " + dir() + " > /dev/full");
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.out, HasSubstr("standard output could not be written"));
}

TEST_F(OnARun, explain_gives_paragraph_rule_hits_and_the_bytes) {
  const Ran ran = ambit("explain --proof " + dir() + " srv:/log/b.log");
  EXPECT_EQ(ran.exit, 0);
  for (const char* part :
       {"Disposition: redact", "rule R1: accused.mail | payout.names", "paragraph 4a", "about the reward programme",
        "utf16le", "skip=8192 count=80", "skip=8832 count=100", "detectors of private data", "\n  verifies"}) {
    EXPECT_THAT(ran.out, HasSubstr(part));
  }
  const auto json = nlohmann::json::parse(ambit("explain --proof --json " + dir() + " 3").out);
  EXPECT_EQ(json["paragraph_text"], "Communications about the reward programme.");
  EXPECT_EQ(json["proof"]["verifies"], true);
  EXPECT_EQ(json["hits"].size(), 2U);
}

// The bytes of a command that explain prints, run where the exhibit is.
std::string cut(const std::string& folder, const std::string& commands) {
  const std::string file = folder + "/cut.sh";
  ambit::testing::write_file(file, commands);
  EXPECT_EQ(std::system(("cd '" + folder + "' && sh cut.sh > straight.bin").c_str()), 0);
  const std::string several = folder + "/item-4-extent-1.bin";
  const std::string pieces = fs::exists(several) ? read_file(several) : "";
  fs::remove(several);
  return pieces + read_file(folder + "/straight.bin");
}

std::string commands_in(const std::string& explained) {
  const std::size_t title = explained.find("\nThe same bytes without ambit");
  if (title == std::string::npos) return "";
  const std::size_t begin = explained.find('\n', title + 1) + 1;
  return explained.substr(begin, explained.find("\n\n", begin) - begin);
}

TEST_F(OnARun, explain_shows_inode_paths_and_pieces_and_its_commands_give_the_bytes) {
  std::string image;
  for (int i = 0; i < 10'000; ++i) image += static_cast<char>(i * 7 + i / 256);
  const std::string extent = image.substr(4000, 30) + std::string(20, '\0') + image.substr(512, 30);
  const auto write_parts = [&] {
    ambit::testing::write_file(run_.folder() + "/srv.001", image.substr(0, 4010));
    ambit::testing::write_file(run_.folder() + "/srv.002", image.substr(4010));
    ambit::testing::write_file(run_.folder() + "/srv.001.txt", "a log of the acquisition");
  };
  write_parts();
  run_.change("UPDATE exhibit SET name = 'srv.001'");
  const Ran split = ambit("explain " + dir() + " srv:/old/q.txt");
  EXPECT_EQ(split.exit, 0);
  for (const char* part : {"Item 4\n", "also at  srv:/old/q.txt\n", "inode    77\n", "3 pieces", "none: zeros"}) {
    EXPECT_THAT(split.out, HasSubstr(part));
  }
  EXPECT_EQ(cut(run_.folder(), commands_in(split.out)), extent);
  EXPECT_EQ(cut(run_.folder(), commands_in(ambit("explain " + dir() + " 3").out)),
            image.substr(8192, 80) + image.substr(8832, 100));

  run_.change("UPDATE exhibit SET name = 'it''s srv', kind = 'raw'");
  ambit::testing::write_file(run_.folder() + "/it's srv", image);
  EXPECT_EQ(cut(run_.folder(), commands_in(ambit("explain " + dir() + " 4").out)), extent);
  const auto json = nlohmann::json::parse(ambit("explain --json " + dir() + " 4").out);
  EXPECT_EQ(json["places"].size(), 2U);
  EXPECT_THAT(ambit("list " + dir()).out, HasSubstr("\"q\".txt  and 1 other path  [accused.mail]"));
}

TEST_F(OnARun, explain_unpacks_other_formats_before_it_cuts) {
  const std::pair<const char*, const char*> unpacking[] = {
      {"EWF", "ewfexport -u -q -f raw -t - 'srv' > 'srv.raw'"},
      {"qcow2", "qemu-img convert -f qcow2 -O raw 'srv' 'srv.raw'"},
      {"VMDK", "-f vmdk "},
      {"VHD", "-f vpc "},
      {"VHDX", "-f vhdx "},
  };
  for (const auto& [kind, command] : unpacking) {
    run_.change("UPDATE exhibit SET kind = '" + std::string(kind) + "'");
    const Ran ran = ambit("explain " + dir() + " 3");
    EXPECT_THAT(ran.out, HasSubstr(command));
    EXPECT_THAT(ran.out, HasSubstr("dd if='srv.raw' bs=1M iflag=skip_bytes,count_bytes skip=8192 count=80"));
  }
}

TEST_F(OnARun, pieces_that_contradict_their_extent_are_left_out) {
  for (const char* length : {"81", "9223372036854775807"}) {
    run_.change("UPDATE extent_row SET length = " + std::string(length) + " WHERE view = -1");
    const Ran ran = ambit("explain " + dir() + " 4");
    EXPECT_EQ(ran.exit, 0);
    EXPECT_THAT(ran.out, Not(HasSubstr("dd if")));
  }
}

TEST_F(OnARun, a_tampered_index_cannot_steer_the_terminal) {
  run_.change("UPDATE item_row SET locator = 'srv:/' || char(27) || '[31m' || char(155) || 'x' WHERE id = 1");
  for (const char* command : {"list ", "explain "}) {
    const Ran ran = ambit(command + dir() + (command[0] == 'e' ? " 1" : ""));
    EXPECT_EQ(ran.exit, 0);
    EXPECT_THAT(ran.out, HasSubstr("srv:/?[31m?x"));
    EXPECT_THAT(ran.out, Not(HasSubstr("\x1b")));
  }
}

// The answer for an object that exists and one that does not is the same: the command is no oracle.
TEST_F(OnARun, explain_says_the_same_of_an_excluded_object_and_of_none) {
  const Ran excluded = ambit("explain " + dir() + " srv:/private/0.jpg"),
            none = ambit("explain " + dir() + " srv:/none");
  EXPECT_EQ(excluded.exit, 1);
  EXPECT_EQ(excluded.out, none.out);
}

TEST_F(OnARun, verify_tells_a_whole_directory_from_a_damaged_one) {
  const Ran whole = ambit("verify " + dir() + " --key '" + run_.key() + "'");
  EXPECT_EQ(whole.exit, 0);
  EXPECT_THAT(whole.out, Not(HasSubstr("FAIL")));
  EXPECT_EQ(nlohmann::json::parse(ambit("verify --json " + dir()).out)["holds"], true);
  ambit::testing::write_file(run_.directory() + "/run.json", "[]\n");
  const Ran damaged = ambit("verify " + dir());
  EXPECT_EQ(damaged.exit, 1);
  EXPECT_THAT(damaged.out, HasSubstr("run.json has another SHA-256"));
}

TEST_F(OnARun, unseal_gives_json_lines_to_who_holds_the_identity) {
  const Ran ran = ambit("unseal " + dir() + " --identity '" + run_.identity() + "' 2>/dev/null");
  EXPECT_EQ(ran.exit, 0);
  std::istringstream lines(ran.out);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  EXPECT_EQ(count, ambit::testing::kLedgerLines);
  const Ran stranger = ambit("unseal " + dir() + " --identity '" + run_.stranger() + "'");
  EXPECT_EQ(stranger.exit, 1);
  EXPECT_THAT(stranger.out, Not(HasSubstr("srv:/")));
}

TEST_F(OnARun, unseal_proves_one_object) {
  const std::string unseal = "unseal " + dir() + " --identity '" + run_.identity() + "' --prove ";
  const Ran ran = ambit(unseal + "srv:/broken.bin");
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, HasSubstr("\"disposition\":\"unexamined\""));
  EXPECT_THAT(ran.out, HasSubstr("\n  verifies"));
  EXPECT_THAT(ran.out, Not(HasSubstr(ambit::testing::kPrivatePath)));
  EXPECT_EQ(ambit(unseal + "srv:/none").exit, 1);
}

TEST_F(OnARun, export_never_overwrites_and_leaves_nothing_half_written) {
  const std::string file = run_.folder() + "/out.csv";
  const std::string command = "export " + dir() + " --format csv -o '" + file + "'";
  EXPECT_EQ(ambit(command).exit, 0);
  const std::string first = read_file(file);
  EXPECT_THAT(first, StartsWith("id,exhibit,locator,"));
  EXPECT_EQ(ambit("export " + dir() + " --format csv").out, first);
  EXPECT_EQ(ambit(command).exit, 1);
  EXPECT_EQ(read_file(file), first);
  const Ran unknown = ambit("export " + dir() + " --format xls");
  EXPECT_EQ(unknown.exit, 1);
  EXPECT_THAT(unknown.out, HasSubstr("one of: csv, jsonl"));
}

TEST(Keygen, makes_a_key_for_its_owner_only_and_never_overwrites) {
  const std::string file = fs::temp_directory_path() / ("ambit-keygen-" + std::to_string(getpid()) + ".key");
  fs::remove(file);
  const Ran ran = ambit("keygen --out '" + file + "'");
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, HasSubstr("age-keygen"));
  const std::string key = read_file(file);
  EXPECT_THAT(ran.out, Not(HasSubstr(key.substr(17, 64))));
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(ambit("keygen --out '" + file + "'").exit, 1);
  EXPECT_EQ(read_file(file), key);
  fs::remove(file);
}

TEST(Check, prints_the_keys_of_an_order_file) {
  const Ran ran = ambit("check --keys");
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, HasSubstr("[order]\n"));
}

TEST(Quantity, reads_sizes_with_suffixes_and_nothing_else) {
  const std::pair<const char*, std::uint64_t> sizes[] = {{"0", 0},           {"512", 512},
                                                         {"1K", 1024},       {"64k", 65536},
                                                         {"2G", 2ULL << 30}, {"448MiB", 448ULL << 20},
                                                         {"1MB", 1 << 20},   {"7B", 7},
                                                         {"3T", 3ULL << 40}, {"18446744073709551615", UINT64_MAX}};
  for (const auto& [text, bytes] : sizes) EXPECT_EQ(parse_size(text), bytes) << text;
  for (const char* text : {"", "K", "-1", "+1", "1.5G", "1 G", "1GG", "12iB", "0x10", "18446744073709551616",
                           "16777216T", "1KiBB", " 1"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(Quantity, writes_what_people_read) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(UINT64_MAX), "18,446,744,073,709,551,615");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1000), "1.0 kB");
  EXPECT_EQ(bytes_text(999'999), "1.0 MB");
  EXPECT_EQ(bytes_text(UINT64_MAX), "18.4 EB");
  EXPECT_EQ(rate_text(1e9), "1.0 GB/s");
  EXPECT_EQ(rate_text(-1), "-");
  EXPECT_EQ(rate_text(1.0 / 0.0), "-");
  EXPECT_EQ(duration_text(59.6), "1:00");
  EXPECT_EQ(duration_text(3723), "1:02:03");
  EXPECT_EQ(duration_text(1e300), "-");
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
}

TEST(Table, aligns_by_characters_and_leaves_no_space_at_the_end) {
  Table table({{"name"}, {"n", Align::right}, {"last"}});
  table.add({"é", "1", "x"});
  table.rule();
  table.add({"abc", "1,000", ""});
  EXPECT_EQ(table.text(),
            "  name      n  last\n"
            "  ----  -----  ----\n"
            "  é         1  x\n"
            "  ----  -----  ----\n"
            "  abc   1,000\n");
}

}  // namespace
}  // namespace ambit::cli::cli_test
