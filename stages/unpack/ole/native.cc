// Files that were dropped into a document (Ole10Native of the Object Packager):
//
//   stream = bytes(4) 2(2) label 0 path 0 0(2) 3(2) length(4) copied-from 0 bytes(4) file
//            [ *( characters(4) name in UTF-16 ) ]      copied-from, label, path
#include <algorithm>

#include "stages/unpack/ole/parts.h"
#include "stages/unpack/ole/text.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kHeadBytes = 4096;        // three paths of 260 characters, and more
constexpr std::uint64_t kMostCharacters = 512;  // of a name in UTF-16: a lie beyond it

std::string last_name(std::string path) {
  const std::size_t slash = path.find_last_of("/\\");
  if (slash != std::string::npos) path.erase(0, slash + 1);
  return path;
}

}  // namespace

std::optional<OleInside> packaged_file(const OleFile& file, std::uint32_t stream) {
  const std::string head = ole_bytes(file, stream, kHeadBytes);
  if (number_at(head, 4, 2) != 2) return std::nullopt;
  const std::size_t label_end = head.find('\0', 6);
  if (label_end == std::string::npos) return std::nullopt;
  const std::size_t path_end = head.find('\0', label_end + 1);
  if (path_end == std::string::npos || number_at(head, path_end + 3, 2) != 3) return std::nullopt;
  const std::uint64_t copied = number_at(head, path_end + 5, 4);
  const std::uint64_t size_at = path_end + 9 + copied;
  if (copied > kHeadBytes || size_at + 4 > head.size()) return std::nullopt;
  OleInside inside;
  inside.offset = size_at + 4;
  inside.size = number_at(head, static_cast<std::size_t>(size_at), 4);
  if (inside.size == 0) return std::nullopt;
  inside.name = last_name(code_page_text(std::string_view(head).substr(6, label_end - 6), 1252));
  // The second of the names in UTF-16, where they are.
  std::uint64_t at = inside.offset + inside.size;
  at += 4 + 2 * number_at(ole_bytes(file, stream, 4, at), 0, 4);
  const std::uint64_t length = number_at(ole_bytes(file, stream, 4, at), 0, 4);
  const std::string wide = utf16_text(ole_bytes(file, stream, 2 * std::min(length, kMostCharacters), at + 4));
  if (!wide.empty() && length <= kMostCharacters) inside.name = last_name(wide);
  std::erase(inside.name, '\0');
  return inside;
}

}  // namespace ambit::unpack
