// Redis's database as a file (dump.rdb, the front of an append-only file), of versions 1 to 12: one view, a line for
// each key, its strings parted by tabs.
//
//   file   = "REDIS" version(4) *entry ff sum(8)          Valkey's begins with "VALKEY" and three digits
//   entry  = fa string string | fe length | fb length length | fd time(4) | fc time(8) | f8 length | f9 byte(1)
//          | f7 module | f5 string | f4 length length length | type string value
//   length = bits 00: six more | 01: fourteen, highest first | 80 number(4) | 81 number(8), both highest byte first
//   string = length bytes | c0 number(1) | c1 number(2) | c2 number(4) | c3 length length lzf
//
// Strings of more than 20 bytes are compressed, where it saves something. What a value consists of is said by its type
// as a pattern, a letter for each part; lists and small sets stand in one string, packed in one of four ways
// (redis_packed.h). A type that is not known ends the view with an error: nobody can say how long its value is.
//
// Behind the view come, as members, strings in which something is packed. For these the file is read once more; where
// it comes as a stream there is the view alone, and that there are such strings is an error.
#include <cstring>
#include <utility>
#include <vector>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/database/packed_value.h"
#include "stages/unpack/database/redis_entries.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

constexpr const char* kRedisCut = "a database of Redis is cut or damaged";

class RedisLines final : public ByteStream, private RedisEntries {
 public:
  explicit RedisLines(Input input) : RedisEntries(std::move(input)) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    if (given_ == text_.size()) {
      text_.clear();
      given_ = 0;
      while (text_.size() < kPiece && advance()) continue;
      if (text_.empty()) return is_damaged() ? Result<std::size_t>(evidence_error(kRedisCut)) : std::size_t{0};
    }
    const std::size_t bytes = std::min(into.size(), text_.size() - given_);
    std::memcpy(into.data(), text_.data() + given_, bytes);
    given_ += bytes;
    return bytes;
  }
  // Whether something packed is among what was shown.
  [[nodiscard]] bool has_packed() const { return has_packed_; }

 private:
  static constexpr std::size_t kPiece = 64 * limits::KiB;

  void on_string(std::string_view value) override {
    if (std::exchange(is_begun_, true)) text_.push_back('\t');
    append_shown(value, text_);
    has_packed_ = has_packed_ || is_packed_value(std::as_bytes(std::span(value.substr(0, kKindBytes))), value.size());
  }
  void on_end() override {
    if (std::exchange(is_begun_, false)) text_.push_back('\n');
  }

  std::string text_;
  std::size_t given_ = 0;
  bool is_begun_ = false;  // a line
  bool has_packed_ = false;
};

// The packed ones among the strings.
class RedisPacked final : private RedisEntries {
 public:
  explicit RedisPacked(Input input) : RedisEntries(std::move(input)) {}

  std::optional<Part> next() {
    while (found_.empty() || next_ == found_.size()) {
      found_.clear();
      next_ = 0;
      if (!advance()) return std::nullopt;
    }
    Found& found = found_[next_++];
    Part part;
    part.name = key_ + "/" + std::to_string(found.index);
    part.size = found.bytes.size();
    part.stored_at = found.place;
    bytes_ = text_stream(std::move(found.bytes));
    return part;
  }
  Result<std::size_t> read(std::span<std::byte> into) { return bytes_->read(into); }
  // Some of them were left out.
  [[nodiscard]] bool has_too_many() const { return has_too_many_; }

 private:
  struct Found {
    std::uint64_t index = 0;
    std::string bytes;
    std::optional<std::uint64_t> place;
  };

  void on_string(std::string_view value) override {
    constexpr std::size_t kNameBytes = 256;
    if (index_++ == 0) {
      key_ = value.substr(0, kNameBytes);
    } else if (is_packed_value(std::as_bytes(std::span(value.substr(0, kKindBytes))), value.size())) {
      has_too_many_ = has_too_many_ || found_.size() >= limits::kMaxMarks;
      if (!has_too_many_) found_.push_back({index_ - 1, std::string(value), place_of(value)});
    }
  }
  void on_end() override { index_ = 0; }

  std::string key_;
  std::uint64_t index_ = 0;   // of the next string in its entry
  std::vector<Found> found_;  // in what was read last
  bool has_too_many_ = false;
  std::size_t next_ = 0;
  std::unique_ptr<ByteStream> bytes_;
};

class Redis final : public Unpacker {
 public:
  explicit Redis(const Packed& packed) : packed_(packed) {
    auto lines = std::make_unique<RedisLines>(input());
    lines_ = lines.get();
    view_ = as_view(std::move(lines));
  }

  Result<std::optional<Part>> next() override {
    if (!is_begun_) {
      is_begun_ = true;
      Part part;
      part.is = Part::Is::view;
      return std::optional(std::move(part));
    }
    if (packed_.content == nullptr) return end_stream();
    view_.reset();
    if (!strings_) strings_.emplace(input());
    auto part = strings_->next();
    if (!part && strings_->has_too_many()) return evidence_error("a value of Redis holds too much that is packed");
    return part;
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    return view_ != nullptr ? view_->read(into) : strings_->read(into);
  }

 private:
  [[nodiscard]] Input input() const {
    return packed_.content != nullptr ? Input(*packed_.content, packed_.size) : Input(*packed_.stream);
  }
  Result<std::optional<Part>> end_stream() {
    std::vector<std::byte> piece(64 * limits::KiB);
    for (auto got = view_->read(piece); got.ok() && *got > 0; got = view_->read(piece)) continue;
    if (!lines_->has_packed()) return std::optional<Part>();
    return evidence_error("what is packed in a database of Redis cannot be read from a stream alone");
  }

  const Packed packed_;
  bool is_begun_ = false;
  RedisLines* lines_ = nullptr;
  std::unique_ptr<ByteStream> view_;  // of lines_
  std::optional<RedisPacked> strings_;
};

}  // namespace

Opened open_redis(const Packed& packed) { return Opened(std::make_unique<Redis>(packed)); }

}  // namespace ambit::unpack
