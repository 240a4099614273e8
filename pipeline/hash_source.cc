#include "pipeline/hash_source.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>

#include "pipeline/limits.h"

namespace ambit {
namespace {

// The first bytes of a file, enough to tell what it is.
struct Head {
  std::array<char, 64> bytes{};
  std::size_t count = 0;
  std::uint64_t file_bytes = 0;
  [[nodiscard]] std::string_view text() const { return {bytes.data(), count}; }
  [[nodiscard]] std::span<const std::uint8_t> raw() const {
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), count};
  }
};

Error unreadable_source(const std::string& path, const std::string& why) {
  return Error{ErrorKind::io, "cannot read the hash list: " + why, path,
               "check the path; in an order it is relative to the folder of the order file"};
}

Result<File> open_source(const std::string& path, Head& head) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return unreadable_source(path, "it is a folder");
  errno = 0;
  Result<File> file = File::open(path);
  struct stat info {};
  if (!file || ::fstat(file->fd(), &info) != 0) return unreadable_source(path, std::strerror(errno != 0 ? errno : EIO));
  if (!S_ISREG(info.st_mode)) return unreadable_source(path, "it is not a file");
  head.file_bytes = static_cast<std::uint64_t>(info.st_size);
  head.count = static_cast<std::size_t>(std::min<std::uint64_t>(head.bytes.size(), head.file_bytes));
  if (Result<> read = file->read_at(0, head.bytes.data(), head.count); !read) return std::move(read).error();
  return file;
}

Result<HashRows> read_list(const std::string& path, const TakeHashRow& take) {
  if (Result<> done = read_hash_list(path, take); !done) return std::move(done).error();
  return HashRows{"hash list", 0};
}

// Told by the first bytes; whatever is none of the others is a list, or nothing.
struct RowFormat {
  bool (*begins)(std::string_view head);
  Result<HashRows> (*read)(const std::string& path, const TakeHashRow& take);
};
constexpr std::array kRowFormats = {
    RowFormat{begins_hash_database, read_hash_database}, RowFormat{begins_encase_hashes, read_encase_hashes},
    RowFormat{begins_hash_delta, read_hash_delta}, RowFormat{[](std::string_view) { return true; }, read_list}};

Result<HashSourceReport> read_set(File file, const std::string& path, std::optional<DigestKind> wanted,
                                  HashSetWriter& writer) {
  const Result<std::shared_ptr<const HashSet>> set = HashSet::open(std::move(file), path);
  if (!set) return set.error();
  HashSourceReport report{"set file", 0, 0, 0};
  for (const DigestKind kind : {DigestKind::md5, DigestKind::sha1, DigestKind::sha256}) {
    const std::uint64_t count = (*set)->count(kind);
    if (wanted && *wanted != kind) {
      report.passed_over += count;
      continue;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
      if (Result<> done = writer.add((*set)->at(kind, i)); !done) return std::move(done).error();
    }
    report.hashes += count;
  }
  return report;
}

Result<HashSourceReport> read_rows(const Head& head, const std::string& path, std::optional<DigestKind> kind,
                                   HashSetWriter& writer) {
  HashSourceReport report;
  const auto take = [&](const HashRow& row) -> Result<> {
    const std::optional<HashValue> digest = pick_digest(row, kind);
    ++(digest ? report.hashes : report.passed_over);
    return digest ? writer.add(*digest) : Result<>();
  };
  for (const RowFormat& format : kRowFormats) {
    if (!format.begins(head.text())) continue;
    const Result<HashRows> rows = format.read(path, take);
    if (!rows) return rows.error();
    report.format = rows->format;
    report.not_followed = rows->not_followed;
    break;
  }
  return report;
}

Result<HashSourceReport> read_opened(File file, const Head& head, const std::string& path,
                                     std::optional<DigestKind> kind, HashSetWriter& writer) {
  if (begins_hash_set(head.raw())) return read_set(std::move(file), path, kind, writer);
  if (const std::optional<BloomHeader> filter = read_bloom_header(head.raw(), head.file_bytes)) {
    if (Result<> done = writer.set_filter(file, *filter, path); !done) return std::move(done).error();
    return HashSourceReport{"Bloom filter", 0, 0, 0};
  }
  return read_rows(head, path, kind, writer);
}

// Where a set without a name is built.
Result<File> make_unnamed(std::uint64_t source_bytes, const std::string& folder) {
  if (source_bytes > limits::kSmallHashSource) return File::create_unnamed(folder);
  File file(::memfd_create("hash set", MFD_CLOEXEC));
  if (!file.is_open()) return system_error("cannot make room for a hash set", "");
  return file;
}

}  // namespace

Result<HashSourceReport> read_hash_source(const std::string& path, std::optional<DigestKind> kind,
                                          HashSetWriter& writer) {
  Head head;
  Result<File> file = open_source(path, head);
  if (!file) return std::move(file).error();
  return read_opened(std::move(*file), head, path, kind, writer);
}

Result<std::shared_ptr<const HashSet>> load_hash_set(const std::string& path) {
  Head head;
  Result<File> file = open_source(path, head);
  if (!file) return std::move(file).error();
  if (begins_hash_set(head.raw())) return HashSet::open(std::move(*file), path);

  std::error_code ignored;
  const std::string folder = std::filesystem::temp_directory_path(ignored).string();
  const auto failed = [&](Error error) {
    if (error.where.empty()) error.where = path;
    if (error.kind == ErrorKind::space) error.remedy = "build it once where there is room: ambit hashset build";
    return error;
  };
  HashSetWriter writer(folder, limits::kHashSetBytes);
  Result<HashSourceReport> read = read_opened(std::move(*file), head, path, std::nullopt, writer);
  if (!read) return failed(std::move(read).error());
  Result<File> out = make_unnamed(head.file_bytes, folder);
  if (!out) return failed(std::move(out).error());
  if (Result<> written = writer.write(*out); !written) return failed(std::move(written).error());
  return HashSet::open(std::move(*out), path);
}

}  // namespace ambit
