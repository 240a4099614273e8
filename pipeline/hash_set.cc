#include "pipeline/hash_set.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "pipeline/limits.h"

namespace ambit {
namespace {

using namespace hash_set_format;

constexpr std::uint64_t kLineBytes = 64;  // of the processor's cache
// Records by which the guess among some dozens is off: half the square root of their number, and some luck.
constexpr std::uint64_t kUsualError = 6;

constexpr std::array kKinds = {DigestKind::md5, DigestKind::sha1, DigestKind::sha256};

Error unsound(const std::string& what, const std::string& path) {
  return {ErrorKind::order, what, path, "copy the set again, or build it anew: ambit hashset build"};
}

// SHA-256 of the first `bytes` of the file.
Result<Bytes32> sum_of(const File& file, std::uint64_t bytes) {
  std::vector<char> block(limits::kChunkBytes);
  Sha256 sum;
  for (std::uint64_t at = 0; at < bytes;) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), bytes - at));
    if (Result<> read = file.read_at(at, block.data(), count); !read) return std::move(read).error();
    sum.add({block.data(), count});
    at += count;
  }
  return sum.finish();
}

}  // namespace

bool begins_hash_set(std::span<const std::uint8_t> head) {
  return head.size() >= kMagic.size() && std::memcmp(head.data(), kMagic.data(), kMagic.size()) == 0;
}

HashSet::~HashSet() {
  if (base_ != nullptr) ::munmap(const_cast<std::uint8_t*>(base_), bytes_);
}

Result<std::shared_ptr<const HashSet>> HashSet::open(File file, const std::string& path) {
  struct stat info {};
  if (::fstat(file.fd(), &info) != 0) return system_error("cannot read the hash set", path);
  std::shared_ptr<HashSet> set(new HashSet);  // shared: an order may name one file in several places
  set->bytes_ = S_ISREG(info.st_mode) ? static_cast<std::uint64_t>(info.st_size) : 0;
  if (set->bytes_ < kHeaderBytes + sizeof(Trailer) + kSumBytes) return unsound("the hash set is cut off", path);
  if (Result<> mapped = set->map(file, path); !mapped) return std::move(mapped).error();
  if (!set->check_tables()) return unsound("the tables of the hash set contradict each other", path);
  const BloomHeader filter{set->tables_.filter_hashes, set->tables_.filter_bits};
  set->filter_ = BloomFilter(filter, set->elements<std::uint64_t>(set->tables_.filter));
  return std::shared_ptr<const HashSet>(std::move(set));
}

Result<> HashSet::map(const File& file, const std::string& path) {
  const auto failed = [&](const Error& error) {
    return Error{ErrorKind::io, "cannot read the hash set: " + error.what, path, "copy the set again"};
  };
  std::array<char, kHeaderBytes> header{};
  if (Result<> read = file.read_at(0, header.data(), header.size()); !read) return failed(read.error());
  std::uint64_t version = 0;
  std::memcpy(&version, header.data() + kMagic.size(), sizeof version);
  if (std::string_view(header.data(), kMagic.size()) != kMagic) return unsound("not a hash set of Ambit", path);
  if (version != kVersion) return unsound("a hash set of another version of Ambit", path);

  const Result<Bytes32> sum = sum_of(file, bytes_ - kSumBytes);
  if (!sum) return failed(sum.error());
  std::array<char, sizeof(Trailer) + kSumBytes> end{};
  if (Result<> read = file.read_at(bytes_ - end.size(), end.data(), end.size()); !read) return failed(read.error());
  std::memcpy(&tables_, end.data(), sizeof tables_);
  std::memcpy(sum_.data(), end.data() + sizeof tables_, sum_.size());
  if (*sum != sum_) return unsound("the hash set is damaged: its checksum does not agree", path);

  void* mapped = ::mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, file.fd(), 0);
  if (mapped == MAP_FAILED) return system_error("cannot map the hash set", path);
  base_ = static_cast<const std::uint8_t*>(mapped);
  ::madvise(mapped, bytes_, MADV_RANDOM);
  return {};
}

bool HashSet::lies_within(const Section& section, std::uint64_t element_bytes) const {
  const std::uint64_t end = bytes_ - kSumBytes - sizeof(Trailer);
  if (section.count == 0) return section.at == 0;
  return section.at % kAlignment == 0 && section.at >= kHeaderBytes && section.at <= end &&
         section.count <= (end - section.at) / element_bytes;
}

bool HashSet::check_tables() const {
  const bool kinds = std::all_of(kKinds.begin(), kKinds.end(), [this](DigestKind kind) { return check_kind(kind); });
  if (!kinds || !lies_within(tables_.filter, sizeof(std::uint64_t))) return false;
  const BloomHeader filter{tables_.filter_hashes, tables_.filter_bits};
  if (tables_.filter.count == 0) {
    return std::none_of(tables_.kinds.begin(), tables_.kinds.end(), [](const auto& k) { return k.filtered != 0; });
  }
  return filter.bits > 0 && filter.hashes <= limits::kMaxFilterHashes && filter.words() == tables_.filter.count;
}

// A checksum is no signature: who made the file may have put anything in it. What would lead a look-up out of the
// mapping is refused here; digests out of order are only not found.
bool HashSet::check_kind(DigestKind kind) const {
  const KindTable& k = table(kind);
  if (k.records.count == 0) return std::memcmp(&k, &static_cast<const KindTable&>(KindTable{}), sizeof k) == 0;
  if (k.records.count > limits::kMaxHashSetDigests || k.fence_bits > limits::kMaxFenceBits) return false;
  if (k.fences.count != (std::uint64_t{1} << k.fence_bits) + 1) return false;
  const std::uint64_t width = digest_bytes(kind);
  if (k.record_bytes != width && k.record_bytes != width + kSizeBytes) return false;
  if (k.small_sizes.count > kSmallSizes / 64) return false;
  if (!lies_within(k.records, k.record_bytes) || !lies_within(k.fences, sizeof(std::uint32_t)) ||
      !lies_within(k.small_sizes, sizeof(std::uint64_t)) || !lies_within(k.large_sizes, sizeof(std::uint64_t))) {
    return false;
  }
  const auto fences = elements<std::uint32_t>(k.fences);
  return fences.front() == 0 && fences.back() == k.records.count && std::is_sorted(fences.begin(), fences.end());
}

std::uint64_t HashSet::count() const {
  std::uint64_t all = 0;
  for (const KindTable& kind : tables_.kinds) all += kind.records.count;
  return all;
}

bool HashSet::may_hold_size(DigestKind kind, std::uint64_t size) const {
  const KindTable& k = table(kind);
  if (k.any_size != 0) return true;
  if (size < kSmallSizes) {
    if (size / 64 >= k.small_sizes.count) return false;
    return (elements<std::uint64_t>(k.small_sizes)[size / 64] >> (size % 64) & 1) != 0;
  }
  const auto large = elements<std::uint64_t>(k.large_sizes);
  return k.every_large_size != 0 || std::binary_search(large.begin(), large.end(), size);
}

// Index of the first record that is not below the digest.
std::uint64_t HashSet::find(const KindTable& k, std::span<const std::uint8_t> digest) const {
  const auto fences = elements<std::uint32_t>(k.fences);
  const std::uint64_t fence = first_bits(digest, k.fence_bits);
  std::uint64_t low = fences[fence], high = fences[fence + 1];
  if (low == high) return low;
  const auto below = [&](std::uint64_t index) {
    return std::memcmp(record(k, index), digest.data(), digest.size()) < 0;
  };
  const std::uint64_t next_bits = big_endian(digest.data()) << k.fence_bits;
  const std::uint64_t guess = low + ((next_bits >> 32) * (high - low) >> 32);  // fences are numbers of 32 bits
  const std::uint8_t* const last = record(k, std::min(high, guess + kUsualError));
  const std::uint8_t* const first = record(k, guess - std::min(guess - low, kUsualError));
  for (const std::uint8_t* line = first; line < last; line += kLineBytes) __builtin_prefetch(line);
  // From the guess in doubled steps until the digest is between two records, then by halves.
  if (below(guess)) {
    low = guess + 1;
    for (std::uint64_t step = 1; low + step < high; step *= 2) {
      if (!below(low + step)) {
        high = low + step;
        break;
      }
      low += step + 1;
    }
  } else {
    high = guess;
    for (std::uint64_t step = 1; low + step < high; step *= 2) {
      if (below(high - step)) {
        low = high - step + 1;
        break;
      }
      high -= step;
    }
  }
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (below(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

bool HashSet::holds(DigestKind kind, std::span<const std::uint8_t> digest, std::uint64_t size) const {
  const KindTable& k = table(kind);
  if (k.records.count == 0 || (k.filtered != 0 && !filter_.may_hold(digest))) return false;
  const bool sized = k.record_bytes > digest.size();
  for (std::uint64_t i = find(k, digest); i < k.records.count; ++i) {
    const std::uint8_t* const at = record(k, i);
    if (std::memcmp(at, digest.data(), digest.size()) != 0) return false;
    if (!sized) return true;
    const std::uint64_t known = big_endian(at + digest.size());
    if (known == kAnySize || known == size) return true;
  }
  return false;
}

HashValue HashSet::at(DigestKind kind, std::uint64_t index) const {
  const KindTable& k = table(kind);
  const std::size_t width = digest_bytes(kind);
  HashValue out{kind, {}, std::nullopt};
  std::memcpy(out.bytes.data(), record(k, index), width);
  if (k.record_bytes == width) return out;
  const std::uint64_t size = big_endian(record(k, index) + width);
  if (size != kAnySize) out.size = size;
  return out;
}

}  // namespace ambit
