#include "stages/walk/ext/folders.h"

#include <algorithm>

namespace ambit::walk::ext {
namespace {

constexpr std::size_t kMostWaiting = 65'536;                 // pieces: 1.5 MB
constexpr std::size_t kWindowBytes = std::size_t{1} << 20U;  // read at once
constexpr std::uint64_t kGapBlocks = 4;                      // read along rather than skipped
constexpr std::size_t kHead = 8;                             // bytes of an entry before its name

std::size_t rounded(std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; }

// Blocks of 64 KiB need one bit more than the field has; larger ones its two low bits, too.
std::size_t length_of(Bytes block, std::size_t at) {
  const std::size_t stored = u16(block, at + 4);
  if (block.size() < 65'536) return stored;
  return stored == 0 || stored == 65'535 ? block.size() : stored;
}

bool is_plain(std::string_view name) {
  return name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

}  // namespace

void FolderReader::add(const Inode& inode, std::uint32_t folder, const BlockMap& map) {
  const std::uint64_t most = kWindowBytes / layout_.block;
  for (const Segment& segment : map.segments) {
    if (!segment.written) continue;
    if (segment.blocks > budget_) {
      names_.mark_damaged(folder);
      return;
    }
    budget_ -= segment.blocks;
    for (std::uint64_t done = 0; done < segment.blocks; done += most) {
      const auto blocks = static_cast<std::uint32_t>(std::min(most, segment.blocks - done));
      waiting_.push_back({segment.place + done, blocks, folder, inode.is_encrypted()});
      if (waiting_.size() >= kMostWaiting) flush();
    }
  }
}

void FolderReader::add_resident(const Inode& inode, std::uint32_t folder, Bytes rest) {
  const Piece piece{0, 0, folder, inode.is_encrypted()};
  names_.set_above(folder, u32(inode.map(), 0));
  read_block(inode.map().subspan(4), piece);
  if (!rest.empty()) read_block(rest, piece);
}

void FolderReader::flush() {
  std::sort(waiting_.begin(), waiting_.end(), [](const Piece& a, const Piece& b) {
    return a.place != b.place ? a.place < b.place : a.folder < b.folder;
  });
  for (std::size_t first = 0; first < waiting_.size();) {
    const std::uint64_t begin = waiting_[first].place;
    std::uint64_t reach = begin + waiting_[first].blocks;
    std::size_t end = first + 1;
    for (; end < waiting_.size() && waiting_[end].place <= reach + kGapBlocks; ++end) {
      const std::uint64_t further = std::max(reach, waiting_[end].place + waiting_[end].blocks);
      if ((further - begin) * layout_.block > kWindowBytes) break;
      reach = further;
    }
    read_window(first, end, reach - begin);
    first = end;
  }
  waiting_.clear();
}

// Pieces [first, end) lie in `blocks` blocks from the place of the first one on.
void FolderReader::read_window(std::size_t first, std::size_t end, std::uint64_t blocks) {
  const std::uint64_t begin = waiting_[first].place;
  bytes_.resize(blocks * layout_.block);
  const bool whole = read_fully(volume_, begin * layout_.block, bytes_).ok();
  for (std::size_t i = first; i < end; ++i) {
    const Piece& piece = waiting_[i];
    for (std::uint64_t b = 0; b < piece.blocks; ++b) {
      const std::uint64_t at = (piece.place - begin + b) * layout_.block;
      const auto block = std::span(bytes_).subspan(at, layout_.block);
      if (whole || read_fully(volume_, begin * layout_.block + at, block).ok()) {
        read_block(block, piece);
      } else {
        names_.mark_damaged(piece.folder);
      }
    }
  }
}

void FolderReader::read_block(Bytes block, const Piece& piece) {
  for (std::size_t at = 0; at + kHead <= block.size();) {
    const std::size_t length = length_of(block, at);
    if (length < kHead || length % 4 != 0 || length > block.size() - at) return names_.mark_damaged(piece.folder);
    const std::uint32_t inode = u32(block, at);
    const std::size_t name_bytes = u8(block, at + 6);
    std::size_t used = rounded(kHead + name_bytes);
    if (inode != 0) {
      const bool fits = name_bytes != 0 && kHead + name_bytes <= length;
      if (!fits || !take(inode, text_of(block.subspan(at + kHead, name_bytes)), piece)) {
        names_.mark_damaged(piece.folder);
        used = length;
      }
    }
    if (used < length && !piece.encrypted) look_in_gap(block.subspan(at + used, length - used), piece.folder);
    at += length;
  }
}

// False: the entry cannot be right. A name that is no name leaves its file an orphan.
bool FolderReader::take(std::uint32_t inode, std::string_view name, const Piece& piece) {
  if (inode > layout_.inodes) return false;
  if (name == ".") return true;
  if (name == "..") {
    names_.set_above(piece.folder, inode);
    return true;
  }
  if (!piece.encrypted && !is_plain(name)) return false;  // encrypted names are any bytes
  names_.add(inode, piece.folder, name);
  return true;
}

// Deleted entries keep inode and name until something else is written there. Copies of entries that were moved when
// the folder grew look the same, so only inodes that are free count.
void FolderReader::look_in_gap(Bytes gap, std::uint32_t folder) {
  for (std::size_t at = 0; at + kHead + 4 <= gap.size();) {
    const std::uint32_t inode = u32(gap, at);
    const std::size_t length = u16(gap, at + 4);
    const std::size_t name_bytes = u8(gap, at + 6);
    const std::size_t used = rounded(kHead + name_bytes);
    const bool likely = inode != 0 && inode <= layout_.inodes && name_bytes != 0 && length % 4 == 0 && length >= used &&
                        u8(gap, at + 7) < 8 && used <= gap.size() - at &&
                        is_plain(text_of(gap.subspan(at + kHead, name_bytes)));
    if (!likely) {
      at += 4;
      continue;
    }
    if (bitmaps_.use(inode) == Use::free) {
      names_.add_deleted(inode, folder, text_of(gap.subspan(at + kHead, name_bytes)));
    }
    at += used;
  }
}

}  // namespace ambit::walk::ext
