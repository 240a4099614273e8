// unit = "record" from outside: of ten thousand people in one line, the order reaches one, and nobody else stands
// anywhere in what a run leaves behind.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>

#include "stages/audit/canary_people.h"
#include "stages/audit/canary_search.h"
#include "tests/evidence.h"

namespace ambit::triage_records_test {
namespace {

using test::Case;
using test::Ran;

constexpr std::string_view kOrder = R"(
[[identifier]]
name = "accused.mail"
literals = ["kim@northlight.example"]
[[rule]]
name = "R1"
paragraph = "1"
when = 'accused.mail'
unit = "record"
)";

constexpr int kRows = 10'000;
constexpr int kRelevant = 6'321;
// In the name, the address and the notes of everybody else.
constexpr std::string_view kCanary = "Quokkaberry";

// A text of rows, and where the relevant one begins and ends.
struct Text {
  std::string bytes;
  std::size_t begin = 0, end = 0;
};

// `row` writes one from a number, a name, an address and a note.
template <class Row>
Text text_of(std::string_view before, std::string_view between, std::string_view behind, std::size_t note_bytes,
             Row&& row) {
  Text out;
  out.bytes = before;
  for (int i = 0; i < kRows; ++i) {
    if (i > 0) out.bytes += between;
    const bool is_relevant = i == kRelevant;
    const std::string name = is_relevant ? "Kim" : std::string(kCanary) + std::to_string(i);
    const std::string mail = is_relevant ? "kim@northlight.example" : name + "@mailbox.example";
    const std::string note = is_relevant ? "paid" : std::string(kCanary) + std::string(note_bytes, 'n');
    if (is_relevant) out.begin = out.bytes.size();
    out.bytes += row(std::to_string(i), name, mail, note);
    if (is_relevant) out.end = out.bytes.size();
  }
  out.bytes += behind;
  return out;
}

Text sql_text() {
  return text_of("-- MySQL dump 10.13\n\nCREATE TABLE `c` (\n  `id` int\n);\nINSERT INTO `c` VALUES ", ",", ";\n",
                 2'000, [](const auto& id, const auto& name, const auto& mail, const auto& note) {
                   return "(" + id + ",'" + name + "','" + mail + "','it\\'s ),(" + note + "',NULL)";
                 });
}
Text json_text(std::string_view before, std::string_view between, std::string_view behind) {
  return text_of(before, between, behind, 200,
                 [](const auto& id, const auto& name, const auto& mail, const auto& note) {
                   return "{\"id\":" + id + ",\"name\":\"" + name + "\",\"mail\":\"" + mail + "\",\"note\":\"\\\"},{" +
                          note + "\"}";
                 });
}
Text csv_text() {
  return text_of("id,name,mail,note\n", "", "", 200,
                 [](const auto& id, const auto& name, const auto& mail, const auto& note) {
                   return id + ",\"" + name + "\"," + mail + ",\"two\nlines\n" + note + "\"\n";
                 });
}

// All in which the canary could show itself, wherever it stands in what is encoded.
std::vector<std::string> disguises() {
  const std::string canary(kCanary);
  std::string big = test::utf16le(canary), hex;
  for (std::size_t i = 0; i + 1 < big.size(); i += 2) std::swap(big[i], big[i + 1]);
  std::vector<std::string> out = {canary, test::utf16le(canary), big};
  for (const char c : canary) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    hex += digits;
  }
  out.push_back(hex);
  std::transform(hex.begin(), hex.end(), hex.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  out.push_back(hex);
  for (const std::string_view before : {"", "x", "xx"}) {
    const std::string command = "printf %s '" + std::string(before) + canary + "' | base64 -w0";
    const std::string base64 = test::run({"bash", "-c", command}).out;
    out.push_back(base64.substr(before.size() == 0 ? 0 : 4, 8));
  }
  return out;
}

void expect_no_canary(const std::string& bytes, const std::string& where) {
  for (const std::string& text : disguises()) EXPECT_EQ(bytes.find(text), std::string::npos) << where << ": " << text;
}

TEST(TriageRecords, releases_one_row_of_ten_thousand_in_a_line) {
  Case c;
  c.order(kOrder);
  const std::vector<std::pair<std::string, Text>> texts = {
      {"dump.sql", sql_text()},
      {"list.json", json_text("[", ",", "]")},
      {"lines.jsonl", json_text("", "\n", "\n")},
      {"table.csv", csv_text()},
  };
  ASSERT_GT(texts[0].second.bytes.size(), 20'000'000U);
  std::string expected;
  for (const auto& [name, text] : texts) {
    test::write_file(c.folder / ("server/" + name), text.bytes);
    const std::size_t newline = name == "lines.jsonl" ? 1 : 0;
    expected +=
        name + "|redact|" + std::to_string(text.begin) + "|" + std::to_string(text.end - text.begin + newline) + "\n";
  }
  expected.pop_back();
  std::set<std::string> indexes;
  for (const auto& [threads, chunk] : {std::pair{"2", "1M"}, std::pair{"1", "64K"}, std::pair{"8", "100003"}}) {
    const std::string name = std::string("run-") + chunk;
    const Ran ran = c.triage(name, {c.folder / "server"},
                             {"--threads", threads, "--chunk-size", chunk, "--log", c.folder / (name + ".jsonl")});
    ASSERT_EQ(ran.exit, 0) << ran.err;
    expect_no_canary(ran.out + ran.err + test::read_file(c.folder / (name + ".jsonl")), "messages");
    indexes.insert(test::read_file(c.folder / (name + "/relevance.db")));
  }
  EXPECT_EQ(indexes.size(), 1U);
  EXPECT_EQ(c.query("run-1M",
                    "SELECT substr(locator, 9), disposition, start, length FROM v_item JOIN extent ON item = id "
                    "ORDER BY instr('dump.sqllist.jsonlines.jsonltable.csv', substr(locator, 9))"),
            expected);
  const std::string run = c.folder / "run-1M";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(run)) {
    if (entry.is_regular_file()) expect_no_canary(test::read_file(entry.path().string()), entry.path().string());
  }
  for (const std::vector<std::string>& command : {std::vector<std::string>{"list", run, "--json"},
                                                  {"explain", run, "1"},
                                                  {"export", run, "--format", "jsonl"},
                                                  {"verify", run, "--exhibit", c.folder / "server"}}) {
    const Ran shown = test::ambit(command);
    EXPECT_EQ(shown.exit, 0) << command[0] << shown.err;
    expect_no_canary(shown.out + shown.err, command[0]);
  }
  for (const auto& [name, text] : texts) {  // and the test would see one
    EXPECT_NE(text.bytes.find(disguises()[0]), std::string::npos);
    EXPECT_EQ(text.bytes.substr(text.begin, text.end - text.begin).find(kCanary), std::string::npos);
  }
}

// Rows of a database, of which one is relevant; and where its bytes hold it once more, in no row.
TEST(TriageRecords, of_a_database_are_the_rows_of_its_views) {
  Case c;
  c.order(kOrder);
  std::filesystem::create_directories(c.folder / "server");
  const std::string make =
      "create table u(id integer primary key, n text); with recursive c(i) as (select 1 union all "
      "select i+1 from c where i<60) insert into u select i,'Quokkaberry'||i||' paid' from c; "
      "update u set n='kim@northlight.example' where id=30;";
  ASSERT_EQ(test::run({"sqlite3", c.folder / "server/a.db", make}).exit, 0);
  ASSERT_EQ(test::run({"sqlite3", c.folder / "server/b.db", make + " delete from u where id=60;"}).exit, 0);
  std::ofstream(c.folder / "server/b.db", std::ios::binary | std::ios::app) << "kim@northlight.example";
  std::set<std::string> indexes;
  for (const char* threads : {"1", "2", "8"}) {
    const std::string name = std::string("run-") + threads;
    ASSERT_EQ(c.triage(name, {c.folder / "server"}, {"--threads", threads}).exit, 0);
    indexes.insert(test::read_file(c.folder / (name + "/relevance.db")));
  }
  EXPECT_EQ(indexes.size(), 1U);
  EXPECT_EQ(c.query("run-1",
                    "SELECT substr(locator, 9), disposition, start IS NOT NULL, length FROM v_item LEFT JOIN extent ON "
                    "item = id ORDER BY locator"),
            "a.db!u 2|disclose|1|27\nb.db!u 2|disclose|1|27");
  EXPECT_EQ(c.query("run-1",
                    "SELECT sum(items) FROM census JOIN word ON topic = 'disposition' AND number = disposition WHERE "
                    "word = 'review_private'"),
            "1");
}

// Bytes of the dump below: enough to be cut into chunks and spans, or AMBIT_DUMP_BYTES. 1073741824 takes a minute.
std::size_t dump_bytes() {
  const char* const wanted = std::getenv("AMBIT_DUMP_BYTES");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 80'000'000;
}

// Ten thousand customers, each with a name, an address, a street and a card of their own, and the accused between two
// of them. In lines of many rows, as mysqldump writes them.
TEST(TriageRecords, lets_out_nothing_of_ten_thousand_customers_in_a_large_dump) {
  Case c;
  c.order(kOrder);
  audit::Random random(17);
  audit::Registry registry;
  const std::string note(dump_bytes() / kRows - 100, 'n');
  const std::string path = c.folder / "server/dump.sql";
  test::write_file(path, "-- MySQL dump 10.13\n\nCREATE TABLE `customer` (\n  `id` int\n);\n");
  std::ofstream out(path, std::ios::binary | std::ios::app);
  std::size_t at = static_cast<std::size_t>(std::filesystem::file_size(path)), begin = 0, end = 0;
  for (int i = 0; i < kRows; ++i) {
    const bool opens = i % 40 == 0, closes = i % 40 == 39 || i + 1 == kRows;
    const audit::Person person = audit::invent_person(random);
    std::string row = "(" + std::to_string(i) + ",'";
    if (i == kRelevant) {
      row += "Kim','kim@northlight.example','paid')";
    } else {
      row += person.name + "','" + person.mail + "','" + person.street + "','" + person.card + "','" + note + "')";
      audit::Canary canary;
      canary.is_private = true;
      canary.values = person.values();
      registry.canaries.push_back(canary);
    }
    const std::string before = opens ? "INSERT INTO `customer` VALUES " : ",";
    if (i == kRelevant) {
      begin = at + before.size();
      end = begin + row.size();
    }
    const std::string text = before + row + (closes ? ";\n" : "");
    out << text;
    at += text.size();
  }
  ASSERT_TRUE(out.flush().good());
  out.close();
  ASSERT_GE(at, dump_bytes());

  const Ran ran = c.triage("run", {c.folder / "server"}, {"--log", c.folder / "log.jsonl"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT disposition, start, length FROM v_item JOIN extent ON item = id"),
            "redact|" + std::to_string(begin) + "|" + std::to_string(end - begin));
  audit::CanarySearch search(registry);
  const std::string run = c.folder / "run";
  std::string said = ran.out + ran.err + test::read_file(c.folder / "log.jsonl");
  for (const std::vector<std::string>& command : {std::vector<std::string>{"list", run, "--json"},
                                                  {"explain", run, "1"},
                                                  {"census", run},
                                                  {"export", run, "--format", "csv"},
                                                  {"audit", run, "--exhibit", c.folder / "server"}}) {
    const Ran shown = test::ambit(command);
    EXPECT_EQ(shown.exit, 0) << command[0] << shown.out << shown.err;
    said += shown.out + shown.err;
  }
  search.look(said);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(run)) {
    if (entry.is_regular_file() && entry.path().extension() != ".age")
      search.look(test::read_file(entry.path().string()));
  }
  EXPECT_EQ(search.seen().size(), 0U);
  search.look(test::read_file(path).substr(0, 4'000'000));  // and it would have seen them
  EXPECT_GT(search.seen().size(), 20U);
}

// Where the row itself names somebody else, nothing of it is released.
TEST(TriageRecords, withholds_a_row_that_names_a_third_party) {
  Case c;
  c.order(kOrder);
  test::write_file(
      c.folder / "server/dump.sql",
      "INSERT INTO `c` VALUES (1,'ann@mailbox.example'),(2,'kim@northlight.example,jo@mailbox.example');\n");
  ASSERT_EQ(c.triage("run", {c.folder / "server"}).exit, 0);
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM item"), "0");
  EXPECT_NE(c.ledger("run").find("private_in_extent"), std::string::npos);
}

}  // namespace
}  // namespace ambit::triage_records_test
