// The disks of virtual machines, and images inside exhibits: what qemu-img writes is read as it was.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "stages/hash/digest.h"
#include "stages/open/open_image.h"
#include "tests/open_images.h"

namespace ambit::open_images_test {
namespace {

namespace fs = std::filesystem;
using test::expect_same;
using test::MemoryBytes;
using test::opened;
using test::TemporaryFolder;

void qemu_img(const std::vector<std::string>& arguments) {
  const test::Ran ran = test::qemu_img(arguments);
  ASSERT_EQ(ran.exit, 0) << ran.err;
}

struct Format {
  std::string name;  // as qemu-img calls it
  std::vector<std::string> options;
  ExhibitKind kind;
  bool packed = false;
  bool one_file = true;
};

std::vector<Format> formats() {
  return {
      {"qcow2", {}, ExhibitKind::qcow2},
      {"qcow2", {"-o", "compat=0.10"}, ExhibitKind::qcow2},
      {"qcow2", {"-o", "cluster_size=512"}, ExhibitKind::qcow2},
      {"qcow2", {"-o", "cluster_size=2M"}, ExhibitKind::qcow2},
      {"qcow2", {"-c"}, ExhibitKind::qcow2, true},
      {"qcow2", {"-c", "-o", "cluster_size=4k"}, ExhibitKind::qcow2, true},
      {"qcow2", {"-c", "-o", "compression_type=zstd"}, ExhibitKind::qcow2, true},
      {"qcow2", {"-o", "extended_l2=on,cluster_size=64k"}, ExhibitKind::qcow2},
      {"qcow2", {"-c", "-o", "extended_l2=on,cluster_size=128k,compression_type=zstd"}, ExhibitKind::qcow2, true},
      {"vmdk", {"-o", "subformat=monolithicSparse"}, ExhibitKind::vmdk},
      {"vmdk", {"-o", "subformat=streamOptimized"}, ExhibitKind::vmdk, true},
      {"vmdk", {"-o", "subformat=monolithicFlat"}, ExhibitKind::vmdk, false, false},
      {"vmdk", {"-o", "subformat=twoGbMaxExtentSparse"}, ExhibitKind::vmdk, false, false},
      {"vmdk", {"-o", "subformat=twoGbMaxExtentFlat"}, ExhibitKind::vmdk, false, false},
      {"vpc", {"-o", "subformat=dynamic"}, ExhibitKind::vhd},
      {"vpc", {"-o", "subformat=fixed"}, ExhibitKind::vhd},
      {"vpc", {"-o", "subformat=dynamic,force_size=on"}, ExhibitKind::vhd},
      {"vhdx", {"-o", "subformat=dynamic"}, ExhibitKind::vhdx},
      {"vhdx", {"-o", "subformat=fixed"}, ExhibitKind::vhdx},
      {"vhdx", {"-o", "block_size=1M"}, ExhibitKind::vhdx},
      {"vdi", {}, ExhibitKind::vdi},
      {"vdi", {"-o", "static=on"}, ExhibitKind::vdi},
      {"dmg", {"raw"}, ExhibitKind::udif},
      {"dmg", {"adc"}, ExhibitKind::udif, true},
      {"dmg", {"zlib"}, ExhibitKind::udif, true},
      {"dmg", {"bzip2"}, ExhibitKind::udif, true},
      {"dmg", {"xz"}, ExhibitKind::udif, true},
      {"dmg", {"mixed", "fork"}, ExhibitKind::udif, true},
  };
}

// qemu-img writes none; the test below holds what is written here against what it reads.
void make_dmg(const std::string& raw, const std::string& image, const std::vector<std::string>& options) {
  std::vector<std::string> arguments = {"python3", AMBIT_SOURCE_DIR "/tests/evidence/make_dmg.py", raw, image};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const test::Ran ran = test::run(arguments);
  ASSERT_EQ(ran.exit, 0) << ran.err;
}

std::string convert(const TemporaryFolder& folder, const Format& format) {
  if (format.name == "dmg") {
    make_dmg(folder / "raw", folder / "image", format.options);
    return folder / "image";
  }
  std::vector<std::string> arguments = {"convert", "-f", "raw", "-O", format.name};
  arguments.insert(arguments.end(), format.options.begin(), format.options.end());
  arguments.insert(arguments.end(), {folder / "raw", folder / "image"});
  qemu_img(arguments);
  return folder / "image";
}

std::string described(const Format& format) {
  std::string text = format.name;
  for (const std::string& option : format.options) text += " " + option;
  return text;
}

TEST(OpenImages, reads_every_format_as_it_was_converted) {
  TemporaryFolder folder;
  const std::string raw = test::disk_bytes(3, (5U << 20U) + 5 * 512);
  test::write_file(folder / "raw", raw);
  for (const Format& format : formats()) {
    SCOPED_TRACE(described(format));
    const auto image = opened(convert(folder, format));
    ASSERT_NE(image, nullptr);
    EXPECT_EQ(image->kind(), format.kind);
    expect_same(*image, raw, 20);
  }
}

TEST(OpenImages, what_is_not_stored_is_a_hole) {
  TemporaryFolder folder;
  for (const auto& [format, size] :
       {std::pair{"qcow2", "8T"}, std::pair{"vmdk", "1T"}, std::pair{"vhdx", "8T"}, std::pair{"vpc", "500G"}}) {
    SCOPED_TRACE(format);
    qemu_img({"create", "-q", "-f", format, folder / "image", size});
    const auto image = opened(folder / "image");
    ASSERT_NE(image, nullptr);
    EXPECT_EQ(test::hole_bytes(*image), image->size());
    EXPECT_GE(image->size(), 500ULL << 30U);
    fs::remove(folder / "image");
  }
}

TEST(OpenImages, a_change_to_another_image_is_refused_with_the_remedy) {
  TemporaryFolder folder;
  test::write_file(folder / "raw", test::disk_bytes(3, 1U << 20U));
  qemu_img({"convert", "-O", "vmdk", folder / "raw", folder / "parent.vmdk"});
  qemu_img({"create", "-q", "-f", "qcow2", "-b", folder / "raw", "-F", "raw", folder / "child.qcow2"});
  qemu_img({"create", "-q", "-f", "vmdk", "-b", folder / "parent.vmdk", "-F", "vmdk", folder / "child.vmdk"});
  qemu_img({"convert", "-O", "vdi", folder / "raw", folder / "parent.vdi"});
  std::string child = test::read_file(folder / "parent.vdi");
  child[76] = 4;  // qemu-img makes none
  test::write_file(folder / "child.vdi", child);
  EXPECT_NE(test::refused(folder / "child.vdi").what.find("only the changes"), std::string::npos);
  EXPECT_NE(test::refused(folder / "child.qcow2").what.find("only the changes"), std::string::npos);
  EXPECT_NE(test::refused(folder / "child.vmdk").what.find("only the changes"), std::string::npos);
  EXPECT_NE(test::refused(folder / "child.vmdk").remedy, "");
}

TEST(OpenImages, what_cannot_be_read_is_refused_with_the_remedy) {
  TemporaryFolder folder;
  const std::vector<std::vector<std::string>> options = {{"encrypt.format=luks,encrypt.key-secret=s"},
                                                         {"data_file=" + (folder / "data")}};
  for (const auto& option : options) {
    qemu_img({"create", "-q", "--object", "secret,id=s,data=abc", "-f", "qcow2", "-o", option.front(), folder / "image",
              "1M"});
    EXPECT_NE(test::refused(folder / "image").remedy, "") << option.front();
    fs::remove(folder / "image");
  }
}

TEST(OpenImages, of_other_virtual_machines_are_refused_with_the_remedy) {
  TemporaryFolder folder;
  test::write_file(folder / "raw", test::disk_bytes(3, 1U << 20U));
  for (const std::string format : {"qed", "parallels"}) {
    qemu_img({"convert", "-O", format, folder / "raw", folder / format});
    EXPECT_NE(test::refused(folder / format).what.find("virtual machine"), std::string::npos) << format;
    EXPECT_NE(test::refused(folder / format).remedy.find("qemu-img convert"), std::string::npos) << format;
  }
}

TEST(OpenImages, a_dmg_is_read_as_qemu_reads_it) {
  TemporaryFolder folder;
  const std::string raw = test::disk_bytes(41, (3U << 20U) + 512);
  test::write_file(folder / "raw", raw);
  for (const std::vector<std::string>& options : {std::vector<std::string>{"zlib"}, {"raw"}, {"zlib", "fork"}}) {
    make_dmg(folder / "raw", folder / "image.dmg", options);
    qemu_img({"convert", "-f", "dmg", "-O", "raw", folder / "image.dmg", folder / "back"});
    EXPECT_EQ(test::read_file(folder / "back"), raw);
    const auto image = opened(folder / "image.dmg");
    ASSERT_NE(image, nullptr);
    expect_same(*image, raw, 10);
  }
}

// Blocks in LZFSE, one of several parts, an encrypted one.
TEST(OpenImages, a_dmg_that_cannot_be_read_is_refused_with_the_remedy) {
  TemporaryFolder folder;
  test::write_file(folder / "raw", test::disk_bytes(43, 1U << 20U));
  make_dmg(folder / "raw", folder / "image.dmg", {"raw", "fork"});
  const std::string whole = test::read_file(folder / "image.dmg");
  const auto refused_with = [&](std::size_t at, std::string_view bytes) {
    test::write_file(folder / "bent.dmg", std::string(whole).replace(at, bytes.size(), bytes));
    return test::refused(folder / "bent.dmg");
  };
  using namespace std::string_view_literals;
  const std::size_t row = whole.find("mish") + 204;
  EXPECT_NE(refused_with(row, "\x80\0\0\7"sv).what.find("LZFSE"), std::string::npos);
  EXPECT_NE(refused_with(whole.size() - 512 + 60, "\0\0\0\2"sv).what.find("part"), std::string::npos);
  EXPECT_NE(refused_with(0, "encrcdsa\0\0\0\2"sv).what.find("encrypted"), std::string::npos);
  for (const std::size_t at : {row + 8, row + 16, row + 24, row + 32, whole.size() - 512 + 48}) {
    EXPECT_NE(refused_with(at, "\xff\xff\xff\xff\xff\xff\xff\xff"sv).remedy, "") << at - row;
  }
}

// A VMDK's text may name any file; nothing but what stands beside it is opened.
TEST(OpenImages, a_part_outside_the_folder_is_not_opened) {
  TemporaryFolder folder, outside;
  test::write_file(outside / "secret", std::string(1024, 's'));
  for (const std::string& path : {outside / "secret", std::string("../../etc/passwd"), std::string("..")}) {
    test::write_file(folder / "image.vmdk",
                     "# Disk DescriptorFile\nparentCID=ffffffff\nRW 2 FLAT \"" + path + "\" 0\n");
    EXPECT_NE(test::refused(folder / "image.vmdk").remedy, "");
  }
}

// What is read is right or an Error; nothing crashes, and nothing takes long.
void expect_right_or_error(const Exhibit& image, const std::string& raw, bool unprotected) {
  if (image.size() > raw.size() + (1U << 22U)) return;  // the size was bent; its bytes mean nothing
  const test::ReadAll all = test::read_all(image, 65536);
  for (std::size_t at = 0; !unprotected && at + 65536 <= std::min(raw.size(), all.bytes.size()); at += 65536) {
    if (!all.wrong[at / 65536]) { EXPECT_TRUE(raw.compare(at, 65536, all.bytes, at, 65536) == 0) << at; }
  }
  (void)test::hole_bytes(image);
}

TEST(OpenImages, cut_anywhere_it_reads_right_or_not_at_all) {
  TemporaryFolder folder;
  const std::string raw = test::disk_bytes(29, 1U << 20U);
  test::write_file(folder / "raw", raw);
  for (const Format& format : formats()) {
    if (!format.one_file) continue;
    SCOPED_TRACE(described(format));
    const std::string whole = test::read_file(convert(folder, format));
    for (std::size_t sixteenth = 1; sixteenth < 16; sixteenth += 2) {
      auto image = open_image(std::make_shared<MemoryBytes>(whole.substr(0, whole.size() * sixteenth / 16)), "x");
      if (image.ok() && *image != nullptr) expect_right_or_error(**image, raw, false);
    }
  }
}

// These formats have no sums over their tables and blocks: what is bent may read wrong, but must not do harm.
TEST(OpenImages, bent_anywhere_it_does_no_harm) {
  TemporaryFolder folder;
  const std::string raw = test::disk_bytes(31, 1U << 20U);
  test::write_file(folder / "raw", raw);
  for (const Format& format : formats()) {
    if (!format.one_file) continue;
    SCOPED_TRACE(described(format));
    const std::string whole = test::read_file(convert(folder, format));
    for (std::uint64_t seed = 0; seed < 15; ++seed) {
      std::mt19937_64 random(seed);
      std::string bent = whole;
      for (std::size_t count = 1 + random() % 4; count > 0;) {
        const std::size_t reach = random() % 2 == 0 ? 4096 : bent.size();
        const std::size_t at = random() % 4 == 0 ? bent.size() - 1 - random() % 1536 : random() % reach;
        if (bent[at] == '\0' && random() % 8 != 0) continue;
        --count;
        if (random() % 4 == 0) {
          const std::size_t bytes = std::min<std::size_t>(8, bent.size() - at);
          bent.replace(at, bytes, bytes, random() % 2 == 0 ? '\xff' : '\0');
        } else {
          bent[at] = static_cast<char>(bent[at] ^ (1 << random() % 8));
        }
      }
      auto image = open_image(std::make_shared<MemoryBytes>(std::move(bent)), "x");
      if (image.ok() && *image != nullptr) expect_right_or_error(**image, raw, true);
    }
  }
}

TEST(OpenImage, an_image_inside_an_exhibit_is_known_by_its_bytes) {
  TemporaryFolder folder;
  const std::string raw = test::disk_bytes(37, (1U << 20U) + 512);
  test::write_file(folder / "raw", raw);
  for (const Format& format : formats()) {
    if (!format.one_file) continue;
    SCOPED_TRACE(described(format));
    auto image = open_image(std::make_shared<MemoryBytes>(test::read_file(convert(folder, format))), "inner");
    ASSERT_TRUE(image.ok() && *image != nullptr);
    EXPECT_EQ((*image)->kind(), format.kind);
    EXPECT_EQ((*image)->name(), "inner");
    expect_same(**image, raw, 10);
  }
  ASSERT_EQ(test::run({"ewfacquire", "-u", "-q", "-t", folder / "e", folder / "raw"}).exit, 0);
  auto image = open_image(std::make_shared<MemoryBytes>(test::read_file(folder / "e.E01")), "inner");
  ASSERT_TRUE(image.ok() && *image != nullptr);
  EXPECT_EQ((*image)->kind(), ExhibitKind::ewf);
  expect_same(**image, raw, 10);
}

TEST(OpenImage, a_raw_file_system_is_an_image_and_a_text_called_so_is_not) {
  TemporaryFolder folder;
  test::make_sparse(folder / "fs", 4U << 20U);
  ASSERT_EQ(test::run({"mkfs.ext4", "-q", folder / "fs"}).exit, 0);
  const std::string bytes = test::read_file(folder / "fs");
  auto image = open_image(std::make_shared<MemoryBytes>(bytes), "inner");
  ASSERT_TRUE(image.ok() && *image != nullptr);
  EXPECT_EQ((*image)->kind(), ExhibitKind::raw);
  expect_same(**image, bytes, 10);
  auto text = open_image(std::make_shared<MemoryBytes>("a text that is called disk.img"), "disk.img");
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text, nullptr);
  auto nothing = open_image(std::make_shared<MemoryBytes>(""), "disk.img");
  ASSERT_TRUE(nothing.ok());
  EXPECT_EQ(*nothing, nullptr);
}

// Sample images of other projects, where they are at hand.
TEST(OpenImages, samples_of_others_are_read_as_their_own_tools_read_them) {
  const std::string folder = test::shared_data() + "images/plaso/";
  if (!fs::exists(folder)) GTEST_SKIP() << "the samples are not here";
  for (const char* name : {"image.qcow2", "image.vhd"}) {
    SCOPED_TRACE(name);
    TemporaryFolder place;
    qemu_img({"convert", "-O", "raw", folder + name, place / "raw"});
    const auto image = opened(folder + name);
    ASSERT_NE(image, nullptr);
    expect_same(*image, test::read_file(place / "raw"), 10);
  }
  for (const char* name : {"image.E01", "image-split.E01"}) {
    SCOPED_TRACE(name);
    TemporaryFolder place;
    const auto image = opened(folder + name);
    ASSERT_NE(image, nullptr);
    const test::ReadAll all = test::read_all(*image, 65536);
    EXPECT_EQ(all.errors, 0U);
    test::write_file(place / "raw", all.bytes);
    ASSERT_FALSE(image->stored_hashes().empty());
    EXPECT_EQ(to_hex(image->stored_hashes().front().digest), test::run({"md5sum", place / "raw"}).out.substr(0, 32));
  }
}

}  // namespace
}  // namespace ambit::open_images_test
