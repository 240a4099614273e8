// Volumes: real tables, groups and encrypted volumes, made by the tools that people make them with, held against what
// other tools say of them, and then damaged.
#include "stages/walk/volume/volumes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <sstream>

#include "stages/walk/file_system.h"
#include "tests/evidence.h"

namespace ambit::walk::volumes_test {
namespace {

using test::BytesSource;
using test::noise;
using test::overwrite;
using test::read_file;
using test::run;
using test::TemporaryFolder;
using test::write_file;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kMiB = 1024 * 1024;

template <class T>
void put(std::string& bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof(value));
}

// All of a source, or nothing where a part of it cannot be read.
std::optional<std::string> all_of(const ByteSource& source) {
  std::string bytes(source.size(), '\0');
  const Result<> read = read_fully(source, 0, std::as_writable_bytes(std::span(bytes)));
  return read.ok() ? std::optional(bytes) : std::nullopt;
}

// Images, and what was found on them. What must hold for any evidence is checked at once.
class Found {
 public:
  explicit Found(std::vector<std::string> images, const std::vector<std::string>& keys = {}) {
    std::vector<Image> list;
    for (std::string& bytes : images) {
      images_.push_back(std::make_unique<BytesSource>(std::move(bytes)));
      list.push_back({static_cast<std::uint32_t>(list.size()), {}, images_.back().get()});
    }
    std::vector<VolumeKey> secrets;
    for (const std::string& key : keys) secrets.push_back({key});
    map = find_volumes(list, secrets);
    check();
  }

  [[nodiscard]] std::string locator(const Volume& volume) const {
    return to_string(Locator{volume.exhibit, volume.steps}, std::to_string(volume.exhibit));
  }
  // "locator description" of each volume; with its trouble.
  [[nodiscard]] std::vector<std::string> names() const {
    static constexpr std::array kTroubles = {"",     "unreadable", "special_file", "loop",    "too_deep",
                                             "name", "encrypted",  "unsupported",  "damaged", "objects_limit"};
    std::vector<std::string> out;
    for (const Volume& v : map.volumes) {
      out.push_back(locator(v) + " " + v.description);
      if (v.trouble != WalkTrouble::none) {
        out.back() += std::string(" (") + kTroubles[static_cast<std::size_t>(v.trouble)] + ")";
      }
    }
    return out;
  }
  [[nodiscard]] std::optional<std::string> bytes(std::size_t volume) const {
    const Volume& v = map.volumes.at(volume);
    if (v.device) return all_of(*v.device);
    return all_of(*volume_bytes(*images_.at(v.exhibit), v.pieces, v.size));
  }
  // The areas of an image: "kind offset length" in sectors, as mmls would say.
  [[nodiscard]] std::vector<std::string> areas(std::uint32_t image = 0) const {
    std::vector<std::string> out;
    for (const ImageArea& a : map.areas) {
      if (a.image != image) continue;
      out.push_back(std::string(to_string(a.kind)) + " " + std::to_string(a.offset / 512) + " " +
                    std::to_string(a.length / 512));
    }
    return out;
  }

  VolumeMap map;

 private:
  void check() const {
    for (std::size_t i = 0; i < map.volumes.size(); ++i) {
      const Volume& v = map.volumes.at(i);
      ASSERT_LT(v.exhibit, images_.size());
      if (i > 0) {
        const Volume& before = map.volumes.at(i - 1);
        ASSERT_LT(std::tie(before.exhibit, before.steps), std::tie(v.exhibit, v.steps)) << locator(v);
      }
      ASSERT_FALSE(v.device && !v.pieces.empty());
      std::uint64_t end = 0;
      for (const Run& piece : v.pieces) {
        ASSERT_GE(piece.start, end);
        ASSERT_GT(piece.length, 0U);
        ASSERT_LE(piece.place, images_[v.exhibit]->size());
        ASSERT_LE(piece.length, images_[v.exhibit]->size() - piece.place);
        end = piece.end();
      }
      ASSERT_LE(end, v.size);
      if (v.device) { ASSERT_EQ(v.device->size(), v.size); }
    }
    for (std::uint32_t image = 0; image < images_.size(); ++image) check_balance(image);
  }
  void check_balance(std::uint32_t image) const {
    const std::uint64_t size = images_[image]->size();
    std::vector<bool> seen(size / 512 + 1);
    const auto mark = [&](std::uint64_t offset, std::uint64_t length) {
      ASSERT_LE(offset, size);
      ASSERT_LE(length, size - offset);
      for (std::uint64_t at = offset / 512; at < (offset + length + 511) / 512; ++at) seen[at] = true;
    };
    for (const Volume& v : map.volumes) {
      for (const Run& piece : v.pieces) {
        if (v.exhibit == image) mark(piece.place, piece.length);
      }
    }
    for (const MappedRange& mapped : map.mapped) {
      ASSERT_LT(mapped.volume, map.volumes.size());
      ASSERT_TRUE(map.volumes.at(mapped.volume).device);
      if (mapped.image == image) mark(mapped.offset, mapped.length);
    }
    std::uint64_t end = 0;
    for (const ImageArea& area : map.areas) {
      if (area.image != image) continue;
      ASSERT_GE(area.offset, end);
      ASSERT_GT(area.length, 0U);
      end = area.offset + area.length;
      for (std::uint64_t at = area.offset / 512; area.offset % 512 == 0 && at < end / 512; ++at) {
        ASSERT_FALSE(seen[at]) << "an area over a volume, sector " << at;
      }
      mark(area.offset, area.length);
    }
    for (std::uint64_t at = 0; at < size / 512; ++at) ASSERT_TRUE(seen[at]) << "nobody has sector " << at;
  }

  std::vector<std::unique_ptr<BytesSource>> images_;
};

// A loop device for tools that take nothing else; detached with the object.
class Loop {
 public:
  explicit Loop(const std::string& file, const std::string& sector = "512") {
    const test::Ran ran = run({"losetup", "--find", "--show", "--sector-size", sector, file});
    if (ran.exit == 0) path_ = ran.out.substr(0, ran.out.find('\n'));
  }
  ~Loop() {
    if (good()) static_cast<void>(run({"losetup", "--detach", path_}));
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  [[nodiscard]] bool good() const { return !path_.empty(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

#define NEEDS_ROOT() \
  if (::geteuid() != 0) GTEST_SKIP() << "loop devices are for root"

test::Ran shell(const std::string& command) { return run({"sh", "-c", command}); }

class Volumes : public testing::Test {
 protected:
  [[nodiscard]] std::string image(std::uint64_t bytes, const std::string& name = "image") const {
    const std::string path = folder / name;
    std::string filling(bytes, '\0');  // so that nothing is right by being zero
    std::mt19937_64 random(bytes);
    for (std::size_t at = 0; at + 8 <= bytes; at += 8) {
      const std::uint64_t word = random();
      std::memcpy(filling.data() + at, &word, 8);
    }
    write_file(path, filling);
    overwrite(path, 0, std::string(kMiB, '\0'));
    overwrite(path, bytes - kMiB, std::string(kMiB, '\0'));
    return path;
  }
  static void sfdisk(const std::string& path, const std::string& script) {
    const test::Ran ran = shell("printf '" + script + "' | sfdisk --no-reread --no-tell-kernel '" + path + "'");
    ASSERT_EQ(ran.exit, 0) << ran.err;
  }
  // What we find is what `sfdisk --json` says, and its bytes are those of the image.
  static void expect_like_sfdisk(const Found& found, const std::string& path) {
    const std::string bytes = read_file(path);
    const nlohmann::json table = nlohmann::json::parse(run({"sfdisk", "--json", path}).out)["partitiontable"];
    const std::uint64_t sector = table.value("sectorsize", std::uint64_t{512});
    std::size_t at = 0;
    for (const nlohmann::json& part : table["partitions"]) {
      const std::string type = part["type"];
      if (type == "5" || type == "f" || type == "85") continue;
      const std::string node = part["node"];
      ASSERT_LT(at, found.map.volumes.size()) << node;
      const Volume& volume = found.map.volumes.at(at);
      EXPECT_EQ(found.locator(volume), "0:p" + node.substr(path.size() + (node[path.size()] == 'p' ? 1 : 0)));
      const std::uint64_t start = part["start"], size = part["size"];
      EXPECT_THAT(volume.pieces, ElementsAre(ambit::Run{0, start * sector, size * sector}));
      EXPECT_EQ(found.bytes(at), bytes.substr(start * sector, size * sector));
      ++at;
    }
    EXPECT_EQ(at, found.map.volumes.size());
  }

  TemporaryFolder folder;
};

// --- partition tables ------------------------------------------------------------------------------------------

TEST_F(Volumes, finds_primary_and_logical_partitions_as_linux_numbers_them) {
  const std::string path = image(16 * kMiB);
  sfdisk(
      path,
      "label: dos\\n1 : start=2048, size=4096, type=83\\n2 : start=8192, size=20000, type=5\\n"
      "5 : start=8256, size=2000, type=82\\n6 : start=12288, size=4096, type=83\\n7 : start=20480, size=100, type=7\\n"
      "4 : start=30000, type=8e\\n");
  const Found found({read_file(path)});
  expect_like_sfdisk(found, path);
  EXPECT_THAT(found.names(), ElementsAre("0:p1 Linux filesystem", "0:p4 Linux LVM", "0:p5 Linux swap",
                                         "0:p6 Linux filesystem", "0:p7 NTFS or exFAT"));
  // The sleuth kit finds the same tables.
  const std::string mmls = run({"mmls", path}).out;
  const std::vector<std::string> areas = found.areas();
  EXPECT_EQ(std::count_if(areas.begin(), areas.end(), [](const std::string& a) { return a.starts_with("metadata"); }),
            4);
  for (const std::string& area : areas) {
    if (!area.starts_with("metadata ")) continue;
    const std::string sector = std::string(10, '0') + area.substr(9, area.find(' ', 9) - 9);
    EXPECT_THAT(mmls, HasSubstr(sector.substr(sector.size() - 10)));
  }
  EXPECT_EQ(areas.front(), "metadata 0 1");
  EXPECT_EQ(areas[1], "gap 1 2047");
}

TEST_F(Volumes, finds_the_partitions_of_a_gpt) {
  const std::string path = image(16 * kMiB);
  ASSERT_EQ(run({"sgdisk", "-a", "1", "-n", "1:2048:4095", "-n", "5:4096:8191", "-n", "128:10000:12000", "-t", "1:ef00",
                 "-t", "5:8e00", "-t", "128:8200", path})
                .exit,
            0);
  const Found found({read_file(path)});
  expect_like_sfdisk(found, path);
  EXPECT_THAT(found.names(), ElementsAre("0:p1 EFI system", "0:p5 Linux LVM", "0:p128 Linux swap"));
  EXPECT_THAT(found.areas(),
              ElementsAre("metadata 0 34", "gap 34 2014", "gap 8192 1808", "gap 12001 20734", "metadata 32735 33"));
}

TEST_F(Volumes, finds_a_gpt_of_large_sectors) {
  NEEDS_ROOT();
  const std::string path = image(16 * kMiB);
  nlohmann::json table;
  {
    const Loop loop(path, "4096");
    if (!loop.good()) GTEST_SKIP() << "no loop device of large sectors";
    sfdisk(loop.path(), "label: gpt\\nstart=256, size=512\\nstart=1024, size=1024\\n");
    table = nlohmann::json::parse(run({"sfdisk", "--json", loop.path()}).out)["partitiontable"];
  }
  ASSERT_EQ(table["sectorsize"], 4096);
  const Found found({read_file(path)});
  ASSERT_EQ(found.map.volumes.size(), 2U);
  EXPECT_THAT(found.map.volumes.at(0).pieces, ElementsAre(ambit::Run{0, 256 * 4096, 512 * 4096}));
  EXPECT_THAT(found.map.volumes.at(1).pieces, ElementsAre(ambit::Run{0, 1024 * 4096, 1024 * 4096}));
}

TEST_F(Volumes, finds_an_mbr_of_large_sectors_by_what_lies_where_it_points) {
  NEEDS_ROOT();
  const std::string path = image(16 * kMiB);
  {
    const Loop loop(path, "4096");
    if (!loop.good()) GTEST_SKIP() << "no loop device of large sectors";
    sfdisk(loop.path(), "label: dos\\nstart=256, size=512\\nstart=1024, size=1024\\n");
  }
  ASSERT_EQ(run({"mkfs.ext4", "-q", "-F", "-E", "offset=" + std::to_string(1024 * 4096), path, "4096k"}).exit, 0);
  const Found found({read_file(path)});
  ASSERT_EQ(found.map.volumes.size(), 2U);
  EXPECT_THAT(found.map.volumes.at(1).pieces, ElementsAre(ambit::Run{0, 1024 * 4096, 1024 * 4096}));
}

TEST_F(Volumes, reads_the_other_copy_of_a_damaged_gpt) {
  const std::string path = image(16 * kMiB);
  ASSERT_EQ(run({"sgdisk", "-n", "1:2048:4095", "-n", "5:4096:8191", path}).exit, 0);
  const std::string good = read_file(path);
  const std::vector<std::string> names = Found({good}).names();
  struct Damage {
    std::size_t offset, length;
  };
  for (const Damage& damage : {Damage{512, 512}, Damage{0, 17 * 1024}, Damage{1024, 600}, Damage{512 + 72, 8},
                               Damage{good.size() - 512, 512}, Damage{good.size() - 16'896, 600}}) {
    std::string bytes = good;
    bytes.replace(damage.offset, damage.length, noise(damage.offset, damage.length));
    EXPECT_EQ(Found({bytes}).names(), names) << damage.offset;
  }
  // One byte of the entries: the copy whose checksum holds counts.
  std::string bytes = good;
  bytes[1024 + 33] = 'x';
  EXPECT_EQ(Found({bytes}).bytes(0), good.substr(2048 * 512, 2048 * 512));
  // An image that is longer than the disk was, and has no first copy.
  EXPECT_EQ(Found({good + std::string(kMiB, '\0')}).names(), names);
}

TEST_F(Volumes, does_not_take_the_boot_sector_of_a_file_system_for_a_table) {
  const std::vector<std::vector<std::string>> tools = {{"mkfs.fat", "-F", "12"}, {"mkfs.fat", "-F", "16", "-s", "1"},
                                                       {"mkfs.fat", "-F", "32"}, {"mkfs.ntfs", "-F", "-q", "-Q"},
                                                       {"mkfs.exfat"},           {"mkfs.ext4", "-q", "-F"}};
  for (std::vector<std::string> tool : tools) {
    const std::string path = folder / "whole";
    test::make_sparse(path, (tool.size() > 2 && tool[2] == "32" ? 36 : 8) * kMiB);
    tool.push_back(path);
    ASSERT_EQ(run(tool).exit, 0) << tool[0];
    const std::string bytes = read_file(path);
    const Found found({bytes});
    EXPECT_THAT(found.names(), ElementsAre("0 whole image")) << tool[0];
    EXPECT_THAT(found.areas(), IsEmpty());
    EXPECT_EQ(found.bytes(0), bytes);
  }
}

TEST_F(Volumes, believes_who_wrote_the_first_sector_last) {
  const std::string path = image(16 * kMiB);
  ASSERT_EQ(run({"mkfs.ext4", "-q", "-F", path}).exit, 0);
  EXPECT_THAT(Found({read_file(path)}).names(), ElementsAre("0 whole image"));
  sfdisk(path, "label: dos\\nstart=2048, size=4096\\n");
  EXPECT_THAT(Found({read_file(path)}).names(), ElementsAre("0:p1 Linux filesystem"));
  ASSERT_EQ(run({"mkfs.ext4", "-q", "-F", path}).exit, 0);
  EXPECT_THAT(Found({read_file(path)}).names(), ElementsAre("0 whole image"));
}

TEST_F(Volumes, of_a_disc_that_boots_from_a_stick_are_one) {
  const std::string path = folder / "disc";
  write_file(folder / "files/a.txt", "hello");
  ASSERT_EQ(run({"genisoimage", "-quiet", "-R", "-o", path, folder / "files"}).exit, 0);
  test::Ran grow = run({"truncate", "--size=8M", path});
  ASSERT_EQ(grow.exit, 0);
  sfdisk(path, "label: dos\\nstart=64, size=4096, type=17\\n");
  EXPECT_THAT(Found({read_file(path)}).names(), ElementsAre("0 whole image"));
  sfdisk(path, "label: dos\\nstart=2048, size=4096\\n");  // a stick that was a disc once
  EXPECT_THAT(Found({read_file(path)}).names(), ElementsAre("0:p1 Linux filesystem"));
}

TEST_F(Volumes, survive_a_chain_that_bites_its_tail) {
  const std::string path = image(8 * kMiB);
  sfdisk(path, "label: dos\\n1 : start=2048, size=10000, type=5\\n5 : size=1000\\n6 : size=1000\\n");
  std::string bytes = read_file(path);
  const Found before({bytes});
  ASSERT_EQ(before.map.volumes.size(), 2U);
  // The second sector of the chain points to itself, to the first, beyond the image, and to the end of numbers.
  std::size_t second = 0;
  for (const ImageArea& area : before.map.areas) {
    if (area.kind == Kind::metadata) second = area.offset;
  }
  for (const std::uint32_t next : {static_cast<std::uint32_t>(second / 512 - 2048), 0U, 1U, 7'000'000U, 0xFFFFFFFFU}) {
    std::string entry(16, '\0');
    entry[4] = 5;
    std::memcpy(entry.data() + 8, &next, 4);
    std::memset(entry.data() + 12, 0x7F, 4);
    bytes.replace(second + 446 + 16, 16, entry);
    const Found found({bytes});
    EXPECT_EQ(found.names()[0], "0:p5 Linux filesystem");
    EXPECT_GE(found.map.volumes.size(), 2U);
  }
}

TEST_F(Volumes, beyond_the_end_are_cut_or_damaged) {
  const std::string path = image(16 * kMiB);
  sfdisk(path, "label: dos\\nstart=2048, size=8192\\nstart=10240, size=8192\\nstart=20480, size=8192\\n");
  const std::string bytes = read_file(path).substr(0, 12'000 * 512);
  const Found found({bytes});
  EXPECT_THAT(found.names(),
              ElementsAre("0:p1 Linux filesystem", "0:p2 Linux filesystem", "0:p3 Linux filesystem (damaged)"));
  EXPECT_EQ(found.map.volumes.at(1).size, 1760 * 512U);
  EXPECT_EQ(found.bytes(1), bytes.substr(10'240 * 512));
  EXPECT_THAT(found.map.volumes.at(2).pieces, IsEmpty());
  EXPECT_EQ(found.map.volumes.at(0).missing, 0U);
  EXPECT_GT(found.map.volumes.at(1).missing, 0U);
}

TEST_F(Volumes, that_a_chain_or_a_gpt_has_beyond_the_end_are_told) {
  const std::string path = image(16 * kMiB);
  sfdisk(path, "label: dos\\n1 : start=2048, size=30000, type=5\\n5 : size=2000\\n6 : start=20480, size=1000\\n");
  EXPECT_THAT(Found({read_file(path).substr(0, 12'000 * 512)}).names(),
              ElementsAre("0:p5 Linux filesystem", "0:p6 logical partition (damaged)"));
  ASSERT_EQ(run({"sgdisk", "-Z", path}).exit, 0);
  ASSERT_EQ(run({"sgdisk", "-n", "1:2048:4095", path}).exit, 0);
  const std::string bytes = read_file(path);
  EXPECT_THAT(Found({bytes}).names(), ElementsAre("0:p1 Linux filesystem"));
  EXPECT_THAT(Found({bytes.substr(0, 12'000 * 512)}).names(),
              ElementsAre("0 end of the disk (damaged)", "0:p1 Linux filesystem"));
}

TEST_F(Volumes, that_overlap_are_both_kept) {
  std::string bytes(4 * kMiB, 'x');
  const auto entry = [&](std::size_t number, std::uint32_t start, std::uint32_t size) {
    std::string text(16, '\0');
    text[4] = '\x83';
    std::memcpy(text.data() + 8, &start, 4);
    std::memcpy(text.data() + 12, &size, 4);
    bytes.replace(446 + 16 * number, 16, text);
  };
  entry(0, 100, 1000);
  entry(1, 500, 1000);
  entry(2, 600, 100);
  entry(3, 0, 8);
  bytes.replace(510, 2, "\x55\xAA");
  const Found found({bytes});
  EXPECT_THAT(found.names(), ElementsAre("0:p1 Linux filesystem", "0:p2 Linux filesystem", "0:p3 Linux filesystem",
                                         "0:p4 Linux filesystem (damaged)"));
}

TEST_F(Volumes, of_a_bsd_label_are_found_alone_and_in_a_partition) {
  const std::string inner = folder / "bsd";
  test::make_sparse(inner, 8 * kMiB);
  ASSERT_EQ(run({"parted", "-s", inner, "mklabel", "bsd", "mkpart", "ext2", "2048s", "4095s", "mkpart", "ext2", "6144s",
                 "10239s"})
                .exit,
            0);
  const Found alone({read_file(inner)});
  EXPECT_THAT(alone.names(), ElementsAre("0:p1 FAT", "0:p2 FAT"));
  EXPECT_THAT(alone.map.volumes.at(1).pieces, ElementsAre(ambit::Run{0, 6144 * 512, 4096 * 512}));

  // As NetBSD counts: from the beginning of the disk.
  const std::string path = image(16 * kMiB);
  sfdisk(path, "label: dos\\nstart=2048, size=2048\\nstart=8192, size=16384, type=a5\\n");
  const test::Ran ran = shell(
      "printf 'b\\ny\\nn\\na\\n8208\\n+1M\\nn\\nb\\n12000\\n+2M\\nt\\na\\n7\\nt\\nb\\n1\\nw\\nw\\n' | fdisk " + path);
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const Found nested({read_file(path)});
  EXPECT_THAT(nested.names(), ElementsAre("0:p1 Linux filesystem", "0:p2:p1 BSD FFS", "0:p2:p2 BSD swap"));
  EXPECT_THAT(nested.map.volumes.at(1).pieces, ElementsAre(ambit::Run{0, 8208 * 512, 2049 * 512}));
  EXPECT_THAT(nested.map.volumes.at(2).pieces, ElementsAre(ambit::Run{0, 12'000 * 512, 4097 * 512}));
  // As FreeBSD does: from that of the partition, and c is the partition.
  std::string bytes = read_file(path);
  const std::size_t label = 8192 * 512 + 512;
  put(bytes, label + 148 + 4, std::uint32_t{16});
  put(bytes, label + 148 + 16 + 4, std::uint32_t{12'000});  // not before the partition, all the same
  put(bytes, label + 148 + 32 + 4, std::uint32_t{0});
  put(bytes, label + 148 + 48, std::uint32_t{0});
  const Found slice({bytes});
  EXPECT_THAT(slice.map.volumes.at(1).pieces, ElementsAre(ambit::Run{0, 8208 * 512, 2049 * 512}));
  EXPECT_THAT(slice.map.volumes.at(2).pieces, ElementsAre(ambit::Run{0, 20'192 * 512, 4097 * 512}));
}

TEST_F(Volumes, of_an_apple_map_are_found) {
  const std::string path = folder / "mac";
  test::make_sparse(path, 16 * kMiB);
  ASSERT_EQ(run({"parted", "-s", path, "mklabel", "mac", "mkpart", "a", "hfs", "2048s", "4095s", "mkpart", "b", "6144s",
                 "10239s"})
                .exit,
            0);
  const Found found({read_file(path)});
  EXPECT_THAT(found.names(), ElementsAre("0:p2 Apple HFS", "0:p3 Linux filesystem"));
  EXPECT_THAT(found.map.volumes.at(1).pieces, ElementsAre(ambit::Run{0, 6144 * 512, 4096 * 512}));
  EXPECT_EQ(found.areas()[0], "metadata 0 64");
}

TEST_F(Volumes, in_which_nothing_is_recognised_are_the_whole_image) {
  EXPECT_THAT(Found({noise(1, 4 * kMiB)}).names(), ElementsAre("0 whole image"));
  EXPECT_THAT(Found({std::string(100'000, '\0')}).names(), ElementsAre("0 whole image"));
  EXPECT_THAT(Found({"x"}).names(), ElementsAre("0 whole image"));
  EXPECT_THAT(Found({""}).names(), IsEmpty());
  EXPECT_THAT(Found({noise(1, 5000), noise(2, 600)}).names(), ElementsAre("0 whole image", "1 whole image"));
}

TEST_F(Volumes, that_are_swap_or_bitlocker_or_zfs_are_named) {
  const std::string swap = folder / "swap";
  test::make_sparse(swap, 2 * kMiB);
  ASSERT_EQ(run({"mkswap", swap}).exit, 0);
  EXPECT_THAT(Found({read_file(swap)}).names(), ElementsAre("0 whole image: Linux swap"));
  std::string locked = noise(3, 2 * kMiB);
  locked.replace(3, 8, "-FVE-FS-");
  EXPECT_THAT(Found({locked}).names(), ElementsAre("0 BitLocker encrypted volume (encrypted)"));
  std::string pool(2 * kMiB, '\0');
  pool.replace(128 * 1024 + 7 * 1024, 4, std::string("\x0c\xb1\xba\x00", 4));
  EXPECT_THAT(Found({pool}).names(), ElementsAre("0 ZFS member (unsupported)"));
}

// --- logical volumes -------------------------------------------------------------------------------------------

// Two disks of 16 MiB in one group, the second in a partition of an image.
class LogicalVolumes : public Volumes {
 protected:
  void SetUp() override {
    NEEDS_ROOT();
    one = image(16 * kMiB, "one");
    two = image(16 * kMiB, "two");
    a = std::make_unique<Loop>(one);
    b = std::make_unique<Loop>(two);
    if (!a->good() || !b->good()) GTEST_SKIP() << "no loop device";
    lvm("pvcreate " + a->path() + " " + b->path());
    lvm("vgcreate -s 1M vg0 " + a->path() + " " + b->path());
  }
  std::string command(const std::string& text) const {
    const std::string settings = "devices{use_devicesfile=0 obtain_device_list_from_udev=0 filter=[\"a|^" + a->path() +
                                 "$|\",\"a|^" + b->path() +
                                 "$|\",\"r|.*|\"]} activation{udev_sync=0 udev_rules=0} "
                                 "backup{backup=0 archive=0}";
    const std::size_t blank = text.find(' ');
    return "LVM_SUPPRESS_FD_WARNINGS=1 LVM_SYSTEM_DIR=" + (folder / "lvm") + " " + text.substr(0, blank) +
           " --driverloaded n --config '" + settings + "'" + text.substr(blank);
  }
  void lvm(const std::string& text) const {
    const test::Ran ran = shell(command(text));
    ASSERT_EQ(ran.exit, 0) << text << "\n" << ran.err;
  }
  void create(const std::string& name, const std::string& how) const {
    lvm("lvcreate --zero n -Wn -an -n " + name + " " + how);
  }
  // LVM's own text of the group, with volumes added that only a device mapper could make; LVM checks and writes it.
  void add_to_text(const std::string& volumes) const {
    const std::string file = folder / "text";
    lvm("vgcfgbackup -f " + file + " vg0");
    std::string text = read_file(file);
    const std::size_t at = text.find("logical_volumes {");
    ASSERT_NE(at, std::string::npos);
    write_file(file, text.insert(at + 17, volumes));
    lvm("vgcfgrestore --force -f " + file + " vg0");
  }

  // The bytes of a logical volume by what LVM itself says of its segments: "/dev/loop0:0-2 /dev/loop1:0-2".
  [[nodiscard]] std::string by_lvm(const std::string& name) const {
    const test::Ran ran =
        shell(command("lvs --noheadings --nosuffix --units b --segments --separator , -o "
                      "lv_name,stripe_size,seg_pe_ranges vg0"));
    EXPECT_EQ(ran.exit, 0) << ran.err;
    const std::string first = read_file(one), second = read_file(two);
    std::string bytes;
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) {
      line.erase(0, line.find_first_not_of(' '));
      if (!line.starts_with(name + ",")) continue;
      const std::uint64_t stripe = std::stoull(line.substr(name.size() + 1));
      std::vector<std::string> stripes;
      std::istringstream ranges(line.substr(line.rfind(',') + 1));
      for (std::string range; ranges >> range;) {
        const std::size_t colon = range.find(':'), dash = range.find('-');
        const std::uint64_t begin = std::stoull(range.substr(colon + 1)), end = std::stoull(range.substr(dash + 1)) + 1;
        const std::string& disk = range.substr(0, colon) == a->path() ? first : second;
        stripes.push_back(disk.substr((1 + begin) * kMiB, (end - begin) * kMiB));
      }
      if (stripes.size() == 1) bytes += stripes.at(0);
      for (std::size_t at = 0; stripes.size() > 1 && at < stripes.at(0).size(); at += stripe) {
        for (const std::string& part : stripes) bytes += part.substr(at, stripe);
      }
    }
    return bytes;
  }

  std::string one, two;
  std::unique_ptr<Loop> a, b;
};

TEST_F(LogicalVolumes, that_lie_straight_are_pieces_of_their_image) {
  create("home", "-l 3 vg0 " + a->path());
  create("root", "-l 2 vg0 " + a->path());
  lvm("lvresize -fn -l +2 vg0/home " + a->path());
  const Found found({read_file(one), read_file(two)});
  EXPECT_THAT(found.names(), ElementsAre("0:vg0/home LVM2 logical volume", "0:vg0/root LVM2 logical volume"));
  EXPECT_EQ(found.map.volumes.at(0).pieces.size(), 2U);
  EXPECT_EQ(found.bytes(0), by_lvm("home"));
  EXPECT_EQ(found.bytes(1), by_lvm("root"));
  EXPECT_EQ(found.map.volumes.at(0).size, 5 * kMiB);
  EXPECT_THAT(found.areas(0), ElementsAre("metadata 0 2", "gap 2 6", "metadata 8 2040", "unallocated 16384 16384"));
  EXPECT_THAT(found.areas(1), ElementsAre("metadata 0 2", "gap 2 6", "metadata 8 2040", "unallocated 2048 30720"));
}

TEST_F(LogicalVolumes, in_stripes_or_over_several_images_are_read_through) {
  create("striped", "-l 4 -i 2 -I 64k vg0");
  create("long", "-l 20 vg0");
  const Found found({read_file(one), read_file(two)});
  EXPECT_THAT(found.names(), ElementsAre("0:vg0/long LVM2 logical volume", "0:vg0/striped LVM2 logical volume"));
  EXPECT_EQ(found.bytes(0), by_lvm("long"));
  const std::string expected = by_lvm("striped");
  ASSERT_EQ(expected.size(), 4 * kMiB);
  EXPECT_EQ(found.bytes(1), expected);
  std::uint64_t mapped = 0;
  for (const MappedRange& range : found.map.mapped) mapped += range.length;
  EXPECT_EQ(mapped, 24 * kMiB);
  // In pieces of any size, the bytes are the same.
  const std::shared_ptr<const ByteSource> device = found.map.volumes.at(1).device;
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    std::string some(random() % 200'000, '\0');
    const std::uint64_t at = random() % expected.size();
    const Result<std::size_t> got = device->read_at(at, std::as_writable_bytes(std::span(some)));
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(*got, std::min<std::uint64_t>(some.size(), expected.size() - at));
    EXPECT_EQ(some.substr(0, *got), expected.substr(at, *got));
    const DataRun data = device->run_at(at);
    EXPECT_EQ(data.offset, at);
    EXPECT_GT(data.length, 0U);
  }
}

TEST_F(LogicalVolumes, in_a_partition_have_the_partition_in_their_locators) {
  create("home", "-l 3 vg0 " + a->path());
  create("both", "-l 20 vg0");
  const std::string path = image(32 * kMiB);
  sfdisk(path, "label: gpt\\nstart=2048, size=2048\\nstart=8192, size=32768, type=lvm\\n");
  overwrite(path, 8192 * 512, read_file(one));
  const Found found({read_file(two), read_file(path)});
  EXPECT_THAT(found.names(), ElementsAre("0:vg0/both LVM2 logical volume", "1:p1 Linux filesystem",
                                         "1:p2:vg0/home LVM2 logical volume"));
  EXPECT_EQ(found.bytes(0), by_lvm("both"));
  EXPECT_EQ(found.bytes(2), by_lvm("home"));
}

TEST_F(LogicalVolumes, whose_disk_is_missing_are_damaged) {
  create("home", "-l 3 vg0 " + a->path());
  create("away", "-l 3 vg0 " + b->path());
  create("both", "-l 20 vg0");
  const Found found({read_file(one)});
  EXPECT_THAT(found.names(), ElementsAre("0:vg0/away LVM2 logical volume (damaged)",
                                         "0:vg0/both LVM2 logical volume (damaged)", "0:vg0/home LVM2 logical volume"));
  EXPECT_EQ(found.bytes(2), by_lvm("home"));
  EXPECT_EQ(found.bytes(1), std::nullopt);
  EXPECT_EQ(found.map.volumes.at(0).pieces.size(), 0U);
  EXPECT_EQ(found.map.volumes.at(1).pieces.size(), 1U);
}

TEST_F(LogicalVolumes, that_are_there_twice_are_told_apart) {
  create("home", "-l 3 vg0 " + a->path());
  create("both", "-l 20 vg0");
  const std::string path = image(48 * kMiB);
  sfdisk(path, "label: gpt\\nstart=2048, size=32768\\nstart=40960, size=32768\\n");
  overwrite(path, 2048 * 512, read_file(one));
  overwrite(path, 40'960 * 512, read_file(one));
  const Found found({read_file(path), read_file(two)});
  EXPECT_THAT(found.names(),
              ElementsAre("0:p1:vg0/home LVM2 logical volume", "0:p2:vg0/both LVM2 logical volume (damaged)",
                          "0:p2:vg0/home LVM2 logical volume", "0:vg0/both LVM2 logical volume"));
}

// As LVM writes them: a thin pool with a volume, a mirror, a snapshot, a cache.
constexpr std::string_view kThin = R"(
 pool { id = "pool00-0000-0000-0000-0000-0000-000000" status = ["READ","WRITE","VISIBLE"] flags = [] segment_count = 1
  segment1 { start_extent = 0 extent_count = 2 type = "thin-pool" metadata = "pool_tmeta" pool = "pool_tdata"
   transaction_id = 1 chunk_size = 128 discards = "passdown" zero_new_blocks = 1 } }
 thin { id = "thin00-0000-0000-0000-0000-0000-000000" status = ["READ","WRITE","VISIBLE"] flags = [] segment_count = 1
  segment1 { start_extent = 0 extent_count = 100 type = "thin" thin_pool = "pool" transaction_id = 0 device_id = 1 } }
 pool_tmeta { id = "tmeta0-0000-0000-0000-0000-0000-000000" status = ["READ","WRITE"] flags = [] segment_count = 1
  segment1 { start_extent = 0 extent_count = 1 type = "striped" stripe_count = 1 stripes = [ "pv0", 8 ] } }
 pool_tdata { id = "tdata0-0000-0000-0000-0000-0000-000000" status = ["READ","WRITE"] flags = [] segment_count = 1
  segment1 { start_extent = 0 extent_count = 2 type = "striped" stripe_count = 1 stripes = [ "pv0", 9 ] } }
)";
constexpr std::string_view kMirror = R"(
 safe { id = "safe00-0000-0000-0000-0000-0000-000000" status = ["READ","WRITE","VISIBLE"] flags = [] segment_count = 1
  segment1 { start_extent = 0 extent_count = 1 type = "raid1" device_count = 2 region_size = 1024
   raids = [ "safe_rmeta_0", "safe_rimage_0", "safe_rmeta_1", "safe_rimage_1" ] } }
 safe_rmeta_0 { id = "rmeta0-0000-0000-0000-0000-0000-000000" status = ["READ","WRITE"] flags = [] segment_count = 1
  segment1 { start_extent = 0 extent_count = 1 type = "striped" stripe_count = 1 stripes = [ "pv0", 11 ] } }
 safe_rimage_0 { id = "rimag0-0000-0000-0000-0000-0000-000000" status = ["READ","WRITE"] flags = [] segment_count = 1
  segment1 { start_extent = 0 extent_count = 1 type = "striped" stripe_count = 1 stripes = [ "pv0", 12 ] } }
 safe_rmeta_1 { id = "rmeta1-0000-0000-0000-0000-0000-000000" status = ["READ","WRITE"] flags = [] segment_count = 1
  segment1 { start_extent = 0 extent_count = 1 type = "striped" stripe_count = 1 stripes = [ "pv1", 11 ] } }
 safe_rimage_1 { id = "rimag1-0000-0000-0000-0000-0000-000000" status = ["READ","WRITE"] flags = [] segment_count = 1
  segment1 { start_extent = 0 extent_count = 1 type = "striped" stripe_count = 1 stripes = [ "pv1", 12 ] } }
)";
constexpr std::string_view kSnapshot = R"(
 snap { id = "snap00-0000-0000-0000-0000-0000-000000" status = ["READ","WRITE","VISIBLE"] flags = [] segment_count = 1
  segment1 { start_extent = 0 extent_count = 1 type = "striped" stripe_count = 1 stripes = [ "pv0", 13 ] } }
 snapshot0 { id = "sshot0-0000-0000-0000-0000-0000-000000" status = ["READ","WRITE"] flags = [] segment_count = 1
  segment1 { start_extent = 0 extent_count = 1 type = "snapshot" chunk_size = 8 origin = "home" cow_store = "snap" } }
)";

TEST_F(LogicalVolumes, that_only_linux_assembles_are_named) {
  create("home", "-l 3 vg0 " + a->path());
  add_to_text(std::string(kThin) + std::string(kMirror) + std::string(kSnapshot));
  const Found found({read_file(one), read_file(two)});
  EXPECT_THAT(
      found.names(),
      ElementsAre("0:vg0/home LVM2 logical volume", "0:vg0/pool LVM2 thin-pool volume (unsupported)",
                  "0:vg0/pool_tdata LVM2 thin pool's data (unsupported)",
                  "0:vg0/pool_tmeta LVM2 thin pool's metadata (unsupported)",
                  "0:vg0/safe_rimage_0 image of an LVM2 raid1 volume",
                  "0:vg0/safe_rmeta_0 LVM2 raid1 metadata (unsupported)", "0:vg0/snap LVM2 snapshot (unsupported)",
                  "0:vg0/thin LVM2 thin volume (unsupported)", "1:vg0/safe_rimage_1 image of an LVM2 raid1 volume",
                  "1:vg0/safe_rmeta_1 LVM2 raid1 metadata (unsupported)"));
  EXPECT_EQ(found.bytes(4), read_file(one).substr(13 * kMiB, kMiB));
  EXPECT_EQ(found.bytes(8), read_file(two).substr(13 * kMiB, kMiB));
  EXPECT_EQ(found.bytes(2), read_file(one).substr(10 * kMiB, 2 * kMiB));
}

TEST_F(LogicalVolumes, hold_partition_tables_and_file_systems) {
  create("guest", "-l 8 vg0 " + a->path());
  const std::string guest = image(8 * kMiB, "guest");
  sfdisk(guest, "label: dos\\nstart=2048, size=4096\\nstart=8192, size=4096, type=82\\n");
  overwrite(one, kMiB, read_file(guest));
  const Found found({read_file(one), read_file(two)});
  EXPECT_THAT(found.names(), ElementsAre("0:vg0/guest:p1 Linux filesystem", "0:vg0/guest:p2 Linux swap"));
  EXPECT_EQ(found.bytes(0), read_file(guest).substr(2048 * 512, 4096 * 512));
}

// --- encrypted volumes -----------------------------------------------------------------------------------------

struct LuksCase {
  std::string options;
  const EVP_CIPHER* cipher;
  std::size_t key_bytes;
  std::size_t sector = 512;
};

// A LUKS volume of 24 MiB with known bytes in it. The sectors are encrypted here; that they are what Linux would write
// is held against qemu-img below.
std::string make_luks(const std::string& path, const LuksCase& how, const std::string& secret,
                      const std::string& plain) {
  const std::string key = noise(99, how.key_bytes);
  write_file(path + ".key", key);
  write_file(path + ".secret", secret);
  test::make_sparse(path, 24 * kMiB);
  const test::Ran ran =
      shell("cryptsetup luksFormat -q --use-urandom --volume-key-file " + path + ".key -s " +
            std::to_string(how.key_bytes * 8) + " " + how.options + " " + path + " " + path + ".secret");
  EXPECT_EQ(ran.exit, 0) << ran.err;
  const std::string dump = run({"cryptsetup", "luksDump", path}).out;
  const bool first = dump.find("Version:       \t1") != std::string::npos;
  const std::size_t mark = first ? dump.find("Payload offset:") : dump.find("offset:");
  const std::uint64_t offset = std::stoull(dump.substr(dump.find(':', mark) + 1)) * (first ? 512 : 1);
  std::string sealed = plain;
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
  EVP_EncryptInit_ex(context, how.cipher, nullptr, bytes, nullptr);
  EVP_CIPHER_CTX_set_padding(context, 0);
  for (std::size_t at = 0; at < plain.size(); at += how.sector) {
    std::array<unsigned char, 16> iv{};
    const std::uint64_t number = at / 512;
    std::memcpy(iv.data(), &number, 8);
    int written = 0;
    EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, iv.data());
    EVP_EncryptUpdate(context, reinterpret_cast<unsigned char*>(sealed.data() + at), &written,
                      reinterpret_cast<const unsigned char*>(plain.data() + at), static_cast<int>(how.sector));
  }
  EVP_CIPHER_CTX_free(context);
  overwrite(path, offset, sealed);
  return read_file(path);
}

TEST_F(Volumes, that_are_encrypted_are_opened_by_a_key) {
  const std::string plain = noise(7, 2 * kMiB);
  const std::vector<LuksCase> cases = {
      {"--type luks1 --pbkdf-force-iterations 1000 -c aes-xts-plain64", EVP_aes_256_xts(), 64},
      {"--type luks1 --pbkdf-force-iterations 1000 -c aes-xts-plain64 -h sha512", EVP_aes_128_xts(), 32},
      {"--type luks1 --pbkdf-force-iterations 1000 -c aes-cbc-plain64 -h sha1", EVP_aes_256_cbc(), 32},
      {"--type luks2 -c aes-xts-plain64 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --sector-size 512",
       EVP_aes_256_xts(), 64},
      {"--type luks2 -c aes-xts-plain64 --pbkdf argon2id --pbkdf-memory 1024 --pbkdf-force-iterations 4 --sector-size "
       "4096",
       EVP_aes_256_xts(), 64, 4096}};
  for (const LuksCase& how : cases) {
    const std::string secret = how.key_bytes == 64 ? "secret" : std::string("\x00\xffkey\n", 6);
    const std::string bytes = make_luks(folder / "luks", how, secret, plain);
    const std::string name = how.options.find("luks1") != std::string::npos ? "LUKS1" : "LUKS2";
    for (const std::vector<std::string>& keys : {std::vector<std::string>{}, {"wrong", "wronger"}}) {
      const Found locked({bytes}, keys);
      EXPECT_THAT(locked.names(), ElementsAre("0 " + name + " encrypted volume (encrypted)"));
      EXPECT_THAT(locked.areas(), IsEmpty());
    }
    const Found found({bytes}, {"wrong", secret});
    ASSERT_THAT(found.names(), ElementsAre("0 " + name + " encrypted volume, opened")) << how.options;
    const std::optional<std::string> opened = found.bytes(0);
    ASSERT_TRUE(opened);
    EXPECT_TRUE(opened->starts_with(plain)) << how.options;
    ASSERT_EQ(found.map.mapped.size(), 1U);
    EXPECT_EQ(found.map.mapped[0].length, found.map.volumes.at(0).size);
    EXPECT_EQ(found.map.mapped[0].offset + found.map.mapped[0].length, bytes.size());
  }
}

TEST_F(Volumes, that_qemu_encrypted_are_opened) {
  const std::string plain = noise(8, 4 * kMiB);
  write_file(folder / "plain", plain);
  const struct {
    std::string options;
  } cases[] = {{"cipher-mode=xts,ivgen-alg=plain64"},
               {"cipher-mode=cbc,ivgen-alg=essiv,ivgen-hash-alg=sha256"},
               {"cipher-alg=aes-128,cipher-mode=cbc,ivgen-alg=plain64"}};
  for (const auto& c : cases) {
    const test::Ran ran =
        test::qemu_img({"convert", "-f", "raw", "-O", "luks", "--object", "secret,id=k,data=sesame", "-o",
                        "key-secret=k,iter-time=10," + c.options, folder / "plain", folder / "luks"});
    ASSERT_EQ(ran.exit, 0) << ran.err;
    const Found found({read_file(folder / "luks")}, {"sesame"});
    ASSERT_THAT(found.names(), ElementsAre("0 LUKS1 encrypted volume, opened")) << c.options;
    EXPECT_EQ(found.bytes(0), plain) << c.options;
    // At any place, of any length.
    std::mt19937_64 random(2);
    for (int i = 0; i < 100; ++i) {
      std::string some(random() % 70'000, '\0');
      const std::uint64_t at = random() % plain.size();
      const Result<std::size_t> got =
          found.map.volumes.at(0).device->read_at(at, std::as_writable_bytes(std::span(some)));
      ASSERT_TRUE(got.ok());
      EXPECT_EQ(some.substr(0, *got), plain.substr(at, some.size()));
    }
  }
}

TEST_F(LogicalVolumes, in_an_encrypted_partition_are_found) {
  create("home", "-l 3 vg0 " + a->path());
  const std::string group = read_file(one);
  const std::string luks =
      make_luks(folder / "luks",
                {"--type luks2 -c aes-xts-plain64 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --sector-size 512 "
                 "--offset 8192 --luks2-keyslots-size 2m",
                 EVP_aes_256_xts(), 64},
                "secret", group);
  const std::string path = image(32 * kMiB);
  sfdisk(path, "label: gpt\\nstart=2048, size=49152\\n");
  overwrite(path, kMiB, luks);
  const Found found({read_file(path), read_file(two)}, {"secret"});
  EXPECT_THAT(found.names(), ElementsAre("0:p1 LUKS2 encrypted volume, opened", "0:p1:vg0/home LVM2 logical volume"));
  EXPECT_EQ(found.bytes(1), group.substr(kMiB, 3 * kMiB));
  EXPECT_THAT(found.map.volumes.at(0).inner, ElementsAre(ByteRange{kMiB, 3 * kMiB}));
  ASSERT_EQ(found.map.mapped.size(), 1U);
  EXPECT_EQ(found.map.mapped[0].volume, 0U);
}

TEST_F(Volumes, whose_header_asks_for_too_much_work_stay_closed) {
  std::string bytes =
      make_luks(folder / "luks",
                {"--type luks1 --pbkdf-force-iterations 1000 -c aes-xts-plain64", EVP_aes_256_xts(), 64}, "secret", "");
  ASSERT_THAT(Found({bytes}, {"secret"}).names(), ElementsAre("0 LUKS1 encrypted volume, opened"));
  for (const std::size_t rounds : {std::size_t{164}, std::size_t{208 + 4}}) {  // of the digest, of a slot
    std::string hostile = bytes;
    hostile.replace(rounds, 4, "\xff\xff\xff\xff");
    EXPECT_THAT(Found({hostile}, {"secret"}).names(), ElementsAre("0 LUKS1 encrypted volume (encrypted)"));
  }
}

// --- Linux RAID ------------------------------------------------------------------------------------------------

// A superblock as the kernel's md_p.h describes it, with two devices.
std::string raid_superblock(std::int32_t level, std::uint64_t super, std::uint64_t data, std::uint64_t sectors) {
  std::string block(4096, '\0');
  put(block, 0, std::uint32_t{0xA92B4EFC});
  put(block, 4, std::uint32_t{1});
  block.replace(16, 16, noise(1, 16));
  block.replace(32, 6, "host:0");
  put(block, 64, std::uint64_t{1'600'000'000});
  put(block, 72, level);
  put(block, 80, sectors);
  put(block, 92, std::uint32_t{2});
  put(block, 128, data);
  put(block, 136, sectors);
  put(block, 144, super);
  block.replace(168, 16, noise(2, 16));
  put(block, 192, std::uint64_t{1'600'000'000});
  put(block, 200, std::uint64_t{17});
  put(block, 220, std::uint32_t{128});
  put(block, 258, std::uint16_t{1});
  std::uint64_t total = 0;
  for (std::size_t at = 0; at < 256 + 256; at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, block.data() + at, 4);
    total += word;
  }
  put(block, 216, static_cast<std::uint32_t>(total) + static_cast<std::uint32_t>(total >> 32));
  return block;
}

TEST_F(Volumes, of_a_linux_mirror_are_read_from_each_half) {
  const std::uint64_t sectors = 8 * kMiB / 512;
  struct Case {
    std::string version;
    std::uint64_t super, data;
  };
  for (const Case& c : {Case{"1.0", sectors - 16, 0}, Case{"1.1", 0, 2048}, Case{"1.2", 8, 2048}}) {
    const std::string path = image(8 * kMiB);
    const std::uint64_t length = (c.super == sectors - 16 ? c.super : sectors) - c.data - 100;
    overwrite(path, c.super * 512, raid_superblock(1, c.super, c.data, length));
    const std::string bytes = read_file(path);
    if (::geteuid() == 0) {  // mdadm takes it for one of its own
      const Loop loop(path);
      const std::string told = run({"mdadm", "--examine", loop.path()}).out;
      EXPECT_THAT(told, HasSubstr("Version : " + c.version));
      EXPECT_THAT(told, HasSubstr("Raid Level : raid1"));
      EXPECT_THAT(told, HasSubstr(" - correct"));
    }
    const Found found({bytes});
    EXPECT_THAT(found.names(), ElementsAre("0 Linux RAID1 member")) << c.version;
    EXPECT_EQ(found.bytes(0), bytes.substr(c.data * 512, length * 512));

    std::string five = bytes;
    five.replace(c.super * 512, 4096, raid_superblock(5, c.super, c.data, length));
    EXPECT_THAT(Found({five}).names(), ElementsAre("0 Linux RAID5 member (unsupported)")) << c.version;
    std::string wrong = bytes;
    wrong[c.super * 512 + 100] ^= 1;  // the checksum does not hold
    EXPECT_THAT(Found({wrong}).names(), ElementsAre("0 whole image")) << c.version;
  }
}

TEST_F(Volumes, of_an_old_linux_mirror_are_told_from_those_of_a_partition_at_the_end) {
  const auto old_superblock = [](std::int32_t level, std::uint32_t kib) {
    std::string block(4096, '\0');
    put(block, 0, std::uint32_t{0xA92B4EFC});
    put(block, 8, std::uint32_t{90});
    put(block, 28, level);
    put(block, 32, kib);
    put(block, 40, std::uint32_t{2});
    std::uint64_t total = 0;
    for (std::size_t at = 0; at < 4096; at += 4) {
      std::uint32_t word = 0;
      std::memcpy(&word, block.data() + at, 4);
      total += word;
    }
    put(block, 152, static_cast<std::uint32_t>(total) + static_cast<std::uint32_t>(total >> 32));
    return block;
  };
  const std::string path = image(8 * kMiB);
  overwrite(path, 8 * kMiB - 65'536, old_superblock(1, 8 * 1024 - 64));
  EXPECT_THAT(Found({read_file(path)}).names(), ElementsAre("0 Linux RAID1 member"));
  sfdisk(path, "label: dos\\nstart=2048, type=fd\\n");
  overwrite(path, 8 * kMiB - 65'536, old_superblock(1, 7 * 1024 - 64));
  const Found found({read_file(path)});
  EXPECT_THAT(found.names(), ElementsAre("0:p1 Linux RAID1 member"));
  EXPECT_THAT(found.map.volumes.at(0).pieces, ElementsAre(ambit::Run{0, kMiB, 7 * kMiB - 65'536}));
}

TEST_F(LogicalVolumes, on_both_halves_of_a_mirror_are_two_groups) {
  create("home", "-l 3 vg0 " + a->path());
  lvm("vgreduce vg0 " + b->path());
  const std::string half = std::string(4096, '\0') + raid_superblock(1, 8, 2048, 16 * kMiB / 512) +
                           std::string(kMiB - 8192, '\0') + read_file(one);
  const Found found({half, half});
  EXPECT_THAT(found.names(), ElementsAre("0:vg0/home LVM2 logical volume", "1:vg0/home LVM2 logical volume"));
  EXPECT_EQ(found.bytes(0), found.bytes(1));
  EXPECT_EQ(found.bytes(0), read_file(one).substr(kMiB, 3 * kMiB));
}

// --- damage ----------------------------------------------------------------------------------------------------

// An image with most of it: a GPT with a group, a mirror half, an encrypted volume, a table in a logical volume.
class DamagedVolumes : public LogicalVolumes {
 protected:
  std::vector<std::string> images() {
    create("guest", "-l 8 vg0 " + a->path());
    create("both", "-l 18 vg0");
    const std::string guest = image(8 * kMiB, "guest");
    sfdisk(guest,
           "label: dos\\n1 : start=2048, size=4096, type=5\\n5 : start=4096, size=100\\n2 : start=8192, type=82\\n");
    overwrite(one, kMiB, read_file(guest));
    const std::string path = image(24 * kMiB);
    sfdisk(path,
           "label: gpt\\nfirst-lba: 64\\nstart=64, size=512\\nstart=1024, size=512\\nstart=2048, "
           "size=34816\\nstart=40000\\n");
    overwrite(path, 64 * 512 + 4096, raid_superblock(1, 8, 16, 400));
    const std::string sealed =
        make_luks(folder / "luks",
                  {"--type luks1 --pbkdf-force-iterations 1000 -c aes-xts-plain64", EVP_aes_256_xts(), 64}, "s", "");
    overwrite(path, 1024 * 512, sealed.substr(0, 512 * 512));
    overwrite(path, 2048 * 512, read_file(one));
    return {read_file(path), read_file(two)};
  }
};

TEST_F(DamagedVolumes, cut_anywhere_stay_within_their_images) {
  const std::vector<std::string> good = images();
  EXPECT_THAT(Found({good}).names(), ElementsAre("0:p1 Linux RAID1 member", "0:p2 LUKS1 encrypted volume (encrypted)",
                                                 "0:p3:vg0/guest:p2 Linux swap", "0:p3:vg0/guest:p5 Linux filesystem",
                                                 "0:p4 Linux filesystem", "0:vg0/both LVM2 logical volume"));
  for (std::size_t part = 0; part < 16; ++part) {
    Found({good[0].substr(0, good[0].size() * part / 16 + part), good[1]}, {"s"});
    Found({good[0], good[1].substr(0, good[1].size() * part / 16 + part)}, {"s"});
  }
}

TEST_F(DamagedVolumes, overwritten_anywhere_stay_within_their_images) {
  const std::vector<std::string> good = images();
  const char* const seeds = std::getenv("AMBIT_SEEDS");
  const std::uint64_t count = seeds == nullptr ? 40 : std::stoull(seeds);
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    std::vector<std::string> bytes = good;
    for (int blow = 0; blow < 1 + static_cast<int>(seed % 4); ++blow) {
      std::string& image = bytes[random() % 2];
      const std::size_t reach = seed % 3 == 0 ? 4 * kMiB : kMiB;
      const std::size_t length = seed % 2 == 0 ? 4096 : 1 + random() % 40;
      image.replace(random() % (reach - length), length, noise(random(), length));
    }
    Found(bytes, {"s"});
  }
}

// Text with valid checksums that lies: what a forger would write.
TEST_F(LogicalVolumes, of_a_lying_group_stay_within_their_images) {
  create("home", "-l 3 vg0 " + a->path());
  const std::string good = read_file(one);
  const std::size_t at = good.rfind("vg0 {");
  const std::size_t header = 4096;
  ASSERT_NE(at, std::string::npos);
  const std::size_t size = good.find('\0', at) - at;
  const auto forged = [&](const std::string& text) {
    std::string bytes = good;
    bytes.replace(header + 512, text.size(), text);
    put(bytes, header + 40, std::uint64_t{512});
    put(bytes, header + 48, static_cast<std::uint64_t>(text.size()));
    const auto crc = [&](std::size_t from, std::size_t length) {
      std::uint32_t value = 0xF597A6CF;
      for (std::size_t i = 0; i < length; ++i) {
        value ^= static_cast<unsigned char>(bytes[from + i]);
        for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? 0xEDB88320U : 0U);
      }
      return value;
    };
    put(bytes, header + 56, crc(header + 512, text.size()));
    put(bytes, header, crc(header + 4, 508));
    return bytes;
  };
  const std::string text = good.substr(at, size);
  EXPECT_THAT(Found({forged(text), read_file(two)}).names(), ElementsAre("0:vg0/home LVM2 logical volume"));
  const std::vector<std::pair<std::string, std::string>> lies = {
      {"extent_count = 3", "extent_count = 4000000000"},
      {"extent_count = 3", "extent_count = 0"},
      {"extent_count = 3", "extent_count = 18446744073709551615"},
      {"start_extent = 0", "start_extent = 18446744073709551615"},
      {"extent_size = 2048", "extent_size = 4294967295"},
      {"extent_size = 2048", "extent_size = 0"},
      {"pe_start = 2048", "pe_start = 18446744073709551615"},
      {"\"pv0\", 0", "\"pv0\", 4294967295"},
      {"\"pv0\", 0", "\"pv0\", 0, \"pv0\", 0"},
      {"\"pv0\", 0", "\"pv9\", 0"},
      {"\"pv0\", 0", "\"pv0\""},
      {"\"pv0\", 0", "[[[[[[[[[[[[[[[[[[[["},
      {"home {", "home { home { home { home { home { home { home { home { home {"},
      {"home {", "h/../../e {"},
      {"physical_volumes", "nothing"},
      {"vg0 {", "{"},
      {"seqno", "\"seqno\""},
      {"stripe_count", "segment_count"},
      {"type = \"striped\"", "type = \"raid5\""},
      {"type", "tape"}};
  for (const auto& [from, to] : lies) {
    SCOPED_TRACE(to);
    std::string lie = text;
    const std::size_t where = lie.find(from);
    ASSERT_NE(where, std::string::npos) << text;
    lie.replace(where, from.size(), to);
    Found({forged(lie), read_file(two)});
  }
  // A volume that claims the same extents a thousand times would be swept a thousand times.
  std::string bomb = text.substr(0, text.find("logical_volumes {")) + "logical_volumes { big { id=\"x\" ";
  for (int i = 0; i < 1000; ++i) {
    bomb += "segment" + std::to_string(i) + " { start_extent = " + std::to_string(i * 15) +
            " extent_count = 15 type = \"striped\" stripes = [\"pv0\", 0] }\n";
  }
  const Found found({forged(bomb + "} } }"), read_file(two)});
  EXPECT_THAT(found.names(), ElementsAre("0:vg0/big LVM2 logical volume (damaged)"));
}

TEST(VolumesOfSamples, are_found) {
  const std::string samples = [] {
    for (const char* const up : {"/../shared", "/../../shared"}) {
      const std::string path = AMBIT_SOURCE_DIR + std::string(up) + "/open_data/images";
      if (std::filesystem::exists(path)) return path;
    }
    return std::string();
  }();
  if (samples.empty()) GTEST_SKIP() << "no samples beside the sources";
  for (const std::string name : {"/plaso/tsk_volume_system.raw", "/dfvfs/mbr.raw"}) {
    const Found found({read_file(samples + name)});
    EXPECT_THAT(found.names(), ElementsAre("0:p1 Linux filesystem", "0:p5 Linux filesystem"));
    EXPECT_THAT(found.map.volumes.at(0).pieces, ElementsAre(ambit::Run{0, 512, 350 * 512}));
    EXPECT_THAT(found.map.volumes.at(1).pieces, ElementsAre(ambit::Run{0, 352 * 512, 2528 * 512}));
    EXPECT_THAT(found.areas(), ElementsAre("metadata 0 1", "metadata 351 1"));
  }
  // None of these begins with a volume system; whoever wrote a reader for tables has taken some of them for one.
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(samples + "/blkid")) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".img.xz") || name.starts_with("pt-")) continue;
    const test::Ran ran = shell("xz -dc " + entry.path().string() + " | head -c 21000000");
    if (ran.exit != 0 || ran.out.size() > 20 * kMiB) continue;
    const std::vector<std::string> names = Found({ran.out}).names();
    EXPECT_THAT(names, ElementsAre(name.starts_with("swap") ? "0 whole image: Linux swap" : "0 whole image")) << name;
    ++count;
  }
  EXPECT_GE(count, 10U);
}

}  // namespace
}  // namespace ambit::walk::volumes_test
