// The bounds of what takes objects apart; see limits.h.
#pragma once

#include "pipeline/limits.h"

namespace ambit::limits {

// Memory that one decoder may hold, dictionaries and tables; xz -9 needs 65 MiB, zstd --long 128 MiB.
inline constexpr std::uint64_t kUnpackBytes = 192 * MiB;
// … and in a sandbox, beyond what a process has at its start; 7z with its largest dictionaries needs most of it.
inline constexpr std::uint64_t kDecoderBytes = 512 * MiB;
// Processor time between two answers of a decoder in a sandbox, and by the clock, where the machine has others to serve
// or the decoder sleeps. The slowest honest one takes a second: a solid 7z that passes a member of 100 MB.
inline constexpr double kDecoderSeconds = 60;
inline constexpr double kDecoderWaitSeconds = 900;
// Processor time for one object, in a sandbox: a terabyte of the slowest, which is xz within 7z, takes four hours.
inline constexpr std::uint64_t kMaxDecoderSeconds = 6 * 3600;
// How far behind the end of a program the archive begins that it unpacks, at most; its resources count as behind it.
inline constexpr std::uint64_t kMaxStubBytes = 2 * MiB;
// Of a program that converts an object to text.
inline constexpr std::uint64_t kConverterBytes = 1 * GiB;
inline constexpr std::uint64_t kMaxConverterSeconds = 600;
// A PDF is held in memory while it is converted. The scanned files of a whole case have some hundred megabytes.
inline constexpr std::uint64_t kMaxPdfBytes = 512 * MiB;
// Folders in folders of an Outlook store, and messages in a message: more than a person ever made.
inline constexpr std::size_t kMaxOutlookFolderDepth = 64;
inline constexpr std::size_t kMaxOutlookMessageDepth = 8;
// Recipients or attachments of one item, properties of each. A circular to all of a large firm.
inline constexpr int kMaxOutlookSets = 100'000;
inline constexpr int kMaxOutlookEntries = 10'000;
// Entries of a dump of PostgreSQL, and of those the tables whose names are kept: the others are called by their
// numbers. A server of a hundred thousand tables has some ten entries for each.
inline constexpr std::int64_t kMaxDumpEntries = 4'000'000;
inline constexpr std::size_t kMaxDumpNames = 20'000;
// A part up to this size is unpacked whole, one that is read from its end (a zip, a document) up to kHeldPartBytes;
// each worker may hold one of each. A larger one is swept in blocks of kStreamBlock while it is unpacked.
inline constexpr std::size_t kSmallPartBytes = 4 * MiB;
inline constexpr std::size_t kHeldPartBytes = 32 * MiB;
inline constexpr std::uint64_t kStreamBlock = 1 * MiB;
// How long a block waits until its parts are known: as long as those who read archives read ahead.
inline constexpr std::size_t kBehindBytes = 512 * KiB;
// What was unpacked and waits for another worker, in all.
inline constexpr std::uint64_t kQueuedPartBytes = 32 * MiB;
// Of a large part, what is unpacked before it is asked for: as long as a block is being matched, at twice its speed.
inline constexpr std::size_t kAheadBytes = 1 * MiB;
// The text of a PDF, of an item of Outlook's, what stands in a document more than once: made in memory; beyond this it
// ends, and the object gets an exception. Other views are swept as they come.
inline constexpr std::uint64_t kMaxViewBytes = 64 * MiB;
// Containers in containers, the outermost counted.
inline constexpr std::size_t kMaxUnpackDepth = 16;
// Bytes that one object may expand to, read front to back, and all small containers in it together to as many again; a
// full disk of the largest server.
inline constexpr std::uint64_t kMaxExpandedBytes = 1024 * GiB;
// Bytes out for a byte in, beyond the first kFreeExpandedBytes: deflate ends at 1,032, so more is layered.
inline constexpr std::uint64_t kMaxExpansionRatio = 2'000;
inline constexpr std::uint64_t kFreeExpandedBytes = 1 * GiB;
// Small containers in one object are taken apart in bundles, so many at a time …
inline constexpr std::size_t kTurnsAtOnce = 64;
// … of which each may expand to this without asking the others: a log of 4 MiB, packed, to some 40.
inline constexpr std::uint64_t kTurnGrant = 64 * MiB;
// Taking one object apart, by the clock: a night's work. With kReadSeconds the one limit by which two runs may differ:
// a machine that is so slow, or an object so large, has an exception that says so.
inline constexpr std::uint64_t kMaxUnpackSeconds = 6 * 3600;
// Parts of one container.
inline constexpr std::uint64_t kMaxParts = 50'000'000;
// One line of a vCard or an LDIF, put together from its pieces: a picture in letters. The rest is another line.
inline constexpr std::size_t kMaxFoldedLine = 1 * MiB;
// Mark-up of one part of an office document. Sixteen times a view: what unpacks to more tags than that is a bomb.
inline constexpr std::uint64_t kMaxMarkupBytes = 16 * kMaxViewBytes;
// Headers of one mail or of one of its parts: a circular to 50,000 people in one To line.
inline constexpr std::size_t kMaxMailHeaderBytes = 4 * MiB;
// Headers of a response of HTTP: twice what servers send at most.
inline constexpr std::size_t kMaxHttpHeaderBytes = 64 * KiB;
// Multiparts in multiparts of one mail. Mail programs refuse more than a hundred; forwarded mails start anew.
inline constexpr std::size_t kMaxMultipartDepth = 100;
// The delimiter of a multipart: RFC 2046 allows 70 characters.
inline constexpr std::size_t kMaxBoundaryBytes = 1024;
// One row of a database: thrice this is in memory while it becomes a line of text. Longer ones are swept as they stand.
inline constexpr std::uint64_t kMaxRowBytes = 32 * MiB;
// A row of SQLite with all its values: the library's own bound. What is packed in one is read as a stream.
inline constexpr std::uint64_t kMaxSqlitePayload = 2'147'483'647;
// The header of a row, read in one piece: a length for each of the 32,767 columns that a table can have.
inline constexpr std::uint64_t kMaxSqliteHeaderBytes = 9 * 32'768;
// How one table was made, which names its columns: a thousand bytes of a usual one, and it becomes seventy times as
// much while it is understood. And of all tables of a database. Columns of what is beyond have numbers.
inline constexpr std::uint64_t kMaxSqliteTableText = 256 * KiB;
inline constexpr std::uint64_t kMaxSqliteSchemaText = 16 * MiB;
// Chunks of a picture of PNG whose headers are read: 800 MiB of the usual 8 KiB. One text in it, as it is packed: a
// thousand times the longest that programs write.
inline constexpr std::uint64_t kMaxPngChunks = 100'000;
inline constexpr std::uint64_t kMaxPngTextBytes = 8 * MiB;
// One text of a winmail.dat, packed or not: decoded and unpacked, eight times this is in memory. And the attributes of
// one: eight for each attachment, 32 bytes each.
inline constexpr std::uint64_t kMaxTnefTextBytes = 8 * MiB;
inline constexpr std::size_t kMaxTnefAttributes = 1'000'000;
// Pages of a log of SQLite among which the rest of a long row is looked for: 16 GiB of pages of 4 KiB, 96 MB in memory.
inline constexpr std::size_t kMaxSqliteLogPages = 4 * MiB;
// Bytes read for the rests of long rows, all together: the size of the log times this. Beyond, such rows are cut.
inline constexpr std::uint64_t kMaxSqliteLogReads = 16;
// One field of an entry of a systemd journal: beside its packed form and its UTF-8 it is in memory thrice. Usual are
// lines; core dumps of old systemds were larger, and stand packed in the file.
inline constexpr std::uint64_t kMaxJournalValueBytes = 16 * MiB;
// Of a journal, the bytes in which it is noted what no entry refers to: a bit for each eight, 64 MiB. The compact form
// ends at 4 GiB, and systemd begins a new file at 128 MiB.
inline constexpr std::uint64_t kMaxJournalClaims = 4 * GiB;
// One value of PostgreSQL: stored, as it was, and as text it is in memory four times. Longer ones are cut, but those
// that were not compressed stand in the file.
inline constexpr std::size_t kMaxPostgresValueBytes = 32 * MiB;
// Chunks of long values in one file, 24 bytes each: a file of a server ends at a gigabyte, and has half a million.
inline constexpr std::size_t kMaxPostgresChunks = 4 * MiB;
// One string of Redis, and what is packed in it, which is in memory beside it and as text. Its own bound is 512 MiB.
inline constexpr std::uint64_t kMaxRedisStringBytes = 32 * MiB;
// One page or block of a file of MongoDB, LevelDB or RocksDB, packed or not: a document of MongoDB ends at 16 MiB.
inline constexpr std::size_t kMaxDatabaseBlock = 32 * MiB;
// Documents in documents: MongoDB's own bound is a hundred.
inline constexpr std::size_t kMaxBsonDepth = 200;
// Bytes of one name inside a container; 16 times PATH_MAX.
inline constexpr std::size_t kMaxPartNameBytes = 64 * KiB;
// The records that a tar puts before a member; a path and the map of a sparse file, usually some hundred bytes.
inline constexpr std::uint64_t kMaxTarExtensionBytes = 8 * MiB;
// Folders of a squashfs; and its files of several names and sets of attributes that are remembered, so that each comes
// once: 40 bytes each. A whole system has some ten thousand. Beyond, folders are not entered, the others come again.
inline constexpr std::size_t kMaxSquashfsMet = 1'000'000;
// Packed bytes read from one zip, by its size: every byte once, and again where members overlap, which honest ones do
// not.
inline constexpr std::uint64_t kMaxZipReads = 2;
// Sectors of an OLE file, and of its mini stream: all that version 3 can have. Its table takes 16 MiB while the file is
// opened, and if no two sectors of a stream stand beside each other, where they are takes 64 MiB.
inline constexpr std::uint64_t kMaxOleSectors = 4 * MiB;
// Streams and storages of an OLE file, some 200 bytes each: a message to thousands has forty for each recipient.
inline constexpr std::size_t kMaxOleEntries = 200'000;
// Storages in storages: a message in a message takes two of them.
inline constexpr std::size_t kMaxOleDepth = 100;
// One text among the properties of a document or a message, and a set of them: read in one piece.
inline constexpr std::uint64_t kMaxOlePropertyBytes = 8 * MiB;
// A link in a sheet: texts of at most some thousand characters.
inline constexpr std::uint64_t kMaxOleLinkBytes = 64 * KiB;
// The packed list of modules of macros; of a large project some ten kilobytes. It may become 700 times as much.
inline constexpr std::uint64_t kMaxOleMacroListBytes = 128 * KiB;

}  // namespace ambit::limits
