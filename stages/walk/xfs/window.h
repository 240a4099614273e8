// Many small places in rising order, read in few large pieces.
#pragma once

#include <algorithm>

#include "pipeline/limits.h"
#include "stages/walk/xfs/format.h"

namespace ambit::walk::xfs {

class Window {
 public:
  explicit Window(const Reading& reading) : reading_(reading) {}

  // The bytes of the i-th of `count` places; `place_of(i)` and `length_of(i)` tell about it and those behind it. Valid
  // until the next call. Null: cannot be read.
  template <class PlaceOf, class LengthOf>
  [[nodiscard]] std::optional<Bytes> at(std::size_t i, std::size_t count, PlaceOf&& place_of, LengthOf&& length_of) {
    const std::uint64_t place = place_of(i);
    const std::uint64_t length = length_of(i);
    if (!covers(place, length)) {
      std::uint64_t end = place + length;
      for (std::size_t j = i + 1; j < count; ++j) {
        const std::uint64_t next = place_of(j);
        if (next < place || next > end + limits::kXfsGapBytes) break;
        if (next + length_of(j) - place > limits::kXfsWindowBytes) break;
        end = std::max(end, next + length_of(j));
      }
      if (!load(place, end - place) && !load(place, length)) return std::nullopt;
    }
    return Bytes(buffer_).subspan(place - begin_, length);
  }

 private:
  [[nodiscard]] bool covers(std::uint64_t place, std::uint64_t length) const {
    return place >= begin_ && place + length <= begin_ + filled_;
  }
  [[nodiscard]] bool load(std::uint64_t place, std::uint64_t length) {
    if (buffer_.size() < length) buffer_.resize(length);
    begin_ = place;
    filled_ = 0;
    if (!reading_.read(place, std::span(buffer_).first(length))) return false;
    filled_ = length;
    return true;
  }

  const Reading& reading_;
  std::vector<std::byte> buffer_;
  std::uint64_t begin_ = 0, filled_ = 0;
};

}  // namespace ambit::walk::xfs
