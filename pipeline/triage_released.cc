#include "pipeline/triage_released.h"

#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>

#include "pipeline/run_content.h"
#include "pipeline/triage_find.h"
#include "pipeline/volume_sets.h"
#include "stages/open/open_exhibit.h"
#include "stages/walk/image_walk.h"
#include "stages/walk/walk.h"

namespace ambit {
namespace {

// The items of one exhibit that were not met yet, by the rest of their locator's text after the exhibit's name.
class Wanted {
 public:
  Wanted(std::uint32_t exhibit, const std::vector<ReleasedItem>& items, const VisitReleased& visit) : visit_(visit) {
    for (const ReleasedItem& item : items) {
      if (item.exhibit == exhibit) items_.emplace(item.locator.substr(item.exhibit_name.size()), &item);
    }
  }
  [[nodiscard]] std::set<std::string> texts() const {
    std::set<std::string> texts;
    for (const auto& [text, item] : items_) texts.insert(text);
    return texts;
  }
  [[nodiscard]] bool has(const std::string& text) const { return items_.contains(text); }
  [[nodiscard]] std::size_t left() const { return items_.size(); }
  void meet(const std::string& text, Content* content) {
    const auto item = items_.find(text);
    if (item == items_.end()) return;
    visit_(*item->second, content);
    items_.erase(item);
  }
  // Those whose text `offer` takes are met by it.
  template <class Offer>
  void meet_all(Offer&& offer) {
    std::erase_if(items_, [&](const auto& entry) { return offer(entry.first, *entry.second); });
  }
  void visit(const ReleasedItem& item, Content* content) const { visit_(item, content); }

 private:
  const VisitReleased& visit_;
  std::unordered_map<std::string, const ReleasedItem*> items_;
};

// "PREFIX:NAME@OFFSET+LENGTH", the text of a residue locator.
struct ResidueText {
  std::string_view prefix;
  std::uint64_t offset = 0, length = 0;
};

std::optional<ResidueText> read_residue(std::string_view text, std::string_view name) {
  const std::string opening = ":" + std::string(name) + "@";
  const std::size_t mark = text.rfind(opening);
  if (mark == std::string_view::npos) return std::nullopt;
  ResidueText out{text.substr(0, mark), 0, 0};
  const char* const end = text.data() + text.size();
  auto [at, status] = std::from_chars(text.data() + mark + opening.size(), end, out.offset);
  if (status != std::errc() || at == end || *at != '+') return std::nullopt;
  auto [last, last_status] = std::from_chars(at + 1, end, out.length);
  if (last_status != std::errc() || last != end) return std::nullopt;
  return out;
}

// What of the wanted items is inside the object.
void look_inside(const Object& object, Content& content, PartFinder& finder) {
  if (!finder.leads_on(to_string(object.locator, ""))) return;
  if (const Result<ContentInfo> info = content.open(); info.ok()) finder.look_into(object, content, info->size);
}

// Meets the items of an image while it is walked.
class ImageItems final : public walk::ImageSink {
 public:
  ImageItems(const walk::ImageWalk& walk, Wanted& wanted, PartFinder& finder)
      : walk_(walk), wanted_(wanted), finder_(finder) {
    add_home(walk.image().steps);
  }

  std::uint32_t home(std::vector<Step> steps) override {
    add_home(std::move(steps));
    return 0;
  }
  bool object(Object&& object, std::uint64_t, std::uint32_t) override {
    if (object.content == nullptr) sets_.add(object);
    return meet(std::move(object));
  }
  bool area(Kind, std::uint32_t, std::uint64_t, std::uint64_t) override { return true; }

  // When the walk is through: archives in volumes.
  void meet_joined() {
    for (Object& joined : sets_.take_joined()) static_cast<void>(meet(std::move(joined)));
  }

  bool meet(Object&& object) {
    const std::string text = to_string(object.locator, "");
    if ((!wanted_.has(text) && !finder_.leads_on(text)) || object.trouble != WalkTrouble::none) return true;
    if (object.content == nullptr)
      object.content = run_content(walk_.bytes(), object.runs, object.info, Places::exhibit);
    look_inside(object, *object.content, finder_);
    wanted_.meet(text, object.content.get());
    return true;
  }

  // When the walk is through: residue, by its place, and what is packed in it.
  void meet_residue() {
    const auto piece = [&](const ResidueText& residue) {
      const std::uint64_t bytes = walk_.bytes().size();
      const bool inside = residue.offset <= bytes && residue.length <= bytes - residue.offset;
      return inside ? run_content(walk_.bytes(), {{0, residue.offset, residue.length}},
                                  {residue.length, std::nullopt, 0}, Places::exhibit)
                    : nullptr;
    };
    for (const std::string& text : finder_.containers()) {
      const auto residue = read_residue(text, kCarvedName);
      const auto home = residue ? homes_.find(std::string(residue->prefix)) : homes_.end();
      const auto content = home != homes_.end() ? piece(*residue) : nullptr;
      if (content == nullptr) continue;
      Object object;
      object.locator = Locator{0, home->second}.child(
          {StepKind::residue, std::string(kCarvedName), residue->offset, residue->length});
      look_inside(object, *content, finder_);
    }
    wanted_.meet_all([&](const std::string& text, const ReleasedItem& item) {
      const auto residue = read_residue(text, {});
      if (!residue || !homes_.contains(std::string(residue->prefix))) return false;
      const auto content = piece(*residue);
      wanted_.visit(item, content.get());
      return true;
    });
  }

 private:
  void add_home(std::vector<Step> steps) {
    std::string text = to_string(Locator{0, steps}, "");
    homes_.emplace(std::move(text), std::move(steps));
  }

  const walk::ImageWalk& walk_;
  Wanted& wanted_;
  PartFinder& finder_;
  VolumeSets sets_;
  // The places in which this walk has residue, by their texts.
  std::map<std::string, std::vector<Step>> homes_;
};

void visit_one_exhibit(const Exhibit& exhibit, std::uint32_t number, Wanted& wanted) {
  const std::set<std::string> texts = wanted.texts();
  PartFinder finder(texts, [&](const std::string& text, Content& content) { wanted.meet(text, &content); });
  const std::unique_ptr<ObjectSource> source = walk_exhibit(exhibit, number);
  while (std::optional<Object> object = source == nullptr ? std::nullopt : source->next()) {
    if (object->content == nullptr) continue;
    look_inside(*object, *object->content, finder);
    wanted.meet(to_string(object->locator, ""), object->content.get());
  }
  if (source != nullptr) return;
  const walk::Image image{number, {}, &exhibit};
  for (const auto& walk : walk::walks_of({&image, 1}, {})) {
    ImageItems items(*walk, wanted, finder);
    walk->walk(items);
    items.meet_joined();
    items.meet_residue();
  }
}

}  // namespace

Result<std::uint64_t> visit_released(const std::vector<std::string>& exhibits, const std::vector<ReleasedItem>& items,
                                     const VisitReleased& visit, const VisitExhibit& visit_exhibit) {
  const std::vector<std::string> names = exhibit_names(exhibits);
  std::uint64_t not_located = 0;
  for (std::uint32_t number = 0; number < exhibits.size(); ++number) {
    Result<std::unique_ptr<Exhibit>> exhibit = open_exhibit(exhibits[number], names[number]);
    if (!exhibit.ok()) return std::move(exhibit).error();
    Wanted wanted(number, items, visit);
    visit_one_exhibit(**exhibit, number, wanted);
    not_located += wanted.left();
    visit_exhibit(**exhibit);
  }
  return not_located;
}

}  // namespace ambit
