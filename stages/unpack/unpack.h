// unpack: what is inside an object. The door of the stage: a format is a row in unpack.cc and a file of its own.
//
//   object --format_of--> Format --open_unpacker--> Unpacker --next()--> Part, bytes; Part, bytes; …
//
// A Part is a member or a message (an object of its own, judged in one family with its container), or a view: the text
// of the object itself, as a person would read it (mark-up gone, characters decoded, in UTF-8).
//
// An Unpacker is read once, front to back, by one worker; whoever wants a part again opens the object again. Everything
// in an object is hostile: what an Unpacker promises is that it ends, keeps its memory within limits::kUnpackBytes
// whatever the input, and says what it could not read, as a trouble of a part or as an Error of next() or read().
//
// Formats whose decoders are others' work and were found wanting are decoded in a sandbox (sandbox/sandbox.h),
// unpack.cc says which: there nothing is promised, and all is kept.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/byte_stream.h"
#include "pipeline/facts.h"
#include "pipeline/object.h"
#include "stages/unpack/kind/kind.h"

namespace ambit {

struct Part {
  enum class Is : std::uint8_t { member, message, view };
  Is is = Is::member;
  // Of a member: its path inside the container, bytes as they stand; may be empty. Not cleaned: "../x" stays.
  std::string name;
  std::optional<std::uint64_t> size;           // bytes as the container declares them: may lie
  std::optional<std::int64_t> modified, sent;  // seconds since 1970, UTC
  // Of a view: tells the text of the views just before it once more, its lines laid out in another way.
  bool retells = false;
  // Why there are no bytes: encrypted, unsupported, damaged, special_file (a link, a device; folders are no parts).
  WalkTrouble trouble = WalkTrouble::none;
  // Where its bytes begin in the container if they stand there in letters, as base64: as a form in
  // which identifiers are found there too. See written_until().
  std::optional<std::uint64_t> written_at;
  // Where its bytes stand in the container as they are, in one piece: a stored member, a mail in a mailbox.
  std::optional<std::uint64_t> stored_at;
};

class Unpacker {
 public:
  Unpacker() = default;
  virtual ~Unpacker() = default;
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  // The next part, in an order that follows from the object's bytes alone; nothing at the end. What was not read of
  // the part before is skipped. Error: nothing more can be read (ErrorKind::evidence, io, crashed, timeout).
  [[nodiscard]] virtual Result<std::optional<Part>> next() = 0;
  // The bytes of the part that next() gave last; see ByteStream::read.
  [[nodiscard]] virtual Result<std::size_t> read(std::span<std::byte> into) = 0;
  // When a part with written_at was read to its end: where its letters end; 0 where they were not whole, so that the
  // part may not show what they show.
  [[nodiscard]] virtual std::uint64_t written_until() const { return 0; }
  // When all of a compressed stream was read, or all that could be: where it ends in the object; 0: nobody knows.
  [[nodiscard]] virtual std::uint64_t packed_until() const { return 0; }
};

class Sandboxes;  // sandbox/sandbox.h

// What an object is unpacked from.
struct Packed {
  // The object's bytes from its first on. Always there.
  ByteStream* stream = nullptr;
  // The same bytes at any place; null where they come once only (a large member of an archive). Of `size` bytes.
  Content* content = nullptr;
  std::uint64_t size = 0;      // 0 where unknown (only without `content`)
  std::string_view file_name;  // last component of its path; may be empty
  // Where decoders work that are not trusted with a process of ours; null: in this one, which is for a sandbox itself
  // and for tests.
  Sandboxes* sandboxes = nullptr;
};

// Looks at what guess_kind() looks at, and at the name. Format::none: there is nothing to unpack. `guess`: what
// guess_kind() said of the same.
[[nodiscard]] Format format_of(const KindGuess& guess, std::span<const std::byte> first_bytes,
                               std::string_view file_name, std::uint64_t size);
[[nodiscard]] Format format_of(std::span<const std::byte> first_bytes, std::string_view file_name, std::uint64_t size);

// By bytes with which no text begins, and which cost nothing to look at: of what is text as a rule.
[[nodiscard]] Format format_by_signature(std::span<const std::byte> first_bytes);

// Of an object that is no text and of no format by its beginning: what its last bytes say of it, at least kEndBytes
// or all of them. Somebody may have put an archive behind a picture.
inline constexpr std::size_t kEndBytes = 512;
[[nodiscard]] Format format_by_end(std::span<const std::byte> last_bytes);

[[nodiscard]] bool is_rar(std::span<const std::byte> first_bytes);

// False: the format is told apart, but nothing here takes it apart.
[[nodiscard]] bool is_unpacked(Format format);

// Whether the programs that some formats need are installed. Error(io): which is not, and how it comes here.
[[nodiscard]] Result<> find_converters();

// `packed` and what it points to outlive the unpacker. Error(evidence): it is not of this format after all, or cannot
// be read from a stream alone.
[[nodiscard]] Result<std::unique_ptr<Unpacker>> open_unpacker(Format format, const Packed& packed);

}  // namespace ambit
