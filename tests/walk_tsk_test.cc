// NTFS, FAT, exFAT, ISO 9660, HFS+ and UFS: every file, its bytes through its runs, as the tools of others see it.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>
#include <sstream>

#include "pipeline/limits.h"
#include "stages/walk/file_systems.h"
#include "stages/walk/ntfs/compressed.h"
#include "stages/walk/recognise.h"
#include "tests/walked.h"

namespace ambit::walk_tsk_test {
namespace {

using test::as_sleuthkit_sees;
using test::BytesSource;
using test::FileSource;
using test::noise;
using test::run;
using test::TemporaryFolder;
using test::Walked;
using testing::HasSubstr;
using walk::FileEntry;
using walk::open_with_tsk;

constexpr std::uint64_t KiB = 1024, MiB = 1024 * KiB;

const std::string kShared = test::shared_data() + "images/";
const std::string kSamples = "/usr/share/forensics-samples/";

void expect_ok(const test::Ran& ran) { EXPECT_EQ(ran.exit, 0) << ran.out << ran.err; }

// Names first, then bytes, so that a failure can be read.
void expect_same(const std::map<std::string, std::string>& ours, const std::map<std::string, std::string>& theirs) {
  std::vector<std::string> names, other_names;
  for (const auto& [name, bytes] : ours) names.push_back(name);
  for (const auto& [name, bytes] : theirs) other_names.push_back(name);
  EXPECT_EQ(names, other_names);
  for (const auto& [name, bytes] : theirs) {
    const auto at = ours.find(name);
    if (at == ours.end() || bytes == test::kUnread) continue;
    EXPECT_TRUE(at->second == bytes) << name << ": " << at->second.size() << " for " << bytes.size();
  }
}

// What `blkls` calls allocated is somebody's, and what it calls free is nobody's but a deleted file's.
void expect_free_as_sleuthkit_sees(const Walked& sink, const std::string& image, std::uint64_t unit_bytes) {
  std::vector<bool> active(sink.volume.size() / unit_bytes + 1), any(active.size());
  const auto mark = [&](std::vector<bool>& into, const ambit::Run& run) {
    for (std::uint64_t at = run.place / unit_bytes; at * unit_bytes < run.place_end(); ++at) into[at] = true;
  };
  for (const FileEntry& e : sink.entries) {
    std::vector<ambit::Run> runs = e.runs;
    if (!runs.empty()) runs.push_back({0, runs.back().place_end(), e.slack});
    for (const ambit::Run& run : runs) {
      mark(any, run);
      if (e.state == ObjectState::active) mark(active, run);
    }
  }
  for (const ambit::Run& area : sink.area_list) {
    mark(any, area);
    mark(active, area);
  }
  std::istringstream listed(run({"blkls", "-e", "-l", image}).out);
  std::string line;
  for (int i = 0; i < 3; ++i) std::getline(listed, line);
  std::uint64_t units = 0, unlike = 0;
  for (; std::getline(listed, line); ++units) {
    const std::uint64_t unit = std::stoull(line);
    ASSERT_LT(unit, active.size());
    const bool is_free = line.ends_with("|f");
    const bool is_unlike = is_free ? active[unit] : !any[unit];
    if (!is_unlike) continue;
    ADD_FAILURE() << "unit " << unit << (is_free ? " is free" : " is in use");
    ASSERT_LT(++unlike, 5U);
  }
  EXPECT_GT(units, 1000U);
}

// A volume of the forensics samples, which are disks with one partition.
std::string sample(const std::string& name) {
  std::string bytes = run({"xz", "-dc", kSamples + "fs." + name + ".xz"}).out;
  return bytes.size() < MiB ? std::string() : bytes.substr(MiB);
}

void walk_into(Walked& sink, std::string_view type) {
  const auto fs = open_with_tsk(sink.volume);
  ASSERT_TRUE(fs.ok() && *fs != nullptr);
  EXPECT_EQ((*fs)->type(), type);
  EXPECT_LE((*fs)->size(), sink.volume.size());
  const auto walked = (*fs)->walk(sink);
  EXPECT_TRUE(walked.ok()) << walked.error().what;
}

// Mounted by FUSE while it lives.
class Mounted {
 public:
  Mounted(const std::string& image, const std::string& at, const std::string& options) : at_(at) {
    std::filesystem::create_directories(at);
    ok_ = run({"ntfs-3g", "-o", options, image, at}).exit == 0;
  }
  ~Mounted() {
    if (ok_) static_cast<void>(run({"umount", at_}));
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return at_ + "/" + name; }

 private:
  std::string at_;
  bool ok_ = false;
};

void make_ntfs(const std::string& image, std::uint64_t bytes) {
  test::make_sparse(image, bytes);
  expect_ok(run({"mkntfs", "-F", "-Q", "-q", image}));
}

// A volume with one of everything. False where FUSE is not to be had.
bool fill_ntfs(const std::string& image, const std::string& mount_point) {
  make_ntfs(image, 48 * MiB);
  Mounted m(image, mount_point, "streams_interface=windows,compression");
  if (!m.ok()) return false;
  test::write_file(m / "empty", "");
  test::write_file(m / "small.txt", "resident, in the table\n");
  test::write_file(m / "small-but-long.txt", noise(1, 600));
  test::write_file(m / "folder/deeper/still/big.bin", noise(2, 300'000));
  test::write_file(m / "folder/Ståhl – 東京 😀.txt", "a name beyond ASCII");
  std::filesystem::create_hard_link(m / "small.txt", m / "folder/again.txt");
  test::write_file(m / "with.txt", "main");
  test::write_file(m / "with.txt:Zone.Identifier", "[ZoneTransfer]\r\nZoneId=3\r\n");
  test::write_file(m / "with.txt:large", noise(3, 90'000));
  test::make_sparse(m / "sparse", 20 * MiB);
  test::overwrite(m / "sparse", 10 * MiB, "an island");
  for (int i = 0; i < 30; ++i)
    test::write_file(m / ("many/file number " + std::to_string(i)), "number " + std::to_string(i));
  std::filesystem::create_symlink("small.txt", m / "link");
  std::filesystem::create_directories(m / "pressed");
  // The attribute "compressed" of the folder is inherited by what is made in it.
  expect_ok(run({"setfattr", "-h", "-n", "system.ntfs_attrib", "-v", "0x00080000", m / "pressed"}));
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i % 97) + " of what is written again and again\n";
  test::write_file(m / "pressed/words.txt", text);
  test::write_file(m / "pressed/noise.bin", noise(4, 200'000));
  test::write_file(m / "pressed/mixed.bin",
                   text.substr(0, 100'000) + noise(5, 100'000) + std::string(200'000, '\0') + "end");
  test::write_file(m / "gone.bin", noise(6, 50'000));
  test::write_file(m / "gone-small.txt", "deleted and resident");
  std::filesystem::remove(m / "gone.bin");
  std::filesystem::remove(m / "gone-small.txt");
  return true;
}

TEST(NtfsWalk, finds_every_file_and_stream_as_the_sleuth_kit_does) {
  TemporaryFolder folder;
  const std::string image = folder / "ntfs.img";
  if (!fill_ntfs(image, folder / "mnt")) GTEST_SKIP() << "no FUSE here";
  const FileSource volume(image);
  Walked sink(volume);
  walk_into(sink, "NTFS");
  std::map<std::string, std::string> ours = sink.active(), theirs = as_sleuthkit_sees(image);
  EXPECT_GT(theirs.size(), 30U);
  // The target of a link lies in a reparse point or an old-style file, which is not compared.
  ours.erase("link");
  theirs.erase("link");
  expect_same(ours, theirs);
}

// What is in the volume after its first sector was wiped, or filled with what no boot sector is.
void expect_read_by_copy(const std::string& image, std::string_view type) {
  const FileSource whole(image);
  Walked before(whole);
  walk_into(before, type);
  std::string bytes = test::read_file(image);
  for (const std::string& sector : {std::string(512, '\0'), std::string(512, 'x')}) {
    const BytesSource wiped(bytes.replace(0, 512, sector));
    Walked after(wiped);
    const auto fs = walk::open_file_system(wiped);
    ASSERT_TRUE(fs.ok() && *fs != nullptr);
    EXPECT_EQ((*fs)->type(), type);
    EXPECT_TRUE((*fs)->walk(after).ok());
    EXPECT_EQ(after.active(), before.active());
  }
}

TEST(NtfsWalk, reads_the_copy_of_a_boot_sector_that_was_wiped) {
  TemporaryFolder folder;
  const std::string image = folder / "ntfs.img";
  test::make_sparse(image, 20 * MiB);
  test::write_file(folder / "a", "a file of some bytes");
  expect_ok(run({"mkntfs", "-q", "-F", image}));
  expect_ok(run({"ntfscp", "-q", image, folder / "a", "a.txt"}));
  expect_read_by_copy(image, "NTFS");
  // A file system that was made over it, of which the last sector knows nothing, and a volume of another size.
  std::string bytes = test::read_file(image);
  bytes.replace(0, 512, 512, '\0');
  const BytesSource longer(bytes + std::string(1 * MiB, '\0') + bytes.substr(bytes.size() - 512));
  const auto other = walk::open_file_system(longer);
  EXPECT_TRUE(other.ok() && *other == nullptr);
  bytes.replace(0x10040, 8, "_BHRfS_M");
  EXPECT_FALSE(walk::open_file_system(BytesSource(bytes)).ok());
}

TEST(NtfsWalk, tells_places_and_kinds) {
  TemporaryFolder folder;
  const std::string image = folder / "ntfs.img";
  if (!fill_ntfs(image, folder / "mnt")) GTEST_SKIP() << "no FUSE here";
  const FileSource volume(image);
  Walked sink(volume);
  walk_into(sink, "NTFS");
  const auto only = [&](std::string_view path, std::string_view stream = "") -> const FileEntry& {
    const auto found = sink.find(path, stream);
    EXPECT_EQ(found.size(), 1U) << path;
    static const FileEntry none;
    return found.empty() ? none : *found[0];
  };
  EXPECT_EQ(only("folder/again.txt").links, std::vector<std::string>{"small.txt"});
  EXPECT_EQ(only("small.txt").runs.size(), 1U) << "resident bytes have their place in the table";
  // Bytes 510 and 511 of a sector of the table are elsewhere, so the long one is in pieces.
  EXPECT_GE(only("small-but-long.txt").runs.size(), 3U);
  EXPECT_EQ(only("with.txt", "Zone.Identifier").size, 26U);
  EXPECT_LT(only("sparse").runs.at(0).length, 1 * MiB);
  EXPECT_EQ(only("sparse").size, 20 * MiB);
  EXPECT_EQ(only("folder/deeper/still/big.bin").slack, 4096 - 300'000 % 4096);
  EXPECT_TRUE(only("pressed/words.txt").content != nullptr && only("pressed/words.txt").runs.empty());
  EXPECT_EQ(only("gone.bin").state, ObjectState::deleted);
  EXPECT_EQ(sink.read(only("gone.bin")), noise(6, 50'000));
  EXPECT_EQ(sink.read(only("gone-small.txt")), "deleted and resident");
  EXPECT_THAT(sink.read(only("link")), HasSubstr("IntxLNK")) << "as ntfs-3g writes links";
  EXPECT_NEAR(static_cast<double>(only("small.txt").modified.value_or(0)), static_cast<double>(::time(nullptr)), 600);
  EXPECT_GT(sink.areas[Kind::metadata], 1 * MiB) << "the table and the journal";
  for (const FileEntry& e : sink.entries) EXPECT_FALSE(e.path.starts_with("$MFT") || e.path.starts_with("$Extend"));
}

TEST(NtfsWalk, entries_and_areas_never_share_a_byte) {
  TemporaryFolder folder;
  const std::string image = folder / "ntfs.img";
  if (!fill_ntfs(image, folder / "mnt")) GTEST_SKIP() << "no FUSE here";
  const FileSource volume(image);
  Walked sink(volume);
  walk_into(sink, "NTFS");
  std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
  for (const FileEntry& e : sink.entries) {
    for (const ambit::Run& r : e.runs) all.emplace_back(r.place, r.place_end());
    if (e.slack > 0) all.emplace_back(e.runs.back().place_end(), e.runs.back().place_end() + e.slack);
  }
  for (const ambit::Run& a : sink.area_list) all.emplace_back(a.place, a.place_end());
  std::sort(all.begin(), all.end());
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LE(all[i - 1].second, all[i].first) << "at " << all[i].first;
  expect_free_as_sleuthkit_sees(sink, image, 4096);
}

TEST(NtfsWalk, content_of_compressed_files_is_read_in_any_order_with_holes_named) {
  TemporaryFolder folder;
  const std::string image = folder / "ntfs.img";
  if (!fill_ntfs(image, folder / "mnt")) GTEST_SKIP() << "no FUSE here";
  const FileSource volume(image);
  Walked sink(volume);
  walk_into(sink, "NTFS");
  const auto found = sink.find("pressed/mixed.bin");
  ASSERT_EQ(found.size(), 1U);
  Content& content = *found[0]->content;
  const std::string whole = sink.read(*found[0]);
  ASSERT_TRUE(content.open().ok());
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t at = random() % whole.size();
    std::string part(random() % 80'000 + 1, '?');
    const auto got = content.read_at(at, std::as_writable_bytes(std::span(part)));
    ASSERT_TRUE(got.ok());
    EXPECT_TRUE(std::string_view(whole).substr(at, part.size()) == std::string_view(part).substr(0, *got));
  }
  bool hole = false;
  for (std::uint64_t at = 0; at < whole.size();) {
    const DataRun r = content.run_at(at);
    ASSERT_TRUE(r.offset == at && r.length > 0);
    if (r.hole) {
      hole = true;
      EXPECT_EQ(whole.find_first_not_of('\0', at), std::min(whole.find_first_not_of('\0', at), whole.size()));
      EXPECT_GE(whole.find_first_not_of('\0', at), std::min<std::uint64_t>(at + r.length, whole.size() - 3));
    }
    at += r.length;
  }
  EXPECT_TRUE(hole);
}

TEST(NtfsWalk, a_file_in_many_pieces_and_many_records_is_whole) {
  TemporaryFolder folder;
  const std::string image = folder / "ntfs.img", torn = noise(9, 2'400'000);
  make_ntfs(image, 12 * MiB);
  {
    Mounted m(image, folder / "mnt", "streams_interface=windows");
    if (!m.ok()) GTEST_SKIP() << "no FUSE here";
    const std::string block = noise(8, 4096);
    int i = 0;
    for (; i < 4'000; ++i) {
      std::ofstream out(m / ("f" + std::to_string(i)), std::ios::binary);
      if (!out.write(block.data(), 4096).flush()) break;
    }
    for (int k = 0; k < i; k += 2) std::filesystem::remove(m / ("f" + std::to_string(k)));
    test::write_file(m / "torn", torn);
  }
  const FileSource volume(image);
  Walked sink(volume);
  walk_into(sink, "NTFS");
  const auto found = sink.find("torn");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_GT(found[0]->runs.size(), 30U);
  EXPECT_TRUE(sink.read(*found[0]) == torn);
  EXPECT_LE(sink.deleted_bytes, volume.size());
}

TEST(NtfsWalk, ten_thousand_files_in_one_folder_are_found) {
  TemporaryFolder folder;
  const std::string image = folder / "ntfs.img";
  make_ntfs(image, 48 * MiB);
  {
    const Mounted m(image, folder / "mnt", "big_writes");
    if (!m.ok()) GTEST_SKIP() << "no FUSE here";
    std::filesystem::create_directories(m / "huge");
    for (int i = 0; i < 10'000; ++i) std::ofstream(m / ("huge/file number " + std::to_string(i)));
  }
  const FileSource volume(image);
  Walked sink(volume);
  walk_into(sink, "NTFS");
  expect_same(sink.active(), as_sleuthkit_sees(image));
  EXPECT_EQ(sink.entries.size(), 10'000U);
}

TEST(NtfsWalk, reads_the_sample_of_the_forensics_samples) {
  if (!std::filesystem::exists(kSamples + "fs.ntfs.xz")) GTEST_SKIP() << "package forensics-samples-ntfs is not here";
  TemporaryFolder folder;
  test::write_file(folder / "ntfs.img", sample("ntfs"));
  const FileSource volume(folder / "ntfs.img");
  Walked sink(volume);
  walk_into(sink, "NTFS");
  expect_same(sink.active(), as_sleuthkit_sees(folder / "ntfs.img"));
}

// --- FAT ------------------------------------------------------------------------------------------------------

std::string make_fat(const TemporaryFolder& folder, const std::string& width, std::uint64_t bytes) {
  const std::string image = folder / ("fat" + width + ".img");
  test::make_sparse(image, bytes);
  std::vector<std::string> arguments = {"mkfs.fat", "-F", width, "-n", "A LABEL"};
  if (width == "32") arguments.insert(arguments.end(), {"-s", "1"});  // enough clusters in a small volume
  arguments.push_back(image);
  expect_ok(run(arguments));
  return image;
}

void put(const TemporaryFolder& folder, const std::string& image, const std::string& name, std::string_view bytes) {
  test::write_file(folder / "put", bytes);
  expect_ok(run({"mcopy", "-i", image, folder / "put", "::/" + name}));
}

// Many files by one call.
void put_all(const TemporaryFolder& folder, const std::string& image, const std::string& to,
             const std::map<std::string, std::string>& files) {
  std::filesystem::remove_all(folder / "all");
  std::vector<std::string> arguments = {"mcopy", "-i", image};
  for (const auto& [name, bytes] : files) {
    test::write_file(folder / ("all/" + name), bytes);
    arguments.push_back(folder / ("all/" + name));
  }
  arguments.push_back(to);
  expect_ok(run(arguments));
}

TEST(FatWalk, finds_every_file_in_each_width_as_the_sleuth_kit_does) {
  for (const auto& [width, bytes] : {std::pair{"12", 2 * MiB}, std::pair{"16", 20 * MiB}, std::pair{"32", 40 * MiB}}) {
    TemporaryFolder folder;
    const std::string image = make_fat(folder, width, bytes);
    expect_ok(run({"mmd", "-i", image, "::/sub", "::/sub/A long folder name"}));
    put_all(folder, image, "::/",
            {{"PLAIN.TXT", "plain"}, {"lower.txt", "lower"}, {"empty", ""}, {"Ståhl – 東京 😀.txt", "beyond ASCII"}});
    put_all(folder, image, "::/sub/A long folder name", {{"and a long name of a file.dat", noise(1, 100'000)}});
    std::map<std::string, std::string> numbers;
    std::vector<std::string> deletion = {"mdel", "-i", image};
    for (int i = 0; i < 40; ++i) {
      const std::string name = "number " + std::to_string(i);
      numbers[name] = std::to_string(i);
      if (i % 2 == 0) deletion.push_back("::/sub/" + name);
    }
    put_all(folder, image, "::/sub", numbers);
    expect_ok(run(deletion));
    put_all(folder, image, "::/", {{"torn.bin", noise(2, 90'000)}});
    const FileSource volume(image);
    Walked sink(volume);
    walk_into(sink, "FAT" + std::string(width));
    expect_same(sink.active(), as_sleuthkit_sees(image));
    expect_free_as_sleuthkit_sees(sink, image, 512);
    const auto torn = sink.find("torn.bin");
    ASSERT_EQ(torn.size(), 1U);
    EXPECT_TRUE(std::string(width) != "12" || torn[0]->runs.size() > 1U);
  }
}

TEST(FatWalk, reads_the_copy_of_a_boot_sector_that_was_wiped) {
  TemporaryFolder folder;
  const std::string image = make_fat(folder, "32", 40 * MiB);
  put(folder, image, "a.txt", "a file of some bytes");
  expect_read_by_copy(image, "FAT32");
}

TEST(FatWalk, recovers_a_deleted_file_only_while_its_clusters_are_free) {
  TemporaryFolder folder;
  const std::string image = make_fat(folder, "16", 20 * MiB), bytes = noise(7, 70'000);
  put(folder, image, "stays.bin", noise(8, 5'000));
  put(folder, image, "A deleted file.bin", bytes);
  put(folder, image, "GONE2.BIN", noise(9, 30'000));
  expect_ok(run({"mdel", "-i", image, "::/A deleted file.bin", "::/GONE2.BIN"}));
  {
    const FileSource volume(image);
    Walked sink(volume);
    walk_into(sink, "FAT16");
    const auto gone = sink.find("A deleted file.bin"), other = sink.find("_ONE2.BIN");
    ASSERT_EQ(gone.size() + other.size(), 2U);
    EXPECT_EQ(gone[0]->state, ObjectState::deleted);
    EXPECT_TRUE(sink.read(*gone[0]) == bytes);
    EXPECT_TRUE(sink.read(*other[0]) == noise(9, 30'000));
  }
  put(folder, image, "new.bin", noise(10, 20'000));  // mtools takes the first free clusters
  const FileSource volume(image);
  Walked sink(volume);
  walk_into(sink, "FAT16");
  EXPECT_EQ(sink.find("A deleted file.bin").size(), 0U) << "its clusters are another's now";
}

TEST(FatWalk, knows_the_slack_behind_a_file_and_what_folders_occupy) {
  TemporaryFolder folder;
  const std::string image = make_fat(folder, "16", 40 * MiB);
  put(folder, image, "short.txt", "ten bytes.");
  std::uint64_t place = 0;
  {
    const FileSource volume(image);
    Walked sink(volume);
    walk_into(sink, "FAT16");
    const auto found = sink.find("short.txt");
    ASSERT_EQ(found.size(), 1U);
    place = found[0]->runs.at(0).place_end();
  }
  test::overwrite(image, place, "SECRET IN SLACK");
  const FileSource volume(image);
  Walked sink(volume);
  walk_into(sink, "FAT16");
  const auto found = sink.find("short.txt");
  ASSERT_EQ(found.size(), 1U);
  std::string slack(found[0]->slack, '?');
  ASSERT_TRUE(
      walk::read_fully(volume, found[0]->runs.at(0).place_end(), std::as_writable_bytes(std::span(slack))).ok());
  EXPECT_THAT(slack, HasSubstr("SECRET IN SLACK"));
  EXPECT_EQ((slack.size() + 10) % 2048, 0U);
  // The same bytes that the sleuth kit calls slack.
  EXPECT_THAT(run({"blkls", "-s", image}).out, HasSubstr("SECRET IN SLACK"));
}

TEST(FatWalk, a_circle_of_folders_or_clusters_ends) {
  TemporaryFolder folder;
  const std::string image = make_fat(folder, "16", 20 * MiB);
  expect_ok(run({"mmd", "-i", image, "::/a", "::/a/b"}));
  put(folder, image, "a/b/file", "x");
  put(folder, image, "big", noise(1, 100'000));
  std::string bytes = test::read_file(image);
  const auto u16 = [&](std::size_t at) {
    return static_cast<unsigned char>(bytes[at]) | static_cast<unsigned char>(bytes[at + 1]) << 8;
  };
  const std::size_t fat = 512 * static_cast<std::size_t>(u16(14));
  // b's record in a leads back to a; the fourth cluster of `big` leads back to its second.
  const std::size_t record = bytes.find("B          \x10");
  ASSERT_NE(record, std::string::npos);
  bytes[record + 26] = 2;
  bytes[record + 27] = 0;
  const std::size_t big = bytes.find("BIG        ");
  const std::size_t first = static_cast<std::size_t>(u16(big + 26));
  bytes[fat + 2 * (first + 3)] = static_cast<char>(first + 1);
  bytes[fat + 2 * (first + 3) + 1] = 0;
  const BytesSource volume(bytes);
  Walked sink(volume);
  const auto fs = open_with_tsk(volume);
  ASSERT_TRUE(fs.ok() && *fs != nullptr);
  static_cast<void>((*fs)->walk(sink));
  ASSERT_EQ(sink.find("a/b").size(), 1U);
  EXPECT_EQ(sink.find("a/b")[0]->trouble, WalkTrouble::loop);
  ASSERT_EQ(sink.find("big").size(), 1U);
  EXPECT_EQ(sink.find("big")[0]->trouble, WalkTrouble::damaged);
}

TEST(FatWalk, a_file_that_nobody_can_read_to_its_end_says_so) {
  TemporaryFolder folder;
  const std::string image = make_fat(folder, "16", 20 * MiB);
  put(folder, image, "BIG", noise(1, 100'000));
  std::string bytes = test::read_file(image);
  bytes[bytes.find("BIG        ") + 31] = 0x40;  // a gibibyte
  const BytesSource volume(bytes);
  Walked sink(volume);
  walk_into(sink, "FAT16");
  ASSERT_EQ(sink.find("BIG").size(), 1U);
  EXPECT_EQ(sink.find("BIG")[0]->trouble, WalkTrouble::damaged);
}

TEST(FatWalk, twenty_thousand_files_in_one_folder_take_no_time) {
  TemporaryFolder folder;
  const std::string image = make_fat(folder, "32", 40 * MiB);
  expect_ok(run({"mmd", "-i", image, "::/MANY"}));
  std::string bytes = test::read_file(image);
  const auto u16 = [&](std::size_t at) {
    return static_cast<unsigned char>(bytes[at]) | static_cast<unsigned char>(bytes[at + 1]) << 8;
  };
  const std::size_t cluster_bytes = 512 * static_cast<std::size_t>(bytes[13]),
                    table = 512 * static_cast<std::size_t>(u16(14));
  const std::size_t heap = table + 2 * 512 * static_cast<std::size_t>(u16(36));
  const std::size_t first = static_cast<std::size_t>(u16(bytes.find("MANY       \x10") + 26)), records = 20'000;
  // The folder goes on over the clusters behind its first, all free so far; mtools would take minutes.
  const std::size_t clusters = (records + 3) * 32 / cluster_bytes + 1;
  for (std::size_t i = 0; i < clusters; ++i) {
    const std::uint32_t next = i + 1 == clusters ? 0x0fffffff : static_cast<std::uint32_t>(first + i + 1);
    std::memcpy(bytes.data() + table + 4 * (first + i), &next, 4);
  }
  for (std::size_t i = 0; i < records; ++i) {
    char name[12];
    std::snprintf(name, sizeof(name), "F%07zuTXT", i);
    std::memcpy(bytes.data() + heap + (first - 2) * cluster_bytes + 64 + 32 * i, name, 11);
  }
  test::write_file(image, bytes);
  const FileSource volume(image);
  Walked sink(volume);
  const auto begin = std::chrono::steady_clock::now();
  walk_into(sink, "FAT32");
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(sink.entries.size(), 20'000U);
  RecordProperty("milliseconds", static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  EXPECT_LT(took, std::chrono::seconds(5));
}

TEST(FatWalk, reads_the_samples_of_others) {
  TemporaryFolder folder;
  int seen = 0;
  const std::vector<std::pair<std::string, std::string>> all = {
      {"vfat", std::filesystem::exists(kSamples + "fs.vfat.xz") ? sample("vfat") : ""},
      {"daylight", run({"unzip", "-p", kShared + "dftt/5-fat-daylight.zip", "*.dd"}).out},
      {"fat", run({"xz", "-dc", kShared + "blkid/fat.img.xz"}).out},
      {"fat32", run({"xz", "-dc", kShared + "blkid/fat32_label_64MB.img.xz"}).out}};
  for (const auto& [name, bytes] : all) {
    if (bytes.empty()) continue;
    ++seen;
    test::write_file(folder / name, bytes);
    const FileSource volume(folder / name);
    const auto fs = open_with_tsk(volume);
    ASSERT_TRUE(fs.ok() && *fs != nullptr) << name;
    Walked sink(volume);
    EXPECT_TRUE((*fs)->walk(sink).ok()) << name;
    expect_same(sink.active(), as_sleuthkit_sees(folder / name));
  }
  if (seen == 0) GTEST_SKIP() << "no samples here";
}

// --- exFAT ----------------------------------------------------------------------------------------------------

TEST(ExfatWalk, reads_the_sample_as_the_sleuth_kit_does) {
  if (!std::filesystem::exists(kSamples + "fs.exfat.xz")) GTEST_SKIP() << "package forensics-samples-exfat is not here";
  TemporaryFolder folder;
  test::write_file(folder / "exfat.img", sample("exfat"));
  const FileSource volume(folder / "exfat.img");
  Walked sink(volume);
  walk_into(sink, "exFAT");
  expect_same(sink.active(), as_sleuthkit_sees(folder / "exfat.img"));
  EXPECT_GT(sink.entries.size(), 3U);
}

TEST(ExfatWalk, reads_the_copy_of_a_boot_sector_that_was_wiped) {
  TemporaryFolder folder;
  test::make_sparse(folder / "made.img", 16 * MiB);
  expect_ok(run({"mkfs.exfat", folder / "made.img"}));
  expect_read_by_copy(folder / "made.img", "exFAT");
  if (!std::filesystem::exists(kSamples + "fs.exfat.xz")) return;
  test::write_file(folder / "sample.img", sample("exfat"));
  expect_read_by_copy(folder / "sample.img", "exFAT");
}

TEST(ExfatWalk, an_empty_volume_has_books_only) {
  TemporaryFolder folder;
  test::make_sparse(folder / "exfat.img", 16 * MiB);
  expect_ok(run({"mkfs.exfat", folder / "exfat.img"}));
  const FileSource volume(folder / "exfat.img");
  Walked sink(volume);
  walk_into(sink, "exFAT");
  EXPECT_TRUE(sink.entries.empty());
  EXPECT_GT(sink.areas[Kind::metadata], 0U);
}

// --- ISO 9660 -------------------------------------------------------------------------------------------------

void fill_folder(const TemporaryFolder& folder) {
  test::write_file(folder / "in/readme.txt", "read me");
  test::write_file(folder / "in/empty", "");
  test::write_file(folder / "in/a/b/c/d/e/f/g/h/i/deep.txt", "deeper than eight folders");
  test::write_file(folder / "in/Ståhl – 東京.txt", "beyond ASCII");
  test::write_file(folder / "in/A rather long name with spaces and (brackets) in it.dat", noise(1, 70'001));
  for (int i = 0; i < 300; ++i) test::write_file(folder / ("in/many/number " + std::to_string(i)), std::to_string(i));
  std::filesystem::create_hard_link(folder / "in/readme.txt", folder / "in/same.txt");
  std::filesystem::create_symlink("a/b/c", folder / "in/link");
  std::filesystem::create_symlink("/etc/" + std::string(150, 'x') + "/" + std::string(50, 'y'),
                                  folder / "in/long link");
}

std::map<std::string, std::string> as_written(const std::string& root) {
  std::map<std::string, std::string> all;
  for (const auto& e : std::filesystem::recursive_directory_iterator(root)) {
    const std::string name = e.path().lexically_relative(root).string();
    if (e.is_symlink()) {
      all[name] = std::filesystem::read_symlink(e.path()).string();
    } else if (e.is_regular_file()) {
      all[name] = test::read_file(e.path().string());
    }
  }
  return all;
}

TEST(IsoWalk, finds_every_file_by_the_names_of_rock_ridge) {
  TemporaryFolder folder;
  fill_folder(folder);
  expect_ok(run({"genisoimage", "-quiet", "-R", "-J", "-joliet-long", "-input-charset", "utf-8", "-cache-inodes", "-o",
                 folder / "x.iso", folder / "in"}));
  const FileSource volume(folder / "x.iso");
  Walked sink(volume);
  walk_into(sink, "ISO 9660");
  expect_same(sink.active(), as_written(folder / "in"));
  EXPECT_EQ(sink.find("readme.txt").at(0)->links, std::vector<std::string>{"same.txt"});
}

TEST(IsoWalk, finds_every_file_by_the_names_of_joliet) {
  TemporaryFolder folder;
  fill_folder(folder);
  std::filesystem::remove_all(folder / "in/a");
  std::filesystem::remove(folder / "in/link");
  std::filesystem::remove(folder / "in/long link");
  expect_ok(run({"genisoimage", "-quiet", "-J", "-joliet-long", "-input-charset", "utf-8", "-o", folder / "x.iso",
                 folder / "in"}));
  const FileSource volume(folder / "x.iso");
  Walked sink(volume);
  walk_into(sink, "ISO 9660");
  expect_same(sink.active(), as_written(folder / "in"));
}

TEST(IsoWalk, a_file_in_one_tree_only_is_found) {
  TemporaryFolder folder;
  test::write_file(folder / "in/shown.txt", "shown");
  test::write_file(folder / "in/hidden.txt", "hidden");
  expect_ok(run({"genisoimage", "-quiet", "-R", "-J", "-hide", "hidden.txt", "-o", folder / "x.iso", folder / "in"}));
  const FileSource volume(folder / "x.iso");
  Walked sink(volume);
  walk_into(sink, "ISO 9660");
  const std::map<std::string, std::string> wanted = {{"shown.txt", "shown"}, {"hidden.txt", "hidden"}};
  EXPECT_EQ(sink.active(), wanted);
}

TEST(IsoWalk, reads_the_samples_of_others) {
  if (!std::filesystem::exists(kShared + "plaso/iso9660.raw")) GTEST_SKIP() << "no samples here";
  const FileSource volume(kShared + "plaso/iso9660.raw");
  Walked sink(volume);
  walk_into(sink, "ISO 9660");
  expect_same(sink.active(), as_sleuthkit_sees(kShared + "plaso/iso9660.raw"));
}

// --- UFS --------------------------------------------------------------------------------------------------------

TEST(UfsWalk, reads_both_kinds_in_both_byte_orders) {
  for (const std::string version : {"1", "2"}) {
    for (const std::string order : {"le", "be"}) {
      TemporaryFolder folder;
      fill_folder(folder);
      test::write_file(folder / "in/large.bin", noise(5, 2'000'000));
      test::write_file(folder / "in/two levels of addresses.bin", noise(6, 20'000'001));
      for (int i = 0; i < 2'000; ++i) test::write_file(folder / ("in/many" + std::to_string(i)), std::to_string(i));
      const test::Ran made = run({"makefs", "-B", order, "-t", "ffs", "-o", "version=" + version, "-s", "48m",
                                  folder / "x.ufs", folder / "in"});
      if (made.exit != 0) GTEST_SKIP() << "makefs is not here: " << made.err;
      const FileSource volume(folder / "x.ufs");
      Walked sink(volume);
      walk_into(sink, version == "1" ? "UFS" : "UFS2");
      expect_same(sink.active(), as_written(folder / "in"));
      EXPECT_EQ(sink.find("readme.txt").at(0)->links, std::vector<std::string>{"same.txt"});
      EXPECT_GT(sink.areas[Kind::metadata], 0U);
    }
  }
}

// --- by libtsk: HFS+ --------------------------------------------------------------------------------------------

// The volume in a disk image of a Macintosh; empty where it cannot be had.
std::string hfs_sample(const TemporaryFolder& folder, const std::string& name) {
  if (!std::filesystem::exists(kShared + name)) return "";
  const test::Ran made = run({"qemu-img", "convert", "-f", "dmg", "-O", "raw", kShared + name, folder / "raw"});
  constexpr std::size_t kFirst = 40 * 512;
  return made.exit == 0 ? test::read_file(folder / "raw").substr(kFirst) : "";
}

TEST(TskWalk, reads_hfs_plus_with_compressed_files) {
  for (const std::string name : {"plaso/hfsplus_zlib.dmg", "plaso/spotlight.12.dmg"}) {
    TemporaryFolder folder;
    const std::string bytes = hfs_sample(folder, name);
    if (bytes.empty()) GTEST_SKIP() << "no samples here";
    test::write_file(folder / "hfs.img", bytes);
    const FileSource volume(folder / "hfs.img");
    Walked sink(volume);
    walk_into(sink, "HFS+");
    std::map<std::string, std::string> ours = sink.active(), theirs = as_sleuthkit_sees(folder / "hfs.img");
    EXPECT_FALSE(theirs.empty());
    for (const auto& [path, content] : theirs) {
      if (path.find("HFS+ Private") != std::string::npos || path.find(":") != std::string::npos) continue;
      EXPECT_TRUE(ours.contains(path)) << path;
      if (content == test::kUnread) continue;
      EXPECT_TRUE(ours[path] == content) << path << ": " << ours[path].size() << " for " << content.size();
    }
  }
}

// --- damage -----------------------------------------------------------------------------------------------------

// Walks whatever is left and reads a part of everything; what is found must be inside the volume (see Walked).
void survive(const std::string& bytes) {
  const BytesSource volume(bytes);
  const auto fs = open_with_tsk(volume);
  if (!fs.ok() || *fs == nullptr) return;
  EXPECT_LE((*fs)->size(), volume.size());
  Walked sink(volume);
  static_cast<void>((*fs)->walk(sink));
  EXPECT_LE(sink.deleted_bytes, volume.size());
  EXPECT_LE(sink.bytes, (limits::kMaxTimesOverClaimed + 2) * volume.size());
  for (const FileEntry& e : sink.entries) {
    if (e.content != nullptr) static_cast<void>(sink.read(e, 1 * MiB));
  }
}

void damage(const std::string& bytes, std::uint64_t seeds) {
  for (std::size_t i = 1; i < 16; ++i) survive(bytes.substr(0, bytes.size() * i / 16));
  seeds = test::damage_seeds(seeds);
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    std::mt19937_64 random(seed);
    std::string hurt = bytes;
    // Half of them where the books are, near the beginning of what is not zero.
    for (int k = 0; k < 4; ++k) {
      const auto is_empty = [&](std::size_t sector) {
        return std::string_view(hurt).substr(sector, 512).find_first_not_of('\0') == std::string_view::npos;
      };
      std::size_t at = random() % (hurt.size() / 512) * 512;
      for (int t = 0; t < 20 && is_empty(at); ++t) at = random() % (hurt.size() / 512) * 512;
      const std::string blow = noise(seed * 4 + static_cast<std::uint64_t>(k), seed % 3 == 0 ? 16 : 4096);
      hurt.replace(at + random() % 400, std::min(blow.size(), hurt.size() - at - 400), blow, 0,
                   std::min(blow.size(), hurt.size() - at - 400));
      hurt.resize(bytes.size());
    }
    survive(hurt);
  }
}

TEST(Damage, ntfs) {
  TemporaryFolder folder;
  if (!fill_ntfs(folder / "ntfs.img", folder / "mnt")) GTEST_SKIP() << "no FUSE here";
  damage(test::read_file(folder / "ntfs.img").substr(0, 24 * MiB), 20);
}

TEST(Damage, fat) {
  for (const auto& [width, bytes] : {std::pair{"12", 2 * MiB}, std::pair{"16", 12 * MiB}}) {
    TemporaryFolder folder;
    const std::string image = make_fat(folder, width, bytes);
    expect_ok(run({"mmd", "-i", image, "::/sub", "::/sub/A long folder name", "::/other"}));
    std::map<std::string, std::string> files;
    for (int i = 0; i < 30; ++i) files["a file " + std::to_string(i)] = noise(1, 20'000);
    put_all(folder, image, "::/sub/A long folder name", files);
    put_all(folder, image, "::/other", {{"x", "x"}});
    damage(test::read_file(image), 30);
  }
}

TEST(Damage, exfat) {
  if (!std::filesystem::exists(kSamples + "fs.exfat.xz")) GTEST_SKIP() << "package forensics-samples-exfat is not here";
  damage(sample("exfat").substr(0, 4 * MiB), 30);
}

TEST(Damage, iso) {
  TemporaryFolder folder;
  fill_folder(folder);
  expect_ok(run({"genisoimage", "-quiet", "-R", "-J", "-o", folder / "x.iso", folder / "in"}));
  damage(test::read_file(folder / "x.iso"), 60);
}

TEST(Damage, ufs) {
  for (const std::string version : {"1", "2"}) {
    TemporaryFolder folder;
    fill_folder(folder);
    const test::Ran made =
        run({"makefs", "-t", "ffs", "-o", "version=" + version, "-s", "12m", folder / "x.ufs", folder / "in"});
    if (made.exit != 0) GTEST_SKIP() << "makefs is not here";
    damage(test::read_file(folder / "x.ufs"), 20);
  }
}

TEST(Damage, hfs_plus) {
  TemporaryFolder folder;
  const std::string bytes = hfs_sample(folder, "plaso/hfsplus_zlib.dmg");
  if (bytes.empty()) GTEST_SKIP() << "no samples here";
  damage(bytes, 20);
}

TEST(Compressed, a_unit_of_noise_never_leaves_its_bounds) {
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    const std::string stored = noise(seed, seed % 5'000);
    std::vector<std::byte> out(seed % 7 * 1'000);
    static_cast<void>(walk::ntfs::expand_unit(std::as_bytes(std::span(stored)), out));
  }
}

// --- what nothing reads -----------------------------------------------------------------------------------------

TEST(Recognise, names_what_nothing_reads) {
  if (!std::filesystem::exists(kShared + "blkid")) GTEST_SKIP() << "no samples here";
  const std::map<std::string, std::string> wanted = {{"befs", "BeFS"},
                                                     {"cramfs", "cramfs"},
                                                     {"hfs", "HFS"},
                                                     {"minix-LE", "minix"},
                                                     {"nilfs2", "nilfs2"},
                                                     {"ocfs2", "ocfs2"},
                                                     {"romfs", "romfs"},
                                                     {"swap0", "swap"},
                                                     {"udf-hdd-mkudffs-1.3-1", "UDF"},
                                                     {"lsi-raid", "LSI RAID"},
                                                     {"promise-raid", "Promise RAID"}};
  for (const auto& [name, kind] : wanted) {
    const BytesSource volume(run({"xz", "-dc", kShared + "blkid/" + name + ".img.xz"}).out);
    EXPECT_EQ(walk::recognise(volume).value_or("nothing"), kind) << name;
    const auto fs = open_with_tsk(volume);
    EXPECT_TRUE(!fs.ok() || *fs == nullptr) << name;
  }
}

TEST(Recognise, names_what_is_made_here) {
  TemporaryFolder folder;
  test::make_sparse(folder / "btrfs", 128 * MiB);
  test::make_sparse(folder / "swap", 1 * MiB);
  test::write_file(folder / "in/a", "a");
  expect_ok(run({"mkfs.btrfs", "-q", folder / "btrfs"}));
  expect_ok(run({"mkswap", folder / "swap"}));
  expect_ok(run({"mksquashfs", folder / "in", folder / "squashfs", "-quiet", "-no-progress"}));
  for (const std::string name : {"btrfs", "swap", "squashfs"}) {
    const FileSource volume(folder / name);
    EXPECT_EQ(walk::recognise(volume).value_or("nothing"), name);
  }
}

TEST(Recognise, names_nothing_that_is_read_and_nothing_in_noise) {
  TemporaryFolder folder;
  const FileSource fat(make_fat(folder, "16", 20 * MiB));
  EXPECT_FALSE(walk::recognise(fat));
  for (std::uint64_t seed = 0; seed < 20; ++seed) EXPECT_FALSE(walk::recognise(BytesSource(noise(seed, 3 * MiB))));
  EXPECT_FALSE(walk::recognise(BytesSource("")));
}

}  // namespace
}  // namespace ambit::walk_tsk_test
