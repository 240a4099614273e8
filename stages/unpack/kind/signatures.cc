// The formats that begin with bytes of their own. A new one is a row.
//
// Rows that share a first byte are tried in this order, so the longer signature stands first. Two bytes alone
// ("MZ", "BM") prove little: such rows come last and want a second look (see confirmed()).
#include "stages/unpack/kind/signatures.h"

#include <algorithm>
#include <array>

#include "pipeline/disk_marks.h"
#include "stages/unpack/database/postgres_page.h"

namespace ambit::kinds {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  Kind kind;
};

constexpr std::array kSignatures = {
    // archives and compressed streams
    Signature{0, "PK\x03\x04"sv, Kind::archive}, Signature{0, "PK\x05\x06"sv, Kind::archive},
    Signature{0, "PK\x07\x08"sv, Kind::archive}, Signature{0, "\x1f\x8b"sv, Kind::archive},
    Signature{0, "\x1f\x9d"sv, Kind::archive}, Signature{0, "\x1f\xa0"sv, Kind::archive},
    Signature{0, "BZh"sv, Kind::archive}, Signature{0, "\xfd\x37zXZ\0"sv, Kind::archive},
    Signature{0, "\x28\xb5\x2f\xfd"sv, Kind::archive}, Signature{0, "7z\xbc\xaf\x27\x1c"sv, Kind::archive},
    Signature{0, "Rar!\x1a\x07"sv, Kind::archive}, Signature{0, "\x04\x22\x4d\x18"sv, Kind::archive},
    Signature{0, "\xff\x06\0\0sNaPpY"sv, Kind::archive}, Signature{0, "LZIP"sv, Kind::archive},
    Signature{0, "MSCF\0\0\0\0"sv, Kind::archive}, Signature{0, "!<arch>\n"sv, Kind::archive},
    Signature{0, "\xed\xab\xee\xdb"sv, Kind::archive}, Signature{0, "070701"sv, Kind::archive},
    Signature{0, "070702"sv, Kind::archive}, Signature{0, "070707"sv, Kind::archive},
    Signature{0, "\xc7\x71"sv, Kind::archive}, Signature{2, "-lh"sv, Kind::archive},
    Signature{257, "ustar"sv, Kind::archive}, Signature{0, "xar!"sv, Kind::archive},
    Signature{0, "\x60\xea"sv, Kind::archive}, Signature{0, "\x78\x9f\x3e\x22"sv, Kind::document},  // TNEF
    Signature{0, "\x71\xc7"sv, Kind::archive}, Signature{24, "\x6c\xea\0\0"sv, Kind::archive},      // cpio; dump
    Signature{0, "\x5d\0\0"sv, Kind::archive},                                                      // LZMA
    Signature{0, "hsqs"sv, Kind::archive}, Signature{0, "sqsh"sv, Kind::archive},                   // squashfs
    // documents
    Signature{0, "\x09\x04\x06\0"sv, Kind::spreadsheet}, Signature{0, "\x09\x02\x06\0"sv, Kind::spreadsheet},
    Signature{0, "%PDF-"sv, Kind::document}, Signature{0, "%!PS"sv, Kind::document},
    Signature{0, "\xc5\xd0\xd3\xc6"sv, Kind::document}, Signature{0, "{\\rtf"sv, Kind::document},
    Signature{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, Kind::document}, Signature{0, "ITSF\x03\0"sv, Kind::document},
    Signature{0, "AT&TFORM"sv, Kind::document}, Signature{0, "\xf7\x02"sv, Kind::document},  // DVI
    // pictures
    Signature{0, "\x89PNG\r\n\x1a\n"sv, Kind::image}, Signature{0, "\xff\xd8\xff"sv, Kind::image},
    Signature{0, "GIF87a"sv, Kind::image}, Signature{0, "GIF89a"sv, Kind::image}, Signature{0, "II*\0"sv, Kind::image},
    Signature{0, "MM\0*"sv, Kind::image}, Signature{0, "II+\0"sv, Kind::image},
    Signature{0, "8BPS\0\x01"sv, Kind::image}, Signature{0, "\0\0\x01\0"sv, Kind::image},
    Signature{0, "\0\0\0\x0cjP  "sv, Kind::image}, Signature{0, "gimp xcf"sv, Kind::image},
    Signature{0, "BM"sv, Kind::image},
    // sound and film
    Signature{0, "ID3"sv, Kind::audio}, Signature{0, "OggS\0"sv, Kind::audio}, Signature{0, "fLaC"sv, Kind::audio},
    Signature{0, "MThd\0\0\0\x06"sv, Kind::audio}, Signature{0, "#!AMR"sv, Kind::audio},
    Signature{0, "\x1a\x45\xdf\xa3"sv, Kind::video}, Signature{0, "\0\0\x01\xba"sv, Kind::video},
    Signature{0, "\0\0\x01\xb3"sv, Kind::video}, Signature{0, "FLV\x01"sv, Kind::video},
    Signature{0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"sv, Kind::video}, Signature{0, ".RMF\0"sv, Kind::video},
    // programs
    Signature{0,
              "\x7f"
              "ELF"sv,
              Kind::executable},
    Signature{0, "\xfe\xed\xfa\xce"sv, Kind::executable}, Signature{0, "\xfe\xed\xfa\xcf"sv, Kind::executable},
    Signature{0, "\xce\xfa\xed\xfe"sv, Kind::executable}, Signature{0, "\xcf\xfa\xed\xfe"sv, Kind::executable},
    Signature{0, "\xca\xfe\xba\xbe"sv, Kind::executable}, Signature{0, "\0asm\x01\0\0\0"sv, Kind::executable},
    Signature{0, "dex\n03"sv, Kind::executable}, Signature{0, "MZ"sv, Kind::executable},
    // databases
    Signature{0, "SQLite format 3\0"sv, Kind::database}, Signature{0, "\x37\x7f\x06\x82"sv, Kind::database},
    Signature{0, "\x37\x7f\x06\x83"sv, Kind::database},
    Signature{0, "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"sv, Kind::database},
    Signature{4, "Standard Jet DB"sv, Kind::database}, Signature{4, "Standard ACE DB"sv, Kind::database},
    Signature{0, "\xfe\x01"sv, Kind::database},   // MySQL .frm
    Signature{0, "!BDN"sv, Kind::mailbox},        // PST
    Signature{0, "\1\1\1\1\n"sv, Kind::mailbox},  // MMDF
    Signature{0, "2 M1e C"sv, Kind::mailbox},     // dbox
    Signature{0, "REDIS0"sv, Kind::database}, Signature{0, "VALKEY0"sv, Kind::database},
    Signature{0, "\x41\xd8\x01\0\x01\0"sv, Kind::database},  // WiredTiger
    Signature{18, "\x04\x20"sv, Kind::database},             // a page of PostgreSQL
    Signature{0, "PGDMP"sv, Kind::sql_dump}, Signature{0, "ElfFile\0"sv, Kind::log}, Signature{0, "LfLe"sv, Kind::log},
    Signature{0, "regf"sv, Kind::database}, Signature{0, "LPKSHHRH"sv, Kind::log},
    // images of disks
    Signature{0, "QFI\xfb"sv, Kind::disk_image}, Signature{0, "KDMV"sv, Kind::disk_image},
    Signature{0, "# Disk DescriptorFile"sv, Kind::disk_image}, Signature{0, "conectix"sv, Kind::disk_image},
    Signature{0, "vhdxfile"sv, Kind::disk_image}, Signature{0, "EVF\x09\x0d\x0a\xff\0"sv, Kind::disk_image},
    Signature{0, "EVF2\r\n\x81\0"sv, Kind::disk_image}, Signature{64, "\x7f\x10\xda\xbe"sv, Kind::disk_image},
    Signature{0, "QED\0"sv, Kind::disk_image}, Signature{0, "WithoutFreeSpace"sv, Kind::disk_image},
    Signature{0, "WithouFreSpacExt"sv, Kind::disk_image}, Signature{0, "Bochs Virtual HD Image\0"sv, Kind::disk_image},
    Signature{0, "#!/bin/sh\n#V2.0 Format\n"sv, Kind::disk_image},  // cloop
    Signature{0, "MSWIM\0\0\0"sv, Kind::disk_image}, Signature{0, "AFF"sv, Kind::disk_image},
    // keys and what is locked with them
    Signature{0, "LUKS\xba\xbe"sv, Kind::encrypted}, Signature{0, "Salted__"sv, Kind::encrypted},
    Signature{0, "age-encryption.org/"sv, Kind::encrypted}, Signature{0, "-----BEGIN PGP MESSAGE"sv, Kind::encrypted},
    // CMS, RFC 5652: enveloped data, in a frame of any length
    Signature{2, "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"sv, Kind::encrypted},
    Signature{4, "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"sv, Kind::encrypted},
    Signature{0, "-----BEGIN AGE ENCRYPTED"sv, Kind::encrypted}, Signature{3, "-FVE-FS-"sv, Kind::encrypted},
    Signature{0, "-----BEGIN "sv, Kind::key}, Signature{0, "---- BEGIN SSH2"sv, Kind::key},
    Signature{0, "PuTTY-User-Key-File-"sv, Kind::key}, Signature{0, "ssh-rsa AAAA"sv, Kind::key},
    Signature{0, "ssh-ed25519 AAAA"sv, Kind::key}, Signature{0, "openssh-key-v1\0"sv, Kind::key},
    Signature{0, "ecdsa-sha2-nistp"sv, Kind::key}, Signature{0, "AGE-SECRET-KEY-1"sv, Kind::key},
    Signature{0, "\xfe\xed\xfe\xed"sv, Kind::key}, Signature{0, "\x03\xd9\xa2\x9a"sv, Kind::encrypted},  // JKS; KeePass
};

// The first row (as an index) for each first byte at offset 0, and the rows at other offsets, are found once.
struct Index {
  std::array<std::array<std::uint8_t, 16>, 256> rows{};
  std::array<std::uint8_t, 256> count{};
  std::array<std::uint8_t, 16> elsewhere{};
  std::size_t elsewhere_count = 0;
};
constexpr Index make_index() {
  Index index;
  for (std::size_t i = 0; i < kSignatures.size(); ++i) {
    const auto row = static_cast<std::uint8_t>(i);
    if (kSignatures[i].offset > 0) {
      index.elsewhere[index.elsewhere_count++] = row;
    } else {
      const auto first = static_cast<unsigned char>(kSignatures[i].bytes[0]);
      index.rows[first][index.count[first]++] = row;
    }
  }
  return index;
}
constexpr Index kIndex = make_index();

// Six printable bytes can begin a sentence. In what reads as text they are believed only of formats that are text, and
// of cpio, whose headers are digits.
bool believable(const Signature& row, bool is_text) {
  const bool textual = row.kind == Kind::document || row.kind == Kind::key || row.kind == Kind::encrypted;
  return !is_text || textual || row.bytes.size() > 6 || row.bytes.starts_with("0707");
}

std::uint32_t little32(std::string_view head, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(head[at + i]);
  return value;
}

// Where two bytes, or a number that is common in other data, are the whole signature, the header must make sense too.
bool confirmed(const Signature& row, std::string_view head, std::uint64_t size) {
  if (row.bytes == "BM"sv) return head.size() >= 26 && (little32(head, 2) == size || little32(head, 14) == 40);
  if (row.bytes == "MZ"sv) return head.size() >= 64 && (head.find('\0') < 64);
  if (row.bytes == "\0\0\x01\0"sv) return head.size() >= 22 && head[4] != 0 && head[5] == 0 && head[9] == 0;
  if (row.bytes == "\xfe\x01"sv || row.bytes == "\xf7\x02"sv) return head.size() >= 16 && head.find('\0') < 16;
  if (row.bytes == "-lh"sv) return head.size() > 21 && head[6] == '-';
  if (row.bytes == "\1\1\1\1\n"sv) return head.find("\nSubject:") < 4096;
  if (row.bytes == "BZh"sv) return head.size() > 3 && head[3] >= '1' && head[3] <= '9';
  if (row.bytes == "\x04\x20"sv) return unpack::is_postgres_file(std::as_bytes(std::span(head)));
  if (row.bytes == "AFF"sv) return head.starts_with("AFF10\r\n"sv) || head.starts_with("AFF\0"sv);
  return true;
}

Kind riff(std::string_view head) {
  const std::string_view form = head.size() >= 12 ? head.substr(8, 4) : std::string_view{};
  if (form == "WAVE") return Kind::audio;
  if (form == "WEBP") return Kind::image;
  return form == "AVI " ? Kind::video : Kind::unknown;
}

Kind iso_media(std::string_view brand) {
  if (brand.starts_with("M4A") || brand.starts_with("M4B")) return Kind::audio;
  if (brand == "heic" || brand == "heix" || brand == "mif1" || brand == "avif") return Kind::image;
  return Kind::video;
}

// MPEG audio has no signature, only frames: a sync word, and values of its fields that are not reserved. Layer I, which
// nobody used, begins like UTF-16 with a byte order mark.
bool is_mpeg_audio(std::string_view head) {
  if (head.size() < 4 || head[0] != '\xff' || (head[1] & '\xe0') != '\xe0') return false;
  const auto second = static_cast<unsigned char>(head[1]);
  const auto third = static_cast<unsigned char>(head[2]);
  const bool adts = (second & 0xf6) == 0xf0 && (third >> 2 & 0x0f) < 13;
  const unsigned layer_bits = second >> 1 & 3;
  const bool layer = (second >> 3 & 3) != 1 && layer_bits != 0 && layer_bits != 3 && (third >> 4) != 15 &&
                     (third >> 4) != 0 && (third >> 2 & 3) != 3;
  return adts || layer;
}

// A tar of before 1988 has no signature, but the sum of its header, in octal.
bool is_old_tar(std::string_view head) {
  constexpr std::size_t kBlock = 512, kSumAt = 148, kSumBytes = 8;
  if (head.size() < kBlock || head[0] == '\0') return false;
  unsigned declared = 0, digits = 0, sum = kSumBytes * ' ';
  for (const char c : head.substr(kSumAt, kSumBytes)) {
    if (c == ' ' && digits == 0) continue;
    if (c < '0' || c > '7') break;
    declared = declared * 8 + static_cast<unsigned>(c - '0');
    ++digits;
  }
  if (digits < 3) return false;
  for (std::size_t i = 0; i < kBlock; ++i) {
    if (i < kSumAt || i >= kSumAt + kSumBytes) sum += static_cast<unsigned char>(head[i]);
  }
  return sum == declared;
}

bool is_boot_sector(std::string_view head) { return head.size() >= 512 && head[510] == '\x55' && head[511] == '\xaa'; }

}  // namespace

Kind by_signature(std::string_view head, std::uint64_t size, bool is_text) {
  const auto matches = [&](const Signature& row) {
    return believable(row, is_text) && head.size() >= row.offset && head.substr(row.offset).starts_with(row.bytes) &&
           confirmed(row, head, size);
  };
  if (head.empty()) return Kind::unknown;
  const auto first = static_cast<unsigned char>(head[0]);
  for (std::size_t i = 0; i < kIndex.count[first]; ++i) {
    if (const Signature& row = kSignatures[kIndex.rows[first][i]]; matches(row)) return row.kind;
  }
  for (std::size_t i = 0; i < kIndex.elsewhere_count; ++i) {
    if (const Signature& row = kSignatures[kIndex.elsewhere[i]]; matches(row)) return row.kind;
  }
  if (is_text) return Kind::unknown;
  if (head.starts_with("RIFF")) return riff(head);
  if (head.size() >= 12 && head.substr(4, 4) == "ftyp") return iso_media(head.substr(8, 4));
  if (head.size() >= 8 && (head.substr(4, 4) == "moov" || head.substr(4, 4) == "mdat")) return Kind::video;
  if (head.size() > 188 && head[0] == 'G' && head[188] == 'G' && (head[1] & '\x40') != 0) return Kind::video;
  if (is_mpeg_audio(head)) return Kind::audio;
  if (is_old_tar(head)) return Kind::archive;
  return is_boot_sector(head) || begins_like_disk(head) ? Kind::disk_image : Kind::unknown;
}

}  // namespace ambit::kinds
