// OLE compound files (MS-CFB): a file system in a file, in which Office up to 2003, Outlook and many others keep
// theirs.
//
//   file      = header sector*            sectors of 512 (version 3) or 4096 bytes; the header fills the first
//   FAT       = for each sector the next one of its chain; where the FAT itself lies says the DIFAT
//   directory = a chain of entries of 128 bytes: streams, and storages, which hold others
//   stream    = a chain of sectors; below 4096 bytes one of mini sectors (64 bytes) in the stream of the root entry
//
// All chains are followed once, when the file is opened. A sector belongs to the first chain that reaches it, in the
// order of the directory: a second visit is damage and ends the chain, and so nothing goes in circles or comes twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/byte_stream.h"
#include "pipeline/object.h"

namespace ambit::unpack {

// A straight piece of a stream, in units of 64 bytes; it goes on to the next piece, or to the end of the stream.
struct OleExtent {
  std::uint32_t at = 0;     // in the stream
  std::uint32_t place = 0;  // in the file
};

struct OleEntry {
  enum class Is : std::uint8_t { unused, storage, stream };
  Is is = Is::unused;
  bool is_damaged = false;   // of a stream: it ends before its declared size
  std::uint32_t parent = 0;  // a storage; of what nothing leads to: the root
  std::uint64_t size = 0;    // bytes that can be read
  std::string name;          // UTF-8, control characters at its front and all
  std::vector<OleExtent> extents;
  std::vector<std::uint32_t> children;  // numbers of entries, by name
};

class OleFile {
 public:
  // `content` is open, has `size` bytes and outlives the file. Error(evidence): no header of an OLE file, or no
  // directory.
  [[nodiscard]] static Result<OleFile> open(Content& content, std::uint64_t size);

  static constexpr std::uint32_t kRoot = 0;
  // By number; the root is one of them.
  [[nodiscard]] const std::vector<OleEntry>& entries() const { return entries_; }
  [[nodiscard]] const OleEntry& entry(std::uint32_t number) const { return entries_[number]; }
  // The stream or storage `name` in `storage`; case makes no difference, as in the format.
  [[nodiscard]] std::optional<std::uint32_t> find(std::uint32_t storage, std::string_view name) const;
  [[nodiscard]] std::optional<std::uint32_t> find_stream(std::uint32_t storage, std::string_view name) const;
  // From the root, without control characters, parted by '/'; of the root empty.
  [[nodiscard]] std::string path(std::uint32_t number) const;

  // Some of the table or of the directory cannot be read, so that streams may be missing.
  [[nodiscard]] bool is_damaged() const { return is_damaged_; }
  [[nodiscard]] Content& content() const { return *content_; }
  // Where a stream stands in the file, if it does so in one piece.
  [[nodiscard]] std::optional<std::uint64_t> place(std::uint32_t stream) const;

 private:
  friend class OleOpening;
  explicit OleFile(Content& content) : content_(&content) {}

  Content* content_;
  std::vector<OleEntry> entries_;
  bool is_damaged_ = false;
};

// The bytes of one stream, at any place.
class OleStream final : public Content {
 public:
  // `file` outlives the stream.
  OleStream(const OleFile& file, std::uint32_t number) : file_(&file), entry_(&file.entry(number)) {}

  Result<ContentInfo> open() override { return ContentInfo{size(), std::nullopt, 0}; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override;
  [[nodiscard]] std::uint64_t size() const { return entry_->size; }
  [[nodiscard]] bool is_damaged() const { return entry_->is_damaged; }

 private:
  const OleFile* file_;
  const OleEntry* entry_;
};

// The bytes of a stream front to back, from `offset` on, at most `most` of them. At the end of one that is damaged an
// Error(evidence).
[[nodiscard]] std::unique_ptr<ByteStream> ole_stream(const OleFile& file, std::uint32_t number,
                                                     std::uint64_t offset = 0, std::uint64_t most = UINT64_MAX);
// The first bytes of a stream, at most `most`.
[[nodiscard]] std::string ole_bytes(const OleFile& file, std::uint32_t number, std::uint64_t most,
                                    std::uint64_t offset = 0);

}  // namespace ambit::unpack
