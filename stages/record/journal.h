// Journal: what a run has come to so far, on the disk, so that a crash or a power cut loses seconds and not the night.
//
//   <8 bytes of magic> <16 bytes of salt> then blocks: <u32 plain bytes> <24 bytes of nonce> <encrypted> <16 of tag>
//
// Blocks are encrypted (XChaCha20-Poly1305) under a key that follows from the case key and the salt: whoever finds an
// unfinished run directory sees how much was written and nothing else. The number of a block is authenticated with it,
// so none can be left out, moved or brought from another run. What a crash tore off does not authenticate: reading ends
// before it, and writing goes on from there.
//
// One process at a time: the file is locked as long as it is open.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "pipeline/file.h"
#include "pipeline/result.h"
#include "stages/record/seal.h"

namespace ambit::record {

// Asked when the disk is full: waits a while, and says whether to try again.
using WaitForSpace = std::function<bool()>;

class Journal {
 public:
  // Error: io, space.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> create(const std::string& path, const CaseKey& key,
                                                               WaitForSpace wait = {});
  // To read, then to write behind what was read. Error: io where another process has it or it is no journal.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(const std::string& path, const CaseKey& key,
                                                             WaitForSpace wait = {});
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // From any thread. Error: io, space.
  [[nodiscard]] Result<> append(std::string_view block);
  // What was appended survives a power cut. From any thread.
  [[nodiscard]] Result<> sync();

  // Blocks from the front. While one reads nobody writes.
  class Reader {
   public:
    explicit Reader(const Journal& journal);
    // False at the end, or before the first block that is not whole. Error: io.
    [[nodiscard]] Result<bool> next();
    [[nodiscard]] std::string_view block() const { return plain_; }  // valid until next()

   private:
    friend class Journal;
    const Journal& journal_;
    std::uint64_t at_, blocks_ = 0;
    std::string sealed_, plain_;
  };
  // Drops what lies behind the last block that `reader` has read; writing goes on there. Error: io.
  [[nodiscard]] Result<> cut_behind(const Reader& reader);

 private:
  Journal(File file, std::string path, WaitForSpace wait);
  [[nodiscard]] Result<> lock();
  void derive(const CaseKey& key, std::string_view salt);
  [[nodiscard]] Result<> put(std::string_view bytes);

  File file_;
  const std::string path_;
  const WaitForSpace wait_;
  Bytes32 secret_{};
  std::mutex mutex_;  // guards all below
  std::uint64_t end_ = 0, blocks_ = 0;
  std::string sealed_;
};

}  // namespace ambit::record
