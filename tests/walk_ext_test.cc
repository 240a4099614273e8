// ext2, ext3, ext4: images made by mke2fs with every feature, held against the kernel and dumpe2fs.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "stages/walk/ext/ext.h"
#include "tests/ext_images.h"

namespace ambit::walk::walk_ext_test {
namespace {

using test::TemporaryFolder;

enum class Check : std::uint8_t { all, not_mountable, no_attributes, not_like_its_source };
struct Make {
  const char* name;
  const char* options;
  Check check = Check::all;
  const char* size = "256M";
};
void PrintTo(const Make& make, std::ostream* out) { *out << make.name; }

void expect_attributes(const Walked& walked) {
  const auto value = [&](const std::string& path, const std::string& stream) {
    const FileEntry* entry = walked.found.find(path, stream);
    return entry == nullptr ? "missing" : bytes_of(*walked.volume, *entry);
  };
  EXPECT_EQ(value("sizes/150", "user.comment"), "a remark");
  EXPECT_EQ(value("sizes/4096", "user.comment"), "another remark");
  EXPECT_TRUE(value("sizes/4097", "user.long") == test::noise(7, 700));
  EXPECT_EQ(value("many", "user.folder"), "a remark on a folder");
  EXPECT_EQ(walked.found.find("sizes/4096", "user.empty"), nullptr);
  EXPECT_EQ(std::count_if(walked.found.entries.begin(), walked.found.entries.end(),
                          [](const FileEntry& entry) { return !entry.stream.empty(); }),
            4);
}

class ExtMakes : public testing::TestWithParam<Make> {};

TEST_P(ExtMakes, give_every_file_with_its_bytes_and_every_used_block_to_somebody) {
  const TemporaryFolder folder;
  const std::string image = folder / "image";
  shell("mke2fs -q -F " + std::string(GetParam().options) + " -d " + tree_of_everything() + " " + image + " " +
        GetParam().size);
  const Walked walked = walk_image(image);
  ASSERT_NE(walked.system, nullptr);
  EXPECT_TRUE(walked.complete);
  const Check check = GetParam().check;
  // mke2fs 1.47.0 writes wrong sizes of sparse files with inline_data; the kernel agrees with what it wrote.
  if (check != Check::not_like_its_source) expect_same_files(walked, tree_of_everything(), Inodes::differ);
  expect_every_used_block_claimed(walked, image);
  EXPECT_EQ(walked.volume->size(), walked.system->size());
  if (check != Check::no_attributes) expect_attributes(walked);
  if (::geteuid() != 0 || check == Check::not_mountable) return;
  const Mounted mounted(image, "ro");
  if (mounted.good()) expect_same_files(walked, mounted.at(), Inodes::compare);
}

INSTANTIATE_TEST_SUITE_P(
    All, ExtMakes,
    testing::Values(
        Make{"ext2_1k", "-t ext2 -b 1024"}, Make{"ext2_4k", "-t ext2 -b 4096"},
        Make{"ext2_rev0", "-t ext2 -r 0 -b 1024 -O none -I 128", Check::no_attributes},
        Make{"ext3_1k", "-t ext3 -b 1024"}, Make{"ext3_4k", "-t ext3 -b 4096 -I 128"},
        Make{"ext4_1k", "-t ext4 -b 1024"}, Make{"ext4_2k", "-t ext4 -b 2048"}, Make{"ext4_4k", "-t ext4 -b 4096"},
        Make{"ext4_64k", "-t ext4 -b 65536", Check::not_mountable, "512M"},
        Make{"ext4_inode_128", "-t ext4 -b 4096 -I 128"}, Make{"ext4_inode_1024", "-t ext4 -b 4096 -I 1024"},
        Make{"inline_data", "-t ext4 -b 4096 -O inline_data", Check::not_like_its_source},
        Make{"inline_data_512", "-t ext4 -b 1024 -I 512 -O inline_data", Check::not_like_its_source},
        Make{"bigalloc", "-t ext4 -b 4096 -O bigalloc -C 65536", Check::all, "512M"},
        Make{"bigalloc_1k", "-t ext4 -b 1024 -O bigalloc -C 16384"},
        Make{"meta_bg", "-t ext4 -b 1024 -O meta_bg,^resize_inode"},
        Make{"meta_bg_32bit", "-t ext4 -b 1024 -O meta_bg,^resize_inode,^64bit,^flex_bg -g 1024"},
        Make{"no_flex", "-t ext4 -b 1024 -O ^flex_bg"}, Make{"no_64bit", "-t ext4 -b 4096 -O ^64bit"},
        Make{"uninit_bg", "-t ext4 -b 1024 -O ^metadata_csum,uninit_bg -E lazy_itable_init=1"},
        Make{"no_checksum", "-t ext4 -b 1024 -O ^metadata_csum,^uninit_bg"},
        Make{"sparse_super2", "-t ext4 -b 1024 -O sparse_super2,^resize_inode"},
        Make{"every_super", "-t ext2 -b 1024 -O ^sparse_super,^resize_inode"},
        Make{"ea_inode", "-t ext4 -b 4096 -O ea_inode"},
        Make{"many_features", "-t ext4 -b 4096 -O large_dir,quota,project,mmp,encrypt,verity,orphan_file"},
        Make{"casefold", "-t ext4 -b 4096 -O casefold,metadata_csum_seed -E encoding=utf8", Check::not_mountable}),
    [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace ambit::walk::walk_ext_test
