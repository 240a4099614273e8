// Archives, compressed files, and documents and databases that pack their texts. Formats that pack only what nobody
// reads as text (pictures, sound, fonts) are not here.
#include "stages/unpack/kind/unopened.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "pipeline/ascii.h"
#include "stages/unpack/input.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::kinds {
namespace {

using namespace std::string_view_literals;

struct Unopened {
  std::size_t offset;
  std::string_view bytes;
  std::string_view name;
};
constexpr std::array kUnopened = {
    // archives
    Unopened{7, "**ACE**"sv, "ACE"},
    Unopened{20, "\xdc\xa7\xc4\xfd"sv, "zoo"},
    Unopened{0, "ALZ\1"sv, "ALZ"},
    Unopened{0, "EGGA\0\1"sv, "EGG"},
    Unopened{0, "StuffIt (c)1997"sv, "StuffIt"},
    Unopened{0, "StuffIt!"sv, "StuffIt X"},
    Unopened{0, "StuffIt?"sv, "StuffIt X"},
    Unopened{10, "rLau"sv, "StuffIt"},
    Unopened{0, "ArC\1"sv, "FreeArc"},
    Unopened{0, "\x37kSt\xa0\x31\x83\xd3"sv, "ZPAQ"},
    Unopened{0, "zPQ\1"sv, "ZPAQ"},
    Unopened{0, "zPQ\2"sv, "ZPAQ"},
    Unopened{0, "MSWIM\0\0\0"sv, "WIM"},
    Unopened{0, "ISc("sv, "InstallShield"},
    Unopened{0, "RE~^"sv, "RAR 1.4"},
    Unopened{0, "\0\0\0\x7b"sv, "dar"},
    Unopened{0, "UHA\6"sv, "UHARC"},
    Unopened{0, "DMS!"sv, "DMS"},
    Unopened{0, "BORG_SEG"sv, "Borg"},
    // streams
    Unopened{0, "LRZI\0"sv, "lrzip"},
    Unopened{0, "RZIP\2"sv, "rzip"},
    Unopened{0, "BZ3v1"sv, "bzip3"},
    Unopened{0, "bvx2"sv, "LZFSE"},
    Unopened{0, "bvxn"sv, "LZFSE"},
    Unopened{0, "bvx1"sv, "LZFSE"},
    Unopened{0, "SZDD\x88\xf0\x27\x33"sv, "compress of MS-DOS"},
    Unopened{0, "KWAJ\x88\xf0\x27\xd1"sv, "compress of MS-DOS"},
    Unopened{0, "MAM\4"sv, "Windows' XPRESS"},
    // documents
    Unopened{0, "ITSF\3\0\0\0"sv, "CHM"},
    Unopened{0, "ITOLITLS"sv, "LIT"},
    Unopened{60, "BOOKMOBI"sv, "Mobipocket"},
    Unopened{60, "TEXtREAd"sv, "PalmDoc"},
    Unopened{0, "AT&TFORM"sv, "DjVu"},
    // databases
    Unopened{0, "PAR1"sv, "Parquet"},
    Unopened{0, "Obj\1"sv, "Avro"},
    Unopened{0, "ORC\n"sv, "ORC"},
    Unopened{4, "\xef\xcd\xab\x89"sv, "ESE"},  // of Exchange, of Windows' search
    Unopened{0, "\x1a\0\0\4\0\0"sv, "Lotus Notes"},
};

// Two bytes begin it, so its first header must be whole: its length, then the header, then its checksum.
bool is_arj(std::span<const std::byte> head) {
  constexpr std::size_t kMostHeader = 2600, kLeastHeader = 30, kBefore = 4;
  if (head.size() < kBefore + kLeastHeader || !unpack::chars(head).starts_with("\x60\xea")) return false;
  const std::size_t header = unpack::little16(head, 2);
  if (header < kLeastHeader || header > kMostHeader || kBefore + header + 4 > head.size()) return false;
  return unpack::crc32(0, head.subspan(kBefore, header)) == unpack::little32(head, kBefore + header);
}

// One byte and the number of a method; then the first member: its name, 13 bytes with the zero at its end, its length
// in the archive, its date and time as in MS-DOS, a sum, its length.
bool is_arc(std::span<const std::byte> bytes) {
  constexpr std::size_t kNameBytes = 13, kHeaderBytes = 29;
  const std::string_view head = unpack::chars(bytes);
  if (head.size() < kHeaderBytes || head[0] != '\x1a' || head[1] < 1 || head[1] > 11) return false;
  const std::string_view field = head.substr(2, kNameBytes), name = field.substr(0, field.find('\0'));
  const bool is_name = !name.empty() && name.size() < kNameBytes && std::all_of(name.begin(), name.end(), [](char c) {
    return is_alnum(c) || "._-$~!#&"sv.find(c) != std::string_view::npos;
  });
  const std::uint32_t packed = unpack::little32(bytes, 15), plain = unpack::little32(bytes, 25);
  const unsigned date = unpack::little16(bytes, 19), time = unpack::little16(bytes, 21);
  const unsigned day = date & 31, month = date >> 5 & 15, minute = time >> 5 & 63, hour = time >> 11;
  return is_name && packed <= plain && plain < UINT32_MAX / 4 && day > 0 && month > 0 && month <= 12 && minute < 60 &&
         hour < 24;
}

// Of 1.10 and later, which packs by lz4 and without frames. Before it stand a line and "SVN".
bool is_new_subversion(std::string_view head) {
  constexpr std::size_t kFirstLine = 64;
  const std::size_t line = head.substr(0, kFirstLine).find('\n');
  return head.starts_with("DELTA") && line != std::string_view::npos && head.substr(line + 1).starts_with("SVN\2"sv);
}

bool is_pea(std::string_view head) { return head.size() > 10 && head.starts_with("\xea\1") && head[3] == 0; }

}  // namespace

std::string_view unopened(std::span<const std::byte> first_bytes) {
  const std::string_view head = unpack::chars(first_bytes);
  const auto row = std::find_if(kUnopened.begin(), kUnopened.end(), [&](const Unopened& each) {
    return head.size() >= each.offset && head.substr(each.offset).starts_with(each.bytes);
  });
  if (row != kUnopened.end()) return row->name;
  if (is_arj(first_bytes)) return "ARJ";
  if (is_arc(first_bytes)) return "ARC";
  if (is_new_subversion(head)) return "Subversion";
  return is_pea(head) ? "PEA" : std::string_view{};
}

}  // namespace ambit::kinds
