// A volume as libtsk sees it, through our own bytes. Its headers stay in the .cc files (they bring macros along), so
// its types are only named here.
//
// libtsk of Debian is built for threads, but not every path of it was: all calls go through one lock, which the walk
// and the contents made by it share. Errors are kept per thread by libtsk and never printed.
#pragma once

#include <memory>
#include <mutex>

#include "pipeline/byte_source.h"

struct TSK_FS_INFO;

namespace ambit::walk {

class TskVolume {
 public:
  // Null where libtsk finds nothing that it can use.
  [[nodiscard]] static std::shared_ptr<TskVolume> open(const ByteSource& volume);
  ~TskVolume();
  TskVolume(const TskVolume&) = delete;
  TskVolume& operator=(const TskVolume&) = delete;

  [[nodiscard]] std::mutex& lock() { return lock_; }
  [[nodiscard]] TSK_FS_INFO* fs() { return fs_; }

 private:
  TskVolume() = default;
  struct Image;
  std::unique_ptr<Image> image_;
  TSK_FS_INFO* fs_ = nullptr;
  std::mutex lock_;
};

}  // namespace ambit::walk
