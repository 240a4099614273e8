#include "stages/walk/tsk/volume.h"

#include <tsk/libtsk.h>

#include <algorithm>
#include <cstring>

namespace ambit::walk {

// libtsk hands its own structure back to the call-backs; ours begins with it.
struct TskVolume::Image {
  TSK_IMG_INFO info;
  const ByteSource* volume;

  static ssize_t read(TSK_IMG_INFO* info, TSK_OFF_T offset, char* into, size_t length) {
    const ByteSource& volume = *reinterpret_cast<Image*>(info)->volume;
    if (offset < 0 || static_cast<std::uint64_t>(offset) >= volume.size()) return -1;
    std::size_t done = 0;
    while (done < length) {
      const auto got = volume.read_at(static_cast<std::uint64_t>(offset) + done,
                                      std::as_writable_bytes(std::span(into + done, length - done)));
      if (!got.ok()) return done > 0 ? static_cast<ssize_t>(done) : -1;
      if (*got == 0) break;
      done += *got;
    }
    return static_cast<ssize_t>(done);
  }
  static void close(TSK_IMG_INFO*) {}
  static void describe(TSK_IMG_INFO*, FILE*) {}
};

std::shared_ptr<TskVolume> TskVolume::open(const ByteSource& volume) {
  // shared: the contents of files outlive the walk that made them, and read through this.
  std::shared_ptr<TskVolume> opened(new TskVolume);
  if (volume.size() > INT64_MAX) return nullptr;
  opened->image_ = std::make_unique<Image>();
  Image& image = *opened->image_;
  std::memset(&image.info, 0, sizeof(image.info));
  image.volume = &volume;
  if (tsk_img_open_external(&image, static_cast<TSK_OFF_T>(volume.size()), 512, &Image::read, &Image::close,
                            &Image::describe) == nullptr) {
    return nullptr;
  }
  opened->fs_ = tsk_fs_open_img(&image.info, 0, TSK_FS_TYPE_HFS_DETECT);
  tsk_error_reset();
  return opened->fs_ == nullptr ? nullptr : opened;
}

TskVolume::~TskVolume() {
  if (fs_ != nullptr) tsk_fs_close(fs_);
  if (image_ != nullptr && image_->info.tag == TSK_IMG_INFO_TAG) tsk_img_close(&image_->info);
}

}  // namespace ambit::walk
