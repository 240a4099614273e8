// The formats that unpack.cc chooses from; one file per format or family. What each promises is said in unpack.h.
#pragma once

#include <cstdint>
#include <vector>

#include "stages/unpack/unpack.h"

namespace ambit::unpack {

using Opened = Result<std::unique_ptr<Unpacker>>;

// One compressed stream, or several in a row.
[[nodiscard]] Opened open_gzip(const Packed& packed);
[[nodiscard]] Opened open_bzip2(const Packed& packed);
[[nodiscard]] Opened open_xz(const Packed& packed);
[[nodiscard]] Opened open_lzma(const Packed& packed);
[[nodiscard]] Opened open_lzip(const Packed& packed);
[[nodiscard]] Opened open_zstd(const Packed& packed);
[[nodiscard]] Opened open_lz4(const Packed& packed);
[[nodiscard]] Opened open_lzop(const Packed& packed);
[[nodiscard]] Opened open_compress(const Packed& packed);  // .Z
[[nodiscard]] Opened open_snappy(const Packed& packed);
[[nodiscard]] Opened open_zlib(const Packed& packed);
[[nodiscard]] Opened open_zlib_streams(const Packed& packed);
[[nodiscard]] Opened open_brotli(const Packed& packed);
[[nodiscard]] Opened open_http(const Packed& packed);  // the body of a response

// Archives.
[[nodiscard]] Opened open_zip(const Packed& packed);
[[nodiscard]] Opened open_tar(const Packed& packed);
[[nodiscard]] Opened open_other_archive(const Packed& packed);
[[nodiscard]] Opened open_android_backup(const Packed& packed);
[[nodiscard]] Opened open_unopened(const Packed& packed);  // what nothing here opens
[[nodiscard]] Opened open_git_pack(const Packed& packed);
[[nodiscard]] Opened open_warc(const Packed& packed);
[[nodiscard]] Opened open_squashfs(const Packed& packed);
[[nodiscard]] Opened open_self_extracting(const Packed& packed);
[[nodiscard]] Opened open_embedded(const Packed& packed);
// Bytes of an object from `begin` to before `end`.
struct Places {
  std::uint64_t begin = 0, end = 0;
};
// … but what begins in one of `others`, which are parts already; by place. `has_lines`: files in lines of text, too
// (mail/uuencode.h).
[[nodiscard]] Opened open_embedded_beside(const Packed& packed, std::vector<Places> others, bool has_lines);

// Mail: the texts of a message are views of it, its attachments members.
[[nodiscard]] Opened open_mail(const Packed& packed);
[[nodiscard]] Opened open_mailbox(const Packed& packed);
[[nodiscard]] Opened open_dbox(const Packed& packed);  // of dovecot
[[nodiscard]] Opened open_cms(const Packed& packed);
[[nodiscard]] Opened open_outlook(const Packed& packed);   // .pst, .ost
[[nodiscard]] Opened open_tnef(const Packed& packed);      // winmail.dat
[[nodiscard]] Opened open_uuencode(const Packed& packed);  // texts with files in them

// Documents: one view, what is embedded as members.
[[nodiscard]] Opened open_office(const Packed& packed);  // OOXML, OpenDocument, EPUB: a zip of XML
[[nodiscard]] Opened open_markup(const Packed& packed);  // HTML, XML
[[nodiscard]] Opened open_pdf(const Packed& packed);
[[nodiscard]] Opened open_rtf(const Packed& packed);
[[nodiscard]] Opened open_folded(const Packed& packed);  // vCard, iCalendar, LDIF
[[nodiscard]] Opened open_charset(const Packed& packed);
[[nodiscard]] Opened open_ole(const Packed& packed);  // .doc, .xls, .ppt, .msg, and other compound files

// Databases and logs.
[[nodiscard]] Opened open_sqlite(const Packed& packed);
[[nodiscard]] Opened open_sqlite_log(const Packed& packed);
[[nodiscard]] Opened open_journal(const Packed& packed);  // of systemd
[[nodiscard]] Opened open_postgres_dump(const Packed& packed);
[[nodiscard]] Opened open_postgres_heap(const Packed& packed);  // the files of a server
[[nodiscard]] Opened open_redis(const Packed& packed);
[[nodiscard]] Opened open_wired_tiger(const Packed& packed);   // MongoDB
[[nodiscard]] Opened open_sorted_table(const Packed& packed);  // LevelDB, RocksDB

// Pictures: the texts in them, and an archive behind them.
[[nodiscard]] Opened open_png(const Packed& packed);

}  // namespace ambit::unpack
