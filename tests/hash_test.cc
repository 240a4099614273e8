#include <gtest/gtest.h>

#include "stages/hash/digest.h"
#include "stages/hash/hash_lookup.h"
#include "stages/hash/seen.h"
#include "tests/evidence.h"

namespace ambit {
namespace {

Facts digests_of(const std::string& bytes, std::size_t chunk, DigestSet set) {
  test::MemoryContent content(bytes);
  const Digest digest;
  Digest::State state = digest.make_state();
  state.want(set);
  Facts facts;
  facts.size = bytes.size();
  ChunkBuffer buffer(chunk, 16, Zeros::skip);
  ChunkReader reader(content, bytes.size(), 0, bytes.size(), buffer, facts);
  digest.begin(state, {bytes.size(), 0, bytes.size()});
  while (reader.next()) digest.look(state, reader.chunk());
  digest.finish(state, facts);
  return facts;
}

TEST(Digest, agrees_with_coreutils_at_any_chunk_size) {
  test::TemporaryFolder folder;
  const std::string bytes = test::noise(1, 150'000) + std::string(120'000, '\0') + test::noise(2, 333);
  test::write_file(folder / "f", bytes);
  const auto expected = [&](const char* tool) { return test::run({tool, folder / "f"}).out; };
  for (const std::size_t chunk : {4'096UL, 10'001UL, 1UL << 20}) {
    const Facts facts = digests_of(bytes, chunk, {true, true, true});
    EXPECT_EQ(expected("md5sum").substr(0, 32), to_hex(*facts.digests.md5));
    EXPECT_EQ(expected("sha1sum").substr(0, 40), to_hex(*facts.digests.sha1));
    EXPECT_EQ(expected("sha256sum").substr(0, 64), to_hex(*facts.digests.sha256));
  }
}

TEST(Digest, works_out_only_what_is_wanted) {
  const Facts facts = digests_of("abc", 4'096, {.sha256 = true});
  EXPECT_FALSE(facts.digests.md5.has_value());
  EXPECT_FALSE(facts.digests.sha1.has_value());
  EXPECT_TRUE(facts.digests.sha256.has_value());
}

HashValue md5_of(const std::string& bytes, std::optional<std::uint64_t> size) {
  HashValue value{DigestKind::md5, {}, size};
  const Facts facts = digests_of(bytes, 4'096, {.md5 = true});
  std::copy(facts.digests.md5->begin(), facts.digests.md5->end(), value.bytes.begin());
  return value;
}

Scope scope_with(std::vector<HashValue> identifier, std::vector<HashValue> known) {
  Scope scope;
  scope.identifiers.resize(1);
  scope.identifiers[0].hashes = std::move(identifier);
  scope.known.push_back({"set", std::move(known)});
  return scope;
}

TEST(HashLookup, asks_for_a_digest_only_where_a_size_can_match) {
  const HashLookup sized(scope_with({md5_of("abc", 3)}, {}));
  EXPECT_TRUE(sized.needed(3).md5);
  EXPECT_FALSE(sized.needed(4).any());
  const HashLookup unsized(scope_with({md5_of("abc", std::nullopt)}, {}));
  EXPECT_TRUE(unsized.needed(4).md5);
  EXPECT_FALSE(HashLookup(Scope{}).needed(0).any());
}

TEST(HashLookup, turns_a_match_into_a_hit_of_the_whole_object_or_into_known) {
  const HashLookup lookup(scope_with({md5_of("abc", 3)}, {md5_of("xyz", std::nullopt)}));
  Facts facts = digests_of("abc", 4'096, {.md5 = true});
  lookup.look_up(facts);
  ASSERT_EQ(facts.hits.size(), 1U);
  EXPECT_EQ(facts.hits[0], (Hit{0, 3, 0, View::raw, Form::hash, false}));
  EXPECT_FALSE(facts.known);
  facts = digests_of("xyz", 4'096, {.md5 = true});
  lookup.look_up(facts);
  EXPECT_TRUE(facts.hits.empty());
  EXPECT_TRUE(facts.known);
}

TEST(HashLookup, believes_no_digest_whose_size_is_another) {
  const HashLookup lookup(scope_with({md5_of("abc", 4)}, {md5_of("abc", 5)}));
  Facts facts = digests_of("abc", 4'096, {.md5 = true});
  lookup.look_up(facts);
  EXPECT_TRUE(facts.hits.empty());
  EXPECT_FALSE(facts.known);
}

TEST(Seen, remembers_contents_and_depends_on_the_secret) {
  Fingerprinter::Secret one{};
  Fingerprinter::Secret two{};
  for (std::size_t i = 0; i < one.size(); ++i) {
    one[i] = static_cast<std::uint8_t>(i * 7 + 1);
    two[i] = static_cast<std::uint8_t>(i * 11 + 3);
  }
  Seen seen(1 << 20);
  for (const std::size_t size : {1UL, 100UL, 1'000UL, 100'000UL}) {
    const std::string bytes = test::noise(size, size);
    const auto span = std::as_bytes(std::span(bytes));
    const Fingerprint mine = Fingerprinter(one).of(span);
    EXPECT_FALSE(seen.has(mine));
    seen.add(mine);
    EXPECT_TRUE(seen.has(mine));
    EXPECT_FALSE(seen.has(Fingerprinter(two).of(span)));
  }
}

TEST(Seen, without_memory_remembers_nothing) {
  Seen seen(0);
  seen.add({1, 2});
  EXPECT_FALSE(seen.has({1, 2}));
}

}  // namespace
}  // namespace ambit
