#include "stages/unpack/text/window.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ambit::unpack {

constexpr std::size_t kRoom = 8;

void Window::ensure(std::size_t bytes) {
  bytes = std::min(bytes, capacity_);
  if (ended_ || end_ - begin_ >= bytes) return;
  std::unique_ptr<std::byte[]> larger;
  // Room for more than was asked for, so that what is held is not moved for each few bytes that are taken.
  if (room_ < bytes) larger = std::make_unique_for_overwrite<std::byte[]>(std::min(capacity_, kRoom * bytes));
  std::byte* const to = larger != nullptr ? larger.get() : buffer_.get();
  if (end_ > begin_) std::memmove(to, buffer_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (larger != nullptr) {
    buffer_ = std::move(larger);
    room_ = std::min(capacity_, kRoom * bytes);
  }
  while (!ended_ && end_ < bytes) {
    const auto got = from_.read(std::span(buffer_.get() + end_, room_ - end_));
    if (!got.ok()) failure_ = got.error();
    ended_ = !got.ok() || *got == 0;
    end_ += got.ok() ? *got : 0;
  }
}

std::string_view Window::view() const {
  if (begin_ == end_) return {};
  return {reinterpret_cast<const char*>(buffer_.get()) + begin_, end_ - begin_};
}

void Window::drop(std::size_t bytes) {
  bytes = std::min(bytes, end_ - begin_);
  begin_ += bytes;
  offset_ += bytes;
}

Peeked::Peeked(std::unique_ptr<ByteStream> from, std::size_t bytes) : from_(std::move(from)), window_(*from_, bytes) {
  window_.ensure(bytes);
}

Result<std::size_t> Peeked::read(std::span<std::byte> into) {
  const std::string_view head = window_.view();
  if (head.empty()) return window_.failure() ? Result<std::size_t>(*window_.failure()) : from_->read(into);
  const std::size_t bytes = std::min(into.size(), head.size());
  std::memcpy(into.data(), head.data(), bytes);
  window_.drop(bytes);
  return bytes;
}

}  // namespace ambit::unpack
