// Names are evidence, and whoever made them may have meant them for the reader's terminal, spreadsheet or script. What
// the commands print of them is one line each, of harmless characters, and tells them apart to the byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <vector>

#include "stages/record/pseudonym.h"
#include "tests/evidence.h"

namespace ambit::names_test {
namespace {

using test::Case;
using test::Ran;
using ::testing::HasSubstr;
using ::testing::Not;

std::string all_bytes() {
  std::string out;
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/') out.push_back(static_cast<char>(byte));
  }
  return out;  // 254 of them; a name has at most 255
}

// Terminals, right-to-left overrides, spreadsheets, JSON, HTML, shells, other tools of the field.
std::vector<std::string> hostile_names() {
  return {
      all_bytes(),
      std::string(255, '\xff'),
      "a\nid,exhibit,locator\n1,x,y",
      "title\x1b]0;owned\x07\x1b[2J\x1b[31m",
      "c1 \xc2\x9b"
      "2J and raw \x9b"
      "2J",
      "invoice\xe2\x80\xaegpj.exe",
      "isolate\xe2\x81\xa6\xe2\x81\xa9 mark\xd8\x9c",
      "zero\xe2\x80\x8bwidth\xef\xbb\xbf",
      "line\xe2\x80\xa8para\xe2\x80\xa9graph",
      "=cmd|' /C calc'!A1",
      "+1+1",
      "-2+3",
      "@SUM(1+1)*cmd|' /C calc'!A0",
      "\t=1+1",
      "\r=1+1",
      "\xef\xbc\x9d"
      "1+1",
      "\"quoted\",\"and; parted\"|x",
      "back\\slash \\x41 \\",
      "<script>alert(1)</script>&amp;'\"",
      "$(touch owned) `id` ; rm -rf ~ ' \" |",
      "{\"locator\":\"x\"}",
      "%s%n%x %0d%0a",
      "\xc0\xaf overlong \xed\xa0\x80 half \xf4\x90\x80\x80 beyond",
      " leading and trailing ",
      "-rf",
      "!/member",
      "null\x7f"
      "del",
      "\xfe"
      "DOCID\xfe\x14\xfe"
      "BATES\xfe",  // what parts the fields of a Concordance file
  };
}

// Half of the names are released, half are not: they stand in the ledger.
void make_folder(const std::string& root) {
  int number = 0;
  for (const std::string& name : hostile_names()) {
    const std::string text = "number " + std::to_string(number++) + "\n";
    test::write_file(root + "/released/" + name, "Rewards Gold " + text);
    test::write_file(root + "/other/" + name, text);
  }
}

// What the locator says, back into bytes. Whatever is not of the text form makes the test fail.
std::string from_text(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out.push_back(text[at]);
      continue;
    }
    EXPECT_EQ(text.substr(at, 2), "\\x");
    out.push_back(static_cast<char>(std::stoi(std::string(text.substr(at + 2, 2)), nullptr, 16)));
    at += 3;
  }
  return out;
}

// The character that begins at `at`, and how long it is; nothing that is not UTF-8.
std::pair<char32_t, std::size_t> character(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  if (length == 0 || at + length > text.size()) return {0xfffd, 0};
  char32_t c = length == 1 ? lead : lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xc0) != 0x80) return {0xfffd, 0};
    c = c << 6 | (next & 0x3f);
  }
  return {c, length};
}

// Text that leaves a terminal as it is and reads as it is written.
void expect_harmless(std::string_view text, std::string_view allowed = "\n") {
  for (std::size_t at = 0; at < text.size();) {
    const auto [c, length] = character(text, at);
    ASSERT_GT(length, 0U) << "no UTF-8 at " << at << " in " << text;
    const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    ASSERT_TRUE(!control || allowed.find(static_cast<char>(c)) != std::string_view::npos) << "control at " << at;
    const bool reorders = c == 0x61c || c == 0xfeff || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
                          (c >= 0x2060 && c <= 0x206f);
    ASSERT_FALSE(reorders) << "U+" << std::hex << static_cast<unsigned>(c) << " in " << text;
    at += length;
  }
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// Rows of a file as in RFC 4180.
std::vector<std::vector<std::string>> csv_rows(std::string_view text) {
  std::vector<std::vector<std::string>> rows(1, std::vector<std::string>(1));
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '"' && at + 1 < text.size() && text[at + 1] == '"') {
      rows.back().back().push_back(text[++at]);
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      rows.back().emplace_back();
    } else if (!quoted && text.substr(at, 2) == "\r\n") {
      ++at;
      if (at + 1 < text.size()) rows.emplace_back(1);
    } else {
      rows.back().back().push_back(c);
    }
  }
  EXPECT_FALSE(quoted);
  return rows;
}

class Names : public ::testing::TestWithParam<bool> {
 protected:
  // A folder, or an ext4 image of it. The exhibit's own name is hostile too.
  void SetUp() override {
    c.order(test::kRewardsOrder);
    make_folder(c.folder / "made");
    exhibit_name = GetParam() ? "=disk\n\x1b[2J\xe2\x80\xae.raw" : "=srv\n\x1b[2J\xe2\x80\xae";
    exhibit = c.folder / exhibit_name;
    if (GetParam()) {
      test::make_sparse(exhibit, 16 << 20);
      const Ran made = test::run({"mke2fs", "-q", "-t", "ext4", "-d", c.folder / "made", exhibit});
      ASSERT_EQ(made.exit, 0) << made.err;
    } else {
      std::filesystem::rename(c.folder / "made", exhibit);
    }
    ran = c.triage("run", {exhibit}, {"--log", c.folder / "log"});
    ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
    for (const std::string& name : hostile_names()) {
      released.insert("/released/" + name);
      other.insert("/other/" + name);
    }
  }
  // The path below the exhibit, as bytes.
  static std::string path_of(const std::string& locator) { return from_text(locator.substr(locator.find(":/") + 1)); }
  Ran ask(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin() + 1, c.folder / "run");
    return test::ambit(arguments);
  }

  Case c;
  std::string exhibit_name, exhibit;
  Ran ran;
  std::set<std::string> released, other;
};
INSTANTIATE_TEST_SUITE_P(OfFolderAndImage, Names, ::testing::Bool(),
                         [](const auto& which) { return which.param ? "image" : "folder"; });

TEST_P(Names, what_is_said_of_a_run_is_harmless) {
  expect_harmless(ran.out);
  expect_harmless(ran.err);
  expect_harmless(test::read_file(c.folder / "log"));
  for (const char* command : {"list", "census", "verify", "status"}) {
    const Ran said = ask({command});
    expect_harmless(said.out);
    expect_harmless(said.err);
  }
  for (const std::vector<std::string>& command : {std::vector<std::string>{"ls", exhibit}, {"ls", "--json", exhibit}}) {
    const Ran said = test::ambit(command);
    EXPECT_EQ(said.exit, 0) << said.err;
    expect_harmless(said.out);
  }
  expect_harmless(ask({"explain", "no\x1b[2J such\nitem"}).err);
  expect_harmless(test::ambit({"census", "no\x1b[2J such\nrun\xe2\x80\xae"}).err);
}

TEST_P(Names, a_list_has_a_line_for_each_item) {
  const Ran list = ask({"list"});
  std::multiset<std::string> found;
  for (const std::string& line : lines_of(list.out)) {
    const std::size_t at = line.find(":/released/");
    if (at != std::string::npos) found.insert(from_text(line.substr(at + 1)));
  }
  EXPECT_EQ(found.size(), released.size()) << list.out;
}

TEST_P(Names, json_gives_every_name_back_to_the_byte) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"list", "--json"}, {"export", "--format", "jsonl"}}) {
    const Ran said = ask(command);
    ASSERT_EQ(said.exit, 0) << said.err;
    expect_harmless(said.out);
    std::set<std::string> found;
    for (const std::string& line : lines_of(said.out)) {
      const auto item = nlohmann::json::parse(line);
      const Ran explained = ask({"explain", std::to_string(item["id"].get<int>()), "--json"});
      EXPECT_EQ(nlohmann::json::parse(explained.out)["locator"], item["locator"]);
      if (item["locator"].get<std::string>().find(":/") != std::string::npos) found.insert(path_of(item["locator"]));
    }
    for (const std::string& path : released) EXPECT_TRUE(found.contains(path)) << testing::PrintToString(path);
  }
}

TEST_P(Names, the_locator_that_was_shown_finds_its_item) {
  const Ran said = ask({"list", "--json"});
  for (const std::string& line : lines_of(said.out)) {
    const auto item = nlohmann::json::parse(line);
    const Ran by_locator = ask({"explain", "--", item["locator"]});
    ASSERT_EQ(by_locator.exit, 0) << by_locator.err;
    expect_harmless(by_locator.out);
    EXPECT_THAT(by_locator.out, HasSubstr("Item " + std::to_string(item["id"].get<int>()) + "\n"));
  }
}

TEST_P(Names, a_spreadsheet_has_the_rows_it_should_and_no_formula) {
  const Ran csv = ask({"export", "--format", "csv"});
  ASSERT_EQ(csv.exit, 0) << csv.err;
  expect_harmless(csv.out, "\r\n");
  const auto rows = csv_rows(csv.out);
  std::set<std::string> found;
  for (const auto& row : rows) {
    ASSERT_EQ(row.size(), rows[0].size());
    for (const std::string& cell : row) {
      const bool formula = !cell.empty() && std::string_view("=+-@\t\r\n").find(cell[0]) != std::string_view::npos;
      EXPECT_FALSE(formula) << cell;
      EXPECT_EQ(cell.find_first_of("\r\n"), std::string::npos) << cell;
    }
    if (row[2].find(":/") != std::string::npos) found.insert(path_of(row[2]));
  }
  for (const std::string& path : released) EXPECT_TRUE(found.contains(path)) << testing::PrintToString(path);
}

TEST_P(Names, the_ledger_gives_every_other_name_back_to_the_byte) {
  const Ran lines = ask({"unseal", "--identity", c.identity_file});
  ASSERT_EQ(lines.exit, 0) << lines.err;
  expect_harmless(lines.out);
  std::set<std::string> found;
  for (const std::string& line : lines_of(lines.out)) {
    const std::string locator = nlohmann::json::parse(line)["locator"];
    if (locator.find(":/") != std::string::npos) found.insert(path_of(locator));
  }
  for (const std::string& path : other) EXPECT_TRUE(found.contains(path)) << testing::PrintToString(path);
}

// A note on a run that hangs calls an object by its id; the court, with the case key, finds it.
TEST_P(Names, the_id_of_an_object_leads_to_its_line_in_the_ledger) {
  const auto key = record::CaseKey::load(c.order_file() + ".key");
  ASSERT_TRUE(key.ok());
  const auto lines = lines_of(ask({"unseal", "--identity", c.identity_file}).out);
  for (std::size_t i = 0; i < lines.size(); i += 9) {
    const std::string locator = nlohmann::json::parse(lines[i])["locator"];
    const std::vector<std::string> command = {"unseal", "--identity", c.identity_file, "--key",
                                              c.order_file() + ".key"};
    const std::string id = record::object_id(*key, locator);
    std::vector<std::string> by_id = command;
    by_id.insert(by_id.end(), {"--object", id});
    EXPECT_EQ(ask(by_id).out, lines[i] + "\n");
    by_id.back() = std::string(id.rbegin(), id.rend());
    EXPECT_THAT(ask(by_id).err, HasSubstr("no object with this id"));
  }
}

// A run directory that somebody else made may hold anything: its reader's terminal is not to be steered by it either.
TEST_P(Names, a_run_directory_made_to_steer_a_terminal_does_not) {
  const std::string index = c.folder / "run/relevance.db";
  const Ran bent = test::run({"sqlite3", index,
                              "UPDATE item_row SET locator = 'srv:/' || char(27) || '[2J' || char(0x202e, 10, 0x9b);"
                              "UPDATE paragraph SET text = char(27, 0x202e, 7);"
                              "UPDATE meta SET value = char(27) WHERE key = 'order_id';"
                              "UPDATE exhibit SET name = char(27, 0x202e)"});
  ASSERT_EQ(bent.exit, 0) << bent.err;
  for (const std::vector<std::string>& command : {std::vector<std::string>{"list"},
                                                  {"list", "--json"},
                                                  {"explain", "1"},
                                                  {"explain", "1", "--json"},
                                                  {"census"},
                                                  {"census", "--json"},
                                                  {"verify"},
                                                  {"export", "--format", "csv"},
                                                  {"export", "--format", "jsonl"}}) {
    const Ran said = ask(command);
    EXPECT_THAT(said.out + said.err, Not(HasSubstr("\x1b"))) << command[0];
    EXPECT_THAT(said.out + said.err, Not(HasSubstr("\xe2\x80\xae"))) << command[0];
  }
}

}  // namespace
}  // namespace ambit::names_test
