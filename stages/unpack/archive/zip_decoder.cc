#include "stages/unpack/archive/zip_decoder.h"

#include <algorithm>

namespace ambit::unpack {
namespace {

// Bytes as they are, to the end of the input.
class StoredBytes final : public Decoder {
 public:
  explicit StoredBytes(std::uint64_t bytes) : left_(bytes) {}

 protected:
  Result<Step> step(Input& input, std::span<std::byte> into) override {
    if (left_ == 0) return Step{0, State::ended};
    const auto window = input.ahead();
    if (!window.ok()) return window.error();
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>({window->size(), into.size(), left_}));
    std::copy_n(window->begin(), count, into.begin());
    input.take(count);
    left_ -= count;
    return Step{count, State::going};
  }

 private:
  std::uint64_t left_;
};

// Bytes as they are, to the descriptor that tells their number and their checksum.
class StoredToDescriptor final : public Decoder {
 protected:
  Result<Step> step(Input& input, std::span<std::byte> into) override {
    const auto window = input.ahead(kZipDescriptorAhead);
    if (!window.ok()) return window.error();
    const std::string_view text = chars(*window);
    std::size_t count = text.find(kZipDescriptor);
    if (count == 0) {
      const auto found = zip_descriptor(*window, made_, made_);
      if (found && found->crc == crc_) return Step{0, State::ended};
      count = 1;
    }
    // A signature may begin in the last bytes of the window; at the end of the input nothing comes after them.
    if (count == std::string_view::npos) count = text.size() > 3 ? text.size() - 3 : text.size();
    count = std::min(count, into.size());
    std::copy_n(window->begin(), count, into.begin());
    crc_ = crc32(crc_, window->first(count));
    made_ += count;
    input.take(count);
    return Step{count, State::going};
  }

 private:
  std::uint64_t made_ = 0;
  std::uint32_t crc_ = 0;
};

// version:2 properties-length:2 properties, then what a .lzma file holds behind its header.
Result<std::unique_ptr<Decoder>> lzma_of_zip(Input& input, const ZipEntry& entry, bool size_known) {
  constexpr std::size_t kProperties = 5, kHeader = 4 + kProperties;
  const auto window = input.ahead(kHeader);
  if (!window.ok()) return window.error();
  if (window->size() < kHeader || little16(*window, 2) != kProperties)
    return evidence_error("a header of LZMA is damaged");
  std::vector<std::byte> header(window->begin() + 4, window->begin() + kHeader);
  input.take(kHeader);
  const bool has_end_mark = (entry.flags & 2) != 0 || !size_known;
  for (unsigned i = 0; i < 8; ++i) {
    header.push_back(has_end_mark ? std::byte{0xff} : static_cast<std::byte>(entry.size >> (8 * i)));
  }
  return lzma_decoder(std::move(header));
}

}  // namespace

std::optional<ZipDescriptor> zip_descriptor(std::span<const std::byte> ahead, std::uint64_t packed,
                                            std::uint64_t size) {
  const std::string_view text = chars(ahead);
  const std::size_t crc_at = text.starts_with(kZipDescriptor) ? 4 : 0;
  std::optional<ZipDescriptor> found;
  for (const std::size_t width : {std::size_t{4}, std::size_t{8}}) {
    const std::size_t sizes_at = crc_at + 4, bytes = sizes_at + 2 * width;
    if (ahead.size() < bytes) continue;
    const std::uint64_t mask = width == 8 ? UINT64_MAX : UINT32_MAX;
    if (little(ahead, sizes_at, width) != (packed & mask)) continue;
    if (little(ahead, sizes_at + width, width) != (size & mask)) continue;
    // Of nothing, both widths fit: then what stands behind decides.
    if (!found || text.substr(bytes).starts_with("PK")) found = ZipDescriptor{little32(ahead, crc_at), bytes};
    if (text.substr(bytes).starts_with("PK")) break;
  }
  return found;
}

Result<std::unique_ptr<Decoder>> zip_decoder(Input& input, const ZipEntry& entry, bool size_known) {
  switch (entry.method) {
    case 0:
      if (!size_known) return std::unique_ptr<Decoder>(std::make_unique<StoredToDescriptor>());
      return std::unique_ptr<Decoder>(std::make_unique<StoredBytes>(entry.packed));
    case 8:
      return inflate_decoder();
    case 9:
      return inflate64_decoder();
    case 12:
      return bzip2_decoder();
    case 14:
      return lzma_of_zip(input, entry, size_known);
    case 20:
    case 93:
      return zstd_decoder();
    case 95:
      return xz_decoder();
    default:
      return std::unique_ptr<Decoder>();
  }
}

}  // namespace ambit::unpack
