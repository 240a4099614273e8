// A volume in a file, walked to the end, with everything checked that holds for every file system: runs and areas
// inside the volume, runs in order. And what The Sleuth Kit says of the same volume.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "pipeline/byte_source.h"
#include "stages/walk/file_system.h"
#include "tests/evidence.h"

namespace ambit::test {

class FileSource final : public ByteSource {
 public:
  explicit FileSource(const std::string& path) : file_(::open(path.c_str(), O_RDONLY)) {
    size_ = static_cast<std::uint64_t>(::lseek(file_, 0, SEEK_END));
  }
  ~FileSource() override { ::close(file_); }
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    const ssize_t got = ::pread(file_, into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0) return Error{ErrorKind::io, "cannot be read", "", ""};
    return static_cast<std::size_t>(got);
  }

 private:
  int file_;
  std::uint64_t size_;
};

struct Walked : walk::EntrySink {
  explicit Walked(const ByteSource& source) : volume(source) {}
  bool entry(walk::FileEntry&& e) override {
    std::uint64_t end = 0;
    for (const Run& run : e.runs) {
      EXPECT_TRUE(run.start >= end && run.length > 0 && run.length <= e.size && run.start <= e.size - run.length);
      EXPECT_TRUE(run.place <= volume.size() && run.length <= volume.size() - run.place);
      end = run.end();
      bytes += run.length;
      if (e.state == ObjectState::deleted) deleted_bytes += run.length;
    }
    EXPECT_TRUE(e.runs.empty() || e.slack <= volume.size() - e.runs.back().place_end());
    entries.push_back(std::move(e));
    return true;
  }
  void area(Kind kind, std::uint64_t offset, std::uint64_t length) override {
    EXPECT_TRUE(length > 0 && offset <= volume.size() && length <= volume.size() - offset);
    areas[kind] += length;
    area_list.push_back({static_cast<std::uint64_t>(kind), offset, length});
  }
  [[nodiscard]] std::vector<const walk::FileEntry*> find(std::string_view path, std::string_view stream = "") const {
    std::vector<const walk::FileEntry*> found;
    for (const auto& e : entries) {
      const bool linked = std::find(e.links.begin(), e.links.end(), path) != e.links.end();
      if ((e.path == path || linked) && e.stream == stream) found.push_back(&e);
    }
    return found;
  }
  [[nodiscard]] std::string read(const walk::FileEntry& e, std::uint64_t most = 256 << 20) const;
  // Everything that is active, by path and path:stream, links too.
  [[nodiscard]] std::map<std::string, std::string> active() const;

  const ByteSource& volume;
  std::vector<walk::FileEntry> entries;
  std::map<Kind, std::uint64_t> areas;
  std::vector<Run> area_list;
  std::uint64_t bytes = 0, deleted_bytes = 0;
};

inline std::string Walked::read(const walk::FileEntry& e, std::uint64_t most) const {
  std::string out;
  if (e.content != nullptr) {
    const auto info = e.content->open();
    if (!info.ok()) return "cannot be opened";
    while (out.size() < std::min(info->size, most)) {
      const std::size_t before = out.size(), want = std::min<std::uint64_t>(info->size - before, 100'000);
      out.resize(before + want);
      const auto got = e.content->read_at(before, std::as_writable_bytes(std::span(out).subspan(before)));
      out.resize(before + (got.ok() ? *got : 0));
      if (!got.ok() || *got == 0) break;
    }
    e.content->close();
    return out;
  }
  out.resize(std::min(e.size, most));
  for (const Run& run : e.runs) {
    if (run.end() > most) break;
    EXPECT_TRUE(
        walk::read_fully(volume, run.place, std::as_writable_bytes(std::span(out).subspan(run.start, run.length)))
            .ok());
  }
  return out;
}

inline std::map<std::string, std::string> Walked::active() const {
  std::map<std::string, std::string> all;
  for (const auto& e : entries) {
    if (e.state != ObjectState::active) continue;
    const std::string stream = e.stream.empty() ? "" : ":" + e.stream, bytes_of = read(e);
    EXPECT_TRUE(all.emplace(e.path + stream, bytes_of).second) << "an entry came twice: " << e.path;
    for (const auto& link : e.links) EXPECT_TRUE(all.emplace(link + stream, bytes_of).second);
  }
  return all;
}

// What `fls` lists as allocated files, and what `icat` reads of them; of many, of each so-manieth (kUnread: the
// others).
inline const std::string kUnread = "not read";
inline std::map<std::string, std::string> as_sleuthkit_sees(const std::string& image) {
  std::map<std::string, std::string> all;
  std::map<std::string, std::string> inodes;
  const std::string listed = run({"fls", "-rpu", image}).out;
  for (std::size_t at = 0; at < listed.size();) {
    const std::size_t end = std::min(listed.find('\n', at), listed.size());
    const std::string line = listed.substr(at, end - at);
    at = end + 1;
    const std::size_t tab = line.find(":\t"), space = line.find(' ');
    if (tab == std::string::npos || line[0] == 'd' || line[0] == 'v' || line[0] == 'V' || line.find('*') < tab)
      continue;
    const std::string name = line.substr(tab + 2), inode = line.substr(space + 1, tab - space - 1);
    if (name[0] == '$' || name.find("(Volume Label Entry)") != std::string::npos) continue;
    inodes[name] = inode;
  }
  const std::size_t step = inodes.size() / 16 + 1;  // a call of icat is dear
  std::size_t i = 0;
  for (const auto& [name, inode] : inodes) all[name] = i++ % step == 0 ? run({"icat", image, inode}).out : kUnread;
  return all;
}

}  // namespace ambit::test
