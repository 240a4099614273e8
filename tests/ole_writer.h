// Makes OLE compound files from named streams, as MS-CFB says and no shorter: FAT, DIFAT, mini stream, directory.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ambit::test {

// The numbers that formats are made of, least byte first.
[[nodiscard]] std::string little(std::uint64_t value, std::size_t width);

class OleWriter {
 public:
  // A stream by its path from the root, parted by '/'; the storages before it come into being.
  OleWriter& add(const std::string& path, std::string bytes);
  // Version 3 has sectors of 512 bytes, version 4 of 4096.
  OleWriter& version(int version) {
    version_ = version;
    return *this;
  }
  // The sectors of all streams are dealt out in turn, so that none stands in one piece.
  OleWriter& scattered() {
    is_scattered_ = true;
    return *this;
  }
  [[nodiscard]] std::string bytes() const;

  // Where things stand in what bytes() gives: of the directory the first byte; of the first FAT sector likewise.
  [[nodiscard]] static std::size_t directory_place(const std::string& bytes);
  [[nodiscard]] static std::size_t fat_place(const std::string& bytes);

 private:
  struct Entry {
    std::string name;
    bool is_storage = true;
    std::string bytes;
    std::vector<std::size_t> children;
  };
  std::size_t storage(const std::string& path);

  int version_ = 3;
  bool is_scattered_ = false;
  std::vector<Entry> entries_ = {{"Root Entry", true, {}, {}}};
  std::map<std::string, std::size_t> storages_ = {{"", 0}};
};

}  // namespace ambit::test
