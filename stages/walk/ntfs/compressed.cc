#include "stages/walk/ntfs/compressed.h"

#include <algorithm>

#include "stages/walk/byte_window.h"
#include "stages/walk/file_system.h"

namespace ambit::walk::ntfs {
namespace {

constexpr std::size_t kChunk = 4096;

// One chunk's data into `out`, which is at most a chunk. Returns the bytes written; `good` false: it contradicts
// itself.
std::size_t expand_chunk(std::span<const std::byte> data, std::span<std::byte> out, bool& good) {
  std::size_t at = 0, done = 0;
  while (at < data.size() && done < out.size()) {
    unsigned flags = static_cast<unsigned>(data[at++]);
    for (int i = 0; i < 8 && at < data.size() && done < out.size(); ++i, flags >>= 1U) {
      if ((flags & 1U) == 0) {
        out[done++] = data[at++];
        continue;
      }
      if (at + 2 > data.size()) return good = false, done;
      const std::size_t pair = little<std::uint16_t>(data, at);
      at += 2;
      unsigned shift = 12;
      for (std::size_t rest = done > 0 ? done - 1 : 0; rest >= 16; rest >>= 1U) --shift;
      const std::size_t distance = (pair >> shift) + 1;
      const std::size_t length = std::min((pair & ((std::size_t{1} << shift) - 1)) + 3, out.size() - done);
      if (distance > done) return good = false, done;
      for (std::size_t k = 0; k < length; ++k, ++done) out[done] = out[done - distance];
    }
  }
  return done;
}

class CompressedContent final : public Content {
 public:
  CompressedContent(const ByteSource& volume, CompressedFile file) : volume_(volume), file_(std::move(file)) {}

  Result<ContentInfo> open() override {
    std::uint64_t allocated = 0;
    for (const Run& run : file_.runs) allocated += run.length;
    return ContentInfo{file_.size, file_.modified, allocated};
  }

  void close() override {
    unit_ = {};
    held_ = UINT64_MAX;
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset >= file_.size) return std::size_t{0};
    into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), file_.size - offset)));
    for (std::size_t done = 0; done < into.size();) {
      const std::uint64_t at = offset + done, in_unit = at % file_.unit_bytes;
      const std::size_t part =
          static_cast<std::size_t>(std::min<std::uint64_t>(into.size() - done, file_.unit_bytes - in_unit));
      const Result<> loaded = load(at / file_.unit_bytes);
      if (!loaded.ok()) {
        if (done > 0) return done;
        return loaded.error();
      }
      std::copy_n(unit_.begin() + static_cast<std::ptrdiff_t>(in_unit), part,
                  into.begin() + static_cast<std::ptrdiff_t>(done));
      done += part;
    }
    return into.size();
  }

  // Whole units without clusters are holes.
  DataRun run_at(std::uint64_t offset) override {
    const std::uint64_t unit = offset - offset % file_.unit_bytes;
    const auto next = after(unit);
    const bool hole = next == file_.runs.end() || next->start >= unit + file_.unit_bytes;
    std::uint64_t end = unit + file_.unit_bytes;
    if (hole) end = next == file_.runs.end() ? file_.size : next->start - next->start % file_.unit_bytes;
    end = std::min(std::max(end, offset + 1), std::max(file_.size, offset + 1));
    return {offset, end - offset, hole};
  }

  std::unique_ptr<Content> duplicate() const override { return std::make_unique<CompressedContent>(volume_, file_); }

 private:
  // The first run that ends behind byte `at`.
  [[nodiscard]] std::vector<Run>::const_iterator after(std::uint64_t at) const {
    return std::partition_point(file_.runs.begin(), file_.runs.end(), [at](const Run& run) { return run.end() <= at; });
  }

  // The clusters of a unit, one behind the other.
  [[nodiscard]] Result<std::vector<std::byte>> stored(std::uint64_t begin) const {
    std::vector<std::byte> bytes;
    for (auto run = after(begin); run != file_.runs.end() && run->start < begin + file_.unit_bytes; ++run) {
      const std::uint64_t from = std::max(begin, run->start), to = std::min(begin + file_.unit_bytes, run->end());
      const std::size_t before = bytes.size();
      bytes.resize(before + static_cast<std::size_t>(to - from));
      const Result<> read = read_fully(volume_, run->place + (from - run->start), std::span(bytes).subspan(before));
      if (!read.ok()) return read.error();
    }
    return bytes;
  }

  Result<> load(std::uint64_t unit) {
    if (held_ == unit) return {};
    held_ = UINT64_MAX;
    Result<std::vector<std::byte>> bytes = stored(unit * file_.unit_bytes);
    if (!bytes.ok()) return bytes.error();
    unit_.assign(static_cast<std::size_t>(file_.unit_bytes), std::byte{0});
    const std::uint64_t mapped =
        std::min(file_.unit_bytes, file_.mapped - std::min(file_.mapped, unit * file_.unit_bytes));
    if (bytes->size() >= mapped) {
      std::copy(bytes->begin(), bytes->end(), unit_.begin());
    } else if (!bytes->empty() && !expand_unit(*bytes, unit_)) {
      return Error{ErrorKind::evidence, "compressed bytes of a file contradict themselves", "", ""};
    }
    const std::uint64_t begin = unit * file_.unit_bytes;
    const std::uint64_t valid = file_.valid <= begin ? 0 : std::min(file_.valid - begin, file_.unit_bytes);
    std::fill(unit_.begin() + static_cast<std::ptrdiff_t>(valid), unit_.end(), std::byte{0});
    held_ = unit;
    return {};
  }

  const ByteSource& volume_;
  const CompressedFile file_;
  std::vector<std::byte> unit_;
  std::uint64_t held_ = UINT64_MAX;
};

}  // namespace

bool expand_unit(std::span<const std::byte> stored, std::span<std::byte> out) {
  std::fill(out.begin(), out.end(), std::byte{0});
  std::size_t at = 0, done = 0;
  while (at + 2 <= stored.size() && done < out.size()) {
    const unsigned header = little<std::uint16_t>(stored, at);
    if (header == 0) return true;
    at += 2;
    const std::size_t length = (header & 0xfffU) + 1;
    if (length > stored.size() - at) return false;
    const std::span<const std::byte> data = stored.subspan(at, length);
    const std::span<std::byte> chunk = out.subspan(done, std::min(kChunk, out.size() - done));
    bool good = true;
    if ((header & 0x8000U) == 0) {
      std::copy_n(data.begin(), std::min(data.size(), chunk.size()), chunk.begin());
    } else {
      expand_chunk(data, chunk, good);
    }
    if (!good) return false;
    at += length;
    done += chunk.size();  // a short chunk is filled up with zeros
  }
  return true;
}

std::unique_ptr<Content> compressed_content(const ByteSource& volume, CompressedFile file) {
  return std::make_unique<CompressedContent>(volume, std::move(file));
}

}  // namespace ambit::walk::ntfs
