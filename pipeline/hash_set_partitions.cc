#include "pipeline/hash_set_partitions.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

namespace ambit {
namespace {

constexpr std::size_t kPartitions = 256;
constexpr std::size_t kKinds = 3;  // of digests, each with partitions of its own while they are added
constexpr std::uint64_t kLeastBlock = 4 * 1024, kMostBlock = 256 * 1024;

Error explained(Error error, const std::string& folder) {
  if (error.kind == ErrorKind::space) {
    return {ErrorKind::space, "no room left to sort the hashes", folder, "free some room there"};
  }
  return {error.kind, "cannot sort the hashes: " + error.what, folder, "check that the folder can be written"};
}

template <std::size_t N>
void sort_records(std::vector<std::uint8_t>& bytes) {
  using Record = std::array<std::uint8_t, N>;
  static_assert(sizeof(Record) == N && alignof(Record) == 1);
  auto* const first = reinterpret_cast<Record*>(bytes.data());
  auto* const last = first + bytes.size() / N;
  const auto leading = [](const Record& record) {
    std::uint64_t word = 0;
    std::memcpy(&word, record.data(), sizeof word);
    return __builtin_bswap64(word);
  };
  std::sort(first, last, [&](const Record& a, const Record& b) {
    const std::uint64_t one = leading(a), other = leading(b);
    return one != other ? one < other : std::memcmp(a.data(), b.data(), N) < 0;
  });
  bytes.resize(static_cast<std::size_t>(std::unique(first, last) - first) * N);
}

void sort_unique(std::vector<std::uint8_t>& bytes, std::size_t record_bytes) {
  if (record_bytes == 24) return sort_records<24>(bytes);
  if (record_bytes == 28) return sort_records<28>(bytes);
  assert(record_bytes == 40);
  sort_records<40>(bytes);
}

}  // namespace

Result<std::uint64_t> HashSpill::append(std::span<const std::uint8_t> bytes) {
  if (!file_.is_open()) {
    Result<File> file = File::create_unnamed(folder_);
    if (!file) return explained(std::move(file).error(), folder_);
    file_ = std::move(*file);
  }
  const std::uint64_t at = end_;
  if (Result<> done = file_.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); !done) {
    return explained(std::move(done).error(), folder_);
  }
  end_ += bytes.size();
  return at;
}

Result<> HashSpill::read(std::uint64_t at, std::span<std::uint8_t> into) const {
  Result<> done = file_.read_at(at, reinterpret_cast<char*>(into.data()), into.size());
  return done ? Result<>() : explained(std::move(done).error(), folder_);
}

HashPartitions::HashPartitions(std::size_t record_bytes, HashSpill& spill, std::uint64_t memory)
    : record_bytes_(record_bytes), sort_bytes_(memory / 4), spill_(spill), level_(kPartitions) {
  const std::uint64_t block = std::clamp(memory / 4 / (kKinds * kPartitions), kLeastBlock, kMostBlock);
  block_bytes_ = block / record_bytes_ * record_bytes_;
  sort_bytes_ = std::max<std::uint64_t>(sort_bytes_, block_bytes_);
}

Result<> HashPartitions::add(std::span<const std::uint8_t> record) {
  assert(record.size() == record_bytes_);
  ++added_;
  return put(level_[record[0]], record);
}

Result<> HashPartitions::put(Partition& into, std::span<const std::uint8_t> record) {
  into.held.insert(into.held.end(), record.begin(), record.end());
  into.bytes += record.size();
  return into.held.size() < block_bytes_ ? Result<>() : spill_held(into);
}

Result<> HashPartitions::spill_held(Partition& partition) {
  if (partition.held.empty()) return {};
  const Result<std::uint64_t> at = spill_.append(partition.held);
  if (!at) return at.error();
  partition.spilled.push_back({*at, partition.held.size()});
  partition.held.clear();
  return {};
}

Result<> HashPartitions::drain(const Take& take) { return drain_level(level_, 0, take); }

Result<> HashPartitions::drain_level(Level& level, std::size_t byte, const Take& take) {
  for (Partition& partition : level) {
    const bool fits = partition.bytes <= sort_bytes_;
    if (!fits) {
      // Dividing fills buffers of its own: what waits here goes to the disk first.
      for (Partition& waiting : level) {
        if (Result<> done = spill_held(waiting); !done) return done;
        waiting.held.shrink_to_fit();
      }
    }
    if (Result<> done = fits ? sort_whole(partition, take) : divide(partition, byte + 1, take); !done) return done;
    partition = {};
  }
  return {};
}

Result<> HashPartitions::sort_whole(Partition& partition, const Take& take) {
  std::vector<std::uint8_t> all = std::move(partition.held);
  std::size_t at = all.size();
  all.resize(partition.bytes);
  for (const Block& block : partition.spilled) {
    if (Result<> done = spill_.read(block.at, std::span(all).subspan(at, block.bytes)); !done) return done;
    at += block.bytes;
  }
  sort_unique(all, record_bytes_);
  return all.empty() ? Result<>() : take(all);
}

// All records of the partition have the same bytes before `byte`.
Result<> HashPartitions::divide(Partition& partition, std::size_t byte, const Take& take) {
  std::vector<std::uint8_t> block(block_bytes_);
  Level level(kPartitions);
  for (const Block& from : partition.spilled) {
    const auto part = std::span(block).first(from.bytes);
    if (Result<> done = spill_.read(from.at, part); !done) return done;
    if (byte == record_bytes_) return take(part.first(record_bytes_));  // many times the same record
    for (std::size_t at = 0; at < part.size(); at += record_bytes_) {
      const auto record = part.subspan(at, record_bytes_);
      if (Result<> done = put(level[record[byte]], record); !done) return done;
    }
  }
  return drain_level(level, byte, take);
}

}  // namespace ambit
