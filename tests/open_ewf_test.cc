// EWF images: what ewfacquire writes is read as it was; damage costs the bytes it hit and no others.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "stages/hash/digest.h"
#include "stages/open/packed_block.h"
#include "tests/open_images.h"

namespace ambit::open_ewf_test {
namespace {

namespace fs = std::filesystem;
using test::expect_same;
using test::opened;
using test::TemporaryFolder;

struct Acquired {
  std::string format = "encase6", compression = "deflate:fast", sectors_per_chunk = "64", segment = "1GiB";
};

// Acquires folder/raw into folder/image.*; the path of the first part.
std::string acquire(const TemporaryFolder& folder, const Acquired& how, const std::string& name = "image") {
  const test::Ran ran =
      test::run({"ewfacquire", "-u", "-q", "-t", folder / name, "-f", how.format, "-c", how.compression, "-b",
                 how.sectors_per_chunk, "-S", how.segment, "-d", "sha1", folder / "raw"});
  for (const char* suffix : {".E01", ".e01", ".s01"}) {
    if (ran.exit == 0 && fs::exists(folder / (name + suffix))) return folder / (name + suffix);
  }
  ADD_FAILURE() << how.format << ": " << ran.err;
  return {};
}

std::string exported(const TemporaryFolder& folder, const std::string& first) {
  const test::Ran ran = test::run({"ewfexport", "-u", "-q", "-f", "raw", "-t", folder / "exported", first});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  for (const char* suffix : {".raw", ""}) {
    if (fs::exists(folder / ("exported" + std::string(suffix)))) {
      return test::read_file(folder / ("exported" + std::string(suffix)));
    }
  }
  return {};
}

// Every format that ewfacquire knows and splits into parts.
TEST(OpenEwf, reads_every_format_as_it_was_acquired) {
  for (const char* format : {"ewf", "smart", "ftk", "encase1", "encase2", "encase3", "encase4", "encase5", "encase6",
                             "encase7", "linen5", "linen6", "linen7", "ewfx"}) {
    for (const char* compression : {"none", "deflate:fast"}) {
      TemporaryFolder folder;
      const std::string raw = test::disk_bytes(7, (2U << 20U) + 3 * 512);
      test::write_file(folder / "raw", raw);
      const std::string first = acquire(folder, {.format = format, .compression = compression, .segment = "1MiB"});
      SCOPED_TRACE(std::string(format) + " " + compression);
      const auto image = opened(first);
      ASSERT_NE(image, nullptr);
      EXPECT_EQ(image->kind(), ExhibitKind::ewf);
      ASSERT_EQ(image->size(), raw.size());
      expect_same(*image, raw, 10);
    }
  }
}

TEST(OpenEwf, agrees_with_ewfexport_at_every_size_of_chunk_and_image) {
  std::size_t parts = 0;
  for (const char* sectors : {"16", "64", "32768"}) {
    for (const std::size_t bytes : {std::size_t{4096}, std::size_t{1000}, std::size_t{512}, std::size_t{32768},
                                    std::size_t{32768 + 512}, std::size_t{(3U << 20U) + 777}}) {
      TemporaryFolder folder;
      test::write_file(folder / "raw", test::noise(bytes, bytes));
      const std::string first = acquire(folder, {.sectors_per_chunk = sectors, .segment = "1MiB"});
      SCOPED_TRACE(std::string(sectors) + " sectors, " + std::to_string(bytes) + " bytes");
      const auto image = opened(first);
      ASSERT_NE(image, nullptr);
      const std::string other = exported(folder, first);
      ASSERT_EQ(image->size(), other.size());
      expect_same(*image, other, 20);
      if (fs::exists(folder / "image.E02")) ++parts;
    }
  }
  EXPECT_EQ(parts, 2U);
}

TEST(OpenEwf, finds_more_than_ninety_nine_parts) {
  TemporaryFolder folder;
  const std::string raw = test::noise(3, 110U << 20U);
  test::write_file(folder / "raw", raw);
  const auto image = opened(acquire(folder, {.compression = "none", .segment = "1MiB"}));
  ASSERT_NE(image, nullptr);
  EXPECT_TRUE(fs::exists(folder / "image.EAB"));
  expect_same(*image, raw, 10);
}

TEST(OpenEwf, tells_the_hashes_of_the_acquisition) {
  TemporaryFolder folder;
  test::write_file(folder / "raw", test::disk_bytes(5, 100'000));
  const auto image = opened(acquire(folder, {}));
  ASSERT_NE(image, nullptr);
  std::map<StoredHash::Algorithm, std::string> stored;
  for (const StoredHash& hash : image->stored_hashes()) stored[hash.algorithm] = to_hex(hash.digest);
  EXPECT_EQ(stored[StoredHash::Algorithm::md5], test::run({"md5sum", folder / "raw"}).out.substr(0, 32));
  EXPECT_EQ(stored[StoredHash::Algorithm::sha1], test::run({"sha1sum", folder / "raw"}).out.substr(0, 40));
}

TEST(OpenEwf, refuses_what_is_not_the_first_part_or_misses_one) {
  TemporaryFolder folder;
  test::write_file(folder / "raw", test::noise(3, 5U << 20U));
  const std::string first = acquire(folder, {.compression = "none", .segment = "1MiB"});
  EXPECT_NE(test::refused(folder / "image.E02").remedy, "");
  fs::rename(folder / "image.E03", folder / "elsewhere");
  EXPECT_NE(test::refused(first).what.find("image.E03"), std::string::npos);
  fs::copy(folder / "image.E02", folder / "image.E03");
  EXPECT_NE(test::refused(first).what.find("says that it is number 2"), std::string::npos);
}

TEST(OpenEwf, refuses_the_formats_it_recognises_and_does_not_read) {
  TemporaryFolder folder;
  using namespace std::string_literals;
  test::write_file(folder / "a.Ex01", "EVF2\r\n\x81\0"s + std::string(1000, '\0'));
  test::write_file(folder / "a.L01", "LVF\x09\r\n\xff\0"s + std::string(1000, '\0'));
  EXPECT_NE(test::refused(folder / "a.Ex01").remedy, "");
  EXPECT_NE(test::refused(folder / "a.L01").remedy, "");
}

// The image's bytes are read right or not at all; the number of pieces of 4 KiB that are not.
std::size_t lost_pieces(const std::string& path, const std::string& raw) {
  constexpr std::size_t kPiece = 4096;
  auto image = open_exhibit(path, "x");
  if (!image.ok()) return SIZE_MAX;
  if ((*image)->kind() != ExhibitKind::ewf || (*image)->size() != raw.size()) return SIZE_MAX;
  const test::ReadAll all = test::read_all(**image, kPiece);
  for (std::size_t at = 0; at < raw.size(); at += kPiece) {
    if (all.wrong[at / kPiece]) continue;
    EXPECT_TRUE(raw.compare(at, kPiece, all.bytes, at, kPiece) == 0) << "wrong bytes at " << at;
  }
  return all.errors;
}

TEST(OpenEwf, a_damaged_chunk_costs_its_own_bytes_and_no_others) {
  for (const char* compression : {"none", "deflate:fast"}) {
    TemporaryFolder folder;
    const std::string raw = test::noise(9, 1U << 20U);
    test::write_file(folder / "raw", raw);
    const std::string first = acquire(folder, {.compression = compression});
    ASSERT_EQ(lost_pieces(first, raw), 0U);
    test::flip_bit(first, 8 * 500'000);
    EXPECT_EQ(lost_pieces(first, raw), 8U) << compression;  // a chunk of 32 KiB
    // A large read stops before it, and goes on after it.
    const auto image = opened(first);
    std::string into(raw.size(), '\0');
    const auto got = image->read_at(0, std::as_writable_bytes(std::span(into)));
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(*got % 32768, 0U);
    EXPECT_GT(*got, 300'000U);
    EXPECT_EQ(image->read_at(*got, std::as_writable_bytes(std::span(into))).error().kind, ErrorKind::evidence);
    EXPECT_TRUE(image->read_at(*got + 32768, std::as_writable_bytes(std::span(into))).ok());
  }
}

// Places of the sections called `name` in a segment.
std::vector<std::uint64_t> sections(const std::string& path, std::string name) {
  name.resize(16);
  const std::string bytes = test::read_file(path);
  std::vector<std::uint64_t> places;
  for (std::size_t at = bytes.find(name); at != std::string::npos; at = bytes.find(name, at + 1)) places.push_back(at);
  return places;
}

TEST(OpenEwf, a_damaged_table_is_replaced_by_its_copy) {
  TemporaryFolder folder;
  const std::string raw = test::disk_bytes(11, 4U << 20U);
  test::write_file(folder / "raw", raw);
  const std::string first = acquire(folder, {});
  const std::uint64_t table = sections(first, "table").at(0), sectors = sections(first, "sectors").at(0);
  for (const std::uint64_t at :
       {table + 3, table + 20, table + 77, table + 85, table + 101, table + 300, sectors + 1, sectors + 17}) {
    fs::copy_file(first, folder / "bent.E01", fs::copy_options::overwrite_existing);
    test::flip_bit(folder / "bent.E01", at * 8 + 6);
    EXPECT_EQ(lost_pieces(folder / "bent.E01", raw), 0U) << at - table;
  }
}

TEST(OpenEwf, a_lost_table_does_not_move_what_lies_behind_it) {
  TemporaryFolder folder;
  const std::string raw = test::noise(13, 4U << 20U);
  test::write_file(folder / "raw", raw);
  const std::string first = acquire(folder, {.compression = "none", .segment = "1MiB"});
  const std::string second = folder / "image.E02";
  test::overwrite(second, sections(second, "table").at(0), std::string(200, 'x'));
  test::overwrite(second, sections(second, "table2").at(0), std::string(200, 'x'));
  const std::size_t lost = lost_pieces(first, raw);
  EXPECT_GT(lost, 200U);
  EXPECT_LT(lost, 300U);
}

TEST(OpenEwf, what_is_there_of_a_cut_image_is_read) {
  TemporaryFolder folder;
  const std::string raw = test::noise(17, 4U << 20U);
  test::write_file(folder / "raw", raw);
  const std::string first = acquire(folder, {.compression = "none", .segment = "1MiB"});
  fs::remove(folder / "image.E05");
  const std::size_t without_last = lost_pieces(first, raw);
  EXPECT_GT(without_last, 0U);
  EXPECT_LT(without_last, 256U);
  fs::resize_file(folder / "image.E03", fs::file_size(folder / "image.E03") / 2);
  fs::remove(folder / "image.E04");
  EXPECT_LT(lost_pieces(first, raw), 600U);
}

TEST(OpenEwf, cut_anywhere_it_reads_right_or_not_at_all) {
  for (const char* format : {"encase6", "smart"}) {
    TemporaryFolder folder;
    const std::string raw = test::disk_bytes(19, 1U << 20U);
    test::write_file(folder / "raw", raw);
    const std::string whole = test::read_file(acquire(folder, {.format = format}));
    for (std::size_t sixteenth = 0; sixteenth < 16; ++sixteenth) {
      test::write_file(folder / "cut.E01", whole.substr(0, whole.size() * sixteenth / 16));
      EXPECT_GT(lost_pieces(folder / "cut.E01", raw), 0U);
    }
  }
}

TEST(OpenEwf, bent_anywhere_it_reads_right_or_not_at_all) {
  for (const char* format : {"encase6", "encase5", "smart"}) {
    TemporaryFolder folder;
    const std::string raw = test::disk_bytes(23, 300'000);
    test::write_file(folder / "raw", raw);
    const std::string whole = test::read_file(acquire(folder, {.format = format, .sectors_per_chunk = "16"}));
    for (std::uint64_t seed = 0; seed < 120; ++seed) {
      std::mt19937_64 random(seed);
      std::string bent = whole;
      for (std::size_t count = 1 + random() % 6; count-- > 0;) {
        // Where the structure is: the first and the last bytes, and anywhere.
        const std::size_t reach = random() % 3 == 0 ? bent.size() : std::min<std::size_t>(bent.size(), 3'000);
        const std::size_t at = random() % 2 == 0 ? random() % reach : bent.size() - 1 - random() % reach;
        if (random() % 4 == 0) {
          bent.replace(at, std::min<std::size_t>(8, bent.size() - at), std::min<std::size_t>(8, bent.size() - at),
                       random() % 2 == 0 ? '\xff' : '\0');
        } else {
          bent[at] = static_cast<char>(bent[at] ^ (1 << random() % 8));
        }
      }
      if (seed % 8 == 0) bent.replace(random() % bent.size(), 4096, test::noise(seed, 4096));
      test::write_file(folder / "bent.E01", bent);
      SCOPED_TRACE(std::string(format) + " seed " + std::to_string(seed));
      (void)lost_pieces(folder / "bent.E01", raw);
    }
  }
}

// --- images written here -------------------------------------------------------------------------------------

template <class T>
std::string little(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

std::uint32_t sum(std::string_view bytes) { return open::adler32(open::kAdlerStart, std::as_bytes(std::span(bytes))); }

std::string with_sum(std::string bytes) { return bytes + little(sum(bytes)); }

// Writes sections into a file with holes.
class EwfWriter {
 public:
  explicit EwfWriter(const std::string& path) : file_(path, std::ios::binary) {
    using namespace std::string_literals;
    write(0, "EVF\x09\r\n\xff\0\x01\x01\0\0\0"s);
  }
  void write(std::uint64_t at, const std::string& bytes) {
    file_.seekp(static_cast<std::streamoff>(at));
    file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  // The section's body begins here; it will take `bytes`.
  std::uint64_t section(std::string name, std::uint64_t bytes, bool last = false) {
    name.resize(16);
    const std::uint64_t at = at_, end = last ? at : at + 76 + bytes;
    write(at, with_sum(name + little(end) + little(76 + bytes) + std::string(40, '\0')));
    at_ = at + 76 + bytes;
    return at + 76;
  }
  void volume(std::uint32_t chunks, std::uint32_t sectors_per_chunk, std::uint64_t sectors) {
    std::string body(4, '\1');
    body += little(chunks) + little(sectors_per_chunk) + little(std::uint32_t{512}) + little(sectors);
    body.resize(1048);
    write(section("volume", 1052), with_sum(body));
  }
  static std::string table_head(std::uint32_t entries, std::uint64_t base) {
    return with_sum(little(entries) + little(std::uint32_t{0}) + little(base) + little(std::uint32_t{0}));
  }

 private:
  std::ofstream file_;
  std::uint64_t at_ = 13;
};

// Chunks that are not packed, beyond 2 GiB in one segment: bit 31 of their entries belongs to the place.
TEST(OpenEwf, chunks_beyond_two_gibibytes_of_a_segment_are_found) {
  TemporaryFolder folder;
  constexpr std::uint32_t kSectors = 32768, kChunks = 150;
  constexpr std::uint64_t kChunk = kSectors * 512ULL;
  {
    EwfWriter writer(folder / "far.E01");
    writer.volume(kChunks, kSectors, kChunks * std::uint64_t{kSectors});
    const std::uint64_t data = writer.section("sectors", kChunks * (kChunk + 4));
    std::string entries;
    for (std::uint32_t i = 0; i < kChunks; ++i) {
      const std::uint64_t at = data + i * (kChunk + 4);
      // One byte of each chunk is its number; Adler-32 of zeros but for the first byte.
      const std::uint32_t a = 1 + i, b = static_cast<std::uint32_t>((kChunk * (1 + i)) % 65521);
      writer.write(at, std::string(1, static_cast<char>(i)));
      writer.write(at + kChunk, little((b << 16U) | a));
      entries += little(static_cast<std::uint32_t>(at));
    }
    const std::string table = EwfWriter::table_head(kChunks, 0) + with_sum(entries);
    writer.write(writer.section("table", table.size()), table);
    writer.section("done", 0, true);
  }
  const auto image = opened(folder / "far.E01");
  ASSERT_NE(image, nullptr);
  ASSERT_EQ(image->size(), kChunks * kChunk);
  for (std::uint32_t i = 0; i < kChunks; i += 7) {
    std::array<std::byte, 2> got{};
    ASSERT_TRUE(image->read_at(i * kChunk, got).ok()) << i;
    EXPECT_EQ(std::to_integer<std::uint32_t>(got[0]), i);
  }
}

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * 4096;
}

// 8 TiB in chunks of 32 KiB: 268 million entries in 4,097 tables. All of them say the same chunk.
TEST(OpenEwf, a_disk_of_eight_tebibytes_opens_in_a_few_mebibytes) {
  TemporaryFolder folder;
  constexpr std::uint64_t kBytes = 8ULL << 40U, kChunk = 32768, kChunks = kBytes / kChunk;
  constexpr std::uint32_t kEntries = 65534;
  {
    EwfWriter writer(folder / "large.E01");
    writer.volume(kChunks, 64, kBytes / 512);
    const std::string chunk = test::noise(1, kChunk);
    const std::uint64_t data = writer.section("sectors", kChunk + 4);
    writer.write(data, with_sum(chunk));
    for (std::uint64_t done = 0; done < kChunks; done += kEntries) {
      const auto entries = static_cast<std::uint32_t>(std::min<std::uint64_t>(kEntries, kChunks - done));
      const std::uint64_t at = writer.section("table", 24 + entries * 4 + 4);
      writer.write(at, EwfWriter::table_head(entries, data));
      writer.write(at + 24 + entries * 4, little(((entries * 4 % 65521) << 16U) | 1U));
    }
    writer.section("done", 0, true);
  }
  ASSERT_LT(fs::file_size(folder / "large.E01"), 2ULL << 30U);
  const std::uint64_t before = resident_bytes();
  const auto image = opened(folder / "large.E01");
  ASSERT_NE(image, nullptr);
  ASSERT_EQ(image->size(), kBytes);
  std::mt19937_64 random(1);
  std::string expected = test::noise(1, kChunk), got(kChunk, '\0');
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t chunk = i == 0 ? kChunks - 1 : random() % kChunks;
    const auto read = image->read_at(chunk * kChunk, std::as_writable_bytes(std::span(got)));
    ASSERT_TRUE(read.ok() && *read == kChunk);
    ASSERT_TRUE(got == expected);
  }
  const std::uint64_t used = resident_bytes() - before;
  RecordProperty("bytes_of_memory", std::to_string(used));
  EXPECT_LT(used, 64U << 20U);  // most of it is what the sanitizers add
}

TEST(OpenEwf, an_image_cannot_say_that_it_is_larger_than_its_parts_could_hold) {
  TemporaryFolder folder;
  {
    EwfWriter writer(folder / "liar.E01");
    writer.volume(UINT32_MAX, 32768, std::uint64_t{UINT32_MAX} * 32768);
    writer.section("done", 0, true);
  }
  EXPECT_NE(test::refused(folder / "liar.E01").remedy, "");
}

}  // namespace
}  // namespace ambit::open_ewf_test
