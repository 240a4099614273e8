#include "stages/unpack/text/rewriting.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "pipeline/limits.h"
#include "stages/unpack/text/unseen.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kPieceBytes = 64 * limits::KiB;
// Rewritten at once: a cell of a table that stands for a long text is some twenty bytes.
constexpr std::size_t kStepBytes = 4 * limits::KiB;

class Rewritten final : public ByteStream {
 public:
  Rewritten(std::unique_ptr<ByteStream> from, std::unique_ptr<Rewriter> rewriter)
      : from_(std::move(from)), rewriter_(std::move(rewriter)), piece_(kPieceBytes) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    while (at_ == out_.size()) {
      if (ended_) return error_ ? Result<std::size_t>(*error_) : Result<std::size_t>(0);
      out_.clear();
      at_ = 0;
      if (!left_.empty()) {
        rewriter_->rewrite(left_.substr(0, kStepBytes), out_);
        left_.remove_prefix(std::min(kStepBytes, left_.size()));
        continue;
      }
      const auto got = from_->read(piece_);
      if (got.ok() && *got > 0) {
        left_ = {reinterpret_cast<const char*>(piece_.data()), *got};
        continue;
      }
      ended_ = true;
      if (!got.ok()) error_ = got.error();
      rewriter_->finish(out_);
    }
    const std::size_t bytes = std::min(into.size(), out_.size() - at_);
    std::memcpy(into.data(), out_.data() + at_, bytes);
    at_ += bytes;
    return bytes;
  }

 private:
  std::unique_ptr<ByteStream> from_;
  std::unique_ptr<Rewriter> rewriter_;
  std::vector<std::byte> piece_;
  std::string_view left_;  // of the piece
  std::string out_;
  std::size_t at_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
};

class Borrowed final : public ByteStream {
 public:
  explicit Borrowed(ByteStream& from) : from_(from) {}
  Result<std::size_t> read(std::span<std::byte> into) override { return from_.read(into); }

 private:
  ByteStream& from_;
};

class Text final : public ByteStream {
 public:
  explicit Text(std::string text) : text_(std::move(text)) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const std::size_t bytes = std::min(into.size(), text_.size() - at_);
    std::memcpy(into.data(), text_.data() + at_, bytes);
    at_ += bytes;
    return bytes;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

class Limited final : public ByteStream {
 public:
  Limited(std::uint64_t bytes, std::unique_ptr<ByteStream> from) : left_(bytes), from_(std::move(from)) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const auto got = from_->read(into);
    if (!got.ok()) return got;
    if (*got > left_) return Error{ErrorKind::evidence, "the mark-up of a document is too long", {}, {}};
    left_ -= *got;
    return got;
  }

 private:
  std::uint64_t left_;
  std::unique_ptr<ByteStream> from_;
};

// Without what nobody sees, and without NULs. A hyphen that does not break (U+2011) is a hyphen.
class View final : public ByteStream {
 public:
  explicit View(std::unique_ptr<ByteStream> text) : text_(std::move(text)) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    while (at_ == seen_.size()) {
      if (ended_) return error_ ? Result<std::size_t>(*error_) : Result<std::size_t>(0);
      const auto got = text_->read(into);
      const bool is_over = !got.ok() || *got == 0;
      const std::string_view text(reinterpret_cast<const char*>(into.data()), is_over ? 0 : *got);
      if (!is_over && held_.empty() && find_unseen_lead(text) == std::string_view::npos) {
        note(text);
        return *got;
      }
      ended_ = is_over;
      if (!got.ok()) error_ = got.error();
      seen_.clear();
      at_ = 0;
      take(std::exchange(held_, {}).append(text));
    }
    const std::size_t bytes = std::min(into.size(), seen_.size() - at_);
    std::memcpy(into.data(), seen_.data() + at_, bytes);
    at_ += bytes;
    return bytes;
  }

 private:
  void note(std::string_view run) {
    const auto lead = std::find_if(run.rbegin(), run.rend(), [](char c) { return (c & 0xc0) != 0x80; });
    if (lead != run.rend()) lead_ = *lead;
  }
  void take(std::string_view text) {
    while (!text.empty()) {
      const std::string_view run = text.substr(0, find_unseen_lead(text));
      note(run);
      seen_.append(run);
      text.remove_prefix(run.size());
      if (text.empty()) return;
      const std::size_t bytes = text[0] == '\0' ? 1 : text[0] == '\xc2' ? 2 : 3;
      if (text.size() < bytes && !ended_) return void(held_ = text);
      const std::string_view mark = text.substr(0, bytes);
      const bool is_hyphen = mark == "\xe2\x80\x91", is_left = is_hyphen || mark[0] == '\0' || is_unseen(mark, lead_);
      if (is_hyphen) seen_.push_back('-');
      if (!is_left) seen_.push_back(lead_ = text[0]);
      text.remove_prefix(is_left ? mark.size() : 1);
    }
  }
  std::unique_ptr<ByteStream> text_;
  std::string held_;  // of a character that was cut
  std::string seen_;
  std::size_t at_ = 0;
  char lead_ = ' ';  // what the character before begins with
  bool ended_ = false;
  std::optional<Error> error_;
};

class OneView final : public Unpacker {
 public:
  explicit OneView(std::unique_ptr<ByteStream> text) : text_(as_view(std::move(text))) {}

  Result<std::optional<Part>> next() override {
    if (given_) return std::optional<Part>();
    given_ = true;
    Part part;
    part.is = Part::Is::view;
    return std::optional<Part>(std::move(part));
  }
  Result<std::size_t> read(std::span<std::byte> into) override { return text_->read(into); }

 private:
  std::unique_ptr<ByteStream> text_;
  bool given_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> rewritten(std::unique_ptr<ByteStream> from, std::unique_ptr<Rewriter> rewriter) {
  return std::make_unique<Rewritten>(std::move(from), std::move(rewriter));
}

std::unique_ptr<ByteStream> borrowed(ByteStream& from) { return std::make_unique<Borrowed>(from); }

std::unique_ptr<ByteStream> text_stream(std::string text) { return std::make_unique<Text>(std::move(text)); }

std::unique_ptr<ByteStream> at_most(std::uint64_t bytes, std::unique_ptr<ByteStream> from) {
  return std::make_unique<Limited>(bytes, std::move(from));
}

std::unique_ptr<ByteStream> as_view(std::unique_ptr<ByteStream> text) {
  return std::make_unique<View>(std::move(text));
}

std::unique_ptr<Unpacker> one_view(std::unique_ptr<ByteStream> text) {
  return std::make_unique<OneView>(std::move(text));
}

std::string rewrite_all(Rewriter& rewriter, std::string_view bytes) {
  std::string out;
  rewriter.rewrite(bytes, out);
  rewriter.finish(out);
  return out;
}

}  // namespace ambit::unpack
