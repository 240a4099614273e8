// PackedReader: all that is packed in an object, read once more, front to back, as far down as the sweep goes.
//
// For whoever must know what leaves with an object's bytes: the scrutiny, and the audit after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/facts.h"
#include "pipeline/triage_parts.h"
#include "stages/unpack/kind/kind.h"

namespace ambit {

// A part, and where it is.
struct PackedPart {
  const Part& part;
  bool is_plain = false;  // its bytes stand as they are in the object's: whoever has read these has read them
  // Its container stands in these bytes of the object as it is, in the object itself for one. Nothing: it does not.
  std::optional<Extent> around;
};

class PackedVisitor {
 public:
  using Look = std::function<void(std::span<const std::byte>)>;  // the next bytes; none: that was all
  PackedVisitor() = default;
  virtual ~PackedVisitor() = default;
  PackedVisitor(const PackedVisitor&) = delete;
  PackedVisitor& operator=(const PackedVisitor&) = delete;

  // A part begins. What is returned sees its bytes, unless it is empty; parts of it begin and end in between.
  [[nodiscard]] virtual Look begin(const PackedPart& part) = 0;
  // Nobody can read a part, or the rest of one.
  virtual void unread(WalkTrouble why) = 0;
  // What was seen or unread since the last time stands in these raw bytes of the object.
  virtual void stands(const Extent& where) = 0;
  // Asked now and then.
  [[nodiscard]] virtual bool stopped() const = 0;
};

class PackedReader {
 public:
  // All references outlive it.
  PackedReader(const UnpackLimits& limits, std::shared_ptr<Sandboxes> sandboxes, PackedVisitor& visitor)
      : limits_(limits), sandboxes_(std::move(sandboxes)), visitor_(visitor) {}

  // `content` is open and has `size` bytes. `inside`: containers around the object.
  void read(Content& content, std::uint64_t size, Format format, std::string_view file_name, std::size_t inside);

 private:
  // `plain`: where the container stands in the object's bytes as it is; its end may be too far where it is not known
  // yet.
  using Plain = std::optional<Extent>;
  void take_apart(const Container& container, ByteStream& stream, Content* content, const Plain& plain);
  // Bytes of the part.
  std::uint64_t take(Unpacker& unpacker, const Part& part, const Plain& plain);
  void take_held(const KindGuess& guess, std::string_view name, std::vector<std::byte> bytes, const Plain& plain);
  [[nodiscard]] Container make_container(Format format, std::uint64_t size, std::string_view name) const;

  const UnpackLimits& limits_;
  const std::shared_ptr<Sandboxes> sandboxes_;
  PackedVisitor& visitor_;
  std::optional<Expansion> expansion_;
  std::size_t depth_ = 0;  // containers around what is at hand
};

}  // namespace ambit
