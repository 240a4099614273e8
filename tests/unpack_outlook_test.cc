// Outlook's stores. No free program makes one: real ones are read where the samples are, or those that AMBIT_OUTLOOK
// names; everywhere it is shown that what only looks like one is damaged, and that it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "stages/unpack/sandbox/sandbox.h"
#include "tests/unpacked.h"

namespace ambit::unpack_outlook_test {
namespace {

using test::Unpacked;

std::vector<std::string> stores() {
  std::vector<std::string> out;
  const char* named = std::getenv("AMBIT_OUTLOOK");
  const std::vector<std::string> folders = {test::shared_data() + "mail", named != nullptr ? named : ""};
  for (const std::string& folder : folders) {
    for (const std::string& file : test::files_in(folder)) {
      if (file.ends_with(".pst") || file.ends_with(".ost")) out.push_back(file);
    }
  }
  return out;
}

class Outlook : public testing::Test {
 protected:
  Outlook() { test::use_sandboxes(&sandboxes); }
  ~Outlook() override { test::use_sandboxes(nullptr); }
  Sandboxes sandboxes{AMBIT_PROGRAM};
};

TEST_F(Outlook, store_gives_a_mail_for_each_item) {
  if (stores().empty()) GTEST_SKIP() << "there is no store here";
  for (const std::string& file : stores()) {
    const Unpacked store = test::unpack(test::read_file(file), true);
    EXPECT_TRUE(store.opened && !store.damaged) << file;
    EXPECT_FALSE(store.parts.empty()) << file;
    for (const test::UnpackedPart& part : store.parts) {
      EXPECT_EQ(part.part.is, Part::Is::message);
      EXPECT_FALSE(part.damaged) << file;
      EXPECT_EQ(test::format_by_head(part.bytes), Format::mail) << file << part.bytes.substr(0, 200);
    }
  }
}

TEST_F(Outlook, store_that_is_damaged_ends) {
  for (const std::string& file : stores()) {
    const std::string whole = test::read_file(file);
    for (std::uint64_t seed = 0; seed < test::damage_seeds(50); ++seed) {
      std::mt19937_64 random(seed);
      std::string damaged = whole;
      for (int i = 0; i < 20; ++i) damaged[random() % damaged.size()] = static_cast<char>(random() & 0xff);
      static_cast<void>(test::unpack(Format::outlook, damaged, true));
    }
  }
}

TEST_F(Outlook, store_of_which_there_is_nothing_but_the_first_bytes_is_damaged) {
  std::string object = "!BDN" + test::noise(1, 100'000);
  EXPECT_EQ(test::format_by_head(object), Format::outlook);
  EXPECT_FALSE(test::unpack(object, true).opened);
  object.replace(8, 4, std::string("SM\x17\0", 4));
  EXPECT_FALSE(test::unpack(object, true).opened);
}

}  // namespace
}  // namespace ambit::unpack_outlook_test
