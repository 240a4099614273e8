// Texts that a PNG carries packed: what programs say of a picture, a view each, named by its keyword. Texts that are
// not packed show in its bytes. And the archive that somebody put behind it.
//
//   png   = signature(8) *chunk                            numbers have their highest byte first
//   chunk = bytes(4) type(4) data crc(4)                    the last one is "IEND"
//   zTXt  = keyword 00 00 zlib                              Latin-1 by the book, UTF-8 where it is that
//   iTXt  = keyword 00 packed(1) 00 language 00 keyword 00 ( text | zlib )
//
// Pictures without either have no parts: a header of eight bytes is read of each of their chunks. No sum is believed,
// and a picture that is cut or damaged has its texts up to there.
#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"
#include "stages/unpack/stream/inflated.h"
#include "stages/unpack/text/charset.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kSignatureBytes = 8, kHeadBytes = 8, kSumBytes = 4;
constexpr std::size_t kMaxKeywordBytes = 79;  // of the format
constexpr std::size_t kWindow = 1024;         // chunks of a picture are skipped

bool is_type(std::string_view type) {
  return std::all_of(type.begin(), type.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

struct PackedText {
  std::string_view keyword, zlib;
};

// What stands before the next zero, which is taken too; nothing if there is none.
std::optional<std::string_view> field(std::string_view& data) {
  const std::size_t end = data.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view found = data.substr(0, end);
  data.remove_prefix(end + 1);
  return found;
}

// Of a chunk of text; nothing where it is not packed, or not understood.
std::optional<PackedText> packed_text(std::string_view type, std::string_view data) {
  const auto keyword = field(data);
  if (!keyword || keyword->size() > kMaxKeywordBytes) return std::nullopt;
  const std::string_view how = type == "zTXt" ? "\0"sv : "\1\0"sv;
  if (!data.starts_with(how)) return std::nullopt;
  data.remove_prefix(how.size());
  if (type == "iTXt" && (!field(data) || !field(data))) return std::nullopt;
  return PackedText{*keyword, data};
}

class Png final : public Unpacker {
 public:
  explicit Png(const Packed& packed)
      : packed_(packed),
        input_(packed.content != nullptr ? Input(*packed.content, packed.size, kWindow) : Input(*packed.stream)) {}

  [[nodiscard]] Result<> begin() {
    const auto signature = input_.ahead(kSignatureBytes);
    if (!signature.ok()) return signature.error();
    if (!chars(*signature).starts_with("\x89PNG\r\n\x1a\n")) return evidence_error("this is no picture of PNG");
    input_.take(kSignatureBytes);
    return Ok{};
  }

  Result<std::optional<Part>> next() override {
    bytes_.reset();
    while (!is_over_) {
      auto part = next_chunk();
      if (!part.ok() || *part) return part;
    }
    if (!std::exchange(has_looked_behind_, true) && ends_as_archive()) {
      Opened behind = open_self_extracting(packed_);
      if (!behind.ok()) return behind.error();
      behind_ = std::move(behind).value();
    }
    return behind_ != nullptr ? behind_->next() : std::optional<Part>();
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    if (behind_ != nullptr) return behind_->read(into);
    return bytes_ != nullptr ? bytes_->read(into) : Result<std::size_t>(std::size_t{0});
  }

 private:
  Result<std::optional<Part>> next_chunk() {
    const auto head = input_.ahead(kHeadBytes);
    if (!head.ok()) return head.error();
    const std::string_view type = chars(*head).substr(std::min<std::size_t>(head->size(), 4), 4);
    is_over_ = head->size() < kHeadBytes || !is_type(type) || type == "IEND" || ++chunks_ > limits::kMaxPngChunks;
    if (is_over_) return std::optional<Part>();
    const std::uint64_t bytes = big32(*head, 0);
    const bool is_text = type == "zTXt" || type == "iTXt";
    const std::string which(type);
    input_.take(kHeadBytes);
    if (is_text && bytes <= limits::kMaxPngTextBytes) return text(which, static_cast<std::size_t>(bytes));
    const auto skipped = input_.skip(bytes + kSumBytes);
    if (!skipped.ok()) return skipped.error();
    if (!is_text) return std::optional<Part>();
    Part part;
    part.is = Part::Is::view;
    part.trouble = WalkTrouble::expansion_limit;
    return std::optional(part);
  }
  Result<std::optional<Part>> text(std::string_view type, std::size_t bytes) {
    data_.assign(bytes, '\0');
    for (std::size_t filled = 0; filled < bytes;) {
      const auto got = input_.read(std::as_writable_bytes(std::span(data_)).subspan(filled));
      if (!got.ok()) return got.error();
      if (*got == 0) data_.resize(bytes = filled);
      filled += *got;
    }
    const auto skipped = input_.skip(kSumBytes);
    if (!skipped.ok()) return skipped.error();
    const auto packed = packed_text(type, data_);
    if (!packed) return std::optional<Part>();
    Part part;
    part.is = Part::Is::view;
    part.name = to_utf8(packed->keyword, kUtf8OrWestern);
    bytes_ = as_view(rewritten(inflated_zlib(packed->zlib), charset_decoder(kUtf8OrWestern)));
    return std::optional(std::move(part));
  }
  [[nodiscard]] bool ends_as_archive() const {
    std::array<std::byte, kEndBytes> end;
    const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(packed_.size, end.size()));
    if (packed_.content == nullptr || bytes == 0) return false;
    const auto got = packed_.content->read_at(packed_.size - bytes, std::span(end).first(bytes));
    return got.ok() && *got == bytes && format_by_end(std::span(end).first(bytes)) != Format::none;
  }

  const Packed packed_;
  Input input_;
  std::uint64_t chunks_ = 0;
  bool is_over_ = false, has_looked_behind_ = false;
  std::string data_;  // of the text at hand
  std::unique_ptr<ByteStream> bytes_;
  std::unique_ptr<Unpacker> behind_;
};

}  // namespace

Opened open_png(const Packed& packed) {
  auto png = std::make_unique<Png>(packed);
  if (const Result<> begun = png->begin(); !begun.ok()) return begun.error();
  return Opened(std::move(png));
}

}  // namespace ambit::unpack
