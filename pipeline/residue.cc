#include "pipeline/residue.h"

#include <algorithm>
#include <utility>

#include "pipeline/limits.h"

namespace ambit {

using limits::kResidueCell;

std::vector<ResidueRun::Piece> ResidueRun::add(Span span) {
  const std::uint64_t begin = span.begin;
  waiting_.emplace(begin, std::move(span));
  std::vector<Piece> out;
  for (auto here = waiting_.find(next_); here != waiting_.end(); here = waiting_.find(next_)) {
    settle(here->second, out);
    next_ = here->second.end;
    done_ = !here->second.goes_on;
    waiting_.erase(here);
  }
  return out;
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

void ResidueRun::settle(const Span& span, std::vector<Piece>& out) {
  const std::vector<Cells> runs = marked(span);
  for (const Hit& hit : span.hits) reached_ = std::max(reached_, hit.end());
  hits_.insert(hits_.end(), span.hits.begin(), span.hits.end());
  exceptions_.insert(exceptions_.end(), span.exceptions.begin(), span.exceptions.end());
  const std::size_t room = std::min(limits::kMaxCarveStarts - starts_.size(), span.starts.size());
  const auto too_many = span.starts.begin() + static_cast<std::ptrdiff_t>(room);
  starts_.insert(starts_.end(), span.starts.begin(), too_many);
  if (too_many != span.starts.end()) exceptions_.push_back({ExceptionReason::objects_limit, *too_many, 0});

  std::uint64_t at = span.begin;
  const bool dense = runs.size() == 1 && runs[0].end - runs[0].begin == limits::kSpanBytes;
  const bool joins = open_ && !dense && !runs.empty() && runs[0].begin == span.begin;
  if (open_ && !joins) {
    open_ = false;
    emit(open_cells_, out);
  }
  for (Cells run : runs) {
    if (run.begin > at) emit({at, run.begin}, out);
    at = run.end;
    if (open_) {
      run.begin = open_cells_.begin;
      open_ = false;
    }
    if (run.end == span.end && span.goes_on && !dense) {
      open_ = true;
      open_cells_ = run;
    } else {
      emit(run, out);
    }
  }
  if (at < span.end) emit({at, span.end}, out);
}

void ResidueRun::emit(Cells cells, std::vector<Piece>& out) {
  Piece piece{cells.begin, cells.end, {}};
  Facts& facts = piece.facts;
  facts.size = cells.end - cells.begin;
  facts.kind = kind_;
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
  out.push_back(std::move(piece));
}

}  // namespace ambit
