#include "tests/hash_sources.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>

#include "pipeline/sha256.h"
#include "tests/evidence.h"

namespace ambit::test {

const std::string_view kNsrlMinimalSchema = R"(
CREATE TABLE FILE (sha256 VARCHAR NOT NULL, sha1 VARCHAR NOT NULL, md5 VARCHAR NOT NULL, crc32 VARCHAR NOT NULL,
  file_name VARCHAR NOT NULL, file_size INTEGER NOT NULL, package_id INTEGER NOT NULL,
  CONSTRAINT PK_FILE__FILE PRIMARY KEY (sha256, sha1, md5, crc32, file_name, file_size, package_id));
CREATE TABLE PKG (package_id INTEGER NOT NULL, name VARCHAR NOT NULL, version VARCHAR NOT NULL,
  operating_system_id INTEGER NOT NULL, manufacturer_id INTEGER NOT NULL, language VARCHAR NOT NULL,
  application_type VARCHAR NOT NULL);
CREATE VIEW DISTINCT_HASH AS SELECT DISTINCT sha256, sha1, md5, crc32 FROM FILE;
)";
const std::string_view kNsrlFullSchema = R"(
CREATE TABLE PACKAGE_OBJECT (package_object_id INTEGER UNIQUE NOT NULL, package_id INTEGER NOT NULL,
  object_id INTEGER UNIQUE NOT NULL, CONSTRAINT PK PRIMARY KEY (package_object_id));
CREATE TABLE METADATA (metadata_id NUMERIC UNIQUE NOT NULL, object_id INTEGER, key_hash VARCHAR NOT NULL,
  path VARCHAR NOT NULL, file_name VARCHAR NOT NULL, extension VARCHAR DEFAULT '' NOT NULL, bytes INTEGER NOT NULL,
  mtime TIMESTAMP, recursion_level INTEGER, crc32 VARCHAR NOT NULL, md5 VARCHAR NOT NULL, sha1 VARCHAR NOT NULL,
  sha256 VARCHAR NOT NULL, CONSTRAINT PK_METADATA__METADATA_ID PRIMARY KEY (metadata_id));
CREATE VIEW FILE AS SELECT UPPER(md.sha256) AS sha256, UPPER(md.sha1) AS sha1, UPPER(md.md5) AS md5,
  CASE md.extension WHEN '' THEN md.file_name ELSE md.file_name||'.'||md.extension END AS file_name,
  md.bytes AS file_size, po.package_id FROM METADATA AS md, PACKAGE_OBJECT AS po WHERE md.object_id = po.object_id;
)";
const std::string_view kAutopsySchema = R"(
CREATE TABLE db_properties (name TEXT NOT NULL, value TEXT);
INSERT INTO db_properties (name, value) VALUES ('Schema Version', '1');
CREATE TABLE hashes (id INTEGER PRIMARY KEY AUTOINCREMENT, md5 BINARY(16) UNIQUE, sha1 BINARY(20),
  sha2_256 BINARY(32));
CREATE TABLE file_names (name TEXT NOT NULL, hash_id INTEGER NOT NULL, PRIMARY KEY(name, hash_id));
CREATE TABLE comments (comment TEXT NOT NULL, hash_id INTEGER NOT NULL, PRIMARY KEY(comment, hash_id));
CREATE INDEX md5_index ON hashes(md5);
)";

HashValue digest_of(DigestKind kind, std::uint64_t number) {
  HashValue out{kind, {}, std::nullopt};
  const Bytes32 bytes = Sha256().add(std::to_string(number)).finish();
  std::copy_n(bytes.begin(), digest_bytes(kind), out.bytes.begin());
  return out;
}

std::string hex_of(const HashValue& digest) {
  std::string out;
  for (std::size_t i = 0; i < digest_bytes(digest.kind); ++i) {
    out += "0123456789abcdef"[digest.bytes[i] >> 4];
    out += "0123456789abcdef"[digest.bytes[i] & 15];
  }
  return out;
}

// Written from the description of the format, not with the program's own code.
std::string bloom_file(const std::vector<HashValue>& digests, std::uint64_t bits, std::uint64_t hashes) {
  std::vector<std::uint64_t> words((bits + 63) / 64);
  for (const HashValue& digest : digests) {
    std::uint64_t fnv = 14695981039346656037ULL;
    for (const char c : hex_of(digest)) {
      fnv = (fnv * 1099511628211ULL) ^ static_cast<unsigned char>(c >= 'a' ? c - 'a' + 'A' : c);
    }
    for (std::uint64_t i = 0, probe = fnv % 18446744073709551557ULL; i < hashes; ++i) {
      probe = (probe * 18446744073709550147ULL) % 18446744073709551557ULL;
      words[probe % bits / 64] |= 1ULL << (probe % bits % 64);
    }
  }
  const std::uint64_t header[] = {1, 1'000, std::bit_cast<std::uint64_t>(0.001), hashes, bits, digests.size()};
  std::string out(reinterpret_cast<const char*>(header), sizeof header);
  out.append(reinterpret_cast<const char*>(words.data()), words.size() * sizeof(std::uint64_t));
  return out;
}

std::string encase_file(const std::vector<HashValue>& digests) {
  std::string out("HASH\r\n\xff\0", 8);
  out.resize(1032);
  out += utf16le("known works");
  out.resize(1152);
  for (const HashValue& digest : digests) {
    out.append(reinterpret_cast<const char*>(digest.bytes.data()), 16);
    out.append("\x01\0", 2);
  }
  return out;
}

void make_database(const std::string& path, const std::string& statements) {
  const Ran ran = run({"sqlite3", path, "PRAGMA synchronous = OFF; BEGIN;" + statements + "COMMIT;"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
}

}  // namespace ambit::test
