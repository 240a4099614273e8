#include "stages/unpack/outlook/compressed_rtf.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/input.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kHeaderBytes = 16, kRing = 4096, kTokens = 8;
// What stands in the ring before anything was written: MS-OXRTFCP 2.1.2.1.
constexpr std::string_view kBegin =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    "MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"sv;
static_assert(kBegin.size() == 207);

class Ring {
 public:
  Ring() {
    ring_.fill(' ');
    std::copy(kBegin.begin(), kBegin.end(), ring_.begin());
  }
  [[nodiscard]] std::size_t place() const { return at_; }
  void put(char c, std::string& out) {
    out.push_back(c);
    ring_[at_] = c;
    at_ = (at_ + 1) % kRing;
  }
  void copy(std::size_t from, std::size_t bytes, std::string& out) {
    for (std::size_t i = 0; i < bytes; ++i) put(ring_[(from + i) % kRing], out);
  }

 private:
  std::array<char, kRing> ring_{};
  std::size_t at_ = kBegin.size();
};

std::string unpacked(std::span<const std::byte> bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  Ring ring;
  std::string out;
  for (std::size_t at = 0; at < bytes.size() && out.size() < limits::kMaxViewBytes;) {
    const unsigned flags = byte(at++);
    for (std::size_t i = 0; i < kTokens && at < bytes.size(); ++i) {
      if ((flags >> i & 1U) == 0) {
        ring.put(static_cast<char>(byte(at++)), out);
        continue;
      }
      if (at + 1 == bytes.size()) return out;
      const std::size_t token = static_cast<std::size_t>(byte(at)) << 8 | byte(at + 1);
      at += 2;
      if (token >> 4 == ring.place()) return out;
      ring.copy(token >> 4, (token & 15) + 2, out);
    }
  }
  return out;
}

// Unpacked when it is first read.
class PlainRtf final : public ByteStream {
 public:
  explicit PlainRtf(std::unique_ptr<ByteStream> packed) : packed_(std::move(packed)) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    if (plain_ == nullptr) {
      if (const Result<> begun = begin(); !begun.ok()) return begun.error();
    }
    return plain_->read(into);
  }

 private:
  Result<> begin() {
    std::vector<std::byte> packed(64 * limits::KiB);
    std::size_t size = 0;
    while (size < limits::kMaxViewBytes) {
      if (size == packed.size()) packed.resize(2 * size);
      const Result<std::size_t> got = packed_->read(std::span(packed).subspan(size));
      if (!got.ok() || *got == 0) break;  // what came before damage is good
      size += *got;
    }
    Result<std::string> plain = decompress_rtf(std::span(packed).first(size));
    if (!plain.ok()) return plain.error();
    plain_ = text_stream(std::move(plain).value());
    return Ok{};
  }

  std::unique_ptr<ByteStream> packed_, plain_;
};

}  // namespace

std::unique_ptr<ByteStream> plain_rtf(std::unique_ptr<ByteStream> packed) {
  return std::make_unique<PlainRtf>(std::move(packed));
}

std::size_t compressed_rtf_bytes(std::span<const std::byte> packed) {
  return packed.size() < kHeaderBytes ? 0 : little32(packed, 4);
}

Result<std::string> decompress_rtf(std::span<const std::byte> packed) {
  const std::string_view all = chars(packed);
  const std::string_view form = all.substr(std::min<std::size_t>(all.size(), 8), 4);
  if (packed.size() < kHeaderBytes) return evidence_error("packed RTF has no header");
  // Its own length counts from behind itself. What stands behind is none of it, unless the length lies.
  constexpr std::size_t kLengthBytes = 4;
  const std::size_t declared = kLengthBytes + std::size_t{little32(packed, 0)};
  const std::size_t end = declared > kHeaderBytes ? std::min(declared, packed.size()) : packed.size();
  if (form == "MELA"sv) {
    const std::size_t bytes = std::min<std::size_t>(end - kHeaderBytes, little32(packed, 4));
    return std::string(all.substr(kHeaderBytes, std::min<std::size_t>(bytes, limits::kMaxViewBytes)));
  }
  if (form != "LZFu"sv) return evidence_error("packed RTF is in no known form");
  std::string out = unpacked(packed.subspan(kHeaderBytes, end - kHeaderBytes));
  out.resize(std::min<std::size_t>(out.size(), limits::kMaxViewBytes));
  return out;
}

}  // namespace ambit::unpack
