// Exhibit: one piece of evidence, opened read-only.
//
// An image (raw, split …) is a row of bytes; a folder has none of its own and is walked through `path`.
// Shared by all workers: read_at() is const, positional and safe to call from any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "pipeline/result.h"

namespace ambit {

enum class ExhibitKind : std::uint8_t { folder, file, raw, split_raw };

[[nodiscard]] constexpr const char* to_string(ExhibitKind kind) {
  switch (kind) {
    case ExhibitKind::folder:
      return "folder";
    case ExhibitKind::file:
      return "file";
    case ExhibitKind::raw:
      return "raw";
    case ExhibitKind::split_raw:
      return "split raw";
  }
  return "?";
}

// A run of bytes known to be data or to be a hole, from `offset` on.
struct DataRun {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool hole = false;  // reads as zeros without touching the disk
};

class Exhibit {
 public:
  virtual ~Exhibit() = default;
  Exhibit(const Exhibit&) = delete;
  Exhibit& operator=(const Exhibit&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }  // unique in the run, printable
  [[nodiscard]] const std::string& path() const { return path_; }  // as the operator typed it
  [[nodiscard]] ExhibitKind kind() const { return kind_; }

  // Bytes of the image; 0 for a folder (its files are counted by the walk).
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // Reads up to `into.size()` bytes at `offset`; fewer only at the end. Error: ErrorKind::io with errno's text.
  [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const = 0;
  // The run of data or hole that holds `offset`; never empty while offset < size().
  [[nodiscard]] virtual DataRun run_at(std::uint64_t offset) const = 0;
  // A hint that [offset, offset + length) is read soon.
  virtual void will_need(std::uint64_t /*offset*/, std::uint64_t /*length*/) const {}

 protected:
  Exhibit(std::string name, std::string path, ExhibitKind kind)
      : name_(std::move(name)), path_(std::move(path)), kind_(kind) {}

 private:
  std::string name_, path_;
  ExhibitKind kind_;
};

}  // namespace ambit
