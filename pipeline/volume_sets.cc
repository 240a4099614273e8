#include "pipeline/volume_sets.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>
#include <utility>

#include "pipeline/ascii.h"
#include "pipeline/limits.h"

namespace ambit {
namespace {

using namespace std::string_view_literals;

constexpr std::array kArchives = {".7z"sv,  ".zip"sv, ".rar"sv, ".tar"sv, ".gz"sv,
                                  ".tgz"sv, ".bz2"sv, ".xz"sv,  ".zst"sv};

bool is_archive(std::string_view lower_name) {
  return std::any_of(kArchives.begin(), kArchives.end(),
                     [&](std::string_view ending) { return lower_name.ends_with(ending); });
}

// At most eight digits, so that sums fit.
std::optional<std::uint64_t> number_of(std::string_view digits) {
  if (digits.empty() || digits.size() > 8 || digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
  return std::accumulate(digits.begin(), digits.end(), std::uint64_t{0}, [](std::uint64_t sum, char digit) {
    return sum * 10 + static_cast<std::uint64_t>(digit - '0');
  });
}

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 62;  // what files say of themselves may not add up

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

// a.7z.001; behind .999 comes .1000
std::optional<VolumeName> by_number(std::string_view before, std::string_view last) {
  const auto number = number_of(last);
  if (!number || last.size() < 3) return std::nullopt;
  const bool is_usual = last.size() == 3 || (last.size() == 4 && *number >= 1000);
  if (is_archive(before) && is_usual) return VolumeName{std::string(before) + ".#", *number, false, last.size() == 3};
  return VolumeName{std::string(before) + ".#", *number, false, false, true};
}

// Of two letters, "aa" being 0.
std::uint64_t number_of_letters(std::string_view two) {
  const auto digit = [](char letter) { return static_cast<std::uint64_t>(letter - 'a'); };
  return digit(two[0]) * 26 + digit(two[1]);
}

// a.tar.gz.ab, a.tar.gzab; of an image with the dot only
std::optional<VolumeName> by_letters(std::string_view name) {
  if (name.size() < 3 || !is_letter(name.back()) || !is_letter(name[name.size() - 2])) return std::nullopt;
  const std::uint64_t number = number_of_letters(name.substr(name.size() - 2));
  std::string_view before = name.substr(0, name.size() - 2);
  std::string set = std::string(before) + "?";
  const bool has_dot = before.ends_with('.');
  if (has_dot) before.remove_suffix(1);
  if (is_archive(before)) return VolumeName{std::move(set), number, false, name[name.size() - 2] == 'a'};
  if (!has_dot) return std::nullopt;
  return VolumeName{std::move(set), number, false, false, true};
}

// a.e07, a.eba
std::optional<VolumeName> by_segment(std::string_view before, std::string_view last) {
  if (last.size() != 3 || last[0] != 'e') return std::nullopt;
  std::string set = std::string(before) + ".e#";
  if (const auto number = number_of(last.substr(1))) return VolumeName{std::move(set), *number, false, true, true};
  if (!is_letter(last[1]) || !is_letter(last[2])) return std::nullopt;
  return VolumeName{std::move(set), 100 + number_of_letters(last.substr(1)), false, false, true};
}

// a-s007.vmdk, a-flat.vmdk; a.vmdk is the text, if anything is
std::optional<VolumeName> by_extent(std::string_view before, std::string_view last) {
  if (last != "vmdk") return std::nullopt;
  const std::size_t dash = before.rfind('-');
  const std::string_view what = dash == before.npos ? std::string_view() : before.substr(dash + 1);
  std::string set = std::string(before.substr(0, dash)) + ".vmdk";
  constexpr std::uint64_t kText = 1;  // without it there is no set
  if (what == "flat") return VolumeName{std::move(set), kText + 1, false, true, true};
  const bool is_part = what.size() >= 4 && (what[0] == 's' || what[0] == 'f');
  const auto number = is_part ? number_of(what.substr(1)) : std::nullopt;
  if (number) return VolumeName{std::move(set), kText + *number, false, true, true};
  return VolumeName{std::string(before) + ".vmdk", kText, false, true, true};
}

// a.part1.rar
std::optional<VolumeName> by_part(std::string_view before) {
  const std::size_t part = before.rfind(".part");
  if (part == before.npos) return std::nullopt;
  const auto number = number_of(before.substr(part + 5));
  if (!number) return std::nullopt;
  return VolumeName{std::string(before.substr(0, part)) + ".part#", *number, false, true};
}

constexpr std::uint64_t kAfterRar = 2;                        // .r00 is never the first
constexpr std::uint64_t kFirstOfSmart = kAfterRar + 100 + 1;  // a.s01: no archive's first, but an image's

// a.r00, a.s17, a.z01
std::optional<VolumeName> by_letter_and_number(std::string_view before, std::string_view last) {
  if (last.size() != 3 || !is_letter(last[0])) return std::nullopt;
  const auto number = number_of(last.substr(1));
  if (!number) return std::nullopt;
  std::string name(before);
  if (last[0] == 'z') return VolumeName{std::move(name) + ".z#", *number, false, true};
  if (last[0] < 'r' || last[0] > 'u') return std::nullopt;  // further, other programs' names begin
  const auto hundreds = static_cast<std::uint64_t>(last[0] - 'r');
  return VolumeName{std::move(name) + ".r#", kAfterRar + hundreds * 100 + *number, false, hundreds == 0};
}

class Joined final : public Content {
 public:
  explicit Joined(std::vector<JoinedVolume> volumes) : volumes_(std::move(volumes)) {}

  Result<ContentInfo> open() override {
    ContentInfo out;
    ends_.clear();
    for (const JoinedVolume& volume : volumes_) {
      const Result<ContentInfo> info = volume.content->open();
      volume.content->close();
      if (!info.ok()) return info.error();
      if (info->size > kMostBytes - out.size) return Error{ErrorKind::evidence, "volumes are too large", {}, {}};
      out.size += info->size;
      out.modified = info->modified;
      ends_.push_back(out.size);
    }
    return out;
  }
  void close() override {
    if (current_ < volumes_.size()) volumes_[current_].content->close();
    current_ = SIZE_MAX;
  }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    std::size_t done = 0;
    while (done < into.size()) {
      const std::uint64_t at = offset + done;
      const auto end = std::upper_bound(ends_.begin(), ends_.end(), at);
      if (end == ends_.end()) break;
      const Result<> here = turn_to(static_cast<std::size_t>(end - ends_.begin()));
      const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(into.size() - done, *end - at));
      const Result<std::size_t> got =
          here.ok() ? volumes_[current_].content->read_at(at - begin(), into.subspan(done, want)) : here.error();
      if (!got.ok()) return done > 0 ? Result<std::size_t>(done) : got;
      if (*got == 0) break;
      done += *got;
    }
    return done;
  }
  DataRun run_at(std::uint64_t offset) override {
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), offset);
    if (end == ends_.end() || !turn_to(static_cast<std::size_t>(end - ends_.begin())).ok()) {
      return {offset, UINT64_MAX - offset, false};
    }
    const DataRun run = volumes_[current_].content->run_at(offset - begin());
    const std::uint64_t inside = std::min(run.offset, *end - begin());
    return {begin() + inside, std::min(run.length, *end - begin() - inside), run.hole};
  }
  std::vector<ContentPart> parts() const override {
    std::vector<ContentPart> out;
    for (std::size_t i = 0; i < ends_.size(); ++i) out.push_back({volumes_[i].name, ends_[i]});
    return out;
  }
  std::unique_ptr<Content> duplicate() const override {
    std::vector<JoinedVolume> copies;
    for (const JoinedVolume& volume : volumes_) copies.push_back({volume.name, volume.content->duplicate()});
    const bool has_all =
        std::none_of(copies.begin(), copies.end(), [](const JoinedVolume& copy) { return copy.content == nullptr; });
    return has_all ? joined_content(std::move(copies)) : nullptr;
  }
  bool has_changed() const override { return current_ < volumes_.size() && volumes_[current_].content->has_changed(); }

 private:
  [[nodiscard]] std::uint64_t begin() const { return current_ == 0 ? 0 : ends_[current_ - 1]; }
  [[nodiscard]] Result<> turn_to(std::size_t volume) {
    if (volume == current_) return {};
    close();
    if (const Result<ContentInfo> info = volumes_[volume].content->open(); !info.ok()) return info.error();
    current_ = volume;
    return {};
  }

  std::vector<JoinedVolume> volumes_;
  std::vector<std::uint64_t> ends_;
  std::size_t current_ = SIZE_MAX;  // which is open
};

}  // namespace

std::optional<VolumeName> volume_name(std::string_view path) {
  const std::string name = lowered(path);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0 || name.find('/', dot) != std::string::npos) return std::nullopt;
  const std::string_view before = std::string_view(name).substr(0, dot), last = std::string_view(name).substr(dot + 1);
  if (auto found = by_number(before, last)) return found;
  if (auto found = by_letters(name)) return found;
  if (auto found = by_letter_and_number(before, last)) return found;
  if (auto found = by_segment(before, last)) return found;
  if (auto found = by_extent(before, last)) return found;
  if (last == "zip") return VolumeName{std::string(before) + ".z#", UINT64_MAX, true, false};
  if (last != "rar") return std::nullopt;
  if (auto found = by_part(before)) return found;
  return VolumeName{std::string(before) + ".r#", kAfterRar - 1, false, false};
}

std::string_view joined_name(std::string_view path) {
  const std::string name = lowered(path);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return path;
  const std::string_view before = std::string_view(name).substr(0, dot);
  if (is_archive(before)) return path.substr(0, dot);
  const auto lettered = by_letters(name);
  return lettered && !lettered->is_image ? path.substr(0, path.size() - 2) : path;
}

std::vector<std::vector<std::size_t>> whole_sets(std::span<const VolumeName> names) {
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(names[a].set, names[a].number) < std::tie(names[b].set, names[b].number);
  });
  std::vector<std::vector<std::size_t>> out;
  for (std::size_t i = 0; i < order.size();) {
    std::vector<std::size_t> set;
    const VolumeName& first = names[order[i]];
    bool is_whole = first.number <= 1 || first.number == kFirstOfSmart;
    for (; i < order.size() && names[order[i]].set == first.set; ++i) {
      const VolumeName& volume = names[order[i]];
      is_whole = is_whole && (volume.is_last || volume.number == first.number + set.size());
      set.push_back(order[i]);
    }
    if (is_whole && set.size() > 1) out.push_back(std::move(set));
  }
  return out;
}

std::unique_ptr<Content> joined_content(std::vector<JoinedVolume> volumes) {
  return std::make_unique<Joined>(std::move(volumes));
}

Step joined_step(std::size_t volumes) { return {StepKind::residue, std::string(kJoinedName), volumes, 0}; }

bool is_image_set(const std::vector<std::size_t>& set, std::span<const VolumeName> names) {
  const VolumeName& first = names[set.front()];
  return first.is_image || first.number == kFirstOfSmart;
}

void VolumeSets::add(const Object& object) {
  if (object.state != ObjectState::active || object.trouble != WalkTrouble::none || object.content != nullptr ||
      object.info.size == 0 || object.locator.steps.back().kind != StepKind::path) {
    return;
  }
  std::optional<VolumeName> name = volume_name(object.locator.steps.back().name);
  if (!name) return;
  const char last = lowered(object.locator.steps.back().name).back();
  const bool may_be_anything = name->is_image && !name->is_certain && is_letter(last);
  if (may_be_anything && object.info.size < limits::kLeastImagePart) return;
  // A path names a file in its volume only.
  name->set =
      Locator{object.locator.exhibit, {object.locator.steps.begin(), object.locator.steps.end() - 1}}.sort_key() +
      name->set;
  const std::uint64_t bytes = 256 + 2 * name->set.size() + object.runs.size() * sizeof(Run);
  std::uint64_t& used = bytes_[name->is_certain ? 0 : name->is_image ? 2 : 1];
  if (bytes > limits::kVolumeSetBytes - used) return;
  used += bytes;
  names_.push_back(std::move(*name));
  volumes_.push_back({object.locator, object.info, object.runs});
}

// Nothing where the sizes do not add up.
std::optional<Object> VolumeSets::joined(const std::vector<std::size_t>& set, const MakeContent& make) const {
  Object joined;
  joined.locator = volumes_[set.front()].locator.child(joined_step(set.size()));
  std::vector<JoinedVolume> parts;
  for (const std::size_t index : set) {
    const Volume& volume = volumes_[index];
    if (volume.info.size > kMostBytes - joined.info.size) return std::nullopt;
    for (const Run& run : volume.runs) {
      if (run.start >= volume.info.size) continue;
      const std::uint64_t length = std::min(run.length, volume.info.size - run.start);
      joined.runs.push_back({joined.info.size + run.start, run.place, length});
    }
    joined.info.size += volume.info.size;
    joined.info.modified = volume.info.modified;
    const std::string& path = volume.locator.steps.back().name;
    parts.push_back({path.substr(path.rfind('/') + 1), make(volume.runs, volume.info)});
  }
  joined.content = is_image_set(set, names_) ? joined_content(std::move(parts)) : make(joined.runs, joined.info);
  return joined;
}

std::vector<Object> VolumeSets::take_joined(const MakeContent& make, const IsImage& is_image) {
  std::vector<Object> out;
  for (const std::vector<std::size_t>& set : whole_sets(names_)) {
    std::optional<Object> object = joined(set, make);
    const bool may_be_image = is_image_set(set, names_);
    if (!object || (may_be_image && !is_image(*object->content))) continue;
    object->split = may_be_image ? SplitRole::image : SplitRole::whole;
    for (const std::size_t index : set) {
      const SplitRole role = index == set.front() ? SplitRole::first : SplitRole::volume;
      held_.emplace(volumes_[index].locator.sort_key(), may_be_image ? SplitRole::image_part : role);
    }
    out.push_back(std::move(*object));
  }
  names_.clear();
  volumes_.clear();
  return out;
}

}  // namespace ambit
