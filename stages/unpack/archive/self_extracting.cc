// Archives behind something else. Of a picture, a film, whatever has no format of ours, the end shows it: that of a zip
// or of a rar. Self-extracting archives: a program, and behind it the archive that it unpacks. Where a program ends,
// its own headers say; most have nothing behind them, and no more of these is read. A zip shows itself by its
// directory; 7z, rar and cabinets by a header within the next kMaxStubBytes, whose checksum or fields are looked at,
// because programs that read archives have the signatures in them too. A cabinet may also stand among the resources of
// a program for Windows.
//
//   7z    := "7z" bc af 27 1c version:2 crc32:4 of the next 20 bytes …
//   rar 4 := "Rar!" 1a 07 00, main header: crc:2 (low half of crc32 of what follows) 73 flags:2 bytes:2 …
//   rar 5 := "Rar!" 1a 07 01 00, main header: crc32:4 of what follows, bytes: 1 to 3 of a number in groups of 7 bits …
//   cab   := "MSCF" 0:4 bytes:4 0:4 files-at:4 0:4 version 03 01 …
#include "stages/unpack/archive/self_extracting.h"

#include <algorithm>
#include <array>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/archive/zip_directory.h"
#include "stages/unpack/content_stream.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/stream/decoder.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;
using Bytes = std::span<const std::byte>;

constexpr std::size_t kProgramHeadBytes = 512;  // of which the headers below are judged
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

// Where in `window` an archive of these headers begins; npos: nowhere.
std::size_t find_one_of(std::span<const Header> headers, Bytes window) {
  std::size_t first = std::string_view::npos;
  for (const Header& header : headers) {
    const std::string_view text = chars(window);
    for (std::size_t at = text.find(header.signature); at < first; at = text.find(header.signature, at + 1)) {
      if (header.holds(window.subspan(at, std::min(kProgramHeadBytes, window.size() - at)))) first = at;
    }
  }
  return first;
}

std::size_t find_header(Bytes window) { return find_one_of(kHeaders, window); }
std::size_t find_rar(Bytes window) { return find_one_of(std::span(kHeaders).subspan(1, 2), window); }

// Where a member of a zip begins.
std::size_t find_member(Bytes window) {
  const std::string_view text = chars(window);
  for (std::size_t at = text.find(kZipLocal); at != text.npos; at = text.find(kZipLocal, at + 1)) {
    const Bytes member = window.subspan(at);
    if (member.size() < kZipLocalBytes) break;
    const std::size_t version = little16(member, 4), method = little16(member, 8), name = little16(member, 26);
    if (version < 100 && method < 100 && name > 0 && name < kProgramHeadBytes) return at;
  }
  return std::string_view::npos;
}

// Where the bytes come once only, the directory of a zip cannot be looked at, but the header of a member can.
std::size_t find_header_or_member(Bytes window) { return std::min(find_header(window), find_member(window)); }

// Moves to where an archive begins, as `find` says where in a window; false: nowhere in the next `most` bytes.
Result<bool> move_to_archive(Input& input, std::size_t (*find)(Bytes window),
                             std::uint64_t most = limits::kMaxStubBytes) {
  const std::uint64_t begin = input.offset();
  while (input.offset() - begin < most) {
    const auto window = input.ahead(2 * kProgramHeadBytes);
    if (!window.ok()) return window.error();
    const std::size_t at = find(*window);
    const bool found = at != std::string_view::npos;
    if (!found && window->size() <= kProgramHeadBytes) break;
    input.take(found ? at : window->size() - kProgramHeadBytes);
    if (found) return true;
  }
  return false;
}

//   zip    := … "PK\5\6" 16 bytes comment-length:2 comment
//   rar 4  := … crc:2 (low half of crc32 of what follows) 7b flags:2 bytes:2, these included, and little more
//   rar 5  := … crc32:4 of what follows 3 5 flags archive-flags
bool ends_like_zip(Bytes end) {
  constexpr std::size_t kZipEndBytes = 22;
  const std::size_t at = chars(end).rfind(kZipEnd);
  return at != std::string_view::npos && end.size() - at >= kZipEndBytes &&
         end.size() - at == kZipEndBytes + little16(end, at + 20);
}

bool ends_like_rar4(Bytes end) {
  for (std::size_t bytes = 7; bytes <= 20 && bytes <= end.size(); ++bytes) {
    const Bytes block = end.last(bytes);
    if (static_cast<std::uint8_t>(block[2]) != 0x7b || little16(block, 5) != bytes) continue;
    if ((crc32(0, block.subspan(2)) & 0xffff) == little16(block, 0)) return true;
  }
  return false;
}

bool ends_like_rar5(Bytes end) {
  if (end.size() < 8) return false;
  const Bytes block = end.last(8);
  return chars(block).substr(4).starts_with("\3\5") && crc32(0, block.subspan(4)) == little32(block, 0);
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

// Of the program at which `input` stands.
Result<Program> read_program(Input& input) {
  const auto head = input.ahead(kProgramHeaderBytes);
  if (!head.ok()) return head.error();
  if (!is_program(*head)) return evidence_error("this is no program");
  return chars(*head).starts_with("MZ") ? portable(*head) : elf(*head);
}

// An archive, with what it is read from.
class SelfExtracting final : public Unpacker {
 public:
  // `begin`: where the archive begins in the object.
  SelfExtracting(std::unique_ptr<Content> content, std::unique_ptr<ByteStream> stream, std::uint64_t begin)
      : content_(std::move(content)), stream_(std::move(stream)), begin_(begin) {}
  // `packed`: the whole object; `bytes`: of the archive, 0 where unknown.
  [[nodiscard]] Result<> begin(Packed packed, std::uint64_t bytes, bool is_zip) {
    packed.content = content_.get();
    packed.stream = stream_.get();
    packed.size = bytes;
    Opened opened = open_unpacker(is_zip ? Format::zip : Format::other_archive, packed);
    if (!opened.ok()) return opened.error();
    archive_ = std::move(opened).value();
    return Ok{};
  }
  Result<std::optional<Part>> next() override {
    Result<std::optional<Part>> part = archive_->next();
    if (part.ok() && *part && (*part)->stored_at) *(*part)->stored_at += begin_;
    return part;
  }
  Result<std::size_t> read(std::span<std::byte> into) override { return archive_->read(into); }

 private:
  const std::unique_ptr<Content> content_;
  const std::unique_ptr<ByteStream> stream_;
  const std::uint64_t begin_;
  std::unique_ptr<Unpacker> archive_;  // reads from these
};

// The archive at which `input` stands.
Opened open_here(const Packed& packed, const Input& input, bool is_zip) {
  const std::uint64_t begin = input.offset(), bytes = packed.size - begin;
  auto content = std::make_unique<ContentPiece>(*packed.content, begin, bytes);
  auto stream = std::make_unique<ContentStream>(*content, bytes);
  auto opened = std::make_unique<SelfExtracting>(std::move(content), std::move(stream), begin);
  if (const Result<> begun = opened->begin(packed, bytes, is_zip); !begun.ok()) return begun.error();
  return Opened(std::move(opened));
}

Opened open_behind_program(const Packed& packed) {
  Input input(*packed.content, packed.size);
  const Result<Program> read = read_program(input);
  if (!read.ok()) return read.error();
  const Program program = read->end > packed.size ? Program{} : *read;  // where it was cut, anything may be anywhere
  if (program.end < packed.size) {
    const auto directory = ZipDirectory::find(*packed.content, packed.size);
    if (!directory.ok()) return directory.error();
    if (*directory != nullptr) return open_zip(packed);
  }
  input.seek(program.resources.value_or(program.end));
  Result<bool> found = move_to_archive(input, find_header);
  // What is behind a program may also show that the program is not what its headers say.
  if (found.ok() && !*found && program.end < packed.size) {
    input.seek(0);
    found = move_to_archive(input, find_header);
  }
  if (!found.ok()) return found.error();
  if (!*found) return evidence_error("there is no archive behind this");
  return open_here(packed, input, false);
}

// Where the end said that there is an archive: one that cannot be found or opened is damaged.
Opened open_before_end(const Packed& packed) {
  Input input(*packed.content, packed.size);
  input.seek(packed.size - std::min<std::uint64_t>(packed.size, kEndBytes));
  const auto end = input.ahead(kEndBytes);
  if (!end.ok()) return end.error();
  const bool is_zip = ends_like_zip(*end);
  if (is_zip) {
    const auto directory = ZipDirectory::find(*packed.content, packed.size);
    if (!directory.ok()) return directory.error();
    if (*directory != nullptr) return open_zip(packed);
  }
  input.seek(0);
  const Result<bool> found = move_to_archive(input, is_zip ? find_member : find_rar, UINT64_MAX);
  if (!found.ok()) return found.error();
  if (*found) {
    Opened opened = open_here(packed, input, is_zip);
    if (opened.ok() || opened.error().kind != ErrorKind::evidence) return opened;
  }
  Part part;
  part.trouble = WalkTrouble::damaged;
  return one_part(std::move(part), text_stream({}));
}

Opened open_at_any_place(const Packed& packed) {
  Input input(*packed.content, packed.size);
  const auto head = input.ahead(kProgramHeaderBytes);
  if (!head.ok()) return head.error();
  return is_program(*head) ? open_behind_program(packed) : open_before_end(packed);
}

Opened open_passing(const Packed& packed) {
  Input input(*packed.stream);
  const Result<Program> program = read_program(input);
  if (!program.ok()) return program.error();
  const auto skipped = input.skip(program->resources.value_or(program->end));
  if (!skipped.ok()) return skipped.error();
  const Result<bool> found = move_to_archive(input, find_header_or_member);
  if (!found.ok()) return found.error();
  if (!*found) return evidence_error("there is no archive behind this program");
  const auto first = input.ahead(kZipLocal.size());
  if (!first.ok()) return first.error();
  const bool is_zip = chars(*first).starts_with(kZipLocal);
  const std::uint64_t begin = input.offset();
  auto opened = std::make_unique<SelfExtracting>(nullptr, std::make_unique<Rest>(std::move(input)), begin);
  if (const Result<> begun = opened->begin(packed, 0, is_zip); !begun.ok()) return begun.error();
  return Opened(std::move(opened));
}

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

bool holds_archive(Bytes head) {
  return std::any_of(kHeaders.begin(), kHeaders.end(), [&](const Header& header) {
    return chars(head).starts_with(header.signature) &&
           header.holds(head.first(std::min(kProgramHeadBytes, head.size())));
  });
}

bool ends_like_archive(Bytes end) { return ends_like_zip(end) || ends_like_rar4(end) || ends_like_rar5(end); }

Opened open_self_extracting(const Packed& packed) {
  return packed.content != nullptr ? open_at_any_place(packed) : open_passing(packed);
}

}  // namespace ambit::unpack
