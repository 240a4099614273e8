#include "stages/record/unseal.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "pipeline/file.h"
#include "stages/record/commitment.h"
#include "stages/record/decrypt.h"
#include "stages/record/merkle.h"
#include "stages/record/proof.h"

namespace ambit::record {
namespace {

// Above any line that is written: a thousand exceptions and a locator of 64 KiB, escaped, are under 1 MiB; a
// name for each of a million identifiers that all hit the same object is the rest.
constexpr std::size_t kMaxLineBytes = 256ULL << 20;

constexpr const char* kCommitmentsFile = "ledger/commitments";  // 32 bytes each, sorted, nothing between them
constexpr std::string_view kSegmentEnd = ".age";

Error ledger_error(const std::string& directory, const char* what) {
  return {ErrorKind::tampered, what, directory, "`ambit verify` says which file differs"};
}

// Cuts pieces into lines.
class Lines {
 public:
  explicit Lines(const LedgerVisit& visit) : visit_(visit) {}
  bool take(std::string_view piece) {
    for (std::size_t end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
      pending_ += piece.substr(0, end);
      piece.remove_prefix(end + 1);
      if (!visit_(pending_)) return false;
      pending_.clear();
    }
    pending_ += piece;
    return pending_.size() <= kMaxLineBytes;
  }
  [[nodiscard]] bool rest() const { return !pending_.empty(); }

 private:
  const LedgerVisit& visit_;
  std::string pending_;
};

}  // namespace

Result<> read_ledger(const std::string& directory, const std::string& identity, const LedgerVisit& visit) {
  const auto checkpoint = load_checkpoint(directory);
  if (!checkpoint) return checkpoint.error();
  bool enough = false;
  const LedgerVisit watched = [&](std::string_view line) {
    enough = !visit(line);
    return !enough;
  };
  for (const CheckpointFile& file : checkpoint->files) {
    if (!file.path.ends_with(kSegmentEnd)) continue;
    Lines lines(watched);
    const Result<> read = decrypt_segment(directory + "/" + file.path, identity,
                                          [&](std::string_view piece) { return lines.take(piece); });
    if (!read || enough) return read;
    if (lines.rest()) return ledger_error(directory, "a segment of the ledger does not end with a line");
  }
  return Ok{};
}

void Commitments::Unmap::operator()(const std::uint8_t* mapped) const {
  ::munmap(const_cast<std::uint8_t*>(mapped), bytes);
}

Result<Commitments> Commitments::open(const std::string& directory) {
  const std::string path = directory + "/" + kCommitmentsFile;
  Result<File> file = File::open(path);
  if (!file) return std::move(file).error();
  struct stat status {};
  if (::fstat(file->fd(), &status) != 0) return system_error("cannot read", path);
  const auto bytes = static_cast<std::size_t>(status.st_size);
  Commitments out;
  out.count_ = bytes / sizeof(Bytes32);
  if (!S_ISREG(status.st_mode) || bytes % sizeof(Bytes32) != 0) {
    return ledger_error(directory, "the list of commitments is cut short");
  }
  if (bytes == 0) return out;
  void* const mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file->fd(), 0);
  if (mapped == MAP_FAILED) return system_error("cannot map", path);
  out.mapped_ = std::unique_ptr<const std::uint8_t, Unmap>(static_cast<const std::uint8_t*>(mapped), Unmap{bytes});
  for (std::uint64_t i = 1; i < out.count_; ++i) {
    if (out.at(i - 1) > out.at(i)) return ledger_error(directory, "the list of commitments is not in order");
  }
  return out;
}

Bytes32 Commitments::at(std::uint64_t index) const {
  Bytes32 out;
  std::memcpy(out.data(), mapped_.get() + index * out.size(), out.size());
  return out;
}

std::uint64_t Commitments::find(const Bytes32& commitment) const {
  std::uint64_t low = 0, high = count_;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (at(middle) < commitment) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < count_ && at(low) == commitment ? low : count_;
}

Bytes32 Commitments::root() const {
  MerkleTree tree;
  for (std::uint64_t i = 0; i < count_; ++i) tree.add_data(as_text(at(i)));
  return tree.root();
}

LedgerAudit::LedgerAudit(std::string directory, Commitments commitments)
    : directory_(std::move(directory)), commitments_(std::move(commitments)), seen_(commitments_.size()) {}

Result<LedgerAudit> LedgerAudit::start(const std::string& directory) {
  const auto checkpoint = load_checkpoint(directory);
  if (!checkpoint) return checkpoint.error();
  auto commitments = Commitments::open(directory);
  if (!commitments) return commitments.error();
  if (commitments->size() != checkpoint->ledger_leaves || commitments->root() != checkpoint->ledger_root) {
    return ledger_error(directory, "the commitments are not those that the checkpoint signs");
  }
  return LedgerAudit(directory, std::move(commitments).value());
}

Result<> LedgerAudit::see(std::string_view line) {
  const auto split = split_ledger_line(line);
  if (!split) return ledger_error(directory_, "a line of the ledger is not written as ambit writes it");
  const std::uint64_t leaf = commitments_.find(commitment_of(split->nonce, split->record));
  if (leaf == commitments_.size()) return ledger_error(directory_, "a line of the ledger is not in the signed tree");
  if (seen_[leaf]) return ledger_error(directory_, "a line of the ledger stands there twice");
  seen_[leaf] = true;
  ++lines_;
  return Ok{};
}

Result<> LedgerAudit::finish() const {
  if (lines_ == commitments_.size()) return Ok{};
  return ledger_error(directory_, "objects that the checkpoint signs have no line in the ledger");
}

Result<LedgerProof> prove_line(const std::string& directory, std::string_view line) {
  const auto checkpoint = load_checkpoint(directory);
  if (!checkpoint) return checkpoint.error();
  auto commitments = Commitments::open(directory);
  if (!commitments) return commitments.error();
  const auto split = split_ledger_line(line);
  if (!split) return ledger_error(directory, "a line of the ledger is not written as ambit writes it");
  LedgerProof proof;
  proof.nonce = split->nonce;
  proof.commitment = commitment_of(split->nonce, split->record);
  proof.root = checkpoint->ledger_root;
  proof.leaves = commitments->size();
  proof.index = commitments->find(proof.commitment);
  if (proof.index == proof.leaves) return ledger_error(directory, "a line of the ledger is not in the signed tree");
  const auto leaf_at = [&](std::uint64_t i) { return leaf_hash(as_text(commitments->at(i))); };
  proof.path = inclusion_proof(proof.index, proof.leaves, leaf_at);
  proof.holds = proof.leaves == checkpoint->ledger_leaves &&
                verify_inclusion(leaf_at(proof.index), proof.index, proof.leaves, proof.path, proof.root);
  return proof;
}

bool is_line_of(std::string_view line, std::string_view locator) {
  std::string key = R"("locator":)";
  append_json_string(key, locator);
  // The exhibit's name stands before the locator and holds no unescaped quote, so the first such key is the key.
  const std::size_t at = line.find(R"("locator":)");
  return at != std::string_view::npos && line.substr(at).starts_with(key);
}

}  // namespace ambit::record
