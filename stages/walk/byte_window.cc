#include "stages/walk/byte_window.h"

#include <algorithm>

#include "stages/walk/file_system.h"

namespace ambit::walk {

bool ByteWindow::fill(std::uint64_t offset, std::size_t length) {
  begin_ = offset;
  held_ = 0;
  if (!read_fully(source_, offset, std::span(buffer_).first(length)).ok()) return false;
  held_ = length;
  return true;
}

std::span<const std::byte> ByteWindow::at(std::uint64_t offset, std::size_t length) {
  const std::uint64_t size = source_.size();
  if (length > buffer_.size() || offset > size || length > size - offset) return {};
  if (offset < begin_ || offset - begin_ > held_ || length > held_ - (offset - begin_)) {
    constexpr std::uint64_t kGrid = 4096;
    const std::uint64_t begin = length + offset % kGrid <= buffer_.size() ? offset - offset % kGrid : offset;
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), size - begin));
    // Where a disk refuses a part of the window, exactly what was asked for may still be there.
    if (!fill(begin, wanted) && !fill(offset, length)) return {};
  }
  return std::span(buffer_).subspan(static_cast<std::size_t>(offset - begin_), length);
}

}  // namespace ambit::walk
