// The bytes of a volume: pieces of an image, one after the other. What no piece covers (the part of a logical volume
// whose disk is missing) is an error when it is read, so that it is counted as unreadable and not as zeros.
#include <algorithm>
#include <cstring>

#include "stages/walk/file_system.h"
#include "stages/walk/volume/systems.h"
#include "stages/walk/volume/volumes.h"

namespace ambit::walk {
namespace {

class PiecesSource final : public ByteSource {
 public:
  PiecesSource(Bytes whole, std::vector<Run> pieces, std::uint64_t size)
      : whole_(std::move(whole)), pieces_(std::move(pieces)), size_(size) {}

  std::uint64_t size() const override { return size_; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= size_) return std::size_t{0};
    const std::size_t wanted = std::min<std::uint64_t>(into.size(), size_ - offset);
    std::size_t done = 0;
    while (done < wanted) {
      const Run* piece = piece_at(offset + done);
      if (piece == nullptr) return Error{ErrorKind::evidence, "the volume has no bytes there", "", ""};
      const std::uint64_t skipped = offset + done - piece->start;
      const std::size_t count = std::min<std::uint64_t>(wanted - done, piece->length - skipped);
      const Result<> read = read_fully(*whole_, piece->place + skipped, into.subspan(done, count));
      if (!read.ok()) return read.error();
      done += count;
    }
    return done;
  }

  DataRun run_at(std::uint64_t offset) const override {
    const Run* piece = piece_at(offset);
    if (piece == nullptr) {
      const auto next = after(offset);
      return {offset, (next == pieces_.end() ? size_ : next->start) - offset, false};
    }
    const std::uint64_t place = piece->place + (offset - piece->start);
    const DataRun run = whole_->run_at(place);
    const std::uint64_t known =
        run.offset <= place && run.length > place - run.offset ? run.length - (place - run.offset) : std::uint64_t{1};
    return {offset, std::min({known, piece->end() - offset, size_ - offset}), run.hole};
  }

  void will_need(std::uint64_t offset, std::uint64_t length) const override {
    const Run* piece = piece_at(offset);
    if (piece == nullptr) return;
    const std::uint64_t skipped = offset - piece->start;
    whole_->will_need(piece->place + skipped, std::min(length, piece->length - skipped));
  }

 private:
  std::vector<Run>::const_iterator after(std::uint64_t offset) const {
    return std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                            [](std::uint64_t at, const Run& run) { return at < run.start; });
  }
  const Run* piece_at(std::uint64_t offset) const {
    const auto next = after(offset);
    if (next == pieces_.begin() || offset >= size_) return nullptr;
    const Run& piece = *std::prev(next);
    return offset < piece.end() ? &piece : nullptr;
  }

  Bytes whole_;  // shared: a decrypted device belongs to all volumes in it
  std::vector<Run> pieces_;
  std::uint64_t size_;
};

}  // namespace

std::unique_ptr<ByteSource> volume_bytes(const ByteSource& image, std::vector<Run> pieces, std::uint64_t size) {
  return std::make_unique<PiecesSource>(Bytes(Bytes(), &image), std::move(pieces), size);
}

Bytes pieces_of(Bytes whole, std::vector<Run> pieces, std::uint64_t size) {
  const bool all = pieces.size() == 1 && pieces[0] == Run{0, 0, size} && whole->size() == size;
  if (all) return whole;
  return std::make_shared<PiecesSource>(std::move(whole), std::move(pieces), size);
}

Block::Block(const ByteSource& source, std::uint64_t offset, std::size_t bytes) : bytes_(bytes) {
  if (offset >= source.size()) return;
  const std::size_t there = std::min<std::uint64_t>(bytes, source.size() - offset);
  const bool read = read_fully(source, offset, std::span(bytes_).first(there)).ok();
  if (!read) std::fill(bytes_.begin(), bytes_.end(), std::byte{0});
  complete_ = read && there == bytes;
}

std::string_view Block::text(std::size_t at, std::size_t bytes) const {
  if (at > bytes_.size() || bytes > bytes_.size() - at) return {};
  return {reinterpret_cast<const char*>(bytes_.data()) + at, bytes};
}

std::uint64_t Block::little(std::size_t at, std::size_t bytes) const {
  std::uint64_t value = 0;
  for (std::size_t i = bytes; i-- > 0;) {
    value = value << 8 | (at + i < bytes_.size() ? std::to_integer<std::uint64_t>(bytes_[at + i]) : 0);
  }
  return value;
}

std::uint64_t Block::big(std::size_t at, std::size_t bytes) const {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    value = value << 8 | (at + i < bytes_.size() ? std::to_integer<std::uint64_t>(bytes_[at + i]) : 0);
  }
  return value;
}

std::uint32_t crc32(std::uint32_t initial, std::span<const std::byte> bytes) {
  static constexpr auto kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? 0xEDB88320U : 0U);
      table[i] = value;
    }
    return table;
  }();
  for (const std::byte byte : bytes)
    initial = initial >> 8 ^ kTable[(initial ^ std::to_integer<std::uint32_t>(byte)) & 255];
  return initial;
}

}  // namespace ambit::walk
