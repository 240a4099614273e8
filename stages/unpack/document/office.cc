// Office documents: a zip of XML (OOXML, OpenDocument, EPUB).
//
// Each part of the package that is mark-up is a view of its own, named as the part: the text, the notes, the comments,
// the properties, every sheet with what its cells refer to put in. Which dialect a part speaks is asked of the part,
// not of its name, so that nothing is lost in one that is called differently. All other parts (pictures, embedded
// documents, macros) are members.
#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/document/office_package.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/markup/markup.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

bool is_markup(std::string_view name) {
  constexpr std::array kEndings = {".xml"sv, ".rels"sv, ".vml"sv, ".xhtml"sv, ".html"sv, ".htm"sv,
                                   ".opf"sv, ".ncx"sv,  ".rdf"sv, ".fodt"sv,  ".svg"sv,  ".smil"sv};
  return std::any_of(kEndings.begin(), kEndings.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

class Office final : public Unpacker {
 public:
  Office(std::unique_ptr<Unpacker> package, PackageSurvey survey)
      : package_(std::move(package)), survey_(std::move(survey)) {}

  Result<std::optional<Part>> next() override {
    bytes_.reset();
    auto next = package_->next();
    if (!next.ok() || !*next) return next;
    Part& part = **next;
    if (survey_.encrypted.contains(part.name)) part.trouble = WalkTrouble::encrypted;
    if (part.trouble != WalkTrouble::none) return next;
    bytes_ = part_stream(*package_);
    if (!is_markup(part.name)) return next;
    part.is = Part::Is::view;
    part.size.reset();  // of the text nobody knows it
    part.stored_at.reset();
    bytes_ = at_most(limits::kMaxMarkupBytes, std::move(bytes_));
    bytes_ = as_view(markup_stream(std::move(bytes_), {}, std::nullopt, &survey_.shared));
    return next;
  }
  Result<std::size_t> read(std::span<std::byte> into) override { return bytes_ ? bytes_->read(into) : 0; }

 private:
  std::unique_ptr<Unpacker> package_;
  PackageSurvey survey_;
  std::unique_ptr<ByteStream> bytes_;
};

}  // namespace

Opened open_office(const Packed& packed) {
  auto survey = survey_package(packed);
  if (!survey.ok()) return std::move(survey).error();
  auto package = open_package(packed);
  if (!package.ok()) return std::move(package).error();
  return Opened(std::make_unique<Office>(std::move(package).value(), std::move(survey).value()));
}

}  // namespace ambit::unpack
