// The log is a ring of blocks of 512 bytes:
//
//   log    = record*                                  the ring is written round and round, each round is a cycle
//   record = header (one block, more for large ones), data; of each block the first word is replaced by its cycle
//   header = FEEDBABE:u32 cycle:u32 version:u32 data-bytes:u32 lsn:u64 tail:u64 crc:u32 … operations:u32@40 …
//            size:u32@320 …                           size: of the buffer; a header block for each 32 KiB of it
//   data   = (transaction:u32 bytes:u32 client:u8 flags:u8 …) …           flag 20: the file system was unmounted
//
// All before the head was written in this cycle, all behind it in the one before. A file system that was closed wrote a
// record of that one operation last, right before the head. (Whoever reads on needs the tail; here it is enough that
// there is another record at the end.)
#include "stages/walk/xfs/log.h"

#include <algorithm>

#include "stages/walk/file_system.h"

namespace ambit::walk::xfs {
namespace {

constexpr std::uint64_t kLogBlock = 512;
constexpr std::uint32_t kRecord = 0xFEEDBABE;
constexpr std::uint64_t kMostRecordBlocks = 1024;  // 256 KiB of data with their headers, and half of that again
constexpr std::uint32_t kUnmounted = 0x20;

class Ring {
 public:
  Ring(const ByteSource& volume, std::uint64_t place, std::uint64_t blocks)
      : volume_(volume), place_(place), blocks_(blocks) {}
  [[nodiscard]] std::uint64_t blocks() const { return blocks_; }
  [[nodiscard]] bool read(std::uint64_t block, std::array<std::byte, kLogBlock>& into) const {
    return read_fully(volume_, place_ + block % blocks_ * kLogBlock, into).ok();
  }
  [[nodiscard]] std::uint32_t cycle(std::uint64_t block) const {
    std::array<std::byte, 8> words{};
    if (!read_fully(volume_, place_ + block % blocks_ * kLogBlock, words).ok()) return 0;
    return be32(words, 0) == kRecord ? be32(words, 4) : be32(words, 0);
  }
  // The first block that was not written in the cycle of block 0.
  [[nodiscard]] std::uint64_t head() const {
    const std::uint32_t now = cycle(0);
    std::uint64_t low = 0, high = blocks_;  // written; not
    while (low + 1 < high) {
      const std::uint64_t middle = low + (high - low) / 2;
      (cycle(middle) == now ? low : high) = middle;
    }
    return high;
  }

 private:
  const ByteSource& volume_;
  std::uint64_t place_, blocks_;
};

// Blocks of the header.
std::uint64_t header_blocks(Bytes header) {
  constexpr std::uint32_t kUnit = 32 * 1024;
  const bool is_second = (be32(header, 8) & 2) != 0;
  return is_second ? std::max<std::uint64_t>(1, (std::uint64_t{be32(header, 320)} + kUnit - 1) / kUnit) : 1;
}

// The record that ends at `head` says so.
bool says_unmounted(const Ring& ring, std::uint64_t at, std::uint64_t head, Bytes header) {
  const std::uint64_t before = header_blocks(header);
  const std::uint64_t data = (std::uint64_t{be32(header, 12)} + kLogBlock - 1) / kLogBlock;
  std::array<std::byte, kLogBlock> operation{};
  return be32(header, 40) == 1 && at + before + data == head && ring.read(at + before, operation) &&
         (be8(operation, 9) & kUnmounted) != 0;
}

}  // namespace

LogState log_state(const ByteSource& volume, const Superblock& super) {
  if (super.log_start == 0) return LogState::elsewhere;
  if (super.log_blocks == 0 || !super.valid_blocks(super.log_start, super.log_blocks)) return LogState::closed;
  const std::uint64_t place = super.place(super.log_start);
  const std::uint64_t bytes = std::uint64_t{super.log_blocks} << super.block_log;
  if (place > volume.size() || bytes > volume.size() - place) return LogState::closed;
  const Ring ring(volume, place, bytes / kLogBlock);
  if (ring.cycle(0) == 0) return LogState::closed;  // never written
  // From the second cycle on the head may be so near to the beginning that its record began at the end.
  const std::uint64_t head = ring.head() + ring.blocks();
  std::array<std::byte, kLogBlock> header{};
  for (std::uint64_t back = 1; back <= std::min(kMostRecordBlocks, ring.blocks()); ++back) {
    if (!ring.read(head - back, header)) return LogState::open;
    if (be32(header, 0) == kRecord) {
      return says_unmounted(ring, head - back, head, header) ? LogState::closed : LogState::open;
    }
  }
  return LogState::open;
}

}  // namespace ambit::walk::xfs
