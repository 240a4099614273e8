// Finds parts of objects again, by the texts of their locators.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "pipeline/object.h"
#include "pipeline/triage_parts.h"

namespace ambit {

class PartFinder {
 public:
  // `found` gets the content of a part, opened never before, and the text of its locator.
  using Found = std::function<void(const std::string& text, Content& content)>;
  // … `image` a part that may be an image with something wanted in it, of `size` bytes, to be read at any place.
  using Image = std::function<void(const Object& part, std::unique_ptr<Content> content, std::uint64_t size)>;
  // `wanted`: texts, the exhibit's name left out; of these whatever stands before a '!' may be a container.
  PartFinder(const std::set<std::string>& wanted, Found found, Image image);

  // Whether a wanted part may be inside the object of this text.
  [[nodiscard]] bool leads_on(const std::string& text) const { return containers_.contains(text); }
  // … something wanted in the image that it is.
  [[nodiscard]] bool leads_into_image(const std::string& text) const;
  [[nodiscard]] const std::set<std::string>& containers() const { return containers_; }
  // `content` is open and has `size` bytes.
  void look_into(const Object& object, Content& content, std::uint64_t size);

 private:
  // `first`: the object's first bytes. `in_place`: where it stands, if it is not read at any place itself.
  void enter(const Object& object, Content& content, std::span<const std::byte> first, std::uint64_t size,
             bool at_any_place, std::optional<PartInPlace> in_place);
  void take(const Object& child, const Part& part, const std::string& text, Unpacker& unpacker,
            const std::shared_ptr<const Container>& container, std::uint64_t index);

  const std::set<std::string>& wanted_;
  std::set<std::string> containers_;
  const Found found_;
  const Image image_;
  const std::shared_ptr<Sandboxes> sandboxes_ = std::make_shared<Sandboxes>();
};

}  // namespace ambit
