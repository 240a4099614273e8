#include "pipeline/read_ahead.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "pipeline/limits_unpack.h"

namespace ambit {
namespace {

constexpr std::size_t kPieces = 4;

struct Piece {
  std::vector<std::byte> bytes = std::vector<std::byte>(limits::kAheadBytes / kPieces);
  std::size_t filled = 0;
  std::optional<Error> error;  // behind what is filled
  std::exception_ptr thrown;
  [[nodiscard]] bool is_last() const { return filled < bytes.size() || error || thrown != nullptr; }
};

class ReadAhead final : public ByteStream {
 public:
  explicit ReadAhead(ByteStream& stream) : stream_(stream), thread_([this] { loop(); }) {}
  ~ReadAhead() override {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }

  Result<std::size_t> read(std::span<std::byte> into) override {
    Piece* piece = &first();
    while (given_ == piece->filled && !piece->is_last()) {
      take();
      piece = &first();
    }
    const std::size_t count = std::min(into.size(), piece->filled - given_);
    if (count == 0 && piece->thrown != nullptr) std::rethrow_exception(piece->thrown);
    if (count == 0 && piece->error) return *piece->error;
    std::copy_n(piece->bytes.begin() + static_cast<std::ptrdiff_t>(given_), count, into.begin());
    given_ += count;
    return count;
  }

 private:
  void loop() {
    for (bool last = false; !last;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_over_ || filled_ - taken_ < kPieces; });
      if (is_over_) return;
      Piece& piece = pieces_[filled_ % kPieces];
      lock.unlock();
      fill(piece);
      last = piece.is_last();
      lock.lock();
      ++filled_;
      changed_.notify_all();
    }
  }
  void fill(Piece& piece) const {
    piece.filled = 0;
    try {
      while (piece.filled < piece.bytes.size()) {
        const Result<std::size_t> got = stream_.read(std::span(piece.bytes).subspan(piece.filled));
        if (!got.ok()) piece.error = got.error();
        if (!got.ok() || *got == 0) return;
        piece.filled += *got;
      }
    } catch (...) { piece.thrown = std::current_exception(); }
  }
  // The next piece, filled; it stays the first until it is taken.
  [[nodiscard]] Piece& first() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return filled_ > taken_; });
    return pieces_[taken_ % kPieces];
  }
  void take() {
    const std::lock_guard lock(mutex_);
    ++taken_;
    given_ = 0;
    changed_.notify_all();
  }

  ByteStream& stream_;
  std::array<Piece, kPieces> pieces_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t filled_ = 0, taken_ = 0;  // pieces, under the mutex
  bool is_over_ = false;                  // nobody reads any more, under the mutex
  std::size_t given_ = 0;                 // of the first piece; the reader's own
  std::thread thread_;                    // begins when all else is there
};

}  // namespace

std::unique_ptr<ByteStream> read_ahead(ByteStream& stream) {
  try {
    return std::make_unique<ReadAhead>(stream);
  } catch (const std::system_error&) { return nullptr; }
}

}  // namespace ambit
