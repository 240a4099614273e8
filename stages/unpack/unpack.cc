// The list of formats. A new one is a row here, a declaration in formats.h and a file of its own.
#include "stages/unpack/unpack.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "stages/unpack/formats.h"
#include "stages/unpack/sandbox/isolated.h"
#include "stages/unpack/sandbox/sandbox.h"

namespace ambit {
namespace {

// Where its decoder works. Those in the program are our own, linear, bounded and fuzzed, or libraries with which half
// the world decodes what strangers send (ISA-L, zlib's kin, liblzma, libzstd). libarchive's odd formats crashed and
// hung while we tested them; libpff and libsquashfs were never meant for hostile files.
enum class Works { in_program, in_sandbox };

struct Row {
  Format format;
  unpack::Opened (*open)(const Packed&);
  Works works = Works::in_program;
  // Its bytes are text, or values as they are, amid which something may stand: open_embedded_beside() goes by it
  // afterwards.
  bool is_text = false;
};

// The parts of a text, then what stands in letters where none of them stood.
class TextThenEmbedded final : public Unpacker {
 public:
  TextThenEmbedded(std::unique_ptr<Unpacker> text, Format format, const Packed& packed)
      : now_(std::move(text)), format_(format), packed_(packed) {}
  Result<std::optional<Part>> next() override {
    note_place();
    Result<std::optional<Part>> part = now_->next();
    if (!is_text_ || !part.ok()) return part;
    if (*part) {
      part_at_ = (*part)->written_at ? (*part)->written_at : (*part)->stored_at;
      return part;
    }
    is_text_ = false;
    // Files in the lines of a mail are parts of it already.
    unpack::Opened embedded = unpack::open_embedded_beside(packed_, std::move(places_), format_ != Format::mail);
    if (!embedded.ok()) return embedded.error();
    now_ = std::move(embedded).value();
    return now_->next();
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    Result<std::size_t> got = now_->read(into);
    if (got.ok()) read_ += *got;
    return got;
  }
  [[nodiscard]] std::uint64_t written_until() const override { return now_->written_until(); }

 private:
  // Letters that were not whole are passed by their first byte, where their mark stands.
  void note_place() {
    if (part_at_ && is_text_) {
      const std::uint64_t end = std::max(now_->written_until(), *part_at_ + std::max<std::uint64_t>(read_, 1));
      places_.push_back({*part_at_, end});
    }
    part_at_.reset();
    read_ = 0;
  }

  std::unique_ptr<Unpacker> now_;
  const Format format_;
  const Packed packed_;
  bool is_text_ = true;
  std::optional<std::uint64_t> part_at_;  // of the part that is being read, where it has a place in the object
  std::uint64_t read_ = 0;                // of it
  std::vector<unpack::Places> places_;
};

constexpr std::array kFormats = {
    // one stream
    Row{Format::gzip, unpack::open_gzip},
    Row{Format::bzip2, unpack::open_bzip2},
    Row{Format::xz, unpack::open_xz},
    Row{Format::lzma, unpack::open_lzma},
    Row{Format::lzip, unpack::open_lzip},
    Row{Format::zstd, unpack::open_zstd},
    Row{Format::lz4, unpack::open_lz4},
    Row{Format::lzop, unpack::open_lzop},
    Row{Format::compress, unpack::open_compress},
    Row{Format::snappy, unpack::open_snappy},
    Row{Format::zlib, unpack::open_zlib},
    Row{Format::zlib_streams, unpack::open_zlib_streams},
    Row{Format::brotli, unpack::open_brotli},
    Row{Format::http, unpack::open_http},
    // archives
    Row{Format::zip, unpack::open_zip},
    Row{Format::tar, unpack::open_tar},
    Row{Format::other_archive, unpack::open_other_archive, Works::in_sandbox},
    Row{Format::android_backup, unpack::open_android_backup},
    Row{Format::unopened, unpack::open_unopened},
    Row{Format::git_pack, unpack::open_git_pack},
    Row{Format::warc, unpack::open_warc},
    Row{Format::squashfs, unpack::open_squashfs, Works::in_sandbox},
    Row{Format::self_extracting, unpack::open_self_extracting},  // what is not a zip in a sandbox, as above
    Row{Format::embedded, unpack::open_embedded},
    // mail
    Row{Format::mail, unpack::open_mail, Works::in_program, true},
    Row{Format::mailbox, unpack::open_mailbox},
    Row{Format::dbox, unpack::open_dbox},
    Row{Format::outlook, unpack::open_outlook, Works::in_sandbox},
    Row{Format::tnef, unpack::open_tnef},
    Row{Format::cms, unpack::open_cms},
    Row{Format::uuencode, unpack::open_uuencode},
    // documents
    Row{Format::ooxml, unpack::open_office},
    Row{Format::open_document, unpack::open_office},
    Row{Format::epub, unpack::open_office},
    Row{Format::pdf, unpack::open_pdf},
    Row{Format::rtf, unpack::open_rtf, Works::in_program, true},
    Row{Format::html, unpack::open_markup, Works::in_program, true},
    Row{Format::xml, unpack::open_markup, Works::in_program, true},
    Row{Format::folded, unpack::open_folded, Works::in_program, true},
    Row{Format::charset, unpack::open_charset, Works::in_program, true},
    Row{Format::ole, unpack::open_ole},
    // databases and logs
    Row{Format::sqlite, unpack::open_sqlite},
    Row{Format::sqlite_log, unpack::open_sqlite_log},
    Row{Format::journal, unpack::open_journal},
    Row{Format::postgres_dump, unpack::open_postgres_dump},
    Row{Format::postgres_heap, unpack::open_postgres_heap},
    Row{Format::redis, unpack::open_redis, Works::in_program, true},
    Row{Format::wired_tiger, unpack::open_wired_tiger},
    Row{Format::sorted_table, unpack::open_sorted_table},
    // pictures
    Row{Format::png, unpack::open_png},
};

}  // namespace

bool is_unpacked(Format format) {
  return std::any_of(kFormats.begin(), kFormats.end(), [&](const Row& r) { return r.format == format; });
}

Result<> find_converters() {
  if (access(unpack::kPdfToText, X_OK) == 0) return Ok{};
  return Error{ErrorKind::io, std::string("the program ") + unpack::kPdfToText + " is not there", "",
               "install it (package poppler-utils): without it the text of PDFs would be missing"};
}

Result<std::unique_ptr<Unpacker>> open_unpacker(Format format, const Packed& packed) {
  const auto row = std::find_if(kFormats.begin(), kFormats.end(), [&](const Row& r) { return r.format == format; });
  if (row == kFormats.end()) return Error{ErrorKind::evidence, "this format is not unpacked", {}, {}};
  if (row->works == Works::in_sandbox && packed.sandboxes != nullptr) return unpack::open_isolated(format, packed);
  unpack::Opened opened = row->open(packed);
  if (!opened.ok() || !row->is_text || packed.content == nullptr) return opened;
  return unpack::Opened(std::make_unique<TextThenEmbedded>(std::move(opened).value(), format, packed));
}

}  // namespace ambit
