// The drawing of a workbook (MS-XLS 2.4.171): what the records MSODRAWINGGROUP and those in which they go on hold, put
// together. The pictures of all sheets are in it.
#pragma once

#include <vector>

#include "stages/unpack/ole/file.h"

namespace ambit::unpack {

class ExcelDrawing final : public Content {
 public:
  // `file` outlives the drawing.
  ExcelDrawing(const OleFile& file, std::uint32_t stream);

  Result<ContentInfo> open() override { return ContentInfo{size_, std::nullopt, 0}; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override;
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  struct Piece {
    std::uint64_t at = 0, place = 0;  // in the drawing, in the stream
  };
  OleStream stream_;
  std::vector<Piece> pieces_;
  std::uint64_t size_ = 0;
};

}  // namespace ambit::unpack
