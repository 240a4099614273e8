// Members of Linux software RAID (md). The superblock says where the member's data lie:
//
//   version 1.x := magic:u32=A92B4EFC 1:u32 … level:i32@72 size:u64@80 chunk:u32@88 disks:u32@92 … data_offset:u64@128
//                  data_size:u64@136 super_offset:u64@144 … crc@216 roles:u32@220      sectors of 512 bytes
//                  1.0 stands 8 KiB before the end, 1.1 at the beginning, 1.2 at 4 KiB
//   version 0.90:= magic:u32 0:u32 90:u32 … level:u32@28 size:u32@32 (KiB) … 64 to 128 KiB before the end
//
// Each half of a mirror holds everything, so it is read on its own, as if the array had this one member; so is a
// linear array of one member. Of all other levels only the whole array could be read; that is not done.
#include <algorithm>

#include "stages/walk/volume/systems.h"

namespace ambit::walk {
namespace {

constexpr std::uint32_t kRaidMagic = 0xA92B4EFC;
constexpr std::uint64_t kOldGrid = 65'536;
constexpr std::size_t kSuperBytes = 4'096;

struct Member {
  std::int32_t level = 0;
  std::uint32_t disks = 0;
  Range data;
  Range super;
};

// The sum of the 32-bit words with that of the checksum itself as zero, its upper half folded in.
std::uint32_t sum_of(const Block& block, std::size_t bytes, std::size_t checksum_at) {
  std::uint64_t total = 0;
  for (std::size_t at = 0; at + 4 <= bytes; at += 4) total += at == checksum_at ? 0 : block.le32(at);
  if (bytes % 4 == 2) total += block.le16(bytes - 2);
  return static_cast<std::uint32_t>(total) + static_cast<std::uint32_t>(total >> 32);
}

std::optional<Member> read_new(const ByteSource& bytes, std::uint64_t at) {
  const Block block(bytes, at, kSuperBytes);
  const std::uint64_t roles = block.le32(220);
  if (block.le32(0) != kRaidMagic || block.le32(4) != 1 || block.le64(144) != at / 512) return std::nullopt;
  if (256 + 2 * roles > kSuperBytes || sum_of(block, 256 + 2 * roles, 216) != block.le32(216)) return std::nullopt;
  return Member{static_cast<std::int32_t>(block.le32(72)),
                block.le32(92),
                {product(block.le64(128), 512), product(block.le64(136), 512)},
                {at, kSuperBytes}};
}

std::optional<Member> read_old(const ByteSource& bytes) {
  if (bytes.size() < 2 * kOldGrid) return std::nullopt;
  const std::uint64_t at = bytes.size() / kOldGrid * kOldGrid - kOldGrid;
  const Block block(bytes, at, kSuperBytes);
  if (block.le32(0) != kRaidMagic || block.le32(4) != 0 || block.le32(8) != 90) return std::nullopt;
  if (sum_of(block, kSuperBytes, 152) != block.le32(152)) return std::nullopt;
  // The same place is also that of a partition that ends where the disk does: then the size is another.
  const std::uint64_t used = std::uint64_t{block.le32(32)} * 1024;
  const std::uint64_t chunk = block.le32(260);
  if (used > at || at - used > std::max(chunk, kOldGrid)) return std::nullopt;
  return Member{static_cast<std::int32_t>(block.le32(28)), block.le32(40), {0, at}, {at, kSuperBytes}};
}

std::optional<Member> find_member(const Bytes& bytes, const Surroundings& around) {
  if (auto member = read_new(*bytes, 0)) return member;
  // A table that was written over a member, or a member over a table: what lies in the partitions tells.
  if (auto member = read_new(*bytes, 4096); member && !look_convincing_table(bytes, around)) return member;
  if (bytes->size() < 2 * kOldGrid) return std::nullopt;
  if (auto member = read_new(*bytes, (bytes->size() / 512 - 16) / 8 * 8 * 512)) return member;
  return read_old(*bytes);
}

std::string name_of(std::int32_t level) {
  if (level >= 0 && level <= 10) return "Linux RAID" + std::to_string(level) + " member";
  if (level == -1) return "member of a linear Linux RAID";
  return "Linux RAID member";
}

}  // namespace

std::optional<Division> look_raid(const Bytes& bytes, const Surroundings& around) {
  const std::optional<Member> member = find_member(bytes, around);
  if (!member) return std::nullopt;
  const bool alone = member->level == 1 || ((member->level == 0 || member->level == -1) && member->disks == 1);
  Part part{0, member->data.offset, member->data.length, name_of(member->level)};
  if (!alone) part.trouble = WalkTrouble::unsupported;
  Division division;
  division.parts.push_back(std::move(part));
  // A superblock before the data has its bitmap and the like between the two.
  const bool before = member->super.offset < member->data.offset;
  division.books.push_back(
      {before ? Range{member->super.offset, member->data.offset - member->super.offset} : member->super});
  return division;
}

}  // namespace ambit::walk
