// The full census, from outside: how much private data of which kind there is, in numbers and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evidence.h"

namespace ambit::census_test {
namespace {

using test::Case;
using test::Ran;
using ::testing::HasSubstr;
using ::testing::Not;

// 40 addresses in a table, the same table zipped, tarred and in a document; 3 cards; a copy of the table.
constexpr std::string_view kExhibit = R"sh(
set -e
mkdir server; cd server
python3 - <<'PY'
import zipfile
rows = ''.join(f'{i};customer.{i}@mailbox.example.com;row\n' for i in range(40))
open('table.csv', 'w').write(rows)
open('copy.csv', 'w').write(rows)
open('wide.txt', 'wb').write(b'\xff\xfe' + rows.encode('utf-16le'))
open('cards.txt', 'w').write('4111 1111 1111 1111\n5555555555554444\n378282246310005\n')
with zipfile.ZipFile('packed.zip', 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('table.csv', rows)
with zipfile.ZipFile('stored.zip', 'w', zipfile.ZIP_STORED) as z: z.writestr('table.csv', rows)
body = ''.join(f'<w:p><w:r><w:t>customer.{i}@mailbox.example.com</w:t></w:r></w:p>' for i in range(40))
with zipfile.ZipFile('letter.docx', 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('[Content_Types].xml', '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
    z.writestr('word/document.xml', '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
               '<w:body>' + body + '</w:body></w:document>')
open('page.html', 'w').write('<!DOCTYPE html><html><body>' + rows.replace('\n', '<br>') + '</body></html>')
PY
tar cf plain.tar table.csv
tar czf packed.tar.gz table.csv
)sh";

class Census : public ::testing::Test {
 protected:
  void SetUp() override {
    c.order(test::kPayoutOrder);
    const Ran made = test::run({"/bin/sh", "-c", "cd '" + c.folder.path().string() + "' && " + std::string(kExhibit)});
    ASSERT_EQ(made.exit, 0) << made.err;
  }
  Case c;
};

TEST_F(Census, counts_each_value_where_it_stands_and_not_again_where_it_is_shown) {
  ASSERT_EQ(c.triage("run", {c.folder / "server"}, {"--census", "full"}).exit, 0);
  // Nine files hold the table once each, whatever they pack it in.
  const std::string found = c.query("run", "SELECT found FROM private_data WHERE category = 'contact'");
  EXPECT_EQ(found, "360");
}

TEST_F(Census, does_not_tell_cells_that_could_be_one_person_s) {
  ASSERT_EQ(c.triage("run", {c.folder / "server"}, {"--census", "full"}).exit, 0);
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM private_data WHERE category = 'financial' AND found IS NULL"), "1");
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM private_data WHERE found BETWEEN 1 AND 9"), "0");
  const Ran shown = test::ambit({"census", c.folder / "run"});
  EXPECT_THAT(shown.out, HasSubstr("fewer than 10"));
  EXPECT_THAT(shown.out, HasSubstr("360"));
  EXPECT_THAT(test::ambit({"census", "--json", c.folder / "run"}).out, HasSubstr("\"private_data\""));
}

TEST_F(Census, says_nothing_of_private_data_unless_it_is_asked_to) {
  const Ran quick = c.triage("quick", {c.folder / "server"});
  ASSERT_EQ(quick.exit, 0);
  EXPECT_EQ(c.query("quick", "SELECT count(*) FROM private_data"), "0");
  EXPECT_EQ(c.query("quick", "SELECT value FROM meta WHERE key = 'census'"), "quick");
  EXPECT_THAT(test::ambit({"census", c.folder / "quick"}).out, Not(HasSubstr("private data")));
  EXPECT_EQ(c.triage("bad", {c.folder / "server"}, {"--census", "all"}).exit, 1);
}

TEST_F(Census, of_an_image_is_the_same_at_any_number_of_threads_and_any_chunk_size) {
  // Larger than a stripe, with addresses over the border between two.
  test::make_sparse(c.folder / "disk.raw", 150'000'000);
  std::string rows;
  for (int i = 0; i < 20'000; ++i) rows += "customer." + std::to_string(i) + "@mailbox.example.com\n";
  test::overwrite(c.folder / "disk.raw", 67'108'864 - rows.size() / 2, rows);
  ASSERT_EQ(c.triage("one", {c.folder / "server", c.folder / "disk.raw"}, {"--census", "full", "--threads", "1"}).exit,
            0);
  EXPECT_EQ(c.query("one", "SELECT found FROM private_data WHERE category = 'contact' AND exhibit = 2"), "20000");
  ASSERT_EQ(c.triage("many", {c.folder / "server", c.folder / "disk.raw"},
                     {"--census", "full", "--threads", "3", "--chunk-size", "64K"})
                .exit,
            0);
  EXPECT_EQ(test::read_file(c.folder / "one/relevance.db"), test::read_file(c.folder / "many/relevance.db"));
}

}  // namespace
}  // namespace ambit::census_test
