// Pictures in documents (MS-ODRAW 2.2.23): records that PowerPoint and Word keep in streams of their own.
//
//   picture  = kind(2) type(2) bytes(4) digest(16) [ digest(16) ] 0xff(1) bitmap
//   metafile = kind(2) type(2) bytes(4) digest(16) [ digest(16) ] size(4) …(28) packed(1) …(1) deflated
//
// What leads to them is different in each program and often damaged; kind and type together are 32 bits that nothing
// else has, so they are looked for.
#include <algorithm>
#include <array>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/input.h"
#include "stages/unpack/ole/parts.h"
#include "stages/unpack/ole/text.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kPictureHeader = 8, kDigest = 16, kMetafile = 34;
constexpr std::size_t kMost = kPictureHeader + 2 * kDigest + kMetafile + 2;  // before the first byte of a picture

struct Kind {
  std::uint16_t kind, type;  // one more in the instance: a second digest
  std::string_view ending;
  bool is_metafile = false;
};
constexpr std::array kKinds = {Kind{0x46a0, 0xf01d, ".jpg"},       Kind{0x6e20, 0xf01d, ".jpg"},
                               Kind{0x46a0, 0xf02a, ".jpg"},       Kind{0x6e20, 0xf02a, ".jpg"},
                               Kind{0x6e00, 0xf01e, ".png"},       Kind{0x7a80, 0xf01f, ".dib"},
                               Kind{0x6e40, 0xf029, ".tif"},       Kind{0x3d40, 0xf01a, ".emf", true},
                               Kind{0x2160, 0xf01b, ".wmf", true}, Kind{0x5420, 0xf01c, ".pict", true}};

// The picture whose record `head` is; nothing if it is none. `left`: bytes of the stream from there on.
std::optional<OleInside> picture_at(std::string_view head, std::uint64_t left) {
  const std::uint64_t kind = number_at(head, 0, 2), bytes = number_at(head, 4, 4);
  for (const Kind& row : kKinds) {
    if ((kind & 0xffef) != row.kind || number_at(head, 2, 2) != row.type) continue;
    const std::size_t digests = (kind & 0x10) != 0 ? 2 * kDigest : kDigest;
    OleInside picture;
    picture.name = row.ending;
    picture.offset = kPictureHeader + digests + (row.is_metafile ? kMetafile : 1);
    if (bytes + kPictureHeader <= picture.offset || bytes > left - kPictureHeader) return std::nullopt;
    if (row.is_metafile && number_at(head, kPictureHeader + digests + 32, 1) == 0) {
      picture.inflated = number_at(head, kPictureHeader + digests, 4);
      picture.offset += 2;  // the header of zlib
      if (bytes + kPictureHeader <= picture.offset) return std::nullopt;
    }
    picture.size = bytes + kPictureHeader - picture.offset;
    return picture;
  }
  return std::nullopt;
}

}  // namespace

std::vector<OleInside> pictures_in(Content& bytes, std::uint64_t size) {
  std::vector<OleInside> out;
  Input input(bytes, size);
  while (out.size() < limits::kMaxOleEntries) {
    const auto ahead = input.ahead(kMost);
    if (!ahead.ok() || ahead->size() < kPictureHeader) break;
    const std::string_view view = chars(*ahead);
    const bool is_last = view.size() < kMost;
    // The type ends in 0xf0, the fourth byte of a record.
    const std::size_t mark = std::min(view.find('\xf0', 3), view.size());
    const std::size_t front = std::min(mark - 3, is_last ? view.size() : view.size() - kMost + 1);
    input.take(front);
    if (mark - 3 != front || mark == view.size()) {
      if (is_last) break;
      continue;
    }
    auto picture = picture_at(view.substr(front), size - input.offset());
    if (!picture) {
      input.take(1);
      continue;
    }
    picture->name = "picture " + std::to_string(out.size() + 1) + picture->name;
    picture->offset += input.offset();
    const std::uint64_t end = picture->offset + picture->size;
    out.push_back(std::move(*picture));
    input.seek(end);
  }
  return out;
}

}  // namespace ambit::unpack
