// Every bound in the program, each with its reason.
//
// Evidence is hostile: a size, an offset, a name or a count read from it is an attack until it was checked
// against one of these. Reaching a bound is an exception row, never a silent cut. Bounds that an order may set
// say so; the order can only move them between the floor and the ceiling given here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ambit::limits {

inline constexpr std::uint64_t KiB = 1024;
inline constexpr std::uint64_t MiB = 1024 * KiB;
inline constexpr std::uint64_t GiB = 1024 * MiB;

// --- reading -----------------------------------------------------------------------------------------------
// Bytes of one chunk's body. Large enough that a read costs few system calls, small enough to stay in L2.
inline constexpr std::size_t kChunkBytes = 1 * MiB;
inline constexpr std::size_t kMinChunkBytes = 4 * KiB;
inline constexpr std::size_t kMaxChunkBytes = 64 * MiB;
// Widest string that one identifier may match in any form. It sets the lead and the tail that every chunk
// carries, so it is paid once per chunk: 8 KiB on 1 MiB is below one per cent.
inline constexpr std::size_t kMaxPatternBytes = 4 * KiB;
// Objects larger than this are cut into spans of this many bytes, so that several workers share them. The grid
// is fixed (no option moves it): which hits an over-full object keeps depends on it.
inline constexpr std::uint64_t kSpanBytes = 64 * MiB;
// Reads slower than this come from a disk (memory gives 6 bytes a nanosecond, the fastest disks half of that) …
inline constexpr std::int64_t kMemoryBytesPerNs = 2;
// … and are helped by asking this far ahead: a disk that needs 10 ms to seek reads on for 40.
inline constexpr std::uint64_t kReadAheadBytes = 8 * MiB;
// A failed read is tried again in pieces of this size; the pieces that still fail are unreadable. The size of
// a sector of every disk made since 2010, and of a page.
inline constexpr std::size_t kRetryBytes = 4 * KiB;
// Zero bytes are accounted in blocks of this size on the object's own grid (a file system block).
inline constexpr std::size_t kZeroBlock = 4 * KiB;
// A run of zeros at least this long is not handed to the matcher.
inline constexpr std::size_t kZeroRun = 32 * KiB;

// --- residue -----------------------------------------------------------------------------------------------
// Residue has no files. What is caught in it is a piece: the cells of this grid that hold hits, joined where
// they touch. 64 KiB is the widest near() allows, so neighbours in the sense of a rule share a piece.
inline constexpr std::uint64_t kResidueCell = 64 * KiB;

// --- hits --------------------------------------------------------------------------------------------------
// Hits kept per identifier and per object (the first ones by offset), then in all. Beyond: exception
// `hits_limit`. 100,000 lines of a log are more than anyone reads; a million hits are 24 MB in memory.
inline constexpr std::uint32_t kMaxHitsPerIdentifier = 100'000;
inline constexpr std::uint32_t kMaxHitsPerObject = 1'000'000;
// Findings kept per object in the scrutiny. Beyond: the object counts as private all through.
inline constexpr std::uint32_t kMaxFindingsPerObject = 1'000'000;
// Exceptions kept one by one per object; further ones only widen the last.
inline constexpr std::uint32_t kMaxExceptionsPerObject = 1'000;

// --- extents -----------------------------------------------------------------------------------------------
// unit = "record" in text: the line around a hit, at most this many bytes to either side.
inline constexpr std::uint64_t kMaxRecordBytes = 64 * KiB;
// unit = "record" in binary data: this window to either side of a hit.
inline constexpr std::uint64_t kBinaryWindow = 256;

// --- the order ---------------------------------------------------------------------------------------------
inline constexpr std::uint64_t kMaxOrderBytes = 64 * MiB;  // a million identifiers of 60 bytes
inline constexpr std::size_t kMaxIdentifiers = 1'000'000;
inline constexpr std::size_t kMaxRules = 10'000;
inline constexpr std::size_t kMaxConditionDepth = 64;  // recursion of the rule parser
inline constexpr std::size_t kMaxLiteralChars = 256;   // twelve bytes a character in the widest form
inline constexpr std::size_t kMinLiteralChars = 3;     // letters or digits; see kMinIdeographs
inline constexpr std::size_t kMinIdeographs = 2;       // a two-character CJK name means something
inline constexpr std::size_t kMinExpressionBytes = 3;  // least width of an expression or a hex string
inline constexpr std::uint64_t kMaxNear = 64 * KiB;
inline constexpr std::size_t kMaxNameBytes = 256;  // of an identifier or a rule; people read them in tables

// --- walking -----------------------------------------------------------------------------------------------
inline constexpr std::size_t kMaxPathDepth = 1000;      // nested folders; each costs an open file
inline constexpr std::size_t kMaxPathBytes = 64 * KiB;  // a locator's path; 16 times PATH_MAX
inline constexpr std::size_t kMaxSplitParts = 100'000;  // image.00001 … image.99999

// --- volumes -----------------------------------------------------------------------------------------------
// Entries of one partition table, a chain of logical partitions included. Linux itself stops at 256.
inline constexpr std::size_t kMaxPartitions = 1'024;
inline constexpr std::uint64_t kMaxGptBytes = 128 * KiB;  // its entries where it is a GPT; eight times what is usual
// Volumes of a run, and regions looked at for one. A host of virtual machines has some hundred; beyond, bytes are gaps.
inline constexpr std::size_t kMaxVolumes = 4'096;
inline constexpr std::size_t kMaxVolumeDepth = 8;  // a table in a logical volume in a decrypted device in a mirror …
inline constexpr std::uint64_t kMaxLvmBytes = 16 * MiB;       // the text of a volume group; usual is a mebibyte
inline constexpr std::uint64_t kMaxLvmTotalBytes = 64 * MiB;  // of all physical volumes; each disk has copies
inline constexpr std::size_t kMaxLvmNodes = 300'000;          // its names and values; thousands of volumes
inline constexpr std::size_t kMaxLvmSegments = 65'536;        // pieces of all its volumes
inline constexpr std::size_t kMaxVolumePieces = 1'000'000;    // of all volumes of a run; 24 MB
inline constexpr std::size_t kMaxLvmNameBytes = 127;          // LVM's own bound
// Partitions whose first bytes are looked at to tell whether a table leads anywhere.
inline constexpr std::size_t kMaxTastedPartitions = 32;
// Rounds of the key derivation of an encrypted volume: thrice what the fastest machine chooses for two seconds.
inline constexpr std::uint32_t kMaxKeyRounds = 30'000'000;
// … or passes and memory, where it is the memory that costs: what cryptsetup chooses at most.
inline constexpr std::uint32_t kMaxKeyPasses = 100;
inline constexpr std::uint32_t kMaxKeyMemoryKiB = 1'048'576;
// All rounds of a run, a pass over a KiB counted as kRoundsPerKiB: minutes, not hours. Volumes beyond it stay closed.
inline constexpr std::uint64_t kMaxKeyWork = 2'000'000'000;
inline constexpr std::uint64_t kRoundsPerKiB = 3;
inline constexpr std::uint64_t kMaxLuksHeaderBytes = 32 * MiB;  // with all key slots; usual are 2 and 16
inline constexpr std::uint64_t kMaxKeyFileBytes = 8 * MiB;      // cryptsetup's own bound
inline constexpr std::size_t kMaxVolumeKeys = 100;              // each costs seconds on every encrypted volume

// --- memory ------------------------------------------------------------------------------------------------
inline constexpr std::uint64_t kDefaultMemory = 448 * MiB;  // --memory; leaves the peak below 512 MiB
// Code, libraries and heap of a run that has not begun: measured at some 30 MiB.
inline constexpr std::uint64_t kProgramBytes = 40 * MiB;
// One worker beside its chunk: Hyperscan's scratch, the ledger's buffers, hits that wait for their object.
inline constexpr std::uint64_t kWorkerBytes = 4 * MiB;
// Least that the recorder works with: a sort with sixteen runs of a quarter of a mebibyte, and SQLite's cache.
inline constexpr std::uint64_t kMinRecordBytes = 16 * MiB;
// Fingerprints of four million contents. More would not find many more duplicates on the servers we know.
inline constexpr std::uint64_t kMaxSeenBytes = 64 * MiB;

}  // namespace ambit::limits
