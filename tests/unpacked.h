// What an unpacker makes of an object, all of it in memory.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "stages/unpack/unpack.h"
#include "tests/evidence.h"

namespace ambit::test {

struct UnpackedPart {
  Part part;
  std::string bytes;
  bool damaged = false;  // its bytes ended in an error
};

struct Unpacked {
  bool opened = false;
  bool damaged = false;  // the parts ended in an error
  std::vector<UnpackedPart> parts;
  // By name, those that have bytes (or could have had some).
  [[nodiscard]] std::map<std::string, std::string> files() const;
  [[nodiscard]] std::vector<std::string> names() const;
};

// How many parts there are, none of them read.
[[nodiscard]] std::uint64_t count_parts(Format format, const std::string& object, bool seekable);
// `seekable`: whether the unpacker may read at any place. Parts are read up to `most_bytes` each.
[[nodiscard]] Unpacked unpack(Format format, const std::string& object, bool seekable,
                              const std::string& file_name = {}, std::uint64_t most_bytes = UINT64_MAX);
[[nodiscard]] Format format_by_head(const std::string& object, const std::string& file_name = {});
// Unpacks by its own format.
[[nodiscard]] Unpacked unpack(const std::string& object, bool seekable, const std::string& file_name = {});

// Runs `script` in a POSIX shell with its working directory in `folder`; what it prints. A failure of the script is one
// of the test.
std::string shell(const TemporaryFolder& folder, const std::string& script);

// Names first, then bytes, so that a failure can be read.
void expect_same(const std::map<std::string, std::string>& ours, const std::map<std::string, std::string>& theirs);

// Every file below `folder`, by its path from there.
[[nodiscard]] std::map<std::string, std::string> files_below(const std::string& folder);

// Beside the checkout, or beside the folder that holds it. Ends in a slash.
[[nodiscard]] std::string shared_data();

// How many seeds a test of damage takes: `usual`, or AMBIT_DAMAGE_SEEDS.
[[nodiscard]] std::uint64_t damage_seeds(std::uint64_t usual);

}  // namespace ambit::test
