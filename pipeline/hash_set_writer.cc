#include "pipeline/hash_set_writer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "pipeline/hash_set_format.h"
#include "pipeline/limits.h"
#include "pipeline/sha256.h"

namespace ambit {
namespace {

using namespace hash_set_format;

constexpr std::array kDigestKinds = {DigestKind::md5, DigestKind::sha1, DigestKind::sha256};

std::size_t index_of(DigestKind kind) { return static_cast<std::size_t>(kind); }

// Fences for 32 to 64 digests each: few enough to stay in the cache.
std::uint64_t fence_bits_for(std::uint64_t digests) {
  std::uint64_t bits = 0;
  while (bits < limits::kMaxFenceBits && (digests >> bits) > 64) ++bits;
  return bits;
}

// Counts by the first `from` bits -> fences by the first `to` of them: where each begins, and the end.
std::vector<std::uint32_t> fences_of(const std::vector<std::uint32_t>& counts, std::uint64_t from, std::uint64_t to) {
  const std::size_t width = std::size_t{1} << (from - std::min(from, to));
  std::vector<std::uint32_t> fences((std::size_t{1} << to) + 1);
  std::uint32_t begin = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (i % width == 0) fences[i / width] = begin;
    begin += counts[i];
  }
  fences.back() = begin;
  return fences;
}

template <class T>
std::span<const std::uint8_t> bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(T)};
}

}  // namespace

void SizesSeen::add(std::uint64_t size) {
  if (size < kSmallSizes) {
    if (size / 64 >= small_.size()) small_.resize(size / 64 + 1);
    small_[size / 64] |= std::uint64_t{1} << (size % 64);
    return;
  }
  if (every_) return;
  large_.push_back(size);
  if (large_.size() < sort_at_) return;
  sort_large();
  if (large_.size() > limits::kMaxLargeSizes) {
    every_ = true;
    large_ = {};
  }
  sort_at_ = std::max<std::size_t>(1024, 2 * large_.size());
}

void SizesSeen::sort_large() {
  std::sort(large_.begin(), large_.end());
  large_.erase(std::unique(large_.begin(), large_.end()), large_.end());
}

void SizesSeen::finish() { sort_large(); }

struct HashSetWriter::Kind {
  Kind(DigestKind kind, HashSpill& spill, std::uint64_t memory)
      : partitions(digest_bytes(kind) + kSizeBytes, spill, memory) {}
  HashPartitions partitions;
  SizesSeen sizes;
  bool sized = false;  // some digest has a size
  KindTable table;
};

// The words of the filter's file, mapped, and what they say.
struct HashSetWriter::Filter {
  Filter(void* mapping, std::uint64_t mapped, const BloomHeader& of)
      : base(mapping),
        bytes(mapped),
        header(of),
        words(reinterpret_cast<const std::uint64_t*>(static_cast<const std::uint8_t*>(base) + kBloomHeaderBytes),
              of.words()),
        answers(of, words) {}
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() { ::munmap(base, bytes); }
  void* base;
  std::uint64_t bytes;
  BloomHeader header;
  std::span<const std::uint64_t> words;
  BloomFilter answers;
};

// Writes front to back, aligned, and keeps the sum of all that it wrote.
class HashSetWriter::Sections {
 public:
  explicit Sections(File& out) : out_(out) {}

  [[nodiscard]] Result<> write(std::span<const std::uint8_t> bytes) {
    if (held_.size() + bytes.size() > limits::kChunkBytes) {
      if (Result<> done = flush(); !done) return done;
    }
    at_ += bytes.size();
    if (bytes.size() > limits::kChunkBytes) return through({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    held_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  [[nodiscard]] Result<> begin(Section& section) {
    static constexpr std::array<std::uint8_t, kAlignment> kPadding{};
    if (Result<> done = write(std::span(kPadding).first((kAlignment - at_ % kAlignment) % kAlignment)); !done)
      return done;
    section.at = at_;
    return {};
  }
  template <class T>
  [[nodiscard]] Result<> section(Section& section, const std::vector<T>& values) {
    section.count = values.size();
    if (values.empty()) return {};
    if (Result<> done = begin(section); !done) return done;
    return write(bytes_of(values));
  }
  // The trailer, and the sum of everything.
  [[nodiscard]] Result<> close(const Trailer& trailer) {
    if (Result<> done = write({reinterpret_cast<const std::uint8_t*>(&trailer), sizeof trailer}); !done) return done;
    if (Result<> done = flush(); !done) return done;
    const Bytes32 sum = sum_.finish();
    return written(out_.write({reinterpret_cast<const char*>(sum.data()), sum.size()}));
  }

 private:
  [[nodiscard]] static Result<> written(Result<> done) {
    if (done || done.error().kind != ErrorKind::space) return done;
    return Error{ErrorKind::space, "no room left where the hash set is written", done.error().where, "free some room"};
  }
  [[nodiscard]] Result<> through(std::string_view bytes) {
    sum_.add(bytes);
    return written(out_.write(bytes));
  }
  [[nodiscard]] Result<> flush() {
    Result<> done = through(held_);
    held_.clear();
    return done;
  }

  File& out_;
  Sha256 sum_;
  std::string held_;
  std::uint64_t at_ = 0;
};

HashSetWriter::HashSetWriter(std::string folder, std::uint64_t memory) : spill_(std::move(folder)) {
  for (const DigestKind kind : kDigestKinds) kinds_[index_of(kind)] = std::make_unique<Kind>(kind, spill_, memory);
}

HashSetWriter::~HashSetWriter() = default;

std::uint64_t HashSetWriter::added() const {
  std::uint64_t all = 0;
  for (const auto& kind : kinds_) all += kind->partitions.added();
  return all;
}

Result<> HashSetWriter::add(const HashValue& value) {
  Kind& kind = *kinds_[index_of(value.kind)];
  const std::size_t width = digest_bytes(value.kind);
  std::array<std::uint8_t, 32 + kSizeBytes> record{};
  std::memcpy(record.data(), value.bytes.data(), width);
  const std::uint64_t size = __builtin_bswap64(value.size.value_or(kAnySize));  // ordered as bytes
  std::memcpy(record.data() + width, &size, sizeof size);
  if (value.size) {
    kind.sized = true;
    kind.sizes.add(*value.size);
  }
  return kind.partitions.add(std::span(record).first(width + kSizeBytes));
}

Result<> HashSetWriter::set_filter(const File& file, const BloomHeader& header, const std::string& path) {
  if (filter_ != nullptr) {
    return Error{ErrorKind::order, "a second Bloom filter: a set has one at most", path, "build two sets"};
  }
  const std::uint64_t bytes = kBloomHeaderBytes + header.words() * sizeof(std::uint64_t);
  void* mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.fd(), 0);
  if (mapped == MAP_FAILED) return system_error("cannot map the Bloom filter", path);
  filter_ = std::make_unique<Filter>(mapped, bytes, header);
  return {};
}

Result<> HashSetWriter::write(File& out) {
  if (added() == 0) {
    return Error{ErrorKind::order, filter_ == nullptr ? "no hash to build a set of" : "a Bloom filter alone is no set",
                 "",
                 filter_ == nullptr ? "name a source that holds hashes"
                                    : "it only says what is certainly unknown: name the set it was made of too"};
  }
  Sections sections(out);
  std::array<std::uint8_t, kHeaderBytes> header{};
  std::memcpy(header.data(), kMagic.data(), kMagic.size());
  std::memcpy(header.data() + kMagic.size(), &kVersion, sizeof kVersion);
  if (Result<> done = sections.write(header); !done) return done;
  for (const DigestKind kind : kDigestKinds) {
    if (Result<> done = write_kind(kind, sections); !done) return done;
  }
  Trailer trailer;
  if (filter_ != nullptr) {
    if (Result<> done = write_filter(sections); !done) return done;
    trailer.filter = filter_section_;
    trailer.filter_bits = filter_->header.bits;
    trailer.filter_hashes = filter_->header.hashes;
  }
  for (const DigestKind kind : kDigestKinds) trailer.kinds[index_of(kind)] = kinds_[index_of(kind)]->table;
  return sections.close(trailer);
}

Result<> HashSetWriter::write_kind(DigestKind kind, Sections& out) {
  Kind& own = *kinds_[index_of(kind)];
  if (own.partitions.added() == 0) return {};
  if (own.partitions.added() > limits::kMaxHashSetDigests) {
    return Error{ErrorKind::order, "more hashes of one kind than a set can have: 4,294,967,295", "",
                 "build several sets"};
  }
  KindTable& table = own.table;
  const std::uint64_t bits = fence_bits_for(own.partitions.added());
  std::vector<std::uint32_t> counts(std::size_t{1} << bits);
  if (Result<> done = write_records(kind, out, counts); !done) return done;
  table.fence_bits = fence_bits_for(table.records.count);
  const std::vector<std::uint32_t> fences = fences_of(counts, bits, table.fence_bits);
  if (Result<> done = out.section(table.fences, fences); !done) return done;
  own.sizes.finish();
  table.every_large_size = own.sizes.every() ? 1 : 0;
  if (Result<> done = out.section(table.small_sizes, own.sizes.small()); !done) return done;
  return out.section(table.large_sizes, own.sizes.large());
}

// Counts the records by their first bits into `fences`. The sizes go with them, unless there is none.
Result<> HashSetWriter::write_records(DigestKind kind, Sections& out, std::vector<std::uint32_t>& fences) {
  Kind& own = *kinds_[index_of(kind)];
  KindTable& table = own.table;
  const std::size_t width = digest_bytes(kind);
  const auto bits = static_cast<std::uint64_t>(__builtin_ctzll(fences.size()));
  table.record_bytes = own.sized ? width + kSizeBytes : width;
  std::vector<std::uint8_t> digests;
  bool covered = filter_ != nullptr;
  if (Result<> done = out.begin(table.records); !done) return done;
  Result<> drained = own.partitions.drain([&](std::span<const std::uint8_t> records) -> Result<> {
    digests.clear();
    for (std::size_t at = 0; at < records.size(); at += width + kSizeBytes) {
      const auto digest = records.subspan(at, width);
      ++fences[first_bits(digest, bits)];
      if (big_endian(records.data() + at + width) == kAnySize) ++table.any_size;
      covered = covered && filter_->answers.may_hold(digest);
      if (!own.sized) digests.insert(digests.end(), digest.begin(), digest.end());
    }
    table.records.count += records.size() / (width + kSizeBytes);
    return out.write(own.sized ? records : digests);
  });
  table.filtered = covered ? 1 : 0;
  return drained;
}

// A filter that knows less than the set would hide what it does not know; one of the same files changes nothing but
// the time that look-ups take.
Result<> HashSetWriter::write_filter(Sections& out) {
  const bool covers =
      std::any_of(kinds_.begin(), kinds_.end(), [](const auto& kind) { return kind->table.filtered != 0; });
  if (!covers) {
    return Error{ErrorKind::order, "the Bloom filter does not know all hashes of the set, of no kind", "",
                 "leave it out, or choose the kind of hash that it was made of: --digest sha1"};
  }
  filter_section_.count = filter_->words.size();
  if (Result<> done = out.begin(filter_section_); !done) return done;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(filter_->words.data());
  return out.write({bytes, filter_->words.size() * sizeof(std::uint64_t)});
}

}  // namespace ambit
