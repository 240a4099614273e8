// squashfs: file systems that are packed and only read: snaps, live systems, what routers start from, backups.
//
//   image    := super-block block… inodes folders [fragments] [export] ids [attributes]
//   inodes, folders, … := metadata…                      8 KiB each, packed; what is in them runs on into the next
//   inode    := type:2 mode:2 owner:4 modified:4 number:4 what its type has
//   folder   := (entries-1:4 inodes:4 number:4 entry…)…
//   entry    := inode:2 number:2 type:2 length-1:2 name
//
// All numbers have their least byte first; files are in squashfs_file.h. Everything is read when it is wanted, the
// lists of blocks too: no number in an image makes room for as much as it says. A hard link has bytes where its file is
// met first, as in a tar. An extended attribute is a member of its own, "path:name"; files with the same ones share
// them, and the first has them.
#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>
#include <vector>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/archive/squashfs_file.h"
#include "stages/unpack/archive/squashfs_header.h"
#include "stages/unpack/archive/squashfs_image.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"

namespace ambit::unpack {
namespace {

using Place = SquashfsImage::Place;
using Table = SquashfsImage::Table;
using Inode = SquashfsInode;

constexpr auto kFolder = Inode::kFolder, kFile = Inode::kFile, kLongFolder = Inode::kLongFolder,
               kLongFile = Inode::kLongFile;
constexpr std::uint16_t kHighestType = 14;

void read_folder(std::span<const std::byte> bytes, Inode& inode) {
  const bool is_long = inode.type == kLongFolder;
  inode.listing = std::uint64_t{little32(bytes, is_long ? 8 : 0)} << 16 | little16(bytes, is_long ? 18 : 10);
  inode.listing_bytes = is_long ? little32(bytes, 4) : little16(bytes, 8);
  if (is_long) inode.attributes = little32(bytes, 20);
}
void read_file(std::span<const std::byte> bytes, Inode& inode) {
  const bool is_long = inode.type == kLongFile;
  inode.blocks_at = is_long ? little64(bytes, 0) : little32(bytes, 0);
  inode.size = is_long ? little64(bytes, 8) : little32(bytes, 12);
  inode.fragment = little32(bytes, is_long ? 28 : 4);
  inode.in_fragment = little32(bytes, is_long ? 32 : 8);
  if (is_long) inode.links = little32(bytes, 24);
  if (is_long) inode.attributes = little32(bytes, 36);
}

// A number that tells a place of metadata: the block, from the begin of its table, and the byte in it.
Place place_in(std::uint64_t table, std::uint64_t told) {
  return {table + (told >> 16), static_cast<std::size_t>(told & 0xffff)};
}

// --- the folders --------------------------------------------------------------------------------------------------

class Squashfs final : public Unpacker {
 public:
  explicit Squashfs(std::unique_ptr<SquashfsImage> image) : image_(std::move(image)), file_(*image_) {}
  [[nodiscard]] Result<> begin();
  Result<std::optional<Part>> next() override;
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  struct Level {
    Place place;                 // of what comes next in the listing
    std::uint64_t left = 0;      // bytes of it
    std::uint32_t entries = 0;   // up to the next header
    std::uint32_t inodes = 0;    // what the last header says of them
    std::size_t path_bytes = 0;  // of the folder's path, with the slash behind it
  };
  struct Entry {
    std::string name;
    std::uint64_t inode = 0;
  };
  // Of the innermost folder. False: it is damaged. No name: there is no other.
  [[nodiscard]] bool read_entry(Entry& entry);
  [[nodiscard]] std::optional<Inode> read_inode(std::uint64_t where);
  [[nodiscard]] WalkTrouble enter(const Inode& folder, std::string_view name);
  [[nodiscard]] std::optional<Part> take(const Entry& entry);
  void begin_attributes(const Inode& inode, const std::string& path);
  [[nodiscard]] Part next_attribute();

  const std::unique_ptr<SquashfsImage> image_;
  SquashfsFile file_;
  std::string path_;
  std::vector<Level> levels_;
  std::size_t folders_ = 0;
  std::unordered_set<std::uint64_t> listings_, linked_;  // met before
  std::unordered_set<std::uint32_t> attributed_;         // likewise
  // What attributes the last file or folder still has.
  std::string attributed_path_;
  std::uint32_t attributes_left_ = 0;
  bool are_attributes_damaged_ = false;
  // Of the part at hand: what is unpacked, and how much of it was given.
  std::vector<std::byte> block_;
  std::size_t given_ = 0;
};

Result<> Squashfs::begin() {
  const std::optional<Inode> root = read_inode(image_->super().root);
  if (!root || !root->is_folder()) return evidence_error("a squashfs is damaged or cut");
  begin_attributes(*root, {});
  static_cast<void>(enter(*root, {}));
  return Ok{};
}

std::optional<Inode> Squashfs::read_inode(std::uint64_t where) {
  constexpr std::size_t kCommon = 16;
  constexpr std::array kMore = {std::pair(kFolder, std::size_t{16}), std::pair(kFile, std::size_t{16}),
                                std::pair(kLongFolder, std::size_t{24}), std::pair(kLongFile, std::size_t{40})};
  std::array<std::byte, 40> bytes;
  Place place = place_in(image_->super().inodes_at, where);
  if (!image_->read_metadata(Table::inodes, place, std::span(bytes).first(kCommon))) return std::nullopt;
  Inode inode;
  inode.type = little16(bytes, 0);
  inode.modified = little32(bytes, 8);
  if (inode.type == 0 || inode.type > kHighestType) return std::nullopt;
  for (const auto& [type, count] : kMore) {
    if (type != inode.type) continue;
    if (!image_->read_metadata(Table::inodes, place, std::span(bytes).first(count))) return std::nullopt;
    inode.list = place;
    inode.is_folder() ? read_folder(bytes, inode) : read_file(bytes, inode);
  }
  return inode;
}

bool Squashfs::read_entry(Entry& entry) {
  constexpr std::size_t kHeader = 12, kEntry = 8;
  constexpr std::uint32_t kMostEntries = 256;  // behind one header
  Level& level = levels_.back();
  std::array<std::byte, kHeader> bytes;
  entry.name.clear();
  if (level.entries == 0 && level.left > kHeader) {
    if (!image_->read_metadata(Table::folders, level.place, bytes)) return false;
    level.left -= kHeader;
    level.entries = little32(bytes, 0) + 1;
    level.inodes = little32(bytes, 4);
    if (level.entries == 0 || level.entries > kMostEntries) return false;
  }
  if (level.entries == 0 || level.left <= kEntry) return true;
  if (!image_->read_metadata(Table::folders, level.place, std::span(bytes).first(kEntry))) return false;
  entry.name.resize(std::size_t{little16(bytes, 6)} + 1);
  entry.inode = std::uint64_t{level.inodes} << 16 | little16(bytes, 0);
  --level.entries;
  level.left -= std::min<std::uint64_t>(level.left, kEntry + entry.name.size());
  return image_->read_metadata(Table::folders, level.place, std::as_writable_bytes(std::span(entry.name)));
}

// No trouble: its entries come next.
WalkTrouble Squashfs::enter(const Inode& folder, std::string_view name) {
  constexpr std::uint32_t kNotThere = 3;  // bytes that a listing counts and does not have
  if (++folders_ > limits::kMaxSquashfsMet) return WalkTrouble::objects_limit;
  if (folder.listing_bytes <= kNotThere) return WalkTrouble::none;
  if (levels_.size() >= limits::kMaxPathDepth) return WalkTrouble::too_deep;
  if (path_.size() + name.size() >= limits::kMaxPathBytes) return WalkTrouble::name_too_long;
  if (!listings_.insert(folder.listing).second) return WalkTrouble::loop;
  if (!name.empty()) path_.append(name).push_back('/');
  Level level;
  level.place = place_in(image_->super().folders_at, folder.listing);
  level.left = folder.listing_bytes - kNotThere;
  level.path_bytes = path_.size();
  levels_.push_back(level);
  return WalkTrouble::none;
}

// Nothing: it is a folder, of which the entries come next.
std::optional<Part> Squashfs::take(const Entry& entry) {
  Part part;
  part.name = path_ + entry.name;
  if (part.name.size() > limits::kMaxPartNameBytes) part.name.resize(limits::kMaxPartNameBytes);
  const std::optional<Inode> inode = read_inode(entry.inode);
  if (!inode) {
    part.trouble = WalkTrouble::damaged;
    return part;
  }
  part.modified = inode->modified;
  begin_attributes(*inode, part.name);
  if (inode->is_folder()) {
    part.trouble = enter(*inode, entry.name);
    return part.trouble == WalkTrouble::none ? std::nullopt : std::optional(std::move(part));
  }
  const bool is_again =
      inode->links > 1 && linked_.size() < limits::kMaxSquashfsMet && !linked_.insert(entry.inode).second;
  if (!inode->is_file() || is_again) {
    part.trouble = WalkTrouble::special_file;
    return part;
  }
  file_.begin(*inode);
  part.size = inode->size;
  part.stored_at = file_.stored_place();
  return part;
}

Result<std::optional<Part>> Squashfs::next() {
  file_.end();
  block_.clear();
  given_ = 0;
  if (attributes_left_ > 0) return std::optional<Part>(next_attribute());
  while (!levels_.empty()) {
    path_.resize(levels_.back().path_bytes);
    Entry entry;
    if (!read_entry(entry)) {
      Part part;
      part.name = path_.substr(0, path_.size() - (path_.empty() ? 0 : 1));
      part.trouble = WalkTrouble::damaged;
      levels_.pop_back();
      return std::optional<Part>(std::move(part));
    }
    if (entry.name.empty()) {
      levels_.pop_back();
      continue;
    }
    std::optional<Part> part = take(entry);
    if (part) return part;
    if (attributes_left_ > 0) return std::optional<Part>(next_attribute());
  }
  return std::optional<Part>();
}

void Squashfs::begin_attributes(const Inode& inode, const std::string& path) {
  if (inode.attributes == Inode::kNone || !image_->super().has_attributes) return;
  if (attributed_.size() >= limits::kMaxSquashfsMet || !attributed_.insert(inode.attributes).second) return;
  const std::optional<std::uint32_t> count = image_->begin_attributes(inode.attributes);
  attributed_path_ = path;
  are_attributes_damaged_ = !count;
  attributes_left_ = count.value_or(1);
}

Part Squashfs::next_attribute() {
  Part part;
  part.name = attributed_path_ + ":";
  --attributes_left_;
  std::optional<SquashfsImage::Attribute> found;
  if (!are_attributes_damaged_) found = image_->next_attribute();
  if (!found) {
    part.trouble = WalkTrouble::damaged;
    attributes_left_ = 0;
    return part;
  }
  part.name += found->name;
  part.size = found->value.size();
  block_ = std::move(found->value);
  return part;
}

Result<std::size_t> Squashfs::read(std::span<std::byte> into) {
  if (given_ == block_.size() && !file_.is_over()) {
    given_ = 0;
    if (!file_.next_block(block_)) {
      block_.clear();
      file_.end();
      return evidence_error("a file of a squashfs is damaged or cut");
    }
  }
  const std::size_t count = std::min(into.size(), block_.size() - given_);
  std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(given_), count, into.begin());
  given_ += count;
  return count;
}

// One of a version before 4, of 2009: it is told that it was not read.
class OldSquashfs final : public Unpacker {
 public:
  Result<std::optional<Part>> next() override {
    if (std::exchange(is_told_, true)) return std::optional<Part>();
    Part part;
    part.trouble = WalkTrouble::unsupported;
    return std::optional<Part>(std::move(part));
  }
  Result<std::size_t> read(std::span<std::byte> /*into*/) override { return std::size_t{0}; }

 private:
  bool is_told_ = false;
};

}  // namespace

Opened open_squashfs(const Packed& packed) {
  if (packed.content == nullptr) return evidence_error("a squashfs is read at any place");
  Input input(*packed.content, packed.size, kWindowBytes);
  const auto head = input.ahead(kSquashfsHeaderBytes);
  if (!head.ok()) return head.error();
  const std::optional<unsigned> version = squashfs_version(*head);
  if (version && *version < 4) return Opened(std::make_unique<OldSquashfs>());
  std::unique_ptr<SquashfsImage> image = SquashfsImage::open(*packed.content, packed.size);
  if (image == nullptr) return evidence_error("a squashfs is damaged or cut");
  auto opened = std::make_unique<Squashfs>(std::move(image));
  const Result<> begun = opened->begin();
  if (!begun.ok()) return begun.error();
  return Opened(std::move(opened));
}

}  // namespace ambit::unpack
