#include "stages/unpack/office_package.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "pipeline/limits.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kBlockBytes = 64 * limits::KiB;
// Of META-INF/manifest.xml: 200 bytes for each of 40,000 pictures.
constexpr std::size_t kMaxManifestBytes = 8 * limits::MiB;

// libarchive's reader of zips on a Content.
class Package final : public Unpacker {
 public:
  Package(Content& content, std::uint64_t size) : content_(content), size_(size), block_(kBlockBytes) {}
  ~Package() override { archive_read_free(archive_); }

  bool begin() {
    archive_read_support_format_zip_seekable(archive_);
    archive_read_set_read_callback(archive_, read_block);
    archive_read_set_seek_callback(archive_, seek);
    archive_read_set_callback_data(archive_, this);
    return archive_read_open1(archive_) == ARCHIVE_OK;
  }

  Result<std::optional<Part>> next() override {
    while (true) {
      archive_entry* entry = nullptr;
      const int status = archive_read_next_header(archive_, &entry);
      if (status == ARCHIVE_EOF) return std::optional<Part>();
      if (status < ARCHIVE_WARN) return damaged();
      const char* const name = archive_entry_pathname(entry);
      if (archive_entry_filetype(entry) == AE_IFDIR) continue;
      Part part;
      if (name != nullptr) part.name = name;
      if (archive_entry_size_is_set(entry) != 0) part.size = static_cast<std::uint64_t>(archive_entry_size(entry));
      if (archive_entry_is_encrypted(entry) != 0) part.trouble = WalkTrouble::encrypted;
      return std::optional<Part>(std::move(part));
    }
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    const la_ssize_t got = archive_read_data(archive_, into.data(), into.size());
    if (got < 0) return damaged();
    return static_cast<std::size_t>(got);
  }

 private:
  static Error damaged() { return {ErrorKind::evidence, "the zip of a document is damaged", {}, {}}; }

  static la_ssize_t read_block(archive*, void* self, const void** block) {
    auto& package = *static_cast<Package*>(self);
    const auto got = package.content_.read_at(package.at_, package.block_);
    if (!got.ok()) return ARCHIVE_FATAL;
    *block = package.block_.data();
    package.at_ += *got;
    return static_cast<la_ssize_t>(*got);
  }
  static la_int64_t seek(archive*, void* self, la_int64_t offset, int whence) {
    auto& package = *static_cast<Package*>(self);
    const auto base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? package.at_ : package.size_;
    package.at_ = std::min(base + static_cast<std::uint64_t>(offset), package.size_);
    return static_cast<la_int64_t>(package.at_);
  }

  Content& content_;
  std::uint64_t size_;
  std::uint64_t at_ = 0;
  std::vector<std::byte> block_;
  archive* archive_ = archive_read_new();
};

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
  auto package = std::make_unique<Package>(*packed.content, packed.size);
  if (!package->begin()) return Error{ErrorKind::evidence, "the document is no zip", {}, {}};
  return Opened(std::move(package));
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
