#include "pipeline/triage_find.h"

#include <algorithm>

#include "pipeline/limits_unpack.h"
#include "pipeline/triage_image.h"
#include "stages/unpack/content_stream.h"

namespace ambit {

PartFinder::PartFinder(const std::set<std::string>& wanted, Found found, Image image)
    : wanted_(wanted), found_(std::move(found)), image_(std::move(image)) {
  for (const std::string& text : wanted) {
    for (std::size_t at = text.find('!'); at != std::string::npos; at = text.find('!', at + 1)) {
      containers_.insert(text.substr(0, at));
    }
  }
}

bool PartFinder::leads_into_image(const std::string& text) const {
  const std::string begin = text + ":";
  const auto first = wanted_.lower_bound(begin);
  return first != wanted_.end() && first->starts_with(begin);
}

void PartFinder::look_into(const Object& object, Content& content, std::uint64_t size) {
  std::vector<std::byte> first(static_cast<std::size_t>(std::min<std::uint64_t>(size, kKindBytes)));
  const Result<std::size_t> got = content.read_at(0, first);
  if (got.ok()) enter(object, content, std::span(first).first(*got), size, true, std::nullopt);
}

void PartFinder::enter(const Object& object, Content& content, std::span<const std::byte> first, std::uint64_t size,
                       bool at_any_place, std::optional<PartInPlace> in_place) {
  if (object.inside >= limits::kMaxUnpackDepth) return;
  auto container = std::make_shared<Container>();
  container->content = content.duplicate();
  container->size = size;
  container->file_name = std::string(file_name_of(object.locator));
  container->format = format_of(first.first(std::min(first.size(), kKindBytes)), container->file_name, size);
  if (container->format == Format::none && at_any_place) container->format = format_by_end(content, size);
  if (container->format == Format::none) container->format = Format::embedded;
  container->sandboxes = sandboxes_;
  container->at_any_place = at_any_place;
  if (at_any_place) {
    container->in_place = container->content;
    container->in_place_bytes = size;
  } else if (in_place) {
    container->in_place = std::move(in_place->content);
    container->in_place_bytes = in_place->bytes;
  }
  if (!is_unpacked(container->format)) return;
  ContentStream stream(content, size);
  const Result<std::unique_ptr<Unpacker>> opened = open_container(*container, stream, &content);
  if (!opened.ok()) return;
  PartNumbers numbers;
  for (std::uint64_t index = 0; index < limits::kMaxParts; ++index) {
    const Result<std::optional<Part>> part = (*opened)->next();
    if (!part.ok() || !part->has_value()) return;
    const Object child = numbers.child(object, **part, index);
    const std::string text = to_string(child.locator, "");
    const bool is_of_interest = wanted_.contains(text) || leads_on(text) || leads_into_image(text);
    if (is_of_interest) take(child, **part, text, **opened, container, index);
  }
}

// As the sweep has it: what fits is held, the rest is unpacked again.
void PartFinder::take(const Object& child, const Part& part, const std::string& text, Unpacker& unpacker,
                      const std::shared_ptr<const Container>& container, std::uint64_t index) {
  std::optional<PartInPlace> in_place = part_in_place(*container, part);
  auto bytes = std::make_shared<std::vector<std::byte>>();
  std::uint64_t size = 0;
  std::vector<std::byte> piece(limits::kStreamBlock);
  for (auto got = unpacker.read(piece); got.ok() && *got > 0; got = unpacker.read(piece)) {
    size += *got;
    if (bytes->size() > limits::kHeldPartBytes) continue;
    bytes->insert(bytes->end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*got));
  }
  const bool held = size <= limits::kHeldPartBytes;
  const auto content =
      held ? memory_content(bytes, std::nullopt) : part_content(container, index, {size, std::nullopt, 0});
  if (wanted_.contains(text)) found_(text, *content);
  const bool is_view = child.locator.steps.back().kind == StepKind::view;
  if (is_view) return;
  if (leads_into_image(text) && (held || in_place)) {
    image_(child, held ? content->duplicate() : in_place->content->duplicate(), held ? size : in_place->bytes);
  }
  if (leads_on(text) && content->open().ok()) enter(child, *content, *bytes, size, held, std::move(in_place));
}

}  // namespace ambit
