#include "stages/walk/ext/tables.h"

#include <algorithm>

namespace ambit::walk::ext {
namespace {

constexpr std::uint32_t kNone = UINT32_MAX, kUnused = UINT32_MAX - 1;
constexpr std::size_t kPieceBytes = std::size_t{2} << 20U;

}  // namespace

InodeBitmaps::InodeBitmaps(const ByteSource& volume, const Layout& layout, const Groups& groups)
    : inodes_per_group_(layout.inodes_per_group), slot_(groups.list.size(), kNone) {
  constexpr std::size_t kMost = 64;  // bitmaps read at once: those of a flexible group lie side by side
  for (std::size_t first = 0; first < groups.list.size();) {
    const Group& group = groups.list[first];
    if (!group.inodes_counted) {
      if (group.sound && group.inodes == 0) slot_[first] = kUnused;
      ++first;
      continue;
    }
    std::size_t count = 1;
    while (count < kMost && first + count < groups.list.size() && groups.list[first + count].inodes_counted &&
           groups.list[first + count].inode_bitmap == group.inode_bitmap + count) {
      ++count;
    }
    read(volume, layout, groups, first, count);
    first += count;
  }
}

void InodeBitmaps::read(const ByteSource& volume, const Layout& layout, const Groups& groups, std::size_t first,
                        std::size_t count) {
  std::vector<std::byte> blocks(count * layout.block);
  if (!read_fully(volume, groups.list[first].inode_bitmap * layout.block, blocks).ok()) {
    if (count == 1) return;
    for (std::size_t i = 0; i < count; ++i) read(volume, layout, groups, first + i, 1);
    return;
  }
  const std::size_t each = inodes_per_group_ / 8;
  for (std::size_t i = 0; i < count; ++i) {
    slot_[first + i] = static_cast<std::uint32_t>(bits_.size() / each);
    const auto from = blocks.begin() + static_cast<std::ptrdiff_t>(i * layout.block);
    bits_.insert(bits_.end(), from, from + static_cast<std::ptrdiff_t>(each));
  }
}

Use InodeBitmaps::use(std::uint32_t inode) const {
  const std::size_t group = (inode - 1) / inodes_per_group_;
  if (inode == 0 || group >= slot_.size() || slot_[group] == kNone) return Use::unknown;
  if (slot_[group] == kUnused) return Use::free;
  const std::size_t bit = (inode - 1) % inodes_per_group_;
  const std::byte byte = bits_[std::size_t{slot_[group]} * (inodes_per_group_ / 8) + bit / 8];
  return (byte >> (bit % 8) & std::byte{1}) != std::byte{0} ? Use::used : Use::free;
}

bool InodeTables::next(Inode& inode) {
  for (;;) {
    for (; at_ < count_; ++at_) {
      const Bytes raw = Bytes(bytes_).subspan(std::size_t{at_} * layout_.inode_bytes, layout_.inode_bytes);
      if (u16(raw, 0) == 0) continue;
      inode = decode_inode(layout_, first_ + at_++, raw);
      return true;
    }
    if (!refill()) return false;
  }
}

// Reads the next piece; false when there is none.
bool InodeTables::refill() {
  count_ = at_ = 0;
  const auto most = static_cast<std::uint32_t>(kPieceBytes / layout_.inode_bytes);
  while (group_ < groups_.list.size()) {
    const Group& group = groups_.list[group_];
    const std::uint64_t number = group_ * layout_.inodes_per_group + done_ + 1;
    if (group.inode_table == 0 || done_ >= group.inodes || number > layout_.inodes) {
      ++group_;
      done_ = 0;
      continue;
    }
    const std::uint64_t begin = group.inode_table * layout_.block + std::uint64_t{done_} * layout_.inode_bytes;
    const std::uint64_t there = (layout_.size - std::min(begin, layout_.size)) / layout_.inode_bytes;
    const std::uint64_t wanted =
        std::min({group.inodes - done_, most, layout_.inodes - static_cast<std::uint32_t>(number) + 1});
    done_ += static_cast<std::uint32_t>(wanted);
    if (there < wanted) refused_ = Error{ErrorKind::evidence, "the volume ends within its inodes", "", ""};
    if (there == 0) continue;
    first_ = static_cast<std::uint32_t>(number);
    count_ = static_cast<std::uint32_t>(std::min(wanted, there));
    bytes_.resize(std::size_t{count_} * layout_.inode_bytes);
    read_piece(begin);
    return true;
  }
  return false;
}

// Where a piece cannot be read, what can be read of it; the rest is zeros: no inodes.
void InodeTables::read_piece(std::uint64_t begin) {
  const std::uint64_t ahead = begin + bytes_.size();
  if (ahead < layout_.size) volume_.will_need(ahead, std::min<std::uint64_t>(kPieceBytes, layout_.size - ahead));
  const Result<> all = read_fully(volume_, begin, bytes_);
  if (all.ok()) return;
  if (!refused_) refused_ = all.error();
  for (std::size_t at = 0; at < bytes_.size(); at += layout_.block) {
    const auto into = std::span(bytes_).subspan(at, std::min<std::size_t>(layout_.block, bytes_.size() - at));
    if (!read_fully(volume_, begin + at, into).ok()) std::fill(into.begin(), into.end(), std::byte{0});
  }
}

std::optional<Inode> InodeTables::find(std::uint32_t number, std::vector<std::byte>& bytes) const {
  if (number == 0 || number > layout_.inodes) return std::nullopt;
  const Group& group = groups_.list[(number - 1) / layout_.inodes_per_group];
  const std::uint64_t place =
      group.inode_table * layout_.block + std::uint64_t{(number - 1) % layout_.inodes_per_group} * layout_.inode_bytes;
  bytes.resize(layout_.inode_bytes);
  if (group.inode_table == 0 || !read_fully(volume_, place, bytes).ok()) return std::nullopt;
  return decode_inode(layout_, number, bytes);
}

}  // namespace ambit::walk::ext
