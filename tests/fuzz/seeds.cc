#include "tests/fuzz/seeds.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace ambit::fuzz {

std::string read_all(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Bytes input(std::uint8_t kind, const std::string& bytes) {
  Bytes out;
  out.reserve(bytes.size() + 1);
  out.push_back(kind);
  out.insert(out.end(), bytes.begin(), bytes.end());
  return out;
}

std::string text_of(const std::uint8_t* bytes, std::size_t count) {
  return count < 1 ? std::string() : std::string(reinterpret_cast<const char*>(bytes) + 1, count - 1);
}

namespace {

void make_corpus(const std::filesystem::path& folder, const std::filesystem::path& corpus) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());  // the same names on every machine
  std::size_t number = 0;
  for (const auto& file : files) {
    for (const Bytes& seed : seeds_of(file)) {
      std::ofstream out(corpus / ("seed-" + std::to_string(number++)), std::ios::binary);
      out.write(reinterpret_cast<const char*>(seed.data()), static_cast<std::streamsize>(seed.size()));
    }
  }
}

}  // namespace
}  // namespace ambit::fuzz

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  const char* folder = std::getenv("AMBIT_FUZZ_SEEDS");
  if (folder != nullptr && *count > 1) ambit::fuzz::make_corpus(folder, (*arguments)[*count - 1]);
  return 0;
}
