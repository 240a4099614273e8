// The bytes of what is inside an object: of a small part in memory, of a large one unpacked again.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/object.h"
#include "stages/unpack/sandbox/sandbox.h"
#include "stages/unpack/unpack.h"

namespace ambit {

[[nodiscard]] std::string_view last_component(std::string_view path);
// Formats that are read from their end, or back and forth.
[[nodiscard]] bool wants_any_place(Format format);

// What an Error of an unpacker says about its object.
[[nodiscard]] WalkTrouble trouble_of(const Error& error);

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
};

// `stream` gives the container's bytes; `content` has them at any place where container.at_any_place, and is not looked
// at otherwise. All outlive the unpacker.
[[nodiscard]] Result<std::unique_ptr<Unpacker>> open_container(const Container& container, ByteStream& stream,
                                                               Content* content);

// Part `index` of the container, of `size` bytes. Reads forward as it is asked; back means from the container's first
// byte again.
[[nodiscard]] std::unique_ptr<Content> part_content(std::shared_ptr<const Container> container, std::uint64_t index,
                                                    ContentInfo info);

}  // namespace ambit
