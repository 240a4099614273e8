// Hash source: a set of hashes as it is published or exchanged, told by its first bytes.
//
//   set file       ambit hashset build made it                              hash_set_format.h
//   hash list      hashdeep, md5sum, sha1sum, sha256sum, BSD style          hash_list.h
//   NSRL           RDS version 3, full or minimal: an SQLite database       hash_source_sqlite.cc
//   NSRL delta     RDS version 3: statements of SQL that add to one         hash_source_delta.cc
//   Autopsy        .kdb, of The Sleuth Kit: an SQLite database              hash_source_sqlite.cc
//   EnCase         .hash                                                    hash_source_encase.cc
//   Bloom filter   of DCSO's bloom, hashlookup: only ever a part of a set   bloom_filter.h
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/hash_list.h"
#include "pipeline/hash_set.h"
#include "pipeline/hash_set_writer.h"
#include "pipeline/result.h"

namespace ambit {

struct HashSourceReport {
  std::string_view format;         // "NSRL database"
  std::uint64_t hashes = 0;        // taken, each as often as the source has it
  std::uint64_t passed_over = 0;   // rows without a digest of the kind that was asked for
  std::uint64_t not_followed = 0;  // statements of a delta that change or remove rows, which a set cannot follow
};

// Adds what the source holds to `writer`: of each row the digest of `kind`, or without one the strongest. Errors (kind
// order, io, space) name the file and never quote it.
[[nodiscard]] Result<HashSourceReport> read_hash_source(const std::string& path, std::optional<DigestKind> kind,
                                                        HashSetWriter& writer);

// The source as a set, for an order: a set file is mapped as it is; of anything else a set without a name is built, in
// memory where it is small. A Bloom filter alone is an error.
[[nodiscard]] Result<std::shared_ptr<const HashSet>> load_hash_set(const std::string& path);

// --- one for each format --------------------------------------------------------------------------------------

struct HashRows {
  std::string_view format;
  std::uint64_t not_followed = 0;
};
// `path` is an SQLite database: of the NSRL or of Autopsy.
[[nodiscard]] Result<HashRows> read_hash_database(const std::string& path, const TakeHashRow& take);
// Statements that fill the tables FILE or METADATA of the NSRL.
[[nodiscard]] Result<HashRows> read_hash_delta(const std::string& path, const TakeHashRow& take);
[[nodiscard]] Result<HashRows> read_encase_hashes(const std::string& path, const TakeHashRow& take);
// Whether a file that begins with `head` is one.
[[nodiscard]] bool begins_hash_database(std::string_view head);
[[nodiscard]] bool begins_hash_delta(std::string_view head);
[[nodiscard]] bool begins_encase_hashes(std::string_view head);

}  // namespace ambit
