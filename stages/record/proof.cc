#include "stages/record/proof.h"

#include <sys/stat.h>

#include <string>

#include "pipeline/file.h"
#include "stages/record/merkle.h"

namespace ambit::record {
namespace {

// A line per exhibit and per file; a hundred thousand of them fit easily, a hostile file does not fill the memory.
constexpr std::uint64_t kMaxCheckpointBytes = 64ULL << 20;

// The signature stands outside of what it signs, so the other ways to write the same digits are refused here.
bool ends_canonically(const std::string& text) {
  const std::size_t at = text.rfind('\n', text.size() < 2 ? 0 : text.size() - 2);
  return at != std::string::npos && text.find_first_of("ABCDEF", at) == std::string::npos;
}

}  // namespace

Result<IndexProof> prove_item(const RunReader& run, std::uint64_t id) {
  const auto checkpoint = load_checkpoint(run.directory());
  if (!checkpoint) return checkpoint.error();
  IndexProof proof;
  proof.root = checkpoint->index_root;
  std::vector<Bytes32> leaves;
  const Result<> read = run.leaves([&](const IndexItem& item) {
    if (item.id == id) proof.index = leaves.size();
    leaves.push_back(leaf_hash(item_text(item)));
    return true;
  });
  if (!read) return read.error();
  if (proof.index >= leaves.size()) return Error{ErrorKind::tampered, "the index has no items", run.directory(), ""};
  proof.leaves = leaves.size();
  proof.leaf = leaves[proof.index];
  proof.path = inclusion_proof(proof.index, proof.leaves, [&](std::uint64_t i) { return leaves[i]; });
  proof.holds = proof.leaves == checkpoint->index_leaves &&
                verify_inclusion(proof.leaf, proof.index, proof.leaves, proof.path, proof.root);
  return proof;
}

Result<Checkpoint> load_checkpoint(const std::string& directory) {
  const std::string path = directory + "/checkpoint.txt";
  auto file = File::open(path);
  if (!file) return file.error();
  struct stat status {};
  if (fstat(file->fd(), &status) != 0) return system_error("checkpoint.txt cannot be read", directory);
  const auto bytes = static_cast<std::uint64_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || bytes > kMaxCheckpointBytes) {
    return Error{ErrorKind::tampered, "checkpoint.txt is not a checkpoint", directory, ""};
  }
  std::string text(bytes, '\0');
  if (Result<> read = file->read_at(0, text.data(), text.size()); !read) return read.error();
  if (!ends_canonically(text)) {
    return Error{ErrorKind::tampered, "the checkpoint's signature is not written as ambit writes it", directory, ""};
  }
  return read_checkpoint(text);
}

}  // namespace ambit::record
