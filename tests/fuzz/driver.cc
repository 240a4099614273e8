#include "tests/fuzz/driver.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <random>
#include <string_view>

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

}  // namespace ambit::fuzz

#ifndef AMBIT_LIBFUZZER
namespace {

using ambit::fuzz::Bytes;

constexpr double kSlowSeconds = 5;   // of the processor: the clock on the wall says how busy the machine is
constexpr std::size_t kFront = 600;  // where headers stand
constexpr std::uint64_t kTriesForData = 16;

// A place to damage. Half of the time near the front; else where there is something: an image is mostly zeros.
std::size_t a_place(const Bytes& bytes, std::mt19937_64& chance) {
  if (chance() % 2 == 0) return 1 + chance() % std::min<std::size_t>(bytes.size() - 1, kFront);
  std::size_t at = 0;
  for (std::uint64_t tries = 0; tries < kTriesForData; ++tries) {
    at = 1 + chance() % (bytes.size() - 1);
    if (bytes[at] != 0) break;
  }
  return at;
}

void damage(Bytes& out, const std::vector<Bytes>& seeds, std::mt19937_64& chance) {
  constexpr std::uint8_t kTelling[] = {0, 1, 0x7f, 0x80, 0xff};
  const std::size_t at = a_place(out, chance);
  switch (chance() % 6) {
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
    case 4: {  // a number in an extreme
      const std::size_t count = std::min<std::size_t>(out.size() - at, std::size_t{1} << chance() % 4);
      std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(at), count, kTelling[chance() % std::size(kTelling)]);
      break;
    }
    default: {
      const Bytes& other = seeds[chance() % seeds.size()];
      const std::size_t from = chance() % other.size();
      const std::size_t count = std::min<std::size_t>({other.size() - from, out.size() - at, chance() % 256});
      std::copy_n(other.begin() + static_cast<std::ptrdiff_t>(from), count,
                  out.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
}

Bytes damaged(const std::vector<Bytes>& seeds, std::uint64_t number) {
  std::mt19937_64 chance(number);
  Bytes out = seeds[chance() % seeds.size()];
  for (std::uint64_t times = chance() % 8 + 1; times > 0 && out.size() > 1; --times) damage(out, seeds, chance);
  return out;
}

// What is being tried stands in a file until it is through: a crash leaves it there. One that is slow is kept, too.
class Attempt {
 public:
  Attempt(std::uint64_t number, const Bytes& bytes) : name_("crash-" + std::to_string(number)) {
    const int fd = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || ::write(fd, bytes.data(), bytes.size()) < 0) std::perror(name_.c_str());
    ::close(fd);
  }
  void passed(double seconds) const {
    if (seconds > kSlowSeconds) {
      std::printf("%s took %.0f s\n", name_.c_str(), seconds);
    } else {
      ::unlink(name_.c_str());
    }
  }

 private:
  std::string name_;
};

void run(std::uint64_t number, const Bytes& bytes) {
  const Attempt attempt(number, bytes);
  const std::clock_t begin = std::clock();
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  attempt.passed(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
}

int run_one_file(const char* path) {
  const std::string bytes = ambit::fuzz::read_all(path);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return 0;
}

std::vector<Bytes> all_seeds(int count, char** folders) {
  std::vector<std::filesystem::path> files;
  for (int i = 0; i < count; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folders[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());  // the same inputs on every machine
  std::vector<Bytes> seeds;
  for (const auto& file : files) {
    for (Bytes& seed : ambit::fuzz::seeds_of(file)) seeds.push_back(std::move(seed));
  }
  return seeds;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 3 && std::string_view(arguments[1]) == "one") return run_one_file(arguments[2]);
  const std::vector<Bytes> seeds = count > 2 ? all_seeds(count - 2, arguments + 2) : std::vector<Bytes>();
  if (seeds.empty()) {
    std::fprintf(stderr, "usage: %s SECONDS FOLDER…, or one FILE\n", arguments[0]);
    return 64;
  }
  for (const Bytes& seed : seeds) LLVMFuzzerTestOneInput(seed.data(), seed.size());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(arguments[1]));
  std::uint64_t number = 0;
  for (; std::chrono::steady_clock::now() < end; ++number) run(number, damaged(seeds, number));
  std::printf("%zu seeds, %llu inputs\n", seeds.size(), static_cast<unsigned long long>(number));
  return 0;
}
#endif
