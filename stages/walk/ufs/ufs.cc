#include "stages/walk/ufs/ufs.h"

#include <algorithm>

#include "stages/walk/layout.h"
#include "stages/walk/name_list.h"
#include "stages/walk/ufs/blocks.h"

namespace ambit::walk {
namespace {

constexpr std::uint64_t kRoot = 2;
constexpr std::size_t kEntryHead = 8;  // inode 4, length of the entry 2, type 1, length of the name 1
constexpr unsigned kFolder = 4, kFile = 8, kLink = 10;

class Walk {
 public:
  Walk(const ByteSource& volume, const UfsShape& shape, EntrySink& sink)
      : volume_(volume), shape_(shape), sink_(sink), allowance_(volume.size() * limits::kMaxTimesOverClaimed) {}

  Result<> run();

 private:
  void groups();
  void list_folder(std::size_t index);
  void read_names(std::size_t index, std::span<const std::byte> block);
  void add(std::size_t index, std::uint64_t inode, std::string name);
  [[nodiscard]] bool offer(std::uint64_t number, std::vector<std::string> paths);
  void lay_out_file(const UfsInode& inode, FileEntry& entry);
  [[nodiscard]] std::string read_link(const UfsInode& inode);
  void metadata(std::uint64_t place, std::uint64_t length);

  const ByteSource& volume_;
  const UfsShape& shape_;
  EntrySink& sink_;
  Allowance allowance_;  // bytes of folders, files and areas
  NameList names_{kRoot};
};

void Walk::metadata(std::uint64_t place, std::uint64_t length) {
  if (place >= volume_.size()) return;
  length = std::min(length, volume_.size() - place);
  if (allowance_.spend(length)) sink_.area(Kind::metadata, place, length);
}

// Each group keeps a copy of the superblock, its own books and its inodes, between its start and its data.
void Walk::groups() {
  metadata(0, shape_.superblock_at + 8192);
  const std::uint64_t fragment = shape_.fragment_bytes;
  for (std::uint64_t group = 0; group < shape_.groups; ++group) {
    const std::uint64_t start = shape_.group_start(group);
    if (start >= shape_.fragments) break;
    const std::uint64_t first = std::min(shape_.superblock_first, shape_.books_first);
    if (shape_.data_first <= first || shape_.data_first > shape_.group_fragments) break;
    metadata((start + first) * fragment, (shape_.data_first - first) * fragment);
  }
}

void Walk::add(std::size_t index, std::uint64_t inode, std::string name) {
  if (name == "." || name == "..") return;
  const auto child = ufs_inode(volume_, shape_, inode);
  if (child && child->kind() == kFolder) {
    names_.add_folder(index, inode, std::move(name));
  } else {
    names_.add_file(index, inode, std::move(name));
  }
}

// Entries do not cross the borders of their units of 512 bytes; a damaged one ends its unit.
void Walk::read_names(std::size_t index, std::span<const std::byte> block) {
  constexpr std::size_t kUnit = 512;
  for (; block.size() >= kEntryHead; block = block.subspan(std::min(kUnit, block.size()))) {
    std::span<const std::byte> unit = block.first(std::min(kUnit, block.size()));
    while (unit.size() >= kEntryHead) {
      const std::uint64_t inode = ufs_number(unit.first(4), shape_.big_endian);
      const std::uint64_t length = ufs_number(unit.subspan(4, 2), shape_.big_endian);
      const auto letters = std::to_integer<std::size_t>(unit[7]);
      if (length < kEntryHead || length > unit.size() || letters > length - kEntryHead) {
        names_.note_damage();
        break;
      }
      if (inode != 0) {
        std::string name(reinterpret_cast<const char*>(unit.data()) + kEntryHead, letters);
        add(index, inode, name.substr(0, name.find('\0')));
      }
      unit = unit.subspan(length);
    }
  }
}

void Walk::list_folder(std::size_t index) {
  const auto inode = ufs_inode(volume_, shape_, names_.inode_of(index));
  if (!inode || inode->kind() != kFolder || !allowance_.spend(inode->size)) return names_.note_damage();
  const UfsBlocks blocks = ufs_blocks(volume_, shape_, inode->addresses, inode->size, allowance_);
  if (!blocks.whole) names_.note_damage();
  std::vector<std::byte> bytes;
  for (const Run& run : blocks.data) {
    metadata(run.place, run.length);
    for (std::uint64_t done = 0; done < run.length; done += bytes.size()) {
      bytes.resize(static_cast<std::size_t>(std::min(run.length - done, shape_.block_bytes)));
      if (!read_fully(volume_, run.place + done, bytes).ok()) {
        names_.note_damage();
        continue;
      }
      const std::uint64_t at = run.start + done;
      read_names(index, std::span(bytes).first(static_cast<std::size_t>(
                            std::min<std::uint64_t>(bytes.size(), inode->size - std::min(inode->size, at)))));
    }
  }
  for (const Run& run : blocks.books) metadata(run.place, run.length);
}

std::string Walk::read_link(const UfsInode& inode) {
  if (inode.size <= inode.target_bytes && inode.size < limits::kMaxLinkTargetBytes) {
    std::string target(inode.target.data(), static_cast<std::size_t>(inode.size));
    if (target.find('\0') == std::string::npos) return target;
  }
  std::string target(static_cast<std::size_t>(std::min<std::uint64_t>(inode.size, limits::kMaxLinkTargetBytes)), '\0');
  for (const Run& run : ufs_blocks(volume_, shape_, inode.addresses, target.size(), allowance_).data) {
    if (run.start >= target.size()) break;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(run.length, target.size() - run.start));
    if (!read_fully(volume_, run.place, std::as_writable_bytes(std::span(target)).subspan(run.start, length)).ok())
      break;
  }
  return target;
}

void Walk::lay_out_file(const UfsInode& inode, FileEntry& entry) {
  if (entry.size != inode.size) entry.trouble = WalkTrouble::damaged;
  const UfsBlocks blocks = ufs_blocks(volume_, shape_, inode.addresses, entry.size, allowance_);
  std::uint64_t bytes = 0;
  for (const Run& run : blocks.data) bytes += run.length;
  const bool allowed = allowance_.spend(bytes);
  if (!blocks.whole || !allowed) entry.trouble = WalkTrouble::damaged;
  for (const Run& run : blocks.books) metadata(run.place, run.length);
  if (allowed) lay_out(blocks.data, entry.size, entry.size, shape_.fragment_bytes, entry, sink_);
}

bool Walk::offer(std::uint64_t number, std::vector<std::string> paths) {
  FileEntry entry;
  entry.path = std::move(paths.front());
  entry.links.assign(std::make_move_iterator(paths.begin() + 1), std::make_move_iterator(paths.end()));
  entry.inode = number;
  const auto inode = ufs_inode(volume_, shape_, number);
  if (!inode || inode->mode == 0) {
    entry.trouble = WalkTrouble::damaged;
    return sink_.entry(std::move(entry));
  }
  entry.modified = inode->modified;
  entry.size = std::min(inode->size, limits::kMaxFileBytes);
  if (inode->kind() == kLink) {
    std::string target = read_link(*inode);
    entry.size = target.size();
    entry.content = bytes_content(std::move(target), entry.modified);
  } else if (inode->kind() == kFile) {
    lay_out_file(*inode, entry);
  } else {
    entry.size = 0;
    entry.trouble = WalkTrouble::special_file;
  }
  return sink_.entry(std::move(entry));
}

Result<> Walk::run() {
  groups();
  for (std::size_t i = 0; i < names_.folders(); ++i) list_folder(i);  // folders found on the way are appended
  const auto each = [this](std::uint64_t inode, std::vector<std::string> paths) {
    return offer(inode, std::move(paths));
  };
  if (!names_.for_each_file(each)) return {};
  return names_.outcome();
}

class Ufs final : public FileSystem {
 public:
  Ufs(const ByteSource& volume, const UfsShape& shape) : volume_(volume), shape_(shape) {}

  std::string_view type() const override { return shape_.second ? "UFS2" : "UFS"; }
  std::uint64_t block_bytes() const override { return shape_.fragment_bytes; }
  std::uint64_t size() const override { return shape_.fragments * shape_.fragment_bytes; }
  std::uint64_t declared_size() const override {
    return std::min(shape_.declared_fragments, UINT64_MAX / shape_.fragment_bytes) * shape_.fragment_bytes;
  }
  Result<> walk(EntrySink& sink) const override { return Walk(volume_, shape_, sink).run(); }

 private:
  const ByteSource& volume_;
  const UfsShape shape_;
};

}  // namespace

OpenedFileSystem open_ufs(const ByteSource& volume) {
  Result<std::optional<UfsShape>> shape = ufs_shape(volume);
  if (!shape.ok()) return std::move(shape).error();
  if (!shape->has_value()) return std::unique_ptr<FileSystem>();
  return std::unique_ptr<FileSystem>(std::make_unique<Ufs>(volume, **shape));
}

}  // namespace ambit::walk
