#include "pipeline/residue.h"

#include <algorithm>
#include <utility>

#include "pipeline/limits.h"

namespace ambit {

using limits::kResidueCell;
using limits::kSpanBytes;

ResidueRun::ResidueRun(std::uint64_t bytes) : bytes_(bytes), spans_((bytes + kSpanBytes - 1) / kSpanBytes) {}

std::vector<ResidueRun::Piece> ResidueRun::add(Span span) {
  waiting_.emplace(span.begin / kSpanBytes, std::move(span));
  std::vector<Piece> out;
  for (;;) {
    const auto here = waiting_.find(next_);
    if (here == waiting_.end()) return out;
    if (next_ + 1 < spans_) {
      const auto after = waiting_.find(next_ + 1);
      if (after == waiting_.end()) return out;
      // Hits that start here but were found next door, where they end.
      std::vector<Hit>& theirs = after->second.hits;
      const auto first_own = std::lower_bound(theirs.begin(), theirs.end(), here->second.end,
                                              [](const Hit& hit, std::uint64_t offset) { return hit.start < offset; });
      std::vector<Hit>& ours = here->second.hits;
      ours.insert(ours.end(), theirs.begin(), first_own);
      theirs.erase(theirs.begin(), first_own);
      std::sort(ours.begin(), ours.end());
    }
    settle(here->second, out);
    waiting_.erase(here);
    ++next_;
  }
}

// The cells of the span that hold a byte of a hit, joined where they touch.
std::vector<ResidueRun::Cells> ResidueRun::marked(const Span& span) const {
  std::vector<Cells> out;
  const auto mark = [&](std::uint64_t begin, std::uint64_t end) {
    const Cells cells{std::max(begin / kResidueCell * kResidueCell, span.begin),
                      std::min((end + kResidueCell - 1) / kResidueCell * kResidueCell, span.end)};
    if (!out.empty() && cells.begin <= out.back().end) {
      out.back().end = std::max(out.back().end, cells.end);
    } else {
      out.push_back(cells);
    }
  };
  if (reached_ > span.begin) mark(span.begin, std::min(reached_, span.end));
  for (const Hit& hit : span.hits) mark(hit.start, std::min(hit.end(), span.end));
  return out;
}

void ResidueRun::settle(Span& span, std::vector<Piece>& out) {
  const std::vector<Cells> runs = marked(span);
  coverage_ += span.coverage;
  for (const Hit& hit : span.hits) reached_ = std::max(reached_, hit.end());
  hits_.insert(hits_.end(), span.hits.begin(), span.hits.end());
  exceptions_.insert(exceptions_.end(), span.exceptions.begin(), span.exceptions.end());
  const bool last = span.end == bytes_;

  std::uint64_t at = span.begin;
  const bool dense = runs.size() == 1 && runs[0].end - runs[0].begin == kSpanBytes;
  const bool joins = open_ && !dense && !runs.empty() && runs[0].begin == span.begin;
  if (open_ && !joins) flush_open(out);
  for (Cells run : runs) {
    if (run.begin > at) emit({at, run.begin}, out);
    at = run.end;
    if (open_) {
      run.begin = open_cells_.begin;
      open_ = false;
    }
    if (run.end == span.end && !last && !dense) {
      open_ = true;
      open_cells_ = run;
    } else {
      emit(run, out);
    }
  }
  if (at < span.end) emit({at, span.end}, out);
}

void ResidueRun::flush_open(std::vector<Piece>& out) {
  open_ = false;
  // The coverage belongs to the span that is being settled, not to this piece of the one before.
  const Coverage kept = std::exchange(coverage_, {});
  emit(open_cells_, out);
  coverage_ = kept;
}

void ResidueRun::emit(Cells cells, std::vector<Piece>& out) {
  Piece piece{cells.begin, cells.end, {}};
  Facts& facts = piece.facts;
  facts.size = cells.end - cells.begin;
  facts.coverage = std::exchange(coverage_, {});
  const auto past = std::lower_bound(hits_.begin(), hits_.end(), cells.end,
                                     [](const Hit& hit, std::uint64_t offset) { return hit.start < offset; });
  for (auto hit = hits_.begin(); hit != past; ++hit) {
    Hit own = *hit;
    own.crossing = own.end() > cells.end;
    own.start -= cells.begin;
    facts.hits.push_back(own);
  }
  hits_.erase(hits_.begin(), past);
  for (const Exception& e : exceptions_) {
    const std::uint64_t from = std::max(e.offset, cells.begin);
    const std::uint64_t to = std::min(e.offset + e.length, cells.end);
    const bool here = e.length == 0 ? e.offset >= cells.begin && e.offset < cells.end : from < to;
    if (here) facts.exceptions.push_back({e.reason, from - cells.begin, e.length == 0 ? 0 : to - from});
  }
  std::erase_if(exceptions_,
                [&](const Exception& e) { return std::max(e.offset + e.length, e.offset + 1) <= cells.end; });
  const bool all_zero = facts.hits.empty() && facts.exceptions.empty() && facts.coverage.zero == facts.size;
  facts.kind = all_zero ? Kind::zero : Kind::residue;
  out.push_back(std::move(piece));
}

namespace {

class PartContent final : public Content {
 public:
  PartContent(std::unique_ptr<Content> whole, std::uint64_t begin, std::uint64_t length)
      : whole_(std::move(whole)), begin_(begin), length_(length) {}

  Result<ContentInfo> open() override {
    Result<ContentInfo> info = whole_->open();
    if (info.ok()) info->size = length_;
    return info;
  }
  void close() override { whole_->close(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset >= length_) return std::size_t{0};
    return whole_->read_at(begin_ + offset, into.first(std::min<std::uint64_t>(into.size(), length_ - offset)));
  }
  std::optional<std::uint64_t> exhibit_offset(std::uint64_t offset) const override {
    return whole_->exhibit_offset(begin_ + offset);
  }

 private:
  std::unique_ptr<Content> whole_;
  std::uint64_t begin_, length_;
};

}  // namespace

std::unique_ptr<Content> part_of(const Content& whole, std::uint64_t begin, std::uint64_t length) {
  std::unique_ptr<Content> copy = whole.duplicate();
  return copy == nullptr ? nullptr : std::make_unique<PartContent>(std::move(copy), begin, length);
}

}  // namespace ambit
