// squashfs, by every decoder that mksquashfs has, in a sandbox and without: what it packed comes out; what was damaged
// after it ends.
#include <gtest/gtest.h>

#include "stages/unpack/formats.h"
#include "stages/unpack/sandbox/sandbox.h"
#include "tests/unpacked.h"

namespace ambit::unpack_squashfs_test {
namespace {

using test::noise;
using test::read_file;
using test::shell;
using test::TemporaryFolder;
using test::unpack;
using test::Unpacked;
using test::UnpackedPart;
using test::words;
using test::write_file;

class SquashfsImages : public testing::Test {
 protected:
  void add(const std::string& name, const std::string& bytes) {
    files_[name] = bytes;
    write_file(folder_ / ("in/" + name), bytes);
  }
  void add_all() {
    for (std::uint64_t i = 0; i < 300; ++i) add("many/" + std::to_string(i), words(i, 20 + i * 17));
    add("big", words(1000, 1'500'000));
    add("noise", noise(1001, 500'000));
    add("empty", "");
    add("one block", words(1002, 131'072));
    add("a/b/c/d/deep.txt", words(1003, 5'000));
    add("gr\xc3\xbc\xc3\x9f", "utf-8");
    add("latin \xe4", "not utf-8");
    std::string sparse(3'000'000, '\0');
    sparse.replace(2'000'000, 6, "heron!");
    add("sparse", sparse);
    add_special();
  }
  void add_special() {
    static_cast<void>(shell(folder_,
                            "cd in; ln -s empty soft; mkfifo pipe; ln big hard; touch -d @1000000000 empty; "
                            "setfattr -n user.comment -v heron-attribute big; "
                            "setfattr -n user.comment -v heron-attribute noise; "
                            "setfattr -n user.place -v of-a-folder a"));
  }
  [[nodiscard]] std::string made(const std::string& options) const {
    static_cast<void>(shell(folder_, "rm -f out; mksquashfs in out -quiet -no-progress " + options));
    return read_file(folder_ / "out");
  }
  void expect_all(const std::string& object) const {
    ASSERT_EQ(test::format_by_head(object), Format::squashfs);
    const Unpacked out = unpack(object, true);
    EXPECT_TRUE(out.opened && !out.damaged) << out.error;
    std::map<std::string, std::string> ours;
    for (const UnpackedPart& part : out.parts) {
      EXPECT_FALSE(part.damaged) << part.part.name;
      const std::string& name = part.part.name;
      const bool is_special = name == "soft" || name == "pipe" || name == "hard";
      EXPECT_EQ(part.part.trouble, is_special ? WalkTrouble::special_file : WalkTrouble::none) << name;
      EXPECT_TRUE(is_special || part.part.size == part.bytes.size()) << name;
      EXPECT_TRUE(name != "empty" || part.part.modified == 1'000'000'000);
      EXPECT_TRUE(!part.part.stored_at || object.substr(*part.part.stored_at, part.bytes.size()) == part.bytes) << name;
      if (!is_special) ours[name] = part.bytes;
    }
    std::map<std::string, std::string> theirs = files_;
    theirs["big:user.comment"] = "heron-attribute";
    theirs["a:user.place"] = "of-a-folder";
    test::expect_same(ours, theirs);
  }

  TemporaryFolder folder_;
  std::map<std::string, std::string> files_;
};

TEST_F(SquashfsImages, of_every_decoder_are_unpacked) {
  add_all();
  for (const std::string decoder : {"gzip", "lzo", "lz4", "xz", "zstd", "lzma"}) {
    SCOPED_TRACE(decoder);
    expect_all(made("-comp " + decoder));
  }
  expect_all(made("-comp lzo -Xalgorithm lzo1x_1"));
  expect_all(made("-comp xz -Xbcj x86"));
}

TEST_F(SquashfsImages, of_every_shape_are_unpacked) {
  add_all();
  for (const std::string shape : {"-noI -noD -noF -noX -noId", "-no-fragments", "-always-use-fragments", "-tailends",
                                  "-b 4096", "-b 1M", "-no-exports", "-no-duplicates", "-no-sparse"}) {
    SCOPED_TRACE(shape);
    expect_all(made(shape));
  }
}

TEST_F(SquashfsImages, are_unpacked_in_a_sandbox) {
  add_all();
  Sandboxes sandboxes{AMBIT_PROGRAM};
  test::use_sandboxes(&sandboxes);
  expect_all(made(""));
  expect_all(made("-comp lzo"));
  test::use_sandboxes(nullptr);
}

TEST_F(SquashfsImages, say_where_a_file_stands_as_it_is) {
  add("noise", noise(1, 300'000));
  add("words", words(2, 300'000));
  for (const UnpackedPart& part : unpack(made("-no-fragments"), true).parts) {
    EXPECT_EQ(part.part.stored_at.has_value(), part.part.name == "noise");
  }
  for (const UnpackedPart& part : unpack(made("-noD -noF -tailends"), true).parts)
    EXPECT_EQ(part.part.stored_at, std::nullopt);
  for (const UnpackedPart& part : unpack(made("-noD -no-fragments"), true).parts) EXPECT_TRUE(part.part.stored_at);
}

TEST_F(SquashfsImages, that_come_once_only_are_not_read) {
  add("a.txt", "a");
  EXPECT_FALSE(unpack(made(""), false).opened);
}

TEST_F(SquashfsImages, of_an_old_version_are_told) {
  add("a.txt", "a");
  std::string object = made("");
  object[28] = 3;
  ASSERT_EQ(test::format_by_head(object), Format::squashfs);
  const Unpacked out = unpack(object, true);
  ASSERT_EQ(out.parts.size(), 1U);
  EXPECT_EQ(out.parts[0].part.trouble, WalkTrouble::unsupported);
  EXPECT_EQ(test::format_by_head("hsqs is how this text begins, and it goes on for more than a line"), Format::none);
}

TEST_F(SquashfsImages, with_a_damaged_block_lose_one_file) {
  add("a.txt", words(1, 200'000));
  add("b.txt", words(2, 200'000));
  add("c.txt", words(3, 200'000));
  std::string object = made("-no-fragments");
  object.replace(object.size() / 2, 400, std::string(400, 'x'));
  const Unpacked out = unpack(object, true);
  std::size_t damaged = 0;
  for (const UnpackedPart& part : out.parts) {
    damaged += part.damaged ? 1 : 0;
    EXPECT_TRUE(files_.at(part.part.name).starts_with(part.bytes));
    EXPECT_TRUE(part.damaged || files_.at(part.part.name) == part.bytes);
  }
  EXPECT_EQ(out.parts.size(), 3U);
  EXPECT_EQ(damaged, 1U);
}

// The inode of an entry stands eight bytes before its name.
TEST_F(SquashfsImages, whose_folders_hold_themselves_end) {
  add("outer/turned-back/a.txt", "a");
  add("outer/z.txt", "z");
  std::string object = made("-noI -noD -noF");
  const std::size_t entry = object.find("turned-back");
  ASSERT_NE(entry, std::string::npos);
  object.replace(entry - 8, 2, object.substr(32, 2));  // the root
  const Unpacked out = unpack(object, true);
  std::map<std::string, WalkTrouble> troubles;
  for (const UnpackedPart& part : out.parts) troubles[part.part.name] = part.part.trouble;
  EXPECT_EQ(troubles, (std::map<std::string, WalkTrouble>{{"outer/turned-back", WalkTrouble::loop},
                                                          {"outer/z.txt", WalkTrouble::none}}));
}

TEST_F(SquashfsImages, with_a_damaged_folder_lose_no_other) {
  add("first/a.txt", "a");
  add("second/b.txt", "b");
  std::string object = made("-noI -noD -noF");
  const std::size_t entry = object.find("a.txt", object.find('a'));
  ASSERT_NE(entry, std::string::npos);
  object.replace(entry - 8, 2, "\xff\xff");  // where no inode is
  const Unpacked out = unpack(object, true);
  std::map<std::string, WalkTrouble> troubles;
  for (const UnpackedPart& part : out.parts) troubles[part.part.name] = part.part.trouble;
  EXPECT_EQ(troubles, (std::map<std::string, WalkTrouble>{{"first/a.txt", WalkTrouble::damaged},
                                                          {"second/b.txt", WalkTrouble::none}}));
}

TEST_F(SquashfsImages, that_are_damaged_anywhere_end) {
  for (std::uint64_t i = 0; i < 20; ++i) add("many/" + std::to_string(i), words(i, 300 + i * 50));
  add("big", words(100, 60'000));
  add("noise", noise(101, 9'000));
  add("empty", "");
  add("a/b", "b");
  add_special();
  for (const std::string decoder : {"gzip", "lzo", "lz4", "xz", "zstd", "lzma", "gzip -noI -noD -noF -noX"}) {
    SCOPED_TRACE(decoder);
    test::survive_damage(unpack::open_squashfs, made("-b 16K -comp " + decoder), "", test::damage_seeds(40));
  }
}

}  // namespace
}  // namespace ambit::unpack_squashfs_test
