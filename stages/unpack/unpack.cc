// The list of formats. A new one is a row here, a declaration in formats.h and a file of its own.
#include "stages/unpack/unpack.h"

#include <algorithm>
#include <array>

#include "stages/unpack/formats.h"

namespace ambit {
namespace {

struct Row {
  Format format;
  unpack::Opened (*open)(const Packed&);
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
    Row{Format::compress, unpack::open_compress},
    // archives
    Row{Format::zip, unpack::open_zip},
    Row{Format::tar, unpack::open_tar},
    Row{Format::other_archive, unpack::open_other_archive},
    // mail
    Row{Format::mail, unpack::open_mail},
    Row{Format::mailbox, unpack::open_mailbox},
    // documents
    Row{Format::ooxml, unpack::open_office},
    Row{Format::open_document, unpack::open_office},
    Row{Format::epub, unpack::open_office},
    Row{Format::rtf, unpack::open_rtf},
    Row{Format::html, unpack::open_markup},
    Row{Format::xml, unpack::open_markup},
    Row{Format::charset, unpack::open_charset},
    // databases
    Row{Format::sqlite, unpack::open_sqlite},
};

}  // namespace

bool is_unpacked(Format format) {
  return std::any_of(kFormats.begin(), kFormats.end(), [&](const Row& r) { return r.format == format; });
}

Result<std::unique_ptr<Unpacker>> open_unpacker(Format format, const Packed& packed) {
  const auto row = std::find_if(kFormats.begin(), kFormats.end(), [&](const Row& r) { return r.format == format; });
  if (row == kFormats.end()) return Error{ErrorKind::evidence, "this format is not unpacked", {}, {}};
  return row->open(packed);
}

}  // namespace ambit
