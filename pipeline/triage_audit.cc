// What the audit reads: the texts of the index, the other readable files of the run, the released bytes.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "pipeline/limits.h"
#include "pipeline/order.h"
#include "pipeline/run_audit.h"
#include "pipeline/triage_released.h"
#include "stages/audit/auditor.h"
#include "stages/record/index_texts.h"
#include "stages/record/run_reader.h"
#include "stages/record/seal.h"

namespace ambit {
namespace {

using audit::Auditor;
using audit::Leak;
using record::IndexHit;
using record::IndexItem;

// Gathers what is found; one row for each kind in each place.
class Findings {
 public:
  void add(const Leak& leak, const std::string& place, std::uint64_t item) {
    Row& row = rows_[{leak.kind, place}];
    ++row.values;
    if (item != 0) row.items.insert(item);
    if (row.items.size() > AuditFinding::kMostItems) row.items.erase(std::prev(row.items.end()));
  }
  [[nodiscard]] std::vector<AuditFinding> all() const {
    std::vector<AuditFinding> out;
    for (const auto& [key, row] : rows_) {
      out.push_back({std::string(to_string(key.first)), key.second, row.values, {row.items.begin(), row.items.end()}});
    }
    return out;
  }

 private:
  struct Row {
    std::uint64_t values = 0;
    std::set<std::uint64_t> items;
  };
  std::map<std::pair<audit::LeakKind, std::string>, Row> rows_;
};

// Lengths of what the case was found by in the name of an item, by item.
using NameHits = std::map<std::uint64_t, std::set<std::uint64_t>>;

// A name may tell what the order names, even where only its index is at hand: there a hit of the same length says so.
bool is_name_hit(const NameHits& hits, std::uint64_t item, const Leak& leak) {
  const auto lengths = hits.find(item);
  return lengths != hits.end() && lengths->second.contains(leak.end - leak.offset);
}

Result<> look_at_index(const Auditor& auditor, const std::string& file, const std::string& where,
                       const NameHits& name_hits, Findings& findings, AuditReport& report) {
  return record::visit_index_texts(file, where, [&](const record::IndexText& text) {
    ++report.texts;
    report.text_bytes += text.text.size();
    for (const Leak& leak : auditor.look(text.text)) {
      if (text.column == "locator" && is_name_hit(name_hits, text.item, leak)) continue;
      findings.add(leak, std::string(text.table) + "." + std::string(text.column), text.item);
    }
  });
}

Result<> look_at_file(const Auditor& auditor, const std::string& directory, const std::string& name, Findings& findings,
                      AuditReport& report) {
  std::ifstream in(directory + "/" + name, std::ios::binary);
  if (!in) return Error{ErrorKind::io, name + " cannot be read", directory, ""};
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  ++report.texts;
  report.text_bytes += text.size();
  for (const Leak& leak : auditor.look(text)) findings.add(leak, name, 0);
  return {};
}

// Whether a hit of the case covers the value. Base64 does not begin and end where its letters do.
bool is_of_the_case(const std::vector<IndexHit>& hits, const Leak& leak, std::uint64_t offset) {
  const std::uint64_t slack = leak.writing == audit::Writing::base64 ? 4 : 0;
  const std::uint64_t begin = offset + leak.offset + slack, end = offset + leak.end - slack;
  return std::any_of(hits.begin(), hits.end(), [&](const IndexHit& hit) {
    return hit.view == static_cast<std::uint8_t>(View::raw) && hit.form != static_cast<std::uint8_t>(Form::hash) &&
           hit.start <= begin && hit.start + hit.length >= end;
  });
}

// Reads [begin, end) whole.
bool read_whole(Content& content, std::uint64_t begin, std::uint64_t end, std::vector<std::byte>& into) {
  into.resize(static_cast<std::size_t>(end - begin));
  for (std::size_t got = 0; got < into.size();) {
    const Result<std::size_t> more = content.read_at(begin + got, std::span(into).subspan(got));
    if (!more.ok() || *more == 0) return false;
    got += *more;
  }
  return true;
}

class ExtentAudit {
 public:
  ExtentAudit(const Auditor& auditor, Findings& findings, AuditReport& report)
      : auditor_(auditor), findings_(findings), report_(report) {}

  void look(const IndexItem& item, Content* content) {
    if (content == nullptr) {
      ++report_.unread;
      return;
    }
    const Result<ContentInfo> info = content->open();
    bool whole = info.ok() && info->size == item.size;
    for (const record::IndexExtent& extent : item.extents) {
      if (extent.view == static_cast<std::uint8_t>(View::raw)) whole = whole && look_at(item, extent, *content);
    }
    ++(whole ? report_.items : report_.unread);
  }

 private:
  // In pieces, each with what stands around it in the extent: a value belongs to the piece in which it begins.
  bool look_at(const IndexItem& item, const record::IndexExtent& extent, Content& content) {
    if (extent.start > item.size || extent.length > item.size - extent.start) return false;
    const std::uint64_t last = extent.start + extent.length;
    for (std::uint64_t at = extent.start; at < last; at += kPiece) {
      const std::uint64_t piece_end = std::min(last, at + kPiece);
      const std::uint64_t begin = at - std::min<std::uint64_t>(at - extent.start, Auditor::kReach);
      const std::uint64_t end = std::min(last, piece_end + Auditor::kReach);
      if (!read_whole(content, begin, end, bytes_)) return false;
      report_.extent_bytes += piece_end - at;
      const std::string_view text(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
      for (const Leak& leak : auditor_.look(text)) {
        const std::uint64_t place = begin + leak.offset;
        if (place < at || place >= piece_end || is_of_the_case(item.hits, leak, begin)) continue;
        findings_.add(leak, "extents", item.id);
      }
    }
    return true;
  }

  static constexpr std::uint64_t kPiece = 1 * limits::MiB;
  const Auditor& auditor_;
  Findings& findings_;
  AuditReport& report_;
  std::vector<std::byte> bytes_;
};

// True where a component of the locator is a pseudonym, as CaseKey::pseudonym() writes them.
bool holds_private_name(std::string_view locator) {
  static constexpr std::string_view kStart = "private-";
  for (std::size_t at = locator.find(kStart); at != std::string_view::npos; at = locator.find(kStart, at + 1)) {
    const std::string_view tail = locator.substr(at + kStart.size(), 12);
    if (tail.size() == 12 && tail.find_first_not_of("0123456789abcdef") == std::string_view::npos) return true;
  }
  return false;
}

Result<> look_at_exhibits(const Auditor& auditor, const record::RunReader& run, const AuditOptions& options,
                          Findings& findings, AuditReport& report) {
  if (run.exhibits().size() != options.exhibits.size()) {
    return Error{ErrorKind::usage,
                 "the run has " + std::to_string(run.exhibits().size()) + " exhibits, not " +
                     std::to_string(options.exhibits.size()),
                 options.directory, "give every exhibit once, in the order of the run"};
  }
  std::vector<ReleasedItem> items;
  std::map<std::string, std::uint64_t> ids;  // by locator
  std::uint64_t hidden = 0;
  bool sound = true;
  const Result<> read = run.leaves([&](const IndexItem& item) {
    const std::string name(run.exhibit_name(item.exhibit));
    sound = item.exhibit >= 1 && item.exhibit <= run.exhibits().size() && item.locator.starts_with(name);
    if (holds_private_name(item.locator)) ++hidden;
    items.push_back({item.exhibit - 1, name, item.locator, item.size, item.sha256.value_or(record::Bytes32{})});
    ids[item.locator] = item.id;
    return sound;
  });
  if (!read) return read;
  if (!sound) return Error{ErrorKind::tampered, "an item stands in no exhibit of the run", options.directory, ""};
  ExtentAudit extents(auditor, findings, report);
  std::optional<Error> failed;
  const auto look = [&](const ReleasedItem& released, Content* content) {
    if (failed) return;
    const Result<IndexItem> item = run.item(std::to_string(ids[released.locator]));
    if (item.ok()) return extents.look(*item, content);
    failed = item.error();
  };
  const auto not_located = visit_released(options.exhibits, items, look, [](const Exhibit&) {});
  if (!not_located.ok()) return not_located.error();
  if (failed) return *failed;
  report.hidden = std::min(hidden, *not_located);
  report.unread += *not_located - report.hidden;
  return {};
}

Result<NameHits> name_hits_of(const record::RunReader& run) {
  NameHits out;
  const Result<> read = run.items({}, [&](const IndexItem& item) {
    for (const IndexHit& hit : item.hits) {
      if (hit.view == static_cast<std::uint8_t>(View::name)) out[item.id].insert(hit.length);
    }
    return true;
  });
  if (!read) return read.error();
  return out;
}

// What the index itself tells of the order.
void name_from_index(const record::RunReader& run, Auditor& auditor) {
  for (const record::ParagraphRow& paragraph : run.paragraphs()) auditor.name(paragraph.text);
  for (const record::IdentifierRow& identifier : run.identifiers()) auditor.name(identifier.name);
  for (const record::RuleRow& rule : run.rules()) {
    auditor.name(rule.name);
    auditor.name(rule.expression);
  }
  for (const char* key : {"court", "order_id"}) {
    const auto value = run.meta().find(key);
    if (value != run.meta().end()) auditor.name(value->second);
  }
}

// And what the order file says, which must be that of the run.
Result<> name_from_order(const record::RunReader& run, const std::string& path, Auditor& auditor) {
  const ReadOrder order = read_order(path);
  if (!order.problems.empty()) {
    return Error{ErrorKind::order, "the order cannot be used", path, "ambit check tells all its mistakes"};
  }
  const Result<record::FileDigest> digest = record::digest_file(path);
  if (!digest.ok()) return digest.error();
  const auto recorded = run.meta().find("order_sha256");
  if (recorded == run.meta().end() || recorded->second != record::to_hex(digest->sha256)) {
    return Error{ErrorKind::usage, "this is not the order of the run", path,
                 "give the order file that triage was given"};
  }
  auditor.name(order.scope);
  return {};
}

}  // namespace

Result<AuditReport> audit_run(const AuditOptions& options) {
  const auto run = record::RunReader::open(options.directory);
  if (!run.ok()) return run.error();
  Auditor auditor;
  name_from_index(*run, auditor);
  NameHits name_hits;
  if (!options.order.empty()) {
    if (Result<> named = name_from_order(*run, options.order, auditor); !named.ok()) return named.error();
  } else {
    Result<NameHits> found = name_hits_of(*run);
    if (!found.ok()) return found.error();
    name_hits = std::move(*found);
  }
  AuditReport report;
  Findings findings;
  const std::string& directory = options.directory;
  Result<> done = look_at_index(auditor, directory + "/relevance.db", directory, name_hits, findings, report);
  for (const char* name : {"run.json", "checkpoint.txt"}) {
    if (done.ok()) done = look_at_file(auditor, directory, name, findings, report);
  }
  if (done.ok() && !options.exhibits.empty()) done = look_at_exhibits(auditor, *run, options, findings, report);
  if (!done.ok()) return done.error();
  report.findings = findings.all();
  return report;
}

Result<AuditReport> audit_index(const std::string& file, const std::string& where, const Scope& scope) {
  Auditor auditor;
  auditor.name(scope);
  AuditReport report;
  Findings findings;
  if (Result<> done = look_at_index(auditor, file, where, {}, findings, report); !done.ok()) return done.error();
  report.findings = findings.all();
  return report;
}

Result<> audit_verdict(const AuditReport& report, const std::string& where) {
  if (report.holds()) return {};
  std::string what = "private data of third parties would be released:";
  for (const AuditFinding& finding : report.findings) {
    what += " " + std::to_string(finding.values) + " of " + finding.kind + " in " + finding.place;
    if (!finding.items.empty()) what += " (first item " + std::to_string(finding.items.front()) + ")";
    what += ";";
  }
  if (report.unread > 0) what += " " + std::to_string(report.unread) + " items could not be read;";
  what.pop_back();
  return Error{ErrorKind::tampered, what, where,
               "do not hand it on; this is a mistake of the program, or the order names a value only in another print"};
}

}  // namespace ambit
