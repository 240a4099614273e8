// A backup of Android: four lines, then a tar, packed by zlib as a rule.
//
//   backup = "ANDROID BACKUP" newline version newline ( "0" | "1" ) newline encryption newline bytes
//
// Encryption is "none" or a cipher.
#include <array>

#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {

Opened open_android_backup(const Packed& packed) {
  constexpr std::size_t kMostHeader = 256, kLines = 4;
  auto rest = std::make_unique<Rest>(Input(*packed.stream));
  const auto head = rest->input().ahead(kMostHeader);
  if (!head.ok()) return head.error();
  const std::string_view text = chars(*head).substr(0, kMostHeader);
  std::string_view cipher;
  std::size_t at = 0;
  for (std::size_t line = 0; line < kLines; ++line) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return evidence_error("the first lines of a backup are damaged or cut");
    cipher = text.substr(at, end - at);
    at = end + 1;
  }
  Part part;
  part.name = "backup.tar";
  part.trouble = cipher == "none" ? WalkTrouble::none : WalkTrouble::encrypted;
  part.stored_at = at;
  rest->input().take(at);
  return one_part(std::move(part), std::move(rest));
}

}  // namespace ambit::unpack
