#include "stages/record/run_writer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "stages/record/pseudonym.h"

namespace ambit::record {
namespace {

// Objects of these kinds may hold others, so their families are known only at the end.
bool may_hold_members(Kind kind) {
  return kind == Kind::mail || kind == Kind::mailbox || kind == Kind::archive || kind == Kind::document ||
         kind == Kind::spreadsheet || kind == Kind::disk_image;
}

bool must_wait(const Verdict& verdict) {
  const Disposition d = verdict.decision->disposition;
  const bool caught = d <= Disposition::review_relevance && d != Disposition::unexamined &&
                      d != Disposition::out_of_scope && d != Disposition::known;
  return caught || verdict.in_family || verdict.state == ObjectState::member || verdict.state == ObjectState::message ||
         may_hold_members(verdict.facts->kind);
}

std::vector<Tally> tally_hits(const std::vector<Hit>& hits, const Scope& scope) {
  if (hits.empty()) return {};
  std::map<IdentifierId, std::uint64_t> counts;
  for (const Hit& hit : hits) ++counts[hit.identifier];
  std::vector<Tally> out;
  for (const auto& [identifier, count] : counts) out.push_back({scope.identifiers[identifier].name, count});
  return out;
}

}  // namespace

RunWriter::RunWriter(Setup setup)
    : setup_(std::move(setup)),
      committer_(*setup_.key),
      categories_(setup_.detector_categories),
      resumed_(setup_.exhibit_names.size()) {
  std::sort(categories_.begin(), categories_.end());
  categories_.erase(std::unique(categories_.begin(), categories_.end()), categories_.end());
  for (const std::string& category : setup_.detector_categories) {
    const auto at = std::lower_bound(categories_.begin(), categories_.end(), category);
    category_of_.push_back(static_cast<std::uint32_t>(at - categories_.begin()));
  }
}

RunWriter::~RunWriter() {
  if (!closed_ && !keep_) abandon();
}

Result<std::unique_ptr<RunWriter>> RunWriter::create(Setup setup) {
  std::unique_ptr<RunWriter> writer(new RunWriter(std::move(setup)));
  const Setup& of = writer->setup_;
  if (Result<> checked = Age::check_recipients(of.scope->seal_to); !checked) return std::move(checked).error();
  if (Result<> made = writer->make_directory(); !made) return std::move(made).error();
  // It has its name once it says what the run is of.
  const std::string path = writer->work() + "/journal";
  auto journal = Journal::create(path + ".new", *of.key, of.wait_for_space);
  if (!journal) return std::move(journal).error();
  writer->journal_ = std::move(*journal);
  std::string entries;
  append_entry(entries, {EntryKind::identity, 0, 0, writer->identity()});
  if (Result<> done = writer->journal_->append(make_block(entries, "", 0)); !done) return std::move(done).error();
  if (Result<> done = writer->journal_->sync(); !done) return std::move(done).error();
  if (std::rename((path + ".new").c_str(), path.c_str()) != 0) return system_error("cannot begin the run", path);
  if (Result<> done = sync_path(writer->work()); !done) return std::move(done).error();
  return writer;
}

Result<> RunWriter::make_directory() {
  const std::string& directory = setup_.directory;
  if (holds_unfinished(directory)) {
    return Error{ErrorKind::io, "the run directory holds a run that is not finished", directory,
                 "add --resume to go on with it, or name a new one with --out"};
  }
  remove_stillborn();
  made_directory_ = ::mkdir(directory.c_str(), 0777) == 0;
  if (!made_directory_ && errno != EEXIST) return system_error("cannot make the run directory", directory);
  std::error_code code;
  const bool empty = std::filesystem::is_empty(directory, code);
  if (code) return Error{ErrorKind::io, "cannot look into the run directory: " + code.message(), directory, ""};
  if (!empty) { return Error{ErrorKind::io, "the run directory is not empty", directory, "name a new one with --out"}; }
  made_work_ = ::mkdir(work().c_str(), 0700) == 0;
  if (!made_work_) return system_error("cannot write to the run directory", directory);
  return {};
}

// A run that was killed before it had a journal has left nothing but its folder.
void RunWriter::remove_stillborn() const {
  if (::access((work() + "/journal").c_str(), F_OK) == 0) return;
  for (const char* name : {"journal.new", "status.json", "status.json.new"}) {
    ::unlink((work() + "/" + name).c_str());
  }
  ::rmdir(work().c_str());  // where it is empty
}

RunWriter::State& RunWriter::make_state() { return *states_.emplace_back(new State(setup_.exhibit_names.size())); }

FindingCounts RunWriter::count_findings(const std::vector<Finding>& findings) const {
  if (findings.empty()) return {};
  std::map<std::uint32_t, std::uint64_t> counts;
  for (const Finding& finding : findings) ++counts[category_of_[finding.detector]];
  return {counts.begin(), counts.end()};
}

// What is appended to a State's buffers stands there whole or not at all, even where memory ends in between.
struct RunWriter::Whole {
  explicit Whole(State& of) : state(of), entries(of.entries.size()), lines(of.lines.size()) {}
  ~Whole() {
    if (is_there) return;
    state.entries.resize(entries);
    state.lines.resize(lines);
  }
  Whole(const Whole&) = delete;
  Whole& operator=(const Whole&) = delete;
  State& state;
  const std::size_t entries, lines;
  bool is_there = false;
};

Result<> RunWriter::add(State& state, Portion& portion, const Verdict& verdict) {
  const Locator& locator = *verdict.locator;
  const Facts& facts = *verdict.facts;
  assert(locator.exhibit < setup_.exhibit_names.size());
  const std::string key = locator.sort_key();
  const FindingCounts findings = count_findings(facts.findings);
  const std::lock_guard lock(state.mutex);
  state.counts.see(locator.exhibit, facts);
  portion.entries.fetch_add(1, std::memory_order_relaxed);
  Whole whole(state);
  if (must_wait(verdict)) {
    state.record.clear();
    append_verdict(state.record, verdict, findings);
    append_entry(state.entries, {EntryKind::waiting, portion.number, 0, key, state.record});
  } else {
    const Decision& decision = *verdict.decision;
    state.counts.settle({locator.exhibit, decision.disposition, decision.reason, facts.kind}, facts.size);
    const std::size_t before = state.lines.size();
    const Commitment commitment = seal(state.lines, state.record, key, verdict, findings, "");
    state.lines.push_back('\n');
    append_entry(state.entries,
                 {EntryKind::line, portion.number, state.lines.size() - before, as_text(commitment.hash)});
  }
  whole.is_there = true;
  return hand_over(state, kFrameBytes);
}

void RunWriter::append_whole(State& state, const Entry& entry) {
  Whole whole(state);
  append_entry(state.entries, entry);
  whole.is_there = true;
}

void RunWriter::cover(State& state, std::uint32_t exhibit, const Coverage& coverage) const {
  const std::lock_guard lock(state.mutex);
  state.counts.coverage[exhibit] += coverage;
}

void RunWriter::count_private(State& state, std::uint32_t exhibit, const std::vector<std::uint64_t>& found) const {
  const std::lock_guard lock(state.mutex);
  for (std::size_t detector = 0; detector < found.size(); ++detector) {
    if (found[detector] != 0) state.counts.private_values[{exhibit, category_of_[detector]}] += found[detector];
  }
}

Result<> RunWriter::note(State& state, Portion& portion, std::string_view text) {
  const std::lock_guard lock(state.mutex);
  portion.entries.fetch_add(1, std::memory_order_relaxed);
  append_whole(state, {EntryKind::note, portion.number, 0, text});
  return hand_over(state, kFrameBytes);
}

Result<> RunWriter::leave(State& state, Portion& portion) {
  const std::lock_guard lock(state.mutex);
  std::string packed;
  if (!append_counts(packed, state.counts)) return {};
  portion.entries.fetch_add(1, std::memory_order_relaxed);
  append_whole(state, {EntryKind::counts, portion.number, 0, packed});
  state.total += state.counts;
  state.counts.clear();
  return hand_over(state, kFrameBytes);
}

Result<> RunWriter::end(State& state, Portion& portion, std::string_view name) {
  const std::lock_guard lock(state.mutex);
  append_whole(state, {EntryKind::end, portion.number, portion.entries.load(), name});
  return hand_over(state, kFrameBytes);
}

Commitment RunWriter::seal(std::string& line, std::string& scratch, std::string_view key, const Verdict& verdict,
                           const FindingCounts& findings, std::string_view duplicate_of) const {
  const Locator& locator = *verdict.locator;
  const Facts& facts = *verdict.facts;
  const Decision& decision = *verdict.decision;
  const std::string& exhibit = setup_.exhibit_names[locator.exhibit];
  const std::string text = to_string(locator, exhibit);
  const std::vector<Tally> hits = tally_hits(facts.hits, *setup_.scope);
  std::vector<std::string> links;
  for (const std::string& link : verdict.links) links.push_back(to_string(other_path(locator, link), exhibit));
  std::vector<Tally> categories;
  for (const auto& [category, count] : findings) categories.push_back({categories_[category], count});
  Record record;
  record.exhibit = exhibit;
  record.locator = text;
  record.links = links;
  record.inode = verdict.inode;
  record.state = verdict.state;
  record.kind = facts.kind;
  record.size = facts.size;
  record.modified = facts.modified;
  record.sent = facts.sent;
  record.disposition = decision.disposition;
  record.reason = decision.reason;
  if (decision.rule) record.rule = setup_.scope->rules[*decision.rule].name;
  record.hits = hits;
  record.findings = categories;
  record.exceptions = facts.exceptions;
  record.sha256 = facts.digests.sha256 ? &*facts.digests.sha256 : nullptr;
  record.duplicate_of = duplicate_of;
  scratch.clear();
  append_record(scratch, record);
  Commitment commitment = committer_.commit(key, scratch);
  line.append(ledger_line(scratch, commitment.nonce));
  return commitment;
}

// The state's mutex is held.
Result<> RunWriter::hand_over(State& state, std::size_t threshold) {
  if (state.entries.empty() || (state.lines.size() < threshold && state.entries.size() < threshold)) return {};
  std::string_view frame;
  if (!state.lines.empty()) {
    Result<std::string_view> packed = state.compressor.frame(state.lines);
    if (!packed) return std::move(packed).error();
    frame = *packed;
  }
  Result<> done = journal_->append(make_block(state.entries, frame, state.lines.size()));
  state.entries.clear();
  state.lines.clear();
  return done;
}

Result<> RunWriter::checkpoint() {
  for (const auto& state : states_) {
    const std::lock_guard lock(state->mutex);
    if (Result<> done = hand_over(*state, 0); !done) return done;
  }
  return journal_->sync();
}

Result<> RunWriter::mark_swept() {
  if (Result<> done = checkpoint(); !done) return done;
  std::string entries;
  append_entry(entries, {EntryKind::swept, 0, 0});
  if (Result<> done = journal_->append(make_block(entries, "", 0)); !done) return done;
  swept_ = true;
  return journal_->sync();
}

// What close() makes; without a checkpoint it does not look finished, and all of it can be made again.
void RunWriter::remove_unfinished() const {
  std::error_code ignored;
  for (const char* name : {"checkpoint.txt", "relevance.db", "run.json", "ledger", "index"}) {
    std::filesystem::remove_all(work() + "/" + name, ignored);
    std::filesystem::remove_all(setup_.directory + "/" + name, ignored);
  }
}

void RunWriter::abandon() {
  closed_ = true;
  journal_.reset();
  std::error_code ignored;
  if (made_work_) {
    remove_unfinished();
    std::filesystem::remove_all(work(), ignored);
  }
  if (made_directory_) ::rmdir(setup_.directory.c_str());
}

}  // namespace ambit::record
