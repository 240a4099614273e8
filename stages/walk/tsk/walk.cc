#include "stages/walk/tsk/walk.h"

#include <tsk/libtsk.h>

#include <algorithm>

#include "stages/walk/layout.h"
#include "stages/walk/name_list.h"

namespace ambit::walk {
namespace {

// The folder in which HFS+ keeps files with several names; its own name begins with four zeros.
constexpr std::string_view kHardLinks = "HFS+ Private Data";
constexpr TSK_INUM_T kHfsFirstUser = 16;

struct Closer {
  void operator()(TSK_FS_FILE* file) const { tsk_fs_file_close(file); }
  void operator()(TSK_FS_DIR* folder) const { tsk_fs_dir_close(folder); }
};
using File = std::unique_ptr<TSK_FS_FILE, Closer>;
using Dir = std::unique_ptr<TSK_FS_DIR, Closer>;

class Walk {
 public:
  Walk(const ByteSource& volume, std::shared_ptr<TskVolume> tsk, EntrySink& sink)
      : volume_bytes_(volume.size()),
        tsk_(std::move(tsk)),
        fs_(*tsk_->fs()),
        sink_(sink),
        block_bytes_(fs_.block_size),
        allowance_(volume.size() * limits::kMaxTimesOverClaimed),
        names_(fs_.root_inum) {}

  Result<> run();

 private:
  void list_folder(std::size_t index);
  void add(std::size_t index, const TSK_FS_NAME& name);
  [[nodiscard]] bool offer(TSK_INUM_T inode, std::vector<std::string> paths);
  [[nodiscard]] bool offer_attribute(const TSK_FS_META& meta, const TSK_FS_ATTR& attribute, FileEntry&& entry);
  [[nodiscard]] std::vector<Run> runs_of(const TSK_FS_ATTR& attribute, bool& whole) const;
  void area_of(TSK_INUM_T inode);
  void areas();
  void area(Kind kind, const std::vector<Run>& runs);

  const std::uint64_t volume_bytes_;
  const std::shared_ptr<TskVolume> tsk_;  // shared with the contents that this walk makes
  TSK_FS_INFO& fs_;
  EntrySink& sink_;
  const std::uint64_t block_bytes_;
  Allowance allowance_;
  NameList names_;
};

void Walk::area(Kind kind, const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    if (allowance_.spend(run.length)) sink_.area(kind, run.place, run.length);
  }
}

void Walk::add(std::size_t index, const TSK_FS_NAME& name) {
  if (name.name == nullptr || (name.flags & TSK_FS_NAME_FLAG_ALLOC) == 0 || name.meta_addr > fs_.last_inum) return;
  if (name.type == TSK_FS_NAME_TYPE_VIRT || name.type == TSK_FS_NAME_TYPE_VIRT_DIR) return;
  if (name.meta_addr < kHfsFirstUser) return;
  if (name.type == TSK_FS_NAME_TYPE_DIR) {
    names_.add_folder(index, name.meta_addr, name.name);
  } else {
    names_.add_file(index, name.meta_addr, name.name);
  }
}

void Walk::list_folder(std::size_t index) {
  const std::lock_guard hold(tsk_->lock());
  const Dir folder(tsk_fs_dir_open_meta(&fs_, names_.inode_of(index)));
  tsk_error_reset();
  if (folder == nullptr) return names_.note_damage();
  const std::size_t count = tsk_fs_dir_getsize(folder.get());
  for (std::size_t i = 0; i < count; ++i) {
    const TSK_FS_NAME* name = tsk_fs_dir_get_name(folder.get(), i);
    if (name != nullptr) add(index, *name);
  }
}

std::vector<Run> Walk::runs_of(const TSK_FS_ATTR& attribute, bool& whole) const {
  std::vector<Run> runs;
  const std::uint64_t blocks = volume_bytes_ / block_bytes_;
  const auto begin = static_cast<std::uint64_t>(fs_.offset);
  for (const TSK_FS_ATTR_RUN* run = attribute.nrd.run; run != nullptr; run = run->next) {
    if ((run->flags & TSK_FS_ATTR_RUN_FLAG_FILLER) != 0) whole = false;
    if ((run->flags & (TSK_FS_ATTR_RUN_FLAG_SPARSE | TSK_FS_ATTR_RUN_FLAG_FILLER)) != 0) continue;
    constexpr std::uint64_t kMost = std::uint64_t{1} << 48;
    const bool inside = run->addr < blocks && run->len <= blocks - run->addr && run->offset < kMost;
    const std::uint64_t place = begin + run->addr * block_bytes_, length = run->len * block_bytes_;
    if (!inside || place > volume_bytes_ || length > volume_bytes_ - place ||
        (!runs.empty() && runs.back().end() > run->offset * block_bytes_) ||
        !append_run(runs, {run->offset * block_bytes_, place, length})) {
      whole = false;
      break;
    }
  }
  return runs;
}

bool Walk::offer_attribute(const TSK_FS_META& meta, const TSK_FS_ATTR& attribute, FileEntry&& entry) {
  const auto size = static_cast<std::uint64_t>(std::max<TSK_OFF_T>(attribute.size, 0));
  entry.size = std::min(size, limits::kMaxFileBytes);
  if (size != entry.size || attribute.size < 0) entry.trouble = WalkTrouble::damaged;
  if (attribute.type == TSK_FS_ATTR_TYPE_HFS_RSRC) entry.stream = "rsrc";
  if (attribute.type == TSK_FS_ATTR_TYPE_HFS_EXT_ATTR) entry.stream = attribute.name != nullptr ? attribute.name : "?";
  const bool compressed = (attribute.flags & TSK_FS_ATTR_COMP) != 0;
  if (compressed) {
    entry.content = tsk_content(tsk_, meta.addr, attribute.type, attribute.id, entry.modified);
  } else if ((attribute.flags & TSK_FS_ATTR_RES) != 0) {
    const std::size_t length = static_cast<std::size_t>(
        std::min<std::uint64_t>({entry.size, attribute.rd.buf_size, limits::kMaxLinkTargetBytes}));
    if (length < entry.size) entry.trouble = WalkTrouble::damaged;
    std::string bytes(attribute.rd.buf == nullptr ? "" : reinterpret_cast<const char*>(attribute.rd.buf),
                      attribute.rd.buf == nullptr ? 0 : length);
    entry.content = bytes_content(std::move(bytes), entry.modified);
  } else {
    bool whole = true;
    const std::vector<Run> runs = runs_of(attribute, whole);
    std::uint64_t bytes = 0;
    for (const Run& run : runs) bytes += run.length;
    const bool allowed = allowance_.spend(bytes);
    if (!whole || !allowed) entry.trouble = WalkTrouble::damaged;
    const auto valid = static_cast<std::uint64_t>(std::max<TSK_OFF_T>(attribute.nrd.initsize, 0));
    if (allowed) lay_out(runs, entry.size, valid, block_bytes_, entry, sink_);
  }
  return sink_.entry(std::move(entry));
}

bool Walk::offer(TSK_INUM_T inode, std::vector<std::string> paths) {
  // Of a file with several names the one in the folder of hard links is none of them.
  const auto hidden = std::stable_partition(
      paths.begin(), paths.end(), [](const std::string& path) { return path.find(kHardLinks) == std::string::npos; });
  if (hidden != paths.begin()) paths.erase(hidden, paths.end());
  const std::lock_guard hold(tsk_->lock());
  const File file(tsk_fs_file_open_meta(&fs_, nullptr, inode));
  tsk_error_reset();
  const auto make = [&] {
    FileEntry entry;
    entry.path = paths.front();
    entry.links.assign(paths.begin() + 1, paths.end());
    entry.inode = inode;
    if (file != nullptr && file->meta != nullptr && file->meta->mtime != 0) entry.modified = file->meta->mtime;
    return entry;
  };
  if (file == nullptr || file->meta == nullptr) {
    FileEntry entry = make();
    entry.trouble = WalkTrouble::damaged;
    return sink_.entry(std::move(entry));
  }
  const TSK_FS_META& meta = *file->meta;
  const bool special = meta.type == TSK_FS_META_TYPE_FIFO || meta.type == TSK_FS_META_TYPE_CHR ||
                       meta.type == TSK_FS_META_TYPE_BLK || meta.type == TSK_FS_META_TYPE_SOCK;
  if (special || (meta.type == TSK_FS_META_TYPE_LNK && meta.link != nullptr)) {
    FileEntry entry = make();
    if (special) entry.trouble = WalkTrouble::special_file;
    if (!special) {
      entry.size = std::string_view(meta.link).size();
      entry.content = bytes_content(meta.link, entry.modified);
    }
    return sink_.entry(std::move(entry));
  }
  bool main = false;
  const int count = tsk_fs_file_attr_getsize(file.get());
  tsk_error_reset();
  for (int i = 0; i < count; ++i) {
    const TSK_FS_ATTR* attribute = tsk_fs_file_attr_get_idx(file.get(), i);
    if (attribute == nullptr || attribute->type == TSK_FS_ATTR_TYPE_HFS_COMP_REC) continue;
    if (attribute->type == TSK_FS_ATTR_TYPE_HFS_RSRC && attribute->size == 0) continue;
    main |= attribute->type == TSK_FS_ATTR_TYPE_DEFAULT || attribute->type == TSK_FS_ATTR_TYPE_HFS_DATA;
    if (!offer_attribute(meta, *attribute, make())) return false;
  }
  if (main) return true;
  FileEntry entry = make();
  entry.size = static_cast<std::uint64_t>(std::max<TSK_OFF_T>(meta.size, 0));
  if (entry.size > 0) entry.trouble = WalkTrouble::damaged;
  return sink_.entry(std::move(entry));
}

void Walk::area_of(TSK_INUM_T inode) {
  const std::lock_guard hold(tsk_->lock());
  const File file(tsk_fs_file_open_meta(&fs_, nullptr, inode));
  const int count = file == nullptr ? 0 : tsk_fs_file_attr_getsize(file.get());
  for (int i = 0; i < count; ++i) {
    const TSK_FS_ATTR* attribute = tsk_fs_file_attr_get_idx(file.get(), i);
    bool whole = true;
    if (attribute != nullptr && (attribute->flags & TSK_FS_ATTR_NONRES) != 0)
      area(Kind::metadata, runs_of(*attribute, whole));
  }
  tsk_error_reset();
}

// The books themselves: files below 16, and two headers.
void Walk::areas() {
  const auto begin = static_cast<std::uint64_t>(fs_.offset);
  const std::uint64_t end = tsk_size(*tsk_);
  area(Kind::metadata, {{0, 0, std::min<std::uint64_t>(begin + 1536, volume_bytes_)}});
  if (end > begin + 4096) area(Kind::metadata, {{0, end - 1024, 1024}});
  for (TSK_INUM_T inode = 3; inode < 9; ++inode) area_of(inode);
}

Result<> Walk::run() {
  if (block_bytes_ == 0) return Error{ErrorKind::evidence, "the file system says that a block has no bytes", "", ""};
  for (std::size_t i = 0; i < names_.folders(); ++i) list_folder(i);  // folders found on the way are appended
  areas();
  const auto each = [this](std::uint64_t inode, std::vector<std::string> paths) {
    return offer(inode, std::move(paths));
  };
  if (!names_.for_each_file(each)) return {};
  return names_.outcome();
}

}  // namespace

Result<> walk_with_tsk(const ByteSource& volume, const std::shared_ptr<TskVolume>& tsk, EntrySink& sink) {
  return Walk(volume, tsk, sink).run();
}

std::uint64_t tsk_block_bytes(TskVolume& tsk) { return tsk.fs()->block_size; }

std::uint64_t tsk_size(TskVolume& tsk) {
  const TSK_FS_INFO& fs = *tsk.fs();
  const auto volume = static_cast<std::uint64_t>(std::max<TSK_OFF_T>(fs.img_info->size, 0));
  const auto begin = static_cast<std::uint64_t>(std::max<TSK_OFF_T>(fs.offset, 0));
  if (begin >= volume || fs.block_size == 0) return 0;
  const std::uint64_t blocks = std::min<std::uint64_t>(fs.block_count, (volume - begin) / fs.block_size);
  return begin + blocks * fs.block_size;
}

std::uint64_t tsk_declared_size(TskVolume& tsk) {
  const TSK_FS_INFO& fs = *tsk.fs();
  if (fs.block_size == 0) return 0;
  const auto begin = static_cast<std::uint64_t>(std::max<TSK_OFF_T>(fs.offset, 0));
  return begin + std::min<std::uint64_t>(fs.block_count, INT64_MAX / fs.block_size) * fs.block_size;
}

}  // namespace ambit::walk
