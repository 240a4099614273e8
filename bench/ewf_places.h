// Where the chunks of an E01 image of one part lie, for loops that unpack them by themselves.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/byte_source.h"

namespace ambit::bench {

struct EwfChunk {
  std::uint64_t offset = 0, bytes = 0;  // in the file
  bool packed = false;                  // else an Adler-32 follows
};
struct EwfPlaces {
  std::uint64_t image_bytes = 0, chunk_bytes = 0;
  std::vector<EwfChunk> chunks;  // in order; empty where `file` is no E01
};
[[nodiscard]] EwfPlaces ewf_places(const ByteSource& file);

}  // namespace ambit::bench
