// What an unpacker makes of an object, all of it in memory.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "stages/unpack/unpack.h"
#include "tests/evidence.h"

namespace ambit::test {

struct UnpackedPart {
  Part part;
  std::string bytes;
  bool damaged = false;  // its bytes ended in an error,
  std::string error;     // which is this
};

struct Unpacked {
  bool opened = false;
  bool damaged = false;  // the parts ended in an error
  std::string error;     // of opening, or at the end of the parts
  std::vector<UnpackedPart> parts;
  // The bytes of the views, in order; and joined by line ends.
  [[nodiscard]] std::vector<std::string> views() const;
  [[nodiscard]] std::string text() const;
  // By name, those that have bytes (or could have had some).
  [[nodiscard]] std::map<std::string, std::string> files() const;
  [[nodiscard]] std::vector<std::string> names() const;
};

[[nodiscard]] std::unique_ptr<ByteStream> stream_of(std::string_view bytes);  // which outlive it
// How many parts there are, none of them read.
[[nodiscard]] std::uint64_t count_parts(Format format, const std::string& object, bool seekable);
// Where decoders work that need a sandbox; the sandboxes are the ambit's that was built. Null, which is the usual:
// here.
void use_sandboxes(Sandboxes* sandboxes);
// `seekable`: whether the unpacker may read at any place. Parts are read up to `most_bytes` each.
[[nodiscard]] Unpacked unpack(Format format, const std::string& object, bool seekable,
                              const std::string& file_name = {}, std::uint64_t most_bytes = UINT64_MAX);
[[nodiscard]] Format format_by_head(const std::string& object, const std::string& file_name = {});
// Unpacks by its own format.
[[nodiscard]] Unpacked unpack(const std::string& object, bool seekable, const std::string& file_name = {});

// By one format's opener, at any place: the stream comes in pieces of at most `step` bytes, parts are read `buffer` at
// a time.
using Opener = Result<std::unique_ptr<Unpacker>> (*)(const Packed&);
[[nodiscard]] Unpacked unpack_all(Opener open, const std::string& object, const std::string& file_name = {},
                                  std::size_t step = SIZE_MAX, std::size_t buffer = 64 * 1024);
// Unpacks `object` cut at every sixteenth and with bits and bytes changed; what comes out does not matter, that it ends
// does (the sanitizers watch).
void survive_damage(Opener open, const std::string& object, const std::string& file_name, std::uint64_t seeds);

// Runs `script` in a POSIX shell with its working directory in `folder`; what it prints. A failure of the script is one
// of the test.
std::string shell(const TemporaryFolder& folder, const std::string& script);

// Names first, then bytes, so that a failure can be read.
void expect_same(const std::map<std::string, std::string>& ours, const std::map<std::string, std::string>& theirs);

// Every file below `folder`, by its path from there.
[[nodiscard]] std::map<std::string, std::string> files_below(const std::string& folder);
// Their paths, sorted; none where there is no such folder.
[[nodiscard]] std::vector<std::string> files_in(const std::string& folder);

}  // namespace ambit::test
