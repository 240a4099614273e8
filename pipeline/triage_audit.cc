// What the audit reads: the texts of the index, the other readable files of the run, the released bytes.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "pipeline/order.h"
#include "pipeline/run_audit.h"
#include "pipeline/triage_blocks.h"
#include "pipeline/triage_packed.h"
#include "pipeline/triage_released.h"
#include "stages/audit/auditor.h"
#include "stages/record/index_texts.h"
#include "stages/record/run_reader.h"
#include "stages/record/seal.h"
#include "stages/unpack/embedded/embedded.h"

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

// What is packed in an item that is released whole. What the order names in it is known by its text alone.
class PackedAudit final : public PackedVisitor {
 public:
  PackedAudit(const Auditor& auditor, std::uint64_t item, Findings& findings, AuditReport& report)
      : auditor_(auditor), item_(item), findings_(findings), report_(report) {}

  Look begin(const PackedPart& part) override {
    look_at({reinterpret_cast<const std::byte*>(part.part.name.data()), part.part.name.size()}, 0, UINT64_MAX);
    if (part.is_plain) return {};
    auto cutter = std::make_shared<BlockCutter>(limits::kStreamBlock, Auditor::kReach, 0, [this](const Block& block) {
      look_at(block.bytes, block.begin - block.at, block.end - block.at);
    });
    return [cutter](std::span<const std::byte> bytes) { bytes.empty() ? cutter->end() : cutter->append(bytes); };
  }
  void unread(WalkTrouble /*why*/) override { is_unread_ = true; }
  void stands(const Extent& /*where*/) override {}
  [[nodiscard]] bool stopped() const override { return false; }
  [[nodiscard]] bool is_unread() const { return is_unread_; }

 private:
  void look_at(std::span<const std::byte> bytes, std::uint64_t begin, std::uint64_t end) {
    report_.packed_bytes += std::min<std::uint64_t>(bytes.size(), end) - begin;
    for (const Leak& leak : auditor_.look({reinterpret_cast<const char*>(bytes.data()), bytes.size()})) {
      if (leak.offset >= begin && leak.offset < end) findings_.add(leak, "packed", item_);
    }
  }

  const Auditor& auditor_;
  const std::uint64_t item_;
  Findings& findings_;
  AuditReport& report_;
  bool is_unread_ = false;
};

// A text view of an object has nothing packed in it: "…!text", where a member is "…!/name".
bool is_view(const IndexItem& item) {
  const std::size_t mark = item.locator.rfind('!');
  return mark != std::string::npos && item.state == static_cast<std::uint8_t>(ObjectState::member) &&
         !item.locator.substr(mark + 1).starts_with('/');
}

class ExtentAudit {
 public:
  // `unpack`: what is packed in items is looked at too, within these limits; null: it is not.
  ExtentAudit(const Auditor& auditor, const UnpackLimits* unpack, Findings& findings, AuditReport& report)
      : auditor_(auditor), unpack_(unpack), findings_(findings), report_(report) {}

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
    if (whole && unpack_ != nullptr && item.disposition == static_cast<std::uint8_t>(Disposition::disclose)) {
      whole = look_into(item, *content);
    }
    ++(whole ? report_.items : report_.unread);
  }

 private:
  bool look_into(const IndexItem& item, Content& content) {
    if (is_view(item)) return true;
    std::vector<std::byte> head;
    if (!read_whole(content, 0, std::min<std::uint64_t>(item.size, kKindBytes), head)) return false;
    const std::string_view name = last_component(item.locator);
    Format format = format_of(head, name, item.size);
    if (format == Format::none) format = format_by_end(content, item.size);
    if (format == Format::none && has_embedded_mark(content, item.size)) format = Format::embedded;
    if (!is_unpacked(format)) return true;
    PackedAudit audit(auditor_, item.id, findings_, report_);
    const auto around = static_cast<std::size_t>(std::count(item.locator.begin(), item.locator.end(), '!'));
    PackedReader(*unpack_, sandboxes_, audit).read(content, item.size, format, name, around);
    return !audit.is_unread();
  }
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
  const UnpackLimits* const unpack_;
  Findings& findings_;
  AuditReport& report_;
  const std::shared_ptr<Sandboxes> sandboxes_ = std::make_shared<Sandboxes>();
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

Result<> look_at_exhibits(const Auditor& auditor, const UnpackLimits* unpack, const record::RunReader& run,
                          const AuditOptions& options, Findings& findings, AuditReport& report) {
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
  ExtentAudit extents(auditor, unpack, findings, report);
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

// And what the order file says, which must be that of the run: how far objects were taken apart.
Result<UnpackLimits> name_from_order(const record::RunReader& run, const std::string& path, Auditor& auditor) {
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
  return order.scope.unpack;
}

}  // namespace

Result<AuditReport> audit_run(const AuditOptions& options) {
  const auto run = record::RunReader::open(options.directory);
  if (!run.ok()) return run.error();
  Auditor auditor;
  name_from_index(*run, auditor);
  NameHits name_hits;
  std::optional<UnpackLimits> unpack;
  if (!options.order.empty()) {
    const Result<UnpackLimits> named = name_from_order(*run, options.order, auditor);
    if (!named.ok()) return named.error();
    unpack = *named;
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
  if (done.ok() && !options.exhibits.empty())
    done = look_at_exhibits(auditor, unpack ? &*unpack : nullptr, *run, options, findings, report);
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
