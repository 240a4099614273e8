// Keys, digests, the Merkle tree, commitments, the checkpoint: what is sealed opens, and nothing else does.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "stages/record/checkpoint.h"
#include "stages/record/commitment.h"
#include "stages/record/merkle.h"

namespace ambit::record::record_seal_test {
namespace {

namespace fs = std::filesystem;

class Seal : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "seal-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string key_file() const { return (folder_ / "case.key").string(); }
  [[nodiscard]] std::string content() const {
    std::ostringstream out;
    out << std::ifstream(key_file()).rdbuf();
    return out.str();
  }
  void rewrite(const std::string& text) {
    std::ofstream(key_file(), std::ios::trunc) << text;
    ::chmod(key_file().c_str(), 0600);
  }
  fs::path folder_;
};

CaseKey key_of(std::uint8_t seed) {
  Bytes32 secret;
  secret.fill(seed);
  return CaseKey::from_bytes(secret);
}
std::string hex(const Bytes32& bytes) { return to_hex(bytes); }

TEST_F(Seal, a_created_key_loads_as_the_same_key_and_only_its_owner_may_read_it) {
  const auto made = CaseKey::create(key_file());
  ASSERT_TRUE(made.ok());
  struct stat status {};
  ASSERT_EQ(::stat(key_file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const auto loaded = CaseKey::load(key_file());
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(made->public_key(), loaded->public_key());
  EXPECT_EQ(made->derive("x"), loaded->derive("x"));
}

TEST_F(Seal, a_key_is_never_overwritten) {
  ASSERT_TRUE(CaseKey::create(key_file()).ok());
  const std::string before = content();
  const auto again = CaseKey::create(key_file());
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind, ErrorKind::key);
  EXPECT_EQ(content(), before);
}

TEST_F(Seal, a_key_that_others_may_read_is_refused_with_the_remedy) {
  ASSERT_TRUE(CaseKey::create(key_file()).ok());
  for (const mode_t mode : {0640U, 0604U, 0620U, 0601U, 0666U}) {
    ::chmod(key_file().c_str(), mode);
    const auto loaded = CaseKey::load(key_file());
    ASSERT_FALSE(loaded.ok()) << mode;
    EXPECT_EQ(loaded.error().kind, ErrorKind::key);
    EXPECT_NE(loaded.error().remedy.find("chmod 600"), std::string::npos);
  }
  ::chmod(key_file().c_str(), 0400);
  EXPECT_TRUE(CaseKey::load(key_file()).ok());
}

TEST_F(Seal, a_key_with_any_character_changed_is_refused_and_never_repeated_in_the_error) {
  ASSERT_TRUE(CaseKey::create(key_file()).ok());
  const std::string good = content();
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == '3' ? '4' : '3';
    rewrite(bad);
    const auto loaded = CaseKey::load(key_file());
    ASSERT_FALSE(loaded.ok()) << i;
    EXPECT_EQ(loaded.error().what.find(good.substr(17, 16)), std::string::npos);
  }
  for (const std::string& bad : {std::string(), good.substr(0, 40), good + "x", good + good}) {
    rewrite(bad);
    EXPECT_FALSE(CaseKey::load(key_file()).ok());
  }
}

TEST_F(Seal, a_missing_key_is_an_error_of_the_operating_system) {
  const auto loaded = CaseKey::load(key_file());
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().kind, ErrorKind::io);
}

TEST(Digest, known_answers) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256().add("a").add("").add("bc").finish(), sha256("abc"));
  // RFC 4231, test case 2 has the key "Jefe"; ours are of 32 bytes, so it is padded as HMAC pads it.
  Bytes32 key{};
  std::copy_n("Jefe", 4, key.begin());
  EXPECT_EQ(hex(Hmac(key).of({"what do ya want ", "for nothing?"})),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Pseudonym, same_name_same_text_another_field_or_key_another_text) {
  const CaseKey key = key_of(1), other = key_of(2);
  const std::string text = key.pseudonym("name", "Jane Roe");
  EXPECT_EQ(text.size(), std::string("private-").size() + 12);
  EXPECT_TRUE(text.starts_with("private-"));
  EXPECT_EQ(text, key.pseudonym("name", "Jane Roe"));
  EXPECT_NE(text, key.pseudonym("name", "Jane Ro"));
  EXPECT_NE(text, key.pseudonym("mail", "Jane Roe"));
  EXPECT_NE(text, other.pseudonym("name", "Jane Roe"));
}

TEST(Signature, fits_only_the_text_and_the_key_it_was_made_for) {
  const CaseKey key = key_of(1);
  const Signature signature = key.sign("text");
  EXPECT_TRUE(verify_signature("text", signature, key.public_key()));
  EXPECT_FALSE(verify_signature("texT", signature, key.public_key()));
  EXPECT_FALSE(verify_signature("text", signature, key_of(2).public_key()));
}

// --- the tree: RFC 9162 written down once more, as its text defines it --------------------------------------
Bytes32 naive_root(const std::vector<std::string>& data) {
  if (data.empty()) return sha256("");
  if (data.size() == 1) return sha256(std::string(1, '\0') + data[0]);
  const auto split = static_cast<std::ptrdiff_t>(std::bit_floor(data.size() - 1));
  const Bytes32 left = naive_root({data.begin(), data.begin() + split});
  const Bytes32 right = naive_root({data.begin() + split, data.end()});
  return sha256("\1" + std::string(as_text(left)) + std::string(as_text(right)));
}

TEST(Merkle, root_is_that_of_the_recursive_definition_and_every_leaf_can_be_proven) {
  std::vector<std::string> data;
  MerkleTree tree;
  for (std::uint64_t size = 0; size <= 70; ++size) {
    EXPECT_EQ(tree.root(), naive_root(data)) << size;
    EXPECT_EQ(tree.leaves(), size);
    for (std::uint64_t i = 0; i < size; ++i) {
      const auto leaf_at = [&](std::uint64_t at) {
        EXPECT_NE(at, i);
        return leaf_hash(data[at]);
      };
      std::vector<Bytes32> proof = inclusion_proof(i, size, leaf_at);
      EXPECT_TRUE(verify_inclusion(leaf_hash(data[i]), i, size, proof, tree.root())) << i << " of " << size;
      EXPECT_FALSE(verify_inclusion(leaf_hash("another"), i, size, proof, tree.root()));
      EXPECT_EQ(verify_inclusion(leaf_hash(data[i]), (i + 1) % size, size, proof, tree.root()), size == 1);
      proof.push_back(leaf_hash("one too many"));
      EXPECT_FALSE(verify_inclusion(leaf_hash(data[i]), i, size, proof, tree.root()));
    }
    data.push_back("leaf " + std::to_string(size));
    tree.add_data(data.back());
  }
}

TEST(Merkle, a_node_cannot_be_passed_off_as_a_leaf) {
  const Bytes32 left = leaf_hash("a"), right = leaf_hash("b");
  EXPECT_NE(leaf_hash(std::string(as_text(left)) + std::string(as_text(right))), node_hash(left, right));
}

// --- canonical texts -------------------------------------------------------------------------------------------
Record full_record(const std::vector<Tally>& hits, const std::vector<Tally>& findings,
                   const std::vector<Exception>& exceptions, const Bytes32& digest) {
  Record record;
  record.exhibit = "srv";
  record.locator = "srv:/a \"quoted\" \\x0A/b";
  static const std::vector<std::string> links = {"srv:/b", "srv:/\"c\""};
  record.links = links;
  record.inode = 12;
  record.state = ObjectState::member;
  record.kind = Kind::mail;
  record.size = UINT64_MAX;
  record.modified = -5;
  record.sent = 7;
  record.disposition = Disposition::duplicate;
  record.reason = Reason::same_content;
  record.rule = "R1";
  record.hits = hits;
  record.findings = findings;
  record.exceptions = exceptions;
  record.sha256 = &digest;
  record.duplicate_of = "srv:/z";
  return record;
}

TEST(CanonicalRecord, is_json_with_every_fact_and_keys_in_a_fixed_order) {
  const std::vector<Tally> hits = {{"accused.mail", 3}, {"b", 1}}, findings = {{"health", 2}};
  const std::vector<Exception> exceptions = {{ExceptionReason::unreadable, 0, 4096}, {ExceptionReason::changed, 9, 0}};
  const Bytes32 digest = sha256("x");
  std::string text;
  append_record(text, full_record(hits, findings, exceptions, digest));
  const auto json = nlohmann::ordered_json::parse(text);
  EXPECT_EQ(json.dump(), text);  // no spaces, nothing doubled, standard escapes
  std::string keys;
  for (const auto& [key, value] : json.items()) keys += key + " ";
  EXPECT_EQ(keys,
            "exhibit locator links inode state kind size modified sent disposition reason rule hits findings "
            "exceptions sha256 "
            "duplicate_of ");
  EXPECT_EQ(json["locator"], "srv:/a \"quoted\" \\x0A/b");
  EXPECT_EQ(json["links"][1], "srv:/\"c\"");
  EXPECT_EQ(json["inode"], 12);
  EXPECT_EQ(json["size"], UINT64_MAX);
  EXPECT_EQ(json["modified"], -5);
  EXPECT_EQ(json["hits"]["accused.mail"], 3);
  EXPECT_EQ(json["exceptions"][1]["reason"], "changed");
  EXPECT_EQ(json["sha256"], hex(digest));
}

TEST(CanonicalRecord, leaves_out_what_has_nothing_to_say) {
  Record record;
  record.exhibit = "srv";
  record.locator = "srv:/a";
  std::string text;
  append_record(text, record);
  EXPECT_EQ(text, R"({"exhibit":"srv","locator":"srv:/a","state":"active","kind":"unknown","size":0,)"
                  R"("disposition":"not_relevant","reason":"no_rule"})");
}

TEST(LedgerLine, splits_into_the_record_and_the_nonce_it_was_made_of) {
  const Committer committer(key_of(1));
  const std::string record = R"({"exhibit":"srv","locator":"a,\"nonce\":\""})";
  const Commitment commitment = committer.commit("key", record);
  const std::string line = ledger_line(record, commitment.nonce);
  EXPECT_EQ(nlohmann::json::parse(line)["nonce"], hex(commitment.nonce));
  const auto back = split_ledger_line(line);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->record, record);
  EXPECT_EQ(commitment_of(back->nonce, back->record), commitment.hash);
  for (const std::string& bad : {std::string(), record, line.substr(1), line + " ", line.substr(0, line.size() - 1)}) {
    EXPECT_FALSE(split_ledger_line(bad)) << bad;
  }
}

TEST(Commitment, changes_with_the_record_and_hides_behind_key_and_locator) {
  const Committer committer(key_of(1)), other(key_of(2));
  const Commitment base = committer.commit("key", "{1}");
  EXPECT_EQ(committer.commit("key", "{1}").hash, base.hash);
  EXPECT_NE(committer.commit("key", "{2}").hash, base.hash);
  EXPECT_NE(committer.commit("kez", "{1}").hash, base.hash);
  EXPECT_NE(other.commit("key", "{1}").hash, base.hash);
}

TEST(ItemText, has_a_line_per_row_and_nothing_for_null) {
  IndexItem item;
  item.id = 7;
  item.exhibit = 1;
  item.locator = "srv:/a";
  item.kind = 2;
  item.size = 10;
  item.modified = -1;
  item.disposition = 7;
  item.rule = 3;
  item.extents = {{0, 2, 5, 4096}, {1, 0, 1, {}}};
  item.hits = {{3, 9, 0, 1, 4, true}};
  EXPECT_EQ(item_text(item),
            "item\t7\t1\t\tsrv:/a\t0\t2\t10\t\t-1\t7\t3\t\t\n"
            "extent\t0\t2\t5\t4096\nextent\t1\t0\t1\t\n"
            "hit\t3\t9\t0\t1\t4\t1\n");
  item.inode = 12;
  item.links = {"srv:/b", "srv:/c"};
  item.places = {{2, 3, 4096}, {5, 2, 0}};
  EXPECT_EQ(item_text(item),
            "item\t7\t1\t\tsrv:/a\t0\t2\t10\t\t-1\t7\t3\t\t12\n"
            "link\tsrv:/b\nlink\tsrv:/c\n"
            "extent\t0\t2\t5\t4096\nextent\t1\t0\t1\t\n"
            "place\t2\t3\t4096\nplace\t5\t2\t0\n"
            "hit\t3\t9\t0\t1\t4\t1\n");
}

// --- checkpoint ------------------------------------------------------------------------------------------------
Checkpoint sample() {
  Checkpoint out;
  out.order_id = "2013-ONSC-193";
  out.order_sha256 = hex(sha256("order"));
  out.detectors_sha256 = hex(sha256("detectors"));
  out.tool_version = "0.1.0";
  out.exhibits = {{"disk one.dd", "split raw", 4096, sha256("disk")}, {"folder", "folder", 17, {}}};
  out.index_leaves = 3;
  out.index_root = sha256("index");
  out.ledger_leaves = 4;
  out.ledger_root = sha256("ledger");
  for (std::size_t i = 0; i < kDispositions; ++i) out.totals[i] = {i, i * i};
  out.files = {{"ledger/0001.age", {sha256("a"), 1}}, {"relevance.db", {sha256("b"), 2}}};
  return out;
}

TEST(CheckpointText, reads_back_as_it_was_written) {
  const CaseKey key = key_of(3);
  const std::string text = signed_text(sample(), key);
  const auto read = read_checkpoint(text);
  ASSERT_TRUE(read.ok()) << read.error().what;
  EXPECT_EQ(read->public_key, key.public_key());
  EXPECT_EQ(read->exhibits[0].kind, "split raw");
  EXPECT_EQ(read->exhibits[0].name, "disk one.dd");
  EXPECT_FALSE(read->exhibits[1].sha256);
  EXPECT_EQ(signed_text(*read, key), text);  // so every field came back
}

TEST(CheckpointText, is_refused_with_any_byte_changed_missing_or_added) {
  const std::string good = signed_text(sample(), key_of(3));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(read_checkpoint(bad).ok()) << i;
    EXPECT_FALSE(read_checkpoint(std::string_view(good).substr(0, i)).ok()) << i;
  }
  EXPECT_FALSE(read_checkpoint(good + "\n").ok());
  EXPECT_EQ(read_checkpoint(good + "x").error().kind, ErrorKind::tampered);
}

TEST(CheckpointText, an_order_id_cannot_smuggle_in_a_line) {
  Checkpoint checkpoint = sample();
  checkpoint.order_id = "x\nindex_leaves: 0";
  const auto read = read_checkpoint(signed_text(checkpoint, key_of(3)));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->index_leaves, 3U);
  EXPECT_EQ(read->order_id.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace ambit::record::record_seal_test
