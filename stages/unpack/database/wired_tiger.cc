// The files of MongoDB's storage, WiredTiger (collection-….wt, index-….wt): a view, a line for each document that
// stands in their pages, then what else in a page is text.
//
//   file  = 41 d8 01 00 major(2) … up to 4096, *block            blocks at multiples of 4096
//   block = record(8) generation(8) page-bytes(4) entries(4) type(1) flags(1) (1) version(1)
//           block-bytes(4) sum(4) flags(1) (3) page
//   page  = 20 bytes as they are, then packed, if its flag 1 is set: length(8) snappy | length(8) zstd
//           | packed(4) plain(4) used(4) (4) lz4 | zlib          which of them, only another file says
//
// Blocks are taken where they look like one, whether anything leads to them or not: what was given up and not yet
// written over is there, too.
#include <algorithm>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/database/bson.h"
#include "stages/unpack/database/packed_block.h"
#include "stages/unpack/database/packed_value.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kTigerStep = 4096, kTigerHead = 44, kTigerPlain = 64;
constexpr std::string_view kZstdMark = "\x28\xb5\x2f\xfd";
constexpr std::uint8_t kTigerPacked = 1, kTigerLocked = 8;

struct TigerBlock {
  std::uint32_t page_bytes = 0, bytes = 0;
  std::uint8_t flags = 0;
};

std::optional<TigerBlock> tiger_block(std::span<const std::byte> head) {
  if (head.size() < kTigerHead) return std::nullopt;
  const TigerBlock block{little32(head, 16), little32(head, 28), static_cast<std::uint8_t>(head[25])};
  const auto type = static_cast<std::uint8_t>(head[24]), version = static_cast<std::uint8_t>(head[27]);
  const bool is_block = type >= 1 && type <= 7 && version <= 1 && block.bytes >= kTigerPlain &&
                        block.bytes % 512 == 0 && block.bytes <= limits::kMaxDatabaseBlock &&
                        block.page_bytes >= kTigerHead && block.page_bytes <= limits::kMaxDatabaseBlock;
  return is_block ? std::optional(block) : std::nullopt;
}

// Behind the bytes that are not packed; of `plain_bytes`. Nothing tells how, but that it comes out so long.
std::optional<std::string> tiger_plain(std::string_view packed, std::size_t plain_bytes) {
  constexpr std::size_t kLength = 8, kLz4Head = 16;
  if (packed.size() < kLz4Head) return std::nullopt;
  const auto bytes = std::as_bytes(std::span(packed));
  const auto is_right = [&](const std::optional<std::string>& plain) { return plain && plain->size() >= plain_bytes; };
  const std::uint64_t length = little64(bytes, 0);
  if (length <= packed.size() - kLength) {
    const std::string_view rest = packed.substr(kLength, static_cast<std::size_t>(length));
    const bool is_zstd = rest.starts_with(kZstdMark);
    auto plain = unpacked_block(is_zstd ? BlockPacking::zstd : BlockPacking::snappy, rest);
    if (is_right(plain)) return plain;
  }
  const std::uint32_t lz4_packed = little32(bytes, 0), lz4_plain = little32(bytes, 4);
  if (lz4_packed <= packed.size() - kLz4Head && lz4_plain <= limits::kMaxDatabaseBlock) {
    auto plain = unpacked_block(BlockPacking::lz4, packed.substr(kLz4Head, lz4_packed), lz4_plain);
    if (is_right(plain)) return plain;
  }
  if (begins_like_zlib(bytes)) {
    auto plain = unpacked_block(BlockPacking::zlib, packed);
    if (is_right(plain)) return plain;
  }
  return std::nullopt;
}

class TigerLines final : public MadeText {
 public:
  explicit TigerLines(Input input) : MadeText("pages of a database are damaged or locked"), input_(std::move(input)) {}

 private:
  bool advance() override {
    const std::uint64_t begin = input_.offset();
    const auto head = input_.ahead(kTigerStep);
    if (!head.ok()) note_damage();
    if (!head.ok() || head->empty()) return false;
    const auto block = begin == 0 ? std::nullopt : tiger_block(*head);
    std::size_t bytes = std::min(head->size(), kTigerStep);
    if (block) {
      read_block(*block);
      bytes = (block->bytes + kTigerStep - 1) / kTigerStep * kTigerStep;
    }
    const std::uint64_t taken = input_.offset() - begin;
    static_cast<void>(input_.skip(bytes - std::min<std::uint64_t>(taken, bytes)));
    return true;
  }
  // Into block_; false: the file ends before.
  bool fetch(std::size_t bytes) {
    block_.clear();
    while (block_.size() < bytes) {
      const auto window = input_.ahead();
      if (!window.ok() || window->empty()) return false;
      const std::size_t step = std::min(window->size(), bytes - block_.size());
      block_ += chars(window->first(step));
      input_.take(step);
    }
    return true;
  }
  void read_block(const TigerBlock& block) {
    if (!fetch(block.bytes) || (block.flags & kTigerLocked) != 0) return note_damage();
    std::string_view page = block_;
    std::string plain;
    if ((block.flags & kTigerPacked) != 0) {
      const std::size_t rest = block.page_bytes - std::min<std::size_t>(block.page_bytes, kTigerPlain);
      const auto unpacked = tiger_plain(page.substr(kTigerPlain), rest);
      if (!unpacked) return note_damage();
      plain = block_.substr(0, kTigerPlain) + *unpacked;
      if (page.substr(kTigerPlain, 16).find(kZstdMark) != page.npos)
        note_shown({input_.offset() - page.size(), input_.offset()});
      page = plain;
    }
    show_page(page.substr(0, block.page_bytes).substr(kTigerHead));
  }
  void show_page(std::string_view page) {
    constexpr std::size_t kLeastRun = 3, kTimes = 16;
    std::string others;
    std::size_t effort = kTimes * page.size();
    std::size_t run = 0;
    const auto end_run = [&](std::size_t at) {
      if (run >= kLeastRun) append_shown(page.substr(at - run, run), others += '\t');
      run = 0;
    };
    for (std::size_t at = 0; at < page.size();) {
      if (const auto bytes = append_bson(page.substr(at), effort, text_)) {
        text_.push_back('\n');
        end_run(at);
        at += *bytes;
        continue;
      }
      const auto byte = static_cast<unsigned char>(page[at]);
      if (byte >= 0x20 && byte != 0x7f) {
        ++run;
      } else {
        end_run(at);
      }
      ++at;
    }
    end_run(page.size());
    if (!others.empty()) text_.append(others, 1).push_back('\n');
  }

  Input input_;
  std::string block_;
};

}  // namespace

Opened open_wired_tiger(const Packed& packed) {
  Input input = packed.content != nullptr ? Input(*packed.content, packed.size) : Input(*packed.stream);
  return view_then_embedded(std::make_unique<TigerLines>(std::move(input)), packed);
}

}  // namespace ambit::unpack
