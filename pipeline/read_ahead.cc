#include "pipeline/read_ahead.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/limits_unpack.h"

namespace ambit {

struct ReadAhead::Impl {
  static constexpr std::size_t kPieces = 4;
  struct Piece {
    std::vector<std::byte> bytes = std::vector<std::byte>(limits::kAheadBytes / kPieces);
    std::size_t filled = 0;
    std::optional<Error> error;  // behind what is filled
    std::exception_ptr thrown;
    [[nodiscard]] bool is_last() const { return filled < bytes.size() || error || thrown != nullptr; }
  };

  explicit Impl(ByteStream& from) : stream(from) {}

  ByteStream& stream;
  std::array<Piece, kPieces> pieces;
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t filled = 0, taken = 0;  // pieces, under the mutex
  bool is_over = false;                 // nobody reads any more, under the mutex
  std::size_t given = 0;                // of the piece that is being taken; the reader's own
  std::thread thread;

  void fill(Piece& piece) const {
    piece.filled = 0;
    try {
      while (piece.filled < piece.bytes.size()) {
        const Result<std::size_t> got = stream.read(std::span(piece.bytes).subspan(piece.filled));
        if (!got.ok()) piece.error = got.error();
        if (!got.ok() || *got == 0) return;
        piece.filled += *got;
      }
    } catch (...) { piece.thrown = std::current_exception(); }
  }

  void loop() {
    for (bool last = false; !last;) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return is_over || filled - taken < kPieces; });
      if (is_over) return;
      Piece& piece = pieces[filled % kPieces];
      lock.unlock();
      fill(piece);
      last = piece.is_last();
      lock.lock();
      ++filled;
      changed.notify_all();
    }
  }

  // The next piece, filled; it stays the first until it is taken.
  [[nodiscard]] Piece& first() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return filled > taken; });
    return pieces[taken % kPieces];
  }

  void take() {
    const std::lock_guard lock(mutex);
    ++taken;
    given = 0;
    changed.notify_all();
  }
};

ReadAhead::ReadAhead(ByteStream& stream) : impl_(std::make_unique<Impl>(stream)) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->loop(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->is_over = true;
    impl_->changed.notify_all();
  }
  impl_->thread.join();
}

Result<std::size_t> ReadAhead::read(std::span<std::byte> into) {
  for (;;) {
    Impl::Piece& piece = impl_->first();
    if (impl_->given == piece.filled && piece.is_last()) {
      if (piece.thrown != nullptr) std::rethrow_exception(piece.thrown);
      if (piece.error) return *piece.error;
      return std::size_t{0};
    }
    if (impl_->given == piece.filled) {
      impl_->take();
      continue;
    }
    const std::size_t count = std::min(into.size(), piece.filled - impl_->given);
    std::copy_n(piece.bytes.begin() + static_cast<std::ptrdiff_t>(impl_->given), count, into.begin());
    impl_->given += count;
    return count;
  }
}

std::unique_ptr<ByteStream> read_ahead(ByteStream& stream) {
  try {
    return std::make_unique<ReadAhead>(stream);
  } catch (const std::system_error&) { return nullptr; }
}

}  // namespace ambit
