#include "stages/walk/ntfs/files.h"

#include <algorithm>

#include "stages/walk/ntfs/compressed.h"

namespace ambit::walk::ntfs {
namespace {

// Reparse points: what else a name may be.
enum : std::uint32_t {
  kJunction = 0xa0000003,
  kSymbolicLink = 0xa000000c,
  kLinuxLink = 0xa000001d,
  kDeduplicated = 0x80000013,
  kFilterCompressed = 0x80000017,
};

const Attribute* find(const std::vector<Attribute>& all, std::uint32_t type) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const Attribute& a) { return a.type == type; });
  return at == all.end() ? nullptr : &*at;
}

std::optional<std::int64_t> modified_of(const std::vector<Attribute>& all) {
  const Attribute* standard = find(all, kStandard);
  if (standard == nullptr || standard->value.size() < 16) return std::nullopt;
  const std::uint64_t ticks = little<std::uint64_t>(standard->value, 8);  // 100 ns since 1601
  return static_cast<std::int64_t>(ticks / 10'000'000) - 11'644'473'600;
}

// reparse = tag:u32 length:u16 :u16 (links: substitute:u16 length:u16 print:u16 length:u16 [flags:u32] utf16*)
std::string target_of(std::uint32_t tag, std::span<const std::byte> value) {
  if (tag == kLinuxLink) {
    std::string target;
    for (const std::byte b : value.subspan(std::min<std::size_t>(12, value.size()))) target += static_cast<char>(b);
    return target;
  }
  const std::size_t names = tag == kSymbolicLink ? 20 : 16;
  if (value.size() < names) return {};
  for (const std::size_t field : {std::size_t{12}, std::size_t{8}}) {  // the printed name, else the real one
    const std::size_t at = little<std::uint16_t>(value, field), length = little<std::uint16_t>(value, field + 2);
    if (length == 0 || at > value.size() - names || length > value.size() - names - at) continue;
    return name_from_utf16(value.subspan(names + at, length));
  }
  return {};
}

}  // namespace

Files::Files(const ByteSource& volume, const Geometry& geometry, Table& table, Folders& folders, EntrySink& sink)
    : volume_(volume),
      geometry_(geometry),
      table_(table),
      folders_(folders),
      sink_(sink),
      allowance_(geometry.bytes * limits::kMaxTimesOverClaimed) {}

void Files::areas(Kind kind, const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    if (allowance_.spend(run.length)) sink_.area(kind, run.place, run.length);
  }
}

bool Files::is_own(const Head& head, const std::vector<Name>& names) const {
  if (head.number < kFirstUser) return head.number != kRoot;
  return std::any_of(names.begin(), names.end(), [&](const Name& name) { return folders_.is_own(name.parent); });
}

std::vector<std::string> Files::paths_of(const Head& head, const std::vector<Name>& names) {
  if (head.number == kRoot) return {""};
  std::vector<std::string> paths;
  for (const Name& name : names) {
    const std::optional<std::string> folder = folders_.path_of(name.parent, !head.in_use);
    paths.push_back(folder ? *folder + name.text : std::string(kOrphans) + '/' + name.text);
  }
  if (paths.empty()) paths.push_back(std::string(kOrphans) + "/record " + std::to_string(head.number));
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

FileEntry Files::entry_of(const File& file, const Attribute& attribute) const {
  FileEntry entry;
  entry.path = file.paths.front();
  entry.links.assign(file.paths.begin() + 1, file.paths.end());
  entry.stream = attribute.name;
  entry.state = file.head.in_use ? ObjectState::active : ObjectState::deleted;
  entry.inode = file.head.number;
  entry.modified = file.modified;
  entry.size = std::min(attribute.size, limits::kMaxFileBytes);
  if (!file.whole || attribute.broken || entry.size != attribute.size) entry.trouble = WalkTrouble::damaged;
  return entry;
}

void Files::lay_resident(const Attribute& attribute, FileEntry& entry) {
  const std::size_t before = resident_.size();
  for (const Piece& piece : pieces_of(attribute)) {
    for (std::size_t done = 0; done < piece.length;) {
      // Byte by byte only where clusters are smaller than records; else a piece lies in one place.
      const std::size_t part = geometry_.cluster_bytes >= geometry_.record_bytes ? piece.length : 1;
      const std::optional<std::uint64_t> place = table_.place_of(attribute.record, piece.at + done);
      if (!place) {
        resident_.resize(before);
        entry.runs.clear();
        std::string bytes(reinterpret_cast<const char*>(attribute.value.data()), attribute.value.size());
        entry.content = bytes_content(std::move(bytes), entry.modified);
        return;
      }
      static_cast<void>(append_run(entry.runs, {piece.start + done, *place, part}));
      done += part;
    }
  }
  for (const Run& run : entry.runs) resident_.push_back({0, run.place, run.length});
}

bool Files::take(const File& file, const std::vector<Run>& runs, const FileEntry& entry) {
  if (file.head.in_use) return true;
  if (entry.trouble != WalkTrouble::none || !deleted_.claim_all(runs)) return false;
  const bool free =
      std::all_of(runs.begin(), runs.end(), [&](const Run& run) { return table_.are_free(run.place, run.length); });
  for (const Run& run : runs) {
    if (!free) deleted_.release(run.place);
  }
  return free;
}

bool Files::lay_clusters(const File& file, const Attribute& attribute, FileEntry& entry) {
  const std::vector<Run> runs = runs_of(attribute, geometry_);
  const Clusters last = attribute.clusters.empty() ? Clusters{} : attribute.clusters.back();
  const std::uint64_t mapped = (last.first + last.count) * geometry_.cluster_bytes;
  const std::uint64_t unit_bytes = attribute.unit_clusters * geometry_.cluster_bytes;
  if (mapped < entry.size || (attribute.compressed && unit_bytes > limits::MiB)) entry.trouble = WalkTrouble::damaged;
  if (!take(file, runs, entry)) return false;
  std::uint64_t bytes = 0;
  for (const Run& run : runs) bytes += run.length;
  if (file.head.in_use && !allowance_.spend(bytes)) {
    entry.trouble = WalkTrouble::damaged;  // the volume lies; the name is all we take
    return true;
  }
  if (attribute.encrypted) {
    entry.trouble = WalkTrouble::encrypted;
    areas(Kind::metadata, runs);
  } else if (attribute.compressed) {
    areas(Kind::metadata, runs);
    if (unit_bytes > limits::MiB) return true;
    entry.content = compressed_content(volume_, {runs, entry.size, std::min(attribute.valid, entry.size), mapped,
                                                 unit_bytes, geometry_.cluster_bytes, entry.modified});
  } else {
    lay_out(runs, entry.size, attribute.valid, geometry_.cluster_bytes, entry, sink_);
  }
  return true;
}

bool Files::offer_stream(const File& file, const Attribute& attribute) {
  FileEntry entry = entry_of(file, attribute);
  if (attribute.resident) {
    if (!file.head.in_use && entry.trouble != WalkTrouble::none) return true;
    lay_resident(attribute, entry);
  } else if (!lay_clusters(file, attribute, entry)) {
    return true;
  }
  if (file.foreign && attribute.name.empty() && entry.trouble == WalkTrouble::none) {
    entry.trouble = WalkTrouble::unsupported;
  }
  return sink_.entry(std::move(entry));
}

bool Files::offer_link(File& file, const Attribute& reparse) {
  if (!reparse.resident || reparse.value.size() < 8) return true;
  const std::uint32_t tag = little<std::uint32_t>(reparse.value, 0);
  file.foreign = tag == kDeduplicated || tag == kFilterCompressed;
  if (tag != kJunction && tag != kSymbolicLink && tag != kLinuxLink) return true;
  std::string target = target_of(tag, reparse.value);
  FileEntry entry = entry_of(file, {});
  entry.size = target.size();
  entry.content = bytes_content(std::move(target), file.modified);
  return sink_.entry(std::move(entry));
}

bool Files::offer_empty(const File& file) { return sink_.entry(entry_of(file, {})); }

bool Files::offer(const Head& head, std::vector<Attribute> attributes, bool whole) {
  const std::vector<Name> names = names_of(attributes);
  const bool own = is_own(head, names);
  if (own && !head.in_use) return true;
  if (head.in_use) {
    for (const Attribute& a : attributes) {
      // The table itself comes at the end, without what belongs to files.
      const bool table = head.number == 0 && a.type == kData && a.name.empty();
      if (!a.resident && !table && (own || a.type != kData)) areas(Kind::metadata, runs_of(a, geometry_));
    }
  }
  if (own) return true;
  File file{head, whole, paths_of(head, names), modified_of(attributes)};
  const Attribute* reparse = find(attributes, kReparse);
  const bool is_link = reparse != nullptr && reparse->resident && reparse->value.size() >= 8;
  if (is_link && !offer_link(file, *reparse)) return false;
  bool main = head.folder || (is_link && !file.foreign) || names.empty();
  for (const Attribute& a : attributes) {
    if (a.type != kData) continue;
    if (a.name.empty() && (head.folder || (is_link && !file.foreign && a.size == 0))) continue;
    main |= a.name.empty();
    if (!offer_stream(file, a)) return false;
  }
  return main || offer_empty(file);
}

void Files::table_areas() {
  std::sort(resident_.begin(), resident_.end(), [](const Run& a, const Run& b) { return a.place < b.place; });
  for (const Run& run : table_.runs()) {
    std::uint64_t at = run.place;
    auto next =
        std::partition_point(resident_.begin(), resident_.end(), [&](const Run& r) { return r.place_end() <= at; });
    for (; next != resident_.end() && next->place < run.place_end(); ++next) {
      if (next->place > at) sink_.area(Kind::metadata, at, next->place - at);
      at = std::max(at, next->place_end());
    }
    if (at < run.place_end()) sink_.area(Kind::metadata, at, run.place_end() - at);
  }
}

}  // namespace ambit::walk::ntfs
