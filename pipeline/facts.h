// Facts: all that the stages learned about one object; one typed field per stage.
//
// A Hit and a Finding hold ids, offsets and lengths, never text: what is not here cannot leak from here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/disposition.h"
#include "pipeline/pattern.h"

namespace ambit {

// One reading of an object's bytes.
enum class View : std::uint8_t { raw = 0, name = 1, text = 2 };
inline constexpr std::array<std::string_view, 3> kViewNames = {"raw", "name", "text"};
[[nodiscard]] constexpr std::string_view to_string(View v) { return kViewNames[static_cast<std::size_t>(v)]; }

// An identifier found. Offsets count bytes of the view, from the object's first byte.
struct Hit {
  std::uint64_t start = 0;
  std::uint32_t length = 0;
  IdentifierId identifier = 0;
  View view = View::raw;
  Form form = Form::utf8;
  bool crossing = false;  // runs over the object's border
  [[nodiscard]] std::uint64_t end() const { return start + length; }
  friend auto operator<=>(const Hit&, const Hit&) = default;  // by start first
};

struct Extent {
  std::uint64_t start = 0;
  std::uint64_t length = 0;
  View view = View::raw;
  [[nodiscard]] std::uint64_t end() const { return start + length; }
  friend auto operator<=>(const Extent&, const Extent&) = default;
};

// How sure a detector is. A validator grades a finding, it never erases it.
enum class Grade : std::uint8_t { shape_only, plausible, validated };
inline constexpr std::array<std::string_view, 3> kGradeNames = {"shape only", "plausible", "validated"};
[[nodiscard]] constexpr std::string_view to_string(Grade g) { return kGradeNames[static_cast<std::size_t>(g)]; }

using DetectorId = std::uint16_t;

struct Finding {
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  DetectorId detector = 0;
  Grade grade = Grade::shape_only;
  View view = View::raw;
  [[nodiscard]] std::uint64_t end() const { return offset + length; }
  friend auto operator<=>(const Finding&, const Finding&) = default;
};

// Why an object or a part of it could not be examined.
enum class ExceptionReason : std::uint8_t {
  unreadable,       // the device or the file system refused these bytes
  changed,          // the object became shorter or another while it was read
  special_file,     // socket, pipe, device: has no bytes of its own
  loop,             // a folder that contains itself
  too_deep,         // deeper than limits::kMaxPathDepth
  name_too_long,    // longer than limits::kMaxPathBytes
  encrypted,        // a volume, a file or a member without a key
  unsupported,      // recognised, but nothing here reads it; its bytes were swept as they lie
  damaged,          // what should describe these bytes contradicts itself
  objects_limit,    // more objects than limits::kMax…; the others were swept as residue
  hits_limit,       // more hits than limits::kMaxHits…; the first ones count
  findings_limit,   // more private findings than limits::kMaxFindings…
  expansion_limit,  // what is packed in it is more than limits::kMaxExpan… allow; what came out until then was swept
  decoder_crashed,  // a decoder died over it, in its sandbox; what came out until then was swept
  timeout,  // a decoder took longer than limits::kDecoder… allow, what came out until then was swept; or a read
};
inline constexpr std::size_t kExceptionReasons = 15;
[[nodiscard]] constexpr Reason to_reason(ExceptionReason r) {
  return static_cast<Reason>(static_cast<std::uint8_t>(Reason::unreadable) + static_cast<std::uint8_t>(r));
}
[[nodiscard]] constexpr std::string_view to_string(ExceptionReason r) { return to_string(to_reason(r)); }

struct Exception {
  ExceptionReason reason = ExceptionReason::unreadable;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  // bytes not examined; 0 where the object has none
  friend auto operator<=>(const Exception&, const Exception&) = default;
};

// What an object is, by its first bytes and its name. Coarse on purpose: it is what the census counts by.
enum class Kind : std::uint8_t {
  empty,
  zero,
  text,
  log,
  source,
  markup,
  mail,
  mailbox,
  document,
  spreadsheet,
  archive,
  image,
  audio,
  video,
  database,
  sql_dump,
  executable,
  disk_image,
  encrypted,
  key,
  binary,
  residue,       // bytes that no file owns, of an image in which nothing was recognised
  unallocated,   // … that a file system holds free
  slack,         // … behind the end of a file, in the blocks that it occupies
  gap,           // … between volumes
  metadata,      // … in which a volume system or a file system keeps its books; journals too
  volume_slack,  // … of a volume, behind the end of its file system
  unknown,
};
[[nodiscard]] constexpr bool is_residue(Kind kind) { return kind >= Kind::residue && kind <= Kind::volume_slack; }
inline constexpr std::array<std::string_view, 28> kKindNames = {
    "empty",    "zero",        "text",        "log",        "source",    "markup",       "mail",
    "mailbox",  "document",    "spreadsheet", "archive",    "image",     "audio",        "video",
    "database", "sql_dump",    "executable",  "disk_image", "encrypted", "key",          "binary",
    "residue",  "unallocated", "slack",       "gap",        "metadata",  "volume_slack", "unknown"};
[[nodiscard]] constexpr std::string_view to_string(Kind k) { return kKindNames[static_cast<std::size_t>(k)]; }

// Formats that are taken apart. Finer than Kind, which the census counts by.
enum class Format : std::uint8_t {
  none,
  // one stream in another; the part is named as the stream says, or has the container's name without its ending
  gzip,
  bzip2,
  xz,
  lzma,
  lzip,
  zstd,
  lz4,
  lzop,
  compress,
  snappy,        // framed
  zlib,          // by itself, or in a film of Flash
  zlib_streams,  // amid other bytes: revisions of Subversion and Mercurial
  brotli,        // told by its name
  http,          // a response as it went over the wire
  // archives
  zip,
  tar,
  other_archive,  // what libarchive tells apart: 7z, rar, cab, cpio, ar, iso 9660, xar, lha, rpm, deb …
  android_backup,
  unopened,  // packed, and nothing here opens it
  git_pack,
  warc,
  squashfs,
  self_extracting,  // a program; there may be an archive behind it
  embedded,         // anything; something packed stands in it
  // mail
  mail,
  mailbox,
  dbox,      // of dovecot
  outlook,   // PST, OST
  tnef,      // winmail.dat
  cms,       // what was signed, in its signature: smime.p7m
  uuencode,  // a text with files in it: uuencode, its base64, yEnc
  // documents
  ooxml,  // a zip; has views and members
  open_document,
  epub,
  ole,  // .doc, .xls, .ppt, .msg
  rtf,
  html,
  xml,
  pdf,
  folded,  // vCard, iCalendar, LDIF: texts with long lines in pieces
  // text that is not UTF-8
  charset,
  // databases and logs
  sqlite,
  sqlite_log,  // pages before or after a change: a rollback journal, a write-ahead log
  journal,
  postgres_dump,  // pg_dump's custom format
  postgres_heap,  // a table or an index of its server
  redis,
  wired_tiger,   // of MongoDB
  sorted_table,  // of LevelDB and RocksDB
  // pictures
  png,  // has packed texts, maybe; and what stands behind it
};
// Of which the views have a line for each row, whose raw bytes do not show where one begins or ends.
[[nodiscard]] constexpr bool holds_rows(Format f) {
  return f == Format::sqlite || f == Format::sqlite_log || f == Format::journal || f == Format::postgres_heap ||
         f == Format::redis || f == Format::wired_tiger || f == Format::sorted_table;
}

// What happened to the bytes of an object. The sum is the object's size.
struct Coverage {
  std::uint64_t swept = 0;       // matched
  std::uint64_t zero = 0;        // zeros, in whole blocks of limits::kZeroBlock; a hole counts here
  std::uint64_t unreadable = 0;  // see the exceptions
  [[nodiscard]] std::uint64_t total() const { return swept + zero + unreadable; }
  Coverage& operator+=(const Coverage& o) {
    swept += o.swept;
    zero += o.zero;
    unreadable += o.unreadable;
    return *this;
  }
  friend bool operator==(const Coverage&, const Coverage&) = default;
};

struct Digests {
  std::optional<std::array<std::uint8_t, 16>> md5;
  std::optional<std::array<std::uint8_t, 20>> sha1;
  std::optional<std::array<std::uint8_t, 32>> sha256;
};

// A component of a locator's path or member name that holds a third party's private data: the sealer writes a
// pseudonym in its place. `component` counts the parts between '/' in that step, from 0.
struct PrivateName {
  std::uint32_t step = 0;
  std::uint32_t component = 0;
  friend auto operator<=>(const PrivateName&, const PrivateName&) = default;
};

// The same in one of the other paths of the same file: the path is object.links[link].
struct PrivateLink {
  std::uint32_t link = 0;
  std::uint32_t component = 0;
  friend auto operator<=>(const PrivateLink&, const PrivateLink&) = default;
};

struct Facts {
  std::uint64_t size = 0;                // bytes
  std::optional<std::int64_t> modified;  // seconds since 1970, UTC
  std::optional<std::int64_t> sent;
  Kind kind = Kind::unknown;          // unpack
  bool is_text = false;               // unpack: lines mean something; unit = "record" uses them
  Format format = Format::none;       // unpack: as what it is taken apart
  Digests digests;                    // hash
  bool known = false;                 // hash: in a set of [known]
  std::vector<Hit> hits;              // match: sorted, no duplicates
  std::vector<Exception> exceptions;  // sorted by offset
  Coverage coverage;
  // the scrutiny:
  bool scrutinised = false;
  std::vector<Extent> records;             // the record extents around the hits; sorted, merged
  std::vector<Extent> undelimited;         // lines among them that were cut where no record may reach farther; sorted
  std::vector<Finding> findings;           // third parties' only; sorted
  std::vector<Extent> unseen;              // raw bytes in which something is packed that nobody could read; sorted
  std::vector<PrivateName> private_names;  // parts of the locator that name a third party; sorted
  std::vector<PrivateLink> private_links;  // … and of the other paths; sorted
  std::uint64_t examined_links = 0;        // so many of the other paths were looked at, the first ones
};

// What was decided about one object, and why.
struct Decision {
  Disposition disposition = Disposition::not_relevant;
  Reason reason = Reason::no_rule;
  std::optional<std::uint32_t> rule;  // index into Scope::rules
  std::vector<Extent> extents;        // the relevant ones (redact: those that may be shown); sorted, merged
};

}  // namespace ambit
