#include "stages/walk/ntfs/ntfs.h"

#include <algorithm>

#include "stages/walk/ntfs/files.h"
#include "stages/walk/ntfs/log.h"

namespace ambit::walk {
namespace ntfs {
namespace {

class Ntfs final : public FileSystem {
 public:
  Ntfs(const ByteSource& volume, const Geometry& geometry)
      : volume_(volume), geometry_(geometry), is_closed_(was_closed(volume, geometry)) {}

  std::string_view type() const override { return "NTFS"; }
  std::uint64_t block_bytes() const override { return geometry_.cluster_bytes; }
  std::string_view journal() const override { return is_closed_ ? std::string_view() : kNotPlayedBack; }
  std::uint64_t size() const override { return geometry_.bytes; }
  std::uint64_t declared_size() const override { return std::max(geometry_.bytes, geometry_.declared_bytes); }
  Result<> walk(EntrySink& sink) const override;

 private:
  const ByteSource& volume_;
  const Geometry geometry_;
  const bool is_closed_;
};

// Takes the attributes of a record apart, with those that other records hold for it.
bool take_apart(Table& table, const Record& record, const Geometry& geometry, std::vector<Attribute>& attributes) {
  bool whole = false;
  attributes = attributes_of(record.head, record.bytes, geometry.clusters, whole);
  return table.gather(record.head, attributes) && whole;
}

bool stands_alone(const Record& record) {
  return record.head.state == RecordState::good && !record.head.extends_another();
}

// False: there are more folders than may be kept.
bool read_folders(Table& table, const Geometry& geometry, Folders& folders) {
  Record record;
  std::vector<Attribute> attributes;
  bool room = true;
  for (std::uint64_t number = 0; number < table.records(); ++number) {
    if (!table.read(number, record) || !record.head.folder || !stands_alone(record)) continue;
    bool whole = false;
    attributes = attributes_of(record.head, record.bytes, geometry.clusters, whole);
    std::vector<Name> names = names_of(attributes);
    if (names.empty()) {
      static_cast<void>(table.gather(record.head, attributes));
      names = names_of(attributes);
    }
    if (!names.empty()) room &= folders.add(record.head, names.front());
  }
  return room;
}

Result<> Ntfs::walk(EntrySink& sink) const {
  const Result<std::unique_ptr<Table>> opened = Table::open(volume_, geometry_);
  if (!opened.ok()) return opened.error();
  Table& table = **opened;
  Folders folders;
  const bool room = read_folders(table, geometry_, folders);
  Files files(volume_, geometry_, table, folders, sink);
  Record record;
  std::vector<Attribute> attributes;
  std::uint64_t damaged = 0;
  for (std::uint64_t number = 0; number < table.records(); ++number) {
    if (!table.read(number, record) || record.head.state == RecordState::damaged) ++damaged;
    if (!stands_alone(record)) continue;
    const bool whole = take_apart(table, record, geometry_, attributes);
    if (!files.offer(record.head, std::move(attributes), whole)) return {};
  }
  files.table_areas();
  if (geometry_.bytes > geometry_.clusters * geometry_.cluster_bytes) {
    sink.area(Kind::metadata, geometry_.bytes - geometry_.sector_bytes, geometry_.sector_bytes);
  }
  if (damaged > 0) {
    return Error{ErrorKind::evidence, std::to_string(damaged) + " records of the master file table are damaged", "",
                 ""};
  }
  if (!room)
    return Error{ErrorKind::evidence, "more folders than can be kept; some files stand without theirs", "", ""};
  return {};
}

}  // namespace
}  // namespace ntfs

namespace {

OpenedFileSystem open_ntfs_with(const ByteSource& volume, const std::optional<ntfs::Geometry>& geometry) {
  if (!geometry) return std::unique_ptr<FileSystem>();
  return std::unique_ptr<FileSystem>(std::make_unique<ntfs::Ntfs>(volume, *geometry));
}

}  // namespace

OpenedFileSystem open_ntfs(const ByteSource& volume) { return open_ntfs_with(volume, ntfs::geometry_of(volume)); }
OpenedFileSystem open_ntfs_by_copy(const ByteSource& volume) {
  return open_ntfs_with(volume, ntfs::geometry_by_copy(volume));
}

}  // namespace ambit::walk
