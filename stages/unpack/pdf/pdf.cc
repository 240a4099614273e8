// PDF. Its text comes from pdftotext, which is a program of its own and works in a sandbox; what is beside the pages is
// read here: see objects.h.
//
//   views: "text" (properties and pages), "flowing text" (the same with the lines of a paragraph joined), "strings"
//   members: embedded files
//
// pdftotext wants the whole file and any place of it: a PDF is held in memory, sealed so that nobody can change or cut
// it while another looks at it.
#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "pipeline/exhausted.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"
#include "stages/unpack/pdf/objects.h"
#include "stages/unpack/pdf/text.h"
#include "stages/unpack/stream/inflated.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

// A file that is nowhere but in memory.
class HeldFile {
 public:
  HeldFile() = default;
  HeldFile(const HeldFile&) = delete;
  HeldFile& operator=(const HeldFile&) = delete;
  ~HeldFile() {
    if (bytes_ != nullptr) munmap(bytes_, size_);
  }
  [[nodiscard]] Result<> hold(Content& content, std::uint64_t size);
  [[nodiscard]] int descriptor() const { return file_.get(); }
  [[nodiscard]] std::string_view bytes() const { return {static_cast<const char*>(bytes_), size_}; }

 private:
  FileDescriptor file_;
  void* bytes_ = nullptr;
  std::size_t size_ = 0;
};

Result<> HeldFile::hold(Content& content, std::uint64_t size) {
  const Error no_memory = evidence_error("a PDF takes more memory than is there");
  file_ = FileDescriptor(memfd_create("pdf", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (file_.get() < 0) throw_where_exhausted(errno);
  std::vector<std::byte> piece(256 * 1024);
  std::uint64_t at = 0;
  while (at < size) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - at));
    const Result<std::size_t> got = content.read_at(at, std::span(piece).first(most));
    if (!got.ok()) return got.error();
    if (*got == 0) break;
    if (pwrite(file_.get(), piece.data(), *got, static_cast<off_t>(at)) != static_cast<ssize_t>(*got)) return no_memory;
    at += *got;
  }
  if (at == 0) return evidence_error("a PDF is empty");
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (fcntl(file_.get(), F_ADD_SEALS, kSeals) != 0) return no_memory;
  size_ = static_cast<std::size_t>(at);
  bytes_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file_.get(), 0);
  if (bytes_ == MAP_FAILED) {
    bytes_ = nullptr;
    return no_memory;
  }
  return Ok{};
}

class Pdf final : public Unpacker {
 public:
  explicit Pdf(Sandboxes* sandboxes) : sandboxes_(sandboxes) {}
  [[nodiscard]] Result<> begin(const Packed& packed) { return file_.hold(*packed.content, packed.size); }
  Result<std::optional<Part>> next() override;
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  [[nodiscard]] Part view(const char* name, std::string text);
  [[nodiscard]] Part retelling(const char* name, std::string text);
  [[nodiscard]] std::optional<Part> trouble_of_text();
  [[nodiscard]] Part embedded(const EmbeddedFile& file);

  Sandboxes* const sandboxes_;
  HeldFile file_;
  enum class Step { text, flowing, strings, trouble, files } step_ = Step::text;
  PdfText text_;
  PdfObjects objects_;
  std::size_t next_file_ = 0;
  std::unique_ptr<ByteStream> bytes_;  // of the part
};

Part Pdf::view(const char* name, std::string text) {
  Part part;
  part.is = Part::Is::view;
  part.name = name;
  bytes_ = as_view(text_stream(std::move(text)));
  return part;
}

// What a page shows of a form is in its strings too.
Part Pdf::retelling(const char* name, std::string text) {
  Part part = view(name, std::move(text));
  part.retells = true;
  return part;
}

Result<std::optional<Part>> Pdf::next() {
  bytes_.reset();
  switch (step_) {
    case Step::text:
      if (sandboxes_ != nullptr) text_ = pdf_text(*sandboxes_, file_.descriptor());
      step_ = Step::flowing;
      return std::optional(view("text", text_.text));
    case Step::flowing:
      step_ = Step::strings;
      return std::optional(retelling("flowing text", with_joined_lines(std::exchange(text_.text, {}))));
    case Step::strings:
      objects_ = read_pdf_objects(file_.bytes(), text_.failure ? Pages::read : Pages::leave);
      step_ = Step::trouble;
      return std::optional(retelling("strings", std::move(objects_.strings)));
    case Step::trouble:
      step_ = Step::files;
      if (std::optional<Part> part = trouble_of_text()) return part;
      [[fallthrough]];
    case Step::files:
      break;
  }
  if (next_file_ == objects_.files.size()) return std::optional<Part>();
  return std::optional(embedded(objects_.files[next_file_++]));
}

// A view without bytes says what kept the others from being whole.
std::optional<Part> Pdf::trouble_of_text() {
  Part part;
  part.is = Part::Is::view;
  if (objects_.cut) part.trouble = WalkTrouble::expansion_limit;
  if (text_.failure) {
    const ErrorKind kind = text_.failure->kind;
    part.trouble = kind == ErrorKind::crashed   ? WalkTrouble::decoder_crashed
                   : kind == ErrorKind::timeout ? WalkTrouble::timeout
                   : objects_.encrypted         ? WalkTrouble::encrypted
                                                : WalkTrouble::damaged;
  }
  if (part.trouble == WalkTrouble::none) return std::nullopt;
  return part;
}

Part Pdf::embedded(const EmbeddedFile& file) {
  Part part;
  const auto name = objects_.names.find(file.object);
  if (name != objects_.names.end()) part.name = name->second;
  if (objects_.encrypted) {
    part.trouble = WalkTrouble::encrypted;
    return part;
  }
  const std::string_view bytes = file_.bytes().substr(file.at, file.size);
  if (!file.deflated) part.stored_at = file.at;
  bytes_ = file.deflated ? inflated_zlib(bytes) : span_stream(bytes);
  return part;
}

Result<std::size_t> Pdf::read(std::span<std::byte> into) {
  return bytes_ != nullptr ? bytes_->read(into) : Result<std::size_t>(std::size_t{0});
}

}  // namespace

Opened open_pdf(const Packed& packed) {
  if (packed.content == nullptr) return evidence_error("a PDF is larger than can be held");
  if (packed.size > limits::kMaxPdfBytes) return evidence_error("a PDF is larger than can be held");
  auto opened = std::make_unique<Pdf>(packed.sandboxes);
  const Result<> begun = opened->begin(packed);
  if (!begun.ok()) return begun.error();
  return Opened(std::move(opened));
}

}  // namespace ambit::unpack
