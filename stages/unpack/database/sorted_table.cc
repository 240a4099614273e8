// The tables of LevelDB and RocksDB (*.ldb, *.sst), which browsers and many servers keep their data in: a view, a line
// for each entry, its key and its value.
//
//   table  = *( block kind(1) sum(4) ) index footer             index: a block, whose values are the places of others
//   block  = *( shared unshared bytes-of-value key value ) *restart(4) restarts(4)
//   footer = handle handle padding magic(8)                     of LevelDB, 48 bytes: the second is the index's
//          | sum-kind(1) handle handle padding version(4) magic(8)   of RocksDB, 53 bytes
//   handle = offset bytes
//
// Numbers have seven bits in a byte, the lowest first. A key has what it shares with the one before it, then its own
// bytes, of which the last eight say how new it is. From version 4 on the values of an index have no length, and after
// the first of a row give only the number of bytes, with its sign in the lowest bit, that the block is longer than the
// one before, which it follows.
#include "stages/unpack/database/sorted_table.h"

#include <algorithm>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/database/packed_block.h"
#include "stages/unpack/database/packed_value.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kLevelFooter = 48, kRocksFooter = 53, kTrailer = 5;

struct TableHandle {
  std::uint64_t offset = 0, bytes = 0;
};

// Takes a number from the front.
std::optional<std::uint64_t> table_number(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 10 && i < bytes.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    value |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if ((byte & 0x80) != 0) continue;
    bytes.remove_prefix(i + 1);
    return value;
  }
  return std::nullopt;
}

std::optional<TableHandle> table_handle(std::string_view& bytes) {
  const auto offset = table_number(bytes);
  const auto length = offset ? table_number(bytes) : std::nullopt;
  return length ? std::optional(TableHandle{*offset, *length}) : std::nullopt;
}

// A block without the list of its restarts.
std::string_view table_entries(std::string_view block) {
  constexpr std::size_t kWord = 4;
  if (block.size() < kWord) return {};
  const std::uint32_t last = little32(std::as_bytes(std::span(block)), block.size() - kWord);
  const std::uint64_t restarts = (last & 0x7fffffffU) + std::uint64_t{1};
  return restarts <= block.size() / kWord ? block.substr(0, block.size() - restarts * kWord) : std::string_view();
}

class SortedTable {
 public:
  SortedTable(Content& content, std::uint64_t size) : content_(content), size_(size) {}

  // Where its blocks are. Error(evidence): its index cannot be read.
  Result<> read_index() {
    std::string footer(static_cast<std::size_t>(std::min<std::uint64_t>(size_, kRocksFooter)), '\0');
    if (!read_at(size_ - footer.size(), footer) || footer.size() < kLevelFooter) return no_index();
    const auto bytes = std::as_bytes(std::span(footer));
    is_rocks_ = little64(bytes, footer.size() - kTableMagicBytes) == kRocksMagic;
    if (is_rocks_ && footer.size() < kRocksFooter) return no_index();
    if (is_rocks_) version_ = little32(bytes, footer.size() - kTableMagicBytes - 4);
    std::string_view handles(footer);
    handles.remove_prefix(is_rocks_ ? 1 : footer.size() - kLevelFooter);
    const auto meta = table_handle(handles);
    const auto index = meta ? table_handle(handles) : std::nullopt;
    const auto block = index ? this->block(*index) : std::nullopt;
    if (!block || !read_handles(table_entries(*block))) return no_index();
    return Ok{};
  }
  [[nodiscard]] const std::vector<TableHandle>& handles() const { return handles_; }

  // The block that was read last begins like a file, then.
  [[nodiscard]] bool is_zstd() const { return is_zstd_; }
  // Unpacked. Nothing: it is damaged.
  [[nodiscard]] std::optional<std::string> block(const TableHandle& handle) {
    if (handle.bytes > limits::kMaxDatabaseBlock || handle.offset > size_ ||
        handle.bytes + kTrailer > size_ - handle.offset) {
      return std::nullopt;
    }
    std::string stored(static_cast<std::size_t>(handle.bytes) + kTrailer, '\0');
    if (!read_at(handle.offset, stored)) return std::nullopt;
    const auto kind = static_cast<std::uint8_t>(stored[static_cast<std::size_t>(handle.bytes)]);
    stored.resize(static_cast<std::size_t>(handle.bytes));
    is_zstd_ = kind == kZstd || (!is_rocks_ && kind == kLevelZstd);
    return plain(kind, std::move(stored));
  }

 private:
  enum : std::uint8_t { kNone, kSnappy, kZlib, kLevelZstd = 2, kLz4 = 4, kLz4High = 5, kZstd = 7 };

  static Error no_index() { return evidence_error("a table of a database has no index that can be read"); }
  bool read_at(std::uint64_t at, std::string& into) {
    for (std::size_t filled = 0; filled < into.size();) {
      const auto got = content_.read_at(at + filled, std::as_writable_bytes(std::span(into).subspan(filled)));
      if (!got.ok() || *got == 0) return false;
      filled += *got;
    }
    return true;
  }
  // RocksDB puts before it how long it becomes, but for snappy, which says so itself.
  [[nodiscard]] std::optional<std::string> plain(std::uint8_t kind, std::string stored) const {
    if (kind == kNone) return stored;
    std::string_view packed(stored);
    if (kind == kSnappy) return unpacked_block(BlockPacking::snappy, packed);
    if (!is_rocks_) return kind == kLevelZstd ? unpacked_block(BlockPacking::zstd, packed) : std::nullopt;
    const auto bytes = version_ >= 2 ? table_number(packed) : std::nullopt;
    if (!bytes || *bytes > limits::kMaxDatabaseBlock) return std::nullopt;
    if (kind == kZlib) return unpacked_block(BlockPacking::deflate, packed);
    if (kind == kZstd) return unpacked_block(BlockPacking::zstd, packed);
    if (kind == kLz4 || kind == kLz4High) return unpacked_block(BlockPacking::lz4, packed, *bytes);
    return std::nullopt;
  }
  bool read_handles(std::string_view entries) {
    constexpr std::size_t kMostHandles = limits::kMaxDatabaseBlock / 8;  // an honest entry takes ten bytes or so
    const bool is_short = is_rocks_ && version_ >= 4;
    while (!entries.empty()) {
      const auto shared = table_number(entries);
      const auto unshared = shared ? table_number(entries) : std::nullopt;
      const auto bytes = is_short || !unshared ? std::optional<std::uint64_t>(0) : table_number(entries);
      if (!unshared || !bytes || *unshared > entries.size()) return false;
      entries.remove_prefix(static_cast<std::size_t>(*unshared));
      std::optional<TableHandle> handle;
      if (!is_short || *shared == 0) {
        handle = table_handle(entries);
      } else if (const auto more = table_number(entries); more && !handles_.empty()) {
        const TableHandle& before = handles_.back();
        const std::uint64_t change = *more >> 1 ^ (~(*more & 1) + 1);
        handle = TableHandle{before.offset + before.bytes + kTrailer, before.bytes + change};
      }
      if (!handle || handles_.size() == kMostHandles) return false;
      handles_.push_back(*handle);
    }
    return true;
  }

  Content& content_;
  const std::uint64_t size_;
  bool is_rocks_ = false, is_zstd_ = false;
  std::uint32_t version_ = 0;
  std::vector<TableHandle> handles_;
};

class TableLines final : public MadeText {
 public:
  explicit TableLines(SortedTable table)
      : MadeText("blocks of a table of a database are damaged"), table_(std::move(table)) {}

 private:
  bool advance() override {
    if (entries_.empty()) {
      if (next_ == table_.handles().size()) return false;
      // Each is read once, however often the index names it: they lie one behind the other.
      const TableHandle handle = table_.handles()[next_++];
      const bool is_next = handle.offset >= passed_;
      auto block = is_next ? table_.block(handle) : std::nullopt;
      if (!block) return note_damage(), true;
      passed_ = handle.offset + handle.bytes;
      if (table_.is_zstd()) note_shown({handle.offset, passed_});
      block_ = std::move(*block);
      entries_ = table_entries(block_);
      key_.clear();
      if (entries_.empty()) note_damage();
      return true;
    }
    if (!append_entry()) {
      note_damage();
      entries_ = {};
    }
    return true;
  }
  bool append_entry() {
    constexpr std::size_t kAge = 8;
    const auto shared = table_number(entries_);
    const auto unshared = shared ? table_number(entries_) : std::nullopt;
    const auto bytes = unshared ? table_number(entries_) : std::nullopt;
    if (!bytes || *shared > key_.size() || *unshared > entries_.size() || *bytes > entries_.size() - *unshared) {
      return false;
    }
    key_.resize(static_cast<std::size_t>(*shared));
    key_ += entries_.substr(0, static_cast<std::size_t>(*unshared));
    entries_.remove_prefix(static_cast<std::size_t>(*unshared));
    append_shown(std::string_view(key_).substr(0, key_.size() - std::min(key_.size(), kAge)), text_);
    append_shown(entries_.substr(0, static_cast<std::size_t>(*bytes)), text_ += '\t');
    text_.push_back('\n');
    entries_.remove_prefix(static_cast<std::size_t>(*bytes));
    return true;
  }

  SortedTable table_;
  std::size_t next_ = 0;
  std::uint64_t passed_ = 0;
  std::string block_, key_;
  std::string_view entries_;  // of the block, not yet shown
};

}  // namespace

Opened open_sorted_table(const Packed& packed) {
  if (packed.content == nullptr) return evidence_error("a table of a database cannot be read from a stream alone");
  SortedTable table(*packed.content, packed.size);
  if (const Result<> index = table.read_index(); !index.ok()) return index.error();
  return view_then_embedded(std::make_unique<TableLines>(std::move(table)), packed);
}

}  // namespace ambit::unpack
