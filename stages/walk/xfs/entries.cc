#include "stages/walk/xfs/entries.h"

#include <algorithm>

namespace ambit::walk::xfs {
namespace {

constexpr std::uint64_t kMaxTarget = 1024;     // of a link; the kernel's own bound
constexpr std::size_t kRemoteLinkHeader = 56;  // "XSLM" at:4 bytes:4 crc:4 uuid:16 owner:8 place:8 lsn:8

}  // namespace

void Areas::add(Kind kind, std::uint64_t place, std::uint64_t length) {
  if (length == 0) return;
  if (kind == kind_ && place == end_ && end_ > begin_) {
    end_ += length;
    return;
  }
  flush();
  kind_ = kind;
  begin_ = place;
  end_ = place + length;
}

void Areas::flush() {
  if (end_ > begin_) sink_.area(kind_, begin_, end_ - begin_);
  begin_ = end_ = 0;
}

void Entries::claim_metadata(const std::vector<std::uint64_t>& blocks) {
  for (const std::uint64_t block : blocks) {
    areas_.add(Kind::metadata, reading_.super.place(block), reading_.super.block_bytes());
  }
}

void Entries::claim_metadata(const std::vector<Extent>& extents) {
  for (const Extent& extent : extents) {
    areas_.add(Kind::metadata, reading_.super.place(extent.block), extent.count << reading_.super.block_log);
  }
}

bool Entries::trouble(std::uint64_t number, Paths&& paths, WalkTrouble why) {
  FileEntry entry;
  entry.path = std::move(paths.first);
  entry.links = std::move(paths.others);
  entry.inode = number;
  entry.trouble = why;
  return sink_.entry(std::move(entry));
}

void Entries::fill_from_runs(const Inode& inode, FileEntry& entry) {
  if (inode.realtime) {
    entry.trouble = WalkTrouble::unsupported;
  } else if (inode.data.format == ForkFormat::local && inode.size <= inode.data.bytes.size()) {
    const Bytes bytes = inode.data.bytes.first(inode.size);  // no kernel writes this, but it would mean just that
    entry.content = bytes_content({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, entry.modified);
  } else if (!read_mapping(reading_, inode.data, inode.number, mapping_)) {
    entry.trouble = WalkTrouble::damaged;
  } else {
    lay_out(reading_.super, mapping_.extents, inode.size, layout_);
    entry.runs.assign(layout_.runs.begin(), layout_.runs.end());
    entry.slack = layout_.slack;
    claim_metadata(mapping_.tree_blocks);
    for (const Run& run : layout_.residues) areas_.add(Kind::slack, run.place, run.length);
  }
}

void Entries::fill_link(const Inode& inode, FileEntry& entry) {
  std::optional<std::string> target;
  if (inode.size <= kMaxTarget) {
    if (inode.data.format != ForkFormat::local) {
      target = remote_link(inode);
    } else if (inode.size <= inode.data.bytes.size()) {
      target.emplace(reinterpret_cast<const char*>(inode.data.bytes.data()), inode.size);
    }
  }
  if (target) {
    entry.content = bytes_content(std::move(*target), entry.modified);
  } else {
    entry.trouble = WalkTrouble::damaged;
  }
}

// Each extent of a remote link begins with a header of its own (version 5).
std::optional<std::string> Entries::remote_link(const Inode& inode) {
  const Superblock& super = reading_.super;
  if (!read_mapping(reading_, inode.data, inode.number, mapping_)) return std::nullopt;
  std::string target;
  for (const Extent& extent : mapping_.extents) {
    if (target.size() == inode.size) break;
    const std::uint64_t place = super.place(extent.block);
    const std::size_t header = super.v5 ? kRemoteLinkHeader : 0;
    const std::uint64_t there = extent.count << super.block_log;
    std::vector<std::byte> piece(std::min<std::uint64_t>(there, header + inode.size - target.size()));
    if (extent.unwritten || !reading_.read_owned(place, piece)) return std::nullopt;
    if (super.v5) {
      const bool holds = piece.size() >= header && be32(piece, 0) == magic("XSLM") && be32(piece, 4) == target.size() &&
                         be64(piece, 32) == inode.number && be64(piece, 40) == Superblock::stamp(place);
      if (!holds) return std::nullopt;
    }
    target.append(reinterpret_cast<const char*>(piece.data() + header), piece.size() - header);
  }
  if (target.size() != inode.size) return std::nullopt;
  claim_metadata(mapping_.tree_blocks);
  claim_metadata(mapping_.extents);
  return target;
}

bool Entries::file(const Inode& inode, Paths&& paths) {
  FileEntry entry;
  entry.path = std::move(paths.first);
  entry.links = std::move(paths.others);
  entry.state = inode.links == 0 ? ObjectState::deleted : ObjectState::active;  // deleted while somebody had it open
  entry.inode = inode.number;
  entry.modified = inode.modified;
  if (inode.type == FileType::special) {
    entry.trouble = WalkTrouble::special_file;
  } else {
    entry.size = inode.size;
    inode.type == FileType::link ? fill_link(inode, entry) : fill_from_runs(inode, entry);
  }
  if (inode.attributes.bytes.empty()) return sink_.entry(std::move(entry));
  const std::string path = entry.path;
  const ObjectState state = entry.state;
  return sink_.entry(std::move(entry)) && attributes(inode, path, state);
}

bool Entries::folder(const Inode& inode, std::string path) {
  return inode.attributes.bytes.empty() || attributes(inode, path, ObjectState::active);
}

bool Entries::attributes(const Inode& inode, const std::string& path, ObjectState state) {
  const bool local = inode.attributes.format == ForkFormat::local;
  attributes_.list.clear();
  attributes_.whole = local || read_mapping(reading_, inode.attributes, inode.number, mapping_);
  if (attributes_.whole) {
    if (!local) {
      claim_metadata(mapping_.tree_blocks);
      claim_metadata(mapping_.extents);
    }
    read_attributes(reading_, inode, mapping_, attributes_);
  }
  if (!attributes_.whole) attributes_.list.push_back({});  // "user." without a name: some of them are lost
  for (Attribute& attribute : attributes_.list) {
    FileEntry entry;
    entry.path = path;
    entry.stream = "user." + attribute.name;
    entry.state = state;
    entry.inode = inode.number;
    entry.size = attribute.value.size();
    entry.modified = inode.modified;
    if (attribute.value.empty()) {
      entry.trouble = WalkTrouble::damaged;
    } else {
      entry.content = bytes_content(std::move(attribute.value), entry.modified);
    }
    if (!sink_.entry(std::move(entry))) return false;
  }
  return true;
}

bool Entries::deleted(std::uint64_t number, std::int64_t modified, const std::vector<Extent>& extents) {
  FileEntry entry;
  entry.path = "$OrphanFiles/inode-" + std::to_string(number);
  entry.state = ObjectState::deleted;
  entry.inode = number;
  entry.modified = modified;
  entry.size = extents.back().end() << reading_.super.block_log;
  lay_out(reading_.super, extents, entry.size, layout_);
  entry.runs.assign(layout_.runs.begin(), layout_.runs.end());
  return sink_.entry(std::move(entry));
}

void Entries::internal(const Inode& inode) {
  if (inode.realtime || inode.data.format == ForkFormat::local) return;
  if (!read_mapping(reading_, inode.data, inode.number, mapping_)) return;
  claim_metadata(mapping_.tree_blocks);
  claim_metadata(mapping_.extents);
}

}  // namespace ambit::walk::xfs
