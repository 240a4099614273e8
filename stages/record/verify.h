// Verification: that a run directory is whole, unchanged, and agrees with itself.
//
// What is checked, from the outside in: the signature of checkpoint.txt; that the files of the directory are
// exactly those it lists, with their sizes and SHA-256; the structure of relevance.db; both Merkle roots, worked
// out anew; and the sums: every object is either an item of the index or a line of the ledger, the census adds up
// to the totals that were signed, the coverage to the bytes of each exhibit. So a flipped bit anywhere is found
// by the digests, and a mistake or a lie of who signed shows in the sums. It needs neither the exhibits nor a key;
// who signed is known only by comparing the public key with the one that the examiner gave to both sides.
#pragma once

#include <string>
#include <vector>

#include "pipeline/result.h"

namespace ambit::record {

struct VerifyCheck {
  std::string what;  // "signature", "files" …
  bool holds = false;
  std::string detail;  // what was found, or each thing that is wrong
};

struct VerifyReport {
  std::vector<VerifyCheck> checks;  // in the order above; those that could not be tried are missing
  [[nodiscard]] bool holds() const;
};

// Who must have signed; both empty: anybody.
struct ExpectedSigner {
  std::string key_file;    // the case key itself
  std::string public_key;  // or what the examiner gave to both sides: 64 hexadecimal digits
};

// Error: key, when a key cannot be read; io, when there is no run directory. Damage is no Error but a check that does
// not hold.
[[nodiscard]] Result<VerifyReport> verify_run(const std::string& directory, const ExpectedSigner& signer = {});

}  // namespace ambit::record
