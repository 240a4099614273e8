//   short  = bytes:2 count:1 pad:1 (name_length:1 value_length:1 flags:1 name value){count}        in the inode
//   leaf   = info count:2 used:2 first_used:2 holes:1 pad:1 free:12 [v5: pad:4] entry{count} … values
//            entry = hash:4 at:2 flags:1 pad:1
//            local value = value_length:2 name_length:1 name value
//            remote value = block:4 value_length:4 name_length:1 name
//   node   = info count:2 level:2 [v5: pad:4] (hash:4 block:4){count}
//   info   = next:4 previous:4 magic:2 pad:2 [v5: crc:4 place:8 lsn:8 uuid:16 owner:8]
//   remote = value; v5: in each block "XARM" at:4 bytes:4 crc:4 uuid:16 owner:8 place:8 lsn:8 value
//
// Blocks count in the fork. The leaves are a chain from left to right; a node is only entered to find the first. A
// value may be anything, a forged leaf too, so blocks are reached through the chain and never by what they look like.
#include "stages/walk/xfs/attributes.h"

#include <algorithm>

namespace ambit::walk::xfs {
namespace {

constexpr std::uint8_t kLocal = 1, kRoot = 2, kSecure = 4, kParent = 8, kIncomplete = 0x80;
constexpr std::uint32_t kMaxValue = 65536;  // the kernel's own bound
constexpr std::size_t kRemoteHeader = 56;

bool is_users(std::uint8_t flags) { return (flags & (kRoot | kSecure | kParent | kIncomplete)) == 0; }

std::string text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

void read_short(Bytes fork, Attributes& into) {
  into.whole = false;
  if (fork.size() < 4) return;
  std::size_t at = 4;
  for (std::size_t i = 0; i < be8(fork, 2); ++i) {
    if (fork.size() - at < 3) return;
    const std::size_t name = be8(fork, at), value = be8(fork, at + 1);
    const std::uint8_t flags = be8(fork, at + 2);
    at += 3;
    if (fork.size() - at < name + value) return;
    if (is_users(flags) && value > 0) {
      into.list.push_back({text(fork.subspan(at, name)), text(fork.subspan(at + name, value))});
    }
    at += name + value;
  }
  into.whole = true;
}

class AttributeReader {
 public:
  AttributeReader(Reading& reading, std::uint64_t inode, const Mapping& mapping, Attributes& into)
      : reading_(reading), super_(reading.super), inode_(inode), mapping_(mapping), into_(into) {}

  void read() {
    into_.whole = false;
    std::vector<std::byte> block(super_.block_bytes());
    if (!first_leaf(block)) return;
    // Each leaf of the chain costs a block of the fork; a chain that is longer runs in a circle.
    for (std::uint64_t left = blocks();; --left) {
      if (left == 0 || !read_leaf(block)) return;
      const std::uint32_t next = be32(block, 0);
      if (next == 0) break;
      if (!load(next, block) || be16(block, 8) != leaf_magic()) return;
    }
    into_.whole = true;
  }

 private:
  std::uint16_t leaf_magic() const { return super_.v5 ? 0x3BEE : 0xFBEE; }
  std::uint16_t node_magic() const { return super_.v5 ? 0x3EBE : 0xFEBE; }

  std::uint64_t blocks() const {
    std::uint64_t sum = 0;
    for (const Extent& extent : mapping_.extents) sum += extent.count;
    return sum;
  }

  std::optional<std::uint64_t> place_of(std::uint64_t block) const {
    auto after = std::upper_bound(mapping_.extents.begin(), mapping_.extents.end(), block,
                                  [](std::uint64_t value, const Extent& extent) { return value < extent.start; });
    if (after == mapping_.extents.begin()) return std::nullopt;
    --after;
    if (block >= after->end() || after->unwritten) return std::nullopt;
    return super_.place(after->block + (block - after->start));
  }

  bool load(std::uint64_t block, std::vector<std::byte>& into) {
    const auto place = place_of(block);
    if (!place || !reading_.read_owned(*place, into)) return false;
    if (!super_.v5) return true;
    return be64(into, 16) == Superblock::stamp(*place) && be64(into, 48) == inode_ && crc_holds(into, 12);
  }

  bool first_leaf(std::vector<std::byte>& block) {
    std::uint32_t at = 0;
    std::uint32_t above = UINT16_MAX + 1U;
    for (;;) {
      if (!load(at, block)) return false;
      if (be16(block, 8) == leaf_magic()) return true;
      const std::size_t header = super_.v5 ? 56 : 12;
      const std::uint32_t level = be16(block, header + 2);
      if (be16(block, 8) != node_magic() || be16(block, header) == 0 || level >= above) return false;
      above = level;
      at = be32(block, header + (super_.v5 ? 8 : 4) + 4);
    }
  }

  bool read_leaf(Bytes block) {
    const std::size_t count_at = super_.v5 ? 56 : 12, entries = super_.v5 ? 80 : 32;
    const std::size_t count = be16(block, count_at);
    if (count > (block.size() - entries) / 8) return false;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = be16(block, entries + 8 * i + 4);
      const std::uint8_t flags = be8(block, entries + 8 * i + 6);
      if (at < entries + 8 * count || at >= block.size()) return false;
      if (!is_users(flags)) continue;
      if (!((flags & kLocal) != 0 ? read_local(block.subspan(at)) : read_remote(block.subspan(at)))) return false;
    }
    return true;
  }

  bool read_local(Bytes bytes) {
    if (bytes.size() < 3) return false;
    const std::size_t value = be16(bytes, 0), name = be8(bytes, 2);
    if (bytes.size() - 3 < name + value) return false;
    if (value > 0) into_.list.push_back({text(bytes.subspan(3, name)), text(bytes.subspan(3 + name, value))});
    return true;
  }

  bool read_remote(Bytes bytes) {
    if (bytes.size() < 9) return false;
    const std::uint32_t size = be32(bytes, 4);
    const std::size_t name = be8(bytes, 8);
    if (bytes.size() - 9 < name || size > kMaxValue) return false;
    std::string value;
    std::vector<std::byte> block(super_.block_bytes());
    for (std::uint64_t at = be32(bytes, 0); value.size() < size; ++at) {
      const auto place = place_of(at);
      if (!place || !reading_.read_owned(*place, block)) return false;
      if (super_.v5 && !remote_holds(block, *place, value.size())) return false;
      const Bytes part = Bytes(block).subspan(super_.v5 ? kRemoteHeader : 0);
      value += text(part.first(std::min(part.size(), size - value.size())));
    }
    if (size > 0) into_.list.push_back({text(bytes.subspan(9, name)), std::move(value)});
    return true;
  }

  bool remote_holds(Bytes block, std::uint64_t place, std::size_t offset) const {
    return be32(block, 0) == magic("XARM") && be32(block, 4) == offset && be64(block, 32) == inode_ &&
           be64(block, 40) == Superblock::stamp(place) && crc_holds(block, 12);
  }

  Reading& reading_;
  const Superblock& super_;
  std::uint64_t inode_;
  const Mapping& mapping_;
  Attributes& into_;
};

}  // namespace

void read_attributes(Reading& reading, const Inode& inode, const Mapping& mapping, Attributes& into) {
  into.list.clear();
  into.whole = true;
  if (inode.attributes.bytes.empty()) return;
  if (inode.attributes.format == ForkFormat::local) {
    read_short(inode.attributes.bytes, into);
  } else if (!mapping.extents.empty()) {
    AttributeReader(reading, inode.number, mapping, into).read();
  }
}

}  // namespace ambit::walk::xfs
