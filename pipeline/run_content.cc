#include "pipeline/run_content.h"

#include <algorithm>
#include <cstring>

namespace ambit {
namespace {

class RunContent final : public Content {
 public:
  RunContent(const ByteSource& image, std::vector<Run> runs, ContentInfo info, Places places)
      : image_(image), runs_(std::move(runs)), info_(info), places_(places) {}

  Result<ContentInfo> open() override { return info_; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset >= info_.size) return std::size_t{0};
    into = into.first(std::min<std::uint64_t>(into.size(), info_.size - offset));
    std::size_t done = 0;
    while (done < into.size()) {
      const Piece piece = piece_at(offset + done);
      const std::span<std::byte> part = into.subspan(done, std::min<std::uint64_t>(into.size() - done, piece.length));
      if (!piece.place) {
        std::memset(part.data(), 0, part.size());
        done += part.size();
        continue;
      }
      const Result<std::size_t> got = image_.read_at(*piece.place, part);
      if (!got.ok()) return done > 0 ? Result<std::size_t>(done) : got;
      if (*got == 0) break;
      done += *got;
    }
    return done;
  }

  DataRun run_at(std::uint64_t offset) override {
    const Piece piece = piece_at(offset);
    if (!piece.place) return {offset, piece.length, true};
    const DataRun inner = image_.run_at(*piece.place);
    return {offset, std::min(piece.length, inner.offset + inner.length - *piece.place), inner.hole};
  }

  std::optional<std::uint64_t> exhibit_offset(std::uint64_t offset) const override {
    return places_ == Places::exhibit ? piece_at(offset).place : std::nullopt;
  }

  std::unique_ptr<Content> duplicate() const override {
    return std::make_unique<RunContent>(image_, runs_, info_, places_);
  }

  void will_need(std::uint64_t offset, std::uint64_t length) override {
    const Piece piece = piece_at(offset);
    if (piece.place) image_.will_need(*piece.place, std::min(length, piece.length));
  }

 private:
  // What stands from one offset on: so many bytes at a place, or so many zeros.
  struct Piece {
    std::optional<std::uint64_t> place;
    std::uint64_t length = 0;
  };
  [[nodiscard]] Piece piece_at(std::uint64_t offset) const {
    const auto after = std::upper_bound(runs_.begin(), runs_.end(), offset,
                                        [](std::uint64_t at, const Run& run) { return at < run.start; });
    if (after != runs_.begin() && std::prev(after)->end() > offset) {
      const Run& run = *std::prev(after);
      return {run.place + (offset - run.start), run.end() - offset};
    }
    return {std::nullopt, (after == runs_.end() ? std::max(info_.size, offset + 1) : after->start) - offset};
  }

  const ByteSource& image_;
  std::vector<Run> runs_;
  ContentInfo info_;
  Places places_;
};

}  // namespace

std::unique_ptr<Content> run_content(const ByteSource& image, std::vector<Run> runs, ContentInfo info, Places places) {
  return std::make_unique<RunContent>(image, std::move(runs), info, places);
}

}  // namespace ambit
