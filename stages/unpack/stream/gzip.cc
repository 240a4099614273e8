// gzip (RFC 1952): members in a row, zeros or anything else behind them.
//
//   member := 1f 8b 08 flags mtime:4 xfl os [extra: length:2 bytes] [name 0] [comment 0] [crc:2] deflate crc:4 length:4
//
// As gzip does, zeros and what is no member behind the last one are let be. A member whose checksum is wrong has given
// its bytes already; the members behind it are read, and the error comes last.
#include "stages/unpack/formats.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

constexpr std::uint8_t kHasCrc = 2, kHasExtra = 4, kHasName = 8, kHasComment = 16;
constexpr const char* kNone = "not a gzip file";
constexpr std::size_t kLongestName = 4096;  // gzip writes one path component

struct Header {
  std::string name;
  std::optional<std::int64_t> modified;
};

class Gzip final : public MemberStream {
 public:
  explicit Gzip(ByteStream& packed) : MemberStream(packed, kNone) {}
  // Reads the header of the member that stands next; false: none does.
  [[nodiscard]] Result<bool> header();
  [[nodiscard]] const Header& first() const { return header_; }

 protected:
  Result<std::unique_ptr<Decoder>> begin() override;
  void made(std::span<const std::byte> bytes) override {
    crc_ = crc32(crc_, bytes);
    length_ += bytes.size();
  }
  Result<> end() override;

 private:
  [[nodiscard]] Result<std::string> zero_ended();

  Header header_;
  bool in_member_ = false;  // header() has been read
  std::uint32_t crc_ = 0;
  std::uint64_t length_ = 0;
};

Result<std::string> Gzip::zero_ended() {
  std::string out;
  for (;;) {
    const auto window = input_.ahead();
    if (!window.ok()) return window.error();
    if (window->empty()) return evidence_error("a gzip header is cut");
    const std::string_view text = chars(*window);
    const std::size_t end = std::min(text.find('\0'), text.size());
    out.append(text.substr(0, std::min(end, kLongestName - std::min(kLongestName, out.size()))));
    input_.take(std::min(end + 1, text.size()));
    if (end < text.size()) return out;
  }
}

Result<bool> Gzip::header() {
  constexpr std::size_t kFixedBytes = 10;
  const auto fixed = input_.ahead(kFixedBytes);
  if (!fixed.ok()) return fixed.error();
  if (fixed->size() < kFixedBytes || !chars(*fixed).starts_with("\x1f\x8b\x08")) return false;
  const auto flags = static_cast<std::uint8_t>((*fixed)[3]);
  if ((flags & 0xe0) != 0) return false;
  Header found;
  if (const std::uint32_t modified = little32(*fixed, 4); modified != 0) found.modified = modified;
  input_.take(kFixedBytes);
  if ((flags & kHasExtra) != 0) {
    const auto length = input_.ahead(2);
    if (!length.ok()) return length.error();
    if (length->size() < 2) return evidence_error("a gzip header is cut");
    const std::uint64_t bytes = little16(*length, 0);
    const auto skipped = input_.skip(2 + bytes);
    if (!skipped.ok()) return skipped.error();
  }
  for (const std::uint8_t field : {kHasName, kHasComment}) {
    if ((flags & field) == 0) continue;
    Result<std::string> text = zero_ended();
    if (!text.ok()) return text.error();
    if (field == kHasName) found.name = std::move(text).value();
  }
  if ((flags & kHasCrc) != 0) {
    const auto skipped = input_.skip(2);
    if (!skipped.ok()) return skipped.error();
  }
  header_ = std::move(found);
  in_member_ = true;
  return true;
}

Result<std::unique_ptr<Decoder>> Gzip::begin() {
  if (!in_member_) {
    const Result<> padding = skip_zeros();
    if (!padding.ok()) return padding.error();
    const Result<bool> is_member = header();
    if (!is_member.ok()) return is_member.error();
    if (!*is_member) return std::unique_ptr<Decoder>();
  }
  crc_ = 0;
  length_ = 0;
  return inflate_decoder();
}

Result<> Gzip::end() {
  in_member_ = false;
  const auto trailer = input_.ahead(8);
  if (!trailer.ok()) return trailer.error();
  if (trailer->size() < 8) {
    input_.take(trailer->size());
    return evidence_error("a gzip member is cut before its checksum");
  }
  const bool right = little32(*trailer, 0) == crc_ && little32(*trailer, 4) == static_cast<std::uint32_t>(length_);
  input_.take(8);
  return right ? Result<>(Ok{}) : evidence_error("the checksum of a gzip member is wrong");
}

}  // namespace

Opened open_gzip(const Packed& packed) {
  auto stream = std::make_unique<Gzip>(*packed.stream);
  const Result<bool> is_gzip = stream->header();
  if (!is_gzip.ok()) return is_gzip.error();
  if (!*is_gzip) return evidence_error(kNone);
  Part part;
  part.name = stream->first().name.empty() ? name_inside(packed.file_name) : stream->first().name;
  part.modified = stream->first().modified;
  return one_part(std::move(part), std::move(stream));
}

}  // namespace ambit::unpack
