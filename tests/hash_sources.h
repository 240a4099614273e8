// Sets of hashes as others publish them, made of text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/hash_list.h"
#include "pipeline/pattern.h"

namespace ambit::test {

// A digest like any other, the same for the same number.
[[nodiscard]] HashValue digest_of(DigestKind kind, std::uint64_t number);
[[nodiscard]] std::string hex_of(const HashValue& digest);  // lower case

// A Bloom filter of DCSO's format that holds these digests.
[[nodiscard]] std::string bloom_file(const std::vector<HashValue>& digests, std::uint64_t bits, std::uint64_t hashes);
// An EnCase hash set of MD5s.
[[nodiscard]] std::string encase_file(const std::vector<HashValue>& digests);
// Writes an SQLite database, from statements.
void make_database(const std::string& path, const std::string& statements);

// The NSRL's own statements.
extern const std::string_view kNsrlMinimalSchema;
extern const std::string_view kNsrlFullSchema;  // the part that matters to files
extern const std::string_view kAutopsySchema;

}  // namespace ambit::test
