#include <gtest/gtest.h>

#include "pipeline/hash_list.h"
#include "pipeline/hash_set.h"
#include "pipeline/hash_set_writer.h"
#include "stages/hash/digest.h"
#include "stages/hash/hash_lookup.h"
#include "stages/hash/seen.h"
#include "tests/evidence.h"

namespace ambit::hash_test {
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

std::shared_ptr<const HashSet> set_of(const std::vector<HashValue>& values) {
  test::TemporaryFolder folder;
  HashSetWriter writer(folder.path(), 1 << 20);
  for (const HashValue& value : values) EXPECT_TRUE(writer.add(value).ok());
  Result<File> file = File::create_unnamed(folder.path());
  EXPECT_TRUE(writer.write(*file).ok());
  return HashSet::open(std::move(*file), "set").value();
}

// The hashes as an order may give them: spelled out, or in a set.
enum class As { hashes, set };
Scope scope_with(const std::vector<HashValue>& identifier, const std::vector<HashValue>& known, As as = As::hashes) {
  Scope scope;
  scope.identifiers.resize(1);
  if (as == As::hashes) scope.identifiers[0].hashes = identifier;
  if (as == As::set && !identifier.empty()) scope.identifiers[0].hash_sets = {set_of(identifier)};
  if (!known.empty()) scope.known.push_back({"set", set_of(known)});
  return scope;
}

class Lookup : public testing::TestWithParam<As> {};
INSTANTIATE_TEST_SUITE_P(Hash, Lookup, testing::Values(As::hashes, As::set),
                         [](const auto& p) { return p.param == As::set ? "in_a_set" : "spelled_out"; });

TEST_P(Lookup, asks_for_a_digest_only_where_a_size_can_match) {
  const HashLookup sized(scope_with({md5_of("abc", 3)}, {}, GetParam()));
  EXPECT_TRUE(sized.needed(3).md5);
  EXPECT_FALSE(sized.needed(3).sha1 || sized.needed(3).sha256);
  EXPECT_FALSE(sized.needed(4).any());
  const HashLookup unsized(scope_with({md5_of("abc", std::nullopt)}, {}, GetParam()));
  EXPECT_TRUE(unsized.needed(4).md5);
  EXPECT_FALSE(unsized.empty());
}

TEST(Lookup, without_hashes_needs_none) {
  EXPECT_FALSE(HashLookup(Scope{}).needed(0).any());
  EXPECT_TRUE(HashLookup(Scope{}).empty());
}

TEST_P(Lookup, turns_a_match_into_a_hit_of_the_whole_object_or_into_known) {
  const HashLookup lookup(scope_with({md5_of("abc", 3)}, {md5_of("xyz", std::nullopt)}, GetParam()));
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

TEST_P(Lookup, of_what_the_case_looks_for_and_a_set_knows_gives_both) {
  const HashLookup lookup(scope_with({md5_of("abc", 3)}, {md5_of("abc", 3)}, GetParam()));
  Facts facts = digests_of("abc", 4'096, {.md5 = true});
  lookup.look_up(facts);
  EXPECT_EQ(facts.hits.size(), 1U) << "the hit wins: see DecideLaws";
  EXPECT_TRUE(facts.known);
}

TEST_P(Lookup, believes_no_digest_whose_size_is_another) {
  const HashLookup lookup(scope_with({md5_of("abc", 4)}, {md5_of("abc", 5)}, GetParam()));
  Facts facts = digests_of("abc", 4'096, {.md5 = true});
  lookup.look_up(facts);
  EXPECT_TRUE(facts.hits.empty());
  EXPECT_FALSE(facts.known);
}

TEST_P(Lookup, works_with_every_kind_of_digest) {
  const Facts of = digests_of("abc", 4'096, {true, true, true});
  HashValue sha1{DigestKind::sha1, {}, 3}, sha256{DigestKind::sha256, {}, std::nullopt};
  std::copy(of.digests.sha1->begin(), of.digests.sha1->end(), sha1.bytes.begin());
  std::copy(of.digests.sha256->begin(), of.digests.sha256->end(), sha256.bytes.begin());
  for (const HashValue& value : {md5_of("abc", 3), sha1, sha256}) {
    const HashLookup lookup(scope_with({value}, {value}, GetParam()));
    Facts facts = of;
    lookup.look_up(facts);
    EXPECT_EQ(facts.hits.size(), 1U) << to_string(value.kind);
    EXPECT_TRUE(facts.known);
  }
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

TEST(Seen, grows_and_remembers_what_came_since) {
  Seen seen(1 << 24);
  for (std::uint64_t i = 1; i <= 400'000; ++i) {
    const Fingerprint mine{i * 0x9e3779b97f4a7c15, i};
    EXPECT_FALSE(seen.has(mine));
    seen.add(mine);
    EXPECT_TRUE(seen.has(mine));
  }
  std::size_t remembered = 0;
  for (std::uint64_t i = 1; i <= 400'000; ++i) remembered += seen.has({i * 0x9e3779b97f4a7c15, i}) ? 1U : 0U;
  EXPECT_GT(remembered, 150'000U);
}

TEST(Seen, without_memory_remembers_nothing) {
  Seen seen(0);
  seen.add({1, 2});
  EXPECT_FALSE(seen.has({1, 2}));
}

}  // namespace
}  // namespace ambit::hash_test
