// The second half of RunWriter: from the last object to a finished run directory.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "pipeline/sealed_sort.h"
#include "pipeline/varint.h"
#include "stages/record/pseudonym.h"
#include "stages/record/run_writer.h"

namespace ambit::record {
namespace {

constexpr std::size_t kLeastMemory = 64 * limits::KiB;

std::vector<IndexExtent> shown_extents(const StoredVerdict& verdict) {
  std::vector<IndexExtent> out;
  for (std::size_t i = 0; i < verdict.decision.extents.size(); ++i) {
    const Extent& extent = verdict.decision.extents[i];
    out.push_back({static_cast<std::uint8_t>(extent.view), extent.start, extent.length, verdict.exhibit_offsets[i]});
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<IndexPlace> shown_places(const StoredVerdict& verdict) {
  std::vector<IndexPlace> out;
  for (const Run& run : verdict.places) out.push_back({run.start, run.length, run.place});
  std::sort(out.begin(), out.end());
  return out;
}

// True where the hit lies, at least in part, in one of the extents (sorted, not touching within a view).
bool lies_in(const Hit& hit, const std::vector<IndexExtent>& extents) {
  const std::pair last{static_cast<std::uint8_t>(hit.view), hit.end()};
  const auto after = std::partition_point(extents.begin(), extents.end(), [&](const IndexExtent& extent) {
    return std::pair(extent.view, extent.start) < last;
  });
  if (after == extents.begin()) return false;
  const IndexExtent& before = *std::prev(after);
  return before.view == last.first && hit.start < before.start + before.length;
}

// The hits that a party may know of. Of a redacted item only those in its relevant extents; a hit in the name or of
// the whole content's hash lies in none and says nothing of the rest.
std::vector<IndexHit> shown_hits(const std::vector<Hit>& hits, const std::vector<IndexExtent>& extents,
                                 Disposition fate) {
  std::vector<IndexHit> out;
  for (const Hit& hit : hits) {
    const bool free = fate != Disposition::redact || hit.view == View::name || hit.form == Form::hash;
    if (!free && !lies_in(hit, extents)) continue;
    out.push_back({hit.start, hit.identifier + 1, static_cast<std::uint8_t>(hit.view),
                   static_cast<std::uint8_t>(hit.form), hit.length, hit.crossing});
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

struct RunWriter::Closing {
  Closing(const std::string& folder, std::uint64_t memory, std::size_t exhibit_count)
      : counts(exhibit_count),
        settlement(folder, std::max<std::size_t>(memory / 4 * 3, kLeastMemory)),
        commitments(folder, std::max<std::size_t>(memory / 4, kLeastMemory)) {}
  Counts counts;
  Settlement settlement;
  SealedSort commitments;  // commitment -> nothing
  std::unique_ptr<Ledger> ledger;
  Compressor compressor;
  std::string lines, record;  // of the ledger, in clear
  std::unique_ptr<RelevanceIndex> index;
  MerkleTree index_tree, ledger_tree;
  std::vector<CheckpointExhibit> exhibits;
  Totals totals;
  // The released items that the object at hand may be inside of: sort key, id; the outermost first.
  std::vector<std::pair<std::string, std::uint64_t>> ancestors;
  // By set of twins: the item that is their original, and the bytes of its extents.
  struct Original {
    std::uint64_t id = 0, extent_bytes = 0;
  };
  std::vector<Original> originals;
};

Result<Totals> RunWriter::close(const std::vector<std::uint64_t>& exhibit_bytes,
                                const std::vector<std::optional<Bytes32>>& exhibit_sha256,
                                const std::function<std::string(const Totals&)>& run_json) {
  Closing closing(work(), setup_.memory, setup_.exhibit_names.size());
  for (std::size_t i = 0; i < setup_.exhibit_names.size(); ++i) {
    closing.exhibits.push_back({setup_.exhibit_names[i], setup_.exhibit_kinds[i], exhibit_bytes[i], exhibit_sha256[i]});
  }
  closing.counts += resumed_;
  for (const auto& state : states_) closing.counts += state->total;
  Result<> done = checkpoint();
  if (done) done = take_journal(closing);
  if (done) done = settle(closing);
  if (done) done = closing.ledger->close();
  if (done) done = write_commitments(closing);
  if (done) done = write_index(closing);
  if (done && setup_.audit) done = setup_.audit(work() + "/relevance.db");
  if (done) done = write_file(work() + "/run.json", run_json(closing.totals));
  if (done) done = write_checkpoint(closing);
  if (done) done = move_into_place();
  if (!done) {
    remove_unfinished();
    return std::move(done).error();
  }
  closed_ = true;
  return std::move(closing.totals);
}

// The sealed lines into the ledger, commitments and what waits into their sorters.
Result<> RunWriter::take_journal(Closing& closing) {
  const std::string folder = work() + "/ledger";
  if (::mkdir(folder.c_str(), 0777) != 0) return system_error("cannot write to the run directory", folder);
  Result<std::unique_ptr<Ledger>> ledger = Ledger::create(folder, setup_.scope->seal_to);
  if (!ledger) return std::move(ledger).error();
  closing.ledger = std::move(*ledger);
  Journal::Reader reader(*journal_);
  for (;;) {
    Result<bool> more = reader.next();
    if (!more) return std::move(more).error();
    if (!*more) return {};
    Result<> done;
    BlockReader block(reader.block());
    bool is_whole = true;
    for (Entry entry; done && block.next(entry);) {
      if (dead_.contains(entry.portion)) {
        is_whole = false;
      } else if (entry.kind == EntryKind::line) {
        done = closing.commitments.add(entry.first, "");
      } else if (entry.kind == EntryKind::waiting) {
        done = closing.settlement.add(entry.first, entry.second);
      }
    }
    if (done && is_whole && !block.frame().empty()) {
      done = closing.ledger->add(block.frame(), block.line_bytes());
    } else if (done && !is_whole) {
      done = take_lines(closing, reader.block());
    }
    if (!done) return done;
  }
}

// Of a block in which some portions are dead: the lines of the others.
Result<> RunWriter::take_lines(Closing& closing, std::string_view text) {
  BlockReader block(text);
  Result<std::string> plain = unpack_frame(block.frame(), block.line_bytes());
  if (!plain) return std::move(plain).error();
  std::string_view rest = *plain;
  std::string lines;
  for (Entry entry; block.next(entry);) {
    if (entry.kind != EntryKind::line) continue;
    const std::string_view line = take_bytes(rest, entry.number);
    if (!dead_.contains(entry.portion)) lines.append(line);
  }
  return lines.empty() ? Result<>() : closing.ledger->write(lines, closing.compressor);
}

Result<> RunWriter::settle(Closing& closing) {
  Result<std::unique_ptr<RelevanceIndex>> index = RelevanceIndex::create(work() + "/index");
  if (!index) return std::move(index).error();
  closing.index = std::move(*index);
  Result<> done = closing.settlement.settle([&](Settled& settled) { return settle_one(closing, settled); });
  if (done && !closing.lines.empty()) done = closing.ledger->write(closing.lines, closing.compressor);
  return done;
}

Result<> RunWriter::exclude(Closing& closing, std::string_view key, const Verdict& verdict,
                            const FindingCounts& findings, std::string_view duplicate_of) {
  const Decision& decision = *verdict.decision;
  closing.counts.settle({verdict.locator->exhibit, decision.disposition, decision.reason, verdict.facts->kind},
                        verdict.facts->size);
  const Commitment commitment = seal(closing.lines, closing.record, key, verdict, findings, duplicate_of);
  closing.lines.push_back('\n');
  Result<> done = closing.commitments.add(as_text(commitment.hash), "");
  if (done && closing.lines.size() >= kFrameBytes) {
    done = closing.ledger->write(closing.lines, closing.compressor);
    closing.lines.clear();
  }
  return done;
}

Result<> RunWriter::settle_one(Closing& closing, Settled& settled) {
  if (setup_.settled != nullptr) setup_.settled->fetch_add(1, std::memory_order_relaxed);
  const Locator locator = Locator::from_sort_key(settled.key);
  const StoredVerdict& verdict = settled.verdict;
  if (is_released(settled.fate)) return release(closing, settled, locator);
  if (settled.fate == Disposition::privileged) {
    assert(verdict.decision.rule);  // a privilege rule made it so
    const std::uint32_t rule = *verdict.decision.rule;
    PrivilegeRow row;
    row.date = verdict.facts.sent ? verdict.facts.sent : verdict.facts.modified;
    row.kind = verdict.facts.kind;
    row.basis = "paragraph " + setup_.scope->paragraphs[setup_.scope->rules[rule].paragraph].id;
    row.rule = rule + 1;
    if (Result<> added = closing.index->add(row); !added) return added;
  }
  std::string original;
  if (!settled.original.empty()) {
    const Locator of = Locator::from_sort_key(settled.original);
    original = to_string(of, setup_.exhibit_names[of.exhibit]);
  }
  Verdict excluded;
  excluded.locator = &locator;
  excluded.state = verdict.state;
  excluded.facts = &verdict.facts;
  excluded.decision = &verdict.decision;
  excluded.inode = verdict.inode;
  excluded.links = verdict.links;
  return exclude(closing, settled.key, excluded, verdict.findings, original);
}

Result<> RunWriter::release(Closing& closing, Settled& settled, const Locator& locator) {
  const StoredVerdict& verdict = settled.verdict;
  const Facts& facts = verdict.facts;
  const Decision& decision = verdict.decision;
  closing.counts.settle({locator.exhibit, decision.disposition, decision.reason, facts.kind}, facts.size);

  IndexItem item;
  item.id = ++closing.totals.released_items;
  item.exhibit = locator.exhibit + 1;
  auto& ancestors = closing.ancestors;
  while (!ancestors.empty() && !settled.key.starts_with(ancestors.back().first)) ancestors.pop_back();
  if (!ancestors.empty()) item.parent = ancestors.back().second;
  ancestors.emplace_back(settled.key, item.id);
  item.locator = released_text(locator, setup_.exhibit_names[locator.exhibit], facts.private_names, *setup_.key);
  item.state = static_cast<std::uint8_t>(verdict.state);
  item.kind = static_cast<std::uint8_t>(facts.kind);
  item.size = facts.size;
  item.sha256 = facts.digests.sha256;
  item.modified = facts.modified;
  item.disposition = static_cast<std::uint8_t>(decision.disposition);
  if (decision.rule) item.rule = *decision.rule + 1;
  // A number that SQLite cannot hold is nonsense of a damaged file system.
  if (verdict.inode != 0 && verdict.inode <= INT64_MAX) item.inode = verdict.inode;
  item.links = released_links(locator, verdict.links, facts, setup_.exhibit_names[locator.exhibit], *setup_.key);

  Closing::Original self{item.id, 0};
  if (settled.original.empty()) {
    item.extents = shown_extents(verdict);
    item.places = shown_places(verdict);
    item.hits = shown_hits(facts.hits, item.extents, settled.fate);
    for (const IndexExtent& extent : item.extents) self.extent_bytes += extent.length;
    if (settled.twins > closing.originals.size()) closing.originals.resize(settled.twins);
    if (settled.twins != 0) closing.originals[settled.twins - 1] = self;
  } else {
    self = closing.originals[settled.twins - 1];
    item.duplicate_of = self.id;
  }
  closing.totals.released_bytes += self.extent_bytes;
  closing.index_tree.add_data(item_text(item));
  return closing.index->add(item);
}

Result<> RunWriter::write_commitments(Closing& closing) {
  if (Result<> done = closing.commitments.finish(); !done) return done;
  Result<File> file = File::create(work() + "/ledger/commitments", 0666);
  if (!file) return std::move(file).error();
  SealedSort::Cursor cursor(closing.commitments);
  std::string block;
  constexpr std::size_t kBlock = 256 * limits::KiB;
  while (true) {
    Result<bool> more = cursor.next();
    if (!more) return std::move(more).error();
    if (*more) {
      closing.ledger_tree.add_data(cursor.key());
      block.append(cursor.key());
      if (block.size() < kBlock) continue;
    }
    if (Result<> done = file->write(block); !done) return done;
    block.clear();
    if (!*more) return file->sync();
  }
}

Result<> RunWriter::write_index(Closing& closing) {
  Totals& totals = closing.totals;
  const Counts& counts = closing.counts;
  for (const auto& [key, count] : counts.census) {
    DispositionTotal& total = totals.dispositions[static_cast<std::size_t>(key.disposition)];
    total.items += count.items;
    total.bytes += count.bytes;
    totals.bytes += count.bytes;
  }
  totals.objects = counts.seen;
  totals.exception_objects = counts.exception_objects;
  totals.exception_bytes = counts.exception_bytes;
  totals.coverage = counts.coverage;
  totals.index_leaves = closing.index_tree.leaves();
  totals.index_root = closing.index_tree.root();
  totals.ledger_leaves = closing.ledger_tree.leaves();
  totals.ledger_root = closing.ledger_tree.root();

  IndexTables tables;
  tables.scope = setup_.scope;
  tables.exhibits = &closing.exhibits;
  tables.counts = &counts;
  if (setup_.full_census) tables.categories = &categories_;
  tables.meta = {{"census", setup_.full_census ? "full" : "quick"},
                 {"court", setup_.scope->court},
                 {"detectors_sha256", setup_.detectors_sha256},
                 {"hash_sets_sha256", setup_.scope->hash_sets_sha256},
                 {"index_leaves", std::to_string(totals.index_leaves)},
                 {"index_root", to_hex(totals.index_root)},
                 {"ledger_leaves", std::to_string(totals.ledger_leaves)},
                 {"ledger_root", to_hex(totals.ledger_root)},
                 {"order_id", setup_.scope->id},
                 {"order_sha256", setup_.scope->order_sha256},
                 {"tool_version", setup_.tool_version}};
  Result<> done = closing.index->add(tables);
  if (done) done = closing.index->finish(work() + "/relevance.db");
  closing.index.reset();
  return done;
}

Result<> RunWriter::write_checkpoint(Closing& closing) {
  Checkpoint checkpoint;
  checkpoint.order_id = setup_.scope->id;
  checkpoint.order_sha256 = setup_.scope->order_sha256;
  checkpoint.detectors_sha256 = setup_.detectors_sha256;
  checkpoint.tool_version = setup_.tool_version;
  checkpoint.exhibits = closing.exhibits;
  checkpoint.index_leaves = closing.totals.index_leaves;
  checkpoint.index_root = closing.totals.index_root;
  checkpoint.ledger_leaves = closing.totals.ledger_leaves;
  checkpoint.ledger_root = closing.totals.ledger_root;
  checkpoint.totals = closing.totals.dispositions;
  std::vector<std::string> paths = {"ledger/commitments", "relevance.db", "run.json"};
  for (const std::string& segment : closing.ledger->segments()) paths.push_back("ledger/" + segment);
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    Result<FileDigest> digest = digest_file(work() + "/" + path);
    if (!digest) return std::move(digest).error();
    checkpoint.files.push_back({path, *digest});
  }
  return write_file(work() + "/checkpoint.txt", signed_text(checkpoint, *setup_.key));
}

Result<> RunWriter::move_into_place() {
  const std::string& directory = setup_.directory;
  ::unlink((work() + "/index").c_str());
  Result<> done = sync_path(work() + "/ledger");
  for (const char* name : {"relevance.db", "run.json", "ledger"}) {
    if (!done) return done;
    const std::string from = work() + "/" + name, to = directory + "/" + name;
    if (std::rename(from.c_str(), to.c_str()) != 0) return system_error("cannot finish the run directory", directory);
  }
  done = sync_path(directory);
  if (!done) return done;
  // Beyond this rename the run is finished.
  const std::string from = work() + "/checkpoint.txt", to = directory + "/checkpoint.txt";
  if (std::rename(from.c_str(), to.c_str()) != 0) return system_error("cannot finish the run directory", directory);
  return remove_leftovers(directory);
}

}  // namespace ambit::record
