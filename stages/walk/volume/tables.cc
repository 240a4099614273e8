// Which partition table, if any? Several may stand on one disk: what a former user left behind, tables of two kinds for
// two kinds of machine, a table within the boot sector of a file system. The rules, in this order:
//
//   a boot sector of FAT, NTFS or exFAT is a file system, not a table: it only ends like one
//   GPT counts where the MBR says so or is none; an MBR that does not say so was written later
//   an image of a CD is a CD, although it may begin with tables that make it bootable from a stick: they have a
//   partition in its first mebibyte, where those of a disk that was a CD once have none otherwise who wrote the first
//   sector last is right: making a file system wipes it, so a table beats a superblock within a partition a table is
//   believed only where nothing else is recognised: boot loaders copy tables there
//
// libtsk reads these tables too. It is not used for it: it stops at the first that contradicts itself, reads a damaged
// GPT from neither copy without the protective MBR, knows no table in a table, and does not tell where the tables lie.
#include <algorithm>

#include "pipeline/limits.h"
#include "stages/walk/volume/systems.h"

namespace ambit::walk {
namespace {

constexpr std::uint64_t kFirstMebibyte = 1024 * 1024;

bool holds_something_known(const ByteSource& bytes, const Division& division) {
  const std::span<const Part> parts(division.parts);
  const auto tasted = parts.first(std::min(parts.size(), limits::kMaxTastedPartitions));
  return std::any_of(tasted.begin(), tasted.end(), [&](const Part& part) {
    return part.offset != 0 && part.trouble == WalkTrouble::none && !recognise(bytes, part.offset).empty();
  });
}

// The table counts sectors without saying how large they are. 512 bytes, unless only 4096 lead somewhere.
std::optional<Mbr> read_any_mbr(const ByteSource& bytes) {
  std::optional<Mbr> small = read_mbr(bytes, 512);
  if (!small || small->protective || holds_something_known(bytes, small->division)) return small;
  std::optional<Mbr> large = read_mbr(bytes, 4096);
  return large && holds_something_known(bytes, large->division) ? large : small;
}

bool begins_early(const Division& division) {
  return std::any_of(division.parts.begin(), division.parts.end(),
                     [](const Part& part) { return part.offset < kFirstMebibyte; });
}

// The copy of a GPT at the end tells of the disk that was there; a file system at the front was made later.
bool only_the_end_tells(const ByteSource& bytes) {
  constexpr std::string_view kGpt = "EFI PART";
  const bool front = Block(bytes, 512, kGpt.size()).has(0, kGpt) || Block(bytes, 4096, kGpt.size()).has(0, kGpt);
  return !front && !recognise(bytes, 0).empty();
}

std::optional<Division> read_pc_table(const ByteSource& bytes) {
  std::optional<Mbr> mbr = read_any_mbr(bytes);
  if (!mbr && only_the_end_tells(bytes)) return std::nullopt;
  if (!mbr || mbr->protective) {
    if (std::optional<Division> gpt = read_gpt(bytes)) return gpt;
  }
  if (mbr) return std::move(mbr->division);
  return std::nullopt;
}

}  // namespace

std::optional<Division> look_table(const Bytes& bytes, const Surroundings& around) {
  if (around.bsd) return read_bsd_label(*bytes, around.base);
  if (is_boot_sector_of_file_system(*bytes)) return std::nullopt;
  if (around.in_partition && !recognise(*bytes, 0).empty()) return std::nullopt;
  std::optional<Division> table = read_pc_table(*bytes);
  if (!table && !around.in_partition) table = read_bsd_label(*bytes, 0);
  if (!table) table = read_apple_map(*bytes);
  const bool disc = Block(*bytes, 0x8001, 5).has(0, "CD001");
  if (table && disc && begins_early(*table)) return std::nullopt;
  return table;
}

std::optional<Division> look_convincing_table(const Bytes& bytes, const Surroundings& around) {
  std::optional<Division> table = look_table(bytes, around);
  if (table && !holds_something_known(*bytes, *table)) table.reset();
  return table;
}

}  // namespace ambit::walk
