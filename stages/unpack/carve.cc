// How far a file reaches:
//
//   gzip, xz, …    it ends by itself: as far as the next one, or it is decoded, and if it is long, as far as the next
//   zip            the end of its directory tells where it began, and stands behind everything else
//   7z, cab        their first header says
//   squashfs       its super-block says
//   rar            as a stream
//   OLE            the last sector that its allocation table holds
//   PDF            the last %%EOF behind which no more objects come
//   in letters     the last letter
#include "stages/unpack/carve.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>

#include "pipeline/limits.h"
#include "stages/unpack/archive/zip_entry.h"
#include "stages/unpack/content_stream.h"
#include "stages/unpack/embedded/embedded.h"
#include "stages/unpack/input.h"
#include "stages/unpack/stream/decoder.h"
#include "stages/unpack/unpack.h"

namespace ambit {
namespace {

using namespace std::string_view_literals;
using unpack::chars;
using unpack::little16;
using unpack::little32;
using unpack::little64;

constexpr std::array kCarved = {"\x1f\x8b\x08"sv,
                                "BZh"sv,
                                "\xfd\x37zXZ\0"sv,
                                "LZIP"sv,
                                "\x28\xb5\x2f\xfd"sv,
                                "\x04\x22\x4d\x18"sv,
                                "PK\x03\x04"sv,
                                "7z\xbc\xaf\x27\x1c"sv,
                                "Rar!\x1a\x07"sv,
                                "MSCF\0\0\0\0"sv,
                                "%PDF-"sv,
                                "hsqs"sv,
                                "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv};

constexpr std::array<bool, 256> kFirstBytes = [] {
  std::array<bool, 256> out{};
  for (const std::string_view signature : kCarved) out[static_cast<std::uint8_t>(signature.front())] = true;
  return out;
}();

constexpr std::string_view kPdfEnd = "%%EOF";
// APPNOTE 4.3.14 to 4.3.16; the large end without the data that nobody puts into it.
constexpr std::size_t kDirectoryEndBytes = 22, kLocatorBytes = 20;
constexpr std::uint64_t kLargeEndBytes = 56;
constexpr std::size_t kOleHeaderBytes = 512;
constexpr std::size_t kPieceBytes = 1 * limits::MiB;
constexpr std::size_t kFirstBytesOut = 1024;  // of a stream, that tell that it is one

class Carver {
 public:
  Carver(Content& run, std::uint64_t size, std::span<const std::uint64_t> starts, StreamEnds ends)
      : run_(run), size_(size), starts_(starts), ends_(ends) {}

  void find(const std::function<bool(const CarvedFile&)>& visit) {
    std::span<const std::uint64_t> starts = starts_;
    std::uint64_t taken = 0;  // up to here, by files whose end is known
    std::optional<CarvedFile> file = next_file(starts);
    while (file) {
      const std::optional<CarvedFile> after = next_file(starts);
      const std::uint64_t next = after ? after->begin : size_;
      const auto end = file->begin < taken ? std::nullopt : end_of(*file, next);
      const bool is_stream_of_bytes = is_stream(file->guess.format) || file->guess.format == Format::other_archive;
      const std::uint64_t most = is_stream_of_bytes ? next : std::min(next, file->begin + limits::kMaxCarvedWithoutEnd);
      file->bytes = std::clamp(end.value_or(most), file->begin + 1, size_) - file->begin;
      const bool is_own = file->begin >= taken;
      file->has_end = end.has_value();
      if (end) taken = file->begin + file->bytes;
      if (is_own && !visit(*file)) return;
      file = after;
    }
  }

 private:
  static bool is_stream(Format format) {
    return format == Format::gzip || format == Format::bzip2 || format == Format::xz || format == Format::lzip ||
           format == Format::zstd || format == Format::lz4;
  }
  static bool is_zip(Format format) {
    return format == Format::zip || format == Format::ooxml || format == Format::open_document ||
           format == Format::epub;
  }
  static bool is_carved(Format format) {
    return is_stream(format) || is_zip(format) || format == Format::other_archive || format == Format::pdf ||
           format == Format::ole || format == Format::squashfs;
  }

  // Fewer bytes where they cannot be read.
  std::span<const std::byte> read(std::uint64_t at, std::size_t bytes) {
    piece_.resize(bytes);
    std::size_t filled = 0;
    while (filled < bytes && at + filled < size_) {
      const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(bytes - filled, size_ - at - filled));
      const auto got = run_.read_at(at + filled, std::span(piece_).subspan(filled, want));
      if (!got.ok() || *got == 0) break;
      filled += *got;
    }
    return std::span(piece_).first(filled);
  }

  // Takes starts, up to one at which a file begins.
  std::optional<CarvedFile> next_file(std::span<const std::uint64_t>& starts) {
    while (!starts.empty() && starts.front() < size_) {
      CarvedFile file{starts.front(), size_ - starts.front(), false, {}};
      starts = starts.subspan(1);
      const std::span<const std::byte> head = read(file.begin, kKindBytes);
      if (head.empty()) continue;
      if (!may_begin_packed(head)) {
        if (file.begin < letters_end_) continue;  // amid letters that began before
        const auto letters = packed_letters(run_, size_, file.begin);
        if (!letters) continue;
        letters_end_ = file.begin + *letters;
        file.bytes = *letters;
        file.guess = {Kind::text, true, Format::embedded};
        return file;
      }
      file.guess = guess_kind(head, {}, file.bytes);
      file.guess.format = format_of(file.guess, head, {}, file.bytes);
      if (is_carved(file.guess.format) && (!is_stream(file.guess.format) || decode(file, 1).made > 0)) return file;
    }
    return std::nullopt;
  }

  // What comes out of a stream, `most` bytes of it or a little more; and where it ends, once nothing more comes out.
  struct Decoded {
    std::uint64_t made = 0;
    std::optional<std::uint64_t> end;
  };
  // Some signatures are of three or four bytes, which other bytes may have too: what they begin must come out.
  Decoded decode(const CarvedFile& file, std::uint64_t most) {
    Decoded decoded;
    ContentPiece content(run_, file.begin, file.bytes);
    ContentStream stream(content, file.bytes);
    Packed packed;
    packed.stream = &stream;
    packed.content = &content;
    packed.size = file.bytes;
    const auto unpacker = open_unpacker(file.guess.format, packed);
    if (!unpacker.ok()) return decoded;
    const auto part = (*unpacker)->next();
    if (!part.ok() || !part->has_value()) return decoded;
    std::vector<std::byte> out(most > kFirstBytesOut ? kPieceBytes : kFirstBytesOut);
    while (decoded.made < most) {
      const auto got = (*unpacker)->read(out);
      if (!got.ok() && got.error().what == unpack::kTooLarge) return {most, std::nullopt};
      if (!got.ok() || *got == 0) {
        if (const std::uint64_t until = (*unpacker)->packed_until(); until > 0) decoded.end = file.begin + until;
        break;
      }
      decoded.made += *got;
    }
    return decoded;
  }
  // A file that begins within what would be decoded is its own.
  std::optional<std::uint64_t> stream_end(CarvedFile file, std::uint64_t next) {
    file.bytes = next - file.begin;
    return decode(file, limits::kMaxCarvedDecode).end;
  }

  // Of formats that tell. `next`: where another file begins, which may be in this one.
  std::optional<std::uint64_t> end_of(const CarvedFile& file, std::uint64_t next) {
    if (file.guess.format == Format::embedded) return file.begin + file.bytes;
    if (is_stream(file.guess.format) && ends_ == StreamEnds::decoded) return stream_end(file, next);
    if (is_zip(file.guess.format)) return zip_end(file.begin);
    if (file.guess.format == Format::pdf) return pdf_end(file.begin, next);
    if (file.guess.format == Format::ole) return ole_end(file.begin);
    if (file.guess.format == Format::squashfs) return squashfs_end(file.begin);
    if (file.guess.format != Format::other_archive) return std::nullopt;
    const std::span<const std::byte> head = read(file.begin, 32);
    if (head.size() < 32) return std::nullopt;
    if (chars(head).starts_with("7z"))
      return seven_zip_end(file.begin, little64(head, 12), little64(head, 20), little32(head, 28));
    if (chars(head).starts_with("MSCF")) return reach(file.begin, little32(head, 8), 0, 0);
    return std::nullopt;
  }
  // The sum, unless it leaves the run.
  [[nodiscard]] std::optional<std::uint64_t> reach(std::uint64_t begin, std::uint64_t a, std::uint64_t b,
                                                   std::uint64_t c) const {
    const std::uint64_t most = size_ - begin;
    if (a > most || b > most - a || c > most - a - b) return std::nullopt;
    return begin + a + b + c;
  }

  // Its super-block says how much is used; what fills it up to 4 KiB is nothing.
  std::optional<std::uint64_t> squashfs_end(std::uint64_t begin) {
    constexpr std::size_t kUsedAt = 40;
    const std::span<const std::byte> head = read(begin, kUsedAt + 8);
    return head.size() < kUsedAt + 8 ? std::nullopt : reach(begin, little64(head, kUsedAt), 0, 0);
  }

  // By its first header, if what this says of the last one is true.
  std::optional<std::uint64_t> seven_zip_end(std::uint64_t begin, std::uint64_t header_at, std::uint64_t header_bytes,
                                             std::uint32_t sum) {
    const auto end = reach(begin, 32, header_at, header_bytes);
    if (!end || header_bytes > kPieceBytes) return std::nullopt;
    const auto header = read(*end - header_bytes, static_cast<std::size_t>(header_bytes));
    return header.size() == header_bytes && unpack::crc32(0, header) == sum ? end : std::nullopt;
  }

  // Where the archive begins and ends whose directory ends at `at` of `text`, which stands at `text_at` in the run.
  static std::optional<std::pair<std::uint64_t, std::uint64_t>> archive_of(std::string_view text, std::size_t at,
                                                                           std::uint64_t text_at) {
    const auto bytes = std::as_bytes(std::span(text));
    const std::uint64_t end = text_at + at + kDirectoryEndBytes + little16(bytes, at + 20);
    std::uint64_t behind = text_at + at;  // the directory, which ends here,
    std::uint64_t before = std::uint64_t{little32(bytes, at + 12)} + little32(bytes, at + 16);  // and all before
    const bool is_large = at >= kLocatorBytes && text.substr(at - kLocatorBytes).starts_with(unpack::kZip64Locator);
    if (is_large) behind -= std::min(behind, kLocatorBytes + kLargeEndBytes);
    if (is_large && little32(bytes, at + 16) == UINT32_MAX) before = little64(bytes, at - kLocatorBytes + 8);
    if (before > behind) return std::nullopt;
    return std::pair(behind - before, end);
  }

  // Looked for once in every byte, however many archives begin here.
  std::optional<std::uint64_t> zip_end(std::uint64_t begin) {
    const std::uint64_t until = std::min(size_, begin + limits::kMaxCarvedZip);
    zip_ends_.erase(zip_ends_.begin(), zip_ends_.lower_bound(begin));
    searched_ = std::max(searched_, begin);
    while (!zip_ends_.contains(begin) && searched_ < until) {
      const std::uint64_t from = searched_ - std::min<std::uint64_t>(searched_, kLocatorBytes);
      const std::span<const std::byte> bytes = read(from, kPieceBytes);
      if (bytes.size() < kLocatorBytes + kDirectoryEndBytes) {
        searched_ = from + kPieceBytes;  // the end, or bytes that cannot be read
        continue;
      }
      const std::string_view text = chars(bytes);
      for (std::size_t at = text.find(unpack::kZipEnd, searched_ - from);
           at != text.npos && at + kDirectoryEndBytes <= text.size(); at = text.find(unpack::kZipEnd, at + 1)) {
        const auto found = archive_of(text, at, from);
        const bool is_of_one = found && std::binary_search(starts_.begin(), starts_.end(), found->first);
        if (is_of_one) zip_ends_.insert(*found);
      }
      searched_ = from + text.size() - (kDirectoryEndBytes - 1);
      if (from + text.size() >= size_) searched_ = size_;
    }
    const auto end = zip_ends_.find(begin);
    if (end == zip_ends_.end()) return std::nullopt;
    return std::min(end->second, size_);
  }

  std::optional<std::uint64_t> pdf_end(std::uint64_t begin, std::uint64_t next) {
    std::optional<std::uint64_t> end;
    constexpr std::size_t kBehind = 64;  // of which it is told whether more objects come
    for (std::uint64_t at = begin; at < next;) {
      const std::string_view text =
          chars(read(at, static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, next - at))));
      const bool is_last = at + text.size() >= next || text.size() <= kBehind;
      for (std::size_t mark = text.find(kPdfEnd); mark != text.npos; mark = text.find(kPdfEnd, mark + 1)) {
        if (!is_last && mark + kBehind > text.size()) break;  // with the next piece
        std::size_t behind = mark + kPdfEnd.size();
        while (behind < text.size() && (text[behind] == '\r' || text[behind] == '\n' || text[behind] == ' ')) ++behind;
        end = at + behind;
        const bool goes_on = behind < text.size() && ((text[behind] >= '0' && text[behind] <= '9') ||
                                                      text.substr(behind).starts_with("xref") || text[behind] == '%');
        if (!goes_on) return end;
      }
      if (is_last) break;
      at += text.size() - kBehind;
    }
    return end;
  }

  // The sector of allocation table `number`: the first are named in the header, the others in sectors of their own, of
  // which each names the next (MS-CFB 2.5). Nothing: it leaves the run, or there are more than a document has.
  std::optional<std::uint64_t> table_sector(std::uint64_t begin, std::uint64_t sector, std::uint64_t number) {
    constexpr std::uint64_t kHeaderTables = 109, kMostSectors = 1024;
    const auto inside = [&](std::uint64_t at) { return at < size_ / sector ? std::optional(at) : std::nullopt; };
    const std::span<const std::byte> head = read(begin, kOleHeaderBytes);
    if (head.size() < kOleHeaderBytes) return std::nullopt;
    if (number < kHeaderTables) return inside(little32(head, 76 + 4 * static_cast<std::size_t>(number)));
    std::uint64_t list = little32(head, 68);
    number -= kHeaderTables;
    const std::uint64_t names = sector / 4 - 1;
    for (std::uint64_t passed = 0; passed < kMostSectors && inside(list); ++passed) {
      const std::span<const std::byte> numbers = read(begin + (list + 1) * sector, static_cast<std::size_t>(sector));
      if (numbers.size() < sector) break;
      if (number < names) return inside(little32(numbers, 4 * static_cast<std::size_t>(number)));
      number -= names;
      list = little32(numbers, 4 * static_cast<std::size_t>(names));
    }
    return std::nullopt;
  }

  // The table of a compound file names its sectors; the last that is not free is the end.
  std::optional<std::uint64_t> ole_end(std::uint64_t begin) {
    constexpr std::uint32_t kFree = UINT32_MAX;
    const std::span<const std::byte> head = read(begin, kOleHeaderBytes);
    if (head.size() < kOleHeaderBytes) return std::nullopt;
    const std::uint64_t sector = little16(head, 30) == 12 ? 4096 : 512;
    const std::uint64_t tables = little32(head, 44);
    if (tables == 0 || tables > size_ / sector) return std::nullopt;
    const std::uint64_t entries = sector / 4;
    std::uint64_t sectors = tables * entries;
    const auto last = table_sector(begin, sector, tables - 1);
    if (!last) return std::nullopt;
    const std::span<const std::byte> table = read(begin + (*last + 1) * sector, static_cast<std::size_t>(sector));
    if (table.size() < sector) return std::nullopt;
    while (sectors > (tables - 1) * entries &&
           little32(table, 4 * static_cast<std::size_t>((sectors - 1) % entries)) == kFree) {
      --sectors;
    }
    return reach(begin, sector, sectors * sector, 0);
  }

  Content& run_;
  const std::uint64_t size_;
  const std::span<const std::uint64_t> starts_;
  const StreamEnds ends_;
  std::vector<std::byte> piece_;
  std::map<std::uint64_t, std::uint64_t> zip_ends_;  // of archives by their beginnings
  std::uint64_t searched_ = 0;                       // for those, up to here
  std::uint64_t letters_end_ = 0;                    // of the last ones
};

}  // namespace

bool may_begin_packed(std::span<const std::byte> bytes) {
  const std::string_view text = chars(bytes);
  if (!kFirstBytes[static_cast<std::uint8_t>(text.front())]) return false;
  return std::any_of(kCarved.begin(), kCarved.end(), [&](std::string_view signature) {
    return text.substr(0, signature.size()) == signature.substr(0, text.size());
  });
}

std::vector<std::uint64_t> find_carve_starts(Content& content, std::uint64_t size, std::uint64_t place) {
  std::vector<std::uint64_t> starts;
  std::vector<std::byte> piece(kPieceBytes);
  constexpr std::uint64_t kStep = limits::kCarveStep;
  const std::uint64_t first = (kStep - place % kStep) % kStep;
  for (std::uint64_t from = first; from < size; from += kPieceBytes) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, size - from));
    const auto got = content.read_at(from, std::span(piece).first(want));
    for (std::size_t at = 0; got.ok() && at < *got; at += kStep) {
      if (may_begin_packed(std::span(piece).subspan(at, *got - at))) starts.push_back(from + at);
    }
  }
  const std::vector<std::uint64_t> letters = find_letters(content, size);
  std::vector<std::uint64_t> all;
  all.reserve(starts.size() + letters.size());
  std::set_union(starts.begin(), starts.end(), letters.begin(), letters.end(), std::back_inserter(all));
  return all;
}

std::optional<std::uint64_t> find_zip_member(Content& content, std::uint64_t size) {
  std::vector<std::byte> piece(kPieceBytes);
  for (std::uint64_t from = 0; from < size;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, size - from));
    const auto got = content.read_at(from, std::span(piece).first(want));
    const std::size_t bytes = got.ok() ? *got : 0;
    const std::size_t at = chars(std::span(piece).first(bytes)).find(unpack::kZipLocal);
    if (at != std::string_view::npos) return from + at;
    from += bytes > unpack::kZipLocal.size() ? bytes - (unpack::kZipLocal.size() - 1) : want;
  }
  return std::nullopt;
}

void carve(Content& run, std::uint64_t size, std::span<const std::uint64_t> starts, StreamEnds ends,
           const std::function<bool(const CarvedFile&)>& visit) {
  Carver(run, size, starts, ends).find(visit);
}

}  // namespace ambit
