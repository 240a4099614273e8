#include "stages/walk/fat/fat.h"

#include <algorithm>
#include <array>

#include "stages/walk/fat/folder.h"
#include "stages/walk/fat/volume.h"

namespace ambit::walk {
namespace fat {
namespace {

constexpr std::size_t kRecord = 32;
constexpr std::size_t kPiece = 4096;  // folders are read in these

struct Folder {
  std::size_t parent = 0;  // index; the root is its own
  std::uint32_t first = 0;
  bool straight = false, deleted = false;
  std::uint64_t size = 0;
  std::size_t depth = 0;
  std::string name;
};

class Walk {
 public:
  Walk(const ByteSource& volume, const Geometry& geometry, EntrySink& sink)
      : geometry_(geometry), sink_(sink), table_(volume, geometry), window_(volume, 64 * limits::KiB) {}

  Result<> run();

 private:
  [[nodiscard]] Table::Chain chain_of(const Folder& folder);
  // Calls `each` for the items of a folder's runs until it answers false.
  template <class Each>
  void read(const std::vector<Run>& runs, Each each);
  void find_bitmap(const std::vector<Run>& root);
  [[nodiscard]] bool enter(std::size_t index);
  [[nodiscard]] bool offer(std::size_t index, const std::string& path, Item&& item);
  [[nodiscard]] bool offer_folder(std::size_t index, const std::string& path, Item&& item);
  [[nodiscard]] bool offer_file(const std::string& path, Item&& item);
  [[nodiscard]] bool is_deleted_folder(const Item& item);
  // False: its clusters are in use again, or another deleted file has them.
  [[nodiscard]] bool recover(const Item& item, std::uint64_t size, std::vector<Run>& runs);
  [[nodiscard]] std::string path_of(std::size_t index) const;
  [[nodiscard]] std::unique_ptr<FolderReader> reader() const {
    return geometry_.width == Width::exfat ? exfat_folder() : fat_folder();
  }

  const Geometry& geometry_;
  EntrySink& sink_;
  Table table_;
  ByteWindow window_;
  std::vector<Folder> folders_;
  std::size_t name_bytes_ = 0;
  Claims entered_, deleted_;
  std::uint64_t damaged_ = 0;
  bool room_ = true, going_ = true;
};

template <class Each>
void Walk::read(const std::vector<Run>& runs, Each each) {
  const std::unique_ptr<FolderReader> items = reader();
  for (const Run& run : runs) {
    for (std::uint64_t at = run.place; at < run.place_end() && !items->ended();) {
      const std::size_t length = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, run.place_end() - at));
      const std::span<const std::byte> piece = window_.at(at, length);
      if (piece.empty()) ++damaged_;
      for (std::size_t i = 0; i + kRecord <= piece.size() && !items->ended(); i += kRecord) {
        // `each` may move the window: the record is copied first.
        std::array<std::byte, kRecord> record;
        std::copy_n(window_.at(at, length).begin() + static_cast<std::ptrdiff_t>(i), kRecord, record.begin());
        std::optional<Item> item = items->feed(record, at + i);
        if (item && !each(std::move(*item))) return;
      }
      at += length;
    }
  }
}

Table::Chain Walk::chain_of(const Folder& folder) {
  if (folder.first == 0 && geometry_.root == 0 && folder.depth == 0) {
    return {{{0, geometry_.root_place, geometry_.root_bytes}}, geometry_.root_bytes, true};
  }
  if (folder.deleted) return table_.straight(folder.first, geometry_.cluster_bytes);
  return folder.straight ? table_.straight(folder.first, folder.size) : table_.chain(folder.first);
}

void Walk::find_bitmap(const std::vector<Run>& root) {
  if (geometry_.width != Width::exfat) return;
  read(root, [this](Item&& item) {
    if (item.what != Item::What::bitmap) return true;
    table_.use_bitmap(table_.chain(item.first).runs);
    return false;
  });
}

std::string Walk::path_of(std::size_t index) const {
  std::vector<const std::string*> names;
  for (; index != 0; index = folders_[index].parent) names.push_back(&folders_[index].name);
  std::string path;
  for (auto name = names.rbegin(); name != names.rend(); ++name) path.append(**name) += '/';
  return path;
}

bool Walk::enter(std::size_t index) {
  const Folder folder = folders_[index];
  Table::Chain chain = chain_of(folder);
  if (!chain.whole) ++damaged_;
  std::vector<Run> own;
  for (const Run& run : chain.runs) {
    if (!entered_.claim(run.place, run.length)) {
      ++damaged_;  // another folder has these clusters, or this one goes in a circle
      break;
    }
    own.push_back(run);
    if (!folder.deleted) sink_.area(Kind::metadata, run.place, run.length);
  }
  if (index == 0) find_bitmap(own);
  const std::string path = path_of(index);
  read(own, [&](Item&& item) {
    item.deleted |= folder.deleted;
    return going_ = offer(index, path, std::move(item));
  });
  return going_;
}

bool Walk::offer(std::size_t index, const std::string& path, Item&& item) {
  switch (item.what) {
    case Item::What::file:
      return offer_file(path, std::move(item));
    case Item::What::folder:
      return offer_folder(index, path, std::move(item));
    default:
      for (const Run& run : table_.chain(item.first).runs) sink_.area(Kind::metadata, run.place, run.length);
      return true;
  }
}

bool Walk::is_deleted_folder(const Item& item) {
  if (!geometry_.has(item.first)) return false;
  const std::vector<Run> cluster = {{0, geometry_.place_of(item.first), geometry_.cluster_bytes}};
  if (!table_.are_free(cluster)) return false;
  const std::span<const std::byte> begin = window_.at(cluster[0].place, kRecord);
  if (begin.empty()) return false;
  if (geometry_.width == Width::exfat) return (begin[0] & std::byte{0x7f}) == std::byte{0x05};
  const std::uint32_t self = std::uint32_t{little<std::uint16_t>(begin, 20)} << 16 | little<std::uint16_t>(begin, 26);
  return begin[0] == std::byte{'.'} && begin[1] == std::byte{' '} && (self & 0xffff) == (item.first & 0xffff);
}

bool Walk::offer_folder(std::size_t index, const std::string& path, Item&& item) {
  if (item.deleted && !is_deleted_folder(item)) return true;
  const std::size_t depth = folders_[index].depth + 1;
  WalkTrouble trouble = WalkTrouble::none;
  if (depth > limits::kMaxPathDepth) trouble = WalkTrouble::too_deep;
  if (path.size() + item.name.size() > limits::kMaxPathBytes - 1024) trouble = WalkTrouble::name_too_long;
  if (!geometry_.has(item.first)) trouble = WalkTrouble::damaged;
  const bool taken = geometry_.has(item.first) && entered_.overlaps(geometry_.place_of(item.first), 1);
  if (taken) trouble = WalkTrouble::loop;
  if (taken && item.deleted) return true;
  if (folders_.size() >= limits::kMaxFolders || name_bytes_ + item.name.size() > limits::kMaxFolderNameBytes) {
    room_ = false;
    trouble = WalkTrouble::objects_limit;
  }
  if (trouble != WalkTrouble::none) {
    FileEntry entry;
    entry.path = path + item.name;
    entry.state = item.deleted ? ObjectState::deleted : ObjectState::active;
    entry.inode = item.record;
    entry.trouble = trouble;
    return sink_.entry(std::move(entry));
  }
  name_bytes_ += item.name.size();
  folders_.push_back({index, item.first, item.straight, item.deleted, item.size, depth, std::move(item.name)});
  return true;
}

bool Walk::recover(const Item& item, std::uint64_t size, std::vector<Run>& runs) {
  Table::Chain chain;
  // exFAT leaves the chain of a deleted file in its table; FAT clears it.
  if (geometry_.width == Width::exfat && !item.straight) chain = table_.chain(item.first);
  if (chain.bytes < size) chain = table_.straight(item.first, size);
  if (!chain.whole) return false;
  const std::uint64_t whole = (size + geometry_.cluster_bytes - 1) / geometry_.cluster_bytes * geometry_.cluster_bytes;
  while (!chain.runs.empty() && chain.runs.back().start >= whole) chain.runs.pop_back();
  if (!chain.runs.empty())
    chain.runs.back().length = std::min(chain.runs.back().length, whole - chain.runs.back().start);
  if (!deleted_.claim_all(chain.runs)) return false;
  const bool free = table_.are_free(chain.runs);
  for (const Run& run : chain.runs) {
    if (!free) deleted_.release(run.place);
  }
  if (free) runs = std::move(chain.runs);
  return free;
}

bool Walk::offer_file(const std::string& path, Item&& item) {
  FileEntry entry;
  entry.path = path + item.name;
  entry.state = item.deleted ? ObjectState::deleted : ObjectState::active;
  entry.inode = item.record;
  entry.modified = item.modified;
  const std::uint64_t size = std::min(item.size, limits::kMaxFileBytes);
  std::vector<Run> runs;
  if (item.deleted) {
    if (size > 0 && !recover(item, size, runs)) return true;
  } else if (item.first != 0 || size > 0) {
    // exFAT alone has files in one piece, and these have no clusters beyond their size.
    Table::Chain chain = item.straight ? table_.straight(item.first, size) : table_.chain(item.first);
    if (!chain.whole || chain.bytes < item.size) entry.trouble = WalkTrouble::damaged;
    runs = std::move(chain.runs);
  }
  lay_out(runs, size, item.valid, geometry_.cluster_bytes, entry, sink_);
  return sink_.entry(std::move(entry));
}

Result<> Walk::run() {
  sink_.area(Kind::metadata, 0, geometry_.heap);
  Folder root;
  root.first = geometry_.root;
  folders_.push_back(root);
  // Folders found on the way are appended.
  for (std::size_t i = 0; i < folders_.size() && going_; ++i) {
    if (!enter(i)) return {};
  }
  if (damaged_ > 0)
    return Error{ErrorKind::evidence, std::to_string(damaged_) + " pieces of folders are damaged", "", ""};
  if (!room_) return Error{ErrorKind::evidence, "more folders than can be kept; some were not entered", "", ""};
  return {};
}

class Fat final : public FileSystem {
 public:
  Fat(const ByteSource& volume, const Geometry& geometry) : volume_(volume), geometry_(geometry) {}

  std::string_view type() const override {
    constexpr std::array<std::string_view, 4> kNames = {"FAT12", "FAT16", "FAT32", "exFAT"};
    return kNames[static_cast<std::size_t>(geometry_.width)];
  }
  std::uint64_t block_bytes() const override { return geometry_.cluster_bytes; }
  std::uint64_t size() const override { return geometry_.bytes; }
  std::uint64_t declared_size() const override { return geometry_.declared_bytes; }
  Result<> walk(EntrySink& sink) const override { return Walk(volume_, geometry_, sink).run(); }

 private:
  const ByteSource& volume_;
  const Geometry geometry_;
};

}  // namespace
}  // namespace fat

namespace {

OpenedFileSystem open_fat_with(const ByteSource& volume, const std::optional<fat::Geometry>& geometry) {
  if (!geometry) return std::unique_ptr<FileSystem>();
  return std::unique_ptr<FileSystem>(std::make_unique<fat::Fat>(volume, *geometry));
}

}  // namespace

OpenedFileSystem open_fat(const ByteSource& volume) { return open_fat_with(volume, fat::geometry_of(volume)); }
OpenedFileSystem open_fat_by_copy(const ByteSource& volume) {
  return open_fat_with(volume, fat::geometry_by_copy(volume));
}

}  // namespace ambit::walk
