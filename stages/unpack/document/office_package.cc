#include "stages/unpack/document/office_package.h"

#include <algorithm>
#include <vector>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kBlockBytes = 64 * limits::KiB;
// Of META-INF/manifest.xml: 200 bytes for each of 40,000 pictures.
constexpr std::size_t kMaxManifestBytes = 8 * limits::MiB;

class PartStream final : public ByteStream {
 public:
  explicit PartStream(Unpacker& package) : package_(package) {}
  Result<std::size_t> read(std::span<std::byte> into) override { return package_.read(into); }

 private:
  Unpacker& package_;
};

// Up to `most` bytes of the part; what is unreadable ends it, and is told when the part's turn comes.
std::string text_of_part(ByteStream& part, std::size_t most) {
  std::string text;
  std::vector<std::byte> piece(kBlockBytes);
  while (text.size() < most) {
    const auto got = part.read(piece);
    if (!got.ok() || *got == 0) break;
    text.append(reinterpret_cast<const char*>(piece.data()), *got);
  }
  return text;
}

// The value of `attribute` in the tags of `text`, one after the other from `at` on.
std::string_view next_value(std::string_view text, std::string_view attribute, std::size_t& at) {
  while ((at = text.find(attribute, at)) != text.npos) {
    at += attribute.size();
    if (!text.substr(at).starts_with("=\"")) continue;
    const std::size_t begin = at + 2;
    at = std::min(text.find('"', begin), text.size());
    return text.substr(begin, at - begin);
  }
  at = text.size();
  return {};
}

// <manifest:file-entry manifest:full-path="…"> <manifest:encryption-data …>
void read_manifest(std::string_view text, PackageSurvey& survey) {
  std::size_t at = 0;
  for (std::string_view name = next_value(text, "full-path", at); at < text.size();) {
    const std::size_t begin = at;
    const std::string_view next = next_value(text, "full-path", at);
    if (text.substr(begin, at - begin).find("encryption-data") != std::string_view::npos)
      survey.encrypted.emplace(name);
    name = next;
  }
}

// <enc:CipherReference URI="…"/>
void read_encryption(std::string_view text, PackageSurvey& survey) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t tag = text.find("CipherReference", at);
    if (tag == text.npos) return;
    at = tag;
    survey.encrypted.emplace(next_value(text, "URI", at));
  }
}

}  // namespace

Opened open_package(const Packed& packed) {
  if (packed.content == nullptr) {
    return Error{ErrorKind::evidence, "a document in a zip cannot be read from a stream alone", {}, {}};
  }
  return open_zip(packed);
}

std::unique_ptr<ByteStream> part_stream(Unpacker& package) { return std::make_unique<PartStream>(package); }

Result<PackageSurvey> survey_package(const Packed& packed) {
  auto package = open_package(packed);
  if (!package.ok()) return package.error();
  PackageSurvey survey;
  while (true) {
    const auto part = (*package)->next();
    if (!part.ok() || !*part) return survey;  // damage is told when the parts are read
    const std::string& name = (*part)->name;
    auto bytes = part_stream(**package);
    if (name == "META-INF/manifest.xml") read_manifest(text_of_part(*bytes, kMaxManifestBytes), survey);
    if (name == "META-INF/encryption.xml") read_encryption(text_of_part(*bytes, kMaxManifestBytes), survey);
    if (!name.ends_with("sharedStrings.xml") || survey.shared.size() > 0) continue;
    const auto texts = shared_texts_stream(at_most(limits::kMaxMarkupBytes, std::move(bytes)), survey.shared);
    std::vector<std::byte> piece(kBlockBytes);
    for (auto got = texts->read(piece); got.ok() && *got > 0 && !survey.shared.is_full();) got = texts->read(piece);
  }
}

}  // namespace ambit::unpack
