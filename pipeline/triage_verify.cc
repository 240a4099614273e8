// Reads released items again from their exhibits and compares size and SHA-256; and where whoever acquired an image
// stored its hashes in it, the whole image.
#include <algorithm>

#include "pipeline/limits.h"
#include "pipeline/run_content.h"
#include "pipeline/triage.h"
#include "pipeline/triage_released.h"
#include "stages/hash/digest.h"

namespace ambit {
namespace {

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

}  // namespace

Result<ExhibitCheck> rehash_released(const std::vector<std::string>& exhibits, const std::vector<ReleasedItem>& items) {
  ExhibitCheck out;
  const auto check = [&](const ReleasedItem& item, Content* content) {
    tell(content != nullptr && same_content(*content, item), item, out);
  };
  const auto not_located =
      visit_released(exhibits, items, check, [&](const Exhibit& exhibit) { check_acquisition(exhibit, out); });
  if (!not_located.ok()) return not_located.error();
  out.not_located = *not_located;
  return out;
}

}  // namespace ambit
