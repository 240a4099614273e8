// EvidenceFile: a file that is evidence, or holds some: an image, a part of one, a device, a file of a folder.
//
// Opened read-only, and so that its time of access stays what it was where the system allows that. Shared by workers:
// reads are positional.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <string>

#include "pipeline/byte_source.h"
#include "pipeline/file_descriptor.h"
#include "pipeline/patience.h"

namespace ambit {

class EvidenceFile {
 public:
  enum class Links : bool { follow, refuse };
  EvidenceFile() = default;
  // Opens `path`, below `folder` where that is not null. `patience` is shared and used where the file lies on a file
  // system that may not answer; null: none is needed. Errors: io, timeout; they name nothing.
  [[nodiscard]] static Result<EvidenceFile> open(std::shared_ptr<const FileDescriptor> folder, const std::string& path,
                                                 Links links, std::shared_ptr<Patience> patience);
  EvidenceFile(EvidenceFile&&) noexcept = default;
  EvidenceFile& operator=(EvidenceFile&& other) noexcept;
  ~EvidenceFile() { close(); }
  void close();

  [[nodiscard]] const struct stat& info() const { return info_; }  // when it was opened
  [[nodiscard]] int fd() const { return fd_->get(); }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  void set_size(std::uint64_t bytes) { size_ = bytes; }  // of a device
  // Fewer bytes than asked for at the end, before an error, or where no more come. Errors: io, timeout.
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const;
  [[nodiscard]] DataRun run_at(std::uint64_t offset) const;
  void will_need(std::uint64_t offset, std::uint64_t length) const;
  void will_read_in_order() const;
  // Its size or its time of change is not what it was when it was opened.
  [[nodiscard]] bool has_changed() const;

 private:
  std::shared_ptr<const FileDescriptor> fd_;  // shared with a call that has not come back
  std::shared_ptr<Patience> patience_;        // null: calls come back
  struct stat info_ {};
  std::uint64_t size_ = 0;
};

}  // namespace ambit
