// A run directory that somebody edited afterwards: `ambit verify` finds it and says in a plain sentence what is wrong.
// Each edit is one that a person with a motive would try.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <sstream>
#include <vector>

#include "stages/record/checkpoint.h"
#include "stages/record/seal.h"
#include "tests/evidence.h"
#include "tests/finished_run.h"

namespace ambit::record::integrity_test {
namespace {

namespace fs = std::filesystem;
using ambit::testing::FinishedRun;
using ambit::testing::read_file;
using ambit::testing::write_file;
using test::Ran;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Ran verify(const FinishedRun& run, std::vector<std::string> options = {}) {
  std::vector<std::string> arguments = {"verify", run.directory()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return test::ambit(arguments);
}

// The parts that fail, each with its sentence.
std::string failures(const Ran& ran) {
  std::string out;
  std::istringstream in(ran.out);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("FAIL")) out += line.substr(6) + "\n";
  }
  return out;
}

void expect_found(const FinishedRun& run, const std::string& sentence, const std::string& what) {
  const Ran ran = verify(run);
  EXPECT_EQ(ran.exit, 1) << what;
  EXPECT_THAT(failures(ran), HasSubstr(sentence)) << what;
  EXPECT_THAT(ran.err, HasSubstr("the run directory does not verify")) << what;
}

// --- relevance.db -----------------------------------------------------------------------------------------------

using Rows = std::vector<std::vector<std::string>>;

Rows query(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  Rows rows;
  const auto add = [](void* out, int columns, char** values, char**) {
    auto& row = static_cast<Rows*>(out)->emplace_back();
    for (int i = 0; i < columns; ++i) row.emplace_back(values[i] == nullptr ? "" : values[i]);
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), add, &rows, nullptr), SQLITE_OK) << sql;
  sqlite3_close(database);
  return rows;
}

struct Column {
  std::string name;
  bool is_key = false;
};

std::vector<Column> columns_of(const std::string& path, const std::string& table) {
  std::vector<Column> out;
  for (const auto& row : query(path, "SELECT name, pk FROM pragma_table_info('" + table + "')")) {
    out.push_back({row[0], row[1] != "0"});
  }
  return out;
}

// A row more: the first one again, under a key that no row has.
std::string add_row(const std::string& table, const std::vector<Column>& columns) {
  std::string values;
  for (const Column& column : columns) {
    values += values.empty() ? "" : ", ";
    values += column.is_key ? "coalesce(" + column.name + ", 0) || '99999'" : column.name;
  }
  return "INSERT INTO " + table + " SELECT " + values + " FROM " + table + " LIMIT 1";
}

std::string first_row(const std::string& table, const std::vector<Column>& columns) {
  std::string keys;
  for (const Column& column : columns) {
    if (!column.is_key) continue;
    keys += (keys.empty() ? "" : ", ") + column.name;
  }
  return "(" + keys + ") = (SELECT " + keys + " FROM " + table + " LIMIT 1)";
}

TEST(Integrity, a_row_added_removed_or_changed_in_any_table_is_found) {
  const FinishedRun run;
  const std::string path = run.directory() + "/relevance.db", whole = read_file(path);
  std::size_t edits = 0, tables = 0;
  for (const auto& table : query(path, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")) {
    const std::vector<Column> columns = columns_of(path, table[0]);
    const bool empty = query(path, "SELECT * FROM " + table[0] + " LIMIT 1").empty();
    ++tables;
    std::vector<std::string> sql;
    if (!empty) {
      sql = {add_row(table[0], columns), "DELETE FROM " + table[0] + " WHERE " + first_row(table[0], columns)};
      for (const Column& column : columns) {
        sql.push_back("UPDATE " + table[0] + " SET " + column.name + " = coalesce(" + column.name +
                      ", 0) || '99999' WHERE " + first_row(table[0], columns));
      }
    } else {
      std::string zeros;
      for (std::size_t i = 0; i < columns.size(); ++i) zeros += zeros.empty() ? "0" : ", 0";
      sql = {"INSERT INTO " + table[0] + " VALUES(" + zeros + ")"};
    }
    for (const std::string& edit : sql) {
      run.change(edit);
      ASSERT_NE(read_file(path), whole) << edit << " changes nothing";
      expect_found(run, "files      relevance.db has another SHA-256", edit);
      write_file(path, whole);
      ++edits;
    }
  }
  EXPECT_GE(tables, 15U);
  EXPECT_GE(edits, 80U);
  EXPECT_THAT(failures(verify(run)), IsEmpty());
}

TEST(Integrity, a_view_that_shows_other_rows_than_there_are_is_found) {
  const FinishedRun run;
  run.change("DROP VIEW v_item; CREATE VIEW v_item AS SELECT * FROM item LIMIT 1");
  expect_found(run, "files      relevance.db has ", "a view");
}

TEST(Integrity, an_index_of_another_run_is_found) {
  const FinishedRun one, other;
  fs::copy_file(other.directory() + "/relevance.db", one.directory() + "/relevance.db",
                fs::copy_options::overwrite_existing);
  expect_found(one, "files      relevance.db has another SHA-256", "the other's index");
}

// --- the ledger --------------------------------------------------------------------------------------------------

// A run whose ledger has several segments, as a large one has: the first again under two more names.
void grow_ledger(const FinishedRun& run) {
  for (const char* name : {"0002.age", "0003.age"}) {
    const std::string bytes = read_file(run.directory() + "/ledger/0001.age") + name;
    write_file(run.directory() + "/ledger/" + name, bytes);
  }
  auto checkpoint = read_checkpoint(read_file(run.directory() + "/checkpoint.txt"));
  const auto key = CaseKey::load(run.key());
  ASSERT_TRUE(checkpoint.ok() && key.ok());
  for (const char* name : {"ledger/0002.age", "ledger/0003.age"}) {
    const auto digest = digest_file(run.directory() + "/" + name);
    ASSERT_TRUE(digest.ok());
    checkpoint->files.insert(checkpoint->files.begin() + 2, {name, *digest});
  }
  std::sort(checkpoint->files.begin(), checkpoint->files.end(),
            [](const CheckpointFile& a, const CheckpointFile& b) { return a.path < b.path; });
  write_file(run.directory() + "/checkpoint.txt", signed_text(*checkpoint, *key));
  ASSERT_THAT(failures(verify(run)), IsEmpty());
}

struct Edit {
  const char* what;
  std::function<void(const std::string& ledger)> edit;  // of the folder
  const char* sentence;
};

TEST(Integrity, a_segment_of_the_ledger_removed_cut_reordered_or_added_is_found) {
  const std::vector<Edit> edits = {
      {"removed", [](const std::string& l) { fs::remove(l + "/0002.age"); }, "files      ledger/0002.age is missing"},
      {"the last removed", [](const std::string& l) { fs::remove(l + "/0003.age"); }, "ledger/0003.age is missing"},
      {"cut", [](const std::string& l) { fs::resize_file(l + "/0002.age", fs::file_size(l + "/0002.age") / 2); },
       "files      ledger/0002.age has another size"},
      {"emptied", [](const std::string& l) { fs::resize_file(l + "/0002.age", 0); },
       "ledger/0002.age has another size"},
      {"reordered",
       [](const std::string& l) {
         fs::rename(l + "/0002.age", l + "/x");
         fs::rename(l + "/0003.age", l + "/0002.age");
         fs::rename(l + "/x", l + "/0003.age");
       },
       "files      ledger/0002.age has another SHA-256; ledger/0003.age has another SHA-256"},
      {"added", [](const std::string& l) { fs::copy_file(l + "/0001.age", l + "/0004.age"); },
       "files      ledger/0004.age does not belong here"},
      {"the commitments emptied", [](const std::string& l) { fs::resize_file(l + "/commitments", 0); },
       "files      ledger/commitments has another size"},
      {"the folder removed", [](const std::string& l) { fs::remove_all(l); }, "files      ledger/0001.age is missing"},
      {"a segment for a folder",
       [](const std::string& l) {
         fs::remove(l + "/0001.age");
         fs::create_directory(l + "/0001.age");
       },
       "ledger/0001.age"},
  };
  for (const Edit& edit : edits) {
    const FinishedRun run;
    grow_ledger(run);
    edit.edit(run.directory() + "/ledger");
    expect_found(run, edit.sentence, edit.what);
  }
}

TEST(Integrity, a_segment_of_another_run_is_found_and_by_the_court_too_when_it_was_signed) {
  const FinishedRun one, other;
  const std::string segment = "/ledger/0001.age";
  fs::copy_file(other.directory() + segment, one.directory() + segment, fs::copy_options::overwrite_existing);
  expect_found(one, "files      ledger/0001.age has another ", "swapped");
  // The examiner signs it. The court, to whom both are sealed, opens it and sees that its lines are not those of the
  // commitments.
  one.sign_again();
  EXPECT_THAT(failures(verify(one)), IsEmpty()) << "no key of the court, no content";
  const Ran unsealed = test::ambit({"unseal", one.directory(), "--identity", other.identity()});
  EXPECT_EQ(unsealed.exit, 1);
  EXPECT_THAT(unsealed.err, HasSubstr("ambit: "));
  EXPECT_THAT(unsealed.err, Not(HasSubstr("none is missing")));
}

// --- checkpoint.txt ------------------------------------------------------------------------------------------------

TEST(Integrity, a_checkpoint_of_another_run_is_found) {
  const FinishedRun one, other;
  fs::copy_file(other.directory() + "/checkpoint.txt", one.directory() + "/checkpoint.txt",
                fs::copy_options::overwrite_existing);
  expect_found(one, "ledger/commitments has another SHA-256; relevance.db has another SHA-256", "replayed");
  EXPECT_THAT(failures(verify(one, {"--key", one.key()})), HasSubstr("signature  it was signed by another case key"));
}

TEST(Integrity, a_checkpoint_that_was_taken_away_or_is_a_draft_is_found) {
  const FinishedRun run;
  fs::rename(run.directory() + "/checkpoint.txt", run.folder() + "/checkpoint.txt");
  expect_found(run, "signature", "no checkpoint");
  std::string text = read_file(run.folder() + "/checkpoint.txt");
  write_file(run.directory() + "/checkpoint.txt", text.substr(0, text.find("signature: ")));
  expect_found(run, "signature", "no signature");
}

TEST(Integrity, every_line_of_the_checkpoint_is_signed) {
  const FinishedRun run;
  const std::string path = run.directory() + "/checkpoint.txt", whole = read_file(path);
  std::vector<std::string> lines;
  std::istringstream in(whole);
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  ASSERT_GT(lines.size(), 20U);
  const auto joined = [](const std::vector<std::string>& all) {
    std::string out;
    for (const std::string& line : all) out += line;
    return out;
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto without = lines, twice = lines;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    for (const auto& edited : {without, twice}) {
      write_file(path, joined(edited));
      expect_found(run, "signature", lines[i]);
    }
    if (i + 1 == lines.size() || lines[i] == lines[i + 1]) continue;
    auto swapped = lines;
    std::swap(swapped[i], swapped[i + 1]);
    write_file(path, joined(swapped));
    expect_found(run, "signature", "swapped: " + lines[i]);
  }
}

// Whoever has no case key makes one: everything adds up, only the signer is another. Who is told the examiner's public
// key (it is no secret) sees it.
TEST(Integrity, a_signature_of_another_key_is_found_by_who_knows_the_signer) {
  const FinishedRun run;
  const auto signer = read_checkpoint(read_file(run.directory() + "/checkpoint.txt"));
  ASSERT_TRUE(signer.ok());
  const std::string public_key = to_hex(signer->public_key);
  EXPECT_THAT(failures(verify(run, {"--signer", public_key})), IsEmpty());

  const std::string forged = run.folder() + "/forged.key";
  const auto forger = CaseKey::create(forged);
  ASSERT_TRUE(forger.ok());
  run.change("UPDATE paragraph SET text = 'Everything.'");
  auto checkpoint = *signer;
  for (CheckpointFile& file : checkpoint.files) file.digest = *digest_file(run.directory() + "/" + file.path);
  write_file(run.directory() + "/checkpoint.txt", signed_text(checkpoint, *forger));

  EXPECT_THAT(failures(verify(run)), IsEmpty()) << "by itself it holds; the signer is named";
  EXPECT_THAT(verify(run).out, HasSubstr("by the public key " + to_hex(forger->public_key())));
  for (const std::vector<std::string>& who : {std::vector<std::string>{"--signer", public_key}, {"--key", run.key()}}) {
    const Ran ran = verify(run, who);
    EXPECT_EQ(ran.exit, 1);
    EXPECT_THAT(failures(ran), HasSubstr("signature  it was signed by another case key"));
  }
  EXPECT_THAT(verify(run, {"--signer", "12ab"}).err, HasSubstr("64 hexadecimal digits"));
}

// --- run.json ------------------------------------------------------------------------------------------------------

TEST(Integrity, the_report_on_the_run_cannot_be_made_prettier) {
  const FinishedRun run;
  const std::string path = run.directory() + "/run.json";
  write_file(path, "{\"tool\":\"ambit\",\"version\":\"9.9\"}\n");
  expect_found(run, "files      run.json has another size", "run.json");
  fs::remove(path);
  expect_found(run, "files      run.json is missing", "run.json");
}

// --- the folder ----------------------------------------------------------------------------------------------------

TEST(Integrity, what_was_put_beside_it_is_found_whatever_it_is_called) {
  const FinishedRun run;
  const std::vector<std::string> names = {"note.txt",         ".hidden",  "relevance.db-wal", "ledger/.0001.age.swp",
                                          "work/status.json", "a\x1b[2Jb"};
  for (const std::string& name : names) {
    test::write_file(run.directory() + "/" + name, "x");
    const Ran ran = verify(run);
    EXPECT_EQ(ran.exit, 1) << name;
    EXPECT_THAT(failures(ran), HasSubstr("does not belong here")) << name;
    EXPECT_THAT(ran.out, Not(HasSubstr("\x1b")));
    fs::remove_all(run.directory() + "/" + name.substr(0, name.starts_with("work") ? 4 : name.size()));
  }
  EXPECT_THAT(failures(verify(run)), IsEmpty());
}

}  // namespace
}  // namespace ambit::record::integrity_test
