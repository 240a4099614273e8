// Every bound in the program, each with its reason; of what takes objects apart in limits_unpack.h.
//
// Evidence is hostile: a size, an offset, a name or a count read from it is an attack until it was checked
// against one of these. Reaching a bound is an exception row, never a silent cut. Bounds that an order may set
// say so; the order can only move them between the floor and the ceiling given here.
#pragma once

#include <chrono>
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
// Seconds that a file system on a network may say nothing before the worker goes on without ([limits] read_seconds); a
// server that restarts needs two minutes. What does not come is lost in pieces of kLostBytes, a page and what is read
// ahead with it, and each costs those seconds …
inline constexpr std::uint64_t kReadSeconds = 120;
inline constexpr std::uint64_t kMaxReadSeconds = 24 * 3600;
inline constexpr std::size_t kLostBytes = 128 * KiB;
// … until so many calls have not come back: the exhibit has gone, and half an hour was waited for it.
inline constexpr std::size_t kMaxCallsLeftBehind = 16;
// Of the files of an exhibit, so much of begin and end is held against what it was when the run began: what
// partitioning, formatting and growing change.
inline constexpr std::size_t kConditionBytes = 64 * KiB;
// Zero bytes are accounted in blocks of this size on the object's own grid (a file system block).
inline constexpr std::size_t kZeroBlock = 4 * KiB;
// A run of zeros at least this long is not handed to the matcher.
inline constexpr std::size_t kZeroRun = 32 * KiB;

// --- checkpoints -------------------------------------------------------------------------------------------
// Between two looks at a disk that is full.
inline constexpr std::chrono::seconds kWaitForSpace{1};

// --- volumes of archives -----------------------------------------------------------------------------------
// The names and places of an image's volumes, until it is known which belong together: some 40,000; and of as many
// files that may be volumes or whole archives. Beyond that they are not joined.
inline constexpr std::uint64_t kVolumeSetBytes = 16 * MiB;
// Of one folder of an exhibit, by name: with so many more its volumes are not joined.
inline constexpr std::size_t kMaxFolderVolumes = 65'536;
// Of an image, a file that may be the part of a disk by the letters of its ending only (.ab, .EAB): smaller ones are
// somebody's sources. A last part may be smaller; then the disk that was joined says that it ends too early.
inline constexpr std::uint64_t kLeastImagePart = 64 * KiB;

// --- residue -----------------------------------------------------------------------------------------------
// Residue has no files. What is caught in it is a piece: the cells of this grid that hold hits, joined where
// they touch. 64 KiB is the widest near() allows, so neighbours in the sense of a rule share a piece.
inline constexpr std::uint64_t kResidueCell = 64 * KiB;
// What is packed in residue is looked for at the beginnings of sectors: no file system in use has smaller blocks.
inline constexpr std::uint64_t kCarveStep = 512;
// Beginnings in one run of residue: a disk of 8 TB full of deleted archives of 4 MB. They are held until the run was
// swept, eight bytes each.
inline constexpr std::size_t kMaxCarveStarts = 2'000'000;
// How far from the beginning of a zip its directory is looked for; where there is none it is read without.
inline constexpr std::uint64_t kMaxCarvedZip = 4 * GiB;
// Of a document, or a zip, whose end is not there: what most of them have.
inline constexpr std::uint64_t kMaxCarvedWithoutEnd = 64 * MiB;
// What is decoded of a compressed stream to find its end, before it is taken apart: a second, at most.
inline constexpr std::uint64_t kMaxCarvedDecode = 256 * MiB;
// Beginnings in one stripe (kSpanBytes) of one run; in so many files an average one has 16 KiB.
inline constexpr std::size_t kMaxCarveStartsOfSpan = 4096;

// --- hits --------------------------------------------------------------------------------------------------
// Hits kept per identifier and per object (the first ones by offset), then in all. Beyond: exception
// `hits_limit`. 100,000 lines of a log are more than anyone reads; a million hits are 24 MB in memory.
inline constexpr std::uint32_t kMaxHitsPerIdentifier = 100'000;
inline constexpr std::uint32_t kMaxHitsPerObject = 1'000'000;
// Findings kept per object in the scrutiny. Beyond: the object counts as private all through.
inline constexpr std::uint32_t kMaxFindingsPerObject = 1'000'000;
// … that count as private, where no rule of the order reaches less than a whole object: one withholds it as surely as a
// million, and the scrutiny of a log in which every line is private need not go on. More than a page's worth.
inline constexpr std::uint32_t kEnoughFindingsPerObject = 1'000;
// Places told apart of what is packed in an object, where something private or unread stands. Beyond: all of it is one.
inline constexpr std::size_t kMaxPackedPlaces = 100'000;
// Exceptions kept one by one per object; further ones only widen the last.
inline constexpr std::uint32_t kMaxExceptionsPerObject = 1'000;

// Cells of the full census that count fewer private values are not told: they could be one person's.
inline constexpr std::uint64_t kLeastPrivateCell = 10;
// Places in an object, or in a stripe of a disk, at which something packed may begin amid other bytes. A disk full of
// small archives, of which each member begins so, has as many every 250 bytes; they are held while it is swept.
inline constexpr std::size_t kMaxMarks = 262'144;

// --- extents -----------------------------------------------------------------------------------------------
// unit = "record" in text: the record or the line around a hit, at most this many bytes to either side.
inline constexpr std::uint64_t kMaxRecordBytes = 64 * KiB;
// Objects in objects of JSON that are followed; deeper ones are lines. Databases that write JSON stop at 100.
inline constexpr std::size_t kMaxRecordDepth = 256;
// Scalars of an object that is one record though no list holds it; with more it is a map of others. Tables of persons
// have some dozens of columns.
inline constexpr std::size_t kMaxRecordMembers = 64;
// Objects within an object that are a part of it ("address": {"geo": {…}}); what is deeper is a record of its own.
inline constexpr std::uint8_t kMaxRecordHeight = 2;
// unit = "record" in binary data: this window to either side of a hit.
inline constexpr std::uint64_t kBinaryWindow = 256;
// Straight pieces in which the relevant extents of one item lie in the image, told one by one so that anybody can cut
// them out. An extent with which there would be more has none told: nobody pastes a thousand commands, and their rows
// would be most of the index.
inline constexpr std::size_t kMaxPlaces = 1'000;

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
inline constexpr std::size_t kMinRoleDigits = 5;   // of a number in [privacy] role_accounts: shorter ones are anybody's
inline constexpr std::size_t kMaxNameBytes = 256;  // of an identifier or a rule; people read them in tables

// --- sets of hashes ----------------------------------------------------------------------------------------
// Digests of one kind in a set: fences are numbers of 32 bits. All that NIST ever published are a tenth of it.
inline constexpr std::uint64_t kMaxHashSetDigests = 0xffff'ffff;
// Fences of a set: 2^26 are 256 MiB, and 64 digests between two of them where a set is full: as many as in any.
inline constexpr std::uint64_t kMaxFenceBits = 26;
// Sizes of files above 16 MiB that a set lists; with more, every such size is taken to be in it. 32 MiB in memory.
inline constexpr std::size_t kMaxLargeSizes = 4 * MiB;
// Probes of a Bloom filter for one value: 64 are wrong once in 2^64.
inline constexpr std::uint64_t kMaxFilterHashes = 64;
// Memory for the sorting of a set that an order names as it was published; what does not fit goes to a file.
inline constexpr std::uint64_t kHashSetBytes = 256 * MiB;
// … and in `ambit hashset build`, and the least that it works in.
inline constexpr std::uint64_t kHashSetBuildBytes = 1 * GiB;
inline constexpr std::uint64_t kMinHashSetBuildBytes = 16 * MiB;
// A set whose source is at most this large is built in memory; a larger one in a file without a name.
inline constexpr std::uint64_t kSmallHashSource = 64 * MiB;
// One text of a statement of SQL: a path with every byte doubled. Beyond, the file is none of the NSRL's.
inline constexpr std::size_t kMaxSqlTextBytes = 256 * KiB;

// --- walking -----------------------------------------------------------------------------------------------
inline constexpr std::size_t kMaxPathDepth = 1000;      // nested folders; each costs an open file
inline constexpr std::size_t kMaxPathBytes = 64 * KiB;  // a locator's path; 16 times PATH_MAX
inline constexpr std::size_t kMaxSplitParts = 100'000;  // image.00001 … image.99999

// Objects and areas that may claim the same byte. Reflinks share blocks among a few copies; more is nonsense, or an
// attack on the number of hits.
inline constexpr std::size_t kMaxClaimsPerByte = 64;
// Fragments of one file. A file of 8 TiB in fragments of 8 MiB; each costs 24 bytes.
inline constexpr std::size_t kMaxRunsPerObject = 1'000'000;
// --- images ------------------------------------------------------------------------------------------------
// Readers of one image that keep their buffers between reads; more at once are served with buffers of their own.
inline constexpr std::size_t kImageReaders = 64;
// Blocks of packed images that stay unpacked for who asks next, of all images of a run; where the budget is small, this
// part of it. From an E01 with many archives 8 MiB save a third of the inflating, 32 a little more.
inline constexpr std::size_t kBlockCacheBytes = 32 * MiB;
inline constexpr std::uint64_t kBlockCachePart = 16;
// A table of an image (where its blocks are) is read in pages of this size, so many to a reader: 64 KiB.
inline constexpr std::size_t kTablePageBytes = 4 * KiB;
inline constexpr std::size_t kTablePages = 16;
// Blocks looked up in one question for a run: a run that is longer comes in parts.
inline constexpr std::size_t kMaxRunBlocks = 4096;
// An image cannot unpack to more than so many times its own bytes: deflate makes at most 1032 of one, a lost part
// may have held the rest. Beyond, its declared size would keep the sweep busy with nothing for days.
inline constexpr std::uint64_t kMaxImageRatio = 64 * KiB;
// Largest packed block of any image: an EWF chunk of 32,768 sectors of 2,048 bytes.
inline constexpr std::uint64_t kMaxImageBlock = 64 * MiB;
// Dictionary of such a block in xz: that of the highest level, for which its decoder asks 65 MiB.
inline constexpr std::uint64_t kMaxBlockDictionary = 128 * MiB;
// The list of a DMG's blocks, as XML: some 55 characters for each mebibyte of the disk, this for one of 300 GB.
inline constexpr std::uint64_t kMaxUdifList = 16 * MiB;
// An image that only its end tells is looked for in files of this size on: the smallest disk of a few files.
inline constexpr std::uint64_t kLeastImageByEnd = 4 * KiB;
// Marks of file systems behind the first 4 KiB (btrfs, UDF, ZFS, JFS …) are looked for in files of this size on, with
// one read of them. Those file systems have 350 KiB at least; most files are smaller.
inline constexpr std::uint64_t kLeastImageByMarks = 64 * KiB;
// Packed bytes of an EWF image read at once: the chunks of a mebibyte lie beside each other.
inline constexpr std::size_t kEwfWindowBytes = 1 * MiB;
// Chunk tables of an EWF image. 8 TiB in chunks of 32 KiB take 16,384; one of them costs 64 bytes.
inline constexpr std::size_t kMaxEwfTables = 1'000'000;
// Sections of an EWF segment. Three for each table, and the smallest is 76 bytes long.
inline constexpr std::size_t kMaxEwfSections = 4'000'000;
// Open files that a process may have on every Linux; beyond, an image in parts asks for more.
inline constexpr std::size_t kUsualOpenFiles = 512;
// The text of a VMDK: 2 TB in parts of 2 GB are a thousand lines of sixty bytes.
inline constexpr std::uint64_t kMaxVmdkText = 1 * MiB;
inline constexpr std::size_t kMaxVmdkExtents = 10'000;
// Blocks of a VHD or VHDX: 2 MiB as a rule, 256 MiB at most by the format.
inline constexpr std::uint64_t kMaxVhdBlock = 256 * MiB;
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
// --- ext file systems --------------------------------------------------------------------------------------
// Fewest blocks of a group (mke2fs makes none below 256) and most groups: 512 TiB of groups of 128 MiB. Each group
// costs 32 bytes.
inline constexpr std::uint32_t kMinExtGroupBlocks = 256;
inline constexpr std::uint64_t kMaxExtGroups = 4 * MiB;
// Names held until the inodes that they belong to come by, 12 bytes each and their letters; the files beyond keep
// their inode number as name. Four times the inodes of the largest server we know.
inline constexpr std::size_t kMaxExtNames = 64 * MiB;
inline constexpr std::uint64_t kMaxExtNameBytes = 2 * GiB;
// Names of deleted files, and pieces of the disk that deleted files claim: some 30 and 80 MB. Beyond: residue.
inline constexpr std::size_t kMaxExtDeletedNames = 1'000'000;
inline constexpr std::size_t kMaxExtDeletedPieces = 1'000'000;
// Straight pieces of one file: 16 TiB in pieces of 4 MiB, 100 MB in memory.
inline constexpr std::size_t kMaxFileRuns = 4 * MiB;
// All the paths of one inode; 65,000 links of a thousand bytes.
inline constexpr std::uint64_t kMaxLinkBytes = 64 * MiB;
// One extended attribute: Linux allows no longer one. And all of a file system, because a block of them may be shared.
inline constexpr std::uint64_t kMaxAttributeBytes = 64 * KiB;
inline constexpr std::uint64_t kMaxAttributes = 16 * MiB;
// --- XFS ---------------------------------------------------------------------------------------------------
inline constexpr std::uint32_t kXfsMinGroupBlocks = 64;  // the kernel's own least
inline constexpr std::uint32_t kXfsMaxTreeLevels = 16;   // the kernel's trees have at most 10
// Blocks of an inode (index of extents, names, attributes) may be read so often, all together: the size of the
// volume times this. An honest one needs twice the metadata; inodes made to share theirs would take for ever.
inline constexpr std::uint64_t kXfsOwnedReads = 4;
// Extents of one file. Four million are a 16 TiB file in pieces of 4 MiB, and 128 MiB in memory.
inline constexpr std::uint64_t kXfsMaxExtents = 4'000'000;
// Names kept, 16 bytes each and their letters. What has no name any more is listed by its inode.
inline constexpr std::size_t kXfsMaxNames = 100'000'000;
inline constexpr std::uint64_t kXfsMaxNameBytes = 2 * GiB;
// Blocks of names noted before they are read in order of place, 16 bytes each: 32 GiB of blocks of 4 KiB.
inline constexpr std::size_t kXfsMaxNameBlocks = 8'000'000;
// Free extents kept to tell which deleted files are whole, 8 bytes each. Beyond: none of that group.
inline constexpr std::size_t kXfsMaxFreeExtents = 8'000'000;
// Metadata is read in such pieces, across gaps that a disk reads faster than it seeks.
inline constexpr std::uint64_t kXfsWindowBytes = 2 * MiB;
inline constexpr std::uint64_t kXfsGapBytes = 64 * KiB;
// --- NTFS, FAT, exFAT, HFS+, ISO 9660, UFS -------------------------------------------------------------------
// Folders of one volume, and the bytes of their names: what a walk keeps in memory to spell paths. A full volume of
// a file server has some hundred thousand; 64 MiB hold a million names of 64 bytes. Beyond: a file stands under
// $OrphanFiles, or its folder is not entered; its bytes are swept all the same.
inline constexpr std::size_t kMaxFolders = 1'000'000;
inline constexpr std::size_t kMaxFolderNameBytes = 64 * MiB;
// Runs of one file: 24 MB in memory. A file in more pieces than this is damaged, and read as far as they go.
inline constexpr std::size_t kMaxRunsPerFile = 1'000'000;
// Ranges that are remembered as taken (by deleted files, by folders): 64 MB in memory. Beyond: not recovered.
inline constexpr std::size_t kMaxClaims = 1'000'000;
// No cluster belongs to two files; a volume whose files claim more than this many times its clusters lies. It also
// bounds how often free space is looked at for deleted files.
inline constexpr std::uint64_t kMaxTimesOverClaimed = 4;
// Bytes of a file. The largest of NTFS with clusters of 64 KiB; what says more is damaged, and cut there.
inline constexpr std::uint64_t kMaxFileBytes = 256 * 1024 * GiB;
// Bytes of an NTFS attribute list; Windows writes 256 KiB at most.
inline constexpr std::uint64_t kMaxAttributeListBytes = 1 * MiB;
// Bytes that say where a link leads, or of an attribute kept in memory. Windows stores 16 KiB at most.
inline constexpr std::uint64_t kMaxLinkTargetBytes = 64 * KiB;
// Names in all that libtsk may list of one volume, and names of one folder: it keeps both in memory.
inline constexpr std::size_t kMaxListedNames = 4'000'000;

// An image in a file system in an image …: each level is swept like an exhibit of its own.
inline constexpr std::ptrdiff_t kMaxImageDepth = 4;

// --- watching ----------------------------------------------------------------------------------------------
// No byte for so long is told as a stall. A disk that tries a bad sector again is silent for a minute, a decoder may be
// for kDecoderSeconds.
inline constexpr double kStallSeconds = 300;
inline constexpr std::uint64_t kMaxStatusBytes = 1 * MiB;  // of status.json; 40 bytes an exhibit
// Exhibits named one by one on the screen and in the metrics; a run has some dozens.
inline constexpr std::size_t kMaxShownExhibits = 1'000;

// --- memory ------------------------------------------------------------------------------------------------
inline constexpr std::uint64_t kDefaultMemory = 448 * MiB;  // --memory; leaves the peak below 512 MiB
// A run may be so much larger than its budget: what the allocator holds back, and libraries beyond our say.
inline constexpr std::uint64_t kMemoryBeyondBudget = 64 * MiB;
// Code, libraries and heap of a run that has not begun: measured at some 30 MiB.
inline constexpr std::uint64_t kProgramBytes = 40 * MiB;
// One worker beside its chunk: Hyperscan's scratch, the ledger's buffers, hits that wait for their object.
inline constexpr std::uint64_t kWorkerBytes = 4 * MiB;
// Least that the recorder works with: a sort with sixteen runs of a quarter of a mebibyte, and SQLite's cache.
inline constexpr std::uint64_t kMinRecordBytes = 16 * MiB;
// Fingerprints of four million contents. More would not find many more duplicates on the servers we know.
inline constexpr std::uint64_t kMaxSeenBytes = 64 * MiB;

}  // namespace ambit::limits
