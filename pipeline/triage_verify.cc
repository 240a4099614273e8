// Reads released items again from their exhibits and compares size and SHA-256; and where whoever acquired an image
// stored its hashes in it, the whole image.
#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_map>

#include "pipeline/limits.h"
#include "pipeline/residue.h"
#include "pipeline/triage.h"
#include "stages/hash/digest.h"
#include "stages/open/open_exhibit.h"
#include "stages/walk/exhibit_content.h"
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
  walk::ExhibitContent content(exhibit, 0, exhibit.size());
  const Facts facts = digests_of(content, exhibit.size(), set);
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

// ":@OFFSET+LENGTH", the text of a residue locator.
std::optional<std::pair<std::uint64_t, std::uint64_t>> residue_range(std::string_view text) {
  if (!text.starts_with(":@")) return std::nullopt;
  std::pair<std::uint64_t, std::uint64_t> range;
  const char* const end = text.data() + text.size();
  auto [at, status] = std::from_chars(text.data() + 2, end, range.first);
  if (status != std::errc() || at == end || *at != '+') return std::nullopt;
  auto [last, last_status] = std::from_chars(at + 1, end, range.second);
  if (last_status != std::errc() || last != end) return std::nullopt;
  return range;
}

// `image`: the residue run over the whole exhibit.
void check_residue(const Object& image, std::uint64_t bytes, Wanted& wanted, ExhibitCheck& out) {
  std::erase_if(wanted, [&](const auto& entry) {
    const auto range = residue_range(entry.first);
    if (!range) return false;
    const bool inside = range->first <= bytes && range->second <= bytes - range->first;
    const std::unique_ptr<Content> piece = inside ? part_of(*image.content, range->first, range->second) : nullptr;
    tell(piece != nullptr && same_content(*piece, *entry.second), *entry.second, out);
    return true;
  });
}

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
    const std::unique_ptr<ObjectSource> source = walk_exhibit(**exhibit, number);
    while (std::optional<Object> object = source->next()) {
      if (object->state == ObjectState::residue) check_residue(*object, (*exhibit)->size(), wanted, out);
      const auto item = wanted.find(to_string(object->locator, ""));
      if (item == wanted.end() || object->content == nullptr) continue;
      tell(same_content(*object->content, *item->second), *item->second, out);
      wanted.erase(item);
    }
    out.not_located += wanted.size();
    check_acquisition(**exhibit, out);
  }
  return out;
}

}  // namespace ambit
