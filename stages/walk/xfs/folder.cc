// Four forms of a folder on the disk; names lie in two:
//
//   short  = count:1 wide:1 parent:(wide ? 8 : 4) entry{count}          in the inode
//            entry = length:1 offset:2 name [type:1] inode:(wide ? 8 : 4)
//   block  = header (entry | free)* [hashes count:4 stale:4]            the last part only where one block is all
//            header = "XD2B" | "XD2D" room:12;  v5: "XDB3" | "XDD3" crc:4 place:8 lsn:8 uuid:16 owner:8 room:12 pad:4
//            entry  = inode:8 length:1 name [type:1] pad offset:2       a multiple of 8 long
//            free   = FFFF length:2 … offset:2
//
// The other two (leaf, node) are the same blocks with the indexes elsewhere, which a walk does not need.
#include "stages/walk/xfs/folder.h"

namespace ambit::walk::xfs {
namespace {

std::string_view name_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// The kernel makes no such names, so these are damage, and with a '/' a path would say what is not true.
bool may_be_name(std::string_view name) {
  return !name.empty() && name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

void add(const Superblock& super, std::string_view name, std::uint64_t inode, FolderNames& into) {
  if (name == ".") return;
  if (name == "..") {
    into.parent = inode;
  } else if (may_be_name(name) && super.valid_inode(inode)) {
    into.names.push_back({name, inode});
  } else {
    into.whole = false;
  }
}

// Where the entries end and those of the hashes begin; 0 if it cannot be.
std::size_t entries_end(Bytes block, bool all_in_one, std::size_t header) {
  if (!all_in_one) return block.size();
  const std::uint64_t tail = 8 + std::uint64_t{be32(block, block.size() - 8)} * 8;
  return tail <= block.size() - header ? block.size() - tail : 0;
}

bool block_holds(std::uint64_t inode, std::uint64_t place, Bytes block) {
  return be64(block, 8) == Superblock::stamp(place) && be64(block, 40) == inode;
}

}  // namespace

void read_short_folder(const Superblock& super, const Inode& inode, FolderNames& into) {
  const Bytes bytes = inode.data.bytes.first(std::min<std::uint64_t>(inode.size, inode.data.bytes.size()));
  into.whole = inode.size <= inode.data.bytes.size();
  if (bytes.size() < 6) {
    into.whole = false;
    return;
  }
  const std::size_t count = be8(bytes, 0);
  const bool wide = be8(bytes, 1) != 0;
  const std::size_t number_bytes = wide ? 8 : 4;
  if (bytes.size() < 2 + number_bytes) {
    into.whole = false;
    return;
  }
  const auto number = [&](std::size_t at) { return wide ? be64(bytes, at) : be32(bytes, at); };
  into.parent = number(2);
  std::size_t at = 2 + number_bytes;
  for (std::size_t i = 0; i < count; ++i) {
    if (bytes.size() - at < 3) {
      into.whole = false;
      return;
    }
    const std::size_t length = be8(bytes, at);
    const std::size_t entry = 3 + length + (super.file_types ? 1 : 0) + number_bytes;
    if (bytes.size() - at < entry) {
      into.whole = false;
      return;
    }
    add(super, name_text(bytes.subspan(at + 3, length)), number(at + entry - number_bytes), into);
    at += entry;
  }
}

void read_folder_block(const Superblock& super, std::uint64_t inode, std::uint64_t place, Bytes block,
                       FolderNames& into) {
  const std::uint32_t kind = be32(block, 0);
  const bool all_in_one = kind == (super.v5 ? magic("XDB3") : magic("XD2B"));
  if (!all_in_one && kind != (super.v5 ? magic("XDD3") : magic("XD2D"))) {
    into.whole = false;
    return;
  }
  // Somebody else's names are not read. A checksum that does not hold is: each entry is looked at by itself, and an
  // inode without its name is worse than one under a name with a wrong letter; the folder is told to be damaged.
  if (super.v5 && !block_holds(inode, place, block)) {
    into.whole = false;
    return;
  }
  if (super.v5 && !crc_holds(block, 4)) into.whole = false;
  const std::size_t header = super.v5 ? 64 : 16;
  const std::size_t end = entries_end(block, all_in_one, header);
  if (end == 0) into.whole = false;
  for (std::size_t at = header; at < end;) {
    std::size_t length = 0;
    const bool free = end - at >= 8 && be16(block, at) == 0xFFFF;
    if (free) {
      length = be16(block, at + 2);
    } else if (end - at >= 16) {
      length = (std::size_t{8} + 1 + be8(block, at + 8) + (super.file_types ? 1 : 0) + 2 + 7) / 8 * 8;
    }
    if (length == 0 || length % 8 != 0 || length > end - at || be16(block, at + length - 2) != at) {
      into.whole = false;
      return;
    }
    if (!free) add(super, name_text(block.subspan(at + 9, be8(block, at + 8))), be64(block, at), into);
    at += length;
  }
}

}  // namespace ambit::walk::xfs
