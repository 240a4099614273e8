// The journal of a run, and what of it counts.
#include <gmock/gmock.h>

#include "tests/record_run.h"

namespace ambit::record::record_resume_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Journals : public Run {
 protected:
  std::vector<std::string> blocks(const std::string& path, const CaseKey& key) {
    auto journal = Journal::open(path, key);
    EXPECT_TRUE(journal.ok());
    std::vector<std::string> out;
    Journal::Reader reader(**journal);
    for (Result<bool> more = reader.next(); more.ok() && *more; more = reader.next()) out.emplace_back(reader.block());
    return out;
  }
  std::string make(const std::vector<std::string>& blocks) {
    const std::string path = folder_ / "journal";
    fs::remove(path);
    auto journal = Journal::create(path, key_);
    for (const std::string& block : blocks) EXPECT_TRUE((*journal)->append(block).ok());
    EXPECT_TRUE((*journal)->sync().ok());
    return path;
  }
};

TEST_F(Journals, gives_its_blocks_back_up_to_the_first_that_is_torn) {
  const std::string path = make({"one", "", std::string(100'000, 'x'), "four"});
  EXPECT_THAT(blocks(path, key_), ElementsAre("one", "", std::string(100'000, 'x'), "four"));
  const std::string whole = read_file(path);
  EXPECT_EQ(whole.find("xxxx"), std::string::npos);
  for (std::size_t size = 24; size < whole.size(); size += 1 + size / 3) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    const auto found = blocks(path, key_);
    ASSERT_LT(found.size(), 4U) << size;
    if (!found.empty()) { EXPECT_EQ(found[0], "one"); }
  }
}

TEST_F(Journals, takes_no_block_that_was_moved_left_out_or_comes_from_another_journal) {
  const std::string path = make({"first", "other"});
  const std::string whole = read_file(path);
  const std::size_t start = 24, size = (whole.size() - start) / 2;
  const std::string first = whole.substr(start, size), other = whole.substr(start + size);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, start) << other << first;
  EXPECT_THAT(blocks(path, key_), ElementsAre());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, start) << first << first;
  EXPECT_THAT(blocks(path, key_), ElementsAre("first"));
  const std::string stranger = read_file(make({"first", "stranger"})).substr(start + size);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, start) << first << stranger;
  EXPECT_THAT(blocks(path, key_), ElementsAre("first"));
  EXPECT_THAT(blocks(path, CaseKey::from_bytes(sha256("another case"))), ElementsAre());
}

// What was ended, in the order of ending.
struct Seen : Replay {
  std::vector<std::string> names, notes;
  void portion(std::string_view name, const std::vector<std::string>& all) override {
    names.emplace_back(name);
    notes.insert(notes.end(), all.begin(), all.end());
  }
};

class Resumed : public Journals {
 protected:
  RunWriter::Setup setup_of(const std::string& name) const { return setup(folder_ / name); }
  static void end(RunWriter& writer, RunWriter::State& state, Portion& portion, const std::string& name) {
    ASSERT_TRUE(writer.leave(state, portion).ok());
    ASSERT_TRUE(writer.end(state, portion, name).ok());
  }
  void close(RunWriter& writer) {
    const auto totals = writer.close({0, 4096}, {std::nullopt, sha256("disk")}, [](const Totals& all) {
      return "{\"objects\":" + std::to_string(all.objects) + "}";
    });
    ASSERT_TRUE(totals.ok()) << totals.error().what;
  }
};

TEST_F(Resumed, counts_portions_that_were_ended_and_has_the_others_done_again) {
  const std::vector<Judged> objects = mixture(400);
  ASSERT_TRUE(write(folder_ / "whole", objects).ok());
  {
    auto writer = RunWriter::create(setup_of("run"));
    ASSERT_TRUE(writer.ok());
    (*writer)->keep();
    RunWriter::State &one = (*writer)->make_state(), &two = (*writer)->make_state();
    Portion ended((*writer)->next_portion()), open((*writer)->next_portion());
    for (std::size_t i = 0; i < 100; ++i) EXPECT_TRUE(add(**writer, i % 2 == 0 ? one : two, ended, objects[i]).ok());
    ASSERT_TRUE((*writer)->note(two, ended, "half").ok());
    ASSERT_TRUE((*writer)->leave(two, ended).ok());
    end(**writer, one, ended, "first hundred");
    for (std::size_t i = 100; i < 200; ++i) EXPECT_TRUE(add(**writer, i % 2 == 0 ? one : two, open, objects[i]).ok());
    ASSERT_TRUE((*writer)->leave(one, open).ok());
    ASSERT_TRUE((*writer)->checkpoint().ok());
  }  // dies
  Seen seen;
  auto writer = RunWriter::resume(setup_of("run"), seen);
  ASSERT_TRUE(writer.ok()) << writer.error().what;
  EXPECT_THAT(seen.names, ElementsAre("first hundred"));
  EXPECT_THAT(seen.notes, ElementsAre("half"));
  RunWriter::State& state = (*writer)->make_state();
  Portion rest((*writer)->next_portion());
  for (std::size_t i = 100; i < 400; ++i) EXPECT_TRUE(add(**writer, state, rest, objects[i]).ok());
  end(**writer, state, rest, "rest");
  close(**writer);
  EXPECT_EQ(read_file(folder_ / "run/relevance.db"), read_file(folder_ / "whole/relevance.db"));
  EXPECT_EQ(ledger_lines(folder_ / "run"), ledger_lines(folder_ / "whole"));
  EXPECT_EQ(read_file(folder_ / "run/ledger/commitments"), read_file(folder_ / "whole/ledger/commitments"));
}

TEST_F(Resumed, does_not_count_a_portion_of_which_one_worker_s_part_is_lost) {
  {
    auto writer = RunWriter::create(setup_of("run"));
    ASSERT_TRUE(writer.ok());
    (*writer)->keep();
    RunWriter::State& state = (*writer)->make_state();
    Portion portion((*writer)->next_portion());
    EXPECT_TRUE(add(**writer, state, portion, excluded(at(0, "a"))).ok());
    portion.entries += 1;  // of another worker, which never came to the disk
    end(**writer, state, portion, "torn");
    ASSERT_TRUE((*writer)->checkpoint().ok());
  }
  Seen seen;
  auto writer = RunWriter::resume(setup_of("run"), seen);
  ASSERT_TRUE(writer.ok());
  EXPECT_THAT(seen.names, ElementsAre());
  EXPECT_EQ((*writer)->resumed().seen, 0U);
  close(**writer);
  EXPECT_EQ(query(folder_ / "run/relevance.db", "SELECT coalesce(sum(items), 0) FROM census"), "0");
  EXPECT_EQ(ledger(folder_ / "run"), "");
}

TEST_F(Resumed, is_refused_to_whoever_has_another_key_or_another_order_and_while_it_is_at_work) {
  auto writer = RunWriter::create(setup_of("run"));
  ASSERT_TRUE(writer.ok());
  (*writer)->keep();
  Seen seen;
  const auto refused = [&](const RunWriter::Setup& with, const std::string& because) {
    const auto again = RunWriter::resume(with, seen);
    ASSERT_FALSE(again.ok());
    EXPECT_THAT(again.error().what, HasSubstr(because));
  };
  refused(setup_of("run"), "another run is at work");
  writer->reset();
  const CaseKey other = CaseKey::from_bytes(sha256("other"));
  RunWriter::Setup changed = setup_of("run");
  changed.key = &other;
  refused(changed, "another case key");
  changed = setup_of("run");
  changed.detectors_sha256 = std::string(64, 'e');
  changed.tool_version = "0.2.0";
  refused(changed, "the detectors, the version of ambit");
  changed = setup_of("run");
  changed.exhibit_marks = {"", "4096 bytes"};
  refused(changed, "exhibit srv, exhibit disk");
  EXPECT_TRUE(RunWriter::resume(setup_of("run"), seen).ok());
}

}  // namespace
}  // namespace ambit::record::record_resume_test
