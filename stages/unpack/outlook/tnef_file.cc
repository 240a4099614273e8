#include "stages/unpack/outlook/tnef_file.h"

#include <algorithm>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kFileHeader = 6, kAttributeHeader = 9, kSumBytes = 2;
constexpr std::size_t kSmallWindow = 4 * limits::KiB;
constexpr std::uint16_t kSeveral = 0x1000;  // of a type
constexpr std::uint16_t kFirstNamed = 0x8000;

class RangeStream final : public ByteStream {
 public:
  RangeStream(Content& content, TnefBytes range) : content_(content), at_(range.offset), end_(at_ + range.bytes) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), end_ - at_));
    if (want == 0) return std::size_t{0};
    auto got = content_.read_at(at_, into.first(want));
    at_ = got.ok() && *got > 0 ? at_ + *got : end_;  // nothing comes after an error
    return got;
  }

 private:
  Content& content_;
  std::uint64_t at_, end_;
};

std::uint64_t padded(std::uint64_t bytes) { return (bytes + 3) / 4 * 4; }

// Bytes of one value; 0 where each says its own. Nothing: a type that nobody knows.
std::optional<std::size_t> bytes_of(std::uint16_t type) {
  switch (type) {
    case 0x00:  // none
    case 0x01:  // null
    case 0x02:  // 16 bits
    case 0x03:  // 32 bits
    case 0x04:  // float
    case 0x0a:  // an error
    case 0x0b:  // yes or no
      return 4;
    case 0x05:  // double
    case 0x06:  // money
    case 0x07:  // a date
    case 0x14:  // 64 bits
    case 0x40:  // a time
      return 8;
    case 0x48:  // a guid
      return 16;
    case 0x0d:
    case 0x1e:
    case 0x1f:
    case 0x102:
      return 0;
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<TnefFile> TnefFile::open(Content& content, std::uint64_t size) {
  TnefFile file(content, size);
  if (!file.bytes({0, size}, kFileHeader).starts_with("\x78\x9f\x3e\x22")) return evidence_error("not a TNEF file");
  file.read_attributes();
  if (file.attributes_.empty()) return evidence_error("a TNEF file says nothing");
  return file;
}

void TnefFile::read_attributes() {
  Input in(*content_, size_, kSmallWindow);
  in.seek(kFileHeader);
  while (true) {
    const auto head = in.ahead(kAttributeHeader);
    if (!head.ok() || head->empty()) return void(is_damaged_ |= !head.ok());
    const auto level = static_cast<std::uint8_t>((*head)[0]);
    if (head->size() < kAttributeHeader || (level != 1 && level != 2)) {
      // Line ends and zeros are what mail programs leave behind.
      const std::string_view rest = chars(*head);
      is_damaged_ |= rest.find_first_not_of(std::string_view("\r\n\0", 3)) != rest.npos;
      return;
    }
    if (attributes_.size() == limits::kMaxTnefAttributes) return void(is_damaged_ = true);
    const std::uint64_t offset = in.offset() + kAttributeHeader, declared = little32(*head, 5);
    const std::uint64_t bytes = std::min(declared, size_ - std::min(size_, offset));
    attributes_.push_back({level == 2, static_cast<TnefTag>(little32(*head, 1)), {offset, bytes}});
    if (bytes < declared) return void(is_damaged_ = true);
    in.seek(offset + bytes + kSumBytes);
  }
}

std::string TnefFile::bytes(TnefBytes range, std::uint64_t most) const {
  std::string out(static_cast<std::size_t>(std::min(range.bytes, most)), '\0');
  std::size_t got = 0;
  while (got < out.size()) {
    const auto step = content_->read_at(range.offset + got, std::as_writable_bytes(std::span(out).subspan(got)));
    if (!step.ok() || *step == 0) break;
    got += *step;
  }
  out.resize(got);
  return out;
}

std::unique_ptr<ByteStream> TnefFile::stream(TnefBytes range) const {
  return std::make_unique<RangeStream>(*content_, range);
}

Input TnefFile::input(TnefBytes range) const {
  Input in(*content_, size_, kSmallWindow);
  in.seek(range.offset);
  in.end_at(range.offset + range.bytes);
  return in;
}

MapiProperties::MapiProperties(const TnefFile& file, TnefBytes list, Holds holds)
    : input_(file.input(list)), end_(list.offset + list.bytes) {
  if (holds == Holds::rows) lists_left_ = number(4).value_or(0);
}

// In bytes that are taken; nothing where the list ends.
std::optional<std::uint32_t> MapiProperties::number(std::size_t width) {
  const auto bytes = input_.ahead(width);
  if (!bytes.ok() || bytes->size() < width) return std::nullopt;
  const auto value = static_cast<std::uint32_t>(little(*bytes, 0, width));
  input_.take(width);
  return value;
}

bool MapiProperties::begin_list() {
  if (lists_left_ == 0) return false;
  --lists_left_;
  if (!is_first_) ++row_;
  is_first_ = false;
  const auto count = number(4);
  is_damaged_ |= !count;
  properties_left_ = count.value_or(0);
  return count.has_value();
}

bool MapiProperties::begin_property() {
  --properties_left_;
  const auto type = number(2), id = number(2);
  if (!type || !id) return false;
  property_.id = static_cast<std::uint16_t>(*id);
  property_.type = static_cast<MapiType>(*type & ~std::uint32_t{kSeveral});
  if (*id >= kFirstNamed) {
    constexpr std::uint64_t kGuidBytes = 16;
    const auto skipped = input_.skip(kGuidBytes);
    const auto kind = skipped.ok() ? number(4) : std::nullopt;
    const auto word = number(4);
    if (!kind || !word || (*kind != 0 && !input_.skip(padded(*word)).ok())) return false;
  }
  const auto fixed = bytes_of(static_cast<std::uint16_t>(property_.type));
  if (!fixed) return false;
  fixed_bytes_ = *fixed;
  const bool is_counted = *fixed == 0 || (*type & kSeveral) != 0;
  const auto count = is_counted ? number(4) : std::optional<std::uint32_t>(1);
  values_left_ = count.value_or(0);
  return count.has_value();
}

std::optional<MapiProperty> MapiProperties::next() {
  while (values_left_ == 0) {
    if (properties_left_ == 0) {
      if (!begin_list()) return std::nullopt;
    } else if (!begin_property()) {
      is_damaged_ = true;
      properties_left_ = values_left_ = 0;
      lists_left_ = 0;
      return std::nullopt;
    }
  }
  --values_left_;
  const auto bytes = fixed_bytes_ > 0 ? std::optional(static_cast<std::uint32_t>(fixed_bytes_)) : number(4);
  const std::uint64_t here = input_.offset();
  if (!bytes || here >= end_) {
    is_damaged_ |= bytes.value_or(1) > 0;
    properties_left_ = values_left_ = 0;
    lists_left_ = 0;
    return std::nullopt;
  }
  property_.value = {here, std::min<std::uint64_t>(*bytes, end_ - here)};
  is_damaged_ |= property_.value.bytes < *bytes;
  static_cast<void>(input_.skip(padded(*bytes)));
  return property_;
}

}  // namespace ambit::unpack
