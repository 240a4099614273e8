#include "stages/unpack/ole/excel_drawing.h"

#include <algorithm>

#include "stages/unpack/input.h"

namespace ambit::unpack {
namespace {

constexpr std::uint16_t kDrawingGroup = 0xeb, kContinue = 0x3c;
constexpr std::size_t kDrawingHeaderBytes = 4;

}  // namespace

ExcelDrawing::ExcelDrawing(const OleFile& file, std::uint32_t stream) : stream_(file, stream) {
  Input input(stream_, stream_.size());
  bool is_drawing = false;
  while (true) {
    const auto ahead = input.ahead(kDrawingHeaderBytes);
    if (!ahead.ok() || ahead->size() < kDrawingHeaderBytes) break;
    const std::uint16_t type = little16(*ahead, 0), bytes = little16(*ahead, 2);
    is_drawing = type == kDrawingGroup || (type == kContinue && is_drawing);
    input.take(kDrawingHeaderBytes);
    if (is_drawing) pieces_.push_back({size_, input.offset()});
    const auto skipped = input.skip(bytes);
    if (!skipped.ok()) break;
    size_ += is_drawing ? *skipped : 0;
  }
}

Result<std::size_t> ExcelDrawing::read_at(std::uint64_t offset, std::span<std::byte> into) {
  std::size_t done = 0;
  while (done < into.size() && offset < size_) {
    const auto behind = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                         [](std::uint64_t at, const Piece& piece) { return at < piece.at; });
    const Piece& piece = *std::prev(behind);
    const std::uint64_t end = behind == pieces_.end() ? size_ : behind->at;
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(into.size() - done, end - offset));
    const auto got = stream_.read_at(piece.place + offset - piece.at, into.subspan(done, want));
    if (!got.ok()) return done > 0 ? Result<std::size_t>(done) : got;
    if (*got == 0) break;
    done += *got;
    offset += *got;
  }
  return done;
}

}  // namespace ambit::unpack
