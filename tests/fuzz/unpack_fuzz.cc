// Unpacks whatever it is given: the first byte is the format (and whether the object can be read at any place), the
// rest the object.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "stages/unpack/carve.h"
#include "stages/unpack/content_stream.h"
#include "stages/unpack/embedded/embedded.h"
#include "stages/unpack/kind/kind.h"
#include "stages/unpack/unpack.h"
#include "tests/evidence.h"
#include "tests/fuzz/seeds.h"

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

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  if (count < 1) return 0;
  const auto format = static_cast<ambit::Format>(bytes[0] & 0x7f);
  const std::string object(reinterpret_cast<const char*>(bytes) + 1, count - 1);
  static_cast<void>(ambit::format_of(std::as_bytes(std::span(object)), {}, object.size()));
  ambit::test::MemoryContent residue(object);
  std::uint64_t carved = 0;
  const bool seekable = (bytes[0] & 0x80) != 0;
  const auto ends = seekable ? ambit::StreamEnds::decoded : ambit::StreamEnds::as_far_as_the_next;
  ambit::carve(residue, object.size(), ambit::find_carve_starts(residue, object.size(), 0), ends,
               [&](const ambit::CarvedFile& file) {
                 if (file.begin < carved || file.bytes == 0 || file.bytes > object.size() - file.begin) std::abort();
                 carved = file.begin + file.bytes;
                 return true;
               });
  const std::uint64_t sum = ambit::unpack(format, object, seekable, std::byte{0x00});
  if (ambit::unpack(format, object, seekable, std::byte{0xa5}) != sum) std::abort();
  return 0;
}

namespace {

// The object amid other bytes, as it is and in digits.
std::string embedded(const std::string& object) {
  std::string out = "before\n" + object + "\n0x";
  for (const char c : object) {
    out += "0123456789abcdef"[static_cast<std::uint8_t>(c) >> 4];
    out += "0123456789abcdef"[static_cast<std::uint8_t>(c) & 0xf];
  }
  return out + ", behind\n";
}

}  // namespace

// An object with its format before it; twice, for both ways of reading. A small one amid others, too.
std::vector<ambit::fuzz::Bytes> ambit::fuzz::seeds_of(const std::filesystem::path& file) {
  const std::string object = read_all(file);
  const auto head = std::as_bytes(std::span(object).first(std::min(object.size(), kKindBytes)));
  Format format = format_of(head, file.filename().string(), object.size());
  if (format == Format::none) {
    format = format_by_end(std::as_bytes(std::span(object)).last(std::min(object.size(), kEndBytes)));
  }
  if (format == Format::none || object.size() > (1 << 20)) return {};
  const auto kind = static_cast<std::uint8_t>(format);
  std::vector<Bytes> seeds = {input(kind, object), input(static_cast<std::uint8_t>(kind | 0x80), object)};
  constexpr std::size_t kSmall = 8 << 10;
  if (object.size() > kSmall || !has_embedded_mark(std::as_bytes(std::span(object)))) return seeds;
  const auto amid = static_cast<std::uint8_t>(Format::embedded);
  seeds.push_back(input(amid, embedded(object)));
  seeds.push_back(input(static_cast<std::uint8_t>(amid | 0x80), embedded(object)));
  return seeds;
}
