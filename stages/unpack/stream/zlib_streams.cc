// Files of which the format is known to hold streams of zlib amid other bytes, and which is not read further: revisions
// of Subversion up to 1.9 (FSFS), files of Mercurial before it took zstd, volumes of Bacula. A stream in it is a part,
// by the place where it begins: the text of a file as it was first checked in, or what a change added to it.
//
// Two bytes begin a stream, so a kilobyte must come out of it, or all. Behind the last comes what else is packed there
// (Mercurial's frames of zstd), as amid any bytes.
#include "stages/unpack/stream/zlib_streams.h"

#include <algorithm>
#include <array>

#include "stages/unpack/formats.h"
#include "stages/unpack/stream/decoder.h"
#include "stages/unpack/stream/inflated.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kTrialAhead = 8 * 1024, kTrialBytes = 1024;
constexpr char kZlibFirst = '\x78';

bool begins_stream(std::span<const std::byte> head) {
  if (!begins_like_zlib(head) || !is_zlib(head.first(std::min<std::size_t>(head.size(), 4096)))) return false;
  const auto plain = inflated_zlib(chars(head));
  std::array<std::byte, kTrialBytes> out;
  for (std::size_t made = 0; made < out.size();) {
    const auto got = plain->read(std::span(out).subspan(made));
    if (!got.ok()) return false;
    if (*got == 0) break;
    made += *got;
  }
  return true;
}

class ZlibStreams final : public Unpacker {
 public:
  explicit ZlibStreams(const Packed& packed) : packed_(packed), input_(*packed.stream) {}

  Result<std::optional<Part>> next() override {
    if (others_ != nullptr) return others_->next();
    std::array<std::byte, 16 * 1024> rest;
    while (decoder_ != nullptr) {  // of what was not read
      const auto got = decoder_->read(input_, rest);
      if (!got.ok() || *got == 0) decoder_.reset();
    }
    while (true) {
      const auto window = input_.ahead(kTrialAhead);
      if (!window.ok()) return window.error();
      if (window->empty()) return next_other();
      const auto first = std::find(window->begin(), window->end(), static_cast<std::byte>(kZlibFirst));
      input_.take(static_cast<std::size_t>(first - window->begin()));
      const auto head = input_.ahead(kTrialAhead);
      if (!head.ok()) return head.error();
      if (head->empty() || head->front() != static_cast<std::byte>(kZlibFirst)) continue;
      if (begins_stream(*head)) break;
      input_.take(1);
    }
    Part part;
    part.name = "zlib@" + std::to_string(input_.offset());
    input_.take(2);
    decoder_ = inflate_decoder();
    return std::optional(std::move(part));
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    if (others_ != nullptr) return others_->read(into);
    return decoder_ == nullptr ? Result<std::size_t>(0) : decoder_->read(input_, into);
  }

  [[nodiscard]] std::uint64_t written_until() const override {
    return others_ == nullptr ? 0 : others_->written_until();
  }

 private:
  Result<std::optional<Part>> next_other() {
    if (packed_.content == nullptr) return std::optional<Part>();
    Opened others = open_embedded(packed_);
    if (!others.ok()) return others.error();
    others_ = std::move(others).value();
    return others_->next();
  }

  const Packed packed_;
  Input input_;
  std::unique_ptr<Decoder> decoder_;
  std::unique_ptr<Unpacker> others_;
};

// "DELTA", "DELTA 4 0 99": what a representation begins with; "PLAIN": one of a folder.
bool is_subversion(std::string_view head) {
  constexpr std::size_t kFirstLine = 64;
  if (head.starts_with("PLAIN\n")) return head.find("\nENDREP\n") != std::string_view::npos;
  const std::size_t line = head.substr(0, kFirstLine).find('\n');
  return head.starts_with("DELTA") && line != std::string_view::npos && head.substr(line + 1).starts_with("SVN\1"sv);
}

// An index with what is indexed, by the flags and the version that it begins with; or that alone, which is told by its
// name.
bool is_mercurial(std::span<const std::byte> bytes, std::string_view lower_name) {
  const std::string_view head = chars(bytes);
  constexpr std::size_t kEntryBytes = 64;
  if (lower_name.ends_with(".d")) return begins_stream(bytes);
  return lower_name.ends_with(".i") && head.size() > kEntryBytes && head[0] == '\0' && head[1] >= 0 && head[1] <= 3 &&
         head.substr(2, 2) == "\0\1"sv;
}

}  // namespace

bool holds_zlib_streams(std::span<const std::byte> head, std::string_view lower_name) {
  constexpr std::size_t kBaculaAt = 12;
  const std::string_view text = chars(head);
  const bool is_bacula = text.size() > kBaculaAt && text.substr(kBaculaAt).starts_with("BB02");
  return is_bacula || is_subversion(text) || is_mercurial(head, lower_name);
}

Opened open_zlib_streams(const Packed& packed) { return Opened(std::make_unique<ZlibStreams>(packed)); }

}  // namespace ambit::unpack
