// The run directory: it depends on nothing but the evidence, its sums are right, and it is whole or not there.
#include "tests/record_run.h"

#include <sys/mount.h>

#include <set>

namespace ambit::record::record_run_test {
namespace {

TEST_F(Run, order_of_finishing_workers_and_memory_leave_no_trace) {
  std::vector<Judged> objects = mixture(3000);
  const auto first = write(folder_ / "first", objects);
  ASSERT_TRUE(first.ok()) << first.error().what;
  const std::string index = read_file(folder_ / "first/relevance.db");
  const std::string commitments = read_file(folder_ / "first/ledger/commitments");
  const std::vector<std::string> lines = ledger_lines(folder_ / "first");
  int n = 0;
  for (const Options& options : {Options{1, 1}, Options{4, 16 * limits::MiB}, Options{3, 200'000}}) {
    std::shuffle(objects.begin(), objects.end(), std::mt19937(static_cast<unsigned>(++n)));
    const fs::path directory = folder_ / std::to_string(n);
    const auto again = write(directory, objects, options);
    ASSERT_TRUE(again.ok()) << again.error().what;
    EXPECT_EQ(again->index_root, first->index_root);
    EXPECT_EQ(again->ledger_root, first->ledger_root);
    EXPECT_TRUE(read_file(directory / "relevance.db") == index);
    EXPECT_TRUE(read_file(directory / "ledger/commitments") == commitments);
    EXPECT_TRUE(ledger_lines(directory) == lines);
  }
}

TEST_F(Run, every_object_is_counted_once_and_is_either_in_the_index_or_in_the_ledger) {
  const std::vector<Judged> objects = mixture(2000);
  std::uint64_t bytes = 0;
  Coverage coverage;
  for (const Judged& object : objects) {
    bytes += object.facts.size;
    coverage += object.facts.coverage;
  }
  const auto totals = write(folder_ / "run", objects);
  ASSERT_TRUE(totals.ok());
  const fs::path db = folder_ / "run/relevance.db";
  EXPECT_EQ(query(db, "SELECT sum(items), sum(bytes) FROM census"),
            std::to_string(objects.size()) + "|" + std::to_string(bytes));
  EXPECT_EQ(query(db, "SELECT sum(bytes) FROM coverage"), std::to_string(coverage.total()));
  EXPECT_EQ(totals->objects, objects.size());
  EXPECT_EQ(totals->bytes, bytes);
  EXPECT_EQ(totals->released_items + totals->ledger_leaves, objects.size());
  EXPECT_EQ(ledger_lines(folder_ / "run").size(), totals->ledger_leaves);
  EXPECT_EQ(query(db, "SELECT count(*) FROM item"), std::to_string(totals->released_items));
  EXPECT_GT(totals->released_items, 100U);
  // What the index calls released is what the census counts as released, duplicates apart.
  for (const char* name : {"redact", "disclose"}) {
    const std::string of = std::string(" WHERE disposition = (SELECT number FROM word WHERE topic = 'disposition' ") +
                           "AND word = '" + name + "')";
    EXPECT_EQ(query(db, "SELECT count(*) FROM item" + of), query(db, "SELECT sum(items) FROM census" + of));
  }
  EXPECT_EQ(query(db,
                  "SELECT DISTINCT w.word FROM item i JOIN word w ON w.topic = 'disposition' "
                  "AND w.number = i.disposition ORDER BY 1"),
            "disclose\nduplicate\nredact");
}

TEST_F(Run, every_line_of_the_ledger_is_proven_by_the_checkpoint_and_the_file_of_commitments) {
  const auto totals = write(folder_ / "run", mixture(300));
  ASSERT_TRUE(totals.ok());
  const std::string all = read_file(folder_ / "run/ledger/commitments");
  std::vector<std::string> leaves;
  for (std::size_t i = 0; i < all.size(); i += 32) leaves.push_back(all.substr(i, 32));
  EXPECT_TRUE(std::is_sorted(leaves.begin(), leaves.end()));
  const auto checkpoint = read_checkpoint(read_file(folder_ / "run/checkpoint.txt"));
  ASSERT_TRUE(checkpoint.ok());
  EXPECT_EQ(checkpoint->ledger_leaves, leaves.size());
  EXPECT_EQ(query(folder_ / "run/relevance.db", "SELECT value FROM meta WHERE key = 'ledger_root'"),
            to_hex(checkpoint->ledger_root));
  std::set<std::string> proven;
  for (const std::string& text : ledger_lines(folder_ / "run")) {
    const auto line = split_ledger_line(text);
    ASSERT_TRUE(line);
    const Bytes32 commitment = commitment_of(line->nonce, line->record);
    const auto found = std::lower_bound(leaves.begin(), leaves.end(), as_text(commitment));
    ASSERT_TRUE(found != leaves.end() && *found == as_text(commitment));
    const auto index = static_cast<std::uint64_t>(found - leaves.begin());
    const auto proof = inclusion_proof(index, leaves.size(), [&](std::uint64_t i) { return leaf_hash(leaves[i]); });
    EXPECT_TRUE(verify_inclusion(leaf_hash(*found), index, leaves.size(), proof, checkpoint->ledger_root));
    proven.insert(*found);
  }
  EXPECT_EQ(proven.size(), leaves.size());
}

TEST_F(Run, index_root_follows_from_the_database_alone) {
  std::vector<Judged> objects = mixture(300);
  objects[0] = caught(at(1, "two extents"), Disposition::redact, std::string(900, 'x'));
  objects[0].decision.extents = {{0, 10, View::raw}, {100, 20, View::raw}, {2, 3, View::text}};
  objects[0].exhibit_offsets = {4096, std::nullopt, std::nullopt};
  objects[0].places = {{100, 9000, 5}, {108, 512, 12}};
  objects[0].inode = 12;
  objects[0].links = {"b\xff/two", "a/one", "b\xff/two"};
  objects[0].facts.examined_links = 3;
  const auto totals = write(folder_ / "run", objects);
  ASSERT_TRUE(totals.ok());
  const fs::path db = folder_ / "run/relevance.db";
  MerkleTree tree;
  for (std::uint64_t id = 1; id <= totals->released_items; ++id) {
    const std::string of = std::to_string(id);
    std::string text = query(db,
                             "SELECT 'item', id, exhibit, parent, locator, state, kind, size, lower(hex(sha256)), "
                             "modified, disposition, rule, duplicate_of, inode FROM item WHERE id = " +
                                 of);
    for (const std::string& rows :
         {query(db, "SELECT 'link', locator FROM link WHERE item = " + of + " ORDER BY 2"),
          query(db, "SELECT 'extent', view, start, length, exhibit_offset FROM extent WHERE item = " + of +
                        " ORDER BY 2, 3"),
          query(db, "SELECT 'place', start, length, exhibit_offset FROM place WHERE item = " + of + " ORDER BY 2"),
          query(db, "SELECT 'hit', start, identifier, view, form, length, crossing FROM hit WHERE item = " + of +
                        " ORDER BY 2, 3, 4, 5, 6, 7")}) {
      if (!rows.empty()) text += "\n" + rows;
    }
    std::replace(text.begin(), text.end(), '|', '\t');
    tree.add_data(text + "\n");
  }
  EXPECT_EQ(tree.root(), totals->index_root);
  EXPECT_EQ(query(db, "SELECT group_concat(locator, ' ') FROM link"), "disk:/a/one disk:/b\\xFF/two");
  EXPECT_EQ(query(db, "SELECT start, length, exhibit_offset FROM place"), "100|5|9000\n108|12|512");
}

TEST_F(Run, checkpoint_lists_every_file_with_its_digest_and_is_signed_by_the_case_key) {
  ASSERT_TRUE(write(folder_ / "run", mixture(100)).ok());
  const auto checkpoint = read_checkpoint(read_file(folder_ / "run/checkpoint.txt"));
  ASSERT_TRUE(checkpoint.ok());
  EXPECT_EQ(checkpoint->public_key, key_.public_key());
  std::set<std::string> listed = {"checkpoint.txt"};
  for (const CheckpointFile& file : checkpoint->files) {
    listed.insert(file.path);
    const std::string bytes = read_file(folder_ / "run" / file.path);
    EXPECT_EQ(file.digest.bytes, bytes.size());
    EXPECT_EQ(file.digest.sha256, sha256(bytes));
  }
  std::set<std::string> there;
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "run")) {
    if (entry.is_regular_file()) there.insert(fs::relative(entry.path(), folder_ / "run"));
  }
  EXPECT_EQ(listed, there);  // and DIR/work is gone
  EXPECT_FALSE(fs::exists(folder_ / "run/work"));
  EXPECT_EQ(read_file(folder_ / "run/run.json"), "{\"objects\":100}");
}

// --- tables ----------------------------------------------------------------------------------------------------
TEST_F(Run, tables_say_what_the_order_and_the_exhibits_were) {
  Judged hurt = excluded(at(1, "hurt"), 8192);
  hurt.facts.exceptions = {{ExceptionReason::unreadable, 0, 4096},
                           {ExceptionReason::unreadable, 4096, 10},
                           {ExceptionReason::hits_limit, 0, 0}};
  hurt.facts.coverage = {4086, 0, 4106};
  hurt.decision = {Disposition::unexamined, Reason::unreadable, {}, {}};
  hurt.facts.hits = {{0, 3, 1, View::raw, Form::utf8, false}, {9, 3, 1, View::raw, Form::utf8, false}};
  const auto totals = write(folder_ / "run", {hurt, excluded(at(0, "well"))});
  ASSERT_TRUE(totals.ok());
  EXPECT_EQ(totals->exception_objects, 1U);
  EXPECT_EQ(totals->exception_bytes, 4106U);
  const fs::path db = folder_ / "run/relevance.db";
  EXPECT_EQ(query(db, "PRAGMA application_id"), std::to_string(0x414D4254));
  EXPECT_EQ(query(db, "PRAGMA user_version"), "3");
  EXPECT_EQ(query(db, "PRAGMA integrity_check"), "ok");
  EXPECT_EQ(query(db, "SELECT name, strength, objects, hits FROM identifier ORDER BY id"),
            "accused.mail|strong|0|0\npayout|strong|1|2\nnever.seen|strong|0|0");
  EXPECT_EQ(query(db, "SELECT * FROM rule"), "1|R1|4a|accused.mail|relevant\n2|P1|7|payout|privileged");
  EXPECT_EQ(query(db, "SELECT id, name, kind, bytes, length(sha256) FROM exhibit"),
            "1|srv|folder|0|\n2|disk|split raw|4096|32");
  EXPECT_EQ(query(db,
                  "SELECT e.exhibit, w.word, e.objects, e.bytes FROM exception e JOIN word w ON w.topic = 'reason' "
                  "AND w.number = e.reason ORDER BY 2"),
            "2|hits_limit|1|0\n2|unreadable|1|4106");
  EXPECT_EQ(query(db, "SELECT * FROM coverage WHERE bytes > 0"), "1|swept|100\n2|swept|4086\n2|unreadable|4106");
  EXPECT_EQ(query(db, "SELECT value FROM meta WHERE key = 'order_id'"), "TEST-1");
  const std::string line = ledger(folder_ / "run");
  EXPECT_NE(line.find(R"("hits":{"payout":2})"), std::string::npos);
  EXPECT_NE(line.find(R"({"reason":"unreadable","offset":4096,"length":10})"), std::string::npos);
}

TEST_F(Run, findings_are_counted_by_category_for_the_court) {
  Judged object = caught(at(0, "a"), Disposition::review_private, "content");
  object.facts.findings = {{0, 3, 0, Grade::validated, View::raw},
                           {4, 3, 1, Grade::validated, View::raw},
                           {9, 3, 0, Grade::shape_only, View::raw}};
  ASSERT_TRUE(write(folder_ / "run", {object}).ok());
  EXPECT_NE(ledger(folder_ / "run").find(R"("findings":{"account":1,"health":2})"), std::string::npos);
}

// Objects as large as the contract's limit says compact ones are: one or two hits, one extent.
std::vector<Judged> released(std::size_t count) {
  std::mt19937 random(3);
  std::vector<Judged> out;
  for (std::size_t i = 0; i < count; ++i) {
    Judged object = caught(at(0, "srv/www/files/" + std::to_string(random() % 5000) + "/" + std::to_string(i) + ".eml"),
                           Disposition::disclose, std::to_string(i));
    object.facts.size = 1000 + random() % 2'000'000;
    object.facts.modified = 1'100'000'000 + static_cast<std::int64_t>(random() % 100'000'000);
    object.facts.hits = {
        {random() % object.facts.size, 12, static_cast<IdentifierId>(i % 3 % 2), View::raw, Form::utf8, false}};
    if (i % 2 == 0) object.facts.hits.push_back({random() % object.facts.size, 24, 2, View::raw, Form::utf16le, false});
    object.decision.extents = {{0, object.facts.size, View::raw}};
    if (i % 4 == 0) object.decision.extents = {{random() % object.facts.size, 1 + random() % 300, View::raw}};
    if (i % 4 < 2) object.exhibit_offsets = {random() * 512ULL};
    std::sort(object.facts.hits.begin(), object.facts.hits.end());
    out.push_back(std::move(object));
  }
  return out;
}

TEST_F(Run, a_released_item_costs_at_most_ninety_bytes_beside_its_locator) {
  const std::vector<Judged> objects = released(10'000);
  std::uint64_t text = 0;
  for (const Judged& object : objects) text += to_string(object.locator, "srv").size();
  ASSERT_TRUE(write(folder_ / "none", {}).ok());
  ASSERT_TRUE(write(folder_ / "run", objects).ok());
  const auto size = [&](const char* name) { return fs::file_size(folder_ / name / "relevance.db"); };
  const double each = static_cast<double>(size("run") - text) / 10'000;
  RecordProperty("bytes_per_item", std::to_string(each));
  RecordProperty("bytes_of_empty_index", std::to_string(size("none")));
  EXPECT_EQ(
      query(folder_ / "run/relevance.db", "SELECT (SELECT count(*) FROM origin_row) + (SELECT count(*) FROM place)"),
      "0");
  EXPECT_LE(each, 90.0) << "of which the empty index is " << size("none");
}

// --- refusals ------------------------------------------------------------------------------------------------------
TEST_F(Run, a_directory_that_holds_anything_is_refused_and_left_alone) {
  ASSERT_TRUE(write(folder_ / "run", {excluded(at(0, "a"))}).ok());
  const std::string before = read_file(folder_ / "run/checkpoint.txt");
  const auto again = write(folder_ / "run", {});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind, ErrorKind::io);
  EXPECT_EQ(read_file(folder_ / "run/checkpoint.txt"), before);
  fs::create_directory(folder_ / "other");
  std::ofstream(folder_ / "other/notes.txt") << "mine";
  EXPECT_FALSE(write(folder_ / "other", {}).ok());
  EXPECT_EQ(read_file(folder_ / "other/notes.txt"), "mine");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "other"), {}), 1);
}

TEST_F(Run, a_writer_that_is_not_closed_leaves_nothing) {
  for (const bool existed : {false, true}) {
    const fs::path directory = folder_ / "gone";
    if (existed) fs::create_directory(directory);
    {
      RunWriter::Setup setup;
      setup.directory = directory;
      setup.scope = &scope_;
      setup.key = &key_;
      setup.exhibit_names = {"srv"};
      setup.exhibit_kinds = {"folder"};
      auto writer = RunWriter::create(setup);
      ASSERT_TRUE(writer.ok());
      auto& state = (*writer)->make_state();
      Portion portion((*writer)->next_portion());
      const Judged object = excluded(at(0, "a"));
      ASSERT_TRUE((*writer)
                      ->add(state, portion, {&object.locator, object.state, &object.facts, &object.decision, false, {}})
                      .ok());
      EXPECT_TRUE(fs::exists(directory / "work"));
    }
    EXPECT_EQ(fs::exists(directory), existed);
    EXPECT_TRUE(!existed || fs::is_empty(directory));
  }
}

TEST_F(Run, an_index_that_the_audit_refuses_leaves_nothing) {
  RunWriter::Setup with = setup(folder_ / "refused");
  std::string seen;
  with.audit = [&](const std::string& file) -> Result<> {
    seen = read_file(file).substr(0, 15);
    return Error{ErrorKind::tampered, "somebody stands in it", "", ""};
  };
  {
    auto writer = RunWriter::create(with);
    ASSERT_TRUE(writer.ok());
    const auto closed = (*writer)->close({0, 0}, {std::nullopt, std::nullopt}, [](const Totals&) { return "{}"; });
    ASSERT_FALSE(closed.ok());
    EXPECT_EQ(closed.error().what, "somebody stands in it");
    EXPECT_EQ(seen, "SQLite format 3");
    EXPECT_FALSE(fs::exists(folder_ / "refused/relevance.db"));
  }
  EXPECT_FALSE(fs::exists(folder_ / "refused"));
}

TEST_F(Run, a_bad_recipient_leaves_nothing) {
  scope_.seal_to = {"age1nobody"};
  const auto run = write(folder_ / "run", {});
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().kind, ErrorKind::key);
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

// A file system of few bytes. Whatever is the first to meet its end (a spill, age, SQLite, a plain write), the
// error is the same and nothing looks finished.
TEST_F(Run, a_full_disk_is_said_so_and_leaves_nothing_that_looks_finished) {
  const fs::path small = folder_ / "small";
  fs::create_directory(small);
  struct Unmount {
    const fs::path& path;
    ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
  } unmount{small};
  if (::mount("none", small.c_str(), "tmpfs", 0, "size=4k") != 0) GTEST_SKIP() << "needs the right to mount";
  std::vector<Judged> objects = released(3000);
  for (int i = 0; i < 6000; ++i) objects.push_back(excluded(at(0, "x/" + std::to_string(i * 7919LL))));
  std::size_t failures = 0;
  bool succeeded = false;
  for (std::uint64_t size = 64 * limits::KiB; size <= 8 * limits::MiB && !succeeded; size = size * 5 / 4) {
    ASSERT_EQ(::mount("none", small.c_str(), "tmpfs", MS_REMOUNT, ("size=" + std::to_string(size)).c_str()), 0);
    const auto run = write(small / "run", objects, {2, 64 * limits::KiB});
    succeeded = run.ok();
    if (succeeded) break;
    ++failures;
    EXPECT_EQ(run.error().kind, ErrorKind::space) << size << ": " << run.error().what;
    EXPECT_FALSE(run.error().remedy.empty());
    EXPECT_FALSE(fs::exists(small / "run")) << size;
  }
  EXPECT_TRUE(succeeded);
  EXPECT_GT(failures, 5U);
}

}  // namespace
}  // namespace ambit::record::record_run_test
