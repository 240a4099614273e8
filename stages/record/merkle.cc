#include "stages/record/merkle.h"

#include <bit>
#include <cassert>
#include <optional>

namespace ambit::record {

Bytes32 leaf_hash(std::string_view data) { return Sha256().add(std::string_view("\0", 1)).add(data).finish(); }

Bytes32 node_hash(const Bytes32& left, const Bytes32& right) {
  return Sha256().add("\1").add(as_text(left)).add(as_text(right)).finish();
}

void MerkleTree::add(const Bytes32& leaf) {
  Bytes32 peak = leaf;
  // Like adding one to a binary number: every trailing one carries.
  for (std::uint64_t bits = leaves_; (bits & 1) != 0; bits >>= 1) {
    peak = node_hash(peaks_.back(), peak);
    peaks_.pop_back();
  }
  peaks_.push_back(peak);
  ++leaves_;
}

Bytes32 MerkleTree::root() const {
  if (peaks_.empty()) return sha256("");
  Bytes32 root = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i-- > 0;) root = node_hash(peaks_[i], root);
  return root;
}

std::vector<Bytes32> inclusion_proof(std::uint64_t index, std::uint64_t leaves, const LeafAt& leaf_at) {
  assert(index < leaves);
  std::vector<Bytes32> proof;
  std::uint64_t begin = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> siblings;  // from the root down
  for (std::uint64_t count = leaves; count > 1;) {
    const std::uint64_t split = std::bit_floor(count - 1);
    if (index - begin < split) {
      siblings.emplace_back(begin + split, count - split);
      count = split;
    } else {
      siblings.emplace_back(begin, split);
      begin += split;
      count -= split;
    }
  }
  for (auto it = siblings.rbegin(); it != siblings.rend(); ++it) {
    MerkleTree subtree;
    for (std::uint64_t i = 0; i < it->second; ++i) subtree.add(leaf_at(it->first + i));
    proof.push_back(subtree.root());
  }
  return proof;
}

bool verify_inclusion(const Bytes32& leaf, std::uint64_t index, std::uint64_t leaves, std::span<const Bytes32> proof,
                      const Bytes32& root) {
  if (index >= leaves) return false;
  std::uint64_t place = index, last = leaves - 1;
  Bytes32 hash = leaf;
  for (const Bytes32& sibling : proof) {
    if (last == 0) return false;
    if ((place & 1) != 0 || place == last) {
      hash = node_hash(sibling, hash);
      // A last subtree that stands alone rises without a sibling.
      while ((place & 1) == 0 && place != 0) {
        place >>= 1;
        last >>= 1;
      }
    } else {
      hash = node_hash(hash, sibling);
    }
    place >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

}  // namespace ambit::record
