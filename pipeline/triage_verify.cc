// Reads released items again from their exhibits and compares size and SHA-256; and where whoever acquired an image
// stored its hashes in it, the whole image.
#include <algorithm>
#include <charconv>
#include <set>
#include <unordered_map>

#include "pipeline/limits.h"
#include "pipeline/run_content.h"
#include "pipeline/triage.h"
#include "pipeline/triage_find.h"
#include "stages/hash/digest.h"
#include "stages/open/open_exhibit.h"
#include "stages/walk/image_walk.h"
#include "stages/walk/walk.h"

namespace ambit {
namespace {

// The released items of one exhibit by the rest of their locator's text, after the exhibit's name.
using Wanted = std::unordered_map<std::string, const ReleasedItem*>;

// The digests of the first `size` bytes; what could not be read is among the exceptions.
Facts digests_of(Content& content, std::uint64_t size, DigestSet set) {
  const Digest digest;
  Digest::State state = digest.make_state();
  state.want(set);
  Facts facts;
  ChunkBuffer buffer(limits::kChunkBytes, 0, Zeros::skip);
  ChunkReader reader(content, size, 0, size, buffer, facts);
  digest.begin(state, {size, 0, size});
  while (reader.next()) digest.look(state, reader.chunk());
  digest.finish(state, facts);
  return facts;
}

bool same_content(Content& content, const ReleasedItem& item) {
  const Result<ContentInfo> info = content.open();
  if (!info.ok() || info->size != item.size) return false;
  const Facts facts = digests_of(content, item.size, {.sha256 = true});
  return facts.exceptions.empty() && facts.digests.sha256 == item.sha256;
}

void check_acquisition(const Exhibit& exhibit, ExhibitCheck& out) {
  using Algorithm = StoredHash::Algorithm;
  const std::vector<StoredHash> stored = exhibit.stored_hashes();
  if (stored.empty()) return;
  DigestSet set;
  for (const StoredHash& hash : stored) (hash.algorithm == Algorithm::md5 ? set.md5 : set.sha1) = true;
  const std::uint64_t size = exhibit.size();
  const auto whole = run_content(exhibit, {{0, 0, size}}, {size, std::nullopt, 0}, Places::exhibit);
  const Facts facts = digests_of(*whole, size, set);
  const auto same = [](const auto& digest, const StoredHash& hash) {
    return digest && std::equal(digest->begin(), digest->end(), hash.digest.begin(), hash.digest.end());
  };
  for (const StoredHash& hash : stored) {
    const bool md5 = hash.algorithm == Algorithm::md5;
    AcquisitionCheck check{exhibit.name(), md5 ? "MD5" : "SHA-1", AcquisitionCheck::Outcome::differs};
    if (md5 ? same(facts.digests.md5, hash) : same(facts.digests.sha1, hash)) {
      check.outcome = AcquisitionCheck::Outcome::matches;
    }
    if (!facts.exceptions.empty()) check.outcome = AcquisitionCheck::Outcome::unreadable;
    out.acquisitions.push_back(std::move(check));
  }
}

void tell(bool good, const ReleasedItem& item, ExhibitCheck& out) {
  if (good) {
    ++out.checked;
  } else {
    out.failed.push_back(item.locator);
  }
}

// "PREFIX:@OFFSET+LENGTH", the text of a residue locator.
struct ResidueText {
  std::string_view prefix;
  std::uint64_t offset = 0, length = 0;
};

std::optional<ResidueText> read_residue(std::string_view text) {
  const std::size_t mark = text.rfind(":@");
  if (mark == std::string_view::npos) return std::nullopt;
  ResidueText out{text.substr(0, mark), 0, 0};
  const char* const end = text.data() + text.size();
  auto [at, status] = std::from_chars(text.data() + mark + 2, end, out.offset);
  if (status != std::errc() || at == end || *at != '+') return std::nullopt;
  auto [last, last_status] = std::from_chars(at + 1, end, out.length);
  if (last_status != std::errc() || last != end) return std::nullopt;
  return out;
}

// What of the wanted items is inside the object.
void check_parts(const Object& object, Content& content, PartFinder& finder) {
  if (!finder.leads_on(to_string(object.locator, ""))) return;
  if (const Result<ContentInfo> info = content.open(); info.ok()) finder.look_into(object, content, info->size);
}

// Finds the wanted items of an image while it is walked.
class WantedSink final : public walk::ImageSink {
 public:
  WantedSink(const walk::ImageWalk& walk, Wanted& wanted, PartFinder& finder, ExhibitCheck& out)
      : walk_(walk), wanted_(wanted), finder_(finder), out_(out) {
    homes_.insert(to_string(Locator{0, walk.image().steps}, ""));
  }

  std::uint32_t home(std::vector<Step> steps) override {
    homes_.insert(to_string(Locator{0, std::move(steps)}, ""));
    return 0;
  }
  bool object(Object&& object, std::uint64_t, std::uint32_t) override {
    const std::string text = to_string(object.locator, "");
    const auto item = wanted_.find(text);
    const bool leads_on = finder_.leads_on(text);
    if ((item == wanted_.end() && !leads_on) || object.trouble != WalkTrouble::none) return true;
    if (object.content == nullptr)
      object.content = run_content(walk_.bytes(), object.runs, object.info, Places::exhibit);
    check_parts(object, *object.content, finder_);
    if (item == wanted_.end()) return true;
    tell(same_content(*object.content, *item->second), *item->second, out_);
    wanted_.erase(item);
    return true;
  }
  bool area(Kind, std::uint32_t, std::uint64_t, std::uint64_t) override { return true; }

  // When the walk is through: residue, by its place.
  void check_residue() {
    const std::uint64_t bytes = walk_.bytes().size();
    std::erase_if(wanted_, [&](const auto& entry) {
      const auto residue = read_residue(entry.first);
      if (!residue || !homes_.contains(std::string(residue->prefix))) return false;
      const bool inside = residue->offset <= bytes && residue->length <= bytes - residue->offset;
      const auto piece = run_content(walk_.bytes(), {{0, residue->offset, residue->length}},
                                     {residue->length, std::nullopt, 0}, Places::exhibit);
      tell(inside && same_content(*piece, *entry.second), *entry.second, out_);
      return true;
    });
  }

 private:
  const walk::ImageWalk& walk_;
  Wanted& wanted_;
  PartFinder& finder_;
  ExhibitCheck& out_;
  std::set<std::string> homes_;  // texts of the places in which this walk has residue
};

}  // namespace

Result<ExhibitCheck> rehash_released(const std::vector<std::string>& exhibits, const std::vector<ReleasedItem>& items) {
  const std::vector<std::string> names = exhibit_names(exhibits);
  ExhibitCheck out;
  for (std::uint32_t number = 0; number < exhibits.size(); ++number) {
    Result<std::unique_ptr<Exhibit>> exhibit = open_exhibit(exhibits[number], names[number]);
    if (!exhibit.ok()) return std::move(exhibit).error();
    Wanted wanted;
    for (const ReleasedItem& item : items) {
      if (item.exhibit == number) wanted.emplace(item.locator.substr(item.exhibit_name.size()), &item);
    }
    std::set<std::string> texts;
    for (const auto& [text, item] : wanted) texts.insert(text);
    PartFinder finder(texts, [&](const std::string& text, Content& content) {
      const auto item = wanted.find(text);
      if (item == wanted.end()) return;
      tell(same_content(content, *item->second), *item->second, out);
      wanted.erase(item);
    });
    const std::unique_ptr<ObjectSource> source = walk_exhibit(**exhibit, number);
    while (std::optional<Object> object = source == nullptr ? std::nullopt : source->next()) {
      const auto item = wanted.find(to_string(object->locator, ""));
      if (object->content == nullptr) continue;
      check_parts(*object, *object->content, finder);
      if (item == wanted.end()) continue;
      tell(same_content(*object->content, *item->second), *item->second, out);
      wanted.erase(item);
    }
    if (source == nullptr) {
      const walk::Image image{number, {}, exhibit->get()};
      for (const auto& walk : walk::walks_of({&image, 1}, {})) {
        WantedSink sink(*walk, wanted, finder, out);
        walk->walk(sink);
        sink.check_residue();
      }
    }
    out.not_located += wanted.size();
    check_acquisition(**exhibit, out);
  }
  return out;
}

}  // namespace ambit
