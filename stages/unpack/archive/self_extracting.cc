// self-extracting archives: a program, and behind it the archive that it unpacks. Where a program ends, its own headers
// say; most have nothing behind them, and no more of these is read. A zip shows itself by its directory; 7z, rar and
// cabinets by a header within the next kMaxStubBytes, whose checksum or fields are looked at, because programs that
// read archives have the signatures in them too. A cabinet may also stand among the resources of a program for Windows.
//
//   7z    := "7z" bc af 27 1c version:2 crc32:4 of the next 20 bytes …
//   rar 4 := "Rar!" 1a 07 00, main header: crc:2 (low half of crc32 of what follows) 73 flags:2 bytes:2 …
//   rar 5 := "Rar!" 1a 07 01 00, main header: crc32:4 of what follows, bytes: 1 to 3 of a number in groups of 7 bits …
//   cab   := "MSCF" 0:4 bytes:4 0:4 files-at:4 0:4 version 03 01 …
#include "stages/unpack/archive/self_extracting.h"

#include <algorithm>
#include <array>

#include "pipeline/limits.h"
#include "stages/unpack/archive/zip_directory.h"
#include "stages/unpack/content_stream.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/sandbox/isolated.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;
using Bytes = std::span<const std::byte>;

constexpr std::size_t kHeaderBytes = 512;  // of which the headers below are judged
constexpr std::size_t kProgramHeaderBytes = 4096;

bool is_7z(Bytes at) { return at.size() >= 32 && crc32(0, at.subspan(12, 20)) == little32(at, 8); }

bool is_rar4(Bytes at) {
  if (at.size() < 20 || static_cast<std::uint8_t>(at[9]) != 0x73) return false;
  const std::size_t bytes = little16(at, 12);
  return bytes >= 13 && 7 + bytes <= at.size() && (crc32(0, at.subspan(9, bytes - 2)) & 0xffff) == little16(at, 7);
}

bool is_rar5(Bytes at) {
  std::size_t bytes = 0, digits = 0;
  for (bool more = true; more && digits < 3; ++digits) {
    if (12 + digits >= at.size()) return false;
    const auto digit = static_cast<std::size_t>(at[12 + digits]);
    bytes |= (digit & 0x7f) << (7 * digits);
    more = (digit & 0x80) != 0;
  }
  return bytes > 0 && 12 + digits + bytes <= at.size() && crc32(0, at.subspan(12, digits + bytes)) == little32(at, 8);
}

bool is_cabinet(Bytes at) {
  return at.size() >= 36 && little32(at, 4) == 0 && little32(at, 12) == 0 && little32(at, 20) == 0 &&
         little16(at, 24) == 0x0103 && little32(at, 8) > 36 && little32(at, 16) < little32(at, 8);
}

struct Header {
  std::string_view signature;
  bool (*holds)(Bytes from_signature);
};
constexpr std::array kHeaders = {Header{"7z\xbc\xaf\x27\x1c"sv, is_7z}, Header{"Rar!\x1a\x07\0"sv, is_rar4},
                                 Header{"Rar!\x1a\x07\1\0"sv, is_rar5}, Header{"MSCF\0\0\0\0"sv, is_cabinet}};

// Where in `window` an archive begins; npos: nowhere.
std::size_t find_header(Bytes window) {
  std::size_t first = std::string_view::npos;
  for (const Header& header : kHeaders) {
    const std::string_view text = chars(window);
    for (std::size_t at = text.find(header.signature); at < first; at = text.find(header.signature, at + 1)) {
      if (header.holds(window.subspan(at, std::min(kHeaderBytes, window.size() - at)))) first = at;
    }
  }
  return first;
}

// Where in the object it begins, from `begin` on; nothing: nowhere.
Result<std::optional<std::uint64_t>> find_archive(Content& content, std::uint64_t size, std::uint64_t begin) {
  Input input(content, size);
  input.seek(begin);
  while (input.offset() - begin < limits::kMaxStubBytes) {
    const auto window = input.ahead(2 * kHeaderBytes);
    if (!window.ok()) return window.error();
    if (const std::size_t at = find_header(*window); at != std::string_view::npos) {
      return std::optional(input.offset() + at);
    }
    if (window->size() <= kHeaderBytes) break;
    input.take(window->size() - kHeaderBytes);
  }
  return std::optional<std::uint64_t>();
}

// What the headers of a program say of its file.
struct Program {
  std::uint64_t end = 0;                   // of all that is the program's
  std::optional<std::uint64_t> resources;  // where they begin
};

// Its sections' table stands at the end, as a rule.
Program elf(Bytes head) {
  const bool is_wide = head.size() >= 64 && static_cast<std::uint8_t>(head[4]) == 2;
  const bool is_little = head.size() >= 64 && static_cast<std::uint8_t>(head[5]) == 1;
  if (!is_little) return {};
  const std::uint64_t table = is_wide ? little64(head, 40) : little32(head, 32);
  const std::uint64_t bytes = std::uint64_t{little16(head, is_wide ? 58 : 46)} * little16(head, is_wide ? 60 : 48);
  return {table > UINT64_MAX - bytes ? 0 : table + bytes, {}};
}

Program portable(Bytes head) {
  constexpr std::size_t kSectionBytes = 40;
  const std::size_t at = little32(head, 60);
  Program program;
  std::size_t section = at + 24 + little16(head, at + 20);
  for (std::size_t left = little16(head, at + 6); left > 0; --left, section += kSectionBytes) {
    if (section + kSectionBytes > head.size()) return {};
    const std::uint64_t bytes = little32(head, section + 16), begin = little32(head, section + 20);
    if (bytes > 0) program.end = std::max(program.end, begin + bytes);
    if (chars(head).substr(section).starts_with(".rsrc\0")) program.resources = begin;
  }
  return program;
}

// What stands behind the program.
class Behind final : public Content {
 public:
  Behind(Content& content, std::uint64_t begin, std::uint64_t size) : content_(content), begin_(begin), size_(size) {}
  Result<ContentInfo> open() override { return ContentInfo{size_, std::nullopt, 0}; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset >= size_) return std::size_t{0};
    return content_.read_at(begin_ + offset, into);
  }

 private:
  Content& content_;
  const std::uint64_t begin_, size_;
};

class SelfExtracting final : public Unpacker {
 public:
  SelfExtracting(const Packed& packed, std::uint64_t begin)
      : content_(*packed.content, begin, packed.size - begin), stream_(content_, packed.size - begin), packed_(packed) {
    packed_.content = &content_;
    packed_.stream = &stream_;
    packed_.size = packed.size - begin;
  }
  [[nodiscard]] Result<> begin() {
    Opened opened =
        packed_.sandboxes != nullptr ? open_isolated(Format::other_archive, packed_) : open_other_archive(packed_);
    if (!opened.ok()) return opened.error();
    archive_ = std::move(opened).value();
    return Ok{};
  }
  Result<std::optional<Part>> next() override { return archive_->next(); }
  Result<std::size_t> read(std::span<std::byte> into) override { return archive_->read(into); }

 private:
  Behind content_;
  ContentStream stream_;
  Packed packed_;
  std::unique_ptr<Unpacker> archive_;
};

}  // namespace

bool is_program(Bytes head) {
  if (chars(head).starts_with("\x7f"
                              "ELF")) {
    return true;
  }
  if (head.size() < 64 || !chars(head).starts_with("MZ")) return false;
  const std::size_t at = little32(head, 60);
  return at < head.size() && head.size() - at >= 24 && chars(head).substr(at).starts_with("PE\0\0"sv);
}

Opened open_self_extracting(const Packed& packed) {
  if (packed.content == nullptr) return evidence_error("a program can be looked into at any place only");
  Input input(*packed.content, packed.size, kProgramHeaderBytes + Input::kBackBytes);
  const auto head = input.ahead(kProgramHeaderBytes);
  if (!head.ok()) return head.error();
  if (!is_program(*head)) return evidence_error("this is no program");
  Program program = chars(*head).starts_with("MZ") ? portable(*head) : elf(*head);
  if (program.end > packed.size) program = {};  // it was cut: anything may be anywhere
  if (program.end < packed.size) {
    const auto directory = ZipDirectory::find(*packed.content, packed.size);
    if (!directory.ok()) return directory.error();
    if (*directory != nullptr) return open_zip(packed);
  }
  const std::uint64_t from = program.resources.value_or(program.end);
  if (from >= packed.size) return evidence_error("there is nothing behind this program");
  auto begin = find_archive(*packed.content, packed.size, from);
  // What is behind a program may also show that the program is not what its headers say.
  if (begin.ok() && !*begin && program.end < packed.size) begin = find_archive(*packed.content, packed.size, 0);
  if (!begin.ok()) return begin.error();
  if (!*begin) return evidence_error("there is no archive behind this program");
  auto opened = std::make_unique<SelfExtracting>(packed, **begin);
  if (const Result<> begun = opened->begin(); !begun.ok()) return begun.error();
  return Opened(std::move(opened));
}

}  // namespace ambit::unpack
