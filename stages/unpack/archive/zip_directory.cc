#include "stages/unpack/archive/zip_directory.h"

#include <algorithm>
#include <vector>

namespace ambit::unpack {
namespace {

constexpr std::size_t kEndBytes = 22, kLocatorBytes = 20, kEnd64Bytes = 56;
// How far from the end of the file the end of the directory is looked for: a comment, and as much behind it.
constexpr std::uint64_t kTailBytes = 128 * 1024;

}  // namespace

Result<std::unique_ptr<ZipDirectory>> ZipDirectory::find(Content& content, std::uint64_t size) {
  std::vector<std::byte> tail(static_cast<std::size_t>(std::min(size, kTailBytes)));
  const std::uint64_t tail_at = size - tail.size();
  for (std::size_t filled = 0; filled < tail.size();) {
    const auto got = content.read_at(tail_at + filled, std::span(tail).subspan(filled));
    if (!got.ok()) return got.error();
    if (*got == 0) return std::unique_ptr<ZipDirectory>();
    filled += *got;
  }
  std::unique_ptr<ZipDirectory> directory(new ZipDirectory(content, size));
  const std::string_view text = chars(tail);
  // The bytes of a comment may look like an end: those that lead nowhere are passed. A few, or it would take for ever.
  std::size_t at = text.rfind(kZipEnd);
  for (int tries = 0; at != std::string_view::npos && tries < 64; ++tries) {
    if (at + kEndBytes <= text.size()) {
      const Result<bool> opened = directory->open(tail_at + at);
      if (!opened.ok()) return opened.error();
      if (*opened) return directory;
    }
    if (at == 0) break;
    at = text.rfind(kZipEnd, at - 1);
  }
  return std::unique_ptr<ZipDirectory>();
}

Result<bool> ZipDirectory::open(std::uint64_t end_at) {
  input_.end_nowhere();
  input_.seek(end_at);
  const auto end = input_.ahead(kEndBytes);
  if (!end.ok()) return end.error();
  if (end->size() < kEndBytes) return false;
  disk_ = little16(*end, 4);
  std::uint64_t entries = little16(*end, 10), bytes = little32(*end, 12), at = little32(*end, 16), behind = end_at;
  if (end_at >= kLocatorBytes) {
    input_.seek(end_at - kLocatorBytes);
    const auto locator = input_.ahead(kLocatorBytes);
    if (!locator.ok()) return locator.error();
    if (chars(*locator).starts_with(kZip64Locator)) {
      // Where it says, or right before the locator, if a prefix moved everything.
      const std::uint64_t near = end_at - kLocatorBytes >= kEnd64Bytes ? end_at - kLocatorBytes - kEnd64Bytes : 0;
      for (const std::uint64_t place : {little64(*locator, 8), near}) {
        input_.seek(std::min(place, end_at));
        const auto end64 = input_.ahead(kEnd64Bytes);
        if (!end64.ok()) return end64.error();
        if (end64->size() < kEnd64Bytes || !chars(*end64).starts_with(kZip64End)) continue;
        entries = little64(*end64, 32);
        bytes = little64(*end64, 40);
        at = little64(*end64, 48);
        disk_ = static_cast<std::uint16_t>(little32(*end64, 16));
        behind = input_.offset();
        break;
      }
    }
  }
  // Right before its end, or where it says.
  for (const std::uint64_t begin : {behind - std::min(behind, bytes), at}) {
    if (begin > behind) continue;
    input_.seek(begin);
    const auto first = input_.ahead(4);
    if (!first.ok()) return first.error();
    if (entries > 0 && !chars(*first).starts_with(kZipCentral)) continue;
    if (entries == 0 && begin != behind) continue;
    prefix_ = begin >= at ? begin - at : 0;
    end_ = behind;
    input_.end_at(end_);
    return true;
  }
  return false;
}

Result<std::optional<ZipEntry>> ZipDirectory::next() {
  Result<std::optional<ZipEntry>> entry = read_zip_central(input_);
  if (!entry.ok()) return entry;
  if (!*entry) {
    // A signature may stand between the entries and the end ("PK\5\5"); anything else is damage.
    const auto rest = input_.ahead(4);
    if (!rest.ok()) return rest.error();
    if (!rest->empty() && !chars(*rest).starts_with("PK")) return evidence_error("the directory of a zip is damaged");
    return std::optional<ZipEntry>();
  }
  if ((*entry)->header_at > UINT64_MAX - prefix_) return evidence_error("the directory of a zip is damaged");
  (*entry)->header_at += prefix_;
  return entry;
}

}  // namespace ambit::unpack
