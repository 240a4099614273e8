// SealedSort: sorts more than fits into memory, and leaves nothing readable on the disk.
//
// The run directory is written in the order of locators, but objects finish in any order, and there may be a
// hundred million of them. So they are sorted in runs as large as the memory given, spilled, and merged. What
// is spilled holds locators of objects that nobody may ever see: it goes into a file without a name, every block
// encrypted (XChaCha20-Poly1305) under a key that lives in memory only. A crash, a lost disk or an undelete brings
// back noise. The price is about one nanosecond a byte, paid only for what does not fit.
//
// Runs of one level are merged into one of the next when there are kFanIn of them, so a merge holds at most
// kFanIn blocks per level and each byte is written once per level.
//
// Not for several threads at once.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/file.h"
#include "pipeline/result.h"

namespace ambit {

class SealedSort {
 public:
  // `folder` must exist when the first run is spilled; `memory` in bytes is what is held before that.
  SealedSort(std::string folder, std::size_t memory);
  ~SealedSort();

  // Error: space, io. Bytes are copied.
  [[nodiscard]] Result<> add(std::string_view key, std::string_view value);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t spilled_bytes() const { return file_end_; }
  [[nodiscard]] int spill_fd() const { return file_.fd(); }  // -1: nothing was spilled

  // Ends the adding. After it, any number of cursors, each from the front.
  [[nodiscard]] Result<> finish();

  // In ascending order of (key, value), bytes compared unsigned. Must not outlive the SealedSort.
  class Cursor {
   public:
    explicit Cursor(const SealedSort& sort);
    ~Cursor();
    Cursor(Cursor&&) noexcept;
    [[nodiscard]] Result<bool> next();  // false at the end. Error: io
    [[nodiscard]] std::string_view key() const { return key_; }
    [[nodiscard]] std::string_view value() const { return value_; }  // both valid until next()

   private:
    friend class SealedSort;
    struct Heap;
    std::string_view key_, value_;
    const SealedSort* sort_;
    std::size_t index_ = 0;
    std::unique_ptr<Heap> heap_;
  };

 private:
  static constexpr std::size_t kFanIn = 32;
  struct Entry {
    const char* bytes;
    std::uint32_t key_bytes, value_bytes;
    [[nodiscard]] std::string_view key() const { return {bytes, key_bytes}; }
    [[nodiscard]] std::string_view value() const { return {bytes + key_bytes, value_bytes}; }
  };
  struct Run {
    std::uint64_t begin, end, first_block;
    unsigned level;
  };
  class RunReader;

  char* room(std::size_t bytes);
  void sort_entries();
  Result<> spill();
  Result<> merge_full_levels();
  Result<> append(std::string_view key, std::string_view value);
  Result<> write_block();
  void begin_run(unsigned level) { runs_.push_back({file_end_, file_end_, next_block_, level}); }

  std::string folder_;
  std::size_t memory_, block_bytes_, held_ = 0;
  std::vector<std::unique_ptr<char[]>> slabs_;
  std::size_t slab_left_ = 0;
  char* slab_at_ = nullptr;
  std::vector<Entry> entries_;
  std::uint64_t count_ = 0;

  std::array<std::uint8_t, 32> secret_{};
  File file_;
  std::uint64_t file_end_ = 0, next_block_ = 0;
  std::vector<Run> runs_;
  std::string block_;  // plain, being filled
};

}  // namespace ambit
