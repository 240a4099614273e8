#include "pipeline/content_source.h"

#include <algorithm>
#include <mutex>

namespace ambit {
namespace {

class ContentSource final : public ByteSource {
 public:
  ContentSource(std::unique_ptr<Content> content, std::uint64_t bytes) : content_(std::move(content)), bytes_(bytes) {}

  std::uint64_t size() const override { return bytes_; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= bytes_) return std::size_t{0};
    const std::lock_guard lock(mutex_);
    return content_->read_at(offset, into.first(std::min<std::uint64_t>(into.size(), bytes_ - offset)));
  }

  DataRun run_at(std::uint64_t offset) const override {
    const std::lock_guard lock(mutex_);
    const DataRun run = content_->run_at(offset);
    return {run.offset, std::min(run.length, bytes_ - std::min(bytes_, run.offset)), run.hole};
  }

 private:
  mutable std::mutex mutex_;
  const std::unique_ptr<Content> content_;
  const std::uint64_t bytes_;
};

}  // namespace

std::shared_ptr<const ByteSource> content_source(std::unique_ptr<Content> content, std::uint64_t bytes) {
  return std::make_shared<ContentSource>(std::move(content), bytes);
}

}  // namespace ambit
