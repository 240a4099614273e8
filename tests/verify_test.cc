// A run directory cannot be changed without being seen, not even by who signs it.
#include "stages/record/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "stages/record/seal.h"
#include "tests/finished_run.h"

namespace ambit::record::verify_test {
namespace {

namespace fs = std::filesystem;
using ambit::testing::FinishedRun;
using ambit::testing::kLedgerLines;
using ambit::testing::read_file;
using ::testing::HasSubstr;

std::string faults(const VerifyReport& report) {
  std::string out;
  for (const VerifyCheck& check : report.checks) {
    if (!check.holds) out += check.what + ": " + check.detail + "\n";
  }
  return out;
}

// What verify says; empty: all holds.
std::string verify_faults(const FinishedRun& run, const std::string& key = "") {
  const auto report = verify_run(run.directory(), {key, ""});
  return report.ok() ? faults(*report) : report.error().what;
}

TEST(Verify, a_fresh_run_holds_with_and_without_its_key) {
  const FinishedRun run;
  EXPECT_EQ(verify_faults(run), "");
  EXPECT_EQ(verify_faults(run, run.key()), "");
}

TEST(Verify, names_the_signer_when_it_is_another) {
  const FinishedRun run;
  const std::string other = run.folder() + "/other.key";
  ASSERT_TRUE(CaseKey::create(other).ok());
  EXPECT_THAT(verify_faults(run, other), HasSubstr("signed by another case key"));
}

// Every file of the directory; in checkpoint.txt every byte, elsewhere a byte of every stretch.
TEST(Verify, any_flipped_bit_is_found) {
  const FinishedRun run;
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(run.directory())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const std::string path = entry.path(), whole = read_file(path);
    const std::size_t stride = entry.path().filename() == "checkpoint.txt" ? 1 : whole.size() / 40 + 1;
    for (std::size_t at = 0; at < whole.size(); at += stride) {
      std::string bent = whole;
      bent[at] = static_cast<char>(bent[at] ^ (1 << at % 8));
      ambit::testing::write_file(path, bent);
      ASSERT_NE(verify_faults(run), "") << entry.path().filename() << " at " << at;
    }
    ambit::testing::write_file(path, whole);
  }
  EXPECT_EQ(files, 5U);
  EXPECT_EQ(verify_faults(run), "");
}

// Digits may be written in two ways; only the one that was signed is accepted.
TEST(Verify, the_case_of_every_letter_of_the_checkpoint_matters) {
  const FinishedRun run;
  const std::string path = run.directory() + "/checkpoint.txt", whole = read_file(path);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    if (whole[at] < 'a' || whole[at] > 'f') continue;
    std::string bent = whole;
    bent[at] = static_cast<char>(bent[at] ^ 0x20);
    ambit::testing::write_file(path, bent);
    ASSERT_NE(verify_faults(run), "") << at;
  }
}

TEST(Verify, files_that_are_cut_longer_missing_added_or_links_are_found) {
  for (const char* name : {"relevance.db", "run.json", "ledger/0001.age", "ledger/commitments", "checkpoint.txt"}) {
    const FinishedRun run;
    const std::string path = run.directory() + "/" + name, whole = read_file(path);
    ambit::testing::write_file(path, whole.substr(0, whole.size() - 1));
    EXPECT_NE(verify_faults(run), "") << name;
    ambit::testing::write_file(path, whole + "\n");
    EXPECT_NE(verify_faults(run), "") << name;
    const std::string elsewhere = run.folder() + "/elsewhere";
    ambit::testing::write_file(elsewhere, whole);
    fs::remove(path);
    EXPECT_NE(verify_faults(run), "") << name;
    fs::create_symlink(elsewhere, path);
    EXPECT_NE(verify_faults(run), "") << name;
  }
  const FinishedRun run;
  for (const char* name : {"relevance.db-journal", "relevance.db-wal", "note.txt", "ledger/0002.age"}) {
    ambit::testing::write_file(run.directory() + "/" + name, "x");
    EXPECT_THAT(verify_faults(run), HasSubstr(std::string(name) + " does not belong here"));
    fs::remove(run.directory() + "/" + name);
  }
  fs::create_directory(run.directory() + "/empty");
  EXPECT_THAT(verify_faults(run), HasSubstr("empty/ does not belong here"));
}

// Whoever holds the key can sign anything: then the parts must contradict each other.
TEST(Verify, a_signed_lie_shows_in_the_sums) {
  const std::map<std::string, std::string> lies = {
      {"UPDATE census SET items = items + 1 WHERE disposition = 11", "total of not_relevant"},
      {"UPDATE census SET bytes = bytes - 1 WHERE disposition = 7", "total of disclose"},
      {"UPDATE coverage SET bytes = bytes + 1 WHERE part = 'zero'", "not all accounted for"},
      {"UPDATE exhibit SET bytes = bytes + 1", "exhibits are not those"},
      {"UPDATE exhibit SET name = 'other'", "exhibits are not those"},
      {"UPDATE item_row SET size = size + 1 WHERE id = 3", "Merkle root"},
      {"UPDATE item_row SET locator = 'srv:/b' WHERE id = 3", "Merkle root"},
      {"UPDATE hit_row SET start = start + 1 WHERE item = 1", "Merkle root"},
      {"UPDATE hit_class SET identifier = 3 WHERE identifier = 1", "Merkle root"},
      {"UPDATE extent_row SET exhibit_offset = 0 WHERE exhibit_offset = 4096", "Merkle root"},
      {"UPDATE origin_row SET inode = 78 WHERE locator = ''", "Merkle root"},
      {"INSERT INTO origin_row VALUES(1, '', 12)", "Merkle root"},
      {"UPDATE origin_row SET locator = 'srv:/b' WHERE locator <> ''", "Merkle root"},
      {"DELETE FROM origin_row WHERE locator <> ''", "Merkle root"},
      {"UPDATE extent_row SET exhibit_offset = 513 WHERE view = -1 AND start = 50", "Merkle root"},
      {"DELETE FROM extent_row WHERE view = -1 AND start = 50", "Merkle root"},
      {"DELETE FROM item_row WHERE id = 4", "number of items"},
      {"UPDATE item_class SET disposition = 7", "Merkle root"},
      {"UPDATE meta SET value = 'x' WHERE key = 'order_id'", "order_id is not"},
      {"UPDATE meta SET value = 'x' WHERE key = 'ledger_root'", "ledger_root is not"},
  };
  for (const auto& [sql, fault] : lies) {
    const FinishedRun run;
    run.change(sql);
    run.sign_again();
    EXPECT_THAT(verify_faults(run, run.key()), HasSubstr(fault)) << sql;
  }
}

TEST(Verify, a_signed_list_of_other_commitments_does_not_hold) {
  const FinishedRun run;
  const std::string path = run.directory() + "/ledger/commitments", whole = read_file(path);
  ASSERT_EQ(whole.size(), 32 * kLedgerLines);
  for (const std::string& other : {whole.substr(32), whole + std::string(32, '\xff'), whole.substr(1),
                                   whole.substr(32) + whole.substr(0, 32), std::string()}) {
    ambit::testing::write_file(path, other);
    run.sign_again();
    EXPECT_THAT(verify_faults(run), HasSubstr("ledger: "));
  }
}

}  // namespace
}  // namespace ambit::record::verify_test
