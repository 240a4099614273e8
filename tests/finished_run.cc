#include "tests/finished_run.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "stages/record/checkpoint.h"
#include "stages/record/run_writer.h"

namespace ambit::testing {
namespace {

namespace fs = std::filesystem;

void must(bool truth, const std::string& what) {
  if (!truth) throw std::runtime_error("the finished run cannot be made: " + what);
}

void must(const Result<>& result, const std::string& what) { must(result.ok(), what); }

// Makes an age identity and gives its recipient.
std::string age_recipient(const std::string& path) {
  must(std::system(("age-keygen -o '" + path + "' 2>/dev/null").c_str()) == 0, "age-keygen");
  const std::string text = read_file(path);
  const std::size_t at = text.find("public key: ") + 12;
  return text.substr(at, text.find('\n', at) - at);
}

Scope scope_for(const std::string& recipient) {
  Scope scope;
  scope.id = "2013-ONSC-193";
  scope.court = "Ontario Superior Court of Justice";
  scope.order_sha256 = std::string(64, 'a');
  scope.seal_to = {recipient};
  scope.paragraphs = {{"4a", "Communications about the reward programme."}, {"7", "Counsel's mail."}};
  for (const char* name : {"accused.mail", "payout.names", "counsel"}) {
    Identifier identifier;
    identifier.name = name;
    identifier.literals = {name};
    scope.identifiers.push_back(identifier);
  }
  scope.identifiers[1].strength = Strength::weak;
  Condition any;
  any.identifiers = {0};
  scope.rules.push_back({"R1", 0, "accused.mail | payout.names", {any}, Unit::record, RuleDecision::relevant});
  scope.rules.push_back({"P1", 1, "counsel", {any}, Unit::object, RuleDecision::privileged});
  return scope;
}

struct Thing {
  std::string path;
  std::uint64_t size;
  Disposition disposition;
  Reason reason;
  std::vector<Hit> hits = {};
  std::vector<Extent> extents = {};
  std::vector<std::optional<std::uint64_t>> exhibit_offsets = {};
  std::uint8_t content = 0;  // 0: no SHA-256
  std::uint64_t inode = 0;
  std::vector<std::string> links = {};
  std::vector<Run> places = {};
};

std::vector<Thing> things() {
  const std::vector<Hit> mail = {{10, 15, 0, View::raw, Form::utf8, false},
                                 {700, 8, 1, View::raw, Form::utf16le, false}};
  const std::vector<Extent> lines = {{0, 80, View::raw}, {640, 100, View::raw}};
  std::vector<Thing> all = {
      {"a.txt", 1000, Disposition::disclose, Reason::rule, mail, lines, {4096, std::nullopt}, 1},
      {"copy.txt", 1000, Disposition::disclose, Reason::rule, mail, lines, {}, 1},
      {"log/b.log", 3000, Disposition::redact, Reason::rule, mail, lines, {8192, 8832}, 2},
      {"z=1,\"q\".txt",
       1000,
       Disposition::redact,
       Reason::rule,
       {mail[0]},
       {lines[0]},
       {},
       3,
       77,
       {"old/q.txt"},
       {{0, 4000, 30}, {50, 512, 30}}},
      {"counsel.eml",
       1000,
       Disposition::privileged,
       Reason::rule,
       {{5, 7, 2, View::raw, Form::utf8, false}},
       {},
       {},
       4},
      {"broken.bin", 1000, Disposition::unexamined, Reason::unreadable},
  };
  for (int i = 0; i < 6; ++i) {
    all.push_back(
        {kPrivatePath + std::to_string(i) + ".jpg", i < 2 ? 1000U : 0U, Disposition::not_relevant, Reason::no_rule});
  }
  return all;
}

Result<> add(record::RunWriter& writer, record::RunWriter::State& state, record::Portion& portion, const Thing& thing) {
  Locator locator;
  locator.steps.push_back({StepKind::path, thing.path, 0, 0});
  Facts facts;
  facts.size = thing.size;
  facts.kind = Kind::text;
  facts.modified = 1326967200;  // 2012-01-19 10:00
  facts.hits = thing.hits;
  facts.coverage.swept = thing.size;
  facts.examined_links = thing.links.size();
  if (thing.content != 0) facts.digests.sha256.emplace().fill(thing.content);
  if (thing.disposition == Disposition::unexamined) {
    facts.coverage = {488, 0, 512};
    facts.exceptions = {{ExceptionReason::unreadable, 0, 512}};
  }
  Decision decision;
  decision.disposition = thing.disposition;
  decision.reason = thing.reason;
  if (thing.reason == Reason::rule) decision.rule = thing.disposition == Disposition::privileged ? 1 : 0;
  decision.extents = thing.extents;
  record::Verdict verdict;
  verdict.locator = &locator;
  verdict.facts = &facts;
  verdict.decision = &decision;
  verdict.exhibit_offsets = thing.exhibit_offsets;
  verdict.inode = thing.inode;
  verdict.links = thing.links;
  verdict.places = thing.places;
  return writer.add(state, portion, verdict);
}

}  // namespace

FinishedRun::FinishedRun() {
  std::string name = fs::temp_directory_path() / "finished-run-XXXXXX";
  must(::mkdtemp(name.data()) != nullptr, "temporary folder");
  folder_ = name;
  write();
}

FinishedRun::~FinishedRun() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void FinishedRun::write() const {
  const Scope scope = scope_for(age_recipient(identity()));
  (void)age_recipient(stranger());
  const auto case_key = record::CaseKey::create(key());
  must(case_key.ok(), "case key");
  record::RunWriter::Setup setup;
  setup.directory = directory();
  setup.scope = &scope;
  setup.key = &*case_key;
  setup.exhibit_names = {"srv"};
  setup.exhibit_kinds = {"split raw"};
  setup.detectors_sha256 = std::string(64, 'd');
  setup.tool_version = "0.1.0";
  auto writer = record::RunWriter::create(setup);
  must(writer.ok(), "writer");
  record::RunWriter::State& state = (*writer)->make_state();
  record::Portion portion((*writer)->next_portion());
  std::uint64_t bytes = 0;
  for (const Thing& thing : things()) {
    must(add(**writer, state, portion, thing), thing.path);
    bytes += thing.size;
  }
  must((*writer)->leave(state, portion).ok() && (*writer)->end(state, portion, "all").ok(), "portion");
  const auto totals = (*writer)->close({bytes}, {std::nullopt}, [](const auto&) { return std::string("{}\n"); });
  must(totals.ok(), totals.ok() ? "" : totals.error().what);
}

void FinishedRun::sign_again() const {
  auto checkpoint = record::read_checkpoint(read_file(directory() + "/checkpoint.txt"));
  const auto case_key = record::CaseKey::load(key());
  must(checkpoint.ok() && case_key.ok(), "checkpoint");
  for (record::CheckpointFile& file : checkpoint->files) {
    const auto digest = record::digest_file(directory() + "/" + file.path);
    must(digest.ok(), file.path);
    file.digest = *digest;
  }
  write_file(directory() + "/checkpoint.txt", record::signed_text(*checkpoint, *case_key));
}

void FinishedRun::change(const std::string& sql) const {
  sqlite3* database = nullptr;
  must(sqlite3_open((directory() + "/relevance.db").c_str(), &database) == SQLITE_OK, "relevance.db");
  const int code = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr);
  sqlite3_close(database);
  must(code == SQLITE_OK, sql);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  must(in.good(), path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
  out.close();
  must(out.good(), path);
}

}  // namespace ambit::testing
