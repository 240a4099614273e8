#include "pipeline/triage_find.h"

#include <array>

#include "pipeline/limits.h"
#include "pipeline/triage_image.h"
#include "stages/unpack/content_stream.h"

namespace ambit {

PartFinder::PartFinder(const std::set<std::string>& wanted, Found found) : wanted_(wanted), found_(std::move(found)) {
  for (const std::string& text : wanted) {
    for (std::size_t at = text.find('!'); at != std::string::npos; at = text.find('!', at + 1)) {
      containers_.insert(text.substr(0, at));
    }
  }
}

void PartFinder::look_into(const Object& object, Content& content, std::uint64_t size) {
  std::vector<std::byte> first(static_cast<std::size_t>(std::min<std::uint64_t>(size, kKindBytes)));
  const Result<std::size_t> got = content.read_at(0, first);
  if (!got.ok() || object.locator.steps.size() > limits::kMaxUnpackDepth + limits::kMaxPathDepth) return;
  auto container = std::make_shared<Container>();
  container->content = content.duplicate();
  container->size = size;
  container->file_name = std::string(file_name_of(object.locator));
  container->format = format_of(std::span(first).first(*got), container->file_name, size);
  if (is_unpacked(container->format)) parts_of(object, container, content);
}

void PartFinder::parts_of(const Object& object, const std::shared_ptr<const Container>& container, Content& content) {
  ContentStream stream(content, container->size);
  Packed packed;
  packed.stream = &stream;
  packed.content = container->at_any_place ? &content : nullptr;
  packed.size = container->at_any_place ? container->size : 0;
  packed.file_name = container->file_name;
  Result<std::unique_ptr<Unpacker>> opened = open_unpacker(container->format, packed);
  if (!opened.ok()) return;
  PartNumbers numbers;
  for (std::uint64_t index = 0; index < limits::kMaxParts; ++index) {
    const Result<std::optional<Part>> part = (*opened)->next();
    if (!part.ok() || !part->has_value()) return;
    const Object child = numbers.child(object, **part, index);
    const std::string text = to_string(child.locator, "");
    const bool is_wanted = wanted_.contains(text);
    if (!is_wanted && !leads_on(text)) continue;
    // As the sweep has it: what fits is held, the rest is unpacked again.
    std::vector<std::byte> bytes;
    bool ended = false;
    while (!ended && bytes.size() <= limits::kHeldPartBytes) {
      const std::size_t had = bytes.size();
      bytes.resize(had + limits::kStreamBlock);
      const Result<std::size_t> got = (*opened)->read(std::span(bytes).subspan(had));
      bytes.resize(had + (got.ok() ? *got : 0));
      ended = !got.ok() || *got == 0;
    }
    std::uint64_t size = bytes.size();
    std::array<std::byte, 64 * 1024> rest;
    while (!ended) {
      const Result<std::size_t> got = (*opened)->read(rest);
      ended = !got.ok() || *got == 0;
      size += got.ok() ? *got : 0;
    }
    const bool held = size == bytes.size();
    const auto make = [&] {
      if (!held) return part_content(container, index, {size, std::nullopt, 0});
      return memory_content(std::make_shared<const std::vector<std::byte>>(bytes), std::nullopt);
    };
    if (is_wanted) found_(text, *make());
    if (!leads_on(text) || (*part)->is == Part::Is::view) continue;
    const std::unique_ptr<Content> own = make();
    if (!own->open().ok()) continue;
    std::vector<std::byte> first(std::min<std::size_t>(bytes.size(), kKindBytes));
    std::copy_n(bytes.begin(), first.size(), first.begin());
    auto inner = std::make_shared<Container>();
    inner->content = own->duplicate();
    inner->size = size;
    inner->file_name = std::string(file_name_of(child.locator));
    inner->format = format_of(first, inner->file_name, size);
    inner->at_any_place = held;
    if (is_unpacked(inner->format)) parts_of(child, inner, *own);
  }
}

}  // namespace ambit
