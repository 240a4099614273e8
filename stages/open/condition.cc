#include "stages/open/condition.h"

#include <algorithm>
#include <memory>

#include "pipeline/evidence_file.h"
#include "pipeline/limits.h"

namespace ambit {
namespace {

void add_bytes(const EvidenceFile& file, std::uint64_t offset, std::span<std::byte> room, Sha256& digest) {
  const Result<std::size_t> got = file.read_at(offset, room);
  digest.add(got.ok() ? std::string_view(reinterpret_cast<const char*>(room.data()), *got) : "unreadable");
}

// A device has its size from elsewhere, and it does not change: only its first bytes are looked at.
Bytes32 digest_of_ends(const EvidenceFile& file) {
  const std::span<std::byte>::size_type most = limits::kConditionBytes;
  const auto room = std::make_unique<std::byte[]>(most);
  const std::uint64_t last = file.size() - std::min<std::uint64_t>(file.size(), most);
  Sha256 digest;
  add_bytes(file, 0, {room.get(), most}, digest);
  if (last > 0) add_bytes(file, last, {room.get(), most}, digest);
  return digest.finish();
}

FileCondition condition_of_file(const std::string& path, const std::shared_ptr<Patience>& patience) {
  const Result<EvidenceFile> file = EvidenceFile::open(nullptr, path, EvidenceFile::Links::follow, patience);
  if (!file.ok()) return {};
  const struct stat& info = file->info();
  FileCondition condition;
  condition.is_there = true;
  condition.is_folder = S_ISDIR(info.st_mode);
  condition.device = info.st_dev;
  condition.inode = info.st_ino;
  if (condition.is_folder) return condition;
  condition.bytes = file->size();
  if (S_ISREG(info.st_mode)) condition.modified_ns = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
  condition.ends = digest_of_ends(*file);
  return condition;
}

}  // namespace

ExhibitCondition condition_of(const Exhibit& exhibit) {
  ExhibitCondition all;
  for (const std::string& path : exhibit.files()) all.push_back(condition_of_file(path, exhibit.patience()));
  return all;
}

ExhibitChange change_between(const ExhibitCondition& before, const ExhibitCondition& after) {
  if (before == after) return ExhibitChange::none;
  const bool is_gone =
      std::any_of(after.begin(), after.end(), [](const FileCondition& file) { return !file.is_there; });
  return is_gone ? ExhibitChange::vanished : ExhibitChange::changed;
}

}  // namespace ambit
