// Merkle tree as in RFC 9162, section 2.1: one hash that stands for a list, and short proofs of membership.
//
//   leaf  = SHA-256(00 || data)      node = SHA-256(01 || left || right)      no leaves: SHA-256 of nothing
//
// A tree of n > 1 leaves splits at the largest power of two below n. The two prefixes keep a node from being
// passed off as a leaf.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "stages/record/seal.h"

namespace ambit::record {

[[nodiscard]] Bytes32 leaf_hash(std::string_view data);
[[nodiscard]] Bytes32 node_hash(const Bytes32& left, const Bytes32& right);

// Built leaf by leaf; keeps one hash for each power of two in the number of leaves, so 64 at most.
class MerkleTree {
 public:
  void add(const Bytes32& leaf);
  void add_data(std::string_view data) { add(leaf_hash(data)); }
  [[nodiscard]] std::uint64_t leaves() const { return leaves_; }
  [[nodiscard]] Bytes32 root() const;  // of the leaves so far

 private:
  std::vector<Bytes32> peaks_;  // roots of the full subtrees, the largest first
  std::uint64_t leaves_ = 0;
};

// Proof that leaf `index` of `leaves` is in the tree: the siblings on its way up, the lowest first. Asks for
// every leaf hash but its own once, in order; index < leaves.
using LeafAt = std::function<Bytes32(std::uint64_t index)>;
[[nodiscard]] std::vector<Bytes32> inclusion_proof(std::uint64_t index, std::uint64_t leaves, const LeafAt& leaf_at);
[[nodiscard]] bool verify_inclusion(const Bytes32& leaf, std::uint64_t index, std::uint64_t leaves,
                                    std::span<const Bytes32> proof, const Bytes32& root);

}  // namespace ambit::record
