// ambit canary and ambit audit as people use them: plant, triage, check; and runs that were made to leak.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "stages/audit/canary_files.h"
#include "tests/evidence.h"

namespace ambit::canary_test {
namespace {

using Json = nlohmann::json;
using test::Case;
using test::Ran;

constexpr std::string_view kOrder = R"(
[[identifier]]
name = "accused.mail"
literals = ["kim@northlight.example", "Kim Ståhl"]
[[identifier]]
name = "rewards"
literals = ["Rewards Gold"]
[[identifier]]
name = "mark"
hex = "4e 4c 2d 4d 41 53 54 45 52"
[[identifier]]
name = "amount"
regex = 'USD [0-9]{3}'
[[rule]]
name = "lines"
paragraph = "1"
when = 'near(accused, rewards, 200)'
unit = "record"
[[rule]]
name = "mails"
paragraph = "1"
when = 'kind("mail") & accused.mail & !rewards'
[[rule]]
name = "logs"
paragraph = "1"
when = 'path("/var/log/**") & rewards'
unit = "record"
[[rule]]
name = "marked"
paragraph = "1"
when = 'mark'
[[rule]]
name = "amounts"
paragraph = "1"
when = 'amount'
)";

// With dates, so that canaries must be of their time.
void write_order(Case& c) {
  c.order(kOrder);
  std::string text = test::read_file(c.order_file());
  text.insert(text.find("[order]") + 8, "from = 2010-01-01\nuntil = 2011-12-31\n");
  test::write_file(c.order_file(), text);
}

Ran plant(const Case& c, const std::string& name, const std::vector<std::string>& options) {
  std::vector<std::string> words = {"canary", "plant", "--order", c.order_file(), "--out", c.folder / name};
  words.insert(words.end(), options.begin(), options.end());
  return test::ambit(words);
}
Ran check(const Case& c, const std::string& run, const std::string& registry) {
  return test::ambit({"canary", "check", c.folder / run, "--registry", c.folder / registry, "--json"});
}
std::string tree_digest(const std::string& folder) {
  return test::run({"bash", "-c", "cd '" + folder + "' && find . -type f -print0 | sort -z | xargs -0 sha256sum"}).out;
}

void date(const std::vector<std::string>& files) {
  for (const std::string& file : files) ASSERT_EQ(test::run({"touch", "-d", "2011-05-01", file}).exit, 0);
}

TEST(Canary, every_planted_item_is_found_and_nobody_leaks) {
  Case c;
  write_order(c);
  const Ran planted = plant(c, "canaries", {"--relevant", "90", "--private", "120", "--seed", "5"});
  ASSERT_EQ(planted.exit, 0) << planted.err;
  EXPECT_NE(planted.out.find("rules: lines, mails, logs, marked\n"), std::string::npos) << planted.out;
  EXPECT_NE(planted.out.find("satisfies them: amounts"), std::string::npos) << planted.out;
  test::write_file(c.folder / "server/a.txt", "kim@northlight.example and Rewards Gold\n");
  const Ran ran = c.triage("run", {c.folder / "server", c.folder / "canaries"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const Ran checked = check(c, "run", "canaries.registry.json");
  EXPECT_EQ(checked.exit, 0) << checked.out << checked.err;
  const Json report = Json::parse(checked.out);
  EXPECT_EQ(report["relevant"]["planted"], 90);
  EXPECT_EQ(report["relevant"]["seen"], 90);
  EXPECT_NEAR(report["relevant"]["least"].get<double>(), 0.95984, 1e-5);  // 0.025^(1/90)
  EXPECT_EQ(report["private"]["planted"], 120);
  EXPECT_EQ(report["private"]["seen"], 0);
  // All packings, and private people in the rows beside relevant ones.
  const Json registry = Json::parse(test::read_file(c.folder / "canaries.registry.json"));
  std::set<std::string> packings;
  std::size_t beside = 0;
  for (const Json& row : registry["canaries"]) {
    packings.insert(row["packing"]);
    if (row["class"] == "private" && row["file"].get<std::string>().find("/people/") == std::string::npos) ++beside;
  }
  EXPECT_EQ(packings.size(), 8U);
  EXPECT_GT(beside, 10U);
  const Ran audited = test::ambit({"audit", c.folder / "run", "--order", c.order_file(), "--exhibit",
                                   c.folder / "server", "--exhibit", c.folder / "canaries"});
  EXPECT_EQ(audited.exit, 0) << audited.out << audited.err;
}

TEST(Canary, the_same_seed_plants_the_same_bytes_and_another_seed_other_people) {
  Case c;
  write_order(c);
  for (const auto& [name, seed] : {std::pair{"a", "5"}, std::pair{"b", "5"}, std::pair{"d", "6"}}) {
    ASSERT_EQ(plant(c, name, {"--relevant", "20", "--private", "20", "--seed", seed}).exit, 0);
  }
  EXPECT_EQ(tree_digest(c.folder / "a"), tree_digest(c.folder / "b"));
  EXPECT_EQ(test::read_file(c.folder / "a.registry.json"), test::read_file(c.folder / "b.registry.json"));
  const auto names = [&](const std::string& file) {
    std::set<std::string> out;
    const Json registry = Json::parse(test::read_file(c.folder / file));
    for (const Json& row : registry["canaries"]) {
      if (row.contains("values")) out.insert(row["values"][0].get<std::string>());
    }
    return out;
  };
  const auto a = names("a.registry.json"), d = names("d.registry.json");
  EXPECT_EQ(a.size(), 20U);
  for (const std::string& name : d) EXPECT_FALSE(a.contains(name));
  const auto mode = std::filesystem::status(c.folder / "a.registry.json").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(Canary, overwrites_nothing_and_takes_no_registry_of_another_order) {
  Case c;
  write_order(c);
  ASSERT_EQ(plant(c, "canaries", {"--relevant", "5", "--private", "5"}).exit, 0);
  EXPECT_EQ(plant(c, "canaries", {"--relevant", "5", "--private", "5"}).exit, 1);
  EXPECT_EQ(plant(c, "canaries", {"--registry", c.folder / "other.json"}).exit, 1);
  ASSERT_EQ(c.triage("run", {c.folder / "canaries"}).exit, 0);
  std::string registry = test::read_file(c.folder / "canaries.registry.json");
  const std::size_t at = registry.find("order_sha256") + 16;
  registry[at] = registry[at] == 'a' ? 'b' : 'a';
  test::write_file(c.folder / "changed.json", registry);
  EXPECT_EQ(check(c, "run", "changed.json").exit, 1);
  test::write_file(c.folder / "cut.json", registry.substr(0, registry.size() / 2));
  EXPECT_EQ(check(c, "run", "cut.json").exit, 1);
}

TEST(Canary, says_which_it_missed) {
  Case c;
  write_order(c);
  ASSERT_EQ(plant(c, "canaries", {"--relevant", "40", "--private", "5", "--seed", "1"}).exit, 0);
  std::size_t removed = 0;  // one in four was never seen by the run
  for (const auto& entry : std::filesystem::recursive_directory_iterator(c.folder / "canaries")) {
    const std::string path = entry.path().string();
    if (entry.is_regular_file() && path.find("/people/") == std::string::npos && removed < 10) {
      std::filesystem::remove(entry.path());
      ++removed;
    }
  }
  ASSERT_EQ(c.triage("run", {c.folder / "canaries"}).exit, 0);
  const Ran checked = check(c, "run", "canaries.registry.json");
  EXPECT_EQ(checked.exit, 1);
  const Json report = Json::parse(checked.out);
  EXPECT_EQ(report["relevant"]["seen"], 30);
  EXPECT_EQ(report["missed"].size(), 10U);
  for (const Json& row : report["missed"]) {
    EXPECT_FALSE(std::filesystem::exists(c.folder / ("canaries/" + row["file"].get<std::string>())));
  }
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += digits;
  }
  return out;
}
std::string base64(const std::string& bytes) {
  return test::run({"bash", "-c", "printf %s '" + bytes + "' | base64 -w0"}).out;
}

TEST(Canary, sees_a_private_value_in_every_writing_in_every_file) {
  Case c;
  write_order(c);
  ASSERT_EQ(plant(c, "canaries", {"--relevant", "5", "--private", "9", "--seed", "3"}).exit, 0);
  ASSERT_EQ(c.triage("run", {c.folder / "canaries"}).exit, 0);
  ASSERT_EQ(check(c, "run", "canaries.registry.json").exit, 0);
  const Json registry = Json::parse(test::read_file(c.folder / "canaries.registry.json"));
  Json person;
  for (const Json& row : registry["canaries"]) {
    if (row["class"] == "private" && row.contains("sha256")) person = row;
  }
  const std::string name = person["values"][0], mail = person["values"][1], digest = person["sha256"];
  std::string upper = mail;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char l) { return static_cast<char>(toupper(l)); });
  const std::string raw = test::run({"bash", "-c", "printf %s " + digest + " | xxd -r -p"}).out;
  std::string big = test::utf16le(name);
  for (std::size_t i = 0; i + 1 < big.size(); i += 2) std::swap(big[i], big[i + 1]);
  for (const std::string& leak : {name, upper, test::utf16le(name), big, hex(mail), base64(name), base64("x" + mail),
                                  base64("xy" + mail), digest, raw}) {
    // Over the border of the pieces in which files are read, too.
    for (const std::size_t before : {std::size_t{10}, std::size_t{1'048'576} - 5}) {
      const std::string file = c.folder / "run/ledger/commitments";
      const std::string kept = test::read_file(file);
      test::write_file(file, std::string(before, '\x01') + leak + std::string(10, '\x01'));
      const Ran checked = check(c, "run", "canaries.registry.json");
      EXPECT_EQ(checked.exit, 1);
      const Json report = Json::parse(checked.out);
      ASSERT_EQ(report["leaks"].size(), 1U) << leak;
      EXPECT_EQ(report["leaks"][0]["file"], person["file"]);
      EXPECT_EQ(report["leaks"][0]["seen_in"], "ledger/commitments");
      test::write_file(file, kept);
    }
  }
}

// --- audit ---------------------------------------------------------------------------------------------------

TEST(Audit, names_the_item_and_never_the_value) {
  Case c;
  write_order(c);
  test::write_file(c.folder / "s/var/log/a", "kim@northlight.example: Rewards Gold\n");
  test::write_file(c.folder / "s/var/log/b", "Kim St\xc3\xa5hl: Rewards Gold\n");
  date({c.folder / "s/var/log/a", c.folder / "s/var/log/b"});
  ASSERT_EQ(c.triage("run", {c.folder / "s"}).exit, 0);
  ASSERT_EQ(c.query("run", "SELECT count(*) FROM item"), "2");
  ASSERT_EQ(test::ambit({"audit", c.folder / "run", "--order", c.order_file()}).exit, 0);
  const std::string db = c.folder / "run/relevance.db";
  const std::string kept = test::read_file(db);
  for (const auto& [sql, place, item] :
       {std::tuple{"UPDATE item_row SET locator = locator || ' jo@person.example' WHERE id = 2", "item_row.locator", 2},
        std::tuple{"INSERT INTO origin_row VALUES(1, 's:/home/jo@person.example/x', NULL)", "origin_row.locator", 1},
        std::tuple{"UPDATE meta SET value = 'jo@person.example' WHERE key = 'tool_version'", "meta.value", 0},
        std::tuple{"CREATE TABLE more(t); INSERT INTO more VALUES('am9AcGVyc29uLmV4YW1wbGUgYW5kIHRoZSByZXN0')",
                   "more.t", 0}}) {
    test::write_file(db, kept);
    ASSERT_EQ(test::run({"sqlite3", db, sql}).exit, 0);
    const Ran audited = test::ambit({"audit", c.folder / "run", "--order", c.order_file(), "--json"});
    EXPECT_EQ(audited.exit, 1) << sql;
    EXPECT_EQ((audited.out + audited.err).find("person"), std::string::npos);
    const Json report = Json::parse(audited.out);
    ASSERT_EQ(report["findings"].size(), 1U) << sql;
    EXPECT_EQ(report["findings"][0]["kind"], "email-address");
    EXPECT_EQ(report["findings"][0]["place"], place);
    EXPECT_EQ(report["findings"][0]["items"], item == 0 ? Json::array() : Json::array({item}));
  }
}

TEST(Audit, reads_the_released_bytes_and_knows_what_the_order_allows) {
  Case c;
  write_order(c);
  // What the order lets be told is released; who does not have the order sees that it was.
  test::write_file(c.order_file(), test::read_file(c.order_file()) +
                                       "[privacy]\nloosen = [{ detector = \"email-address\", paragraph = \"1\" }]\n");
  test::write_file(c.folder / "s/var/log/a",
                   "before jo@person.example\nkim@northlight.example: Rewards Gold, "
                   "ann@person.example\nand jo@person.example\n");
  date({c.folder / "s/var/log/a"});
  const Ran ran = c.triage("run", {c.folder / "s"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  ASSERT_EQ(c.query("run", "SELECT count(*) FROM item"), "1");
  EXPECT_EQ(test::ambit({"audit", c.folder / "run", "--order", c.order_file(), "--exhibit", c.folder / "s"}).exit, 0);
  const Ran audited = test::ambit({"audit", c.folder / "run", "--exhibit", c.folder / "s", "--json"});
  EXPECT_EQ(audited.exit, 1);
  const Json report = Json::parse(audited.out);
  ASSERT_EQ(report["findings"].size(), 1U);
  EXPECT_EQ(report["findings"][0]["place"], "extents");
  EXPECT_EQ(report["items"], 1);
}

// A mail is released as it stands, its attachments in base64 among it.
TEST(Audit, a_mail_is_not_released_with_somebody_else_in_its_attachment) {
  Case c;
  c.order(R"(
[[identifier]]
name = "accused.mail"
literals = ["kim@northlight.example"]
[[rule]]
name = "R1"
paragraph = "1"
when = 'accused'
)");
  const auto mail = [](const std::string& attached) {
    std::string text = audit::mail_with_attachment("papers", attached, 1'303'034'400);
    text.insert(0, "X-Written-By: kim@northlight.example\r\n");
    return text;
  };
  const std::string filler = "a line about nothing at all\nand one more of these lines\n";
  test::write_file(c.folder / "s/other.eml", mail(filler + "card 4111 1111 1111 1111 of jo@person.example\n" + filler));
  test::write_file(c.folder / "s/own.eml", mail(filler + "mail to kim@northlight.example, please\n" + filler));
  ASSERT_EQ(c.triage("run", {c.folder / "s"}).exit, 0);
  EXPECT_EQ(c.query("run", "SELECT locator, disposition FROM v_item ORDER BY id"),
            "s:/own.eml|disclose\ns:/own.eml!/note.txt|disclose");
  EXPECT_NE(c.ledger("run").find("\"locator\":\"s:/other.eml\",\"state\":\"active\",\"kind\":\"mail\""),
            std::string::npos);
  EXPECT_EQ(test::ambit({"audit", c.folder / "run", "--order", c.order_file(), "--exhibit", c.folder / "s"}).exit, 0);
}

// By record a line of the mail is released, and the attachment is not. An index that says the mail is released whole:
TEST(Audit, reads_what_is_packed_in_an_item_that_is_released_whole) {
  Case c;
  c.order(std::string(test::kPayoutOrder) +
          "unit = \"record\"\n[[identifier]]\nname = \"case.person\"\nregex = ['jo\\d@person\\.example']\n");
  const Ran made = test::run({"/bin/sh", "-c", "cd '" + c.folder.path().string() + R"sh(' && mkdir s && python3 -c "
import base64, gzip
for name, text in (('a', b'of jo7@person.example'), ('b', b'4111 1111 1111 1111 and jo@person.example')):
    open('s/%s.eml' % name, 'w').write('From: x\nTo: y\nSubject: z\nMIME-Version: 1.0\n'
        'Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n'
        'it was acme-payout-7731\n\n--b\nContent-Type: application/gzip\nContent-Disposition: attachment; filename=n.gz\n'
        'Content-Transfer-Encoding: base64\n\n' + base64.encodebytes(gzip.compress(text)).decode() + '--b--\n')
")sh"});
  ASSERT_EQ(made.exit, 0) << made.err;
  const Ran ran = c.triage("run", {c.folder / "s"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  ASSERT_EQ(c.query("run", "SELECT locator, disposition FROM v_item WHERE locator NOT LIKE '%!%' ORDER BY id"),
            "s:/a.eml|disclose\ns:/b.eml|redact");
  const std::vector<std::string> audit = {"audit",     c.folder / "run", "--order", c.order_file(),
                                          "--exhibit", c.folder / "s",   "--json"};
  EXPECT_EQ(test::ambit(audit).exit, 0);
  ASSERT_EQ(test::run({"sqlite3", c.folder / "run/relevance.db",
                       "UPDATE item_class SET disposition = (SELECT number FROM word WHERE topic = 'disposition' AND "
                       "word = 'disclose')"})
                .exit,
            0);
  const Ran audited = test::ambit(audit);
  EXPECT_EQ(audited.exit, 1);
  const Json report = Json::parse(audited.out);
  ASSERT_EQ(report["findings"].size(), 2U) << audited.out;
  for (const Json& finding : report["findings"]) EXPECT_EQ(finding["place"], "packed");
  EXPECT_GT(report["packed_bytes"], 60);
}

TEST(Audit, takes_only_the_order_and_the_exhibits_of_the_run) {
  Case c;
  write_order(c);
  test::write_file(c.folder / "s/var/log/a", "Rewards Gold\n");
  test::write_file(c.folder / "t/var/log/b", "Rewards Gold\n");
  date({c.folder / "s/var/log/a", c.folder / "t/var/log/b"});
  ASSERT_EQ(c.triage("run", {c.folder / "s"}).exit, 0);
  EXPECT_EQ(test::ambit({"audit", c.folder / "run", "--exhibit", c.folder / "s", "--exhibit", c.folder / "t"}).exit, 1);
  EXPECT_EQ(test::ambit({"audit", c.folder / "run", "--exhibit", c.folder / "t"}).exit, 1);  // it is not there
  test::write_file(c.folder / "other.toml", test::read_file(c.order_file()) + "# another\n");
  EXPECT_EQ(test::ambit({"audit", c.folder / "run", "--order", c.folder / "other.toml"}).exit, 1);
  EXPECT_EQ(test::ambit({"audit", c.folder / "nothing"}).exit, 1);
}

}  // namespace
}  // namespace ambit::canary_test
