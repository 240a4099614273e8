// tar in all its forms, and what libarchive reads: what the tools wrote comes out with names and bytes.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <set>

#include "tests/unpacked.h"

namespace ambit::unpack_archive_test {
namespace {

using test::damage_seeds;
using test::expect_same;
using test::noise;
using test::read_file;
using test::shell;
using test::TemporaryFolder;
using test::unpack;
using test::Unpacked;
using test::UnpackedPart;
using test::words;
using test::write_file;
using testing::Contains;
using testing::UnorderedElementsAre;

constexpr std::uint64_t KiB = 1024, MiB = 1024 * KiB;

class Archive : public testing::Test {
 protected:
  Archive() {
    files_ = {{"a.txt", words(1, 100'000)},
              {"empty", ""},
              {"deep/er/b.bin", noise(2, 70'000)},
              {"zeros", std::string(300'000, '\0')}};
    for (const auto& [name, bytes] : files_) write_file(folder_ / ("in/" + name), bytes);
  }
  void add(const std::string& name, const std::string& bytes) {
    files_[name] = bytes;
    write_file(folder_ / ("in/" + name), bytes);
  }
  // What `script` writes as ../out, out of the folder with the files.
  [[nodiscard]] std::string made(const std::string& script) const {
    static_cast<void>(shell(folder_, "rm -f out; cd in; " + script));
    return read_file(folder_ / "out");
  }
  void expect_all(const std::string& object, Format format, bool seekable) const {
    EXPECT_EQ(test::format_by_head(object), format);
    const Unpacked out = unpack(format, object, seekable);
    EXPECT_TRUE(out.opened);
    EXPECT_FALSE(out.damaged);
    std::map<std::string, std::string> ours;
    for (const UnpackedPart& part : out.parts) {
      EXPECT_FALSE(part.damaged) << part.part.name;
      std::string name = part.part.name;
      if (name.starts_with("./")) name = name.substr(2);
      if (part.part.trouble == WalkTrouble::none) ours[name] = part.bytes;
      EXPECT_TRUE(!part.part.stored_at || object.substr(*part.part.stored_at, part.bytes.size()) == part.bytes);
    }
    expect_same(ours, files_);
  }
  void expect_all(const std::string& object, Format format) const {
    expect_all(object, format, true);
    expect_all(object, format, false);
  }

  TemporaryFolder folder_;
  std::map<std::string, std::string> files_;
};

// --- tar --------------------------------------------------------------------------------------------------------

TEST_F(Archive, TarsOfEveryForm) {
  for (const std::string form : {"v7", "oldgnu", "gnu", "ustar", "pax"}) {
    SCOPED_TRACE(form);
    expect_all(made("tar --format=" + form + " -cf ../out ."), Format::tar);
  }
  for (const std::string form : {"v7tar", "gnutar", "ustar", "pax"}) {
    SCOPED_TRACE("bsdtar " + form);
    expect_all(made("bsdtar --format=" + form + " -cf ../out ."), Format::tar);
  }
  expect_all(made("tar -b 1 -cf ../out . ; head -c -1024 ../out >../cut; mv ../cut ../out"), Format::tar);
}

TEST_F(Archive, LongNamesOfTars) {
  const std::string component(200, 'n');
  std::string deep;
  for (int i = 0; i < 5; ++i) deep += component + "/";
  add(deep + "gr\xc3\xbc\xc3\x9f", "long");
  add(std::string(90, 'p') + "/" + std::string(90, 'q'), "prefix");
  for (const std::string form : {"gnu", "oldgnu", "pax"}) {
    expect_all(made("tar --format=" + form + " -cf ../out ."), Format::tar);
    expect_all(made("bsdtar --format=" + std::string(form == "pax" ? "pax" : "gnutar") + " -cf ../out ."), Format::tar);
  }
}

TEST_F(Archive, SparseFilesOfTars) {
  write_file(folder_ / "in/sparse", "");
  test::make_sparse(folder_ / "in/sparse", 9 * MiB);
  std::string bytes(9 * MiB, '\0');
  // More pieces than an old header and two of its extensions have room for.
  for (std::uint64_t i = 0; i < 60; ++i) {
    const std::string piece = noise(i, 5000);
    test::overwrite(folder_ / "in/sparse", i * 150'000, piece);
    bytes.replace(i * 150'000, piece.size(), piece);
  }
  files_["sparse"] = bytes;
  expect_all(made("tar --format=gnu --sparse -cf ../out ."), Format::tar);
  for (const std::string version : {"0.0", "0.1", "1.0"}) {
    SCOPED_TRACE(version);
    const std::string object = made("tar --format=pax --sparse-version=" + version + " --sparse -cf ../out .");
    EXPECT_LT(object.size(), 3 * MiB);
    expect_all(object, Format::tar);
  }
  expect_all(made("bsdtar --format=pax --read-sparse -cf ../out ."), Format::tar);
}

TEST_F(Archive, TarsKnowTimesAndLinks) {
  static_cast<void>(
      shell(folder_, "cd in; touch -d @1000000000.5 a.txt; ln -s a.txt soft; ln a.txt z-hard; mkfifo pipe"));
  for (const std::string form : {"gnu", "pax"}) {
    const Unpacked out = unpack(made("tar --sort=name --format=" + form + " -cf ../out *"), false);
    EXPECT_THAT(out.names(),
                UnorderedElementsAre("a.txt", "deep/er/b.bin", "empty", "pipe", "soft", "z-hard", "zeros"));
    for (const UnpackedPart& part : out.parts) {
      EXPECT_TRUE(part.part.name != "a.txt" || part.part.modified == 1'000'000'000);
      const bool special = part.part.name == "soft" || part.part.name == "z-hard" || part.part.name == "pipe";
      EXPECT_EQ(part.part.trouble, special ? WalkTrouble::special_file : WalkTrouble::none) << part.part.name;
    }
  }
}

TEST_F(Archive, TarsInARowAreOne) {
  const std::string object = made("tar -cf ../1 a.txt; tar -cf ../2 deep empty zeros; cat ../1 ../2 >../out");
  expect_all(object, Format::tar);
  expect_all(object + "garbage behind" + noise(1, 2000), Format::tar);
}

TEST_F(Archive, ADamagedHeaderOfATarCostsOneMember) {
  std::string object = made("tar -cf ../out a.txt deep/er/b.bin empty zeros");
  const std::size_t header = object.find("deep/er/b.bin");
  object[header + 3] ^= 1;
  const Unpacked out = unpack(Format::tar, object, false);
  EXPECT_THAT(out.names(), UnorderedElementsAre("a.txt", "empty", "zeros"));
  EXPECT_TRUE(out.damaged);
}

TEST_F(Archive, CutTarsGiveWhatWasThere) {
  const std::string object = made("tar -cf ../out a.txt deep/er/b.bin zeros");
  for (std::size_t sixteenth = 1; sixteenth < 16; ++sixteenth) {
    const Unpacked out = unpack(Format::tar, object.substr(0, object.size() * sixteenth / 16), false);
    std::size_t bytes = 0;
    for (const auto& [name, got] : out.files()) {
      EXPECT_TRUE(files_[name].starts_with(got));
      bytes += got.size();
    }
    EXPECT_GT(bytes + 4000, object.size() * sixteenth / 16);
    EXPECT_TRUE(out.damaged || sixteenth == 15);
  }
}

TEST_F(Archive, DamagedTarsEnd) {
  write_file(folder_ / "in/sparse", "x");
  test::make_sparse(folder_ / "in/sparse", MiB);
  const std::string gnu = made("tar --format=gnu --sparse -cf ../out a.txt sparse empty");
  const std::string pax = made("tar --format=pax --sparse -cf ../out sparse a.txt empty");
  for (std::uint64_t seed = 0; seed < damage_seeds(60); ++seed) {
    std::string hurt = seed % 2 == 0 ? gnu : pax;
    for (std::uint64_t i = 0; i <= seed % 4; ++i) {
      const std::uint64_t byte = (seed * 2'654'435'761 + i * 40'503) % std::min<std::size_t>(hurt.size(), 4096);
      hurt[byte] = static_cast<char>('0' + (seed * 7 + i) % 10);
    }
    static_cast<void>(unpack(Format::tar, hurt, false, {}, 2 * MiB));
  }
}

TEST_F(Archive, AMillionMembersAreQuick) {
  const std::string header = made("tar -cf ../out empty").substr(0, 512);
  std::string object;
  for (int i = 0; i < 1'000'000; ++i) object += header;
  EXPECT_EQ(test::count_parts(Format::tar, object, false), 1'000'000U);
}

// --- by libarchive ----------------------------------------------------------------------------------------------

TEST_F(Archive, SevenZips) {
  for (const std::string options : {"", "-m0=LZMA", "-m0=PPMd", "-m0=BZip2", "-m0=Deflate", "-mx=0", "-ms=off"}) {
    SCOPED_TRACE(options);
    expect_all(made("7z a -bd -t7z " + options + " ../out.7z . >/dev/null; mv ../out.7z ../out"), Format::other_archive,
               true);
  }
}

TEST_F(Archive, EncryptedSevenZips) {
  const Unpacked names = unpack(made("7z a -bd -psecret ../out.7z . >/dev/null; mv ../out.7z ../out"), true);
  EXPECT_THAT(names.names(), Contains("a.txt"));
  for (const UnpackedPart& part : names.parts) {
    EXPECT_TRUE(part.part.trouble == WalkTrouble::encrypted || part.part.name == "empty") << part.part.name;
    EXPECT_EQ(part.bytes, "");
  }
  const Unpacked nothing = unpack(made("7z a -bd -psecret -mhe=on ../out.7z . >/dev/null; mv ../out.7z ../out"), true);
  ASSERT_EQ(nothing.parts.size(), 1U);
  EXPECT_EQ(nothing.parts[0].part.trouble, WalkTrouble::encrypted);
}

TEST_F(Archive, Cpios) {
  for (const std::string form : {"newc", "crc", "odc", "bin", "hpodc"}) {
    SCOPED_TRACE(form);
    expect_all(made("find . -type f | cpio -o --quiet -H " + form + " >../out"), Format::other_archive);
  }
}

// expect_all() looks whether they do.
TEST_F(Archive, MembersOfCpioAndArSayWhereTheyStand) {
  write_file(folder_ / "in/a_name_of_more_than_sixteen_bytes", "long");
  for (const std::string script : {"find . -type f | cpio -o --quiet -H newc >../out", "ar rc ../out a.txt a_name*"}) {
    const std::string object = made(script);
    for (const bool seekable : {true, false}) {
      for (const UnpackedPart& part : unpack(Format::other_archive, object, seekable).parts) {
        ASSERT_TRUE(part.part.stored_at) << script << part.part.name;
        EXPECT_EQ(object.substr(*part.part.stored_at, part.bytes.size()), part.bytes) << script << part.part.name;
      }
    }
  }
}

TEST_F(Archive, BackupsOfAndroid) {
  const std::string tar = made("tar cf ../out a.txt");
  const std::string packed = made(
      "tar cf - a.txt | python3 -c "
      "'import sys, zlib; sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read()))'"
      " >../out");
  for (const auto& [head, bytes] : {std::pair<std::string, std::string>{"ANDROID BACKUP\n1\n0\nnone\n", tar},
                                    {"ANDROID BACKUP\n5\n1\nnone\n", packed}}) {
    EXPECT_EQ(test::format_by_head(head + bytes), Format::android_backup);
    const Unpacked out = unpack(head + bytes, false);
    ASSERT_EQ(out.parts.size(), 1U);
    EXPECT_EQ(out.parts[0].bytes, bytes);
    EXPECT_EQ(out.parts[0].part.stored_at, head.size());
  }
  const Unpacked locked = unpack("ANDROID BACKUP\n5\n1\nAES-256\n" + noise(1, 500), false);
  ASSERT_EQ(locked.parts.size(), 1U);
  EXPECT_EQ(locked.parts[0].part.trouble, WalkTrouble::encrypted);
}

// --- what nothing opens -----------------------------------------------------------------------------------------

void expect_unopened(const std::string& object, const std::string& name) {
  EXPECT_EQ(test::format_by_head(object, name), Format::unopened) << name;
  const Unpacked out = unpack(object, true, name);
  ASSERT_GE(out.parts.size(), 1U) << name;
  EXPECT_EQ(out.parts[0].part.is, Part::Is::view);
  EXPECT_EQ(out.parts[0].part.trouble, WalkTrouble::unsupported);
}

TEST_F(Archive, WhatNothingOpensIsTold) {
  expect_unopened(made("arj a -i ../out.arj a.txt >/dev/null; mv ../out.arj ../out"), "a.arj");
  expect_unopened(made("zpaq a ../out.zpaq a.txt >/dev/null 2>&1; mv ../out.zpaq ../out"), "a.zpaq");
  expect_unopened(made("wimlib-imagex capture . ../out --compress=LZX >/dev/null"), "a.wim");
  const std::string rest = std::string(64, '\0') + noise(1, 1000);
  using namespace std::string_literals;
  for (const auto& [name, head] :
       std::map<std::string, std::string>{{"a.ace", "\1\2\3\4\5\6\7**ACE**\x14"s},
                                          {"a.zoo", "ZOO 2.10 Archive.\x1a\0\0\xdc\xa7\xc4\xfd"s},
                                          {"a.alz", "ALZ\1\x0a"s},
                                          {"a.egg", "EGGA\0\1"s},
                                          {"a.sit", "SIT!\0\1\0\0\0\0rLau\2"s},
                                          {"a.arc",
                                           "\x1a\x08"
                                           "A.TXT\0\0\0\0\0\0\0\0\x10\0\0\0\x21\x3a\0\x50\1\2\x20\0\0\0"s},
                                          {"a.lrz", "LRZI\0\6"s},
                                          {"a.chm", "ITSF\3\0\0\0\x60"s},
                                          {"a.parquet", "PAR1\x15"s},
                                          {"a.lzfse", "bvx2\0\1"s},
                                          {"4", "DELTA\nSVN\2\0\0"s}}) {
    expect_unopened(head + rest, name);
  }
}

TEST_F(Archive, WhatStandsInWhatNothingOpensIsFound) {
  const std::string zip = made("zip -q ../out.zip a.txt; mv ../out.zip ../out");
  const Unpacked out = unpack("PAR1\x15" + noise(1, 1000) + zip + noise(2, 1000), true);
  ASSERT_EQ(out.parts.size(), 2U);
  EXPECT_EQ(out.parts[1].bytes, zip);
}

// Sentences, and noise, which has none of them.
TEST_F(Archive, WhatOnlyLooksLikeThatIsNot) {
  EXPECT_EQ(test::format_by_head("PAR1 and ORC\nare formats, StuffIt! too"), Format::none);
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    EXPECT_NE(test::format_by_head("\x60\xea" + noise(seed, 600)), Format::unopened);
    EXPECT_NE(test::format_by_head("\x1a\x08" + noise(seed, 600)), Format::unopened);
  }
}

TEST_F(Archive, ArsAndIsosAndOthers) {
  files_.erase("deep/er/b.bin");
  expect_all(made("ar rc ../out a.txt empty zeros"), Format::other_archive);
  files_["deep/er/b.bin"] = noise(2, 70'000);
  // What tells an ISO stands 32 KiB in.
  const std::string iso = made("genisoimage -quiet -R -o ../out .");
  EXPECT_EQ(test::format_by_head(iso, "DISC.ISO"), Format::other_archive);
  expect_same(unpack(Format::other_archive, iso, true).files(), files_);
  expect_same(unpack(Format::other_archive, iso, false).files(), files_);
  expect_all(made("bsdtar --format=xar -cf ../out ."), Format::other_archive, true);
}

TEST_F(Archive, Rpms) {
  // A lead, a signature of one entry, a header of none, then what would be a cpio.
  const std::string lead = "\xed\xab\xee\xdb" + std::string(92, '\0'), magic("\x8e\xad\xe8\1\0\0\0\0", 8);
  const std::string signature =
      magic + std::string("\0\0\0\1\0\0\0\3", 8) + std::string(16, 'e') + "abc" + std::string(5, '\0');
  const std::string header = magic + std::string("\0\0\0\0\0\0\0\5", 8) + "hello";
  const Unpacked out = unpack(lead + signature + header + "payload", false);
  ASSERT_EQ(out.parts.size(), 1U);
  EXPECT_EQ(out.parts[0].bytes, "payload");
}

TEST_F(Archive, DamagedArchivesEnd) {
  const std::vector<std::string> objects = {made("7z a -bd ../out.7z a.txt empty >/dev/null; mv ../out.7z ../out"),
                                            made("find . | cpio -o --quiet -H newc >../out"),
                                            made("ar rc ../out a.txt empty"), made("genisoimage -quiet -o ../out .")};
  for (std::uint64_t seed = 0; seed < damage_seeds(60); ++seed) {
    std::string hurt = objects[seed % objects.size()];
    const std::size_t reach = std::min<std::size_t>(hurt.size(), 2000);
    for (std::uint64_t i = 0; i <= seed % 4; ++i) {
      const std::size_t byte = (seed * 2'654'435'761 + i * 40'503) % reach;
      const std::size_t at = seed % 8 < 4 ? byte : hurt.size() - 1 - byte;
      hurt[at] = static_cast<char>(hurt[at] ^ (1 << (seed + i) % 8));
    }
    static_cast<void>(unpack(Format::other_archive, hurt, true, {}, 2 * MiB));
    static_cast<void>(unpack(Format::other_archive, hurt.substr(0, seed % hurt.size()), true, {}, 2 * MiB));
  }
}

// --- what others made -------------------------------------------------------------------------------------------

// name -> bytes of every regular member, as bsdtar sees it.
std::map<std::string, std::string> as_bsdtar_sees(const std::string& file) {
  const TemporaryFolder folder;
  static_cast<void>(test::run({"bsdtar", "-x", "-f", file, "-C", folder.path().string()}));
  return test::files_below(folder.path().string());
}

std::string without_front(std::string name) {
  while (name.starts_with("./") || name.starts_with("/")) name = name.substr(name.find('/') + 1);
  return name;
}

TEST(ArchiveSamples, AreWhatBsdtarSees) {
  std::size_t samples = 0;
  for (const std::string below :
       {"archives/commons-compress", "archives/dfvfs", "archives/gitleaks", "archives/py7zr"}) {
    const std::string shared = test::shared_data() + below;
    if (!std::filesystem::exists(shared)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(shared)) {
      if (!entry.is_regular_file()) continue;
      const std::string object = read_file(entry.path().string());
      const Format format = test::format_by_head(object, entry.path().filename().string());
      if (format != Format::tar && format != Format::other_archive) continue;
      SCOPED_TRACE(entry.path().filename().string());
      std::map<std::string, std::string> ours;
      std::set<std::string> unread;  // encrypted, or packed in a way that libarchive does not know
      for (const UnpackedPart& part : unpack(format, object, true).parts) {
        const bool whole = part.part.trouble == WalkTrouble::none && !part.damaged;
        if (whole) ours[without_front(part.part.name)] = part.bytes;
        if (!whole && part.part.trouble != WalkTrouble::special_file) unread.insert(without_front(part.part.name));
      }
      for (const auto& [name, bytes] : as_bsdtar_sees(entry.path().string())) {
        if (unread.contains(name)) continue;
        const auto at = ours.find(name);
        // Links have no bytes here; bsdtar gives a hard link those of its target.
        const bool elsewhere =
            std::any_of(ours.begin(), ours.end(), [&whole = bytes](const auto& part) { return part.second == whole; });
        EXPECT_TRUE(at == ours.end() ? elsewhere : at->second == bytes) << name;
      }
      ++samples;
    }
  }
  if (samples == 0) GTEST_SKIP() << "no samples beside the checkout";
}

// Files that other programs failed on: whatever comes out, it ends.
TEST(HostileSamples, End) {
  const std::string shared = test::shared_data() + "hostile/commons-compress";
  if (!std::filesystem::exists(shared)) GTEST_SKIP() << "no samples beside the checkout";
  for (const auto& entry : std::filesystem::directory_iterator(shared)) {
    SCOPED_TRACE(entry.path().filename().string());
    const std::string object = read_file(entry.path().string());
    const Format format = test::format_by_head(object, entry.path().filename().string());
    static_cast<void>(unpack(format, object, true, {}, 16 * MiB));
    static_cast<void>(unpack(format, object, false, {}, 16 * MiB));
  }
}

TEST_F(Archive, AVolumeThatIsNotTheFirstIsNoSecret) {
  const std::string middle = "\x91\x80" + noise(5, 5'000);
  for (const char* const name : {"a.7z.002", "A.ZIP.017", "b.tar.gz.003", "c.z01", "c.r00", "d.rar.002"}) {
    EXPECT_EQ(test::format_by_head(middle, name), Format::other_archive) << name;
    EXPECT_EQ(test::format_by_head(words(1, 5'000), name), Format::none) << name;
  }
  for (const char* const name : {"a.002", "a.7z.2", "a.7z.0002", "a.zab", "z01", "a.txt.001", "a.7z."}) {
    EXPECT_EQ(test::format_by_head(middle, name), Format::none) << name;
  }
  const Unpacked out = unpack(Format::other_archive, middle, true);
  EXPECT_TRUE(!out.opened || out.damaged);
}

// --- self-extracting --------------------------------------------------------------------------------------------

std::string number(std::uint64_t value, std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

// A program for Windows with one section of `bytes`, in it the signatures that every program has that reads archives.
std::string stub(std::size_t bytes, const std::string& section = ".text") {
  std::string body = noise(7, bytes) + std::string("7z\xbc\xaf\x27\x1c", 6) + "Rar!" + std::string("\x1a\x07\0", 3) +
                     "MSCF" + std::string(8, '\0') + noise(8, 777);
  std::string program = "MZ" + std::string(58, '\0') + number(128, 4) + std::string(64, '\0');
  program += std::string("PE\0\0", 4) + number(0x8664, 2) + number(1, 2) + std::string(12, '\0') + number(240, 2) +
             number(0, 2) + std::string(240, '\0');
  program += section + std::string(8 - section.size(), '\0') + number(body.size(), 4) + number(0x1000, 4) +
             number(body.size(), 4) + number(512, 4) + std::string(16, '\0');
  program.resize(512, '\0');
  return program + body;
}

TEST_F(Archive, BehindAProgramIsTakenApart) {
  const std::string seven = made("7z a -bd -y ../out.7z . >/dev/null; mv ../out.7z ../out");
  const std::string zip = made("zip -qr ../out.zip .; mv ../out.zip ../out");
  write_file(folder_ / "stub", stub(50'000));
  const std::string adjusted =
      made("zip -qr ../o.zip .; cat ../stub ../o.zip > ../out; zip -qA ../out 2>/dev/null; rm ../o.zip");
  for (const std::size_t bytes : {std::size_t{3'000}, std::size_t{159'744}, std::size_t{700'001}}) {
    SCOPED_TRACE(bytes);
    expect_all(stub(bytes) + seven, Format::self_extracting, true);
    expect_all(stub(bytes) + zip, Format::self_extracting, true);
  }
  expect_all(adjusted, Format::self_extracting, true);
  // Among its resources; the program goes on behind it.
  expect_all(stub(900, ".rsrc") + seven, Format::self_extracting, true);
  for (const std::string program : {"/bin/true", "/usr/bin/bsdtar"}) {
    expect_all(read_file(program) + seven, Format::self_extracting, true);
    expect_all(read_file(program) + ";!@Install@!UTF-8!\n;!@InstallEnd@!" + seven, Format::self_extracting, true);
    expect_all(read_file(program) + zip, Format::self_extracting, true);
  }
  // The program was cut, so that its own headers say nothing.
  expect_all(read_file("/usr/bin/bsdtar").substr(0, 40'000) + seven, Format::self_extracting, true);
  expect_all(read_file("/usr/bin/bsdtar").substr(0, 40'000) + zip, Format::self_extracting, true);
  // As 7z makes them itself.
  expect_all(made("7z a -bd -y -sfx ../out.exe . >/dev/null; mv ../out.exe ../out"), Format::self_extracting, true);
}

// As a large member of an archive comes.
TEST_F(Archive, BehindAProgramThatComesOnceIsTakenApartOrTold) {
  const std::string stored = made("zip -qr0 ../out.zip .; mv ../out.zip ../out");
  const std::string zip = made("zip -qr ../out.zip .; mv ../out.zip ../out");
  const std::string seven = made("7z a -bd -y ../out.7z . >/dev/null; mv ../out.7z ../out");
  for (const std::string& program :
       {stub(3'000), stub(700'001), read_file("/bin/true"), read_file("/usr/bin/bsdtar")}) {
    expect_all(program + zip, Format::self_extracting, false);
    expect_all(program + stored, Format::self_extracting, false);
    expect_all(program + stored, Format::self_extracting, true);
    const Unpacked out = unpack(Format::self_extracting, program + seven, false);
    EXPECT_TRUE(out.opened && out.damaged);
  }
}

TEST_F(Archive, AProgramWithoutAnArchiveIsNoArchive) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{600}, std::size_t{3'000'000}}) {
    const std::string program = stub(bytes);
    EXPECT_FALSE(unpack(Format::self_extracting, program, true).opened) << bytes;
    EXPECT_FALSE(unpack(Format::self_extracting, program, false).opened) << bytes;
  }
  for (const char* const real :
       {"/usr/bin/7z", "/usr/lib/p7zip/7za", "/usr/bin/bsdtar", "/usr/bin/file", "/bin/true"}) {
    if (!std::filesystem::exists(real)) continue;
    const std::string program = read_file(real);
    if (!program.starts_with("\x7f"
                             "ELF"))
      continue;
    EXPECT_EQ(test::format_by_head(program, "x"), Format::self_extracting) << real;
    EXPECT_FALSE(unpack(Format::self_extracting, program, true).opened) << real;
  }
}

TEST_F(Archive, BehindAProgramSurvivesDamage) {
  const std::string seven = made("7z a -bd -y ../out.7z . >/dev/null; mv ../out.7z ../out");
  const std::string whole = stub(2'000).substr(0, 3'000) + seven.substr(0, 60'000);
  for (std::uint64_t seed = 0; seed < damage_seeds(200); ++seed) {
    std::mt19937_64 random(seed);
    std::string hurt = whole.substr(0, seed % 3 == 0 ? random() % whole.size() : whole.size());
    for (int k = 0; k < 4 && hurt.size() > 3'000; ++k) {
      hurt[3'000 + random() % std::min<std::size_t>(hurt.size() - 3'000, 1'200)] = static_cast<char>(random());
    }
    static_cast<void>(unpack(Format::self_extracting, hurt, seed % 2 == 0));
  }
}

}  // namespace
}  // namespace ambit::unpack_archive_test
