// The packs of git (gitformat-pack): who wrote what and when, and every version of it.
//
//   pack   := "PACK" version:4 count:4 object… sha1:20, numbers with their highest byte first
//   object := type-and-size [ofs-delta: distance, in groups of 7 bits | ref-delta: name:20] zlib
//   bundle := "# v2 git bundle" line… "" pack, in lines (gitformat-bundle): a repository to carry away
//
// Each object is a member, as it stands: one that is told by its difference from another is shown as that difference,
// in which what is new stands letter by letter.
#include <array>
#include <string>
#include <string_view>

#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kPackHeaderBytes = 12, kNameBytes = 20, kLongestNumber = 10, kZlibHeader = 2, kZlibSum = 4;
constexpr std::string_view kBundle = "# v";  // the version and the rest are the format's to know (format.cc)
constexpr unsigned kOfsDelta = 6, kRefDelta = 7;
constexpr std::array<std::string_view, 8> kTypes = {"", "commit", "tree", "blob", "tag", "", "delta", "delta"};

class GitPack final : public Unpacker {
 public:
  GitPack(Input input, std::uint64_t count) : input_(std::move(input)), left_(count) {}

  Result<std::optional<Part>> next() override {
    if (decoder_ != nullptr) {
      if (const Result<> passed = pass_rest(); !passed.ok()) return passed.error();
    }
    if (left_ == 0) return std::optional<Part>();
    --left_;
    std::uint64_t size = 0;
    const Result<unsigned> type = read_type(size);
    if (!type.ok()) return end_with(type.error());
    if (kTypes[*type].empty()) return end_with(evidence_error("a pack of git has an object of no type"));
    if (const Result<> passed = pass_base(*type); !passed.ok()) return end_with(passed.error());
    const auto header = input_.ahead(kZlibHeader);
    if (!header.ok()) return end_with(header.error());
    if (!begins_like_zlib(*header)) return end_with(evidence_error("an object of a pack of git is damaged"));
    input_.take(kZlibHeader);
    decoder_ = inflate_decoder();
    Part part;
    part.name = kTypes[*type];
    part.size = size;
    return std::optional<Part>(std::move(part));
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    if (decoder_ == nullptr) return std::size_t{0};
    const Result<std::size_t> got = decoder_->read(input_, into);
    if (!got.ok()) left_ = 0;  // where the next one begins nobody knows
    if (!got.ok() || *got == 0) end_object();
    return got;
  }

 private:
  Error end_with(const Error& error) {
    left_ = 0;
    return error;
  }
  void end_object() {
    decoder_.reset();
    if (left_ == 0) return;
    if (const auto sum = input_.skip(kZlibSum); !sum.ok() || *sum < kZlibSum) left_ = 0;
  }
  Result<> pass_rest() {
    std::array<std::byte, 16 * 1024> passed;
    while (decoder_ != nullptr) {
      const Result<std::size_t> got = read(passed);
      if (!got.ok()) return got.error();
    }
    return Ok{};
  }

  Result<std::uint8_t> byte() {
    const auto window = input_.ahead();
    if (!window.ok()) return window.error();
    if (window->empty()) return evidence_error("a pack of git is cut");
    const auto value = static_cast<std::uint8_t>(window->front());
    input_.take(1);
    return value;
  }
  // Four bits of the size in the first byte, seven in each that follows.
  Result<unsigned> read_type(std::uint64_t& size) {
    Result<std::uint8_t> got = byte();
    if (!got.ok()) return got.error();
    const unsigned type = *got >> 4 & 7;
    size = *got & 15U;
    for (std::size_t digits = 0, shift = 4; (*got & 0x80) != 0; ++digits, shift += 7) {
      got = byte();
      if (!got.ok()) return got.error();
      if (digits == kLongestNumber) return evidence_error("an object of a pack of git is damaged");
      if (shift < 60) size |= std::uint64_t{*got & 0x7fU} << shift;
    }
    return type;
  }
  Result<> pass_base(unsigned type) {
    if (type == kRefDelta) {
      const auto passed = input_.skip(kNameBytes);
      return passed.ok() ? Result<>(Ok{}) : Result<>(passed.error());
    }
    for (std::size_t digits = 0; type == kOfsDelta; ++digits) {
      const Result<std::uint8_t> got = byte();
      if (!got.ok()) return got.error();
      if (digits == kLongestNumber) return evidence_error("an object of a pack of git is damaged");
      if ((*got & 0x80) == 0) break;
    }
    return Ok{};
  }

  Input input_;
  std::uint64_t left_;  // objects
  std::unique_ptr<Decoder> decoder_;
};

// The lines before the pack of a bundle, with the empty one that ends them.
Result<> pass_bundle_head(Input& input) {
  const auto head = input.ahead(kBundle.size());
  if (!head.ok()) return head.error();
  if (!chars(*head).starts_with(kBundle)) return Ok{};
  bool at_begin = false;  // of a line
  while (true) {
    const auto window = input.ahead();
    if (!window.ok()) return window.error();
    if (window->empty()) return evidence_error("a bundle of git is cut");
    const std::string_view text = chars(*window);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n' && at_begin) {
        input.take(i + 1);
        return Ok{};
      }
      at_begin = text[i] == '\n';
    }
    input.take(text.size());
  }
}

}  // namespace

Opened open_git_pack(const Packed& packed) {
  Input input(*packed.stream);
  if (const Result<> passed = pass_bundle_head(input); !passed.ok()) return passed.error();
  const auto head = input.ahead(kPackHeaderBytes);
  if (!head.ok()) return head.error();
  const bool is_pack = head->size() >= kPackHeaderBytes && chars(*head).starts_with("PACK");
  const std::uint32_t version = is_pack ? big32(*head, 4) : 0;
  if (version != 2 && version != 3) return evidence_error("not a pack of git");
  const std::uint32_t count = big32(*head, 8);
  input.take(kPackHeaderBytes);
  return Opened(std::make_unique<GitPack>(std::move(input), count));
}

}  // namespace ambit::unpack
