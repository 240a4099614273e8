// Chunk: a piece of an object in memory, with the bytes around it that a match may need.
//
//        lead            body                                  tail
//   |..............|======================================|..............|
//   0              lead_bytes           lead_bytes+body_bytes            window().size()
//
// Every byte of an object is in exactly one body. Lead and tail repeat the neighbours' bytes: as many as the
// widest pattern (PatternSet::context_bytes()), fewer at the object's ends. A match belongs to the chunk in whose
// body its last byte lies, so no result depends on where the cuts are.
//
// A Chunk cannot be printed, formatted or logged: evidence bytes stay in memory (law L6).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pipeline/facts.h"
#include "pipeline/object.h"

namespace ambit {

// Why bytes could not be read, of the Error that a read gave.
[[nodiscard]] ExceptionReason reason_of(const Error& error);

[[nodiscard]] constexpr std::uint64_t align_down(std::uint64_t value, std::uint64_t to) { return value / to * to; }
[[nodiscard]] constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t to) {
  return align_down(value + to - 1, to);
}

// A part of a chunk's body that is not a long run of zeros. Offsets count from the body's first byte.
struct Segment {
  std::size_t begin = 0;
  std::size_t end = 0;
};

class Chunk {
 public:
  Chunk(std::span<const std::byte> window, std::size_t lead, std::size_t body, std::uint64_t offset,
        std::span<const Segment> segments, std::uint64_t zeros_before = 0)
      : window_(window), lead_(lead), body_(body), offset_(offset), segments_(segments), zeros_before_(zeros_before) {}

  [[nodiscard]] std::span<const std::byte> window() const { return window_; }
  [[nodiscard]] std::span<const std::byte> body() const { return window_.subspan(lead_, body_); }
  [[nodiscard]] std::size_t lead_bytes() const { return lead_; }
  [[nodiscard]] std::size_t body_bytes() const { return body_; }
  [[nodiscard]] std::uint64_t offset() const { return offset_; }  // of the body's first byte, in the object
  // The body without its long runs of zeros; in order, not touching. A stage that cannot meet anything in zeros
  // may look at these alone (with their context). Empty: the whole body is zeros.
  [[nodiscard]] std::span<const Segment> segments() const { return segments_; }

  // Bytes of a hole between the previous chunk's body and this one's, that stand in no body: zeros, at least
  // context bytes away from anything else. Only a stage that must see every byte (a digest) cares.
  [[nodiscard]] std::uint64_t zeros_before() const { return zeros_before_; }

  // Offsets, in order, at which one text ends and another begins: an image is read across the borders of its files.
  // Empty for an object. May reach beyond the window.
  [[nodiscard]] std::span<const std::uint64_t> borders() const { return borders_; }
  void set_borders(std::span<const std::uint64_t> borders) { borders_ = borders; }

  template <class Stream>
  friend Stream& operator<<(Stream&, const Chunk&) = delete;

 private:
  std::span<const std::byte> window_;
  std::size_t lead_;
  std::size_t body_;
  std::uint64_t offset_;
  std::span<const Segment> segments_;
  std::uint64_t zeros_before_;
  std::span<const std::uint64_t> borders_;
};

// Whether long runs of zeros may be left out of the segments, and holes out of the bodies.
enum class Zeros : std::uint8_t { skip, look };

// One worker's window on an object; its memory is reused from object to object.
class ChunkBuffer {
 public:
  // `chunk_bytes` of body and `context` bytes of lead and of tail.
  ChunkBuffer(std::size_t chunk_bytes, std::size_t context, Zeros zeros);
  [[nodiscard]] std::size_t chunk_bytes() const { return chunk_bytes_; }
  [[nodiscard]] std::size_t context() const { return context_; }
  [[nodiscard]] std::size_t memory() const { return bytes_bytes_; }

 private:
  friend class ChunkReader;
  std::size_t chunk_bytes_, context_, bytes_bytes_;
  Zeros zeros_;
  std::unique_ptr<std::byte[]> bytes_;  // not a vector: a vector would fill it with zeros first
  std::vector<Segment> segments_;
};

// Reads bytes [begin, end) of an opened object front to back, chunk by chunk. Bytes that cannot be read are
// zeros in the chunk and exceptions in `facts`; coverage is accounted in `facts` as the chunks go by. Results do
// not depend on the size of the chunks, nor on where an object is cut into parts, so long as the cuts are
// multiples of limits::kZeroBlock.
class ChunkReader {
 public:
  ChunkReader(Content& content, std::uint64_t size, std::uint64_t begin, std::uint64_t end, ChunkBuffer& buffer,
              Facts& facts);
  // False at the end. The chunk is valid until the next call.
  [[nodiscard]] bool next();
  [[nodiscard]] Chunk chunk() const;
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
  // What chunks() say of borders; must outlive the reader.
  void set_borders(std::span<const std::uint64_t> borders) { borders_ = borders; }

 private:
  // Bytes of the window that could not be read, by object offset.
  struct BadRange {
    std::uint64_t begin, end;
    ExceptionReason reason;
  };
  // What is known of one block of limits::kZeroBlock so far.
  struct Block {
    std::uint64_t bytes = 0;
    std::uint64_t bad = 0;
    bool zero = true;
  };

  using Clock = std::chrono::steady_clock;

  [[nodiscard]] bool jump_over_hole();
  void fill();
  void ask_ahead(std::uint64_t offset, std::uint64_t got, Clock::duration spent);
  void read_range(std::uint64_t offset, std::span<std::byte> into);
  std::size_t lose_piece(std::uint64_t offset, std::span<std::byte> into);
  void retry_range(std::uint64_t offset, std::span<std::byte> into);
  void mark_bad(ExceptionReason reason, std::uint64_t begin, std::uint64_t end);
  void look_for_zeros();
  void close_block();
  void note_exceptions();
  void note_change();
  [[nodiscard]] std::uint64_t bad_bytes(std::uint64_t begin, std::uint64_t end) const;

  Content& content_;
  ChunkBuffer& buffer_;
  Facts& facts_;
  std::uint64_t size_, end_;  // bytes of the object; end of the part to read
  const HeldBytes held_;
  const std::byte* window_;              // in the buffer, or where they are held
  std::uint64_t window_at_, filled_to_;  // the window holds object bytes [window_at_, filled_to_)
  std::uint64_t body_at_ = 0, body_end_;
  std::uint64_t zeros_before_ = 0;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t asked_to_ = 0;  // no hint is needed before this offset
  DataRun run_;                 // the run of data or hole that was asked for last
  Block block_;                 // the block that body_end_ stands in
  std::vector<BadRange> bad_;   // of the window, in order
  std::span<const std::uint64_t> borders_;
};

}  // namespace ambit
