// Unpacks whatever it is given: the first byte is the format (and whether the object can be read at any place), the
// rest the object. Nothing is expected but that it ends, within its memory, and that the sanitizers stay quiet.
//
// With clang: -fsanitize=fuzzer,address,undefined -DAMBIT_LIBFUZZER. Else it has a main of its own:
//
//   unpack_fuzz SECONDS FOLDER…    the files of the folders as they are, then flipped, cut and spliced until time is up
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "stages/unpack/content_stream.h"
#include "stages/unpack/kind/kind.h"
#include "stages/unpack/unpack.h"
#include "tests/evidence.h"

namespace ambit {
namespace {

constexpr std::uint64_t kMostBytes = 4 << 20;  // of all parts: bombs are read in part
constexpr int kMostParts = 10'000;

// A sum of all bytes, read into a buffer that held nothing but `before`.
std::uint64_t unpack(Format format, const std::string& object, bool seekable, std::byte before) {
  test::MemoryContent content(object);
  ContentStream stream(content, object.size());
  Packed packed;
  packed.stream = &stream;
  packed.content = seekable ? &content : nullptr;
  packed.size = seekable ? object.size() : 0;
  Result<std::unique_ptr<Unpacker>> unpacker = open_unpacker(format, packed);
  static std::vector<std::byte> buffer(64 * 1024);
  std::uint64_t bytes = 0, sum = 0;
  for (int parts = 0; unpacker.ok() && parts < kMostParts && bytes < kMostBytes; ++parts) {
    const Result<std::optional<Part>> part = (*unpacker)->next();
    if (!part.ok() || !*part) break;
    for (Result<std::size_t> got = std::size_t{1}; bytes < kMostBytes; bytes += *got) {
      std::fill(buffer.begin(), buffer.end(), before);
      got = (*unpacker)->read(buffer);
      if (!got.ok() || *got == 0) break;
      if (*got > buffer.size()) std::abort();
      for (std::size_t i = 0; i < *got; ++i) sum = (sum ^ static_cast<std::uint8_t>(buffer[i])) * 0x100000001b3;
    }
  }
  return sum;
}

}  // namespace
}  // namespace ambit

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  if (count < 1) return 0;
  const auto format = static_cast<ambit::Format>(bytes[0] & 0x7f);
  const std::string object(reinterpret_cast<const char*>(bytes) + 1, count - 1);
  static_cast<void>(ambit::format_of(std::as_bytes(std::span(object)), {}, object.size()));
  const bool seekable = (bytes[0] & 0x80) != 0;
  const std::uint64_t sum = ambit::unpack(format, object, seekable, std::byte{0x00});
  if (ambit::unpack(format, object, seekable, std::byte{0xa5}) != sum) std::abort();
  return 0;
}

#ifndef AMBIT_LIBFUZZER
namespace {

using Bytes = std::vector<std::uint8_t>;

// An object with its format before it; twice, for both ways of reading.
void add_seed(const std::filesystem::path& file, std::vector<Bytes>& seeds) {
  std::ifstream in(file, std::ios::binary);
  const std::string object((std::istreambuf_iterator<char>(in)), {});
  const auto head = std::as_bytes(std::span(object).first(std::min(object.size(), ambit::kKindBytes)));
  const ambit::Format format = ambit::format_of(head, file.filename().string(), object.size());
  if (format == ambit::Format::none || object.size() > (1 << 20)) return;
  for (const int way : {0, 0x80}) {
    Bytes seed = {static_cast<std::uint8_t>(static_cast<int>(format) | way)};
    seed.insert(seed.end(), object.begin(), object.end());
    seeds.push_back(std::move(seed));
  }
}

Bytes mutated(const std::vector<Bytes>& seeds, std::mt19937_64& chance) {
  constexpr std::uint8_t kTelling[] = {0, 1, 0x7f, 0x80, 0xff};
  Bytes out = seeds[chance() % seeds.size()];
  for (std::uint64_t times = chance() % 8 + 1; times > 0 && out.size() > 1; --times) {
    // Half of the time near the front, where headers stand.
    const std::size_t at =
        1 + chance() % (chance() % 2 == 0 ? std::min<std::size_t>(out.size() - 1, 600) : out.size() - 1);
    switch (chance() % 5) {
      case 0:
        out[at] = static_cast<std::uint8_t>(out[at] ^ (1U << chance() % 8));
        break;
      case 1:
        out[at] = kTelling[chance() % std::size(kTelling)];
        break;
      case 2:
        out.resize(at);
        break;
      case 3:
        out.erase(out.begin() + static_cast<std::ptrdiff_t>(at),
                  out.begin() + static_cast<std::ptrdiff_t>(std::min(out.size(), at + chance() % 64)));
        break;
      default: {
        const Bytes& other = seeds[chance() % seeds.size()];
        const std::size_t from = chance() % other.size();
        const std::size_t count = std::min<std::size_t>({other.size() - from, out.size() - at, chance() % 256});
        std::copy_n(other.begin() + static_cast<std::ptrdiff_t>(from), count,
                    out.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
  }
  return out;
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<Bytes> seeds;
  for (int i = 2; i < count; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(arguments[i])) {
      if (entry.is_regular_file()) add_seed(entry.path(), seeds);
    }
  }
  if (seeds.empty()) {
    std::fputs("usage: unpack_fuzz SECONDS FOLDER…\n", stderr);
    return 64;
  }
  for (const Bytes& seed : seeds) LLVMFuzzerTestOneInput(seed.data(), seed.size());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(arguments[1]));
  std::uint64_t runs = 0;
  for (std::uint64_t number = 0; std::chrono::steady_clock::now() < end; ++number, ++runs) {
    std::mt19937_64 chance(number);
    const Bytes object = mutated(seeds, chance);
    const auto begin = std::chrono::steady_clock::now();
    LLVMFuzzerTestOneInput(object.data(), object.size());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (took.count() > 5)
      std::printf("number %llu took %.0f s\n", static_cast<unsigned long long>(number), took.count());
  }
  std::printf("%zu seeds, %llu objects\n", seeds.size(), static_cast<unsigned long long>(runs));
  return 0;
}
#endif
