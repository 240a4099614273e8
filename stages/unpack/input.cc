#include "stages/unpack/input.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace ambit::unpack {

Input::Input(ByteStream& stream, std::size_t window_bytes)
    : stream_(&stream), window_(new std::byte[window_bytes]), capacity_(window_bytes) {}

Input::Input(Content& content, std::uint64_t size, std::size_t window_bytes)
    : content_(&content), size_(size), window_(new std::byte[window_bytes]), capacity_(window_bytes) {}

std::size_t Input::visible() const {
  const std::uint64_t here = offset();
  return end_ <= here ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(filled_ - at_, end_ - here));
}

Result<std::size_t> Input::fetch(std::span<std::byte> into) {
  if (stream_ != nullptr) return stream_->read(into);
  const std::uint64_t from = base_ + filled_;
  const std::uint64_t left = from < size_ ? size_ - from : 0;
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left));
  return want == 0 ? Result<std::size_t>(std::size_t{0}) : content_->read_at(from, into.first(want));
}

void Input::fill(std::size_t want) {
  const std::size_t keep = std::min(at_, kBackBytes);
  std::memmove(window_.get(), window_.get() + at_ - keep, filled_ - at_ + keep);
  base_ += at_ - keep;
  filled_ -= at_ - keep;
  at_ = keep;
  while (!dry_ && filled_ - at_ < want) {
    const Result<std::size_t> got = fetch({window_.get() + filled_, capacity_ - filled_});
    if (!got.ok()) failure_ = got.error();
    dry_ = !got.ok() || *got == 0;
    filled_ += got.ok() ? *got : 0;
  }
}

Result<std::span<const std::byte>> Input::ahead(std::size_t want) {
  assert(want + kBackBytes <= capacity_);
  const std::uint64_t here = offset();
  want = end_ <= here ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(want, end_ - here));
  if (filled_ - at_ < want) fill(want);
  if (filled_ - at_ < want && failure_) return *failure_;
  return std::span<const std::byte>(window_.get() + at_, visible());
}

void Input::take(std::size_t count) {
  assert(count <= filled_ - at_);
  at_ += count;
}

void Input::give_back(std::size_t count) {
  assert(count <= at_);
  at_ -= std::min(count, at_);
}

Result<std::uint64_t> Input::skip(std::uint64_t count) {
  const std::uint64_t begin = offset();
  count = std::min(count, end_ > begin ? end_ - begin : 0);
  if (content_ != nullptr && count > filled_ - at_) {
    seek(begin + std::min(count, size_ > begin ? size_ - begin : 0));
    return offset() - begin;
  }
  for (std::uint64_t left = count; left > 0;) {
    const auto window = ahead();
    if (!window.ok()) return window.error();
    if (window->empty()) break;
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(left, window->size()));
    take(step);
    left -= step;
  }
  return offset() - begin;
}

Result<std::size_t> Input::read(std::span<std::byte> into) {
  const auto window = ahead();
  if (!window.ok()) return window.error();
  const std::size_t count = std::min(into.size(), window->size());
  std::copy_n(window->begin(), count, into.begin());
  take(count);
  return count;
}

void Input::seek(std::uint64_t offset) {
  assert(content_ != nullptr);
  if (offset >= base_ && offset <= base_ + filled_) {
    at_ = static_cast<std::size_t>(offset - base_);
    return;
  }
  base_ = offset;
  at_ = filled_ = 0;
  dry_ = false;
  failure_.reset();
}

}  // namespace ambit::unpack
