#include "pipeline/sealed_sort.h"

#include <sodium.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <tuple>

#include "pipeline/varint.h"

// A run is a row of blocks: <u32 plain bytes> <that many encrypted bytes> <16 bytes of tag>. The nonce is the
// number of the block in the file: the key is fresh for every file, so no nonce is used twice. A block holds whole
// records: <varint key bytes> <varint value bytes> <key> <value>.
namespace ambit {
namespace {

constexpr std::size_t kRecordHeaderBytes = 4;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kSlabBytes = 256 * 1024;
using Nonce = std::array<unsigned char, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES>;

Nonce nonce_of(std::uint64_t block) {
  Nonce nonce{};
  std::memcpy(nonce.data(), &block, sizeof block);
  return nonce;
}
unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

// One run, front to back, a block at a time.
class SealedSort::RunReader {
 public:
  RunReader(const SealedSort& sort, const Run& run)
      : sort_(&sort), at_(run.begin), end_(run.end), block_(run.first_block) {}

  Result<bool> next() {
    if (rest_.empty()) {
      if (at_ == end_) return false;
      Result<> read = read_block();
      if (!read) return std::move(read).error();
    }
    const std::uint64_t key_bytes = take_varint(rest_);
    const std::uint64_t value_bytes = take_varint(rest_);
    key = take_bytes(rest_, key_bytes);
    value = take_bytes(rest_, value_bytes);
    return true;
  }
  std::string_view key, value;

 private:
  Result<> read_block() {
    std::uint32_t bytes = 0;
    Result<> read = sort_->file_.read_at(at_, reinterpret_cast<char*>(&bytes), kRecordHeaderBytes);
    if (!read) return read;
    if (at_ + kRecordHeaderBytes + bytes + kTagBytes > end_) return changed();
    sealed_.resize(bytes + kTagBytes);
    plain_.resize(bytes);
    read = sort_->file_.read_at(at_ + kRecordHeaderBytes, sealed_.data(), sealed_.size());
    if (!read) return read;
    const Nonce nonce = nonce_of(block_++);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(raw(plain_), nullptr, nullptr, raw(sealed_), sealed_.size(), nullptr,
                                                   0, nonce.data(), sort_->secret_.data()) != 0) {
      return changed();
    }
    at_ += kRecordHeaderBytes + sealed_.size();
    rest_ = plain_;
    return {};
  }
  [[nodiscard]] Error changed() const {
    return {ErrorKind::io, "a temporary file does not read back as it was written", sort_->folder_,
            "check the disk that the run directory is written to"};
  }

  const SealedSort* sort_;
  std::uint64_t at_, end_, block_;
  std::string sealed_, plain_;
  std::string_view rest_;
};

// The readers of all runs, the one with the least record on top.
struct SealedSort::Cursor::Heap {
  std::vector<std::unique_ptr<RunReader>> readers;
  std::unique_ptr<RunReader> current;  // taken off the heap; holds the record that the cursor shows
  bool started = false;
  std::vector<Run> runs;

  static bool later(const std::unique_ptr<RunReader>& a, const std::unique_ptr<RunReader>& b) {
    return std::tie(b->key, b->value) < std::tie(a->key, a->value);
  }
  Result<> push(std::unique_ptr<RunReader> reader) {
    Result<bool> more = reader->next();
    if (!more) return std::move(more).error();
    if (!*more) return {};
    readers.push_back(std::move(reader));
    std::push_heap(readers.begin(), readers.end(), later);
    return {};
  }
  Result<bool> next(const SealedSort& sort) {
    if (!started) {
      started = true;
      for (const Run& run : runs) {
        if (Result<> done = push(std::make_unique<RunReader>(sort, run)); !done) return std::move(done).error();
      }
    }
    if (current != nullptr) {
      if (Result<> done = push(std::move(current)); !done) return std::move(done).error();
    }
    if (readers.empty()) return false;
    std::pop_heap(readers.begin(), readers.end(), later);
    current = std::move(readers.back());
    readers.pop_back();
    return true;
  }
};

SealedSort::SealedSort(std::string folder, std::size_t memory)
    : folder_(std::move(folder)),
      memory_(memory),
      block_bytes_(std::clamp<std::size_t>(memory / (2 * kFanIn), 256, 64 * 1024)) {
  if (sodium_init() < 0) std::abort();  // no source of randomness: nothing can be kept secret
  randombytes_buf(secret_.data(), secret_.size());
}
SealedSort::~SealedSort() { sodium_memzero(secret_.data(), secret_.size()); }

char* SealedSort::room(std::size_t bytes) {
  if (slab_left_ < bytes) {
    const std::size_t slab = std::max(std::clamp<std::size_t>(memory_ / 16, 1024, kSlabBytes), bytes);
    slabs_.push_back(std::make_unique_for_overwrite<char[]>(slab));
    slab_at_ = slabs_.back().get();
    slab_left_ = slab;
  }
  char* out = slab_at_;
  slab_at_ += bytes;
  slab_left_ -= bytes;
  held_ += bytes + sizeof(Entry);
  return out;
}

Result<> SealedSort::add(std::string_view key, std::string_view value) {
  assert(key.size() <= UINT32_MAX && value.size() <= UINT32_MAX);
  if (held_ >= memory_) {
    if (Result<> spilled = spill(); !spilled) return spilled;
  }
  char* at = room(key.size() + value.size());
  std::copy(key.begin(), key.end(), at);
  std::copy(value.begin(), value.end(), at + key.size());
  entries_.push_back({at, static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size())});
  ++count_;
  return {};
}

Result<> SealedSort::spill() {
  if (!file_.is_open()) {
    Result<File> file = File::create_unnamed(folder_);
    if (!file) return std::move(file).error();
    file_ = std::move(*file);
  }
  sort_entries();
  begin_run(0);
  for (const Entry& entry : entries_) {
    if (Result<> done = append(entry.key(), entry.value()); !done) return done;
  }
  if (Result<> done = write_block(); !done) return done;
  entries_.clear();
  slabs_.clear();
  slab_left_ = held_ = 0;
  return merge_full_levels();
}

Result<> SealedSort::merge_full_levels() {
  // Runs stand in descending order of level, so those of the last one's level are at the end.
  while (true) {
    const unsigned level = runs_.back().level;
    const auto first = std::find_if(runs_.begin(), runs_.end(), [&](const Run& run) { return run.level == level; });
    if (static_cast<std::size_t>(runs_.end() - first) < kFanIn) return {};
    Cursor cursor(*this);
    cursor.heap_->runs.assign(first, runs_.end());
    runs_.erase(first, runs_.end());
    begin_run(level + 1);
    while (true) {
      Result<bool> more = cursor.next();
      if (!more) return std::move(more).error();
      if (!*more) break;
      if (Result<> done = append(cursor.key(), cursor.value()); !done) return done;
    }
    if (Result<> done = write_block(); !done) return done;
  }
}

Result<> SealedSort::append(std::string_view key, std::string_view value) {
  append_varint(block_, key.size());
  append_varint(block_, value.size());
  block_.append(key).append(value);
  return block_.size() < block_bytes_ ? Result<>() : write_block();
}

Result<> SealedSort::write_block() {
  if (block_.empty()) return {};
  const auto bytes = static_cast<std::uint32_t>(block_.size());
  std::string sealed(kRecordHeaderBytes + bytes + kTagBytes, '\0');
  std::memcpy(sealed.data(), &bytes, kRecordHeaderBytes);
  const Nonce nonce = nonce_of(next_block_++);
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw(sealed) + kRecordHeaderBytes, nullptr, raw(block_), bytes, nullptr, 0,
                                             nullptr, nonce.data(), secret_.data());
  block_.clear();
  // A merge reads by position and writes at the end, where the file's own position stays.
  if (Result<> done = file_.write(sealed); !done) return done;
  file_end_ += sealed.size();
  runs_.back().end = file_end_;
  return {};
}

Result<> SealedSort::finish() {
  if (!runs_.empty() && !entries_.empty()) return spill();
  sort_entries();
  return {};
}

void SealedSort::sort_entries() {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    const int order = a.key().compare(b.key());
    return order != 0 ? order < 0 : a.value() < b.value();
  });
}

SealedSort::Cursor::Cursor(const SealedSort& sort) : sort_(&sort), heap_(std::make_unique<Heap>()) {
  heap_->runs = sort.runs_;
}
SealedSort::Cursor::~Cursor() = default;
SealedSort::Cursor::Cursor(Cursor&&) noexcept = default;

Result<bool> SealedSort::Cursor::next() {
  if (sort_->runs_.empty() && heap_->runs.empty()) {
    if (index_ == sort_->entries_.size()) return false;
    key_ = sort_->entries_[index_].key();
    value_ = sort_->entries_[index_++].value();
    return true;
  }
  Result<bool> more = heap_->next(*sort_);
  if (const auto* current = heap_->current.get(); more && *more && current != nullptr) {
    key_ = current->key;
    value_ = current->value;
  }
  return more;
}

}  // namespace ambit
