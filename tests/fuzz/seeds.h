// Fuzzing: bytes that were valid once, flipped, cut and spliced by libFuzzer, into one of our readers. Nothing is
// expected but that it ends, within its memory, and that the sanitizers stay quiet.
//
// Each reader is one file: LLVMFuzzerTestOneInput(), and seeds_of(). seeds.cc makes the corpus before libFuzzer reads
// it:
//
//   AMBIT_FUZZ_SEEDS=FOLDER X_fuzz -max_total_time=60 CORPUS    what the files of FOLDER make is added to CORPUS
//   X_fuzz FILE                                                 one input as it is, such as the one that crashed
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ambit::fuzz {

using Bytes = std::vector<std::uint8_t>;

// The inputs that a file makes: none, where it is of no use to this reader. An input's first byte says what the rest is
// taken for.
[[nodiscard]] std::vector<Bytes> seeds_of(const std::filesystem::path& file);

[[nodiscard]] std::string read_all(const std::filesystem::path& file);
[[nodiscard]] Bytes input(std::uint8_t kind, const std::string& bytes);
// The rest of an input.
[[nodiscard]] std::string text_of(const std::uint8_t* bytes, std::size_t count);

}  // namespace ambit::fuzz

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count);
