// A small case, and the run directory that it leads to: what the tests of stages/record share.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "stages/record/run_writer.h"

namespace ambit::record {

namespace fs = std::filesystem;

inline std::string read_file(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}
inline std::string shell(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  char block[4096];
  while (const std::size_t got = std::fread(block, 1, sizeof block, pipe)) out.append(block, got);
  return ::pclose(pipe) == 0 ? out : "failed";
}

// Rows of a query as text: fields parted by '|', rows by '\n', as the sqlite3 shell shows them.
inline std::string query(const fs::path& database, const std::string& sql) {
  sqlite3* handle = nullptr;
  EXPECT_EQ(sqlite3_open_v2(database.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
  std::string out;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    if (!out.empty()) out += '\n';
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
      out += (i == 0 ? "" : "|") + std::string(text == nullptr ? "" : text);
    }
  }
  sqlite3_finalize(statement);
  sqlite3_close(handle);
  return out;
}

// One object as the rest of the program would hand it over.
struct Judged {  // as in Verdict
  Locator locator;
  ObjectState state = ObjectState::active;
  Facts facts;
  Decision decision;
  bool in_family = false;
  std::vector<std::optional<std::uint64_t>> exhibit_offsets;
  std::uint64_t inode = 0;
  std::vector<std::string> links;
  std::vector<ambit::Run> places;
};

inline Locator at(std::uint32_t exhibit, const std::string& path, const std::vector<std::string>& members = {}) {
  Locator out{exhibit, {{StepKind::path, path, 0, 0}}};
  for (const std::string& member : members) out.steps.push_back({StepKind::member, member, 1, 0});
  return out;
}

inline Judged excluded(const Locator& locator, std::uint64_t size = 100) {
  Judged out;
  out.locator = locator;
  out.facts.size = out.facts.coverage.swept = size;
  out.facts.kind = Kind::text;
  return out;
}

inline Judged caught(const Locator& locator, Disposition disposition, const std::string& content) {
  Judged out = excluded(locator, content.size());
  out.facts.modified = 1'100'000'000;
  out.facts.digests.sha256 = sha256(content);
  out.facts.hits = {{1, 3, 0, View::raw, Form::utf8, false}, {5, 6, 1, View::raw, Form::utf16le, false}};
  out.decision = {disposition, Reason::rule, 0, {{0, content.size(), View::raw}}};
  if (disposition == Disposition::privileged) out.decision.rule = 1;
  return out;
}

inline Judged member(Judged of) {
  of.state = ObjectState::member;
  of.in_family = true;
  return of;
}

struct Options {
  std::size_t states = 1;
  std::uint64_t memory = 16 * limits::MiB;
};

class Run : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "run-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    shell("age-keygen -o " + (folder_ / "court.key").string() + " 2>/dev/null");
    std::string recipient = shell("age-keygen -y " + (folder_ / "court.key").string());
    recipient.pop_back();
    scope_.id = "TEST-1";
    scope_.court = "A Court";
    scope_.order_sha256 = std::string(64, 'a');
    scope_.seal_to = {recipient};
    scope_.paragraphs = {{"4a", "What is relevant."}, {"7", "What is privileged."}};
    for (const char* identifier : {"accused.mail", "payout", "never.seen"}) {
      scope_.identifiers.emplace_back().name = identifier;
    }
    scope_.rules.resize(2);
    scope_.rules[0] = {"R1", 0, "accused.mail", {}, Unit::object, RuleDecision::relevant};
    scope_.rules[1] = {"P1", 1, "payout", {}, Unit::object, RuleDecision::privileged};
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] RunWriter::Setup setup(const fs::path& directory) const {
    RunWriter::Setup setup;
    setup.directory = directory;
    setup.scope = &scope_;
    setup.key = &key_;
    setup.exhibit_names = {"srv", "disk"};
    setup.exhibit_kinds = {"folder", "split raw"};
    setup.detector_categories = {"health", "account"};
    setup.detectors_sha256 = std::string(64, 'd');
    setup.tool_version = "0.1.0";
    return setup;
  }
  static Result<> add(RunWriter& writer, RunWriter::State& state, Portion& portion, const Judged& object) {
    return writer.add(state, portion,
                      {&object.locator, object.state, &object.facts, &object.decision, object.in_family,
                       object.exhibit_offsets, object.inode, object.links, object.places});
  }
  Result<Totals> write(const fs::path& directory, const std::vector<Judged>& objects, const Options& options = {}) {
    RunWriter::Setup with = setup(directory);
    with.memory = options.memory;
    auto writer = RunWriter::create(with);
    if (!writer) return std::move(writer).error();
    std::vector<RunWriter::State*> states;
    for (std::size_t i = 0; i < options.states; ++i) states.push_back(&(*writer)->make_state());
    Portion all((*writer)->next_portion());
    std::vector<Result<>> outcomes(options.states);
    std::vector<std::thread> workers;
    for (std::size_t worker = 0; worker < options.states; ++worker) {
      workers.emplace_back([&, worker] {
        for (std::size_t i = worker; i < objects.size() && outcomes[worker]; i += options.states) {
          outcomes[worker] = add(**writer, *states[worker], all, objects[i]);
        }
      });
    }
    for (std::thread& worker : workers) worker.join();
    for (RunWriter::State* state : states) outcomes.push_back((*writer)->leave(*state, all));
    outcomes.push_back((*writer)->end(*states[0], all, "all"));
    for (Result<>& outcome : outcomes) {
      if (!outcome) return std::move(outcome).error();
    }
    return (*writer)->close({0, 4096}, {std::nullopt, sha256("disk")}, [](const Totals& totals) {
      return "{\"objects\":" + std::to_string(totals.objects) + "}";
    });
  }
  std::string ledger(const fs::path& directory) const {
    return shell("for f in " + (directory / "ledger").string() + "/*.age; do age -d -i " +
                 (folder_ / "court.key").string() + " $f | zstd -dc; done");
  }
  std::vector<std::string> ledger_lines(const fs::path& directory) const {
    std::istringstream in(ledger(directory));
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) out.push_back(line);
    std::sort(out.begin(), out.end());
    return out;
  }

  fs::path folder_;
  Scope scope_;
  CaseKey key_ = CaseKey::from_bytes(sha256("case"));
};

// A bit of everything, of `count` objects; the same for the same count.
inline std::vector<Judged> mixture(std::size_t count) {
  std::mt19937 random(7);
  std::vector<Judged> out;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "u/" + std::to_string(random() % 1000) + "/" + std::to_string(i);
    const auto exhibit = static_cast<std::uint32_t>(random() % 2);
    const std::string content = "content " + std::to_string(random() % 40);
    switch (random() % 6) {
      case 0:
        out.push_back(caught(at(exhibit, name), static_cast<Disposition>(random() % 9), content));
        break;
      case 1:
        out.push_back(member(excluded(at(exhibit, "box.zip", {name}))));
        break;
      case 2:
        out.push_back(member(caught(at(exhibit, "box.zip", {name}), Disposition::disclose, content)));
        break;
      case 3:
        out.push_back(excluded(at(exhibit, name)));
        out.back().facts.exceptions = {{ExceptionReason::unreadable, 0, 50}, {ExceptionReason::unreadable, 60, 1}};
        out.back().facts.coverage = {49, 0, 51};
        out.back().decision = {Disposition::unexamined, Reason::unreadable, {}, {}};
        break;
      default:
        out.push_back(excluded(at(exhibit, name), random() % 5000));
    }
  }
  return out;
}

}  // namespace ambit::record
