#include "stages/walk/iso/iso.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "stages/walk/iso/record.h"
#include "stages/walk/layout.h"

namespace ambit::walk {
namespace iso {
namespace {

//   disc       = :32768 descriptor*
//   descriptor = kind:u8 "CD001" … of 2,048 bytes; kind 1 the plain tree, 2 another (Joliet: "%/" at 88), 255 the end
//                blocks:u32@80 … block-bytes:u16@128 … table-bytes:u32@132 table:u32@140 … root:record@156
constexpr std::uint64_t kSector = 2048;
constexpr std::uint64_t kDescriptors = 16;
constexpr std::uint64_t kMostDescriptors = 64;

struct Root {
  Tree tree = Tree::plain;
  std::uint64_t place = 0, size = 0;
  std::size_t skip = 0;
};

struct Geometry {
  std::uint64_t block_bytes = 0, bytes = 0, declared_bytes = 0;
  std::uint64_t descriptors_end = 0;
  std::vector<Run> tables;  // place and length
  std::vector<Root> roots;  // the best first
};

std::optional<Geometry> geometry_of(const ByteSource& volume) {
  Geometry g;
  std::vector<std::byte> d(kSector);
  ByteWindow window(volume, 64 * limits::KiB);
  for (std::uint64_t i = kDescriptors; i < kDescriptors + kMostDescriptors; ++i) {
    if (!read_fully(volume, i * kSector, d).ok() || std::memcmp(d.data() + 1, "CD001", 5) != 0) break;
    g.descriptors_end = (i + 1) * kSector;
    const auto kind = little<std::uint8_t>(d, 0);
    if (kind == 255) break;
    if (kind != 1 && kind != 2) continue;
    const std::uint64_t block = little<std::uint16_t>(d, 128);
    if (block != 512 && block != 1024 && block != 2048) continue;
    if (g.block_bytes != 0 && block != g.block_bytes) continue;
    g.block_bytes = block;
    g.bytes = std::max(g.bytes, little<std::uint32_t>(d, 80) * block);
    const std::optional<Record> self = read_record(std::span(d).subspan(156, 34), Tree::plain, block, 0, window);
    if (!self || !self->self) continue;
    Root root{kind == 2 && d[88] == std::byte{'%'} && d[89] == std::byte{'/'} ? Tree::joliet : Tree::plain, self->place,
              self->size};
    const std::span<const std::byte> first = window.at(root.place, 256);
    if (root.tree == Tree::plain && !first.empty()) {
      const std::optional<std::size_t> skip = rock_ridge_skip(first.first(static_cast<std::size_t>(first[0])));
      if (skip) root.tree = Tree::rock_ridge;
      root.skip = skip.value_or(0);
    }
    g.tables.push_back({0, little<std::uint32_t>(d, 140) * block, little<std::uint32_t>(d, 132)});
    g.roots.push_back(root);
  }
  if (g.roots.empty()) return std::nullopt;
  const auto rank = [](const Root& r) { return r.tree == Tree::rock_ridge ? 0 : r.tree == Tree::joliet ? 1 : 2; };
  std::stable_sort(g.roots.begin(), g.roots.end(), [&](const Root& a, const Root& b) { return rank(a) < rank(b); });
  g.declared_bytes = g.bytes;
  g.bytes = std::min(g.bytes, volume.size());
  return g;
}

struct Folder {
  std::string path;
  std::uint64_t place = 0, size = 0;
  std::size_t depth = 0;
};

class Walk {
 public:
  Walk(const ByteSource& volume, const Geometry& geometry, EntrySink& sink)
      : geometry_(geometry),
        sink_(sink),
        window_(volume, 64 * limits::KiB),
        extras_(volume, 64 * limits::KiB),
        allowance_(geometry.bytes * limits::kMaxTimesOverClaimed) {}
  Result<> run();

 private:
  enum class Pass : std::uint8_t { look, offer };
  void walk_tree(const Root& root, Pass pass, bool main);
  void read_folder(const Root& root, const Folder& folder);
  void take(const Folder& folder, Record&& record);
  void take_folder(const Folder& folder, Record&& record);
  void finish(FileEntry&& entry);
  void offer(FileEntry&& entry);

  const Geometry& geometry_;
  EntrySink& sink_;
  ByteWindow window_, extras_;
  Allowance allowance_;
  Pass pass_ = Pass::look;
  bool main_ = true, going_ = true;
  std::vector<Folder> folders_;
  std::size_t path_bytes_ = 0;
  Claims entered_;
  std::vector<std::uint64_t> places_;    // where files of the main tree begin, sorted after the first pass
  std::map<Run, FileEntry> shared_;      // files that begin where others do, by their first run
  std::optional<FileEntry> unfinished_;  // a file in several records
  std::uint64_t damaged_ = 0;
  bool room_ = true;
};

void Walk::offer(FileEntry&& entry) {
  std::uint64_t bytes = 0;
  for (const Run& run : entry.runs) bytes += run.length;
  if (!allowance_.spend(bytes)) {  // its name is all we take
    entry.runs.clear();
    entry.slack = 0;
    entry.trouble = WalkTrouble::damaged;
  }
  if (going_) going_ = sink_.entry(std::move(entry));
}

void Walk::finish(FileEntry&& entry) {
  if (pass_ == Pass::look) {
    if (main_ && !entry.runs.empty() && places_.size() < limits::kMaxListedNames)
      places_.push_back(entry.runs[0].place);
    return;
  }
  if (entry.runs.empty()) {
    if (main_) offer(std::move(entry));
    return;
  }
  const auto [first, last] = std::equal_range(places_.begin(), places_.end(), entry.runs[0].place);
  if (!main_ && first != last) return;  // the main tree has it
  if (main_ && last - first == 1) return offer(std::move(entry));
  // Others begin here too: the same file under another name, if they are as long.
  const Run key = entry.runs[0];
  const auto [at, is_new] = shared_.try_emplace(key, std::move(entry));
  if (is_new || shared_.size() > limits::kMaxListedNames) return;
  at->second.links.push_back(std::move(entry.path));
}

void Walk::take_folder(const Folder& folder, Record&& record) {
  if (record.relocated) return;  // it stands where a CL points to it
  Folder next{folder.path + record.name + '/', record.place, record.size, folder.depth + 1};
  WalkTrouble trouble = WalkTrouble::none;
  if (next.depth > limits::kMaxPathDepth) trouble = WalkTrouble::too_deep;
  if (next.path.size() > limits::kMaxPathBytes - 1024) trouble = WalkTrouble::name_too_long;
  if (entered_.overlaps(record.place, 1)) trouble = WalkTrouble::loop;
  if (folders_.size() >= limits::kMaxFolders || path_bytes_ + next.path.size() > limits::kMaxFolderNameBytes) {
    room_ = false;
    trouble = WalkTrouble::objects_limit;
  }
  if (trouble == WalkTrouble::none) {
    path_bytes_ += next.path.size();
    folders_.push_back(std::move(next));
  } else if (pass_ == Pass::offer && main_) {
    next.path.pop_back();
    FileEntry entry;
    entry.path = std::move(next.path);
    entry.inode = record.place;
    entry.trouble = trouble;
    offer(std::move(entry));
  }
}

void Walk::take(const Folder& folder, Record&& record) {
  if (record.name.empty()) return;
  if (record.folder) return take_folder(folder, std::move(record));
  FileEntry entry;
  if (unfinished_) {
    entry = std::move(*unfinished_);
    unfinished_.reset();
  } else {
    entry.path = folder.path + record.name;
    entry.inode = record.place;
    entry.modified = record.modified;
  }
  if (record.target) {
    entry.size = record.target->size();
    entry.content = bytes_content(std::move(*record.target), record.modified);
    return finish(std::move(entry));
  }
  if (record.interleaved || record.compressed) entry.trouble = WalkTrouble::unsupported;
  const std::uint64_t left = geometry_.bytes - std::min(geometry_.bytes, record.place);
  if (record.size > left) entry.trouble = WalkTrouble::damaged;
  const Run run{entry.size, record.place, std::min(record.size, left)};
  if (!append_run(entry.runs, run)) entry.trouble = WalkTrouble::damaged;
  entry.size += record.size;
  entry.slack =
      std::min((geometry_.block_bytes - run.length % geometry_.block_bytes) % geometry_.block_bytes, left - run.length);
  if (record.goes_on) {
    unfinished_ = std::move(entry);
  } else {
    finish(std::move(entry));
  }
}

void Walk::read_folder(const Root& root, const Folder& folder) {
  unfinished_.reset();
  std::uint64_t size = folder.size;
  for (std::uint64_t at = 0; at == 0 || at < size; at += kSector) {
    const std::span<const std::byte> sector = window_.at(folder.place + at, kSector);
    if (sector.empty() || !entered_.claim(folder.place + at, kSector)) {
      ++damaged_;
      return;
    }
    if (pass_ == Pass::offer) sink_.area(Kind::metadata, folder.place + at, kSector);
    for (std::size_t i = 0; i < sector.size() && going_;) {
      const std::size_t length = static_cast<std::size_t>(sector[i]);
      if (length == 0) break;  // records do not cross sectors
      std::optional<Record> record;
      if (length <= sector.size() - i)
        record = read_record(sector.subspan(i, length), root.tree, geometry_.block_bytes, root.skip, extras_);
      if (!record) {
        ++damaged_;
        break;
      }
      if (record->self && at == 0 && i == 0 && size == 0) size = record->size;
      take(folder, std::move(*record));
      i += length;
    }
  }
}

void Walk::walk_tree(const Root& root, Pass pass, bool main) {
  pass_ = pass;
  main_ = main;
  entered_ = Claims();
  folders_.assign(1, {"", root.place, root.size, 0});
  path_bytes_ = 0;
  for (std::size_t i = 0; i < folders_.size() && going_; ++i) {
    const Folder folder = std::move(folders_[i]);
    read_folder(root, folder);
  }
}

Result<> Walk::run() {
  sink_.area(Kind::metadata, kDescriptors * kSector, geometry_.descriptors_end - kDescriptors * kSector);
  for (const Run& table : geometry_.tables) {
    const std::uint64_t end = std::min(geometry_.bytes, table.place_end());
    if (table.place < end) sink_.area(Kind::metadata, table.place, end - table.place);
  }
  walk_tree(geometry_.roots[0], Pass::look, true);
  std::sort(places_.begin(), places_.end());
  for (std::size_t i = 0; i < geometry_.roots.size(); ++i) {
    const bool again = std::any_of(geometry_.roots.begin(), geometry_.roots.begin() + static_cast<std::ptrdiff_t>(i),
                                   [&](const Root& r) { return r.place == geometry_.roots[i].place; });
    if (i == 0) damaged_ = 0;
    if (!again) walk_tree(geometry_.roots[i], Pass::offer, i == 0);
  }
  for (auto& [run, entry] : shared_) {
    std::vector<std::string> paths = std::move(entry.links);
    paths.push_back(std::move(entry.path));
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    entry.path = std::move(paths.front());
    entry.links.assign(std::make_move_iterator(paths.begin() + 1), std::make_move_iterator(paths.end()));
    offer(std::move(entry));
  }
  if (damaged_ > 0)
    return Error{ErrorKind::evidence, std::to_string(damaged_) + " pieces of folders are damaged", "", ""};
  if (!room_) return Error{ErrorKind::evidence, "more folders than can be kept; some were not entered", "", ""};
  return {};
}

class Iso final : public FileSystem {
 public:
  Iso(const ByteSource& volume, Geometry geometry) : volume_(volume), geometry_(std::move(geometry)) {}
  std::string_view type() const override { return "ISO 9660"; }
  std::uint64_t block_bytes() const override { return geometry_.block_bytes; }
  std::uint64_t size() const override { return geometry_.bytes; }
  std::uint64_t declared_size() const override { return geometry_.declared_bytes; }
  Result<> walk(EntrySink& sink) const override { return Walk(volume_, geometry_, sink).run(); }

 private:
  const ByteSource& volume_;
  const Geometry geometry_;
};

}  // namespace
}  // namespace iso

OpenedFileSystem open_iso(const ByteSource& volume) {
  std::optional<iso::Geometry> geometry = iso::geometry_of(volume);
  if (!geometry) return std::unique_ptr<FileSystem>();
  return std::unique_ptr<FileSystem>(std::make_unique<iso::Iso>(volume, std::move(*geometry)));
}

}  // namespace ambit::walk
