// zip: what zip, 7z and Python wrote comes out with its names and times, by the directory and as it comes.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "tests/unpacked.h"

namespace ambit::unpack_zip_test {
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
using testing::ElementsAre;

class Zip : public testing::Test {
 protected:
  Zip() {
    files_ = {{"a.txt", words(1, 100'000)},
              {"empty", ""},
              {"deep/er/b.bin", noise(2, 70'000)},
              {"zeros", std::string(300'000, '\0')},
              {"gr\xc3\xbc\xc3\x9f"
               "e.txt",
               "gr\xc3\xbc\xc3\x9f"
               "e"}};
    for (const auto& [name, bytes] : files_) write_file(folder_ / ("in/" + name), bytes);
  }
  // The archive that `script` writes as ../out.zip, out of the folder with the files.
  [[nodiscard]] std::string made(const std::string& script) const {
    static_cast<void>(shell(folder_, "rm -f out.zip; cd in; " + script));
    return read_file(folder_ / "out.zip");
  }
  [[nodiscard]] std::string python(const std::string& script) const {
    write_file(folder_ / "make.py", "import zipfile, os, sys\n" + script);
    return made("python3 ../make.py");
  }
  void expect_all(const std::string& object, bool seekable) const {
    const Unpacked out = unpack(Format::zip, object, seekable);
    EXPECT_FALSE(out.damaged);
    for (const UnpackedPart& part : out.parts) EXPECT_FALSE(part.damaged) << part.part.name;
    expect_same(out.files(), files_);
  }
  void expect_all(const std::string& object) const {
    expect_all(object, true);
    expect_all(object, false);
  }

  TemporaryFolder folder_;
  std::map<std::string, std::string> files_;
};

TEST_F(Zip, OfInfoZip) {
  expect_all(made("zip -qr ../out.zip ."));
  expect_all(made("zip -9qr ../out.zip ."));
  expect_all(made("zip -0qr ../out.zip ."));
  expect_all(made("zip -qr -Z bzip2 ../out.zip ."));
}

TEST_F(Zip, Streamed) {
  expect_all(made("zip -qr - . | cat >../out.zip"));
  expect_all(made("zip -qr -fz- - . | cat >../out.zip"));
  expect_all(made("zip -qr -fz - . | cat >../out.zip"));
  expect_all(made("zip -0qr - . | cat >../out.zip"));
}

TEST_F(Zip, OfSevenZip) {
  for (const std::string method : {"Deflate", "Deflate64", "BZip2", "LZMA", "Copy"}) {
    SCOPED_TRACE(method);
    expect_all(made("7z a -bd -tzip -mm=" + method + " ../out.zip . >/dev/null"));
  }
}

TEST_F(Zip, OfPython) {
  const std::string all =
      "for d, _, names in os.walk('.'):\n  for n in names: z.write(os.path.join(d, n))\nz.close()\n";
  for (const std::string method : {"STORED", "DEFLATED", "BZIP2", "LZMA"}) {
    SCOPED_TRACE(method);
    expect_all(python("z = zipfile.ZipFile('../out.zip', 'w', zipfile.ZIP_" + method + ")\n" + all));
  }
  expect_all(
      python("class Pipe:\n  def __init__(s): s.f = open('../out.zip', 'wb')\n  def write(s, b): return s.f.write(b)\n"
             "  def flush(s): s.f.flush()\nz = zipfile.ZipFile(Pipe(), 'w', zipfile.ZIP_DEFLATED)\n" +
             all));
}

TEST_F(Zip, WithSizesOf64Bits) {
  expect_all(python(
      "z = zipfile.ZipFile('../out.zip', 'w', zipfile.ZIP_DEFLATED)\n"
      "for d, _, names in os.walk('.'):\n  for n in names:\n    p = os.path.join(d, n)\n"
      "    with z.open(os.path.relpath(p), 'w', force_zip64=True) as f: f.write(open(p, 'rb').read())\nz.close()\n"));
}

TEST_F(Zip, BehindAProgramAndBeforeAComment) {
  const std::string plain = made("zip -qr ../out.zip .");
  expect_all(std::string("#!/bin/sh\n") + std::string(5000, 'x') + plain, true);
  expect_all(plain + "garbage behind", true);
  expect_all(made("zip -qr ../out.zip .; head -c 65000 a.txt >../comment; zip -qz ../out.zip <../comment"), true);
}

TEST_F(Zip, Encrypted) {
  const std::string object = made("zip -q -P secret ../out.zip a.txt; zip -q ../out.zip empty");
  for (const bool seekable : {true, false}) {
    const Unpacked out = unpack(object, seekable);
    EXPECT_THAT(out.names(), ElementsAre("a.txt", "empty"));
    EXPECT_EQ(out.parts[0].part.trouble, WalkTrouble::encrypted);
    EXPECT_EQ(out.parts[0].bytes, "");
    EXPECT_FALSE(out.damaged);
  }
  const Unpacked aes = unpack(made("7z a -bd -tzip -psecret -mem=AES256 ../out.zip a.txt >/dev/null"), true);
  ASSERT_EQ(aes.parts.size(), 1U);
  EXPECT_EQ(aes.parts[0].part.trouble, WalkTrouble::encrypted);
}

TEST_F(Zip, StreamedAndEncryptedMembersHideNoOther) {
  const std::string object = made(
      "(zip -q -P secret - a.txt | cat) >../1.zip; zip -q ../2.zip empty deep/er/b.bin; cat ../1.zip ../2.zip "
      ">../out.zip");
  const Unpacked out = unpack(object, false);
  EXPECT_EQ(out.names().at(0), "a.txt");
}

TEST_F(Zip, KnowsTimesAndPlaces) {
  const std::string object =
      made("TZ=UTC touch -d '2001-02-03 04:05:07 UTC' a.txt; zip -0q ../out.zip a.txt; zip -0qX ../out.zip empty");
  const Unpacked out = unpack(object, true);
  ASSERT_EQ(out.parts.size(), 2U);
  EXPECT_EQ(out.parts[0].part.modified, 981'173'107);
  const std::uint64_t at = out.parts[0].part.stored_at.value();
  EXPECT_TRUE(object.substr(at, 100'000) == files_["a.txt"]);
  EXPECT_EQ(out.parts[0].part.size, 100'000U);
}

TEST_F(Zip, TwoNamesAreBothTold) {
  std::string object = made("zip -0q ../out.zip a.txt");
  const std::size_t second = object.rfind("a.txt");
  object.replace(second, 5, "b.txt");
  const Unpacked out = unpack(object, true);
  EXPECT_THAT(out.names(), ElementsAre("b.txt", "a.txt"));
  EXPECT_EQ(out.files(), (std::map<std::string, std::string>{{"b.txt", files_["a.txt"]}}));
  EXPECT_EQ(out.parts[1].part.trouble, WalkTrouble::damaged);
}

TEST_F(Zip, WithoutItsDirectoryIsReadAsItComes) {
  const std::string object = made("zip -qr ../out.zip .");
  const std::string cut = object.substr(0, object.find("PK\x01\x02"));
  const Unpacked out = unpack(cut, true);
  expect_same(out.files(), files_);
  EXPECT_TRUE(out.damaged);
}

TEST_F(Zip, ADamagedDirectoryHidesNothing) {
  std::string object = made("zip -qr ../out.zip .");
  const std::size_t first = object.find("PK\x01\x02");
  object[object.find("PK\x01\x02", first + 1)] = 'x';
  const Unpacked out = unpack(object, true);
  expect_same(out.files(), files_);
  EXPECT_TRUE(out.damaged);
}

TEST_F(Zip, OverlappingMembersAreNotReadForEver) {
  // A directory that names the same member a thousand times.
  const std::string object = made("zip -q ../out.zip zeros a.txt");
  const std::size_t first = object.find("PK\x01\x02"), second = object.find("PK\x01\x02", first + 1);
  const std::size_t end = object.find("PK\x05\x06");
  std::string many = object.substr(0, first);
  std::uint32_t bytes = 0;
  for (int i = 0; i < 1000; ++i) many += object.substr(second, end - second);
  bytes = static_cast<std::uint32_t>(1000 * (end - second));
  std::string tail = object.substr(end);
  for (unsigned i = 0; i < 4; ++i) tail[12 + i] = static_cast<char>(bytes >> (8 * i));
  tail[8] = tail[10] = static_cast<char>(1000 & 0xff);
  tail[9] = tail[11] = static_cast<char>(1000 >> 8);
  const Unpacked out = unpack(many + tail, true);
  EXPECT_EQ(out.parts.size(), 1000U);
  std::size_t read = 0;
  for (const UnpackedPart& part : out.parts) read += part.bytes.empty() ? 0U : 1U;
  EXPECT_GT(read, 0U);
  EXPECT_LT(read, 30U);
}

TEST_F(Zip, AMillionMembersAreQuick) {
  const std::string one = made("zip -qX ../out.zip empty");
  const std::size_t central = one.find("PK\x01\x02"), end = one.find("PK\x05\x06");
  std::string object, directory;
  constexpr std::uint32_t kMembers = 1'000'000;
  const auto put32 = [](std::string& bytes, std::size_t at, std::uint64_t value) {
    for (unsigned i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i));
  };
  for (std::uint32_t i = 0; i < kMembers; ++i) {
    std::string entry = one.substr(central, end - central);
    put32(entry, 42, object.size());
    object += one.substr(0, central);
    directory += entry;
  }
  // More than the old end can count: zip programs write the new one too, but all that is needed is where it begins.
  std::string last = one.substr(end);
  put32(last, 12, directory.size());
  put32(last, 16, object.size());
  object += directory + last;
  EXPECT_EQ(test::count_parts(Format::zip, object, true), kMembers);
  EXPECT_EQ(test::count_parts(Format::zip, object, false), kMembers);
}

TEST_F(Zip, CutAnywhereGivesWhatWasThere) {
  const std::string object = made("zip -qr ../out.zip .");
  for (const bool seekable : {true, false}) {
    for (std::size_t sixteenth = 1; sixteenth < 16; ++sixteenth) {
      const Unpacked out = unpack(Format::zip, object.substr(0, object.size() * sixteenth / 16), seekable);
      for (const auto& [name, bytes] : out.files()) {
        ASSERT_TRUE(files_.contains(name)) << name;
        EXPECT_TRUE(files_[name].starts_with(bytes));
      }
      EXPECT_FALSE(out.parts.empty());
    }
  }
}

TEST_F(Zip, DamageEnds) {
  const std::string seekable_object = made("zip -qr ../out.zip a.txt deep empty"),
                    streamed = made("zip -0qr - a.txt deep | cat >../out.zip");
  for (std::uint64_t seed = 0; seed < damage_seeds(60); ++seed) {
    std::string hurt = seed % 2 == 0 ? seekable_object : streamed;
    for (std::uint64_t i = 0; i <= seed % 4; ++i) {
      // Mostly where the headers stand: near the end.
      const std::uint64_t reach = seed % 3 == 0 ? hurt.size() : std::min<std::uint64_t>(hurt.size(), 700);
      const std::uint64_t byte = hurt.size() - 1 - (seed * 2'654'435'761 + i * 40'503) % reach;
      hurt[byte] = static_cast<char>(hurt[byte] ^ (1 << (seed + i) % 8));
    }
    static_cast<void>(unpack(Format::zip, hurt, true, {}, 1'000'000));
    static_cast<void>(unpack(Format::zip, hurt, false, {}, 1'000'000));
  }
}

// --- what others made -------------------------------------------------------------------------------------------

// Of each file: name -> bytes of every member that Python's zipfile can read.
std::vector<std::map<std::string, std::string>> as_python_sees(const std::vector<std::string>& files) {
  const TemporaryFolder folder;
  write_file(folder / "unzip.py", R"(
import os, sys, zipfile
for f, file in enumerate(sys.argv[2:]):
  out = '%s/%d' % (sys.argv[1], f)
  os.mkdir(out)
  try: z = zipfile.ZipFile(file)
  except Exception: continue
  for n, i in enumerate(z.infolist()):
    if i.is_dir(): continue
    try: b = z.read(i)
    except Exception: continue
    open('%s/%d.name' % (out, n), 'wb').write(i.orig_filename.encode('utf-8' if i.flag_bits & 0x800 else 'cp437'))
    open('%s/%d.bytes' % (out, n), 'wb').write(b)
)");
  std::vector<std::string> command = {"python3", folder / "unzip.py", folder.path().string()};
  command.insert(command.end(), files.begin(), files.end());
  EXPECT_EQ(test::run(command).exit, 0);
  std::vector<std::map<std::string, std::string>> out(files.size());
  for (std::size_t f = 0; f < files.size(); ++f) {
    const std::string below = folder / std::to_string(f);
    for (const auto& [name, bytes] : test::files_below(below)) {
      if (!name.ends_with(".name")) continue;
      out[f][bytes] = read_file(below + "/" + name.substr(0, name.size() - 4) + "bytes");
    }
  }
  return out;
}

TEST(ZipSamples, AreWhatPythonSees) {
  std::vector<std::string> samples;
  for (const std::string folder : {"commons-compress", "dfvfs", "gitleaks", "py7zr"}) {
    const std::string shared = test::shared_data() + "archives/" + folder;
    if (!std::filesystem::exists(shared)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(shared)) {
      if (entry.path().extension() == ".zip") samples.push_back(entry.path().string());
    }
  }
  if (samples.empty()) GTEST_SKIP() << "no samples beside the checkout";
  const auto theirs = as_python_sees(samples);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    SCOPED_TRACE(samples[i]);
    const std::string object = read_file(samples[i]);
    const auto ours = unpack(Format::zip, object, true).files(), passing = unpack(Format::zip, object, false).files();
    for (const auto& [name, bytes] : theirs[i]) {
      // Python does not know the names in UTF-8 that WinZip adds.
      const bool elsewhere =
          std::any_of(ours.begin(), ours.end(), [&whole = bytes](const auto& part) { return part.second == whole; });
      EXPECT_TRUE(ours.contains(name) ? ours.at(name) == bytes : elsewhere) << name;
      EXPECT_TRUE(!passing.contains(name) || passing.at(name) == bytes) << name << " as it comes";
    }
  }
}

}  // namespace
}  // namespace ambit::unpack_zip_test
