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
  const bool is_one = number && (last.size() == 3 || (last.size() == 4 && *number >= 1000)) && is_archive(before);
  if (!is_one) return std::nullopt;
  return VolumeName{std::string(before) + ".#", *number, false, last.size() == 3};
}

// a.tar.gz.ab, a.tar.gzab
std::optional<VolumeName> by_letters(std::string_view name) {
  if (name.size() < 3 || !is_letter(name.back()) || !is_letter(name[name.size() - 2])) return std::nullopt;
  const char high = name[name.size() - 2], low = name.back();
  std::string_view before = name.substr(0, name.size() - 2);
  std::string set = std::string(before) + "?";
  if (before.ends_with('.')) before.remove_suffix(1);
  if (!is_archive(before)) return std::nullopt;
  return VolumeName{std::move(set), static_cast<std::uint64_t>((high - 'a') * 26 + (low - 'a')), false, high == 'a'};
}

// a.part1.rar
std::optional<VolumeName> by_part(std::string_view before) {
  const std::size_t part = before.rfind(".part");
  if (part == before.npos) return std::nullopt;
  const auto number = number_of(before.substr(part + 5));
  if (!number) return std::nullopt;
  return VolumeName{std::string(before.substr(0, part)) + ".part#", *number, false, true};
}

constexpr std::uint64_t kAfterRar = 2;  // .r00 is never the first

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
  explicit Joined(std::vector<std::unique_ptr<Content>> volumes) : volumes_(std::move(volumes)) {}

  Result<ContentInfo> open() override {
    ContentInfo out;
    ends_.clear();
    for (const auto& volume : volumes_) {
      const Result<ContentInfo> info = volume->open();
      volume->close();
      if (!info.ok()) return info.error();
      if (info->size > kMostBytes - out.size) return Error{ErrorKind::evidence, "volumes are too large", {}, {}};
      out.size += info->size;
      out.modified = info->modified;
      ends_.push_back(out.size);
    }
    return out;
  }
  void close() override {
    if (current_ < volumes_.size()) volumes_[current_]->close();
    current_ = SIZE_MAX;
  }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), offset);
    if (end == ends_.end()) return std::size_t{0};
    const auto volume = static_cast<std::size_t>(end - ends_.begin());
    if (volume != current_) {
      close();
      if (const Result<ContentInfo> info = volumes_[volume]->open(); !info.ok()) return info.error();
      current_ = volume;
    }
    const std::uint64_t begin = volume == 0 ? 0 : ends_[volume - 1];
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), *end - offset));
    return volumes_[volume]->read_at(offset - begin, into.first(want));
  }
  std::unique_ptr<Content> duplicate() const override {
    std::vector<std::unique_ptr<Content>> copies;
    for (const auto& volume : volumes_) copies.push_back(volume->duplicate());
    const bool has_all = std::none_of(copies.begin(), copies.end(), [](const auto& copy) { return copy == nullptr; });
    return has_all ? joined_content(std::move(copies)) : nullptr;
  }
  bool has_changed() const override { return current_ < volumes_.size() && volumes_[current_]->has_changed(); }

 private:
  std::vector<std::unique_ptr<Content>> volumes_;
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
  return by_letters(name) ? path.substr(0, path.size() - 2) : path;
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
    bool is_whole = first.number <= 1;
    for (; i < order.size() && names[order[i]].set == first.set; ++i) {
      const VolumeName& volume = names[order[i]];
      is_whole = is_whole && (volume.is_last || volume.number == first.number + set.size());
      set.push_back(order[i]);
    }
    if (is_whole && set.size() > 1) out.push_back(std::move(set));
  }
  return out;
}

std::unique_ptr<Content> joined_content(std::vector<std::unique_ptr<Content>> volumes) {
  return std::make_unique<Joined>(std::move(volumes));
}

Step joined_step(std::size_t volumes) { return {StepKind::residue, std::string(kJoinedName), volumes, 0}; }

void VolumeSets::add(const Object& object) {
  if (object.state != ObjectState::active || object.runs.empty() ||
      object.locator.steps.back().kind != StepKind::path) {
    return;
  }
  std::optional<VolumeName> name = volume_name(object.locator.steps.back().name);
  if (!name) return;
  // A path names a file in its volume only.
  name->set =
      Locator{object.locator.exhibit, {object.locator.steps.begin(), object.locator.steps.end() - 1}}.sort_key() +
      name->set;
  const std::uint64_t bytes = 256 + 2 * name->set.size() + object.runs.size() * sizeof(Run);
  std::uint64_t& used = name->is_certain ? certain_bytes_ : other_bytes_;
  if (bytes > limits::kVolumeSetBytes - used) return;
  used += bytes;
  names_.push_back(std::move(*name));
  volumes_.push_back({object.locator, object.info, object.runs});
}

std::vector<Object> VolumeSets::take_joined() {
  std::vector<Object> out;
  for (const std::vector<std::size_t>& set : whole_sets(names_)) {
    Object joined;
    joined.locator = volumes_[set.front()].locator.child(joined_step(set.size()));
    joined.split = SplitRole::whole;
    bool fits = true;
    for (const std::size_t index : set) {
      const Volume& volume = volumes_[index];
      fits = fits && volume.info.size <= kMostBytes - joined.info.size;
      if (!fits) break;
      for (const Run& run : volume.runs) {
        if (run.start >= volume.info.size) continue;
        const std::uint64_t length = std::min(run.length, volume.info.size - run.start);
        joined.runs.push_back({joined.info.size + run.start, run.place, length});
      }
      joined.info.size += volume.info.size;
      joined.info.modified = volume.info.modified;
    }
    if (!fits) continue;
    for (const std::size_t index : set) {
      const SplitRole role = index == set.front() ? SplitRole::first : SplitRole::volume;
      held_.emplace(volumes_[index].locator.sort_key(), role);
    }
    out.push_back(std::move(joined));
  }
  names_.clear();
  volumes_.clear();
  return out;
}

}  // namespace ambit
