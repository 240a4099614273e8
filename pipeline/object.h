// Object: one thing that is judged. A file, a deleted file, an archive member, a mail message, a residue run.
//
// Move-only. The walk makes it, one worker owns it, the account ends it. Its bytes come from a Content, which
// is opened by the worker that sweeps it, so that a million waiting objects hold no file descriptors.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/exhibit.h"
#include "pipeline/locator.h"
#include "pipeline/result.h"

namespace ambit {

enum class ObjectState : std::uint8_t { active, deleted, member, message, residue };

[[nodiscard]] constexpr const char* to_string(ObjectState state) {
  switch (state) {
    case ObjectState::active:
      return "active";
    case ObjectState::deleted:
      return "deleted";
    case ObjectState::member:
      return "member";
    case ObjectState::message:
      return "message";
    case ObjectState::residue:
      return "residue";
  }
  return "?";
}

// A straight piece: bytes [start, start + length) of one thing are bytes [place, place + length) of what holds it.
struct Run {
  std::uint64_t start = 0;
  std::uint64_t place = 0;
  std::uint64_t length = 0;
  [[nodiscard]] std::uint64_t end() const { return start + length; }
  [[nodiscard]] std::uint64_t place_end() const { return place + length; }
  friend auto operator<=>(const Run&, const Run&) = default;
};

// Of runs in the order of their places, the one that holds `place`; null where none does.
[[nodiscard]] inline const Run* run_at(std::span<const Run> runs, std::uint64_t place) {
  const auto after = std::upper_bound(runs.begin(), runs.end(), place,
                                      [](std::uint64_t at, const Run& run) { return at < run.place; });
  if (after == runs.begin() || std::prev(after)->place_end() <= place) return nullptr;
  return &*std::prev(after);
}

// What opening a Content found out.
struct ContentInfo {
  std::uint64_t size = 0;                // bytes as the file system declares them
  std::optional<std::int64_t> modified;  // seconds since 1970, UTC
  std::uint64_t allocated = 0;           // bytes on the disk, 0 where unknown; smaller than size: sparse
};

// Bytes of an object that are in memory: from `at` on, in the object.
struct HeldBytes {
  std::uint64_t at = 0;
  std::span<const std::byte> bytes;
  [[nodiscard]] bool hold(std::uint64_t begin, std::uint64_t end) const {
    return begin >= at && end <= at + bytes.size();
  }
};

// One of several files of which an object's bytes are joined.
struct ContentPart {
  std::string name;       // as its folder calls it
  std::uint64_t end = 0;  // behind its last byte, in the object
};

// The bytes of one object. Used by one worker at a time; opened at most twice (sweep, scrutiny).
class Content {
 public:
  virtual ~Content() = default;
  [[nodiscard]] virtual Result<ContentInfo> open() = 0;
  virtual void close() {}
  // Reads up to `into.size()` bytes at `offset`; fewer only at the end of the object.
  [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) = 0;
  // The run of data or hole that holds `offset`; the default knows no holes.
  [[nodiscard]] virtual DataRun run_at(std::uint64_t offset) { return {offset, UINT64_MAX - offset, false}; }
  // Offset in the exhibit of the object's byte `offset`, where the mapping is straight.
  [[nodiscard]] virtual std::optional<std::uint64_t> exhibit_offset(std::uint64_t /*offset*/) const {
    return std::nullopt;
  }
  // A second, independent handle to the same bytes for another worker's span; null where there can be none.
  [[nodiscard]] virtual std::unique_ptr<Content> duplicate() const { return nullptr; }
  // Those that need not be read, because they are in memory as long as the content is there.
  [[nodiscard]] virtual HeldBytes held() const { return {}; }
  virtual void will_need(std::uint64_t /*offset*/, std::uint64_t /*length*/) {}
  // Of which files it is joined, in their order, when it was opened; none where it is no such thing.
  [[nodiscard]] virtual std::vector<ContentPart> parts() const { return {}; }
  // Somebody wrote to it since it was opened.
  [[nodiscard]] virtual bool has_changed() const { return false; }
};

// Why the walk could name an object but not offer its content; or, where there is one, why it ends too early.
enum class WalkTrouble : std::uint8_t {
  none,
  unreadable,
  special_file,
  loop,
  too_deep,
  name_too_long,
  encrypted,
  unsupported,
  damaged,
  objects_limit,
  expansion_limit,
  decoder_crashed,
  timeout,
};

// Of an archive in volumes (volume_sets.h), of which all are there: the first of these, another one; or all together.
// Of the image of a disk in parts: one of these; or all together.
enum class SplitRole : std::uint8_t { none, first, volume, whole, image_part, image };

struct Object {
  Locator locator;
  ObjectState state = ObjectState::active;
  WalkTrouble trouble = WalkTrouble::none;
  std::uint64_t trouble_bytes = 0;   // that the trouble keeps from being examined
  std::unique_ptr<Content> content;  // null: nothing to read (see trouble)
  ContentInfo info;                  // filled in when the content is opened
  std::optional<std::int64_t> sent;  // mail: seconds since 1970, UTC
  std::uint64_t place = 0;           // where it begins on the disk; only an order, 0 where unknown
  std::uint64_t inode = 0;           // 0 where the file system has none
  // Where the bytes lie in the image, by start; what is between the runs is a hole. Empty: see `content`.
  std::vector<Run> runs;
  // What the content is read through: shared, because an object may outlive the walk of its image.
  std::shared_ptr<const void> origin;
  std::vector<std::string> links;  // the other paths of the same file, as the last path step would hold them; sorted
  std::size_t inside = 0;          // containers around it that are not on the disk themselves, and the one that is
  bool counted_elsewhere =
      false;  // its bytes stand, readable, in another object's: a census over all counts them there
  SplitRole split = SplitRole::none;
  bool in_family = false;  // member, message or attachment: its container decides with it

  Object() = default;
  Object(Object&&) noexcept = default;
  Object& operator=(Object&&) noexcept = default;
};

[[nodiscard]] inline bool is_volume(const Object& object) {
  return object.split == SplitRole::first || object.split == SplitRole::volume;
}
[[nodiscard]] inline bool is_joined(const Object& object) {
  return object.split == SplitRole::whole || object.split == SplitRole::image;
}

// The walk, as whoever drives it sees it: the next object, or nothing at the end.
class ObjectSource {
 public:
  virtual ~ObjectSource() = default;
  [[nodiscard]] virtual std::optional<Object> next() = 0;
};

}  // namespace ambit
