// Locator: where an object is.
//
// A structure, an order and one text form. The structure is the number of the exhibit and a list of steps; the
// order is that of the steps, byte by byte, and is the order of everything that is written; the text form is
// for people and is never parsed again:
//
//   server7:/srv/u/42.tar.gz!/mail/inbox     exhibit, path, member
//   server7:p2:/etc/hosts                    exhibit, partition 2, path
//   server7:@1048576+65536                   exhibit, residue: offset and length in bytes
//   server7:p2:@1052672+512                  residue of partition 2; the offset is the image's
//   server7:/a.7z.001:joined of 3!/a.txt     member of an archive in three volumes
//   server7:p2:carved@1052672+512!/a.txt     member of an archive that was found in it
//   server7:p3:vg0/home:/kim/a.txt           exhibit, partition, logical volume, path
//   server7:p1:/a.txt:Zone.Identifier        a stream of a file
//
// Names are bytes as the evidence has them. In the text form a byte that is not part of valid UTF-8, a control
// character, and the back-slash are written \xHH; everything else stands as it is.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ambit {

enum class StepKind : std::uint8_t {
  partition = 1,  // number: 1-based as in the partition table
  path = 2,       // name: path below the exhibit or the partition, no leading slash, bytes
  member = 3,     // name: path inside a container, bytes; number: ordinal among equals
  message = 4,    // number: 1-based ordinal in a mailbox
  residue = 5,    // number: offset in bytes of the image; length: bytes; name: see Object::residue
  volume = 6,     // name: a volume that is called by a name, "vg0/home"
  stream = 7,     // name: a named stream or extended attribute of the file before it
  view = 8,       // name: "text", how the object before it reads; number: as which of its parts
};

// The name of a step of residue at which an archive or a document begins.
inline constexpr std::string_view kCarvedName = "carved";
// … and of the step below the first volume of an archive, which is all of them; number: how many.
inline constexpr std::string_view kJoinedName = "joined";

struct Step {
  StepKind kind = StepKind::path;
  std::string name;
  std::uint64_t number = 0;
  std::uint64_t length = 0;
  friend auto operator<=>(const Step&, const Step&) = default;
};

struct Locator {
  std::uint32_t exhibit = 0;  // index into Run's list of exhibits
  std::vector<Step> steps;

  [[nodiscard]] Locator child(Step step) const;
  [[nodiscard]] bool is_inside(const Locator& container) const;  // true also for itself
  friend auto operator<=>(const Locator&, const Locator&) = default;

  // Bytes whose memcmp order is the order of locators. Reversible (from_sort_key).
  [[nodiscard]] std::string sort_key() const;
  // Reads a key written by sort_key(); a malformed one gives an empty locator of exhibit 0.
  [[nodiscard]] static Locator from_sort_key(std::string_view key);

  // The path or member names alone, joined, for path("glob") in rules: "/srv/u/42.tar.gz!/mail/inbox".
  [[nodiscard]] std::string path_text() const;
};

// The one text form. `exhibit_name` is what the exhibit is called in the run.
[[nodiscard]] std::string to_string(const Locator& locator, std::string_view exhibit_name);

// Length of the control character, or of the mark that is not seen or reorders text, at the front of a UTF-8 text; 0:
// there is none. A new line counts as one.
[[nodiscard]] std::size_t disguise_bytes(std::string_view bytes);

// Bytes to the printable form described above (used for one name, and for exhibit names).
[[nodiscard]] std::string printable(std::string_view bytes);

}  // namespace ambit
