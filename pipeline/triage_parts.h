// The bytes of what is inside an object: of a small part in memory, of a large one unpacked again.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/byte_stream.h"
#include "pipeline/object.h"
#include "pipeline/triage_expansion.h"
#include "stages/unpack/sandbox/sandbox.h"
#include "stages/unpack/unpack.h"

namespace ambit {

[[nodiscard]] std::string_view last_component(std::string_view path);
// Formats that are read from their end, or back and forth.
[[nodiscard]] bool wants_any_place(Format format);
// Formats that begin like many a text: one that is not of the format after all is no damage.
[[nodiscard]] bool is_a_guess(Format format);

// See unpack.h: of an object of `size` bytes, which is open. Nothing where its end cannot be read.
[[nodiscard]] Format format_by_end(Content& content, std::uint64_t size);
// As what a part is taken apart that is held in memory, or that comes once only: where its beginning says nothing, by
// its end, or by what stands in it.
[[nodiscard]] Format format_of_held(const KindGuess& guess, std::span<const std::byte> bytes);
[[nodiscard]] Format format_of_passing(const KindGuess& guess);
// Of a part that comes once only: whether it is held, to be asked for its end.
[[nodiscard]] inline bool may_end_as_archive(const KindGuess& guess) {
  return (guess.format == Format::none || guess.format == Format::png) &&
         (guess.kind == Kind::image || guess.kind == Kind::audio || guess.kind == Kind::video);
}

// Whether more comes out of it than it has bytes; `bytes` are all.
[[nodiscard]] bool expands(Format format, std::span<const std::byte> bytes);

// What an Error of an unpacker says about its object.
[[nodiscard]] WalkTrouble trouble_of(const Error& error);

// Reads until `bytes` has `most` or the part ends: then `ended`. Trouble: damaged, or over the limit.
[[nodiscard]] WalkTrouble fill(Unpacker& unpacker, const Part& part, std::vector<std::byte>& bytes, std::size_t most,
                               bool& ended, Expansion& expansion);

// The bytes of the part that the unpacker gave last.
class PartStream final : public ByteStream {
 public:
  explicit PartStream(Unpacker& unpacker) : unpacker_(unpacker) {}
  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> into) override { return unpacker_.read(into); }

 private:
  Unpacker& unpacker_;
};

// The bytes of a part, on their way to its own parts and to someone else at once.
class TeedPart final : public ByteStream {
 public:
  // Sees every byte once; false: no more are wanted.
  using Also = std::function<bool(std::span<const std::byte>)>;
  // `first`: what was read of it already, `rest`: what comes. All references outlive it.
  TeedPart(ByteStream& rest, std::vector<std::byte> first, Expansion& expansion, Also also);
  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> into) override;
  // Why it ended too early: damaged, or over the limit.
  [[nodiscard]] WalkTrouble trouble() const { return trouble_; }

 private:
  ByteStream& rest_;
  const std::vector<std::byte> first_;
  Expansion& expansion_;
  const Also also_;
  std::size_t given_ = 0;  // of the first
  bool is_wanted_ = true, ended_ = false;
  std::optional<Error> failure_;  // behind what came
  WalkTrouble trouble_ = WalkTrouble::none;
};

// Names the parts of one container. Parts of the same name are numbered from 1; beyond a million names, a part has the
// number of which part it is.
class PartNumbers {
 public:
  // Part `index` (from 0) as an object, without its content.
  [[nodiscard]] Object child(const Object& container, const Part& part, std::uint64_t index);

 private:
  [[nodiscard]] std::uint64_t next(const std::string& name, std::uint64_t index);
  std::unordered_map<std::size_t, std::uint32_t> seen_;
};

using SharedBytes = std::shared_ptr<const std::vector<std::byte>>;

// All bytes in memory.
[[nodiscard]] std::unique_ptr<Content> memory_content(SharedBytes bytes, std::optional<std::int64_t> modified);

// Whether the content keeps its bytes in memory: those of memory_content(), and parts in place of these.
[[nodiscard]] bool is_in_memory(const Content& content);

// Bytes [at, at + bytes.size()) of an object of `size` bytes; what is around them is not there.
[[nodiscard]] std::unique_ptr<Content> window_content(std::vector<std::byte> bytes, std::uint64_t at,
                                                      std::uint64_t size);

// How to come to the parts of a container again.
struct Container {
  std::shared_ptr<const Content> content;  // duplicated for every use; null: it cannot be
  std::uint64_t size = 0;                  // not less than its bytes
  Format format = Format::none;
  std::string file_name;
  std::shared_ptr<Sandboxes> sandboxes;
  bool at_any_place = true;  // whether it was unpacked with Packed::content
  // Its bytes where they stand, on the disk or in memory, to be read at any place, and how many; null: it stands as it
  // is nowhere, and comes once only.
  std::shared_ptr<const Content> in_place;
  std::uint64_t in_place_bytes = 0;
};

// A part that stands in its container as it is, where that stands as it is.
struct PartInPlace {
  std::unique_ptr<Content> content;
  std::uint64_t bytes = 0;  // fewer than the container declares where it is cut
};
[[nodiscard]] std::optional<PartInPlace> part_in_place(const Container& container, const Part& part);

// `stream` gives the container's bytes; `content` has them at any place where container.at_any_place, and is not looked
// at otherwise. All outlive the unpacker.
[[nodiscard]] Result<std::unique_ptr<Unpacker>> open_container(const Container& container, ByteStream& stream,
                                                               Content* content);

// Part `index` of the container, of `size` bytes. Reads forward as it is asked; back means from the container's first
// byte again.
[[nodiscard]] std::unique_ptr<Content> part_content(std::shared_ptr<const Container> container, std::uint64_t index,
                                                    ContentInfo info);

}  // namespace ambit
