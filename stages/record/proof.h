// Proof that one released item is in the index that the checkpoint signs.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/result.h"
#include "stages/record/checkpoint.h"
#include "stages/record/run_reader.h"

namespace ambit::record {

struct IndexProof {
  std::uint64_t index = 0, leaves = 0;  // the leaf's place, from 0
  Bytes32 leaf{}, root{};               // root: as signed
  std::vector<Bytes32> path;            // siblings, the lowest first
  bool holds = false;
};
// `id`: of an item in `run`. Reads the whole index. Error: tampered, io.
[[nodiscard]] Result<IndexProof> prove_item(const RunReader& run, std::uint64_t id);

// checkpoint.txt of a run directory, its signature checked. Error: io, tampered.
[[nodiscard]] Result<Checkpoint> load_checkpoint(const std::string& directory);

}  // namespace ambit::record
