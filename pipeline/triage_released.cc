#include "pipeline/triage_released.h"

#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>

#include "pipeline/content_source.h"
#include "pipeline/run_content.h"
#include "pipeline/triage_find.h"
#include "pipeline/triage_joined.h"
#include "pipeline/volume_sets.h"
#include "stages/open/open_exhibit.h"
#include "stages/open/open_image.h"
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

// Meets the items of one exhibit: its files, what is in them, and the images that they are.
class ExhibitItems {
 public:
  ExhibitItems(std::uint32_t exhibit, Wanted& wanted)
      : exhibit_(exhibit),
        wanted_(wanted),
        texts_(wanted.texts()),
        finder_(
            texts_, [this](const std::string& text, Content& content) { wanted_.meet(text, &content); },
            [this](const Object& part, std::unique_ptr<Content> content, std::uint64_t size) {
              visit_image_in(part, std::move(content), size);
            }) {}

  void visit_objects(ObjectSource& source);
  void visit_image(const walk::Image& image);
  // What of the wanted items is inside the object.
  void look_inside(const Object& object, Content& content);
  [[nodiscard]] bool leads_on(const std::string& text) const {
    return finder_.leads_on(text) || finder_.leads_into_image(text);
  }
  [[nodiscard]] const std::set<std::string>& containers() const { return finder_.containers(); }
  [[nodiscard]] Wanted& wanted() { return wanted_; }

 private:
  void visit_image_in(const Object& object, std::unique_ptr<Content> content, std::uint64_t size);

  const std::uint32_t exhibit_;
  Wanted& wanted_;
  const std::set<std::string> texts_;
  PartFinder finder_;
};

// Meets those of an image while it is walked.
class ImageItems final : public walk::ImageSink {
 public:
  ImageItems(const walk::ImageWalk& walk, ExhibitItems& all) : walk_(walk), all_(all) { add_home(walk.image().steps); }

  std::uint32_t home(std::vector<Step> steps) override {
    add_home(std::move(steps));
    return 0;
  }
  bool object(Object&& object, std::uint64_t, std::uint32_t) override {
    sets_.add(object);
    return meet(std::move(object));
  }
  bool area(Kind, std::uint32_t, std::uint64_t, std::uint64_t) override { return true; }

  // When the walk is through: what is in volumes.
  void meet_joined() {
    const auto make = [this](std::vector<Run> runs, ContentInfo info) {
      return run_content(walk_.bytes(), std::move(runs), info, Places::exhibit);
    };
    for (Object& joined : sets_.take_joined(make, joins_to_image)) static_cast<void>(meet(std::move(joined)));
  }

  bool meet(Object&& object) {
    const std::string text = to_string(object.locator, "");
    if ((!all_.wanted().has(text) && !all_.leads_on(text)) || object.trouble != WalkTrouble::none) return true;
    if (object.content == nullptr)
      object.content = run_content(walk_.bytes(), object.runs, object.info, Places::exhibit);
    all_.look_inside(object, *object.content);
    all_.wanted().meet(text, object.content.get());
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
    for (const std::string& text : all_.containers()) {
      const auto residue = read_residue(text, kCarvedName);
      const auto home = residue ? homes_.find(std::string(residue->prefix)) : homes_.end();
      const auto content = home != homes_.end() ? piece(*residue) : nullptr;
      if (content == nullptr) continue;
      Object object;
      object.locator = Locator{0, home->second}.child(
          {StepKind::residue, std::string(kCarvedName), residue->offset, residue->length});
      all_.look_inside(object, *content);
    }
    all_.wanted().meet_all([&](const std::string& text, const ReleasedItem& item) {
      const auto residue = read_residue(text, {});
      if (!residue || !homes_.contains(std::string(residue->prefix))) return false;
      const auto content = piece(*residue);
      all_.wanted().visit(item, content.get());
      return true;
    });
  }

 private:
  void add_home(std::vector<Step> steps) {
    std::string text = to_string(Locator{0, steps}, "");
    homes_.emplace(std::move(text), std::move(steps));
  }

  const walk::ImageWalk& walk_;
  ExhibitItems& all_;
  VolumeSets sets_;
  // The places in which this walk has residue, by their texts.
  std::map<std::string, std::vector<Step>> homes_;
};

void ExhibitItems::look_inside(const Object& object, Content& content) {
  const std::string text = to_string(object.locator, "");
  if (!leads_on(text)) return;
  const Result<ContentInfo> info = content.open();
  if (!info.ok()) return;
  if (finder_.leads_on(text)) finder_.look_into(object, content, info->size);
  if (finder_.leads_into_image(text)) visit_image_in(object, content.duplicate(), info->size);
}

void ExhibitItems::visit_image_in(const Object& object, std::unique_ptr<Content> content, std::uint64_t size) {
  if (content == nullptr || !content->open().ok()) return;
  const std::vector<ContentPart> parts = content->parts();
  const Result<std::unique_ptr<Exhibit>> image = open_image(content_source(std::move(content), size), "", parts);
  if (image.ok() && *image != nullptr) visit_image({exhibit_, object.locator.steps, image->get()});
}

void ExhibitItems::visit_image(const walk::Image& image) {
  for (const auto& walk : walk::walks_of({&image, 1}, {})) {
    ImageItems items(*walk, *this);
    walk->walk(items);
    items.meet_joined();
    items.meet_residue();
  }
}

void ExhibitItems::visit_objects(ObjectSource& source) {
  while (std::optional<Object> object = source.next()) {
    if (object->content == nullptr) continue;
    look_inside(*object, *object->content);
    wanted_.meet(to_string(object->locator, ""), object->content.get());
  }
}

void visit_one_exhibit(const Exhibit& exhibit, std::uint32_t number, Wanted& wanted) {
  ExhibitItems items(number, wanted);
  const std::unique_ptr<ObjectSource> source = walk_exhibit(exhibit, number, joins_to_image);
  if (source != nullptr) {
    items.visit_objects(*source);
  } else {
    items.visit_image({number, {}, &exhibit});
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
