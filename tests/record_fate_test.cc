// What a party can read of an object and what only the court can; duplicates and families.
#include "tests/record_run.h"

namespace ambit::record::record_fate_test {
namespace {

// --- privacy ---------------------------------------------------------------------------------------------------
std::string base64(const std::string& text) { return shell("printf %s '" + text + "' | base64 -w0"); }

TEST_F(Run, nothing_of_an_excluded_object_is_readable_in_any_file) {
  const std::string canary = "QuietCustomerDiary";
  const std::string secret_content = "content of the canary";
  std::vector<Judged> objects = mixture(200);
  for (const Disposition disposition :
       {Disposition::not_relevant, Disposition::quarantined, Disposition::privileged, Disposition::review_private,
        Disposition::review_relevance, Disposition::unexamined, Disposition::known, Disposition::out_of_scope}) {
    const std::string name = canary + std::to_string(static_cast<int>(disposition));
    objects.push_back(caught(at(0, name + "/x", {name}), disposition, secret_content));
  }
  ASSERT_TRUE(write(folder_ / "run", objects, {2, 1}).ok());
  EXPECT_NE(ledger(folder_ / "run").find(canary), std::string::npos);  // the court can read it
  std::string utf16;
  for (const char c : canary) utf16 += {c, '\0'};
  const Bytes32 digest = sha256(secret_content);
  std::vector<std::string> shapes = {canary, utf16, std::string(as_text(digest)), to_hex(digest)};
  shapes.push_back(to_hex(std::span(reinterpret_cast<const std::uint8_t*>(canary.data()), canary.size())));
  for (const std::string& lead : {std::string(), std::string("x"), std::string("xy")}) {
    shapes.push_back(base64(lead + canary).substr(4, 18));
  }
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "run")) {
    if (!entry.is_regular_file()) continue;
    const std::string bytes = read_file(entry.path());
    for (const std::string& shape : shapes) EXPECT_EQ(bytes.find(shape), std::string::npos) << entry.path();
  }
}

TEST_F(Run, a_third_partys_name_in_a_released_locator_becomes_a_pseudonym) {
  Judged object = caught(at(0, "home/jane roe/mail", {"from jane roe/1.eml"}), Disposition::disclose, "content!");
  object.facts.private_names = {{0, 1}, {1, 0}};
  Judged other = caught(at(0, "home/jane roe/other"), Disposition::disclose, "other content");
  other.facts.private_names = {{0, 1}};
  ASSERT_TRUE(write(folder_ / "run", {object, other}).ok());
  const std::string jane = key_.pseudonym("name", "jane roe"), from = key_.pseudonym("name", "from jane roe");
  EXPECT_EQ(query(folder_ / "run/relevance.db", "SELECT locator FROM item ORDER BY id"),
            "srv:/home/" + jane + "/mail!/" + from + "/1.eml\nsrv:/home/" + jane + "/other");
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "run")) {
    const std::string bytes = entry.is_regular_file() ? read_file(entry.path()) : "";
    EXPECT_EQ(bytes.find("jane"), std::string::npos);
  }
}

TEST_F(Run, a_component_that_is_not_there_hides_the_whole_name) {
  Judged object = caught(at(0, "jane/roe"), Disposition::disclose, "content!");
  object.facts.private_names = {{0, 2}};
  ASSERT_TRUE(write(folder_ / "run", {object}).ok());
  EXPECT_EQ(query(folder_ / "run/relevance.db", "SELECT locator FROM item"),
            "srv:/" + key_.pseudonym("name", "jane/roe"));
}

TEST_F(Run, the_other_paths_of_a_file_are_told_under_the_same_pseudonyms) {
  Judged object = caught(at(0, "home/jane roe/mail"), Disposition::disclose, "content!");
  object.inode = 4711;
  object.links = {"archive/jane roe", "shared/list"};
  object.facts.private_names = {{0, 1}};
  object.facts.private_links = {{0, 1}};
  object.facts.examined_links = 2;
  ASSERT_TRUE(write(folder_ / "run", {object}).ok());
  const fs::path db = folder_ / "run/relevance.db";
  const std::string jane = key_.pseudonym("name", "jane roe");
  EXPECT_EQ(query(db, "SELECT locator FROM link ORDER BY 1"), "srv:/archive/" + jane + "\nsrv:/shared/list");
  EXPECT_EQ(query(db, "SELECT locator, inode, links FROM v_item"), "srv:/home/" + jane + "/mail|4711|2");
}

TEST_F(Run, of_a_path_that_nobody_looked_at_only_what_the_locator_shows_is_told) {
  Judged object = caught(at(0, "home/jane/mail/1.eml"), Disposition::disclose, "content!");
  object.links = {"home/jane/mail/2.eml", "home/joe/mail/1.eml", "mail", "home/jane/mail/1.eml/x"};
  object.facts.private_names = {{0, 1}};
  ASSERT_TRUE(write(folder_ / "run", {object}).ok());
  const auto hidden = [&](const char* name) { return key_.pseudonym("name", name); };
  std::vector<std::string> expected = {
      "srv:/home/" + hidden("jane") + "/mail/" + hidden("2.eml"),
      "srv:/home/" + hidden("joe") + "/mail/1.eml",
      "srv:/" + hidden("mail"),
      "srv:/home/" + hidden("jane") + "/mail/1.eml/" + hidden("x"),
  };
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(query(folder_ / "run/relevance.db", "SELECT group_concat(locator, '; ') FROM link"),
            expected[0] + "; " + expected[1] + "; " + expected[2] + "; " + expected[3]);
}

TEST_F(Run, names_of_volumes_and_streams_become_pseudonyms_too_and_a_link_keeps_the_stream) {
  Judged object = caught({1,
                          {{StepKind::partition, "", 3, 0},
                           {StepKind::volume, "vg0/jane", 0, 0},
                           {StepKind::path, "a.txt", 0, 0},
                           {StepKind::stream, "from jane", 0, 0}}},
                         Disposition::disclose, "content!");
  object.links = {"b.txt"};
  object.facts.private_names = {{1, 1}, {3, 0}};
  object.facts.examined_links = 1;
  ASSERT_TRUE(write(folder_ / "run", {object}).ok());
  const std::string jane = key_.pseudonym("name", "jane"), from = key_.pseudonym("name", "from jane");
  EXPECT_EQ(query(folder_ / "run/relevance.db", "SELECT i.locator, l.locator FROM item i JOIN link l ON l.item = i.id"),
            "disk:p3:vg0/" + jane + ":/a.txt:" + from + "|disk:p3:vg0/" + jane + ":/b.txt:" + from);
}

TEST_F(Run, the_ledger_tells_inode_and_all_paths_of_an_excluded_file) {
  Judged plain = excluded(at(0, "home/a")), waits = caught(at(0, "home/b"), Disposition::review_private, "content!");
  for (Judged* object : {&plain, &waits}) {
    object->locator.steps.insert(object->locator.steps.begin(), {StepKind::partition, "", 2, 0});
    object->inode = 12;
    object->links = {"home/x\"y", "home/z"};
  }
  ASSERT_TRUE(write(folder_ / "run", {plain, waits}).ok());
  for (const std::string& line : ledger_lines(folder_ / "run")) {
    EXPECT_NE(line.find(R"(,"links":["srv:p2:/home/x\"y","srv:p2:/home/z"],"inode":12,"state":)"), std::string::npos)
        << line;
  }
}

TEST_F(Run, residue_of_a_kind_stands_under_its_name) {
  const auto rest = [](std::uint64_t offset, Disposition fate) {
    Judged out =
        caught({1, {{StepKind::partition, "", 2, 0}, {StepKind::residue, "slack", offset, 4096}}}, fate, "rest");
    out.state = ObjectState::residue;
    out.facts.kind = Kind::slack;
    out.exhibit_offsets = {offset};
    return out;
  };
  ASSERT_TRUE(write(folder_ / "run", {rest(512, Disposition::disclose), rest(8192, Disposition::review_private)}).ok());
  EXPECT_EQ(query(folder_ / "run/relevance.db", "SELECT locator, kind, state FROM v_item"),
            "disk:p2:slack@512+4096|slack|residue");
  EXPECT_NE(ledger(folder_ / "run").find(R"("locator":"disk:p2:slack@8192+4096","state":"residue")"),
            std::string::npos);
}

TEST_F(Run, privileged_objects_have_a_log_row_without_place_size_or_content) {
  Judged object = caught(at(0, "advice"), Disposition::privileged, "content!");
  object.facts.sent = 1'200'000'000;
  ASSERT_TRUE(write(folder_ / "run", {object}).ok());
  EXPECT_EQ(query(folder_ / "run/relevance.db", "SELECT * FROM privilege_log"), "1|1200000000|2|paragraph 7|2");
  EXPECT_EQ(query(folder_ / "run/relevance.db", "SELECT count(*) FROM item"), "0");
}

TEST_F(Run, a_redacted_item_shows_only_hits_that_lie_in_its_relevant_extents) {
  Judged object = caught(at(0, "log"), Disposition::redact, std::string(1000, 'x'));
  object.decision.extents = {{10, 10, View::raw}, {50, 10, View::raw}};
  object.facts.hits = {{8, 3, 0, View::raw, Form::utf8, false},  {19, 1, 0, View::raw, Form::utf8, false},
                       {20, 3, 0, View::raw, Form::utf8, false}, {47, 3, 0, View::raw, Form::utf8, false},
                       {48, 3, 1, View::raw, Form::utf8, true},  {50, 3, 0, View::text, Form::utf8, false},
                       {60, 3, 0, View::raw, Form::utf8, false}, {90, 2, 1, View::name, Form::utf8, false}};
  ASSERT_TRUE(write(folder_ / "run", {object}).ok());
  EXPECT_EQ(query(folder_ / "run/relevance.db", "SELECT start, view, crossing FROM hit ORDER BY start"),
            "8|0|0\n19|0|0\n48|0|1\n90|1|0");
  EXPECT_EQ(query(folder_ / "run/relevance.db", "SELECT start, length FROM extent ORDER BY start"), "10|10\n50|10");
}

// --- duplicates and families -----------------------------------------------------------------------------------
std::string fates(const fs::path& db) {
  return query(
      db,
      "SELECT d.word, r.word, sum(c.items) FROM census c JOIN word d ON d.topic = 'disposition' AND d.number = "
      "c.disposition JOIN word r ON r.topic = 'reason' AND r.number = c.reason GROUP BY 1, 2 ORDER BY 1, 2");
}

TEST_F(Run, a_duplicate_of_a_released_item_has_a_row_that_points_at_the_original) {
  const std::vector<Judged> objects = {caught(at(1, "copy"), Disposition::disclose, "same bytes"),
                                       caught(at(0, "original"), Disposition::disclose, "same bytes"),
                                       caught(at(0, "unlike"), Disposition::disclose, "other bytes")};
  const auto totals = write(folder_ / "run", objects);
  ASSERT_TRUE(totals.ok());
  const fs::path db = folder_ / "run/relevance.db";
  EXPECT_EQ(query(db, "SELECT id, locator, disposition, duplicate_of FROM v_item ORDER BY id"),
            "1|srv:/original|disclose|\n2|srv:/unlike|disclose|\n3|disk:/copy|duplicate|1");
  EXPECT_EQ(query(db, "SELECT hits, extents, identifiers FROM v_item WHERE id = 3"), "2|1|accused.mail, payout");
  EXPECT_EQ(query(db, "SELECT count(*) FROM hit WHERE item = 3"), "0");
  EXPECT_EQ(totals->released_bytes, 10U + 10U + 11U);
  EXPECT_EQ(fates(db), "disclose|rule|2\nduplicate|same_content|1");
}

TEST_F(Run, a_duplicate_of_an_unreleased_object_stays_in_the_ledger_with_its_originals_locator) {
  ASSERT_TRUE(write(folder_ / "run", {caught(at(0, "b"), Disposition::review_private, "same bytes"),
                                      caught(at(0, "a"), Disposition::review_private, "same bytes")})
                  .ok());
  EXPECT_EQ(query(folder_ / "run/relevance.db", "SELECT count(*) FROM item"), "0");
  const std::vector<std::string> lines = ledger_lines(folder_ / "run");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find(R"("disposition":"review_private")"), std::string::npos);
  EXPECT_NE(lines[1].find(R"("disposition":"duplicate","reason":"same_content")"), std::string::npos);
  EXPECT_NE(lines[1].find(R"("duplicate_of":"srv:/a")"), std::string::npos);
}

TEST_F(Run, objects_that_differ_in_anything_that_matters_are_no_duplicates) {
  const Judged base = caught(at(0, "0"), Disposition::disclose, "same bytes");
  std::vector<Judged> objects(7, base);
  for (std::size_t i = 0; i < objects.size(); ++i) objects[i].locator = at(0, std::to_string(i));
  objects[1].decision.disposition = Disposition::review_private;
  objects[2].decision.rule = 1;
  objects[3].decision.extents = {{0, 4, View::raw}};
  objects[4].facts.hits.push_back({0, 4, 0, View::name, Form::utf8, false});
  objects[5].facts.digests.sha256 = sha256("else");
  objects[6].facts.size = 9;
  ASSERT_TRUE(write(folder_ / "run", objects).ok());
  EXPECT_EQ(query(folder_ / "run/relevance.db", "SELECT count(*) FROM item WHERE duplicate_of IS NOT NULL"), "0");
}

struct FamilyCase {
  const char* name;
  std::vector<Judged> objects;
  const char* fates;
};

TEST_F(Run, families) {
  const Judged box = [] {
    Judged out = excluded(at(0, "box.zip"));
    out.facts.kind = Kind::archive;
    return out;
  }();
  const auto inside = [](const std::string& name) { return member(excluded(at(0, "box.zip", {name}))); };
  const auto relevant = [](Disposition d) { return member(caught(at(0, "box.zip", {"m"}), d, "relevant")); };
  const auto whole = [](Disposition d) { return caught(at(0, "box.zip"), d, "the box"); };
  Judged late = inside("late");
  late.decision = {Disposition::out_of_scope, Reason::outside_dates, {}, {}};
  Judged unread = inside("unread");
  unread.decision = {Disposition::unexamined, Reason::unreadable, {}, {}};
  const std::vector<FamilyCase> cases = {
      {"container and siblings of a disclosed member",
       {inside("a"), relevant(Disposition::disclose), inside("z"), box},
       "disclose|rule|1\nfamily|relative|3"},
      {"of one under review",
       {inside("a"), relevant(Disposition::review_relevance)},
       "family|relative|1\nreview_relevance|weak_only|1"},
      {"a privileged one makes none",
       {inside("a"), relevant(Disposition::privileged)},
       "not_relevant|no_rule|1\nprivileged|rule|1"},
      {"members of members too",
       {member(excluded(at(0, "box.zip", {"q.zip", "deep"}))), relevant(Disposition::redact)},
       "family|relative|1\nredact|rule|1"},
      {"a neighbour with a longer name is a stranger",
       {member(excluded(at(0, "box.zip2", {"a"}))), excluded(at(0, "box.zi")), relevant(Disposition::disclose)},
       "disclose|rule|1\nnot_relevant|no_rule|2"},
      {"an exception stays what it is",
       {unread, relevant(Disposition::disclose)},
       "disclose|rule|1\nunexamined|unreadable|1"},
      {"a container is held back for what may not be released with it",
       {whole(Disposition::disclose), relevant(Disposition::privileged), inside("z")},
       "family|relative|1\nprivileged|rule|1\nreview_private|holds_withheld|1"},
      {"in part, too",
       {whole(Disposition::redact), relevant(Disposition::quarantined)},
       "quarantined|rule|1\nreview_private|holds_withheld|1"},
      {"whole, also for what lies outside the dates",
       {whole(Disposition::disclose), late},
       "out_of_scope|outside_dates|1\nreview_private|holds_withheld|1"},
      {"in part, not for that", {whole(Disposition::redact), late}, "out_of_scope|outside_dates|1\nredact|rule|1"},
      {"its neighbours are not",
       {caught(at(0, "box.zi"), Disposition::disclose, "one"), relevant(Disposition::privileged),
        caught(at(0, "box.zip2", {"a"}), Disposition::disclose, "two")},
       "disclose|rule|2\nprivileged|rule|1"},
      {"no relevant one, no family", {inside("a"), inside("b"), box}, "not_relevant|no_rule|3"},
  };
  for (FamilyCase one : cases) {
    for (Judged& object : one.objects) {
      if (object.decision.disposition == Disposition::review_relevance) object.decision.reason = Reason::weak_only;
    }
    ASSERT_TRUE(write(folder_ / one.name, one.objects).ok());
    EXPECT_EQ(fates(folder_ / one.name / "relevance.db"), one.fates) << one.name;
  }
}

TEST_F(Run, a_member_names_its_nearest_released_container_as_parent) {
  Judged box = caught(at(0, "box.zip"), Disposition::disclose, "box");
  const auto inside = [](const std::vector<std::string>& path, Disposition d) {
    return member(caught(at(0, "box.zip", path), d, path.back()));
  };
  ASSERT_TRUE(
      write(folder_ / "run",
            {inside({"a"}, Disposition::disclose), box, inside({"b", "c"}, Disposition::disclose),
             inside({"b"}, Disposition::review_private), caught(at(0, "box.zip!"), Disposition::disclose, "outside")})
          .ok());
  EXPECT_EQ(query(folder_ / "run/relevance.db", "SELECT locator, parent FROM item ORDER BY id"),
            "srv:/box.zip|\nsrv:/box.zip!/a|1\nsrv:/box.zip!/b!/c|1\nsrv:/box.zip!|");
}

}  // namespace
}  // namespace ambit::record::record_fate_test
