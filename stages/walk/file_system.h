// A file system: what it holds, as one walk front to back. What file_systems.cc chooses from; one file per kind.
//
// A walk pushes what it finds into an EntrySink, in an order that follows from the volume's bytes alone. Places and
// offsets count bytes of the volume. Whatever neither an entry nor an area claims is unallocated; so a walk that
// misses something loses a name, never a byte.
//
// Everything read from the volume is hostile: a run that leaves the volume, a folder inside itself, a length that
// overflows. What cannot be used is an entry with a WalkTrouble (never a silent omission), and the walk goes on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/byte_source.h"
#include "pipeline/facts.h"
#include "pipeline/object.h"
#include "pipeline/result.h"

namespace ambit::walk {

// One object as its file system describes it: a file, a symbolic link, a named stream. Folders are no entries; the
// blocks that hold their names are areas of kind metadata.
struct FileEntry {
  std::string path;                         // below the root, '/' between names, no leading '/'; bytes as they stand
  std::string stream;                       // named stream (NTFS) or extended attribute ("user.comment"); else empty
  std::vector<std::string> links;           // the other paths of the same inode, sorted; `path` is the first of all
  ObjectState state = ObjectState::active;  // or deleted
  std::uint64_t inode = 0;
  std::uint64_t size = 0;                // bytes as the file system declares them
  std::optional<std::int64_t> modified;  // seconds since 1970, UTC
  // Where the bytes lie, by start, neighbours in the volume joined into one run, nothing beyond `size`. What is
  // between the runs is a hole: zeros.
  std::vector<Run> runs;
  // Bytes right behind the last run that the file occupies beyond its end (the rest of its last block).
  std::uint64_t slack = 0;
  // Set where the bytes do not lie in runs: compressed, encrypted by the file system, resident in metadata, the
  // target of a link. `runs` is empty then, and what the bytes are made from is an area. Must be usable while the
  // FileSystem lives, by one worker at a time, from any thread.
  std::unique_ptr<Content> content;
  WalkTrouble trouble = WalkTrouble::none;
};

class EntrySink {
 public:
  virtual ~EntrySink() = default;
  // False: the run is being ended, return soon.
  [[nodiscard]] virtual bool entry(FileEntry&& entry) = 0;
  // Bytes of the volume that no file owns, by kind: metadata, slack (preallocated blocks beyond a file's end), …
  virtual void area(Kind kind, std::uint64_t offset, std::uint64_t length) = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  [[nodiscard]] virtual std::string_view type() const = 0;  // as people call it: "ext4", "NTFS", "FAT32"
  [[nodiscard]] virtual std::uint64_t block_bytes() const = 0;
  // Why its journal holds what the walk does not see, in a few words; empty: it does not.
  [[nodiscard]] virtual std::string_view journal() const { return {}; }
  // Bytes from the beginning of the volume that the file system governs; what follows is volume slack.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // As many as it says that it governs: more where the volume ends before it does.
  [[nodiscard]] virtual std::uint64_t declared_size() const { return size(); }
  // Error: what kept the walk from being complete (evidence); what was found until then counts.
  [[nodiscard]] virtual Result<> walk(EntrySink& sink) const = 0;
};

inline constexpr std::string_view kNotPlayedBack = "journal not played back";

// Each looks at the volume's first bytes: null where it is not theirs; an Error of kind evidence where it is but is
// damaged beyond use or is not supported. `volume` outlives the file system.
using OpenedFileSystem = Result<std::unique_ptr<FileSystem>>;
[[nodiscard]] OpenedFileSystem open_ext(const ByteSource& volume);       // ext2, ext3, ext4
[[nodiscard]] OpenedFileSystem open_xfs(const ByteSource& volume);       //
[[nodiscard]] OpenedFileSystem open_with_tsk(const ByteSource& volume);  // NTFS, FAT, exFAT, HFS+, ISO 9660, UFS

// The target of a symbolic link, an attribute in an inode: few bytes that are at hand.
[[nodiscard]] std::unique_ptr<Content> bytes_content(std::string bytes, std::optional<std::int64_t> modified);

// Reads all of `into` or says that it cannot; a read beyond the end is an Error of kind evidence.
[[nodiscard]] Result<> read_fully(const ByteSource& source, std::uint64_t offset, std::span<std::byte> into);

}  // namespace ambit::walk
