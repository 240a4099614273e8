#include <tsk/libtsk.h>

#include <algorithm>

#include "pipeline/limits.h"
#include "stages/walk/tsk/walk.h"

namespace ambit::walk {
namespace {

class TskContent final : public Content {
 public:
  TskContent(std::shared_ptr<TskVolume> tsk, std::uint64_t inode, unsigned type, unsigned id,
             std::optional<std::int64_t> modified)
      : tsk_(std::move(tsk)), inode_(inode), type_(type), id_(id), modified_(modified) {}
  ~TskContent() override { shut(); }

  Result<ContentInfo> open() override {
    const std::lock_guard hold(tsk_->lock());
    if (file_ == nullptr) file_ = tsk_fs_file_open_meta(tsk_->fs(), nullptr, inode_);
    attribute_ = file_ == nullptr ? nullptr
                                  : tsk_fs_file_attr_get_type(file_, static_cast<TSK_FS_ATTR_TYPE_ENUM>(type_),
                                                              static_cast<std::uint16_t>(id_), 1);
    tsk_error_reset();
    if (attribute_ == nullptr) return Error{ErrorKind::evidence, "a file cannot be opened again", "", ""};
    size_ = std::min(static_cast<std::uint64_t>(std::max<TSK_OFF_T>(attribute_->size, 0)), limits::kMaxFileBytes);
    return ContentInfo{size_, modified_, 0};
  }

  void close() override { shut(); }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    if (attribute_ == nullptr || offset >= size_) return std::size_t{0};
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - offset));
    const std::lock_guard hold(tsk_->lock());
    const ssize_t got = tsk_fs_attr_read(attribute_, static_cast<TSK_OFF_T>(offset),
                                         reinterpret_cast<char*>(into.data()), length, TSK_FS_FILE_READ_FLAG_NONE);
    tsk_error_reset();
    if (got <= 0) return Error{ErrorKind::evidence, "compressed bytes of a file contradict themselves", "", ""};
    return static_cast<std::size_t>(got);
  }

  std::unique_ptr<Content> duplicate() const override {
    return std::make_unique<TskContent>(tsk_, inode_, type_, id_, modified_);
  }

 private:
  void shut() {
    const std::lock_guard hold(tsk_->lock());
    if (file_ != nullptr) tsk_fs_file_close(file_);
    file_ = nullptr;
    attribute_ = nullptr;
  }

  const std::shared_ptr<TskVolume> tsk_;  // shared with the walk and its other contents
  const std::uint64_t inode_;
  const unsigned type_, id_;
  const std::optional<std::int64_t> modified_;
  TSK_FS_FILE* file_ = nullptr;
  const TSK_FS_ATTR* attribute_ = nullptr;
  std::uint64_t size_ = 0;
};

}  // namespace

std::unique_ptr<Content> tsk_content(std::shared_ptr<TskVolume> tsk, std::uint64_t inode, unsigned type, unsigned id,
                                     std::optional<std::int64_t> modified) {
  return std::make_unique<TskContent>(std::move(tsk), inode, type, id, modified);
}

}  // namespace ambit::walk
