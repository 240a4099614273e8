// Compound files: what stands in a document of Word, Excel, PowerPoint or Outlook is read, whoever wrote it.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "pipeline/limits.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/ole/file.h"
#include "stages/unpack/ole/parts.h"
#include "stages/unpack/text/rewriting.h"
#include "tests/ole_writer.h"
#include "tests/unpacked.h"

namespace ambit::unpack_ole_test {
namespace {

using test::little;
using test::OleWriter;
using test::unpack_all;
using test::Unpacked;
using test::utf16le;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using unpack::open_ole;

const std::string kDocuments = test::shared_data() + "documents/";
const std::string kMessages = test::shared_data() + "mail/msg/";
const std::string kHostile = test::shared_data() + "hostile/";

// The system's own: what is installed beside it is not there for another.
std::string python(const std::string& script, const std::vector<std::string>& arguments = {}) {
  std::vector<std::string> command = {"/usr/bin/python3", "-c", script};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const test::Ran ran = test::run(command);
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return ran.out;
}

// The bytes of the one view `name`, without an error.
std::string view(const Unpacked& unpacked, const std::string& name) {
  EXPECT_EQ(unpacked.error, "");
  for (const test::UnpackedPart& part : unpacked.parts) {
    if (part.part.is != Part::Is::view || part.part.name != name) continue;
    EXPECT_EQ(part.error, "") << name;
    return part.bytes;
  }
  ADD_FAILURE() << "no view " << name;
  return {};
}

bool is_compound(const std::string& bytes) { return bytes.starts_with("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"); }

// --- the file system in the file ----------------------------------------------------------------------------

TEST(Ole, gives_every_stream_that_nobody_knows_as_a_member) {
  for (const int version : {3, 4}) {
    for (const bool is_scattered : {false, true}) {
      const std::map<std::string, std::string> streams = {{"small", "mini stream"},
                                                          {"Storage/Deep/data", test::noise(1, 4095)},
                                                          {"Storage/edge", test::noise(2, 4096)},
                                                          {"Storage/large", test::noise(3, 300'001)},
                                                          {"other", test::noise(4, 70'000)}};
      OleWriter writer;
      writer.version(version);
      if (is_scattered) writer.scattered();
      for (const auto& [path, bytes] : streams) writer.add(path, bytes);
      writer.add(
          "\x03"
          "empty",
          "");
      const std::string file = writer.bytes();
      EXPECT_EQ(test::format_by_head(file), Format::ole);
      const Unpacked unpacked = unpack_all(open_ole, file);
      EXPECT_EQ(unpacked.error, "");
      test::expect_same(unpacked.files(), streams);
      for (const test::UnpackedPart& part : unpacked.parts) {
        EXPECT_EQ(part.error, "");
        if (!part.part.stored_at) continue;
        EXPECT_EQ(file.substr(*part.part.stored_at, part.bytes.size()), part.bytes);
      }
      EXPECT_EQ(unpacked.parts.back().part.stored_at.has_value(), !is_scattered);
    }
  }
}

TEST(Ole, reads_a_table_that_does_not_fit_into_the_header) {
  const std::string large = test::noise(5, 9'000'000);
  const Unpacked unpacked = unpack_all(open_ole, OleWriter().add("large", large).add("small", "x").bytes());
  EXPECT_EQ(unpacked.error, "");
  test::expect_same(unpacked.files(), {{"large", large}, {"small", "x"}});
}

TEST(Ole, reads_every_stream_that_olefile_reads) {
  std::vector<std::string> paths;
  for (const std::string& path : test::files_in(test::shared_data() + "documents")) paths.push_back(path);
  for (const std::string& path : test::files_in(kMessages)) paths.push_back(path);
  std::erase_if(paths, [](const std::string& path) { return !is_compound(test::read_file(path)); });
  if (paths.empty()) GTEST_SKIP() << "no samples";
  const nlohmann::json truth = nlohmann::json::parse(python(R"(
import olefile, sys, json, hashlib
out = {}
for path in sys.argv[1:]:
    o = olefile.OleFileIO(path)
    out[path] = {'/'.join(''.join(c for c in n if c >= ' ') for n in e): hashlib.md5(o.openstream(e).read()).hexdigest()
                 for e in o.listdir()}
json.dump(out, sys.stdout)
)",
                                                            paths));
  std::vector<std::string> arguments;
  std::size_t count = 0;
  test::TemporaryFolder folder;
  for (const auto& [path, streams] : truth.items()) {
    test::MemoryContent content(test::read_file(path));
    auto file = unpack::OleFile::open(content, test::read_file(path).size());
    ASSERT_TRUE(file.ok()) << path;
    std::set<std::string> ours, theirs;
    for (std::uint32_t i = 0; i < file->entries().size(); ++i) {
      if (file->entry(i).is != unpack::OleEntry::Is::stream) continue;
      ours.insert(file->path(i));
      test::write_file(folder / std::to_string(count), unpack::ole_bytes(*file, i, UINT64_MAX));
      arguments.push_back(streams.value(file->path(i), std::string()) + "  " + std::to_string(count++));
    }
    for (const auto& [name, sum] : streams.items()) theirs.insert(name);
    EXPECT_EQ(ours, theirs) << path;
  }
  std::string sums;
  for (const std::string& line : arguments) sums += line + "\n";
  test::write_file(folder / "sums", sums);
  test::shell(folder, "md5sum --quiet -c sums");
  EXPECT_GT(count, 500U);
}

TEST(Ole, ends_a_stream_where_its_chain_does_and_says_so) {
  const std::string large = test::noise(6, 20'000);
  const std::string whole = OleWriter().add("large", large).add("other", test::noise(7, 10'000)).bytes();
  struct Case {
    std::size_t entry;    // of the FAT that is changed
    std::uint32_t value;  // sectors 0 … 39 are of the first stream
    std::size_t left;
  };
  for (const Case& c : {Case{10, 5, 11 * 512}, Case{10, 10, 11 * 512}, Case{0, 0, 512}, Case{10, 0xfffffffe, 11 * 512},
                        Case{10, 0x7fffffff, 11 * 512}, Case{10, 0xffffffff, 11 * 512}}) {
    std::string file = whole;
    file.replace(OleWriter::fat_place(file) + 4 * c.entry, 4, little(c.value, 4));
    const Unpacked unpacked = unpack_all(open_ole, file);
    ASSERT_EQ(unpacked.parts.size(), 2U);
    EXPECT_EQ(unpacked.parts[0].bytes, large.substr(0, c.left)) << c.value;
    EXPECT_THAT(unpacked.parts[0].error, HasSubstr("damaged"));
    EXPECT_EQ(unpacked.parts[1].error, "");
  }
}

TEST(Ole, believes_no_size) {
  const std::string large = test::noise(8, 20'000);
  const std::string whole = OleWriter().add("large", large).version(4).bytes();
  for (const std::uint64_t size : {std::uint64_t{30'000}, std::uint64_t{1} << 40, UINT64_MAX}) {
    std::string file = whole;
    file.replace(OleWriter::directory_place(file) + 128 + 120, 8, little(size, 8));
    const Unpacked unpacked = unpack_all(open_ole, file);
    ASSERT_EQ(unpacked.parts.size(), 1U);
    EXPECT_EQ(unpacked.parts[0].bytes.substr(0, large.size()), large);
    EXPECT_LT(unpacked.parts[0].bytes.size(), large.size() + 4096);
    EXPECT_NE(unpacked.parts[0].error, "");
  }
}

TEST(Ole, goes_in_no_circle_and_gives_no_sector_twice) {
  // All entries of the directory lead to the first one, or to the same chain.
  OleWriter writer;
  for (int i = 0; i < 100; ++i) writer.add("s" + std::to_string(i), test::noise(9, 5'000));
  const std::string whole = writer.bytes();
  for (const std::size_t field : {std::size_t{68}, std::size_t{72}, std::size_t{76}, std::size_t{116}}) {
    std::string file = whole;
    for (std::size_t i = 0; i <= 100; ++i) {
      const std::size_t at = OleWriter::directory_place(file) + 128 * i;
      if (i > 0) file.replace(at + field, 4, little(1, 4));
    }
    const Unpacked unpacked = unpack_all(open_ole, file);
    EXPECT_EQ(unpacked.parts.size(), 100U);
    std::size_t bytes = 0;
    for (const test::UnpackedPart& part : unpacked.parts) bytes += part.bytes.size();
    EXPECT_LE(bytes, file.size());
  }
}

TEST(Ole, gives_what_no_storage_leads_to) {
  std::string file = OleWriter().add("Storage/lost", "the account").bytes();
  file.replace(OleWriter::directory_place(file) + 76, 4, little(0xffffffff, 4));
  const Unpacked unpacked = unpack_all(open_ole, file);
  EXPECT_THAT(unpacked.names(), ElementsAre("lost"));
}

TEST(Ole, is_refused_without_a_directory_or_as_a_stream_alone) {
  EXPECT_FALSE(unpack_all(open_ole, "no compound file").opened);
  const std::string file = OleWriter().add("a", "b").bytes();
  EXPECT_FALSE(unpack_all(open_ole, file.substr(0, 600)).opened);
  EXPECT_FALSE(test::unpack(Format::ole, file, false).opened);
}

TEST(Ole, of_many_streams_costs_time_in_proportion) {
  OleWriter writer;
  for (int i = 0; i < 20'000; ++i)
    writer.add("__attach_version1.0_#" + std::to_string(i) + "/__substg1.0_3707001F", "a");
  writer.add("__properties_version1.0", std::string(32, '\0'));
  static_cast<void>(unpack_all(open_ole, writer.bytes()));
}

// --- Word ---------------------------------------------------------------------------------------------------

struct Piece {
  std::string bytes;
  bool is_wide = false;
};

OleWriter word(const std::vector<Piece>& pieces, std::uint64_t flags = 0x0200) {
  std::string document(0x800, '\0'), positions = little(0, 4), rows;
  std::size_t position = 0;
  // The last piece stands first, as after a save in a hurry.
  std::vector<std::size_t> places(pieces.size());
  for (std::size_t i = pieces.size(); i-- > 0;) {
    places[i] = document.size();
    document += pieces[i].bytes;
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    position += pieces[i].bytes.size() / (pieces[i].is_wide ? 2 : 1);
    positions += little(position, 4);
    rows += little(0, 2) + little(pieces[i].is_wide ? places[i] : places[i] * 2 | 1U << 30, 4) + little(0, 2);
  }
  const std::string clx =
      "\x01" + little(3, 2) + "abc" + "\x02" + little(positions.size() + rows.size(), 4) + positions + rows;
  const auto put = [&](std::size_t at, std::uint64_t value, std::size_t width) {
    document.replace(at, width, little(value, width));
  };
  put(0, 0xa5ec, 2);
  put(2, 193, 2);
  put(10, flags, 2);
  put(0x1a2, 100, 4);
  put(0x1a6, clx.size(), 4);
  OleWriter writer;
  writer.add("WordDocument", document).add("1Table", std::string(100, 'x') + clx);
  return writer;
}

std::string word_text(const std::vector<Piece>& pieces) {
  return view(unpack_all(open_ole, word(pieces).bytes()), "WordDocument");
}

// NIST's Computer Forensics Tool Testing, string search; match_cftt_test.cc has the others. A word of which a part is
// formatted stands as it is; after a save in a hurry it stands in pieces.
TEST(CfttDocuments, ft_ss_09_doc_plain_and_formatted_inside_the_word) {
  EXPECT_EQ(word_text({{"a plain Wolf\rnext"}}), "a plain Wolf\nnext");
  EXPECT_EQ(word_text({{"a for"}, {"mat"}, {utf16le("ted Wolf"), true}}), "a formatted Wolf");
}

TEST(OleWord, a_word_in_several_pieces_is_whole) {
  EXPECT_EQ(word_text({{"the ac"}, {utf16le("cou"), true}, {"nt\rnext"}}), "the account\nnext");
  EXPECT_EQ(word_text({{"ac\x1f"
                        "cou\x02nt n\x1e"
                        "o\xa0"
                        "1\x0b"
                        "2"}}),
            "account n-o 1\n2");
  EXPECT_EQ(word_text({{"M\xfcller \x80 "}, {"\x1f\x04\x40\x04", true}}), "Müller € Пр");
}

TEST(OleWord, cells_are_tabs_and_fields_stand_beside_the_text) {
  EXPECT_EQ(word_text({{"a\x07"
                        "b\x07\x07"
                        "c\x07"
                        "d\x07\x07"
                        "e"}}),
            "a\tb\nc\td\ne");
  EXPECT_EQ(word_text({{"ac\x13 HYPERLINK \"http://x.y/\" \x14"
                        "cou\x15nt\rnext"}}),
            "account\n HYPERLINK \"http://x.y/\" \nnext");
  EXPECT_EQ(word_text({{"a\x13 ONE \x13 TWO \x14"
                        "2\x15 \x14"
                        "b\x15"
                        "c\r"}}),
            "abc\n ONE \n TWO 2 ");
  EXPECT_EQ(word_text({{"\x15\x14"
                        "a\x13"
                        "b"}}),
            "a\nb");
}

TEST(OleWord, the_end_of_a_row_is_told_by_its_paragraph) {
  // Two rows of two cells, the second cell of the first is empty.
  const std::string text =
      "a\x07\x07\x07"
      "b\x07"
      "c\x07\x07";
  std::string document = word({{text}}).bytes().substr(512, 0x800);
  document += text;
  document.resize(0xa00);
  // Paragraphs that end behind places 2, 3, 4, 6, 8, 9; the third and the last are rows, as properties at 0x80 say.
  std::string page;
  for (const std::uint64_t end : {0U, 2U, 3U, 4U, 6U, 8U, 9U}) page += little(0x800 + end, 4);
  for (const std::uint64_t offset : {0U, 0U, 0x40U, 0U, 0U, 0x40U}) page += little(offset, 1) + std::string(12, '\0');
  page.resize(0x80);
  page += "\x04" + little(0, 2) + "\x16\x24\x01" + "\x17\x24\x01";
  page.resize(511);
  document += page + "\x06";
  document.replace(0x9a + 8 * 13, 8, little(0, 4) + little(12, 4));
  const std::string bins = little(0x800, 4) + little(0x809, 4) + little(5, 4);
  const std::string clx = "\x02" + little(16, 4) + little(0, 4) + little(9, 4) + little(0, 2) +
                          little(0x800 * 2 | 1U << 30, 4) + little(0, 2);
  document.replace(0x1a2, 8, little(100, 4) + little(clx.size(), 4));
  OleWriter writer;
  writer.add("WordDocument", document).add("1Table", bins + std::string(88, 'x') + clx);
  EXPECT_EQ(view(unpack_all(open_ole, writer.bytes()), "WordDocument"), "a\nb\tc");
}

TEST(OleWord, of_before_97_is_read_in_the_code_page_of_its_language) {
  std::string document(0x400, '\0');
  document.replace(0, 2, little(0xa5dc, 2));
  document.replace(2, 2, little(104, 2));
  document.replace(6, 2, little(0x0419, 2));
  document.replace(0x18, 4, little(0x400, 4));
  document.replace(0x1c, 4, little(0x406, 4));
  document += "\xcf\xf0\xe8\xe2\xe5\xf2 and no text";
  EXPECT_EQ(view(unpack_all(open_ole, OleWriter().add("WordDocument", document).bytes()), "WordDocument"), "Привет");
}

TEST(OleWord, authors_and_variables_stand_behind_the_text) {
  const auto text = [](const std::string& ascii) { return little(ascii.size(), 2) + utf16le(ascii); };
  const std::string authors = "\xff\xff" + little(2, 2) + little(0, 2) + text("Unknown") + text("Some One");
  const std::string variables =
      "\xff\xff" + little(1, 2) + little(4, 2) + text("account") + std::string(4, 'x') + text("4711");
  std::string document(0x800, '\0');
  document.replace(0, 12, little(0xa5ec, 2) + little(193, 2) + std::string(6, '\0') + little(0x0200, 2));
  document += "body";
  const std::string clx = "\x02" + little(16, 4) + little(0, 4) + little(4, 4) + little(0, 2) +
                          little(0x800 * 2 | 1U << 30, 4) + little(0, 2);
  std::string table;
  for (const auto& [index, bytes] : {std::pair(33U, clx), std::pair(51U, authors), std::pair(60U, variables)}) {
    document.replace(0x9a + 8 * index, 8, little(table.size(), 4) + little(bytes.size(), 4));
    table += bytes;
  }
  OleWriter writer;
  writer.add("WordDocument", document).add("1Table", table);
  EXPECT_EQ(view(unpack_all(open_ole, writer.bytes()), "WordDocument"), "body\nUnknown\nSome One\naccount\n4711");
}

TEST(OleWord, is_named_encrypted) {
  const Unpacked unpacked = unpack_all(open_ole, word({{"xyz"}}, 0x0300).bytes());
  ASSERT_EQ(unpacked.parts.size(), 1U);
  EXPECT_EQ(unpacked.parts[0].part.trouble, WalkTrouble::encrypted);
}

TEST(OleWord, pieces_that_are_the_same_end_soon) {
  const std::string bytes = word({{std::string(60'000, '\x1f')}}).bytes();
  std::string positions, rows;
  for (std::uint64_t i = 0; i <= 300'000; ++i) positions += little(60'000 * i & 0x7fffffff, 4);
  for (std::uint64_t i = 0; i < 300'000; ++i) rows += little(0, 2) + little(0x800 * 2 | 1U << 30, 4) + little(0, 2);
  std::string document(0x800 + 60'000, '\x1f');
  document.replace(0, 0x800, word({{""}}).bytes().substr(512, 0x800));
  document.replace(0x1a2, 4, little(0, 4));
  document.replace(0x1a6, 4, little(5 + positions.size() + rows.size(), 4));
  OleWriter writer;
  writer.add("WordDocument", document)
      .add("1Table", "\x02" + little(positions.size() + rows.size(), 4) + positions + rows);
  const Unpacked unpacked = unpack_all(open_ole, writer.bytes());
  ASSERT_EQ(unpacked.parts.size(), 1U);
  EXPECT_NE(unpacked.parts[0].error, "");
}

// --- Excel --------------------------------------------------------------------------------------------------

std::string record(std::uint64_t type, const std::string& body) {
  return little(type, 2) + little(body.size(), 2) + body;
}
std::string cell(std::uint64_t row, std::uint64_t column) { return little(row, 2) + little(column, 2) + little(15, 2); }
std::string biff8(const std::string& ascii) { return little(ascii.size(), 2) + '\0' + ascii; }
std::string real(double value) {
  std::string out(8, '\0');
  std::memcpy(out.data(), &value, 8);
  return out;
}
const std::string kBegin8 = record(0x809, little(0x600, 2) + little(5, 2) + std::string(12, '\0'));

std::string book(const std::string& records) {
  return view(unpack_all(open_ole, OleWriter().add("Workbook", kBegin8 + records).bytes()), "Workbook");
}

TEST(OleExcel, a_row_is_a_line_and_a_number_is_as_a_person_writes_it) {
  const auto number = [](std::uint64_t column, double value) { return record(0x203, cell(0, column) + real(value)); };
  EXPECT_EQ(book(number(0, 4111111111111111) + number(1, 0.1 + 0.2) + number(2, -1234567.25) + number(3, 491701234567) +
                 record(0x27e, cell(1, 0) + little(3'000 << 2 | 2, 4)) +
                 record(0x27e, cell(1, 1) + little(12'345 << 2 | 3, 4)) + record(0x204, cell(1, 2) + biff8("a\nb")) +
                 record(0xbd, little(2, 2) + little(0, 2) + little(15, 2) + little(7 << 2 | 2, 4) + little(15, 2) +
                                  little(8 << 2 | 2, 4) + little(1, 2))),
            "4111111111111111\t0.3\t-1234567.25\t491701234567\n3000\t123.45\ta b\n7\t8\n");
}

TEST(OleExcel, a_text_goes_on_in_the_next_record_narrow_or_wide) {
  // The first text changes its width within, the second stands on the border, the third begins with runs.
  const std::string table = little(3, 4) + little(3, 4) + little(7, 2) + '\0' + "acc";
  const std::string second = '\1' + utf16le("ount") + little(3, 2) + '\0';
  const std::string third = std::string(1, '\0') + "two" + little(5, 2) + '\x08' + little(2, 2) + "thr";
  const std::string fourth = std::string(1, '\0') + "ee" + "rrrr";
  const std::string fifth = "rrrr" + little(4, 2) + '\x04' + little(5, 4) + "four" + "spoke";
  std::string cells;
  for (std::uint64_t i = 0; i < 4; ++i) cells += record(0xfd, cell(0, i) + little(i, 4));
  EXPECT_EQ(book(record(0xfc, table) + record(0x3c, second) + record(0x3c, third) + record(0x3c, fourth) +
                 record(0x3c, fifth) + cells),
            "account\ttwo\tthree\tfour\n");
}

TEST(OleExcel, what_is_not_in_a_cell_is_a_line) {
  const std::string address = "http://example.org/a?b=c";
  const std::string link = std::string(8, '\0') + std::string(16, 'c') + little(2, 4) + little(0x13, 4) + little(5, 4) +
                           utf16le("shown") + "\xe0\xc9\xea\x79\xf9\xba\xce\x11\x8c\x82" + std::string(6, 'c') +
                           little(2 * address.size() + 2, 4) + utf16le(address) + std::string(2, '\0');
  const std::string box = std::string(10, '\0') + little(7, 2) + std::string(6, '\0');
  const std::string text =
      book(record(0x06, cell(0, 0) + std::string(6, '\0') + "\xff\xff" + std::string(8, '\0')) +
           record(0x207, biff8("result")) + record(0x06, cell(0, 1) + real(4.5) + std::string(8, '\0')) +
           record(0x1b8, link) + record(0x1b6, box) + record(0x3c, std::string(1, '\0') + "comment") +
           record(0x1c, little(0, 2) + little(0, 2) + little(0, 2) + little(1, 2) + biff8("Some One")) +
           record(0x14, biff8("&Ctop")) + record(0x100d, little(0, 2) + "\x05" + '\0' + "chart"));
  EXPECT_EQ(text, "result\t4.5\nshown\thttp://example.org/a?b=c\ncomment\nSome One\n&Ctop\nchart\n");
}

TEST(OleExcel, of_before_97_is_read_in_its_code_page) {
  const std::string begin = record(0x809, little(0x500, 2) + little(5, 2) + std::string(4, '\0'));
  const std::string records = begin + record(0x42, little(1251, 2)) +
                              record(0x204, cell(0, 0) + little(6, 2) + "\xcf\xf0\xe8\xe2\xe5\xf2") +
                              record(0x1c, little(0, 2) + little(0, 2) + little(4, 2) + "note");
  EXPECT_EQ(view(unpack_all(open_ole, OleWriter().add("Book", records).bytes()), "Book"), "Привет\nnote\n");
}

TEST(OleExcel, is_named_encrypted) {
  const Unpacked unpacked =
      unpack_all(open_ole, OleWriter().add("Workbook", kBegin8 + record(0x2f, std::string(6, '\0'))).bytes());
  ASSERT_EQ(unpacked.parts.size(), 1U);
  EXPECT_EQ(unpacked.parts[0].part.trouble, WalkTrouble::encrypted);
}

// Large, of short and long texts in narrow and wide characters; and what xlrd reads of it.
TEST(OleExcel, reads_every_cell_that_xlrd_reads) {
  const test::TemporaryFolder folder;
  python(R"(
import xlwt, sys, random
random.seed(7)
b = xlwt.Workbook()
for s in range(3):
    t = b.add_sheet(['First', 'Zweites Blatt', 'Третий'][s])
    for r in range(700):
        for c in range(6):
            k = random.randrange(7)
            n = random.randrange(1, 60) if random.random() < 0.98 else random.randrange(3000, 12000)
            if k < 3: t.write(r, c, ''.join(random.choice('abcdefgh ') for _ in range(n)).strip() or 'x')
            elif k == 3: t.write(r, c, ''.join(random.choice('абвгд€日本') for _ in range(n)))
            elif k == 4: t.write(r, c, random.randrange(-10**12, 10**12))
            elif k == 5: t.write(r, c, random.randrange(10**9) / 1000)
b.save(sys.argv[1])
)",
         {folder / "made.xls"});
  std::vector<std::string> paths = {folder / "made.xls"};
  for (const std::string& path : test::files_in(kDocuments + "poi")) {
    if (path.ends_with(".xls") && is_compound(test::read_file(path))) paths.push_back(path);
  }
  const nlohmann::json truth = nlohmann::json::parse(python(R"(
import xlrd, sys, json, re
def text(c):
    if c.ctype in (2, 3): return str(int(c.value)) if c.value == int(c.value) and abs(c.value) < 1e18 else '%.15g' % c.value
    if c.ctype != 1: return None
    return re.sub('[\0-\x1f\xa0]', ' ', c.value.replace('\u200b', '').replace('\xad', ''))
out = {}
for path in sys.argv[1:]:
    rows = out[path] = []
    for s in xlrd.open_workbook(path, logfile=sys.stderr).sheets():
        for r in range(s.nrows):
            cells = [text(c) for c in s.row(r)]
            rows.append('\t'.join(c for c in cells if c))
json.dump(out, sys.stdout)
)",
                                                            paths));
  std::size_t count = 0;
  for (const auto& [path, rows] : truth.items()) {
    std::istringstream text(unpack_all(open_ole, test::read_file(path)).text());
    std::set<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.insert(line);
    for (const auto& row : rows) {
      const std::string theirs = row.get<std::string>();
      EXPECT_TRUE(theirs.empty() || lines.contains(theirs)) << path << ": " << theirs;
      ++count;
    }
  }
  EXPECT_GT(count, 2000U);
}

// --- PowerPoint ---------------------------------------------------------------------------------------------

std::string atom(std::uint64_t type, const std::string& body, std::uint64_t version = 0) {
  return little(version, 2) + little(type, 2) + little(body.size(), 4) + body;
}

TEST(OleSlides, texts_are_read_wherever_they_stand) {
  const std::string slides =
      atom(0x3e8,
           atom(0xfa0, "\x1f\x04\x40\x04" + utf16le("\rnext")) +
               atom(0xfa8,
                    "M\xfcller\x0b"
                    "two") +
               atom(0x3ee, atom(0xf00d, atom(0xfba, utf16le("title")), 15), 15) + atom(0x409, std::string(40, 'x')),
           15);
  EXPECT_EQ(view(unpack_all(open_ole, OleWriter().add("PowerPoint Document", slides).bytes()), "PowerPoint Document"),
            "Пр\nnext\nMüller\ntwo\ntitle\n");
}

TEST(OleSlides, a_length_that_lies_ends_the_text) {
  const std::string slides = atom(0xfa8, "one") + little(0, 2) + little(0xfa8, 2) + little(0x7fffffff, 4) + "two";
  const Unpacked unpacked = unpack_all(open_ole, OleWriter().add("PowerPoint Document", slides).bytes());
  ASSERT_EQ(unpacked.parts.size(), 1U);
  EXPECT_EQ(unpacked.parts[0].bytes, "one\ntwo\n");
  EXPECT_NE(unpacked.parts[0].error, "");
}

TEST(OleSlides, what_is_embedded_is_a_member) {
  const std::string inner = OleWriter().add("CONTENTS", "the account").bytes();
  const std::string packed = python(
      "import sys, zlib; c = zlib.compressobj(); d = bytes.fromhex(sys.argv[1]);"
      "sys.stdout.buffer.write(c.compress(d) + c.flush(zlib.Z_SYNC_FLUSH))",
      {[&] {
        std::string hex;
        for (const char c : inner) {
          hex += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
          hex += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
        }
        return hex;
      }()});
  const std::string slides = atom(0x1011, inner) + atom(0x1011, little(inner.size(), 4) + packed, 0x10);
  const Unpacked unpacked = unpack_all(open_ole, OleWriter().add("PowerPoint Document", slides).bytes());
  test::expect_same(unpacked.files(), {{"PowerPoint Document", ""}, {"object 1", inner}, {"object 2", inner}});
  for (const test::UnpackedPart& part : unpacked.parts) EXPECT_EQ(part.error, "");
}

// --- properties, packages, macros ---------------------------------------------------------------------------

TEST(OleProperties, texts_are_lines_and_those_of_the_user_have_their_name) {
  const auto text = [](const std::string& bytes) { return little(0x1e, 4) + little(bytes.size() + 1, 4) + bytes; };
  const std::string page = little(2, 4) + little(1251, 4),
                    title = text("\xcf\xf0\xe8\xe2\xe5\xf2") + std::string(2, '\0');
  const std::string dictionary = little(1, 4) + little(2, 4) + little(4, 4) + "Fld" + '\0';
  const auto section = [](const std::vector<std::pair<std::uint64_t, std::string>>& values) {
    std::string rows, bytes;
    for (const auto& [number, value] : values) {
      rows += little(number, 4) + little(8 + 8 * values.size() + bytes.size(), 4);
      bytes += value;
    }
    return little(8 + rows.size() + bytes.size(), 4) + little(values.size(), 4) + rows + bytes;
  };
  const std::string list =
      little(0x101e, 4) + little(2, 4) + little(2, 4) + "a" + '\0' + little(3, 4) + "bc" + '\0' + std::string(3, '\0');
  const std::string first = section({{1, page}, {2, title}, {13, list}}),
                    second = section({{0, dictionary}, {1, page}, {2, title}});
  const std::string set = "\xfe\xff" + little(0, 2) + little(0, 4) + std::string(16, '\0') + little(2, 4) +
                          std::string(16, 'f') + little(68, 4) + std::string(16, 'g') + little(68 + first.size(), 4) +
                          first + second;
  const Unpacked unpacked = unpack_all(open_ole, OleWriter().add("\x05SummaryInformation", set).bytes());
  EXPECT_EQ(view(unpacked, "SummaryInformation"), "Привет\na\nbc\nFld\tПривет\n");
}

TEST(OlePackage, a_file_that_was_dropped_into_a_document_is_a_member) {
  const std::string body = little(2, 2) + "report.txt" + '\0' + "C:\\a\\report.txt" + '\0' + little(0, 2) +
                           little(3, 2) + little(5, 4) + "C:\\t" + '\0' + little(11, 4) + "the account";
  const std::string wide = little(3, 4) + utf16le("C:x") + little(4, 4) + utf16le("plan") + little(1, 4) + utf16le("y");
  OleWriter plain, named;
  plain.add("ObjectPool/_1/\x01Ole10Native", little(body.size(), 4) + body);
  named.add("ObjectPool/_1/\x01Ole10Native", little(body.size(), 4) + body + wide);
  test::expect_same(unpack_all(open_ole, plain.bytes()).files(), {{"ObjectPool/_1/report.txt", "the account"}});
  test::expect_same(unpack_all(open_ole, named.bytes()).files(), {{"ObjectPool/_1/plan", "the account"}});
  test::expect_same(unpack_all(open_ole, OleWriter().add("\x01Ole10Native", "other data").bytes()).files(),
                    {{"Ole10Native", "other data"}});
}

// --- pictures -----------------------------------------------------------------------------------------------

std::string picture(std::uint64_t kind, std::uint64_t type, const std::string& before, const std::string& bytes) {
  return little(kind, 2) + little(type, 2) + little(before.size() + bytes.size(), 4) + before + bytes;
}

TEST(OlePictures, of_every_program_are_members) {
  const std::string jpeg = test::noise(1, 20'000), png = test::noise(2, 5'000);
  const std::string one = picture(0x46a0, 0xf01d, std::string(17, 'd'), jpeg);
  const std::string two = picture(0x6e10, 0xf01e, std::string(33, 'd'), png);
  const std::string deflated("\x78\x9c\x4b\x4c\x4a\x06\0\x02\x4d\x01\x27", 11);
  const std::string three =
      picture(0x2160, 0xf01b, std::string(16, 'd') + little(3, 4) + std::string(28, 'm') + '\0' + '\xfe', deflated);
  const std::string stream =
      test::noise(3, 77) + one + two + "\xf0\xf0" + three + little(0x46a0, 2) + little(0xf01d, 2);
  const std::map<std::string, std::string> pictures = {
      {"picture 1.jpg", jpeg}, {"picture 2.png", png}, {"picture 3.wmf", "abc"}};
  const auto members = [](const OleWriter& writer) {
    const Unpacked unpacked = unpack_all(open_ole, writer.bytes());
    EXPECT_EQ(unpacked.error, "");
    std::map<std::string, std::string> out;
    for (const test::UnpackedPart& part : unpacked.parts) {
      EXPECT_EQ(part.error, "") << part.part.name;
      if (part.part.is == Part::Is::member) out[part.part.name] = part.bytes;
    }
    return out;
  };
  OleWriter document = word({{"text"}}), slides, sheets;
  test::expect_same(members(document.add("Data", stream)), pictures);
  slides.add("PowerPoint Document", "").add("Pictures", stream);
  test::expect_same(members(slides), pictures);
  std::string records = kBegin8;
  for (std::size_t at = 0; at < stream.size(); at += 8'000)
    records += record(at == 0 ? 0xeb : 0x3c, stream.substr(at, 8'000));
  sheets.add("Workbook", records + record(0x3d, "x"));
  test::expect_same(members(sheets), pictures);
}

// The containers of MS-OVBA 3.2.
const std::string kNotPacked("\x01\x19\xb0\0abcdefgh\0ijklmnop\0qrstuv.", 29);
const std::string kPacked(
    "\x01\x2f\xb0\0#aaabcde\x82"
    "f\0paghij\x01"
    "8\x08"
    "akl\0"
    "0mnop\x06q\x02p\x04\x10rstuv\x10wxyz\0<",
    51);

TEST(OleMacros, the_source_of_every_module_is_read) {
  const auto entry = [](std::uint64_t id, const std::string& body) {
    return little(id, 2) + little(body.size(), 4) + body;
  };
  const std::string dir = entry(3, little(1252, 2)) + little(9, 2) + little(4, 4) + std::string(6, '\0') +
                          entry(0x1a, "One") + entry(0x31, little(5, 4)) + entry(0x1a, "Two") +
                          entry(0x31, little(0, 4));
  const std::string packed_dir = "\x01" + little(0x3000 | (dir.size() - 1), 2) + dir;
  OleWriter writer;
  writer.add("Macros/VBA/dir", packed_dir)
      .add("Macros/VBA/_VBA_PROJECT", "x")
      .add("Macros/VBA/One", "12345" + kNotPacked)
      .add("Macros/VBA/Two", kPacked);
  const Unpacked unpacked = unpack_all(open_ole, writer.bytes());
  EXPECT_EQ(view(unpacked, "Macros/VBA/One"), "abcdefghijklmnopqrstuv.");
  EXPECT_EQ(view(unpacked, "Macros/VBA/Two"), "#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa");
}

// --- Outlook ------------------------------------------------------------------------------------------------

const std::string kPackedRtf(
    "\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125\x42"
    "2\x0a\xf3 hel\x09\0 bw\x05\xb0ld}\x0a\x80\x0f\xa0",
    49);

OleWriter& add_message(OleWriter& writer, const std::string& prefix, std::size_t header, const std::string& subject) {
  const std::string text = prefix + "__substg1.0_";
  const std::string date =
      little(0x00390040, 4) + little(6, 4) + little((11'644'473'600 + 1'000'000'000) * 10'000'000, 8);
  const std::string page = little(0x3ffd0003, 4) + little(6, 4) + little(1251, 8);
  return writer.add(prefix + "__properties_version1.0", std::string(header, '\0') + page + date)
      .add(text + "0037001F", utf16le(subject))
      .add(text + "0C1A001E", "\xcf\xf0\xe8\xe2\xe5\xf2")
      .add(text + "5D01001F", utf16le("sender@example.org"))
      .add(text + "007D001F", utf16le("Subject: =?utf-8?Q?M=C3=BCller?=\r\n"))
      .add(text + "1000001F", utf16le("body of " + subject))
      .add(text + "8005001F", utf16le("+49 170 1234567"))
      .add(prefix + "__recip_version1.0_#00000000/__substg1.0_3001001F", utf16le("Jane Doe"))
      .add(prefix + "__recip_version1.0_#00000000/__substg1.0_39FE001F", utf16le("jane@example.org"));
}

TEST(OleMessage, people_headers_body_and_attachments_are_read) {
  OleWriter writer;
  add_message(writer, "", 32, "outer")
      .add("__substg1.0_10090102", kPackedRtf)
      .add("__substg1.0_10130102", "<html>ac<b>cou</b>nt")
      .add("__attach_version1.0_#00000000/__substg1.0_3707001F", utf16le("plan.txt"))
      .add("__attach_version1.0_#00000000/__substg1.0_37010102", "the plan")
      .add("__attach_version1.0_#00000001/__substg1.0_3001001F", utf16le("inner"));
  const std::string inner = "__attach_version1.0_#00000001/__substg1.0_3701000D/";
  add_message(writer, inner, 24, "inner").add(inner + "__attach_version1.0_#00000000/__substg1.0_37010102", "deep");
  const Unpacked unpacked = unpack_all(open_ole, writer.bytes());
  EXPECT_EQ(unpacked.error, "");
  std::map<std::string, std::string> files = unpacked.files();
  EXPECT_EQ(files["plan.txt"], "the plan");
  EXPECT_EQ(files["inner/attachment"], "deep");
  EXPECT_EQ(files["body.rtf"], "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
  EXPECT_EQ(files["inner/body"], "body of inner");
  for (const std::string part : {"Subject: inner\n", "From: Привет\n", "From: sender@example.org\n",
                                 "Subject: Müller\n", "Jane Doe\tjane@example.org\n", "+49 170 1234567\n"}) {
    EXPECT_THAT(files["inner/headers"], HasSubstr(part));
  }
  EXPECT_THAT(files["headers"], HasSubstr("Subject: outer\n"));
  EXPECT_EQ(unpacked.parts[0].part.sent, 1'000'000'000);
  EXPECT_EQ(unpacked.parts[1].bytes, "body of outer");
  EXPECT_EQ(unpacked.parts[2].bytes, "account");
  EXPECT_FALSE(unpacked.parts[1].part.retells);
  EXPECT_TRUE(unpacked.parts[2].part.retells);
}

// --- what others wrote --------------------------------------------------------------------------------------

// Words that catdoc makes of what is no text in these documents.
bool is_made_up(const std::string& word) {
  return word.size() < 3 || word.find_first_of("[]<>-*\f") != std::string::npos;
}

TEST(OleDocuments, every_word_that_catdoc_finds_is_found) {
  std::size_t documents = 0, words = 0;
  for (const std::string& path : test::files_in(kDocuments + "poi")) {
    const bool is_word = path.ends_with(".doc"), is_slides = path.ends_with(".ppt");
    if (!is_word && !is_slides) continue;
    const test::Ran ran = test::run({is_word ? "catdoc" : "catppt", "-d", "utf-8", path});
    ASSERT_EQ(ran.exit, 0) << path << ran.err;
    const std::string text = unpack_all(open_ole, test::read_file(path)).text();
    std::string theirs = ran.out;
    for (std::size_t at; (at = theirs.find("\xc2\xa0")) != theirs.npos;) theirs.replace(at, 2, " ");
    std::istringstream stream(theirs);
    for (std::string word; stream >> word;) {
      if (is_made_up(word)) continue;
      EXPECT_THAT(text, HasSubstr(word)) << path;
      ++words;
    }
    ++documents;
  }
  if (documents == 0) GTEST_SKIP() << "no samples";
  EXPECT_GT(documents, 15U);
  EXPECT_GT(words, 1500U);
}

TEST(OleDocuments, says_what_their_makers_say_is_in_them) {
  if (test::files_in(kDocuments + "poi").empty()) GTEST_SKIP() << "no samples";
  struct Sample {
    std::string path, view, text;
  };
  const std::vector<Sample> samples = {
      {"documents/poi/HeaderFooterUnicode.doc", "WordDocument", "The footer, with Molière, has Unicode in it."},
      {"documents/poi/quick.doc", "WordDocument", "The quick brown fox jumps over the lazy dog"},
      {"documents/poi/test-fields.doc", "WordDocument", "Textbox in header with field"},
      {"documents/poi/test-fields.doc", "WordDocument", " Field in EndNote."},
      {"documents/poi/DrawingAndComments.xls", "Workbook", "evgeniy:\n1sdasdadsas"},
      {"documents/poi/44297.xls", "Workbook", "\n3333333333\n"},
      {"documents/poi/slide_master.ppt", "PowerPoint Document", "And I follow the design pattern from the TitleMaster"},
      {"documents/poi/next_test_ppt_file.ppt", "PowerPoint Document", "These are the notes on page two"},
      {"mail/msg/cyrillic_message.msg", "headers", "sviridov@niips.ru"},
      {"mail/msg/simple_test_msg.msg", "headers", "To: travis@overwrittenstack.com"},
      {"mail/msg/msgClassTask.msg", "body", "Quick brown fox must do what he must"},
  };
  for (const Sample& sample : samples) {
    const Unpacked unpacked = unpack_all(open_ole, test::read_file(test::shared_data() + sample.path));
    EXPECT_THAT(view(unpacked, sample.view), HasSubstr(sample.text)) << sample.path;
  }
}

TEST(OleDocuments, without_their_password_are_encrypted) {
  std::size_t count = 0;
  for (const std::string& path : test::files_in(kDocuments + "encrypted")) {
    const std::string bytes = test::read_file(path);
    if (!is_compound(bytes)) continue;
    const Unpacked unpacked = unpack_all(open_ole, bytes);
    ASSERT_FALSE(unpacked.parts.empty()) << path;
    EXPECT_EQ(unpacked.parts[0].part.trouble, WalkTrouble::encrypted) << path;
    EXPECT_EQ(unpacked.parts[0].part.is, Part::Is::view);
    ++count;
  }
  if (count == 0) GTEST_SKIP() << "no samples";
  EXPECT_GT(count, 6U);
}

// --- damage -------------------------------------------------------------------------------------------------

TEST(OleDamage, of_every_kind_is_survived) {
  const std::uint64_t seeds = test::damage_seeds(300);
  OleWriter message;
  add_message(message, "", 32, "outer").add("__substg1.0_10090102", kPackedRtf).add("__substg1.0_10130102", "<p>a");
  add_message(message, "__attach_version1.0_#00000001/__substg1.0_3701000D/", 24, "inner");
  test::survive_damage(open_ole, message.bytes(), "", seeds);
  test::survive_damage(open_ole, message.version(4).bytes(), "", seeds / 10);
  OleWriter document = word({{"a\x13 b \x14"
                              "c\x15\x07\x07"},
                             {utf16le("wide"), true}});
  document.add("Macros/VBA/dir", kPacked)
      .add("Macros/VBA/_VBA_PROJECT", "x")
      .add("\x01Ole10Native", test::noise(1, 300));
  test::survive_damage(open_ole, document.bytes(), "", seeds);
  test::survive_damage(
      open_ole, OleWriter().add("PowerPoint Document", atom(0x3e8, atom(0xfa8, "one") + atom(0x1011, "x"), 15)).bytes(),
      "", seeds);
  const std::string cells = record(0xfc, little(1, 8) + biff8("shared")) + record(0xfd, cell(0, 0) + little(0, 4)) +
                            record(0x204, cell(0, 1) + biff8("label")) + record(0x1b8, test::noise(2, 200));
  test::survive_damage(open_ole, OleWriter().add("Workbook", kBegin8 + cells).scattered().bytes(), "", seeds);
}

TEST(OleDamage, of_what_others_wrote_is_survived) {
  std::size_t count = 0;
  for (const std::string& folder : {kDocuments, kMessages, kHostile}) {
    for (const std::string& path : test::files_in(folder)) {
      const std::string bytes = test::read_file(path);
      if (!is_compound(bytes) || bytes.size() > 60'000) continue;
      static_cast<void>(unpack_all(open_ole, bytes));
      test::survive_damage(open_ole, bytes, "", test::damage_seeds(300));
      ++count;
    }
  }
  if (count == 0) GTEST_SKIP() << "no samples";
  EXPECT_GT(count, 40U);
}

}  // namespace
}  // namespace ambit::unpack_ole_test
