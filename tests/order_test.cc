// The order file: what a good one means, and what is said of a bad one.
#include "pipeline/order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "pipeline/hash_list.h"
#include "pipeline/hash_set.h"
#include "pipeline/limits.h"

namespace ambit::order_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kExample = std::string(AMBIT_SOURCE_DIR) + "/configs/example.toml";
constexpr std::string_view kKey = "age1me9ncsf5j0kft5tl9dsuhgwsfxhl6dqa859w9jhgn92zlurgvgls6l4xmr";

// The smallest good order; the mistakes below are made in it.
const std::string kGood =  // line
    "[order]\n"            // 1
    "id = 'case 9'\n"      // 2
    "court = 'Court'\n"    // 3
    "seal_to = ['" +
    std::string(kKey) +
    "']\n"                              // 4
    "[[paragraph]]\n"                   // 5
    "id = '4a'\n"                       // 6
    "text = 'Words.'\n"                 // 7
    "[[identifier]]\n"                  // 8
    "name = 'kim.mail'\n"               // 9
    "literals = ['kim@example.com']\n"  // 10
    "[[rule]]\n"                        // 11
    "name = 'R1'\n"                     // 12
    "paragraph = '4a'\n"                // 13
    "when = 'kim.mail'\n";              // 14

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string shown(const std::vector<OrderProblem>& problems) {
  std::string out;
  for (const OrderProblem& p : problems) {
    out += std::to_string(p.line) + ":" + std::to_string(p.column) + ": " + p.what + " -> " + p.remedy + "\n";
  }
  return out;
}

// A folder of its own that goes away.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ambit-order-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string write(const std::string& name, std::string_view bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return (path_ / name).string();
  }
  std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// --- mistakes ------------------------------------------------------------------------------------------------

// One mistake: `from`, a piece of kGood that occurs once, becomes `to`; an empty `from` appends.
struct Mistake {
  std::string from, to;
  std::uint32_t line, column;
  std::string what, remedy;
};

// "\\u200B" for the character U+200B: how TOML escapes it.
std::string escaped(std::string_view character) {
  const std::string digits = code_point_name(first_character(character).code).substr(2);
  return digits.size() > 4 ? "\\U" + std::string(8 - digits.size(), '0') + digits : "\\u" + digits;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  while (times-- > 0) out += text;
  return out;
}

void expect_each(const std::vector<Mistake>& mistakes) {
  for (const Mistake& m : mistakes) {
    SCOPED_TRACE(m.from + " => " + m.to.substr(0, 200));
    std::string text = kGood;
    const std::size_t at = m.from.empty() ? text.size() : text.find(m.from);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, m.from.size(), m.to);
    const ReadOrder read = read_order_text(text, kExample);
    EXPECT_EQ(read.problems.size(), 1U) << shown(read.problems);
    if (read.problems.size() != 1) continue;
    const OrderProblem& problem = read.problems[0];
    EXPECT_EQ(std::to_string(problem.line) + ":" + std::to_string(problem.column),
              std::to_string(m.line) + ":" + std::to_string(m.column))
        << problem.what;
    EXPECT_THAT(problem.what, HasSubstr(m.what));
    EXPECT_THAT(problem.remedy, HasSubstr(m.remedy));
  }
}

TEST(OrderMistakes, of_syntax_are_told_by_line) {
  expect_each({
      {"id = '4a'", "id = '4a", 6, 9, "not TOML", "correct this line"},
      {"id = '4a'", "id = 4a", 6, 7, "not TOML", "correct this line"},
      {"court = 'Court'", "id = 'twice'", 3, 6, "not TOML", "correct this line"},
      {"'Words.'", "'W\xc3(rds.'", 7, 10, "the order file is not UTF-8", "save it as UTF-8"},
      {"'Words.'", "'åå\xed\xa0\x80'", 7, 11, "the order file is not UTF-8", "save it as UTF-8"},
      {"'Words.'", "'\x01'", 7, 9, "not TOML", "correct this line"},
      {"text = 'Words.'\n", "text = 'Words.'\rx = 1", 7, 17, "not TOML", "correct this line"},
      {"", "[limits]\nhits" + std::string(100'000, '.') + " = 1\n", 16, 1, "1,000 parts", "remove the dots"},
      {"", "x = " + std::string(100'000, '[') + "\n", 15, 261, "not TOML", "correct this line"},
  });
}

TEST(OrderMistakes, of_names_come_with_a_suggestion) {
  expect_each({
      {"[[identifier]]", "[limit]\nhits_per_identifier = 5\n[[identifier]]", 8, 2, "unknown table \"limit\"",
       "did you mean \"limits\"?"},
      {"", "[[wherewithal]]\nx = 1\n", 15, 3, "unknown table \"wherewithal\"", "choose one of: order, paragraph"},
      {"[order]", "answer = 42\n[order]", 1, 1, "unknown key outside of any table: \"answer\"", "choose one of"},
      {"[order]", "unit = 'object'\n[order]", 1, 1, "\"unit\" stands outside of any table",
       "header of its table: rule"},
      {"court =", "cuort = 'x'\ncourt =", 3, 1, "unknown key \"cuort\" in [order]", "did you mean \"court\"?"},
      {"literals =", "strenght = 'weak'\nliterals =", 10, 1, "unknown key \"strenght\" in [[identifier]]",
       "did you mean \"strength\"?"},
      {"", "than = 'relevant'\n", 15, 1, "unknown key \"than\" in [[rule]]", "did you mean \"then\"?"},
      {"", "wherefore = 1\n", 15, 1, "unknown key \"wherefore\" in [[rule]]", "choose one of: name, paragraph, when"},
      {"", "\"u\\u202Enit\" = 1\n", 15, 1, "unknown key \"u<U+202E>nit\"", "choose one of: name"},
      {"", "[privacy]\nloosen = [{detector = 'x', paragraf = '4a', paragraph = '4a'}]\n", 16, 28,
       "unknown key \"paragraf\" in loosen", "did you mean \"paragraph\"?"},
      {"", "[limits]\nhits = 1\n", 16, 1, "unknown key \"hits\" in [limits]", "choose one of: hits_per_identifier"},
  });
}

TEST(OrderMistakes, of_type_say_how_to_write_it) {
  expect_each({
      {"'case 9'", "9", 2, 6, "id takes a string, not an integer", "in quotes"},
      {"'Court'", "['Court']", 3, 9, "court takes a string, not an array", "in quotes"},
      {"'Court'", "2012-01-01", 3, 9, "court takes a string, not a date", "in quotes"},
      {"'Court'", "{a = 1}", 3, 9, "court takes a string, not a table", "in quotes"},
      {"['kim@example.com']", "'kim@example.com'", 10, 12, "literals takes an array of strings, not a string",
       "[\"…\","},
      {"['kim@example.com']", "['kim@example.com', 5]", 10, 32,
       "literals takes an array of strings; this item is an int", "write [\"…\", \"…\"]"},
      {"literals = ['kim@example.com']", "regex = 1.5", 10, 9,
       "regex takes a string or array of strings, not a decimal", "write '…' or ['…', '…']"},
      {"court =", "from = '2012-01-20'\ncourt =", 3, 8, "from takes a date or date-time, not a string",
       "without quotes"},
      {"court =", "until = 12:00:00\ncourt =", 3, 9, "until takes a date or date-time, not a time", "2012-01-20"},
      {"literals", "whole_word = 'true'\nliterals", 10, 14, "whole_word takes a boolean, not a string",
       "without quotes"},
      {"literals", "ignore_case = 0\nliterals", 10, 15, "ignore_case takes a boolean, not an integer", "true or false"},
      {"", "[limits]\nhits_per_identifier = '5'\n", 16, 23, "takes an integer, not a string", "without quotes"},
      {"", "[privacy]\nloosen = 'email'\n", 16, 10, "loosen takes an array of tables, not a string", "write [{"},
      {"", "[privacy]\nloosen = ['email']\n", 16, 11, "loosen takes an array of tables; this item is a string", "[{"},
      {"", "[known]\nsets = 'x'\n", 16, 8, "sets takes an array of strings, not a string", "write ["},
      {"", "[[limits]]\n", 15, 1, "limits is one table", "write [limits]"},
      {"[[paragraph]]", "[paragraph]", 5, 1, "paragraph is a list of tables", "write [[paragraph]]"},
      {"[[identifier]]", "[identifier]", 8, 1, "identifier is a list of tables", "write [[identifier]]"},
  });
}

TEST(OrderMistakes, of_omission_say_what_to_add) {
  expect_each({
      {"id = 'case 9'\n", "", 1, 1, "id is missing in [order]", "add id = …"},
      {"court = 'Court'\n", "", 1, 1, "court is missing in [order]", "add court = …"},
      {"seal_to = ['" + std::string(kKey) + "']\n", "", 1, 1, "seal_to is missing in [order]", "add seal_to = …"},
      {"", "[[paragraph]]\ntext = 'x'\n", 15, 1, "id is missing in [[paragraph]]", "add id = …"},
      {"text = 'Words.'\n", "", 5, 1, "text is missing in [[paragraph]]", "add text = …"},
      {"name = 'kim.mail'\n", "", 8, 1, "name is missing in [[identifier]]", "add name = …"},
      {"name = 'R1'\n", "", 11, 1, "name is missing in [[rule]]", "add name = …"},
      {"paragraph = '4a'\n", "", 11, 1, "paragraph is missing in [[rule]]", "add paragraph = …"},
      {"when = 'kim.mail'\n", "", 11, 1, "when is missing in [[rule]]", "add when = …"},
      {"'case 9'", "''", 2, 6, "id is empty", "between the quotes"},
      {"'Court'", "' '", 3, 9, "court is empty", "between the quotes"},
      {"", "[[paragraph]]\nid = ''\ntext = 'x'\n", 16, 6, "id is empty", "between the quotes"},
      {"'Words.'", "'''\n  \t\n'''", 7, 8, "text is empty", "quote the paragraph"},
      {"'R1'", "''", 12, 8, "name is empty", "between the quotes"},
      {"['kim@example.com']", "['kim@example.com', '']", 10, 32, "the literal is empty", "between the quotes"},
      {"literals = ['kim@example.com']", "regex = ''", 10, 9, "the expression is empty", "between the quotes"},
      {"literals = ['kim@example.com']", "", 8, 1, "says nothing to look for", "add literals, regex, hex"},
      {"literals = ['kim@example.com']", "literals = []\nregex = []", 8, 1, "says nothing to look for", "add literals"},
      {"", "[privacy]\nloosen = [{paragraph = '4a'}]\n", 16, 11, "detector is missing in loosen", "add detector"},
      {"", "[privacy]\nloosen = [{detector = 'x'}]\n", 16, 11, "paragraph is missing in loosen", "add paragraph"},
  });
}

TEST(OrderMistakes, of_whole_tables_stand_at_the_beginning) {
  const ReadOrder read = read_order_text("", kExample);
  const std::vector<std::string> missing = {"[order]", "[[paragraph]]", "[[identifier]]", "[[rule]]"};
  ASSERT_EQ(read.problems.size(), missing.size());
  for (std::size_t i = 0; i < missing.size(); ++i) {
    EXPECT_EQ(read.problems[i].what, "there is no " + missing[i]);
    EXPECT_EQ(read.problems[i].line, 1U);
    EXPECT_THAT(read.problems[i].remedy, HasSubstr("add"));
  }
  const ReadOrder empty = read_order_text("identifier = []\n" + kGood.substr(0, kGood.find("[[identifier]]")), "");
  EXPECT_THAT(shown(empty.problems), HasSubstr("1:14: there is no [[identifier]] -> add at least one"));
}

TEST(OrderMistakes, of_the_order_table_are_caught) {
  const std::string key(kKey);
  std::string swapped = key;
  std::swap(swapped[20], swapped[21]);
  expect_each({
      {"['" + key + "']", "[]", 4, 11, "seal_to is empty", "public key of the court"},
      {key, "age1qqq", 4, 12, "an age recipient has 62 characters, this one 7", "whole public key"},
      {key, swapped, 4, 12, "typing mistake", "copy the public key again"},
      {key, key.substr(0, 61) + "b", 4, 12, "typing mistake", "copy the public key again"},
      {key, "AGE-SECRET-KEY-1QQQ", 4, 12, "this is a private key", "treat it as disclosed"},
      {key, "-----BEGIN OPENSSH PRIVATE KEY-----", 4, 12, "this is a private key", "treat it as disclosed"},
      {key, "court@example.com", 4, 12, "not an age recipient", "age1…"},
      {key, "", 4, 12, "not an age recipient", "age1…"},
      {key, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBROKEN", 4, 12, "not a whole ssh-ed25519", ".pub file"},
      {key, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQCO", 4, 12, "not a whole ssh-rsa", ".pub file"},
      {key, "ssh-ed25519", 4, 12, "not an age recipient", "age1…"},
      {"court =", "from = 2012-01-02\nuntil = 2012-01-01\ncourt =", 4, 9, "until lies before from", "exchange"},
      {"court =", "from = 2012-01-02T00:00:01Z\nuntil = 2012-01-02T00:00:00Z\ncourt =", 4, 9, "until lies before",
       "exchange"},
      {"court =", "from = 2012-02-30\ncourt =", 3, 18, "not TOML", "correct this line"},
      {"'Court'", "\"Co\\u202Eurt\"", 3, 12, "court holds the invisible character U+202E", "remove the invisible"},
  });
}

TEST(OrderMistakes, never_quote_what_may_be_a_private_key) {
  std::string text = kGood;
  text.replace(text.find(kKey), kKey.size(), "AGE-SECRET-KEY-1TOPSECRET");
  const std::string said = shown(read_order_text(text, kExample).problems);
  EXPECT_THAT(said, HasSubstr("private key"));
  EXPECT_EQ(said.find("TOPSECRET"), std::string::npos);
}

TEST(OrderMistakes, of_names_taken_twice_name_the_first) {
  const std::string again = "[[identifier]]\nliterals = ['other']\nname = ";
  expect_each({
      {"", "[[paragraph]]\nid = '4a'\ntext = 'x'\n", 16, 6, "a second paragraph \"4a\"", "the first stands in line 6"},
      {"", "[[rule]]\nname = 'R1'\nparagraph = '4a'\nwhen = 'kim'\n", 16, 8, "a second rule \"R1\"", "in line 12"},
      {"", again + "'kim.mail'\n", 17, 8, "a second identifier \"kim.mail\"", "in line 9"},
      {"", again + "'kim.mail.home'\n", 9, 8, "\"kim.mail\" is also the group in which \"kim.mail.home\"",
       "rename one"},
      {"", again + "'kim'\n", 17, 8, "\"kim\" is also the group in which \"kim.mail\" stands (line 9)", "rename one"},
      {"'4a'\nwhen", "'4b'\nwhen", 13, 13, "there is no paragraph \"4b\"", "did you mean \"4a\"?"},
      {"'4a'\nwhen", "'17'\nwhen", 13, 13, "there is no paragraph \"17\"", "choose one of: 4a"},
  });
}

TEST(OrderMistakes, of_identifier_names_are_caught) {
  const std::string second = "[[identifier]]\nliterals = ['other']\nname = ";
  std::vector<Mistake> mistakes = {
      {"", second + "''\n", 17, 8, "name is empty", "between the quotes"},
      {"", second + "'" + std::string(257, 'a') + "'\n", 17, 8, "at most 256", "shorten"},
  };
  for (const std::string name : {"kim mail", "kim..mail", ".kim", "kim.", ".", "kåre", "a/b", "a|b"}) {
    mistakes.push_back(
        {"", second + "'" + name + "'\n", 17, 8, "\"" + name + "\" is not a name", "dots between parts"});
  }
  expect_each(mistakes);
}

TEST(OrderMistakes, of_invisible_characters_point_at_them) {
  std::vector<Mistake> mistakes;
  for (const std::string_view invisible : {"\u200B", "\u202E", "\u2066", "\u00AD", "\uFEFF", "\t", "\a", "\n", "\x7f",
                                           "\u0085", "\u3164", "\uFE0F", "\U000E0041"}) {
    const std::string name = code_point_name(first_character(invisible).code);
    mistakes.push_back({"'kim@example.com'", "\"kå" + escaped(invisible) + "m\"", 10, 16,
                        "the literal holds the invisible character " + name, "remove the invisible character"});
  }
  expect_each(mistakes);
}

TEST(OrderMistakes, of_identifiers_are_caught) {
  const std::string whole = "literals = ['kim@example.com']";
  expect_each({
      {whole, "literals = ['" + repeated("å", 257) + "']", 10, 13, "at most 256 characters", "most telling part"},
      {whole, "regex = \"a\\u200Bbc\"", 10, 11, "the expression holds the invisible character U+200B", "remove"},
      {whole, "hex = '70 61 6g'", 10, 15, "hexadecimal digits and blanks only", "70 61 6e"},
      {whole, "hex = ['706162', '70 61 6']", 10, 18, "half a byte too many", "two digits"},
      {whole, "hex = '70 61'", 10, 7, "3 to 4096 bytes, not 2", "take more"},
      {whole, "hex = ''", 10, 7, "3 to 4096 bytes, not 0", "take more"},
      {whole, "hex = '" + repeated("61", 4097) + "'", 10, 7, "not 4097", "most telling part"},
      {whole, "hashes = ['" + std::string(64, 'a') + "']", 10, 11, "says its kind first", "write \"sha256:…\""},
      {whole, "hashes = ['" + std::string(32, 'a') + "']", 10, 11, "says its kind first", "write \"md5:…\""},
      {whole, "hashes = ['']", 10, 11, "says its kind first", "write \"sha256:…\""},
      {whole, "hashes = ['sha25:" + std::string(64, 'a') + "']", 10, 11, "no kind of hash \"sha25\"", "\"sha256\"?"},
      {whole, "hashes = ['crc:aa']", 10, 11, "no kind of hash \"crc\"", "choose one of: md5, sha1, sha256"},
      {whole, "hashes = ['sha1:" + std::string(39, 'a') + "']", 10, 11, "40 hexadecimal digits, not 39", "whole"},
      {whole, "hashes = ['md5:" + std::string(40, 'a') + "']", 10, 11, "32 hexadecimal digits, not 40", "whole"},
      {whole, "hashes = ['md5:" + std::string(32, 'g') + "']", 10, 11, "32 hexadecimal digits", "whole"},
      {whole, "hashes = ['md5:" + std::string(32, 'a') + ":x']", 10, 49, "whole number of bytes", ":1048576"},
      {whole, "hashes = ['md5:" + std::string(32, 'a') + ":']", 10, 49, "whole number of bytes", ":1048576"},
      {whole, "hash_set = 'no-such.list'", 10, 12, "no-such.list: cannot read the hash list", "relative to"},
      {whole, "hash_set = ['detectors']", 10, 13, "detectors: cannot read the hash list: it is a folder",
       "relative to"},
      {whole, "hash_set = ''", 10, 12, "the name of a hash list is empty", "between the quotes"},
      {whole, "hash_set = 'example.toml'", 10, 12, "example.toml, line 4: not a hash list: hashdeep, md5sum", "name a"},
      {"literals", "strength = 'week'\nliterals", 10, 12, "there is no strength \"week\"", "did you mean \"weak\"?"},
      {"literals", "forms = ['utf-8']\nliterals", 10, 10, "there is no form \"utf-8\"", "did you mean \"utf8\"?"},
      {"literals", "forms = ['raw']\nliterals", 10, 10, "there is no form \"raw\"", "choose one of: utf8, utf16le"},
      {"literals", "forms = []\nliterals", 10, 9, "forms is empty", "leave forms out"},
  });
}

TEST(OrderMistakes, of_rules_point_into_the_condition) {
  const std::string when = "when = 'kim.mail'";
  expect_each({
      {when, "when = 'kim & kim.mial'", 14, 15, "called \"kim.mial\"", "did you mean \"kim.mail\"?"},
      {when, R"~(when = "kim & \u006Bim & path(\"\")")~", 14, 31, "the glob of path() is empty", "write path"},
      {when, "when = '''\nkim &\n  kin'''", 16, 3, "called \"kin\"", "did you mean \"kim\"?"},
      {when, "when = \"\"\"\r\nkim &\r\n  kin\"\"\"", 16, 3, "called \"kin\"", "did you mean"},
      {when, "when = \"\"\"kim & \\\n\n   kin\"\"\"", 16, 4, "called \"kin\"", "did you mean"},
      {when, "when = ''", 14, 9, "expected an identifier", "order-file.md"},
      {when, "when = 'kim &'", 14, 14, "not the end", "order-file.md"},
      {when, "when = '!kim'", 14, 8, "would reach objects that carry nothing the order names", "a & !b"},
      {when, "when = 'kim | !path(\"x\")'", 14, 8, "would reach objects that carry nothing", "a & !b"},
      {when, "when = 'kim.mail'\nunit = 'line'", 15, 8, "there is no unit \"line\"", "choose one of: object, record"},
      {when, "when = 'kim.mail'\nthen = 'relevent'", 15, 8, "there is no decision \"relevent\"", "\"relevant\"?"},
      {"'R1'", "'" + std::string(257, 'R') + "'", 12, 8, "at most 256 bytes", "shorten"},
      {"'R1'", "\"R\\u200B1\"", 12, 10, "name holds the invisible character U+200B", "remove"},
      {when, "when = 'count(kim) >= 6'\n[limits]\nhits_per_identifier = 5", 14, 23, "from 1 to 5", "such a number"},
  });
}

TEST(OrderMistakes, of_privacy_known_sets_and_limits_are_caught) {
  expect_each({
      {"", "[privacy]\nloosen = [{detector = 'x', paragraph = '4b'}]\n", 16, 40, "no paragraph \"4b\"", "\"4a\"?"},
      {"", "[privacy]\nloosen = [{detector = 'x', paragraph = ''}]\n", 16, 40, "no paragraph \"\"",
       "choose one of: 4a"},
      {"", "[privacy]\nloosen = [{detector = '', paragraph = '4a'}]\n", 16, 23, "detector is empty", "between"},
      {"", "[privacy]\nleast_grade = 'plausible'\n", 16, 15, "without a paragraph", "least_grade_paragraph"},
      {"", "[privacy]\nleast_grade_paragraph = '4a'\n", 16, 25, "without least_grade", "add least_grade"},
      {"", "[privacy]\nleast_grade = 'sure'\nleast_grade_paragraph = '4a'\n", 16, 15, "no grade \"sure\"",
       "shape only"},
      {"", "[privacy]\nleast_grade = 'plausible'\nleast_grade_paragraph = '9'\n", 17, 25, "no paragraph \"9\"", "4a"},
      {"", "[privacy]\nrole_accounts = ['info@a.example']\n", 16, 17, "without a paragraph", "role_accounts_paragraph"},
      {"", "[privacy]\nrole_accounts_paragraph = '4a'\n", 16, 27, "without role_accounts", "add role_accounts"},
      {"", "[privacy]\nrole_accounts = ['info']\nrole_accounts_paragraph = '4a'\n", 16, 18,
       "\"info\" is no address, no domain and no number", "example.com"},
      {"", "[privacy]\nrole_accounts = ['']\nrole_accounts_paragraph = '4a'\n", 16, 18, "role account is empty",
       "quotes"},
      {"", "[privacy]\nrole_accounts = ['a.example']\nrole_accounts_paragraph = '9'\n", 17, 27, "no paragraph \"9\"",
       "4a"},
      {"", "[limits]\nhits_per_identifier = 0\n", 16, 23, "hits_per_identifier is 1 to 100000", "leave it out"},
      {"", "[limits]\ndepth = 17\n", 16, 9, "depth is 1 to 16", "leave it out"},
      {"", "[limits]\nexpanded_bytes = 1\n", 16, 18, "expanded_bytes is 1048576 to 1125899906842624", "leave it out"},
      {"", "[limits]\nratio = 2\n", 16, 9, "ratio is 10 to 1000000", "leave it out"},
      {"", "[limits]\nseconds = 0\n", 16, 11, "seconds is 1 to 1000000", "leave it out"},
      {"", "[limits]\nmembers = 0\n", 16, 11, "members is 1 to 50000000", "leave it out"},
      {"", "[limits]\nhits_per_identifier = -1\n", 16, 23, "hits_per_identifier is 1 to 100000", "leave it out"},
      {"", "[limits]\nhits_per_identifier = 100001\n", 16, 23, "hits_per_identifier is 1 to 100000", "leave it out"},
      {"", "[known]\nsets = ['no-such.db']\n", 16, 9, "cannot read the hash list: No such file", "relative to"},
      {"", "[known]\nsets = ['example.toml']\n", 16, 9, "example.toml, line 4: not a hash list", "hashdeep"},
  });
}

TEST(OrderMistakes, of_number_are_told_once) {
  std::string text = kGood;
  for (std::size_t i = 0; i < limits::kMaxRules + 5; ++i) {
    text += "[[rule]]\nname = 'X" + std::to_string(i) + "'\nparagraph = '4a'\nwhen = 'kim'\n";
  }
  const ReadOrder read = read_order_text(text, kExample);
  ASSERT_EQ(read.problems.size(), 1U);
  EXPECT_THAT(read.problems[0].what, HasSubstr("at most 10000 rules"));
  EXPECT_EQ(read.problems[0].line, 11 + 4 * limits::kMaxRules);
}

TEST(OrderMistakes, of_files_have_no_line) {
  const Folder folder;
  const auto only = [](const ReadOrder& read) {
    EXPECT_EQ(read.problems.size(), 1U);
    return read.problems.empty() ? OrderProblem{} : read.problems[0];
  };
  EXPECT_THAT(only(read_order(folder.path("none.toml"))).what, HasSubstr("cannot be read: No such file"));
  EXPECT_THAT(only(read_order(folder.path(""))).what, HasSubstr("cannot be read: Is a directory"));
  const std::string large = folder.write("large.toml", "");
  std::filesystem::resize_file(large, limits::kMaxOrderBytes + 1);
  EXPECT_THAT(only(read_order(large)).what, HasSubstr("larger than 64 MiB"));
  EXPECT_EQ(only(read_order(large)).line, 0U);
}

TEST(OrderMistakes, survive_together_and_stand_in_order) {
  const ReadOrder read = read_order_text(
      "titel = 1\n"                                        // 1
      "[order]\n"                                          // 2
      "id = ''\n"                                          // 3
      "cort = 'x'\n"                                       // 4
      "seal_to = ['age1qqq', 'AGE-SECRET-KEY-1XYZ', 5]\n"  // 5
      "from = 2012-01-01\n"                                // 6
      "until = 2011-01-01T00:00:00Z\n"                     // 7
      "[[paragraf]]\n"                                     // 8
      "[[identifier]]\n"                                   // 9
      "name = 'a'\n"                                       // 10
      "literals = ['ab\u202Ec', 'abc', 'abc', '']\n"       // 11
      "strenght = 'weak'\n"                                // 12
      "[[identifier]]\n"                                   // 13
      "name = 'a.b'\n"                                     // 14
      "regex = 5\n"                                        // 15
      "[[rule]]\n"                                         // 16
      "paragraph = '4'\n"                                  // 17
      "when = 'a & (axe | near(a, a.b, 99999) and a)'\n"   // 18
      "unit = 'recrd'\n",                                  // 19
      kExample);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> places;
  for (const OrderProblem& problem : read.problems) places.emplace_back(problem.line, problem.column);
  using P = std::pair<std::uint32_t, std::uint32_t>;
  EXPECT_THAT(places, ElementsAre(P{1, 1}, P{1, 1}, P{2, 1}, P{3, 6}, P{4, 1}, P{5, 12}, P{5, 23}, P{5, 46}, P{7, 9},
                                  P{8, 3}, P{10, 8}, P{11, 16}, P{11, 35}, P{12, 1}, P{15, 9}, P{16, 1}, P{18, 14},
                                  P{18, 33}, P{18, 40}, P{19, 8}))
      << shown(read.problems);
  // What could be read is there for the checks that follow, beside its places.
  ASSERT_EQ(read.scope.identifiers.size(), 2U);
  EXPECT_THAT(read.scope.identifiers[0].literals, ElementsAre("abc"));
  ASSERT_EQ(read.literal_places.size(), 2U);
  EXPECT_THAT(read.literal_places[0], ElementsAre(OrderPlace{11, 21}));
}

// --- a good order --------------------------------------------------------------------------------------------

TEST(Order, fills_the_scope_exactly) {
  const ReadOrder read = read_order(kExample);
  ASSERT_THAT(read.problems, IsEmpty()) << shown(read.problems);
  const Scope& scope = read.scope;
  EXPECT_EQ(scope.id, "2031-HARB-12");
  EXPECT_EQ(scope.court, "Superior Court of Harbourton");
  EXPECT_EQ(scope.order_sha256, "");
  ASSERT_EQ(scope.seal_to.size(), 2U);
  EXPECT_TRUE(scope.seal_to[0].starts_with("age1"));
  EXPECT_TRUE(scope.seal_to[1].starts_with("ssh-ed25519 "));
  EXPECT_EQ(scope.window.from, 1882915200);   // 2029-09-01T00:00:00Z
  EXPECT_EQ(scope.window.until, 1926720000);  // 2031-01-21T00:00:00Z
  ASSERT_EQ(scope.paragraphs.size(), 6U);
  EXPECT_EQ(scope.paragraphs[4].id, "7");
  EXPECT_THAT(scope.paragraphs[4].text, HasSubstr("Nothing that passed"));
  ASSERT_EQ(scope.privacy.loosened.size(), 1U);
  EXPECT_EQ(scope.privacy.loosened[0].detector, "email-address");
  EXPECT_EQ(scope.privacy.loosened[0].paragraph, 3U);
  EXPECT_EQ(scope.privacy.least, Grade::plausible);
  ASSERT_EQ(scope.known.size(), 1U);
  EXPECT_EQ(scope.known[0].path, "example-known.sha256");
  EXPECT_EQ(scope.known[0].set->count(), 2U);
  EXPECT_EQ(scope.hash_sets_sha256.size(), 64U);
  EXPECT_EQ(scope.max_hits_per_identifier, 50'000U);
  ASSERT_EQ(scope.volume_keys.size(), 1U);
  EXPECT_EQ(scope.volume_keys[0].secret, "correct horse battery staple");
}

TEST(Order, takes_keys_of_volumes_as_they_are_and_key_files_with_every_byte) {
  const Folder folder;
  const std::string bytes("\0\xff secret\n", 10);
  folder.write("server.key", bytes);
  const std::string order = folder.path("order.toml");
  const ReadOrder read = read_order_text(kGood + "[volumes]\nkeys = ['pass phrase ', 'file:server.key', ' ']\n", order);
  EXPECT_THAT(read.problems, IsEmpty()) << shown(read.problems);
  ASSERT_EQ(read.scope.volume_keys.size(), 3U);
  EXPECT_EQ(read.scope.volume_keys[0].secret, "pass phrase ");
  EXPECT_EQ(read.scope.volume_keys[1].secret, bytes);
  EXPECT_EQ(read.scope.volume_keys[2].secret, " ");
}

TEST(Order, names_no_key_in_any_mistake) {
  const std::string secret = "do-not-print-me";
  for (const std::string& text : {"[volumes]\nkeys = '" + secret + "'\n",                        // wrong type
                                  "[volumes]\nkeys = ['" + secret + "', 7, '']\n",               // wrong item
                                  "[volumes]\nkey = ['" + secret + "']\n",                       // unknown key
                                  "[volume]\nkeys = ['" + secret + "']\n",                       // unknown table
                                  "[volumes]\nkeys = ['" + secret + "', 'file:no-such.key']\n",  //
                                  "[volumes]\nkeys = ['" + secret + "\n"}) {                     // not TOML
    const ReadOrder read = read_order_text(kGood + text, kExample);
    EXPECT_FALSE(read.problems.empty()) << text;
    EXPECT_EQ(shown(read.problems).find(secret), std::string::npos) << shown(read.problems);
  }
}

TEST(Order, says_what_is_wrong_with_a_key_file) {
  const Folder folder;
  folder.write("empty.key", "");
  folder.write("large.key", std::string(limits::kMaxKeyFileBytes + 1, 'k'));
  const std::string order = folder.path("order.toml");
  const auto problem = [&](const std::string& keys) {
    const ReadOrder read = read_order_text(kGood + "[volumes]\nkeys = [" + keys + "]\n", order);
    EXPECT_EQ(read.problems.size(), 1U) << shown(read.problems);
    return read.problems.empty() ? OrderProblem{} : read.problems[0];
  };
  EXPECT_EQ(problem("'good', 'file:no-such.key'").line, 16U);
  EXPECT_EQ(problem("'good', 'file:no-such.key'").column, 17U);
  EXPECT_THAT(problem("'file:no-such.key'").what, HasSubstr("no-such.key: cannot read the key file: No such file"));
  EXPECT_THAT(problem("'file:no-such.key'").remedy, HasSubstr("beside the order file"));
  EXPECT_THAT(problem("'file:.'").what, HasSubstr("it is a folder"));
  EXPECT_THAT(problem("'file:'").what, HasSubstr("the name of the key file is missing"));
  EXPECT_THAT(problem("'file:empty.key'").what, HasSubstr("the key file is empty"));
  EXPECT_THAT(problem("'file:large.key'").what, HasSubstr("larger than 8 MiB"));
  EXPECT_THAT(problem("''").what, HasSubstr("a key is empty"));
  std::string many;
  for (std::size_t i = 0; i <= limits::kMaxVolumeKeys; ++i) many += "'key " + std::to_string(i) + "', ";
  EXPECT_THAT(problem(many).what, HasSubstr("at most 100 keys"));
}

TEST(Order, says_what_each_identifier_is) {
  const ReadOrder read = read_order(kExample);
  const std::vector<Identifier>& all = read.scope.identifiers;
  ASSERT_EQ(all.size(), 10U);
  EXPECT_EQ(all[1].name, "accused.name");
  EXPECT_EQ(all[1].strength, Strength::strong);
  EXPECT_TRUE(all[1].whole_word);
  EXPECT_TRUE(all[1].ignore_case);
  EXPECT_EQ(all[1].forms, FormSet::text());
  EXPECT_THAT(all[1].literals, ElementsAre("Kim Ståhl", "Robin Okafor"));
  EXPECT_EQ(all[3].strength, Strength::weak);
  EXPECT_THAT(all[4].expressions, ElementsAre("HBPAY-[0-9]{6}"));
  EXPECT_EQ(all[5].expressions.size(), 2U);
  EXPECT_THAT(all[6].byte_strings, ElementsAre("LH-MASTER"));
  const std::vector<HashValue>& films = all[7].hashes;
  ASSERT_EQ(films.size(), 1U);
  EXPECT_TRUE(films[0].kind == DigestKind::sha256 && films[0].size);
  ASSERT_EQ(all[7].hash_sets.size(), 1U);
  EXPECT_EQ(all[7].hash_sets[0]->count(DigestKind::sha256), 2U);
  EXPECT_EQ(all[7].hash_sets[0]->count_without_size(DigestKind::sha256), 0U);
  ASSERT_EQ(all[9].hashes.size(), 2U);
  EXPECT_EQ(all[9].hashes[0].kind, DigestKind::md5);
  EXPECT_EQ(all[9].hashes[1].kind, DigestKind::sha1);
}

TEST(Order, says_what_each_rule_does) {
  const ReadOrder read = read_order(kExample);
  const std::vector<Rule>& all = read.scope.rules;
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all[0].name, "R1 mail");
  EXPECT_EQ(all[0].expression, "kind(\"mail\") & accused & (rewards.terms | count(rewards.rumour) >= 3)");
  EXPECT_EQ(all[0].conditions.back().op, Op::all);
  EXPECT_EQ(all[0].conditions.back().children.size(), 3U);
  EXPECT_EQ(all[1].unit, Unit::record);
  EXPECT_EQ(all[1].paragraph, 1U);
  EXPECT_EQ(all[2].unit, Unit::object);
  EXPECT_EQ(all[2].then, RuleDecision::relevant);
  EXPECT_THAT(all[2].conditions.at(0).identifiers, ElementsAre(6, 7));
  EXPECT_EQ(all[3].then, RuleDecision::privileged);
  EXPECT_EQ(all[4].then, RuleDecision::quarantine);
}

TEST(Order, that_says_little_has_the_safe_defaults) {
  const ReadOrder read = read_order_text(kGood, "");
  ASSERT_THAT(read.problems, IsEmpty()) << shown(read.problems);
  const Scope& scope = read.scope;
  EXPECT_FALSE(scope.window.limits());
  EXPECT_EQ(scope.max_hits_per_identifier, limits::kMaxHitsPerIdentifier);
  EXPECT_EQ(scope.privacy.least, Grade::shape_only);
  EXPECT_TRUE(scope.privacy.loosened.empty());
  EXPECT_TRUE(scope.known.empty());
  EXPECT_EQ(scope.identifiers[0].forms, FormSet::text());
  EXPECT_TRUE(scope.identifiers[0].ignore_case);
  EXPECT_FALSE(scope.identifiers[0].whole_word);
  EXPECT_EQ(scope.rules[0].unit, Unit::object);
  EXPECT_EQ(scope.rules[0].then, RuleDecision::relevant);
}

TEST(Order, hands_on_where_things_stand) {
  const std::string literals = "literals = ['kim@example.com']";
  std::string text = kGood;
  text.replace(text.find(literals), literals.size(),
               "literals = ['same', 'same',\n  'other']\nregex = 'x{3}'\nhex = ['616263', '61 62 63', '646566']\n"
               "forms = ['utf8', 'json']\nignore_case = false");
  text += "[privacy]\nloosen = [{detector = 'x', paragraph = '4a'}, {paragraph = '4a', detector = 'y'}]\n";
  const ReadOrder read = read_order_text(text, "");
  ASSERT_THAT(read.problems, IsEmpty()) << shown(read.problems);
  const Identifier& identifier = read.scope.identifiers[0];
  EXPECT_THAT(identifier.literals, ElementsAre("same", "other"));
  EXPECT_THAT(identifier.byte_strings, ElementsAre("abc", "def"));
  EXPECT_FALSE(identifier.ignore_case);
  EXPECT_TRUE(identifier.forms.has(Form::json) && !identifier.forms.has(Form::utf16le));
  EXPECT_THAT(read.identifier_places, ElementsAre(OrderPlace{8, 1}));
  EXPECT_THAT(read.literal_places[0], ElementsAre(OrderPlace{10, 13}, OrderPlace{11, 3}));
  EXPECT_THAT(read.expression_places[0], ElementsAre(OrderPlace{12, 9}));
  EXPECT_THAT(read.byte_string_places[0], ElementsAre(OrderPlace{13, 8}, OrderPlace{13, 30}));
  EXPECT_THAT(read.loosened_places, ElementsAre(OrderPlace{21, 23}, OrderPlace{21, 77}));
}

TEST(Order, reads_the_same_with_a_byte_order_mark_and_mixed_line_ends) {
  std::string text = "\xef\xbb\xbf";
  bool windows = true;
  for (const char c : kGood) {
    if (c == '\n' && windows) text += '\r';
    if (c == '\n') windows = !windows;
    text += c;
  }
  const ReadOrder read = read_order_text(text, "");
  EXPECT_THAT(read.problems, IsEmpty()) << shown(read.problems);
  EXPECT_EQ(read.scope.rules[0].expression, "kim.mail");
  EXPECT_THAT(read.literal_places[0], ElementsAre(OrderPlace{10, 13}));
}

TEST(Order, accepts_every_kind_of_recipient_once) {
  const std::string ssh_rsa =
      "ssh-rsa "
      "AAAAB3NzaC1yc2EAAAADAQABAAABAQCOyHQnRG4/+ZLYpLgEo0kpotWBLhakzeWm6pFZcnUcNagJZiizdSIxTLRPsFVUGqHeoMNoLvSvc5"
      "8sAVz2o/feiXcsw77GPlaYXcKw88RM1JuWo5shttAwacEM5UMrLduyoQ/"
      "Hh2DTRVNn6I51g3PacgufjFF1qtGTKT9tnH67YOzmznH+73QeNSICksXt"
      "1097aVhzOhswICrjJKjGogxcbyM+OTqpZbn/"
      "FmFDEtdRRXRbncDVhIeXmk9PwQqi+u9Sdtq8Gp0tX64lstwewygV1N4ygWk+voMvbdc9xvU0Wa8LvS"
      "fkFzCTYftmSgwhSm7lPLBtwvTVvy8EoOtZ1Hb7";
  const std::string key(kKey);
  std::string text = kGood;
  text.replace(text.find(key), key.size(), key + "', '" + ssh_rsa + "', '" + ssh_rsa + " of the court', '" + key);
  const ReadOrder read = read_order_text(text, "");
  ASSERT_THAT(read.problems, IsEmpty()) << shown(read.problems);
  EXPECT_THAT(read.scope.seal_to, ElementsAre(key, ssh_rsa, ssh_rsa + " of the court"));
}

TEST(Order, turns_dates_into_a_window_of_seconds) {
  struct Case {
    const char* keys;
    std::optional<std::int64_t> from, until;
  };
  constexpr std::int64_t kDay = 1326931200;  // 2012-01-19T00:00:00Z
  for (const Case& c : {
           Case{"from = 2012-01-19\n", kDay, std::nullopt},
           Case{"until = 2012-01-19\n", std::nullopt, kDay + 86'400},
           Case{"from = 2012-01-19\nuntil = 2012-01-19\n", kDay, kDay + 86'400},
           Case{"from = 2012-01-19T01:00:00\n", kDay + 3'600, std::nullopt},
           Case{"from = 2012-01-19 01:00:00Z\n", kDay + 3'600, std::nullopt},
           Case{"from = 2012-01-19T00:00:00-05:00\n", kDay + 18'000, std::nullopt},
           Case{"from = 2012-01-19T05:30:00+05:30\n", kDay, std::nullopt},
           Case{"from = 2012-01-19T00:00:00.5Z\n", kDay + 1, std::nullopt},
           Case{"until = 2012-01-19T00:00:00Z\n", std::nullopt, kDay + 1},
           Case{"until = 2012-01-19T00:00:00.5Z\n", std::nullopt, kDay + 1},
           Case{"from = 2012-01-19T00:00:00Z\nuntil = 2012-01-19T00:00:00Z\n", kDay, kDay + 1},
           Case{"from = 1969-12-31\nuntil = 1969-12-31\n", -86'400, 0},
           Case{"from = 2000-02-29\n", 951782400, std::nullopt},
       }) {
    std::string text = kGood;
    text.insert(text.find("court"), c.keys);
    const ReadOrder read = read_order_text(text, "");
    EXPECT_THAT(read.problems, IsEmpty()) << c.keys << shown(read.problems);
    EXPECT_EQ(read.scope.window.from, c.from) << c.keys;
    EXPECT_EQ(read.scope.window.until, c.until) << c.keys;
  }
}

TEST(Order, keys_are_all_in_the_reference_and_in_the_example) {
  const std::string reference = read_file(std::string(AMBIT_SOURCE_DIR) + "/docs/order-file.md");
  const std::string example = read_file(kExample);
  for (const OrderKey& key : order_keys()) {
    const bool literal = std::string_view("\"[0123456789tf").find(key.fallback[0]) != std::string_view::npos;
    const std::string mark = literal ? "`" : "";
    const std::string row = "| `" + std::string(key.name) + "` | " + std::string(key.type) + " | " + mark +
                            std::string(key.fallback) + mark + " | ";
    EXPECT_THAT(reference, HasSubstr(row)) << key.table;
    EXPECT_THAT(example, HasSubstr(std::string(key.name)));
    EXPECT_FALSE(key.help.empty());
  }
  std::size_t documented = 0;  // rows of four columns, but for the heads of the tables
  for (std::size_t at = 0; (at = reference.find("\n| `", at)) != std::string::npos; ++at) {
    const std::string line = reference.substr(at + 1, reference.find('\n', at + 1) - at - 1);
    const bool condition = line.find("\\|") != std::string::npos;  // the row of `a | b`
    if (!condition && std::count(line.begin(), line.end(), '|') == 5) ++documented;
  }
  EXPECT_EQ(documented, order_keys().size()) << "a row of the reference that is no key";
}

// --- hash lists ----------------------------------------------------------------------------------------------

const std::string kMd5 = "0123456789abcdef0123456789ABCDEF";
const std::string kSha1 = "0123456789abcdef0123456789abcdef01234567";
const std::string kSha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

// The strongest digest of each row of a list, sorted, each once.
Result<std::vector<HashValue>> hashes_of(const std::string& path) {
  std::vector<HashValue> hashes;
  const Result<> done = read_hash_list(path, [&](const HashRow& row) -> Result<> {
    hashes.push_back(pick_digest(row, std::nullopt).value());
    return {};
  });
  if (!done) return done.error();
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  return hashes;
}

TEST(HashList, is_read_in_every_format_that_it_comes_in) {
  const Folder folder;
  struct Case {
    std::string text;
    std::vector<HashValue> hashes;
  };
  const HashValue md5 = *parse_digest(kMd5), sha1 = *parse_digest(kSha1), sha256 = *parse_digest(kSha256);
  HashValue sized = sha256, sized_md5 = md5;
  sized.size = 12;
  sized_md5.size = 7;
  const std::string deep = "%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename\n## $ hashdeep -r .\n##\n";
  for (const Case& c : {
           Case{kMd5 + "  name\n", {md5}},
           Case{kSha1 + " *name", {sha1}},
           Case{kSha256 + "  name with  spaces\r\n" + kMd5 + "  b\r\n", {md5, sha256}},
           Case{"\\" + kSha256 + "  a\\\\b\\nc\n", {sha256}},
           Case{"# a comment\n\n" + kMd5 + "  a\n" + kMd5 + "  b\n", {md5}},
           Case{"\xef\xbb\xbf" + kMd5 + "  a\n", {md5}},
           Case{"MD5 (a) = " + kMd5 + "\nSHA1 (b) = " + kSha1 + "\nSHA256 (c (1)) = " + kSha256 + "\n",
                {md5, sha1, sha256}},
           Case{"\\SHA256 (a\\nb) = " + kSha256 + "\nSHA2-256(c)= " + kSha256 + "\n", {sha256}},
           Case{deep + "12," + kMd5 + "," + kSha256 + ",a, b.txt\n", {sized}},
           Case{deep + "7," + kMd5 + ",,a\r\n", {sized_md5}},
           Case{"%%%% HASHDEEP-1.0\r\n%%%% sha256,size,tiger,filename\r\n" + kSha256 + ",12,abc,x\r\n", {sized}},
           Case{"%%%% HASHDEEP-1.0\n%%%% md5,sha1,filename\n" + kMd5 + "," + kSha1 + ",x\n", {sha1}},
           Case{deep + "12," + kMd5 + "," + kSha256 + ",a\n" + deep + "7," + kMd5 + ",,b\n", {sized_md5, sized}},
       }) {
    const Result<std::vector<HashValue>> read = hashes_of(folder.write("list", c.text));
    ASSERT_TRUE(read.ok()) << c.text << read.error().where << read.error().what;
    EXPECT_EQ(*read, c.hashes) << c.text;
  }
}

TEST(HashSets, of_an_order_are_bound_by_one_digest) {
  const Folder folder;
  const std::string path = folder.path("order.toml");
  const std::string text =
      kGood + "[[identifier]]\nname = 'films'\nhash_set = 'list'\n[known]\nsets = ['list', 'other']\n";
  const auto digest_with = [&](const std::string& list, const std::string& other) {
    folder.write("list", list);
    folder.write("other", other);
    const ReadOrder read = read_order_text(text, path);
    EXPECT_THAT(read.problems, IsEmpty()) << shown(read.problems);
    EXPECT_EQ(read.scope.identifiers[1].hash_sets.at(0), read.scope.known.at(0).set) << "one file is read once";
    return read.scope.hash_sets_sha256;
  };
  const std::string first = digest_with(kMd5 + "  a\n" + kSha1 + "  b\n", kSha256 + "  c\n");
  EXPECT_EQ(first.size(), 64U);
  EXPECT_EQ(first, digest_with(kSha1 + "  x\n" + kMd5 + "  y\n", kSha256 + "  c\n")) << "the same hashes";
  EXPECT_NE(first, digest_with(kMd5 + "  a\n", kSha256 + "  c\n"));
  EXPECT_NE(first, digest_with(kSha256 + "  c\n", kMd5 + "  a\n" + kSha1 + "  b\n")) << "which set is which counts";
  EXPECT_EQ(read_order_text(kGood, path).scope.hash_sets_sha256, "");
}

TEST(HashList, that_is_none_is_refused_with_file_and_line) {
  const Folder folder;
  const std::string good = kMd5 + "  a\n";
  const std::string deep = "%%%% HASHDEEP-1.0\n%%%% size,sha256,filename\n";
  struct Case {
    std::string text;
    int line;
  };
  for (const Case& c : {
           Case{std::string("SQLite format 3\0\x10\0", 18), 1},
           Case{good + "nonsense\n", 2},
           Case{good + "\n" + kMd5 + "\n", 3},
           Case{kMd5 + " a\n", 1},
           Case{kMd5 + "  \n", 1},
           Case{kMd5.substr(1) + "  a\n", 1},
           Case{"g" + kMd5.substr(1) + "  a\n", 1},
           Case{"MD5 (a) = " + kSha1 + "\n", 1},
           Case{"SHA512 (a) = " + kSha256 + "\n", 1},
           Case{"MD5 a = " + kMd5 + "\n", 1},
           Case{good + deep, 2},
           Case{"%%%% HASHDEEP-1.0\n%%%% size,tiger,filename\n", 2},
           Case{"%%%% HASHDEEP-1.0\n%%%% filename,md5,size\n", 2},
           Case{deep + "x," + kSha256 + ",a\n", 3},
           Case{deep + "-5," + kSha256 + ",a\n", 3},
           Case{deep + "12,,a\n", 3},
           Case{deep + "12," + kMd5 + ",a\n", 3},
           Case{deep + "12," + kSha256 + "\n", 3},
           Case{deep + good, 3},
           Case{std::string(1 << 20, 'a'), 1},
           Case{good + std::string(1 << 20, '\0'), 2},
       }) {
    const std::string path = folder.write("list", c.text);
    const Result<std::vector<HashValue>> read = hashes_of(path);
    ASSERT_FALSE(read.ok()) << c.text.substr(0, 200);
    EXPECT_EQ(read.error().what, "not a hash list: hashdeep, md5sum, sha1sum or sha256sum");
    EXPECT_EQ(read.error().where, path + ", line " + std::to_string(c.line)) << c.text.substr(0, 200);
  }
}

TEST(HashList, without_a_hash_or_without_a_file_is_refused) {
  const Folder folder;
  for (const char* text : {"", "\n\n", "# only\n", "%%%% HASHDEEP-1.0\n%%%% size,sha256,filename\n"}) {
    const Result<std::vector<HashValue>> read = hashes_of(folder.write("list", text));
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().what, "the hash list holds no hash");
  }
  EXPECT_EQ(hashes_of(folder.path("none")).error().kind, ErrorKind::io);
  EXPECT_EQ(hashes_of(folder.path("")).error().what, "cannot read the hash list: it is a folder");
}

TEST(HashList, of_any_order_gives_the_same_sorted_hashes) {
  const Folder folder;
  std::mt19937 random(3);
  std::vector<std::string> lines;
  for (int i = 0; i < 2'000; ++i) {
    std::string hex;
    for (int digit = 0; digit < 64; ++digit) hex += "0123456789abcdef"[random() % 16];
    lines.push_back(hex + "  f" + std::to_string(i) + "\n");
    if (i % 10 == 0) lines.push_back(hex + " *copy\n");
  }
  const auto list = [&] {
    std::string text;
    for (const std::string& line : lines) text += line;
    return hashes_of(folder.write("list", text));
  };
  const auto first = list();
  std::shuffle(lines.begin(), lines.end(), random);
  const auto second = list();
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(first->size(), 2'000U);
  EXPECT_TRUE(std::is_sorted(first->begin(), first->end()));
}

// --- hostile orders ------------------------------------------------------------------------------------------

// One change as an editor, a bad disk or malice would make it.
void mutate(std::string& text, std::mt19937& random) {
  static const std::vector<std::string> kTokens = {
      "[",          "]",    "[[",  "]]",   "{", "}", "'", "\"",    "\"\"\"", "'''", "=",  ".",
      ",",          "\n",   "\r",  "\\",   "(", "!", "&", "near(", "count(", "5",   "-1", "9999999999999999999",
      "2012-02-30", "true", "inf", "\xff", "å", "#", "|", " ",     "x"};
  if (text.empty()) return;
  const std::size_t at = random() % text.size();
  const std::size_t length = std::min<std::size_t>(1 + random() % 40, text.size() - at);
  switch (random() % 8) {
    case 0:
      text[at] = static_cast<char>(random() % 256);
      break;
    case 1:
      text[at] = static_cast<char>('a' + random() % 26);
      break;
    case 2:
      text.erase(at, length);
      break;
    case 3:
      text.erase(at, 1);
      break;
    case 4:
      text.insert(random() % text.size(), text.substr(at, length));
      break;
    case 5:
      text.resize(at);
      break;
    default:
      text.insert(at, kTokens[random() % kTokens.size()]);
      break;
  }
}

// What must be true of whatever was read.
void expect_sound(const ReadOrder& read, const std::string& text) {
  const Scope& scope = read.scope;
  const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n') + 1);
  std::pair<std::uint32_t, std::uint32_t> last{0, 0};
  for (const OrderProblem& problem : read.problems) {
    const std::pair<std::uint32_t, std::uint32_t> place{problem.line, problem.column};
    EXPECT_LE(last, place);
    EXPECT_LE(problem.line, lines);
    EXPECT_FALSE(problem.what.empty() || problem.remedy.empty());
    last = place;
  }
  ASSERT_EQ(read.identifier_places.size(), scope.identifiers.size());
  ASSERT_EQ(read.literal_places.size(), scope.identifiers.size());
  for (std::size_t i = 0; i < scope.identifiers.size(); ++i) {
    EXPECT_EQ(read.literal_places[i].size(), scope.identifiers[i].literals.size());
    EXPECT_EQ(read.expression_places[i].size(), scope.identifiers[i].expressions.size());
    EXPECT_EQ(read.byte_string_places[i].size(), scope.identifiers[i].byte_strings.size());
  }
  EXPECT_EQ(read.loosened_places.size(), scope.privacy.loosened.size());
  if (!read.problems.empty()) return;
  EXPECT_FALSE(scope.seal_to.empty() || scope.paragraphs.empty() || scope.identifiers.empty() || scope.rules.empty());
  for (const Rule& rule : scope.rules) {
    EXPECT_LT(rule.paragraph, scope.paragraphs.size());
    ASSERT_FALSE(rule.conditions.empty());
    for (const Condition& condition : rule.conditions) {
      for (const IdentifierId id : condition.identifiers) EXPECT_LT(id, scope.identifiers.size());
    }
  }
}

TEST(Order, survives_two_thousand_mutations) {
  const std::string good = read_file(kExample);
  std::mt19937 random(2012);
  int clean = 0;
  for (int round = 0; round < 2'000; ++round) {
    std::string text = good;
    for (std::size_t i = 0, n = 1 + random() % 4; i < n; ++i) mutate(text, random);
    const ReadOrder read = read_order_text(text, kExample);
    expect_sound(read, text);
    if (HasFailure()) FAIL() << "round " << round << "\n" << text << shown(read.problems);
    clean += read.problems.empty() ? 1 : 0;
  }
  EXPECT_GT(clean, 100) << "the mutations should also reach what lies behind the syntax";
}

// A string of TOML in any of its four ways, made of pieces that keep `kim | kin` a condition with one mistake.
std::string random_string(std::mt19937& random) {
  const bool basic = random() % 2 == 0, multiline = random() % 2 == 0;
  const std::string quote(multiline ? 3 : 1, basic ? '"' : '\'');
  std::vector<std::string> pieces = {"kim | ", "kim|", " ", "kind('log') | ", "path('å') | "};
  if (!basic) pieces = {"kim | ", "kim|", " ", "path(\"å\") | "};
  if (basic) pieces.insert(pieces.end(), {R"(k\u0069m | )", R"(\t)", R"(\U0000006Bim | )", R"(path('\u00e5\"') | )"});
  if (multiline) pieces.insert(pieces.end(), {"\n", "\r\n"});
  if (basic && multiline) pieces.insert(pieces.end(), {"\\\n", "\\  \r\n\n   "});
  std::string source = quote;
  for (std::size_t i = 0, n = random() % 12; i < n; ++i) source += pieces[random() % pieces.size()];
  return source + "kin " + quote;
}

TEST(Order, finds_the_place_in_strings_written_in_any_way) {
  std::mt19937 random(5);
  for (int round = 0; round < 1'000; ++round) {
    const std::string source = "when = " + random_string(random);
    const std::string_view before = std::string_view(source).substr(0, source.rfind("kin "));
    const auto lines = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t column = count_characters(before.substr(before.rfind('\n') + 1)) + 1;
    std::string text = kGood;
    text.replace(text.find("when = 'kim.mail'"), 17, source);
    const ReadOrder read = read_order_text(text, "");
    ASSERT_EQ(read.problems.size(), 1U) << source << "\n" << shown(read.problems);
    EXPECT_EQ(read.problems[0].what, "no identifier or group is called \"kin\"");
    EXPECT_EQ(read.problems[0].line, 14 + lines) << source;
    EXPECT_EQ(read.problems[0].column, column) << source;
  }
}

}  // namespace
}  // namespace ambit::order_test
