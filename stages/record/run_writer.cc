#include "stages/record/run_writer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>

#include "pipeline/varint.h"
#include "stages/record/pseudonym.h"

namespace ambit::record {
namespace {

// A worker hands a buffer over when it holds this much: large enough for Zstandard and for rare locks.
constexpr std::size_t kHandOver = 256 * limits::KiB;
constexpr std::size_t kLeastMemory = 64 * limits::KiB;

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
      settlement_(work(), std::max<std::size_t>(setup_.memory / 4 * 3, kLeastMemory)),
      commitments_(work(), std::max<std::size_t>(setup_.memory / 4, kLeastMemory)) {
  std::sort(categories_.begin(), categories_.end());
  categories_.erase(std::unique(categories_.begin(), categories_.end()), categories_.end());
  for (const std::string& category : setup_.detector_categories) {
    const auto at = std::lower_bound(categories_.begin(), categories_.end(), category);
    category_of_.push_back(static_cast<std::uint32_t>(at - categories_.begin()));
  }
}

RunWriter::~RunWriter() { abandon(); }

Result<std::unique_ptr<RunWriter>> RunWriter::create(Setup setup) {
  std::unique_ptr<RunWriter> writer(new RunWriter(std::move(setup)));
  if (Result<> opened = writer->open_directory(); !opened) return std::move(opened).error();
  Result<std::unique_ptr<Ledger>> ledger = Ledger::create(writer->work() + "/ledger", writer->setup_.scope->seal_to);
  if (!ledger) return std::move(ledger).error();
  writer->ledger_ = std::move(*ledger);
  return writer;
}

Result<> RunWriter::open_directory() {
  const std::string& directory = setup_.directory;
  made_directory_ = ::mkdir(directory.c_str(), 0777) == 0;
  if (!made_directory_ && errno != EEXIST) return system_error("cannot make the run directory", directory);
  std::error_code code;
  const bool empty = std::filesystem::is_empty(directory, code);
  if (code) return Error{ErrorKind::io, "cannot look into the run directory: " + code.message(), directory, ""};
  if (!empty) { return Error{ErrorKind::io, "the run directory is not empty", directory, "name a new one with --out"}; }
  made_work_ = ::mkdir(work().c_str(), 0700) == 0;
  if (!made_work_ || ::mkdir((work() + "/ledger").c_str(), 0777) != 0) {
    return system_error("cannot write to the run directory", directory);
  }
  return {};
}

FindingCounts RunWriter::count_findings(const std::vector<Finding>& findings) const {
  if (findings.empty()) return {};
  std::map<std::uint32_t, std::uint64_t> counts;
  for (const Finding& finding : findings) ++counts[category_of_[finding.detector]];
  return {counts.begin(), counts.end()};
}

Result<> RunWriter::add(State& state, const Verdict& verdict) {
  const Locator& locator = *verdict.locator;
  assert(locator.exhibit < setup_.exhibit_names.size());
  state.counts.see(locator.exhibit, *verdict.facts);
  const std::string key = locator.sort_key();
  const FindingCounts findings = count_findings(verdict.facts->findings);
  if (!must_wait(verdict)) { return exclude(state, key, verdict, findings, ""); }
  state.record.clear();
  append_verdict(state.record, verdict, findings);
  append_varint(state.waiting, key.size());
  append_varint(state.waiting, state.record.size());
  state.waiting.append(key).append(state.record);
  return hand_over(state, kHandOver);
}

Result<> RunWriter::exclude(State& state, std::string_view key, const Verdict& verdict, const FindingCounts& findings,
                            std::string_view duplicate_of) {
  const Locator& locator = *verdict.locator;
  const Facts& facts = *verdict.facts;
  const Decision& decision = *verdict.decision;
  state.counts.settle({locator.exhibit, decision.disposition, decision.reason, facts.kind}, facts.size);
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
  state.record.clear();
  append_record(state.record, record);
  const Commitment commitment = committer_.commit(key, state.record);
  state.lines.append(ledger_line(state.record, commitment.nonce)).push_back('\n');
  state.commitments.append(as_text(commitment.hash));
  return hand_over(state, kHandOver);
}

Result<> RunWriter::hand_over(State& state, std::size_t threshold) {
  Result<> done;
  if (state.lines.size() >= threshold && !state.lines.empty()) {
    done = ledger_->write(state.lines, state.compressor);
    state.lines.clear();
  }
  if (!done || (state.commitments.size() < threshold && state.waiting.size() < threshold)) return done;
  const std::lock_guard lock(mutex_);
  for (std::string_view in = state.commitments; !in.empty() && done;) {
    done = commitments_.add(take_bytes(in, sizeof(Bytes32)), "");
  }
  for (std::string_view in = state.waiting; !in.empty() && done;) {
    const std::uint64_t key_bytes = take_varint(in);
    const std::uint64_t verdict_bytes = take_varint(in);
    const std::string_view key = take_bytes(in, key_bytes);
    done = settlement_.add(key, take_bytes(in, verdict_bytes));
  }
  state.commitments.clear();
  state.waiting.clear();
  return done;
}

void RunWriter::abandon() {
  if (closed_) return;
  closed_ = true;
  ledger_.reset();
  std::error_code ignored;  // what cannot be removed has no checkpoint, so it does not look finished
  if (made_work_) {
    std::filesystem::remove_all(work(), ignored);
    for (const char* name : {"checkpoint.txt", "relevance.db", "run.json", "ledger"}) {
      std::filesystem::remove_all(setup_.directory + "/" + name, ignored);
    }
  }
  if (made_directory_) ::rmdir(setup_.directory.c_str());
}

}  // namespace ambit::record
