// checkpoint.txt: what a run came to, signed. Written last: a directory without it is not a finished run.
//
//   ambit-checkpoint: 1
//   order_id: 2013-ONSC-193
//   order_sha256: <64 hex>
//   detectors_sha256: <64 hex>
//   tool_version: 0.1.0
//   exhibit: <bytes> <sha256 or -> <kind, spaces as _> <name>      one line per exhibit, in order
//   index_leaves: 12
//   index_root: <64 hex>
//   ledger_leaves: 4711
//   ledger_root: <64 hex>
//   items: <disposition> <items> <bytes>                           one line per disposition, in order
//   file: <bytes> <sha256> <path below the run directory>          by path; all files but this one
//   public_key: <64 hex>                                           Ed25519
//   signature: <128 hex>                                           over all bytes before this line
//
// Every line ends in LF. Nothing here depends on when or where the run was, but the digests of run.json and of the
// ledger's segments do: their encryption is random.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/disposition.h"
#include "stages/record/seal.h"

namespace ambit::record {

inline constexpr int kCheckpointVersion = 1;

struct CheckpointExhibit {
  std::string name, kind;
  std::uint64_t bytes = 0;
  std::optional<Bytes32> sha256;
};
struct CheckpointFile {
  std::string path;  // below the run directory, '/' between parts
  FileDigest digest;
};
struct DispositionTotal {
  std::uint64_t items = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const DispositionTotal&, const DispositionTotal&) = default;
};

struct Checkpoint {
  std::string order_id, order_sha256, detectors_sha256, tool_version;
  std::vector<CheckpointExhibit> exhibits;
  std::uint64_t index_leaves = 0, ledger_leaves = 0;
  Bytes32 index_root{}, ledger_root{};
  std::array<DispositionTotal, kDispositions> totals{};
  std::vector<CheckpointFile> files;
  Bytes32 public_key{};
};

// The whole text with public key and signature; Checkpoint::public_key is not looked at.
[[nodiscard]] std::string signed_text(const Checkpoint& checkpoint, const CaseKey& key);
// Reads a text and checks its signature against the public key in it (that this key is the examiner's is for the
// caller to know). Error: tampered, saying which line.
[[nodiscard]] Result<Checkpoint> read_checkpoint(std::string_view text);

}  // namespace ambit::record
