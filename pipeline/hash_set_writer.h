// HashSetWriter: any number of digests, in any order -> a set file (hash_set_format.h), within bounded memory.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/bloom_filter.h"
#include "pipeline/file.h"
#include "pipeline/hash_set_format.h"
#include "pipeline/hash_set_partitions.h"
#include "pipeline/pattern.h"
#include "pipeline/result.h"

namespace ambit {

// The sizes that occur, to be asked of every object: a bit for each small one, a list of the others.
class SizesSeen {
 public:
  void add(std::uint64_t size);
  void finish();                                                                    // sorts the list
  [[nodiscard]] const std::vector<std::uint64_t>& small() const { return small_; }  // bitmap, as far as it is needed
  [[nodiscard]] const std::vector<std::uint64_t>& large() const { return large_; }  // empty where every() holds
  [[nodiscard]] bool every() const { return every_; }  // there were too many large ones: any may occur

 private:
  void sort_large();
  std::vector<std::uint64_t> small_, large_;
  std::size_t sort_at_ = 1024;
  bool every_ = false;
};

class HashSetWriter {
 public:
  // What does not fit into about `memory` bytes is spilled into a file without a name in `folder`. Beside that the
  // fences are in memory: a byte for eight digests, at most 256 MiB.
  HashSetWriter(std::string folder, std::uint64_t memory);
  ~HashSetWriter();

  // Error: space, io, or order for more digests than a set can have.
  [[nodiscard]] Result<> add(const HashValue& value);
  // A filter that must say yes to every digest of one kind at least; it becomes part of the set. One at most.
  [[nodiscard]] Result<> set_filter(const File& file, const BloomHeader& header, const std::string& path);
  [[nodiscard]] std::uint64_t added() const;

  // Writes the set file into `out`, which is empty. Once. Error: space, io; order where nothing was added or the
  // filter belongs to another set.
  [[nodiscard]] Result<> write(File& out);

 private:
  struct Kind;
  class Sections;
  struct Filter;
  [[nodiscard]] Result<> write_kind(DigestKind kind, Sections& out);
  [[nodiscard]] Result<> write_records(DigestKind kind, Sections& out, std::vector<std::uint32_t>& fences);
  [[nodiscard]] Result<> write_filter(Sections& out);

  HashSpill spill_;
  std::array<std::unique_ptr<Kind>, 3> kinds_;
  std::unique_ptr<Filter> filter_;
  hash_set_format::Section filter_section_;
};

}  // namespace ambit
