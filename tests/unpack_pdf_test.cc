// PDF: text of the pages by pdftotext in a sandbox of the ambit that was built, the rest by our own reader.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stages/unpack/formats.h"
#include "stages/unpack/pdf/text.h"
#include "stages/unpack/sandbox/sandbox.h"
#include "tests/unpacked.h"

namespace ambit::unpack_pdf_test {
namespace {

using test::Unpacked;
using testing::HasSubstr;
using testing::Not;

// A zlib stream of one block that is stored.
std::string zlib(const std::string& bytes) {
  std::uint32_t a = 1, b = 0;
  for (const char c : bytes) {
    a = (a + static_cast<std::uint8_t>(c)) % 65521;
    b = (b + a) % 65521;
  }
  const auto low = [](std::size_t n) { return std::string{static_cast<char>(n & 0xff), static_cast<char>(n >> 8)}; };
  const auto high = [](std::uint32_t n) { return std::string{static_cast<char>(n >> 8), static_cast<char>(n & 0xff)}; };
  return "\x78\x01\x01" + low(bytes.size()) + low(~bytes.size() & 0xffff) + bytes + high(b) + high(a);
}

// Objects as they stand, tables by the count.
class PdfMaker {
 public:
  std::uint64_t add(const std::string& object) {
    objects_.push_back(object);
    return objects_.size();
  }
  static std::string stream(const std::string& dictionary, const std::string& bytes) {
    return "<< " + dictionary + " /Length " + std::to_string(bytes.size()) + " >>\nstream\n" + bytes + "\nendstream";
  }
  static std::string deflated(const std::string& dictionary, const std::string& bytes) {
    return stream(dictionary + " /Filter /FlateDecode", zlib(bytes));
  }
  // Pages of lines.
  void pages(const std::vector<std::vector<std::string>>& pages) {
    const std::uint64_t font = add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
    std::string kids;
    const std::uint64_t parent = objects_.size() + pages.size() * 2 + 1;
    for (const auto& lines : pages) {
      std::string content = "BT /F1 12 Tf 14 TL 72 720 Td\n";
      for (const std::string& line : lines) content += "(" + line + ") Tj T*\n";
      const std::uint64_t bytes = add(deflated("", content + "ET"));
      kids += std::to_string(add("<< /Type /Page /Parent " + std::to_string(parent) + " 0 R /MediaBox [0 0 612 792] " +
                                 "/Resources << /Font << /F1 " + std::to_string(font) + " 0 R >> >> /Contents " +
                                 std::to_string(bytes) + " 0 R >>")) +
              " 0 R ";
    }
    EXPECT_EQ(add("<< /Type /Pages /Kids [" + kids + "] /Count " + std::to_string(pages.size()) + " >>"), parent);
    root_ = add("<< /Type /Catalog /Pages " + std::to_string(parent) + " 0 R >>");
  }
  [[nodiscard]] std::string whole(const std::string& trailer = "") const {
    std::string out = "%PDF-1.7\n";
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      places.push_back(out.size());
      out += std::to_string(i + 1) + " 0 obj\n" + objects_[i] + "\nendobj\n";
    }
    const std::size_t table = out.size();
    out += "xref\n0 " + std::to_string(places.size() + 1) + "\n0000000000 65535 f \n";
    for (const std::size_t place : places) {
      std::string digits = std::to_string(place);
      out += std::string(10 - digits.size(), '0') + digits + " 00000 n \n";
    }
    return out + "trailer\n<< /Size " + std::to_string(places.size() + 1) + " /Root " + std::to_string(root_) +
           " 0 R " + trailer + " >>\nstartxref\n" + std::to_string(table) + "\n%%EOF\n";
  }

 private:
  std::vector<std::string> objects_;
  std::uint64_t root_ = 0;
};

class Pdf : public testing::Test {
 protected:
  Pdf() { test::use_sandboxes(&sandboxes); }
  ~Pdf() override { test::use_sandboxes(nullptr); }
  static std::string view(const Unpacked& pdf, const std::string& name) {
    for (const test::UnpackedPart& part : pdf.parts) {
      if (part.part.is == Part::Is::view && part.part.name == name) return part.bytes;
    }
    return "no such view";
  }
  static std::vector<WalkTrouble> troubles(const Unpacked& pdf) {
    std::vector<WalkTrouble> out;
    for (const test::UnpackedPart& part : pdf.parts) {
      if (part.part.trouble != WalkTrouble::none) out.push_back(part.part.trouble);
    }
    return out;
  }
  Sandboxes sandboxes{AMBIT_PROGRAM};
};

TEST_F(Pdf, gives_the_text_of_its_deflated_pages_and_its_properties) {
  PdfMaker pdf;
  pdf.pages({{"account 4711 & <friends>"}, {"second page"}});
  const std::uint64_t info = pdf.add("<< /Title (The \\(plan\\)) /Author <FEFF004B0069006D> >>");
  const Unpacked out = test::unpack(pdf.whole("/Info " + std::to_string(info) + " 0 R"), true);
  EXPECT_THAT(view(out, "text"), HasSubstr("account 4711 & <friends>"));
  EXPECT_THAT(view(out, "text"), HasSubstr("second page"));
  EXPECT_THAT(view(out, "text"), HasSubstr("Title: The (plan)\nAuthor: Kim\n"));
  EXPECT_TRUE(troubles(out).empty());
}

TEST_F(Pdf, joins_what_the_end_of_a_line_parts) {
  PdfMaker pdf;
  pdf.pages({{"paid by Kim", "Stahl to the ac-", "count of the pro-", "gramme"}});
  const Unpacked out = test::unpack(pdf.whole(), true);
  EXPECT_THAT(view(out, "flowing text"), HasSubstr("paid by Kim Stahl to the account of the programme"));
  EXPECT_EQ(unpack::with_joined_lines("one\ntwo\n\nthree\n4711-\n0815\nkim@\nexample.org\f"),
            "one two\nthree 4711-0815 kim@example.org");
}

TEST_F(Pdf, gives_strings_of_forms_and_comments_in_whatever_they_are_written) {
  PdfMaker pdf;
  pdf.pages({{"page"}});
  pdf.add("<< /Subtype /Text /Contents (caf\\351 \\\nnext\\)) /T <4b696d20> >>");
  pdf.add(PdfMaker::deflated("/Type /ObjStm /N 1 /First 4", "9 0 << /V <FEFF006B00E5006D> >>"));
  pdf.add(PdfMaker::deflated("", "<xdp><field>Stahl</field></xdp>"));
  const std::string strings = view(test::unpack(pdf.whole(), true), "strings");
  EXPECT_THAT(strings, HasSubstr("caf\xc3\xa9 next)\n"));
  EXPECT_THAT(strings, HasSubstr("Kim \n"));
  EXPECT_THAT(strings, HasSubstr("k\xc3\xa5m\n"));
  EXPECT_THAT(strings, HasSubstr("<field>Stahl</field>"));
}

TEST_F(Pdf, gives_embedded_files_by_their_names) {
  PdfMaker pdf;
  pdf.pages({{"page"}});
  const std::uint64_t a = pdf.add(PdfMaker::deflated("/Type /EmbeddedFile", "first file"));
  const std::uint64_t b = pdf.add(PdfMaker::stream("/Type /EmbeddedFile", "second file"));
  pdf.add("<< /Type /Filespec /F (a.txt) /EF << /F " + std::to_string(a) + " 0 R >> >>");
  pdf.add("<< /EF << /F " + std::to_string(b) + " 0 R >> /UF <FEFF00E5002E007400780074> >>");
  const auto files = test::unpack(pdf.whole(), true).files();
  EXPECT_EQ(files.at("a.txt"), "first file");
  EXPECT_EQ(files.at("\xc3\xa5.txt"), "second file");
}

TEST_F(Pdf, with_a_lost_table_or_a_lost_end_gives_what_is_there) {
  PdfMaker pdf;
  pdf.pages({{"account 4711"}});
  const std::string whole = pdf.whole();
  std::string without_table = whole;
  without_table.replace(without_table.find("xref\n"), 4, "lost");
  EXPECT_THAT(view(test::unpack(without_table, true), "text"), HasSubstr("account 4711"));
  const Unpacked cut = test::unpack(whole.substr(0, whole.find("/Kids")), true);
  EXPECT_THAT(view(cut, "strings"), HasSubstr("account 4711\n"));
  EXPECT_THAT(troubles(cut), testing::ElementsAre(WalkTrouble::damaged));
}

TEST_F(Pdf, that_is_no_pdf_behind_its_first_line_is_damaged) {
  EXPECT_THAT(troubles(test::unpack("%PDF-1.4\nnothing else", true)), testing::ElementsAre(WalkTrouble::damaged));
}

TEST_F(Pdf, of_others_have_their_documented_contents) {
  const std::string folder = test::shared_data() + "documents/pdf/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the samples are not here";
  const auto read = [&](const std::string& name) { return test::unpack(test::read_file(folder + name), true); };
  EXPECT_THAT(view(read("001-trivial-minimal-document.pdf"), "text"), HasSubstr("Lorem ipsum dolor sit amet"));
  EXPECT_THAT(troubles(read("005-libreoffice-writer-password-libreoffice-writer-password.pdf")),
              testing::ElementsAre(WalkTrouble::encrypted));
  EXPECT_THAT(view(read("012-libreoffice-form-libreoffice-form.pdf"), "strings"), HasSubstr("Alice"));
  EXPECT_THAT(read("025-attachment-with-attachment.pdf").files(), testing::Not(testing::IsEmpty()));
  EXPECT_THAT(view(read("015-arabic-habibi.pdf"), "flowing text"),
              HasSubstr("\xd8\xad\xd9\x8e\xd8\xa8\xd9\x8a\xd8\xa8\xd9\x8a"));
}

// pdftotext is not asked here: what is damaged are the bytes that our own reader sees.
TEST(PdfDamage, ends) {
  PdfMaker pdf;
  pdf.pages({{"page"}});
  const std::uint64_t a = pdf.add(PdfMaker::deflated("/Type /EmbeddedFile", "first file"));
  pdf.add("<< /Type /Filespec /F (a.txt) /EF << /F " + std::to_string(a) + " 0 R >> >>");
  pdf.add(PdfMaker::deflated("/Type /ObjStm /N 1 /First 4", "9 0 << /V <FEFF006B00E5006D> /T (a\\(b) >>"));
  test::survive_damage(unpack::open_pdf, pdf.whole(), "x.pdf", test::damage_seeds(500));
  test::survive_damage(unpack::open_pdf, "%PDF-1.4\n" + std::string(100'000, '(') + std::string(100'000, '<'), "", 5);
}

}  // namespace
}  // namespace ambit::unpack_pdf_test
