// The sealed ledger: the fate of every object that is not released, one JSON line each, for the court alone.
//
//   JSON lines -> Zstandard frames -> age -> FOLDER/0001.age, 0002.age …
//
// Each worker compresses its own lines into frames of its own (frames one after another are one Zstandard stream);
// they wait in the journal until the run is closed. No line ever touches the disk in clear. A new segment begins
// after kSegmentBytes of lines, so that a court with a laptop can open one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/limits.h"
#include "pipeline/result.h"
#include "stages/record/age.h"

namespace ambit::record {

inline constexpr std::uint64_t kSegmentBytes = 256 * limits::MiB;
// Lines are gathered until there are so many bytes of them: large enough for Zstandard, and for rare locks.
inline constexpr std::size_t kFrameBytes = 256 * limits::KiB;

// One worker's Zstandard context.
class Compressor {
 public:
  Compressor();
  ~Compressor();
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) noexcept;
  // One whole frame; valid until the next call.
  [[nodiscard]] Result<std::string_view> frame(std::string_view plain);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string out_;
};

// What frame() made of so many bytes. Error: io, where it is anything else.
[[nodiscard]] Result<std::string> unpack_frame(std::string_view frame, std::uint64_t plain_bytes);

// One thread at a time.
class Ledger {
 public:
  // `folder` must exist. Error: key for recipients that age does not take; io, space.
  [[nodiscard]] static Result<std::unique_ptr<Ledger>> create(std::string folder, std::vector<std::string> recipients,
                                                              std::uint64_t segment_bytes = kSegmentBytes);
  // Whole lines. After an Error every further call returns the same one.
  [[nodiscard]] Result<> write(std::string_view lines, Compressor& compressor);
  // A frame of whole lines, of so many bytes in clear.
  [[nodiscard]] Result<> add(std::string_view frame, std::uint64_t plain_bytes);
  // Ends and syncs the last segment. There is always at least one.
  [[nodiscard]] Result<> close();
  [[nodiscard]] const std::vector<std::string>& segments() const { return segments_; }  // file names, in order

 private:
  Ledger(std::string folder, std::vector<std::string> recipients, std::uint64_t segment_bytes)
      : folder_(std::move(folder)), recipients_(std::move(recipients)), segment_bytes_(segment_bytes) {}
  [[nodiscard]] Result<> next_segment();
  [[nodiscard]] Result<> send(std::string_view frame, std::uint64_t plain_bytes);

  const std::string folder_;
  const std::vector<std::string> recipients_;
  const std::uint64_t segment_bytes_;
  std::unique_ptr<Age> age_;
  std::uint64_t in_segment_ = 0;
  std::vector<std::string> segments_;
  Result<> outcome_;
};

}  // namespace ambit::record
