// Beds for the tests of ext2, ext3 and ext4: images walked, mounted, and held against what the kernel and dumpe2fs say.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "stages/walk/file_system.h"
#include "tests/evidence.h"

namespace ambit::walk {

class FileSource final : public ByteSource {
 public:
  explicit FileSource(const std::string& path);
  ~FileSource() override;
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override;
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  int fd_;
  std::uint64_t size_ = 0;
  mutable std::uint64_t bytes_read_ = 0;
};

struct Area {
  Kind kind;
  std::uint64_t offset, length;
};

class Listed final : public EntrySink {
 public:
  bool entry(FileEntry&& found) override {
    entries.push_back(std::move(found));
    return entries.size() < stop_after;
  }
  void area(Kind kind, std::uint64_t offset, std::uint64_t length) override { areas.push_back({kind, offset, length}); }
  std::vector<FileEntry> entries;
  std::vector<Area> areas;
  std::size_t stop_after = SIZE_MAX;

  const FileEntry* find(const std::string& path, const std::string& stream = "",
                        ObjectState state = ObjectState::active) const {
    for (const FileEntry& found : entries) {
      if (found.path == path && found.stream == stream && found.state == state) return &found;
    }
    return nullptr;
  }
};

// What a reader of the entry's bytes gets.
std::string bytes_of(const ByteSource& volume, const FileEntry& entry, std::uint64_t begin, std::uint64_t length);
std::string bytes_of(const ByteSource& volume, const FileEntry& entry);

// Every run and every area lies in the volume.
void expect_inside(const ByteSource& volume, const Listed& found);

struct Walked {
  std::unique_ptr<FileSource> volume;
  std::unique_ptr<FileSystem> system;
  Listed found;
  bool complete = false;
};

// A walk over an image that must open.
Walked walk_image(const std::string& image);

void shell(const std::string& command);
void write_at(const std::string& path, std::uint64_t offset, std::string_view bytes);
// A folder with everything, made once.
const std::string& tree_of_everything();

// A loop mount that ends with the scope.
class Mounted {
 public:
  Mounted(const std::string& image, const std::string& options);
  ~Mounted();
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;
  bool good() const { return good_; }
  const std::string& at() const { return folder_; }

 private:
  test::TemporaryFolder scope_;
  std::string folder_;
  bool good_ = false;
};

// Every file below `folder`, as the kernel shows it, is an entry with the same bytes; and there are no others.
enum class Inodes : std::uint8_t { compare, differ };
void expect_same_files(const Walked& walked, const std::string& folder, Inodes inodes);

// Every block in use is claimed once, by an entry or an area, and no free block is, but for deleted files.
void expect_every_used_block_claimed(const Walked& walked, const std::string& image);

}  // namespace ambit::walk
