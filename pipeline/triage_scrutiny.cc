// The second look at what the sweep caught, and at all that is packed in it: whoever gets an object's bytes gets that
// too.
#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "pipeline/triage_blocks.h"
#include "pipeline/triage_packed.h"
#include "pipeline/triage_sweep.h"
#include "stages/unpack/carve.h"

namespace ambit {
namespace {

// The letters of a finding, whichever way they are written.
std::string letters(std::span<const std::byte> bytes) {
  std::string out;
  for (const std::byte b : bytes) {
    if (b != std::byte{0}) out += static_cast<char>(b);
  }
  return out;
}

// What was found in the object's raw bytes, to be known again in a text view of them.
class RawValues {
 public:
  RawValues(Content& content, const std::vector<Finding>& findings) {
    std::vector<std::byte> bytes;
    for (const Finding& finding : findings) {
      if (finding.view != View::raw) continue;
      bytes.resize(finding.length);
      const Result<std::size_t> got = content.read_at(finding.offset, bytes);
      if (!got.ok() || *got < bytes.size()) continue;
      values_.push_back({finding.detector, std::hash<std::string>{}(letters(bytes)), finding.offset});
    }
    std::sort(values_.begin(), values_.end());
  }
  // Whether the detector found the same in `around`.
  [[nodiscard]] bool hold(DetectorId detector, const std::string& value, const Extent& around) const {
    const Value least{detector, std::hash<std::string>{}(value), around.start};
    const auto first = std::lower_bound(values_.begin(), values_.end(), least);
    return first != values_.end() && std::get<0>(*first) == std::get<0>(least) &&
           std::get<1>(*first) == std::get<1>(least) && std::get<2>(*first) < around.end();
  }

 private:
  using Value = std::tuple<DetectorId, std::size_t, std::uint64_t>;
  std::vector<Value> values_;
};

}  // namespace

// Notes what it finds where it stands in the object.
class PackedScrutiny final : public PackedVisitor {
 public:
  PackedScrutiny(const Sweep& sweep, const Engine& engine, Worker& worker, Content& content, const Facts& facts)
      : sweep_(sweep), engine_(engine), worker_(worker), content_(content), raw_findings_(facts.findings) {}

  Look begin(const PackedPart& part) override {
    if (part.part.is == Part::Is::member) look_at_name(part);
    if (part.is_plain) return {};
    const bool is_view = part.part.is == Part::Is::view;
    auto cutter = std::make_shared<BlockCutter>(
        limits::kStreamBlock, engine_.context_bytes(), 0,
        [this, around = is_view ? part.around : std::nullopt](const Block& block) { look_at(block, around); });
    return [cutter](std::span<const std::byte> bytes) { bytes.empty() ? cutter->end() : cutter->append(bytes); };
  }
  void unread(WalkTrouble /*why*/) override { is_unread_ = true; }
  void stands(const Extent& where) override {
    // A finding that is too long to be told counts as one whose place is not known.
    const bool is_told = where.length > 0 && where.length <= UINT32_MAX;
    for (const auto& [detector, grade] : found_) {
      Finding finding{0, 0, detector, grade, View::text};
      if (is_told) finding = {where.start, static_cast<std::uint32_t>(where.length), detector, grade, View::raw};
      findings_.push_back(finding);
    }
    if (is_unread_) unseen_.push_back(where);
    found_.clear();
    is_unread_ = false;
    keep_few();
  }
  [[nodiscard]] bool stopped() const override { return sweep_.stopped(); }

  void finish(Facts& facts) {
    facts.findings.insert(facts.findings.end(), findings_.begin(), findings_.end());
    std::sort(facts.findings.begin(), facts.findings.end());
    facts.findings.erase(std::unique(facts.findings.begin(), facts.findings.end()), facts.findings.end());
    facts.unseen = std::move(unseen_);
    std::sort(facts.unseen.begin(), facts.unseen.end());
  }

 private:
  // The hits of the case in it first: what they cover is no third party's.
  void look_at(const Block& block, const std::optional<Extent>& around) {
    const std::uint64_t end = block.at + block.bytes.size();
    const auto content = window_content(block.bytes, block.at, end);
    Facts facts;
    ChunkReader reader(*content, end, block.at, end, worker_.buffer, facts);
    const auto admit = [this](const Chunk&) { return !sweep_.stopped(); };
    scan(reader, Head{end, block.at, end}, facts, worker_.watch, admit,
         Looking<Match>{*engine_.match, worker_.match, Work::match});
    static_cast<void>(take_marks(facts.hits, engine_));
    std::sort(facts.hits.begin(), facts.hits.end());
    worker_.watch.begin(Work::scrutinise);
    engine_.scrutinise->prepare(worker_.scrutinise, facts);
    engine_.scrutinise->look_at(worker_.scrutinise, block.bytes, block.at, block.begin, block.end,
                                [&](const Finding& finding) {
                                  note(finding, std::span(block.bytes).subspan(finding.offset - block.at), around);
                                });
    worker_.watch.charge(Work::scrutinise, block.end - block.begin);
  }
  void look_at_name(const PackedPart& part) {
    const auto name = std::as_bytes(std::span(part.part.name));
    engine_.scrutinise->prepare(worker_.scrutinise, {});
    bool is_private = false;
    engine_.scrutinise->look_at(worker_.scrutinise, name, 0, 0, name.size(), [&](const Finding& finding) {
      is_private = note(finding, name.subspan(finding.offset), part.around) || is_private;
    });
    // In a plain container parts of this part may be told of before itself.
    if (is_private && part.around) stands(*part.around);
  }
  // `bytes` begin with the finding. What the raw bytes `around` show as it is was found there.
  bool note(const Finding& finding, std::span<const std::byte> bytes, const std::optional<Extent>& around) {
    if (finding.grade < engine_.scope.privacy.least) return false;
    if (around) {
      if (!raw_values_) raw_values_.emplace(content_, raw_findings_);
      const auto value = letters(bytes.first(std::min<std::size_t>(bytes.size(), finding.length)));
      if (raw_values_->hold(finding.detector, value, *around)) return false;
    }
    const std::pair said(finding.detector, finding.grade);
    if (std::find(found_.begin(), found_.end(), said) == found_.end()) found_.push_back(said);
    return true;
  }
  // Where there are too many places to tell apart, all of the object is one.
  void keep_few() {
    if (findings_.size() + unseen_.size() < limits::kMaxPackedPlaces) return;
    for (Finding& finding : findings_) finding = {0, 0, finding.detector, finding.grade, View::text};
    std::sort(findings_.begin(), findings_.end());
    findings_.erase(std::unique(findings_.begin(), findings_.end()), findings_.end());
    if (unseen_.size() > 1) unseen_ = {Extent{0, UINT64_MAX, View::raw}};
  }

  const Sweep& sweep_;
  const Engine& engine_;
  Worker& worker_;
  Content& content_;
  const std::vector<Finding>& raw_findings_;
  std::optional<RawValues> raw_values_;
  std::vector<std::pair<DetectorId, Grade>> found_;  // since the last place
  bool is_unread_ = false;                           // likewise
  std::vector<Finding> findings_;
  std::vector<Extent> unseen_;
};

// It may read the object again; what it cannot read any more is an exception.
void Sweep::scrutinise(Worker& worker, Object& object, Facts& facts) {
  Facts again;  // takes the coverage and the exceptions of the second reading
  if (object.content != nullptr && facts.size > 0) {
    worker.digest.want({.sha256 = true});
    engine_.scrutinise->prepare(worker.scrutinise, facts);
    ChunkReader reader(*object.content, facts.size, 0, facts.size, worker.buffer, again);
    const auto admit = [this](const Chunk&) { return !stopped(); };
    worker.watch.start();
    scan(reader, Head{facts.size, 0, facts.size}, facts, worker.watch, admit,
         Looking<Digest>{engine_.digest, worker.digest, Work::hash},
         Looking<Scrutinise>{*engine_.scrutinise, worker.scrutinise, Work::scrutinise});
  }
  worker.reread_bytes += object.content != nullptr ? facts.size : 0;
  for (const Exception& e : again.exceptions) {
    if (std::find(facts.exceptions.begin(), facts.exceptions.end(), e) == facts.exceptions.end()) {
      facts.exceptions.push_back(e);
    }
  }
  engine_.scrutinise->look_at_names(worker.scrutinise, object.locator, object.links, facts);
}

// What is packed in a piece of residue is an object of its own, judged by itself: with the raw bytes around it, it does
// not leave. Nor does what was carved as a whole: where it ends is a guess, its parts are judged by themselves.
bool Sweep::withhold_packed(Object& object, Facts& facts) {
  const Step& step = object.locator.steps.back();
  if (step.name == kCarvedName) {
    facts.unseen.push_back({0, facts.size, View::raw});
    return true;
  }
  const auto starts = find_carve_starts(*object.content, facts.size, step.number);
  carve(*object.content, facts.size, starts, StreamEnds::as_far_as_the_next, [&](const CarvedFile& file) {
    facts.unseen.push_back({file.begin, file.bytes, View::raw});
    return !stopped();
  });
  // A member of an archive that begins before the piece.
  if (const auto member = find_zip_member(*object.content, facts.size)) {
    facts.unseen.push_back({*member, facts.size - *member, View::raw});
  }
  std::sort(facts.unseen.begin(), facts.unseen.end());
  return !facts.unseen.empty();
}

bool Sweep::scrutinise_packed(Worker& worker, Object& object, Facts& facts) {
  if (object.content == nullptr || facts.size == 0) return false;
  if (facts.kind == Kind::disk_image || is_volume(object)) {
    facts.unseen = {{0, facts.size, View::raw}};
    return true;
  }
  if (object.state == ObjectState::residue) return withhold_packed(object, facts);
  if (facts.format == Format::none) return false;
  PackedScrutiny scrutiny(*this, engine_, worker, *object.content, facts);
  PackedReader reader(engine_.scope.unpack, engine_.sandboxes, scrutiny);
  reader.read(*object.content, facts.size, facts.format, file_name_of(object.locator), object.inside);
  scrutiny.finish(facts);
  worker.reread_bytes += facts.size;
  return true;
}

}  // namespace ambit
