// Which format an object is in: by its first bytes, like the guess of its kind, on which it builds.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "pipeline/ascii.h"
#include "pipeline/volume_sets.h"
#include "stages/unpack/archive/self_extracting.h"
#include "stages/unpack/archive/squashfs_header.h"
#include "stages/unpack/archive/tar_header.h"
#include "stages/unpack/database/database_marks.h"
#include "stages/unpack/database/postgres_page.h"
#include "stages/unpack/document/folded.h"
#include "stages/unpack/input.h"
#include "stages/unpack/kind/kind.h"
#include "stages/unpack/kind/text.h"
#include "stages/unpack/kind/unopened.h"
#include "stages/unpack/mail/cms.h"
#include "stages/unpack/mail/uuencode.h"
#include "stages/unpack/stream/decoder.h"
#include "stages/unpack/stream/zlib_streams.h"
#include "stages/unpack/text/unseen.h"
#include "stages/unpack/unpack.h"

namespace ambit {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  Format format;
};
// Signatures of six bytes or more, or of bytes that no text has. The others are asked for more below.
constexpr std::array kSignatures = {
    Signature{0, "\x1f\x8b\x08"sv, Format::gzip},
    Signature{0, "\xfd\x37zXZ\0"sv, Format::xz},
    Signature{0, "\x28\xb5\x2f\xfd"sv, Format::zstd},
    Signature{0, "\x04\x22\x4d\x18"sv, Format::lz4},
    Signature{0, "\x02\x21\x4c\x18"sv, Format::lz4},  // of Linux kernels, before there were frames
    Signature{0, "Dovecot-LZ4\x0d\x2a\x9b\xc5"sv, Format::lz4},
    Signature{0, "\x89LZO\0\r\n\x1a\n"sv, Format::lzop},
    Signature{0, "ANDROID BACKUP\n"sv, Format::android_backup},
    Signature{0, "\xff\x06\0\0sNaPpY"sv, Format::snappy},
    Signature{0, "7z\xbc\xaf\x27\x1c"sv, Format::other_archive},
    Signature{0, "Rar!\x1a\x07"sv, Format::other_archive},
    Signature{0, "MSCF\0\0\0\0"sv, Format::other_archive},
    Signature{0, "!<arch>\n"sv, Format::other_archive},
    Signature{0, "\xed\xab\xee\xdb"sv, Format::other_archive},  // rpm
    Signature{0, "xar!\0"sv, Format::other_archive},
    Signature{0, "WARC/"sv, Format::warc},
    Signature{32769, "CD001"sv, Format::other_archive},
    Signature{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, Format::ole},
    Signature{0, "{\\rtf"sv, Format::rtf},
    Signature{0, "%PDF-"sv, Format::pdf},
    Signature{0, "SQLite format 3\0"sv, Format::sqlite},
    Signature{0, "\x37\x7f\x06\x82"sv, Format::sqlite_log},
    Signature{0, "\x37\x7f\x06\x83"sv, Format::sqlite_log},
    Signature{0, "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"sv, Format::sqlite_log},
    Signature{0, "PACK\0\0\0\2"sv, Format::git_pack},
    Signature{0, "PACK\0\0\0\3"sv, Format::git_pack},
    Signature{0, "# v2 git bundle\n"sv, Format::git_pack},
    Signature{0, "# v3 git bundle\n"sv, Format::git_pack},
    Signature{0, "HTTP/1."sv, Format::http},
    Signature{0, "=ybegin "sv, Format::uuencode},
    Signature{0, "LPKSHHRH"sv, Format::journal},
    Signature{0, "PGDMP\1"sv, Format::postgres_dump},
    Signature{0, "2 M1e C"sv, Format::dbox},
    Signature{0, "\x41\xd8\x01\0\x01\0"sv, Format::wired_tiger},
    Signature{0, "!BDN"sv, Format::outlook},
    Signature{0, "\x78\x9f\x3e\x22"sv, Format::tnef},
    Signature{0, "\x89PNG\r\n\x1a\n"sv, Format::png},
};

struct ByName {
  std::string_view ending;
  Format format;
};
constexpr std::array kPackages = {
    ByName{".docm", Format::ooxml},        ByName{".docx", Format::ooxml},        ByName{".dotm", Format::ooxml},
    ByName{".dotx", Format::ooxml},        ByName{".epub", Format::epub},         ByName{".odg", Format::open_document},
    ByName{".odp", Format::open_document}, ByName{".ods", Format::open_document}, ByName{".odt", Format::open_document},
    ByName{".otp", Format::open_document}, ByName{".ots", Format::open_document}, ByName{".ott", Format::open_document},
    ByName{".potx", Format::ooxml},        ByName{".ppsx", Format::ooxml},        ByName{".pptm", Format::ooxml},
    ByName{".pptx", Format::ooxml},        ByName{".vsdx", Format::ooxml},        ByName{".xlsb", Format::ooxml},
    ByName{".xlsm", Format::ooxml},        ByName{".xlsx", Format::ooxml},        ByName{".xltx", Format::ooxml}};
// Zips that may begin with something else: a script or a program that unpacks them.
constexpr std::array kZips = {ByName{".apk", Format::zip}, ByName{".ear", Format::zip}, ByName{".jar", Format::zip},
                              ByName{".war", Format::zip}, ByName{".xpi", Format::zip}, ByName{".zip", Format::zip}};
constexpr std::array kMarkup = {ByName{".htm", Format::html},   ByName{".html", Format::html},
                                ByName{".kml", Format::xml},    ByName{".plist", Format::xml},
                                ByName{".rss", Format::xml},    ByName{".svg", Format::xml},
                                ByName{".xhtml", Format::html}, ByName{".xml", Format::xml}};

template <std::size_t N>
Format named(const std::array<ByName, N>& rows, std::string_view lower_name, Format otherwise) {
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const ByName& r) { return lower_name.ends_with(r.ending); });
  return row != rows.end() ? row->format : otherwise;
}

// A zip says what it carries in the names of its first members.
Format package(std::string_view head, std::string_view lower_name) {
  const auto has = [&](std::string_view words) { return head.find(words) != std::string_view::npos; };
  if (has("mimetypeapplication/epub")) return Format::epub;
  if (has("mimetypeapplication/vnd.oasis") || has("mimetypeapplication/vnd.sun.xml")) return Format::open_document;
  const bool parts = has("[Content_Types].xml") || has("_rels/.rels");
  if (parts && (has("word/") || has("xl/") || has("ppt/") || has("visio/"))) return Format::ooxml;
  return named(kPackages, lower_name, Format::zip);
}

// LZMA has no signature: properties, the size of its dictionary, the size of its bytes or -1.
bool is_lzma(std::span<const std::byte> head, std::string_view lower_name) {
  constexpr std::size_t kHeaderBytes = 13, kMostProperties = 225;
  if (head.size() < kHeaderBytes || static_cast<std::uint8_t>(head[0]) >= kMostProperties) return false;
  const std::uint64_t size = unpack::little64(head, 5);
  const bool plausible = size == UINT64_MAX || size < std::uint64_t{1} << 38;
  const bool usual = unpack::chars(head).starts_with("\x5d\0\0"sv) && (unpack::little32(head, 1) & 0xfff) == 0;
  return plausible && (usual || lower_name.ends_with(".lzma"));
}

bool is_bzip2(std::string_view head) {
  if (head.size() < 10 || !head.starts_with("BZh") || head[3] < '1' || head[3] > '9') return false;
  const std::string_view block = head.substr(4, 6);
  return block == "1AY&SY" || block == "\x17\x72\x45\x38\x50\x90"sv;  // the second: of nothing
}

bool is_cpio(std::string_view head) {
  if (head.starts_with("070701") || head.starts_with("070702") || head.starts_with("070707")) {
    const std::string_view fields = head.substr(6, 48);
    return fields.size() == 48 && fields.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  }
  // Binary: 26 bytes in 16-bit numbers; the length of the name is one that a name has, and ends in a zero.
  const bool little = head.starts_with("\xc7\x71"), big = head.starts_with("\x71\xc7");
  if ((!little && !big) || head.size() < 28) return false;
  const auto at = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<std::uint8_t>(head[i])); };
  const std::size_t name = little ? at(20) | at(21) << 8 : at(21) | at(20) << 8;
  return name > 1 && name < 4096 && (26 + name > head.size() || head[26 + name - 1] == '\0');
}

bool is_lha(std::string_view head) {
  return head.size() > 21 && head[2] == '-' && head[3] == 'l' && (head[4] == 'h' || head[4] == 'z') && head[6] == '-';
}

// .Z: the width of its longest codes, 9 to 16 bits, and two bits that are never set.
bool is_compress(std::string_view head) {
  if (head.size() < 3 || !head.starts_with("\x1f\x9d")) return false;
  const int width = head[2] & 0x1f;
  return (head[2] & 0x60) == 0 && width >= 9 && width <= 16;
}

// A frame that decoders skip, of zstd and of lz4 alike.
bool is_skippable(std::span<const std::byte> head) {
  return head.size() >= 8 && (unpack::little32(head, 0) & 0xfffffff0) == 0x184d2a50;
}

// A volume of an archive that was split, by its name. Its first bytes are anything; that it cannot be read by itself
// must be told, though.
bool is_volume(std::string_view name) {
  const std::optional<VolumeName> volume = volume_name(name);
  return volume && volume->is_certain;
}

Format by_bytes(std::span<const std::byte> bytes, std::string_view lower_name) {
  const std::string_view head = unpack::chars(bytes);
  for (const Signature& row : kSignatures) {
    if (head.size() >= row.offset && head.substr(row.offset).starts_with(row.bytes)) return row.format;
  }
  if (head.starts_with("PK\x03\x04") || head.starts_with("PK\x05\x06") || head.starts_with("PK\x07\x08PK") ||
      head.starts_with("PK00PK")) {
    return package(head, lower_name);
  }
  if (unpack::is_postgres_file(bytes)) return Format::postgres_heap;
  if (unpack::is_redis(bytes)) return Format::redis;
  if (is_bzip2(head)) return Format::bzip2;
  if (head.starts_with("LZIP") && head.size() > 5 && head[4] <= 1) return Format::lzip;
  if (unpack::squashfs_version(bytes)) return Format::squashfs;
  if (unpack::is_tar_header(bytes)) return Format::tar;
  if (is_compress(head)) return Format::compress;
  if (is_cpio(head) || is_lha(head)) return Format::other_archive;
  if (unpack::holds_zlib_streams(bytes, lower_name)) return Format::zlib_streams;
  if (unpack::is_cms(bytes)) return Format::cms;
  if (is_skippable(bytes)) return lower_name.ends_with(".lz4") ? Format::lz4 : Format::zstd;
  return Format::none;
}

Format markup(std::string_view text, std::string_view lower_name) {
  const std::string first = lowered(text.substr(0, 1024));
  const std::size_t begin = std::min(first.find('<'), first.size());
  const std::string_view tag = std::string_view(first).substr(begin);
  if (tag.starts_with("<!doctype html") || first.find("<html") != std::string::npos) return Format::html;
  const Format by_name = named(kMarkup, lower_name, Format::none);
  if (by_name != Format::none) return by_name;
  if (tag.starts_with("<?xml") || tag.starts_with("<!doctype") || tag.starts_with("<!--")) return Format::xml;
  return begin == 0 && tag.size() > 1 ? Format::html : Format::none;
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    std::uint64_t eight = 0;
    if (i + sizeof eight <= text.size()) {
      std::memcpy(&eight, text.data() + i, sizeof eight);
      if ((eight & 0x8080808080808080) == 0) {
        i += sizeof eight;
        continue;
      }
    }
    const auto lead = static_cast<std::uint8_t>(text[i++]);
    if (lead < 0x80) continue;
    const int more = lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : -1;
    if (more < 0) return false;
    for (int k = 0; k < more; ++k, ++i) {
      if (i == text.size()) return true;  // cut
      if ((static_cast<std::uint8_t>(text[i]) & 0xc0) != 0x80) return false;
    }
  }
  return true;
}

}  // namespace

Format format_of(std::span<const std::byte> first_bytes, std::string_view file_name, std::uint64_t size) {
  return format_of(guess_kind(first_bytes, file_name, size), first_bytes, file_name, size);
}

Format format_by_signature(std::span<const std::byte> first_bytes) { return by_bytes(first_bytes, {}); }

bool is_rar(std::span<const std::byte> first_bytes) { return unpack::chars(first_bytes).starts_with("Rar!\x1a\x07"); }

Format format_by_end(std::span<const std::byte> last_bytes) {
  if (unpack::ends_as_sorted_table(last_bytes)) return Format::sorted_table;
  return unpack::ends_like_archive(last_bytes) ? Format::self_extracting : Format::none;
}

Format format_of(const KindGuess& guess, std::span<const std::byte> first_bytes, std::string_view file_name,
                 std::uint64_t size) {
  if (size == 0 || first_bytes.empty()) return Format::none;
  const std::string name = lowered(file_name);
  const std::string_view head = unpack::chars(first_bytes.first(std::min(first_bytes.size(), kKindBytes)));
  if (const Format format = by_bytes(first_bytes, name); format != Format::none) return format;
  if (guess.kind == Kind::mail) return Format::mail;
  if (guess.kind == Kind::mailbox) return Format::mailbox;
  // Short pages look like text then, too. A name that ends so may be that of a host in Brazil.
  const bool may_be_brotli = name.ends_with(".br") && (!guess.is_text || first_bytes.size() >= size);
  if (may_be_brotli && unpack::is_brotli(first_bytes, size)) return Format::brotli;
  if (guess.is_text) {
    const std::optional<std::string> narrow = kinds::narrowed(head);
    const Format marked = guess.kind == Kind::markup ? markup(narrow ? *narrow : head, name) : Format::none;
    if (marked != Format::none) return marked;
    if (unpack::is_folded(narrow ? *narrow : head)) return Format::folded;
    const bool is_plain = !narrow && is_ascii(head), is_other = narrow || (!is_plain && !is_utf8(head));
    if (!is_other && unpack::holds_encoded_file(head)) return Format::uuencode;
    // What nobody sees tears words apart; its view shows them whole.
    return is_other || (!is_plain && unpack::holds_unseen(head)) ? Format::charset : Format::none;
  }
  if (unpack::is_zlib(first_bytes)) return Format::zlib;
  if (is_lzma(first_bytes, name)) return Format::lzma;
  if (name.ends_with(".iso") || is_volume(name)) return Format::other_archive;
  if (!kinds::unopened(first_bytes).empty()) return Format::unopened;
  return named(kZips, name, unpack::is_program(first_bytes) ? Format::self_extracting : Format::none);
}

}  // namespace ambit
