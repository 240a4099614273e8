// Fuzzing: bytes that were valid once, flipped, cut and spliced, into one of our readers. Nothing is expected but that
// it ends, within its memory, and that the sanitizers stay quiet.
//
// Each reader is one file: LLVMFuzzerTestOneInput(), and seeds_of(). With clang, -fsanitize=fuzzer,address,undefined
// is driver enough. Else driver.cc has a main:
//
//   X_fuzz SECONDS FOLDER…    the files of the folders as they are, then damaged until time is up
//   X_fuzz one FILE           one input as it is, such as the one that crashed
//
// The same seconds give the same inputs up to where they end: input N follows from N. What kills the reader is left in
// the working directory as crash-N.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ambit::fuzz {

using Bytes = std::vector<std::uint8_t>;

// The inputs that a file makes: none, where it is of no use to this reader. An input's first byte says what the rest is
// taken for, and stays as it is.
[[nodiscard]] std::vector<Bytes> seeds_of(const std::filesystem::path& file);

[[nodiscard]] std::string read_all(const std::filesystem::path& file);
[[nodiscard]] Bytes input(std::uint8_t kind, const std::string& bytes);
// The rest of an input.
[[nodiscard]] std::string text_of(const std::uint8_t* bytes, std::size_t count);

}  // namespace ambit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count);
