#include "stages/walk/file_system.h"

#include <algorithm>
#include <cstring>

namespace ambit::walk {
namespace {

class BytesContent final : public Content {
 public:
  BytesContent(std::string bytes, std::optional<std::int64_t> modified)
      : bytes_(std::move(bytes)), modified_(modified) {}

  Result<ContentInfo> open() override { return ContentInfo{bytes_.size(), modified_, 0}; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const std::size_t count = std::min<std::uint64_t>(into.size(), bytes_.size() - offset);
    std::memcpy(into.data(), bytes_.data() + offset, count);
    return count;
  }

  std::unique_ptr<Content> duplicate() const override { return std::make_unique<BytesContent>(bytes_, modified_); }

 private:
  std::string bytes_;
  std::optional<std::int64_t> modified_;
};

}  // namespace

std::unique_ptr<Content> bytes_content(std::string bytes, std::optional<std::int64_t> modified) {
  return std::make_unique<BytesContent>(std::move(bytes), modified);
}

Result<> read_fully(const ByteSource& source, std::uint64_t offset, std::span<std::byte> into) {
  while (!into.empty()) {
    const Result<std::size_t> got = source.read_at(offset, into);
    if (!got.ok()) return got.error();
    if (*got == 0) return Error{ErrorKind::evidence, "the volume ends before its structures do", "", ""};
    offset += *got;
    into = into.subspan(*got);
  }
  return {};
}

}  // namespace ambit::walk
