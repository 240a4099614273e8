// Pictures of PNG: the texts in them that are packed, and what stands behind them.
#include <gmock/gmock.h>

#include "stages/unpack/formats.h"
#include "tests/unpacked.h"

namespace ambit::unpack_png_test {
namespace {

using test::unpack_all;
using test::Unpacked;
using testing::ElementsAre;
using testing::HasSubstr;
using unpack::open_png;

// Made by Python: texts before and behind the picture itself, packed and not, of any length.
std::string made(const test::TemporaryFolder& folder) {
  const test::Ran ran = test::run({"python3", "-c", R"py(
import io, struct, sys, zipfile, zlib
def chunk(kind, data): return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
def itxt(keyword, text, packed=True):
    text = zlib.compress(text) if packed else text
    return chunk(b'iTXt', keyword + (b'\0\1\0' if packed else b'\0\0\0') + b'en\0Title\0' + text)
png = (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0)) +
    chunk(b'tEXt', b'Author\0the author') + chunk(b'zTXt', b'Comment\0\0' + zlib.compress('Müller'.encode('latin-1'))) +
    chunk(b'iCCP', b'zTXt\0\0' + zlib.compress(b'a profile')) + b''.join(chunk(b'IDAT', bytes(8192)) for _ in range(50)) +
    itxt('Título'.encode('latin-1'), 'Müller \u65e5'.encode()) + itxt(b'Plain', b'as it is', False) +
    chunk(b'zTXt', b'Long\0\0' + zlib.compress(b'long ' * 200000)) + chunk(b'IEND', b''))
zipped = io.BytesIO()
with zipfile.ZipFile(zipped, 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('a.txt', b'behind it ' * 50)
open(sys.argv[1] + '.png', 'wb').write(png)
open(sys.argv[1] + '.both', 'wb').write(png + zipped.getvalue())
)py",
                                   folder / "a"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return test::read_file(folder / "a.png");
}

std::vector<std::string> texts(const Unpacked& unpacked) {
  std::vector<std::string> out;
  for (const auto& part : unpacked.parts) {
    const std::string what = part.part.is == Part::Is::view ? "view " : "member ";
    out.push_back(what + part.part.name + ": " + part.bytes.substr(0, 15) + part.error);
  }
  return out;
}

TEST(Png, shows_its_packed_texts_by_keyword) {
  const test::TemporaryFolder folder;
  const std::string png = made(folder);
  EXPECT_EQ(test::format_by_head(png), Format::png);
  for (const bool seekable : {true, false}) {
    const Unpacked unpacked = test::unpack(Format::png, png, seekable);
    EXPECT_EQ(unpacked.error, "");
    EXPECT_THAT(texts(unpacked),
                ElementsAre("view Comment: Müller", "view Título: Müller 日", "view Long: long long long "));
    EXPECT_EQ(unpacked.parts.at(2).bytes.size(), 1'000'000U);
  }
  EXPECT_EQ(test::count_parts(Format::png, png, true), 3U);
}

TEST(Png, has_the_archive_behind_it_too) {
  const test::TemporaryFolder folder;
  static_cast<void>(made(folder));
  const std::string both = test::read_file(folder / "a.both");
  EXPECT_EQ(test::format_by_head(both), Format::png);
  EXPECT_THAT(texts(unpack_all(open_png, both)),
              ElementsAre("view Comment: Müller", "view Título: Müller 日", "view Long: long long long ",
                          "member a.txt: behind it behin"));
}

TEST(Png, without_packed_texts_has_no_parts_and_is_no_damage) {
  const test::TemporaryFolder folder;
  const std::string png = made(folder);
  const std::string head = png.substr(0, 33);
  for (const std::string& picture :
       {head, head + png.substr(png.size() - 12), head.substr(0, 20), head + std::string(100, '\xff'),
        head + std::string("\0\0\0\3zTXta\0\0abcd", 15)}) {
    const Unpacked unpacked = unpack_all(open_png, picture);
    EXPECT_EQ(unpacked.error, "");
    for (const auto& part : unpacked.parts) EXPECT_EQ(part.bytes, "");
  }
}

TEST(Png, with_a_damaged_text_says_so_and_shows_the_others) {
  const test::TemporaryFolder folder;
  std::string png = made(folder);
  const std::size_t text = png.find("zTXtComment") + 14;
  png.replace(text, 4, "\xff\xff\xff\xff");
  const Unpacked unpacked = unpack_all(open_png, png);
  ASSERT_EQ(unpacked.parts.size(), 3U);
  EXPECT_NE(unpacked.parts[0].error, "");
  EXPECT_EQ(unpacked.parts[1].bytes, "Müller 日");
}

TEST(Png, with_a_text_that_is_too_long_says_so) {
  std::string png("\x89PNG\r\n\x1a\n", 8);
  png += std::string("\x01\0\0\0zTXt", 8) + std::string(16 << 20, 'x') + "sum.";
  png += std::string("\0\0\0\0IEND", 8);
  const Unpacked unpacked = unpack_all(open_png, png);
  ASSERT_EQ(unpacked.parts.size(), 1U);
  EXPECT_EQ(unpacked.parts[0].part.trouble, WalkTrouble::expansion_limit);
}

TEST(Png, survives_damage) {
  EXPECT_NE(unpack_all(open_png, "").error, "");
  const test::TemporaryFolder folder;
  std::string png = made(folder);
  png.erase(png.find("IDAT") + 8 + 8192, 49 * 8204);
  test::survive_damage(open_png, png, "", test::damage_seeds(300));
}

}  // namespace
}  // namespace ambit::unpack_png_test
