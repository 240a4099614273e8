// zlib (RFC 1950) by itself: the objects of git that stand alone, caches, and films of Flash behind eight bytes of
// their own. Two bytes are no signature, so what cannot be decoded at its beginning is none.
//
//   zlib := 78 flags deflate adler32:4, highest byte first;  Flash := "CWS" version length:4 zlib
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>

#include "stages/unpack/formats.h"
#include "stages/unpack/stream/decoder.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kHeaderBytes = 2, kFlashBytes = 8, kSumBytes = 4;
constexpr std::size_t kProofBytes = 4096;  // that must come out well, or all

class Zlib final : public MemberStream {
 public:
  explicit Zlib(ByteStream& packed) : MemberStream(packed, "not a zlib stream") {}
  // All was decoded, and its checksum is right or stands at the very end.
  [[nodiscard]] bool has_ended() const { return has_ended_; }

 protected:
  Result<std::unique_ptr<Decoder>> begin() override {
    if (!is_first()) return std::unique_ptr<Decoder>();
    const auto head = input_.ahead(kFlashBytes + kHeaderBytes);
    if (!head.ok()) return head.error();
    if (chars(*head).starts_with("CWS") && head->size() > kFlashBytes) input_.take(kFlashBytes);
    const auto header = input_.ahead(kHeaderBytes);
    if (!header.ok()) return header.error();
    if (!begins_like_zlib(*header)) return std::unique_ptr<Decoder>();
    input_.take(kHeaderBytes);
    return inflate_decoder();
  }
  void made(std::span<const std::byte> bytes) override {
    sum_ = isal_adler32(sum_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
  Result<> end() override {
    const auto trailer = input_.ahead(kSumBytes);
    if (!trailer.ok()) return trailer.error();
    const bool is_right = trailer->size() >= kSumBytes && big32(*trailer, 0) == sum_;
    input_.take(std::min(trailer->size(), kSumBytes));
    const auto behind = input_.ahead();
    has_ended_ = is_right || (behind.ok() && behind->empty());
    return is_right ? Result<>(Ok{}) : evidence_error("the checksum of a zlib stream is wrong");
  }

 private:
  std::uint32_t sum_ = 1;
  bool has_ended_ = false;
};

// A stream of which the first bytes were read already.
class Begun final : public ByteStream {
 public:
  explicit Begun(std::unique_ptr<Zlib> rest) : rest_(std::move(rest)) {}
  // Reads them. Error: the stream's, unless only its checksum is wrong.
  [[nodiscard]] Result<> begin() {
    while (filled_ < first_.size()) {
      const auto got = rest_->read(std::span(first_).subspan(filled_));
      if (!got.ok() && rest_->has_ended()) break;
      if (!got.ok()) return got.error();
      if (*got == 0) break;
      filled_ += *got;
    }
    return Ok{};
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    if (at_ == filled_) return rest_->read(into);  // an error comes again
    const std::size_t count = std::min(into.size(), filled_ - at_);
    std::copy_n(first_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
    at_ += count;
    return count;
  }

 private:
  const std::unique_ptr<Zlib> rest_;
  std::array<std::byte, kProofBytes> first_{};
  std::size_t filled_ = 0, at_ = 0;
};

}  // namespace

bool begins_like_zlib(std::span<const std::byte> head) {
  if (head.size() < kHeaderBytes) return false;
  const auto method = static_cast<unsigned>(head[0]), flags = static_cast<unsigned>(head[1]);
  return method == 0x78 && (flags & 0x20) == 0 && (method << 8 | flags) % 31 == 0;
}

bool is_zlib(std::span<const std::byte> head) {
  constexpr std::size_t kEnough = 64;  // noise goes wrong after a few
  const bool is_flash = chars(head).starts_with("CWS") && head.size() > kFlashBytes;
  if (!begins_like_zlib(is_flash ? head.subspan(kFlashBytes) : head)) return false;
  const std::unique_ptr<ByteStream> bytes = text_stream(std::string(chars(head)));
  Zlib zlib(*bytes);
  std::array<std::byte, kEnough> out;
  std::size_t made = 0;
  while (made < kEnough) {
    const auto got = zlib.read(std::span(out).subspan(made));
    if (!got.ok() || *got == 0) break;
    made += *got;
  }
  return made == kEnough || zlib.has_ended();
}

Opened open_zlib(const Packed& packed) {
  auto begun = std::make_unique<Begun>(std::make_unique<Zlib>(*packed.stream));
  if (const Result<> well = begun->begin(); !well.ok()) return well.error();
  return one_part(packed, std::move(begun));
}

}  // namespace ambit::unpack
