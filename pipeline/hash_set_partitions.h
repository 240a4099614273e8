// HashPartitions: sorts more digests than fit into memory.
//
// Digests are evenly spread, so their first byte divides them into 256 partitions of nearly the same size, each of
// which can be sorted alone: every record is written and read once, whatever their number, where a sort in runs would
// merge. A partition that is still too large for memory (or made on purpose of digests that begin alike) is divided by
// its next byte, and so on.
//
// What is spilled are digests of published sets and of the order, no evidence: it is not encrypted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/file.h"
#include "pipeline/result.h"

namespace ambit {

// A file without a name to which blocks are appended; made when the first one is.
class HashSpill {
 public:
  explicit HashSpill(std::string folder) : folder_(std::move(folder)) {}
  // Offset of what was written. Error: space, io.
  [[nodiscard]] Result<std::uint64_t> append(std::span<const std::uint8_t> bytes);
  [[nodiscard]] Result<> read(std::uint64_t at, std::span<std::uint8_t> into) const;
  [[nodiscard]] std::uint64_t bytes() const { return end_; }

 private:
  std::string folder_;
  File file_;
  std::uint64_t end_ = 0;
};

class HashPartitions {
 public:
  // Records of 24, 28 or 40 bytes, ordered as bytes. `spill` must outlive it; it works in about `memory` bytes.
  HashPartitions(std::size_t record_bytes, HashSpill& spill, std::uint64_t memory);

  [[nodiscard]] Result<> add(std::span<const std::uint8_t> record);
  [[nodiscard]] std::uint64_t added() const { return added_; }

  // Every record once, ascending, any number of them at a time. Ends the adding; once.
  using Take = std::function<Result<>(std::span<const std::uint8_t> records)>;
  [[nodiscard]] Result<> drain(const Take& take);

 private:
  struct Block {
    std::uint64_t at = 0;
    std::size_t bytes = 0;
  };
  struct Partition {
    std::vector<std::uint8_t> held;
    std::vector<Block> spilled;
    std::uint64_t bytes = 0;
  };
  using Level = std::vector<Partition>;  // 256

  [[nodiscard]] Result<> put(Partition& into, std::span<const std::uint8_t> record);
  [[nodiscard]] Result<> spill_held(Partition& partition);
  [[nodiscard]] Result<> drain_level(Level& level, std::size_t byte, const Take& take);
  [[nodiscard]] Result<> sort_whole(Partition& partition, const Take& take);
  [[nodiscard]] Result<> divide(Partition& partition, std::size_t byte, const Take& take);

  std::size_t record_bytes_, block_bytes_;
  std::uint64_t sort_bytes_;
  HashSpill& spill_;
  Level level_;
  std::uint64_t added_ = 0;
};

}  // namespace ambit
