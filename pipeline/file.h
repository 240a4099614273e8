// File: an open file descriptor that closes itself, with writes that are whole or an Error.
//
// Everything that record puts on a disk goes through here or through SQLite. Descriptors are close-on-exec, so
// that the age program inherits none. A full disk is ErrorKind::space with its remedy, whoever met it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/result.h"

namespace ambit {

// From errno. `what` is a phrase, `where` something that the operator typed or a file of the run directory.
[[nodiscard]] Error system_error(const std::string& what, const std::string& where);
[[nodiscard]] Error space_error(const std::string& where);

class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  File& operator=(File&& other) noexcept;
  ~File();

  [[nodiscard]] static Result<File> open(const std::string& path);                   // to read
  [[nodiscard]] static Result<File> create(const std::string& path, unsigned mode);  // new; errno EEXIST else
  [[nodiscard]] static Result<File> create_unnamed(const std::string& folder);       // no name, gone when closed

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] Result<> write(std::string_view bytes);
  [[nodiscard]] Result<> read_at(std::uint64_t offset, char* into, std::size_t bytes) const;  // all of them
  [[nodiscard]] Result<> sync();
  void close();

 private:
  int fd_ = -1;
  std::string path_;
};

[[nodiscard]] Result<> write_file(const std::string& path, std::string_view bytes);  // new, whole, synced
[[nodiscard]] Result<> sync_path(const std::string& path);                           // a file or a folder

}  // namespace ambit
