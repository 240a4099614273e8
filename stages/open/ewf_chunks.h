// Chunks: reads the chunks of an EWF image, from any number of threads.
//
// A chunk is found through the table that holds its number and the pages of that table which the reader has seen. It
// is unpacked straight into the caller's memory when all of it is wanted, else into the reader's own, where the next
// small read finds it, and in the cache of the run. No lock is held while one is unpacked; the packed bytes of
// neighbours are fetched with one read.
//
// A table is checked against its Adler-32 when it is first used, and its copy is used instead where that fails. Every
// chunk has a sum of its own, so an entry that lies is found out: its chunk is an Error, the others are not.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stages/open/block_cache.h"
#include "stages/open/ewf_index.h"
#include "stages/open/readers.h"

namespace ambit::open::ewf {

class Chunks {
 public:
  // `blocks` keeps what was unpacked; shared with other images, may be null.
  Chunks(Segments segments, Index index, std::string image, std::shared_ptr<BlockCache> blocks);
  ~Chunks();
  [[nodiscard]] std::uint64_t bytes() const { return index_.geometry.bytes; }
  [[nodiscard]] const std::vector<StoredHash>& hashes() const { return index_.hashes; }
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const;
  void will_need(std::uint64_t offset, std::uint64_t length) const;
  // Bytes that the index takes, for those who count them.
  [[nodiscard]] std::size_t memory() const { return index_.tables.capacity() * (sizeof(Table) + 1); }

 private:
  struct Reader;
  // Where a chunk may begin and end, and how it is stored.
  struct Place {
    std::uint64_t at = 0, end = 0;
    bool packed = false;
  };
  // The likelier place first; a second one where bit 31 may also be part of the place.
  struct Places {
    std::uint32_t segment = 0;
    std::size_t count = 0;
    Place place[2];
  };
  enum class Use : std::uint8_t { unknown, table, copy };

  [[nodiscard]] Result<> read_chunk(Reader& reader, std::uint64_t number, std::uint64_t last,
                                    std::span<std::byte> into) const;
  [[nodiscard]] Result<Places> places_of(Reader& reader, std::uint64_t number) const;
  [[nodiscard]] std::uint64_t end_of_run(Reader& reader, std::uint64_t last, const Places& places) const;
  [[nodiscard]] bool unpack(Reader& reader, std::uint32_t segment, const Place& place, std::uint64_t ahead,
                            std::span<std::byte> into) const;
  static void read_window(Reader& reader, const ByteSource& segment, std::uint64_t at, std::span<std::byte> into);
  [[nodiscard]] std::span<const std::byte> fetch(Reader& reader, std::uint32_t segment, std::uint64_t at,
                                                 std::uint64_t end, std::uint64_t ahead) const;
  [[nodiscard]] const Table* table_of(std::uint64_t number) const;
  [[nodiscard]] std::uint64_t entries_at(std::size_t table) const;
  [[nodiscard]] bool is_kept(std::uint64_t number, std::size_t inside, std::span<std::byte> into) const;
  void keep(std::uint64_t number, std::span<const std::byte> chunk) const;
  [[nodiscard]] Error lost(std::uint64_t number) const;

  Segments segments_;
  Index index_;
  std::string image_;
  std::shared_ptr<BlockCache> blocks_;
  std::uint64_t in_blocks_ = 0;  // the image's number there
  // Which of two tables to use. Written by whoever first looks; all who look find the same.
  std::unique_ptr<std::atomic<Use>[]> use_;
  Readers<Reader> readers_;
};

}  // namespace ambit::open::ewf
