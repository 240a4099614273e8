// Reading a finished run: what was written is read back, and nothing can be changed without being seen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "stages/record/commitment.h"
#include "stages/record/export.h"
#include "stages/record/item_json.h"
#include "stages/record/merkle.h"
#include "stages/record/proof.h"
#include "stages/record/run_reader.h"
#include "stages/record/unseal.h"
#include "tests/finished_run.h"

namespace ambit::record::reading_test {
namespace {

namespace fs = std::filesystem;
using ambit::testing::FinishedRun;
using ambit::testing::kItems;
using ambit::testing::kLedgerLines;
using ambit::testing::read_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

RunReader open_run(const FinishedRun& run) {
  auto reader = RunReader::open(run.directory());
  EXPECT_TRUE(reader.ok()) << (reader.ok() ? "" : reader.error().what);
  return std::move(reader).value();
}

std::vector<std::string> locators(const RunReader& run, const ItemFilter& filter) {
  std::vector<std::string> out;
  const Result<> read = run.items(filter, [&](const IndexItem& item) {
    out.push_back(item.locator);
    return true;
  });
  EXPECT_TRUE(read.ok());
  return out;
}

TEST(RunReader, reads_back_what_was_written_in_the_order_of_locators) {
  const FinishedRun run;
  const RunReader reader = open_run(run);
  EXPECT_THAT(locators(reader, {}), ElementsAre("srv:/a.txt", "srv:/copy.txt", "srv:/log/b.log", "srv:/z=1,\"q\".txt"));
  EXPECT_EQ(reader.meta().at("order_id"), "2013-ONSC-193");
  ASSERT_EQ(reader.exhibits().size(), 1U);
  EXPECT_EQ(reader.exhibits()[0].kind, "split raw");
  ASSERT_EQ(reader.identifiers().size(), 3U);
  EXPECT_EQ(reader.identifiers()[0].objects, 4U);
  const auto item = reader.item("srv:/a.txt");
  ASSERT_TRUE(item.ok());
  EXPECT_EQ(item->id, 1U);
  EXPECT_EQ(item->size, 1000U);
  EXPECT_EQ(reader.word("disposition", item->disposition), "disclose");
  ASSERT_NE(reader.rule(item->rule), nullptr);
  EXPECT_EQ(reader.paragraph(reader.rule(item->rule)->paragraph)->text, "Communications about the reward programme.");
  ASSERT_EQ(item->hits.size(), 2U);
  EXPECT_EQ(reader.word("form", item->hits[1].form), "utf16le");
  ASSERT_EQ(item->extents.size(), 2U);
  EXPECT_EQ(item->extents[0].exhibit_offset, 4096U);
  EXPECT_EQ(item->extents[1].exhibit_offset, std::nullopt);
}

TEST(RunReader, filters_by_disposition_identifier_and_group) {
  const FinishedRun run;
  const RunReader reader = open_run(run);
  EXPECT_THAT(locators(reader, {"redact", ""}), ElementsAre("srv:/log/b.log", "srv:/z=1,\"q\".txt"));
  EXPECT_THAT(locators(reader, {"", "payout.names"}), ElementsAre("srv:/a.txt", "srv:/copy.txt", "srv:/log/b.log"));
  EXPECT_THAT(locators(reader, {"redact", "payout"}), ElementsAre("srv:/log/b.log"));
  EXPECT_THAT(locators(reader, {"not_relevant", ""}), ElementsAre());
  for (const ItemFilter& unknown : {ItemFilter{"disclosed", ""}, ItemFilter{"", "payou"}, ItemFilter{"", "payout."}}) {
    const Result<> read = reader.items(unknown, [](const IndexItem&) { return true; });
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().kind, ErrorKind::usage);
    EXPECT_NE(read.error().remedy, "");
  }
}

TEST(RunReader, a_duplicate_has_the_hits_of_its_original_but_not_its_place_in_the_exhibit) {
  const FinishedRun run;
  const RunReader reader = open_run(run);
  const auto item = reader.item("2");
  ASSERT_TRUE(item.ok());
  EXPECT_EQ(item->locator, "srv:/copy.txt");
  EXPECT_EQ(item->duplicate_of, 1U);
  EXPECT_EQ(item->hits.size(), 2U);
  ASSERT_EQ(item->extents.size(), 2U);
  EXPECT_EQ(item->extents[0].exhibit_offset, std::nullopt);
}

TEST(RunReader, a_file_of_an_image_has_its_inode_all_its_paths_and_the_pieces_of_its_extents) {
  const FinishedRun run;
  const RunReader reader = open_run(run);
  const auto item = reader.item("4");
  ASSERT_TRUE(item.ok());
  EXPECT_EQ(item->inode, 77U);
  EXPECT_THAT(item->links, ElementsAre("srv:/old/q.txt"));
  EXPECT_THAT(item->places, ElementsAre(IndexPlace{0, 30, 4000}, IndexPlace{50, 30, 512}));
  EXPECT_EQ(reader.item("srv:/old/q.txt")->id, 4U);  // any of its paths finds it
  const auto plain = reader.item("1");
  EXPECT_EQ(plain->inode, std::nullopt);
  EXPECT_THAT(plain->links, ElementsAre());
  EXPECT_THAT(plain->places, ElementsAre());
}

TEST(RunReader, finds_no_item_for_an_excluded_object_or_a_number_that_is_none) {
  const FinishedRun run;
  const RunReader reader = open_run(run);
  for (const char* name : {"srv:/private/0.jpg", "0", "5", "-1", "99999999999999999999", "", "srv:/a.txt' OR 1=1 --"}) {
    EXPECT_FALSE(reader.item(name).ok()) << name;
  }
}

TEST(RunReader, refuses_what_is_not_a_finished_run) {
  const FinishedRun run;
  EXPECT_FALSE(RunReader::open(run.folder() + "/nowhere").ok());
  EXPECT_FALSE(RunReader::open(run.folder()).ok());
  run.change("PRAGMA user_version = 99");
  EXPECT_THAT(RunReader::open(run.directory()).error().what, HasSubstr("another version"));
  run.change("PRAGMA application_id = 1");
  EXPECT_THAT(RunReader::open(run.directory()).error().what, HasSubstr("not a relevance index"));
  ambit::testing::write_file(run.directory() + "/relevance.db", "no database at all, but long enough to be looked at");
  EXPECT_FALSE(RunReader::open(run.directory()).ok());
  fs::remove(run.directory() + "/checkpoint.txt");
  EXPECT_THAT(RunReader::open(run.directory()).error().what, HasSubstr("not a finished run"));
}

TEST(RunReader, survives_every_truncation_and_many_flips_of_the_index) {
  const FinishedRun run;
  const std::string path = run.directory() + "/relevance.db", whole = read_file(path);
  const auto read_all = [&] {
    const auto reader = RunReader::open(run.directory());
    if (!reader) return;
    (void)reader->items({"", "payout"}, [](const IndexItem&) { return true; }).ok();
    (void)reader->census().ok();
    (void)reader->check_integrity().ok();
  };
  for (std::size_t size = 0; size < whole.size(); size += 509) {
    ambit::testing::write_file(path, whole.substr(0, size));
    read_all();
  }
  for (std::size_t at = 0; at < whole.size(); at += 53) {
    std::string bent = whole;
    bent[at] = static_cast<char>(bent[at] ^ (1 << at % 8));
    ambit::testing::write_file(path, bent);
    read_all();
  }
}

TEST(RunReader, counts_add_up_to_what_was_added) {
  const FinishedRun run;
  const RunReader reader = open_run(run);
  const auto census = reader.census();
  ASSERT_TRUE(census.ok());
  std::map<std::string, std::uint64_t> items;
  for (const CensusRow& row : *census) items[row.disposition] += row.items;
  EXPECT_EQ(items["not_relevant"], 6U);
  EXPECT_EQ(items["unexamined"], 1U);
  EXPECT_EQ(items["privileged"], 1U);
  const auto exceptions = reader.exceptions();
  ASSERT_TRUE(exceptions.ok());
  ASSERT_EQ(exceptions->size(), 1U);
  EXPECT_EQ((*exceptions)[0].reason, "unreadable");
  EXPECT_EQ((*exceptions)[0].bytes, 512U);
  const auto log = reader.privilege_log();
  ASSERT_TRUE(log.ok());
  ASSERT_EQ(log->size(), 1U);
  EXPECT_EQ((*log)[0].rule, "P1");
}

TEST(Proof, holds_for_every_item_and_for_none_that_was_changed) {
  const FinishedRun run;
  for (std::uint64_t id = 1; id <= kItems; ++id) {
    const auto proof = prove_item(open_run(run), id);
    ASSERT_TRUE(proof.ok());
    EXPECT_TRUE(proof->holds);
    EXPECT_EQ(proof->index, id - 1);
    EXPECT_EQ(proof->leaves, kItems);
    EXPECT_TRUE(verify_inclusion(proof->leaf, proof->index, proof->leaves, proof->path, proof->root));
  }
  run.change("UPDATE item_row SET size = size + 1 WHERE id = 3");
  const auto changed = prove_item(open_run(run), 3);
  ASSERT_TRUE(changed.ok());
  EXPECT_FALSE(changed->holds);
}

std::vector<std::string> ledger_lines(const FinishedRun& run) {
  std::vector<std::string> lines;
  const Result<> read = read_ledger(run.directory(), run.identity(), [&](std::string_view line) {
    lines.emplace_back(line);
    return true;
  });
  EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().what);
  return lines;
}

TEST(Unseal, gives_one_line_for_each_object_that_was_not_released) {
  const FinishedRun run;
  std::map<std::string, std::string> fate;
  for (const std::string& line : ledger_lines(run)) {
    const auto json = nlohmann::json::parse(line);
    fate[json["locator"]] = json["disposition"];
  }
  EXPECT_EQ(fate.size(), kLedgerLines);
  EXPECT_EQ(fate["srv:/private/0.jpg"], "not_relevant");
  EXPECT_EQ(fate["srv:/broken.bin"], "unexamined");
  EXPECT_EQ(fate["srv:/counsel.eml"], "privileged");
  EXPECT_EQ(fate.count("srv:/a.txt"), 0U);
}

TEST(Unseal, opens_for_nobody_else_and_not_when_damaged) {
  const FinishedRun run;
  const auto nothing = [](std::string_view) { return true; };
  const Result<> stranger = read_ledger(run.directory(), run.stranger(), nothing);
  ASSERT_FALSE(stranger.ok());
  EXPECT_EQ(stranger.error().kind, ErrorKind::key);
  EXPECT_FALSE(read_ledger(run.directory(), run.folder() + "/no.key", nothing).ok());
  const std::string path = run.directory() + "/ledger/0001.age", whole = read_file(path);
  for (std::size_t at = 0; at < whole.size(); at += whole.size() / 20 + 1) {
    std::string bent = whole;
    bent[at] = static_cast<char>(bent[at] ^ 4);
    ambit::testing::write_file(path, bent);
    EXPECT_FALSE(read_ledger(run.directory(), run.identity(), nothing).ok()) << at;
  }
  ambit::testing::write_file(path, whole.substr(0, whole.size() - 20));
  EXPECT_FALSE(read_ledger(run.directory(), run.identity(), nothing).ok());
}

TEST(Unseal, the_audit_sees_a_line_that_is_missing_doubled_or_changed) {
  const FinishedRun run;
  const std::vector<std::string> lines = ledger_lines(run);
  const auto audited = [&](const std::vector<std::string>& some) {
    auto audit = LedgerAudit::start(run.directory());
    EXPECT_TRUE(audit.ok());
    for (const std::string& line : some) {
      if (!audit->see(line).ok()) return false;
    }
    return audit->finish().ok();
  };
  EXPECT_TRUE(audited(lines));
  EXPECT_FALSE(audited({lines.begin() + 1, lines.end()}));
  std::vector<std::string> doubled = lines;
  doubled.back() = doubled.front();
  EXPECT_FALSE(audited(doubled));
  for (std::size_t at = 0; at < lines[0].size(); ++at) {
    std::vector<std::string> changed = lines;
    changed[0][at] = static_cast<char>(changed[0][at] ^ 1);
    EXPECT_FALSE(audited(changed)) << at;
  }
}

TEST(Unseal, every_line_can_be_proved_alone) {
  const FinishedRun run;
  std::set<std::uint64_t> places;
  for (const std::string& line : ledger_lines(run)) {
    const auto proof = prove_line(run.directory(), line);
    ASSERT_TRUE(proof.ok());
    EXPECT_TRUE(proof->holds);
    places.insert(proof->index);
    std::string changed = line;
    changed.replace(changed.find("\"size\":"), 7, "\"siZe\":");
    EXPECT_FALSE(prove_line(run.directory(), changed).ok());
  }
  EXPECT_EQ(places.size(), kLedgerLines);
}

TEST(Unseal, finds_the_line_of_a_locator_and_no_other) {
  const std::string line = R"({"exhibit":"srv","locator":"srv:/a \"b\"","state":"active"})";
  EXPECT_TRUE(is_line_of(line, "srv:/a \"b\""));
  EXPECT_FALSE(is_line_of(line, "srv:/a"));
  EXPECT_FALSE(is_line_of(line, ""));
  EXPECT_FALSE(is_line_of("{}", "srv:/a"));
}

TEST(Export, cells_are_text_for_every_spreadsheet) {
  const std::pair<const char*, const char*> cells[] = {
      {"", ""},
      {"plain", "plain"},
      {"a,b", "\"a,b\""},
      {"say \"x\"", "\"say \"\"x\"\"\""},
      {"two\nlines", "\"two\nlines\""},
      {"a;b", "\"a;b\""},
      {"=1+1", "'=1+1"},
      {"+1", "'+1"},
      {"-1", "'-1"},
      {"@SUM(A1)", "'@SUM(A1)"},
      {"\tx", "\"'\tx\""},
      {"\r=1", "\"'\r=1\""},
      {"=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""},
      {"\uff1d1", "'\uff1d1"},
      {"1=1", "1=1"},
  };
  for (const auto& [text, cell] : cells) EXPECT_EQ(csv_cell(text), cell) << text;
}

std::string exported(const RunReader& run, std::string_view format) {
  std::string out;
  for (const ExportFormat& each : export_formats()) {
    if (each.name != format) continue;
    EXPECT_TRUE(each.write(run,
                           [&](std::string_view text) {
                             out += text;
                             return true;
                           })
                    .ok());
  }
  return out;
}

TEST(Export, csv_has_one_row_per_item_with_identifiers_and_extents) {
  const FinishedRun run;
  const std::string csv = exported(open_run(run), "csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), static_cast<std::ptrdiff_t>(kItems + 1));
  EXPECT_THAT(csv,
              HasSubstr("\r\n1,srv,srv:/a.txt,active,text,1000,0101010101010101010101010101010101010101010101010101"
                        "010101010101,2012-01-19T10:00:00Z,disclose,4a,R1,\"accused.mail; payout.names\",2,"
                        "\"raw:0+80@4096; raw:640+100\",,,,\r\n"));
  EXPECT_THAT(csv, HasSubstr(",1,raw:0+80,,77,srv:/old/q.txt,\"0+30@4000; 50+30@512\"\r\n"));
  EXPECT_THAT(csv, HasSubstr("\r\n4,srv,\"srv:/z=1,\"\"q\"\".txt\",active,"));
  EXPECT_THAT(csv, Not(HasSubstr(ambit::testing::kPrivatePath)));
}

TEST(Export, jsonl_has_one_object_per_item_with_hits_and_extents) {
  const FinishedRun run;
  std::istringstream lines(exported(open_run(run), "jsonl"));
  std::vector<nlohmann::json> items;
  for (std::string line; std::getline(lines, line);) items.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(items.size(), kItems);
  EXPECT_EQ(items[0]["hits"].size(), 2U);
  EXPECT_EQ(items[0]["hits"][1]["identifier"], "payout.names");
  EXPECT_EQ(items[0]["extents"][0]["exhibit_offset"], 4096);
  EXPECT_EQ(items[1]["duplicate_of"], 1);
  EXPECT_EQ(items[3]["locator"], "srv:/z=1,\"q\".txt");
  EXPECT_EQ(items[3]["inode"], 77);
  EXPECT_EQ(items[3]["links"][0], "srv:/old/q.txt");
  EXPECT_EQ(items[3]["places"].dump(),
            R"([{"exhibit_offset":4000,"length":30,"start":0},{"exhibit_offset":512,"length":30,"start":50}])");
  EXPECT_FALSE(items[0].contains("places"));
}

TEST(Export, stops_when_the_output_takes_no_more) {
  const FinishedRun run;
  const RunReader reader = open_run(run);
  for (const ExportFormat& format : export_formats()) {
    std::size_t pieces = 0;
    EXPECT_TRUE(format.write(reader, [&](std::string_view) { return ++pieces < 2; }).ok());
    EXPECT_EQ(pieces, 2U) << format.name;
  }
}

TEST(ItemJson, dates_are_utc_and_absurd_ones_stay_numbers) {
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(1326967200), "2012-01-19T10:00:00Z");
  EXPECT_EQ(utc_text(-1), "1969-12-31T23:59:59Z");
  EXPECT_EQ(utc_text(INT64_MAX), std::to_string(INT64_MAX));
  EXPECT_EQ(utc_text(INT64_MIN), std::to_string(INT64_MIN));
}

}  // namespace
}  // namespace ambit::record::reading_test
