#include "stages/record/verify.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "pipeline/locator.h"
#include "stages/record/merkle.h"
#include "stages/record/proof.h"
#include "stages/record/run_reader.h"
#include "stages/record/unseal.h"

namespace ambit::record {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxNamedFaults = 20;  // enough to see the pattern of a large damage

// Collects what is wrong with one part of the directory.
class Faults {
 public:
  void add(const std::string& fault) {
    if (++count_ <= kMaxNamedFaults) text_ += (text_.empty() ? "" : "; ") + fault;
  }
  void expect(bool truth, const std::string& fault) {
    if (!truth) add(fault);
  }
  [[nodiscard]] VerifyCheck check(std::string what, std::string when_good) const {
    if (count_ == 0) return {std::move(what), true, std::move(when_good)};
    const std::string more = count_ > kMaxNamedFaults ? "; " + std::to_string(count_ - kMaxNamedFaults) + " more" : "";
    return {std::move(what), false, text_ + more};
  }

 private:
  std::size_t count_ = 0;
  std::string text_;
};

// The public key that must have signed; nothing where any may.
Result<std::optional<Bytes32>> expected_key(const ExpectedSigner& signer) {
  std::optional<Bytes32> key;
  if (!signer.key_file.empty()) {
    const auto loaded = CaseKey::load(signer.key_file);
    if (!loaded) return loaded.error();
    key = loaded->public_key();
  }
  if (signer.public_key.empty()) return key;
  Bytes32 given{};
  if (!from_hex(signer.public_key, given)) {
    return Error{ErrorKind::key, "this is no public key", signer.public_key,
                 "give the 64 hexadecimal digits that `ambit keygen` showed to whoever made the case key"};
  }
  if (key && *key != given) {
    return Error{ErrorKind::key, "the case key and the public key are not of one pair", signer.key_file, "give one"};
  }
  return std::optional(given);
}

VerifyCheck check_signer(const Checkpoint& checkpoint, const std::optional<Bytes32>& key) {
  Faults faults;
  const std::string signer = to_hex(checkpoint.public_key);
  if (key) faults.expect(*key == checkpoint.public_key, "it was signed by another case key: " + signer);
  return faults.check("signature", key ? "by the case key given" : "by the public key " + signer);
}

// Everything below the directory, by path; folders end with '/'.
std::set<std::string> paths_below(const fs::path& root, Faults& faults) {
  std::set<std::string> paths;
  std::error_code failed;
  for (fs::recursive_directory_iterator at(root, failed), end; !failed && at != end; at.increment(failed)) {
    const fs::file_status status = at->symlink_status(failed);
    const std::string path = at->path().lexically_relative(root).string();
    if (failed) break;
    paths.insert(fs::is_directory(status) ? path + "/" : path);
    faults.expect(fs::is_directory(status) || fs::is_regular_file(status), printable(path) + " is not a regular file");
  }
  if (failed) faults.add("the directory cannot be listed");
  return paths;
}

VerifyCheck check_files(const std::string& directory, const Checkpoint& checkpoint) {
  Faults faults;
  std::set<std::string> unknown = paths_below(directory, faults);
  unknown.erase("checkpoint.txt");
  for (const CheckpointFile& file : checkpoint.files) {
    const std::string name = printable(file.path);
    for (std::size_t at = file.path.find('/'); at != std::string::npos; at = file.path.find('/', at + 1)) {
      unknown.erase(file.path.substr(0, at + 1));
    }
    if (unknown.erase(file.path) == 0) {
      faults.add(name + " is missing");
      continue;
    }
    const auto digest = digest_file(directory + "/" + file.path);
    if (!digest) {
      faults.add(name + " cannot be read");
    } else if (digest->bytes != file.digest.bytes) {
      faults.add(name + " has another size");
    } else if (digest->sha256 != file.digest.sha256) {
      faults.add(name + " has another SHA-256");
    }
  }
  for (const std::string& path : unknown) faults.add(printable(path) + " does not belong here");
  return faults.check("files", std::to_string(checkpoint.files.size()) + " files, as listed");
}

// What relevance.db says of itself against what was signed.
VerifyCheck check_identity(const RunReader& run, const Checkpoint& checkpoint) {
  Faults faults;
  const std::map<std::string, std::string> expected = {{"order_id", checkpoint.order_id},
                                                       {"order_sha256", checkpoint.order_sha256},
                                                       {"detectors_sha256", checkpoint.detectors_sha256},
                                                       {"tool_version", checkpoint.tool_version},
                                                       {"index_root", to_hex(checkpoint.index_root)},
                                                       {"ledger_root", to_hex(checkpoint.ledger_root)}};
  for (const auto& [key, value] : expected) {
    const auto at = run.meta().find(key);
    const bool same = at != run.meta().end() && (key == "order_id" ? printable(at->second) : at->second) == value;
    faults.expect(same, key + " is not the one that was signed");
  }
  const auto same = [](const ExhibitRow& row, const CheckpointExhibit& e) {
    return row.name == e.name && row.kind == e.kind && row.bytes == e.bytes &&
           row.sha256 == (e.sha256 ? to_hex(*e.sha256) : "");
  };
  faults.expect(std::equal(run.exhibits().begin(), run.exhibits().end(), checkpoint.exhibits.begin(),
                           checkpoint.exhibits.end(), same),
                "the exhibits are not those that were signed");
  return faults.check("identity", "order " + printable(checkpoint.order_id) + ", " +
                                      std::to_string(checkpoint.exhibits.size()) + " exhibits");
}

struct IndexSeen {
  MerkleTree tree;
  std::map<std::string, std::uint64_t> items;  // by disposition
};

VerifyCheck check_index(const RunReader& run, const Checkpoint& checkpoint, IndexSeen& seen) {
  Faults faults;
  const Result<> integrity = run.check_integrity();
  if (!integrity) faults.add(integrity.error().what);
  const Result<> read = run.leaves([&](const IndexItem& item) {
    seen.tree.add_data(item_text(item));
    ++seen.items[std::string(run.word("disposition", item.disposition))];
    return true;
  });
  if (!read) faults.add(read.error().what);
  faults.expect(seen.tree.leaves() == checkpoint.index_leaves, "it has another number of items than was signed");
  faults.expect(seen.tree.root() == checkpoint.index_root, "its Merkle root is not the one that was signed");
  return faults.check("index",
                      std::to_string(checkpoint.index_leaves) + " items, root " + to_hex(checkpoint.index_root));
}

VerifyCheck check_ledger(const std::string& directory, const Checkpoint& checkpoint) {
  Faults faults;
  const auto commitments = Commitments::open(directory);
  if (!commitments) {
    faults.add(commitments.error().what);
  } else {
    faults.expect(commitments->size() == checkpoint.ledger_leaves, "it has another number of lines than was signed");
    faults.expect(commitments->root() == checkpoint.ledger_root, "its Merkle root is not the one that was signed");
  }
  return faults.check(
      "ledger", std::to_string(checkpoint.ledger_leaves) + " commitments, root " + to_hex(checkpoint.ledger_root));
}

void expect_census(const std::vector<CensusRow>& census, const Checkpoint& checkpoint, const IndexSeen& seen,
                   Faults& faults) {
  std::map<std::string, DispositionTotal> sums;
  std::uint64_t objects = 0;
  for (const CensusRow& row : census) {
    sums[row.disposition].items += row.items;
    sums[row.disposition].bytes += row.bytes;
    objects += row.items;
  }
  for (std::size_t d = 0; d < kDispositions; ++d) {
    const std::string name(kDispositionNames[d]);
    faults.expect(sums[name] == checkpoint.totals[d], "the census does not add up to the signed total of " + name);
    if (!is_released(static_cast<Disposition>(d))) continue;
    const auto rows = seen.items.find(name);
    faults.expect((rows == seen.items.end() ? 0 : rows->second) == sums[name].items,
                  "the index does not have as many items as the census counts for " + name);
  }
  faults.expect(objects == checkpoint.index_leaves + checkpoint.ledger_leaves,
                "the census counts other objects than index and ledger have together");
}

VerifyCheck check_sums(const RunReader& run, const Checkpoint& checkpoint, const IndexSeen& seen) {
  Faults faults;
  const auto census = run.census();
  const auto coverage = run.coverage();
  if (!census || !coverage) {
    faults.add("the counts cannot be read");
    return faults.check("sums", "");
  }
  expect_census(*census, checkpoint, seen, faults);
  std::map<std::uint32_t, std::uint64_t> covered;
  for (const CoverageRow& row : *coverage) covered[row.exhibit] += row.bytes;
  std::uint64_t bytes = 0;
  for (const ExhibitRow& exhibit : run.exhibits()) {
    bytes += exhibit.bytes;
    faults.expect(covered[exhibit.id] == exhibit.bytes,
                  "the bytes of " + printable(exhibit.name) + " are not all accounted for");
  }
  return faults.check("sums", "every object has one fate, all " + std::to_string(bytes) + " bytes are accounted for");
}

}  // namespace

bool VerifyReport::holds() const {
  return std::all_of(checks.begin(), checks.end(), [](const VerifyCheck& check) { return check.holds; });
}

Result<VerifyReport> verify_run(const std::string& directory, const ExpectedSigner& signer) {
  const auto key = expected_key(signer);
  if (!key) return key.error();
  std::error_code ignored;
  if (!fs::is_directory(directory, ignored))
    return Error{ErrorKind::io, "there is no such run directory", directory, ""};
  VerifyReport report;
  const auto checkpoint = load_checkpoint(directory);
  if (!checkpoint) {
    report.checks.push_back({"signature", false, checkpoint.error().what});
    return report;
  }
  report.checks.push_back(check_signer(*checkpoint, *key));
  report.checks.push_back(check_files(directory, *checkpoint));
  const auto run = RunReader::open(directory);
  if (!run) {
    report.checks.push_back({"index", false, run.error().what});
    return report;
  }
  IndexSeen seen;
  report.checks.push_back(check_identity(*run, *checkpoint));
  report.checks.push_back(check_index(*run, *checkpoint, seen));
  report.checks.push_back(check_ledger(directory, *checkpoint));
  report.checks.push_back(check_sums(*run, *checkpoint, seen));
  return report;
}

}  // namespace ambit::record
