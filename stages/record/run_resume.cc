// Going on with a run that was cut off: what of its journal counts.
#include <unistd.h>

#include <algorithm>
#include <map>

#include "stages/record/run_writer.h"

namespace ambit::record {
namespace {

std::string path_of_journal(const std::string& directory) { return directory + "/work" + "/journal"; }

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

// The first words of the lines in which two texts differ.
std::string differences(std::string_view before, std::string_view now) {
  const std::vector<std::string_view> was = lines_of(before), is = lines_of(now);
  std::string out;
  for (std::size_t i = 0; i < std::max(was.size(), is.size()); ++i) {
    if (i < was.size() && i < is.size() && was[i] == is[i]) continue;
    const std::string_view line = i < is.size() ? is[i] : was[i];
    out += (out.empty() ? "" : ", ") + std::string(line.substr(0, line.find(": ")));
  }
  return out;
}

}  // namespace

// What is open while the journal is read.
struct RunWriter::Reading {
  struct Open {
    std::uint64_t entries = 0;
    Counts counts;
    std::vector<std::string> notes;
    // Once its end was read: how many entries belong to it. Those of other workers may come later.
    std::optional<std::uint64_t> expected = {};
    std::string name = {};
  };
  std::map<std::uint64_t, Open> open;
  std::uint64_t last_portion = 0;
};

bool RunWriter::holds_unfinished(const std::string& directory) {
  return ::access(path_of_journal(directory).c_str(), F_OK) == 0 &&
         ::access((directory + "/checkpoint.txt").c_str(), F_OK) != 0;
}

Result<> RunWriter::remove_leftovers(const std::string& directory) {
  // Before the checkpoint is on the disk, the journal is all there is of the run.
  if (Result<> done = sync_path(directory); !done) return done;
  std::error_code ignored;  // what cannot be removed is no part of the run
  std::filesystem::remove_all(directory + "/work", ignored);
  return {};
}

// One line for each thing that must be the same: what it is, a colon, and its mark.
std::string RunWriter::identity() const {
  std::string text = "the order: " + setup_.scope->order_sha256 +
                     "\nits sets of hashes: " + setup_.scope->hash_sets_sha256 +
                     "\nthe detectors: " + setup_.detectors_sha256 + "\nthe version of ambit: " + setup_.tool_version +
                     "\nthe census: " + (setup_.full_census ? "full" : "quick") +
                     "\nthe number of exhibits: " + std::to_string(setup_.exhibit_names.size()) + "\n";
  for (std::size_t i = 0; i < setup_.exhibit_names.size(); ++i) {
    text += "exhibit " + setup_.exhibit_names[i] + ": " + setup_.exhibit_kinds[i];
    if (i < setup_.exhibit_marks.size()) text += " " + setup_.exhibit_marks[i];
    text += "\n";
  }
  return text;
}

Result<std::unique_ptr<RunWriter>> RunWriter::resume(Setup setup, Replay& replay) {
  const std::string& directory = setup.directory;
  if (!holds_unfinished(directory)) {
    return Error{ErrorKind::io, "the run directory holds no run that could go on", directory,
                 "leave --resume out, and name a new directory with --out"};
  }
  std::unique_ptr<RunWriter> writer(new RunWriter(std::move(setup)));
  writer->keep_ = true;
  const Setup& of = writer->setup_;
  auto journal = Journal::open(path_of_journal(of.directory), *of.key, of.wait_for_space);
  if (!journal) return std::move(journal).error();
  writer->journal_ = std::move(*journal);
  if (Result<> read = writer->read_journal(replay); !read) return std::move(read).error();
  writer->remove_unfinished();
  return writer;
}

Result<> RunWriter::read_journal(Replay& replay) {
  Reading reading;
  Journal::Reader reader(*journal_);
  bool first = true;
  for (;;) {
    Result<bool> more = reader.next();
    if (!more) return std::move(more).error();
    if (!*more) break;
    BlockReader block(reader.block());
    for (Entry entry; block.next(entry); first = false) {
      if (Result<> done = read_entry(reading, entry, replay); !done) return done;
    }
  }
  if (first) {
    return Error{ErrorKind::key, "the run was begun with another case key, or its journal is damaged", setup_.directory,
                 "give the key of the run with --key"};
  }
  if (Result<> cut = journal_->cut_behind(reader); !cut) return cut;
  next_portion_ = reading.last_portion + 1;
  std::string entries;
  append_entry(entries, {EntryKind::dead, 0, 0});  // so that each resumption is counted
  for (const auto& [portion, open] : reading.open) {
    dead_.insert(portion);
    append_entry(entries, {EntryKind::dead, portion, 0});
  }
  ++resumptions_;
  if (Result<> done = journal_->append(make_block(entries, "", 0)); !done) return done;
  return journal_->sync();
}

Result<> RunWriter::read_entry(Reading& reading, const Entry& entry, Replay& replay) {
  reading.last_portion = std::max(reading.last_portion, entry.portion);
  if (entry.kind == EntryKind::identity) {
    if (entry.first == identity()) return {};
    return Error{
        ErrorKind::usage,
        "the run in this directory is of something else; not the same: " + differences(entry.first, identity()),
        setup_.directory, "give what it was begun with, or name a new directory with --out"};
  }
  if (entry.kind == EntryKind::swept) swept_ = true;
  if (entry.kind == EntryKind::dead) {
    if (entry.portion == 0) ++resumptions_;
    if (entry.portion != 0) dead_.insert(entry.portion);
    reading.open.erase(entry.portion);
  }
  if (entry.portion == 0 || entry.kind == EntryKind::dead) return {};
  const std::size_t exhibits = setup_.exhibit_names.size();
  const auto at = reading.open.try_emplace(entry.portion, Reading::Open{0, Counts(exhibits), {}}).first;
  Reading::Open& open = at->second;
  if (entry.kind == EntryKind::end) {
    open.expected = entry.number;
    open.name = entry.first;
  } else {
    ++open.entries;
  }
  if (entry.kind == EntryKind::counts) open.counts += read_counts(entry.first, exhibits);
  if (entry.kind == EntryKind::note) open.notes.emplace_back(entry.first);
  if (open.expected != open.entries) return {};
  resumed_ += open.counts;
  replay.portion(open.name, open.notes);
  reading.open.erase(at);
  return {};
}

}  // namespace ambit::record
