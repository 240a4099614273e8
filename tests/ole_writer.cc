#include "tests/ole_writer.h"

#include <algorithm>

#include "tests/evidence.h"

namespace ambit::test {
namespace {

constexpr std::uint32_t kEnd = 0xfffffffe, kFree = 0xffffffff, kFat = 0xfffffffd, kDifat = 0xfffffffc;
constexpr std::size_t kMini = 64, kMiniStreams = 4096, kHeaderTables = 109;

std::size_t ceil_div(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

// Sectors and how they are chained.
struct Sectors {
  std::size_t sector = 512;
  std::string bytes;
  std::vector<std::uint32_t> next;

  // Chains of sectors for several streams, dealt out in turn or one after the other; the first of each.
  std::vector<std::uint32_t> append(const std::vector<std::string>& streams, bool in_turn) {
    std::vector<std::uint32_t> first(streams.size(), kEnd), last(streams.size(), kEnd);
    std::vector<std::size_t> done(streams.size());
    const auto one = [&](std::size_t i) {
      if (done[i] >= streams[i].size()) return false;
      const auto number = static_cast<std::uint32_t>(next.size());
      std::string piece = streams[i].substr(done[i], sector);
      piece.resize(sector);
      bytes += piece;
      next.push_back(kEnd);
      (last[i] == kEnd ? first[i] : next[last[i]]) = number;
      last[i] = number;
      done[i] += sector;
      return true;
    };
    for (bool any = true; any;) {
      any = false;
      for (std::size_t i = 0; i < streams.size(); ++i) {
        while (one(i)) {
          any = true;
          if (in_turn) break;
        }
      }
    }
    return first;
  }
};

std::string numbers(const std::vector<std::uint32_t>& values, std::size_t sector) {
  std::string out;
  for (const std::uint32_t value : values) out += little(value, 4);
  while (out.size() % sector != 0) out += little(kFree, 4);
  return out;
}

}  // namespace

std::string little(std::uint64_t value, std::size_t width) {
  std::string out;
  for (std::size_t i = 0; i < width; ++i) out.push_back(static_cast<char>(value >> 8 * i));
  return out;
}

std::size_t OleWriter::storage(const std::string& path) {
  const auto known = storages_.find(path);
  if (known != storages_.end()) return known->second;
  const std::size_t slash = path.rfind('/');
  const std::size_t parent = storage(slash == path.npos ? "" : path.substr(0, slash));
  const std::size_t number = entries_.size();
  entries_.push_back({path.substr(slash == path.npos ? 0 : slash + 1), true, {}, {}});
  entries_[parent].children.push_back(number);
  return storages_[path] = number;
}

OleWriter& OleWriter::add(const std::string& path, std::string bytes) {
  const std::size_t slash = path.rfind('/');
  const std::size_t parent = storage(slash == path.npos ? "" : path.substr(0, slash));
  entries_[parent].children.push_back(entries_.size());
  entries_.push_back({path.substr(slash == path.npos ? 0 : slash + 1), false, std::move(bytes), {}});
  return *this;
}

std::string OleWriter::bytes() const {
  Sectors minis{kMini, {}, {}}, sectors{version_ == 4 ? std::size_t{4096} : std::size_t{512}, {}, {}};
  const auto each = [&](bool small) {
    std::vector<std::string> out;
    for (const Entry& entry : entries_) {
      out.push_back(!entry.is_storage && (entry.bytes.size() < kMiniStreams) == small ? entry.bytes : std::string());
    }
    return out;
  };
  const std::vector<std::uint32_t> small = minis.append(each(true), is_scattered_);
  const std::vector<std::uint32_t> large = sectors.append(each(false), is_scattered_);
  const std::string mini_fat = minis.next.empty() ? std::string() : numbers(minis.next, sectors.sector);
  const std::vector<std::uint32_t> books = sectors.append({minis.bytes, mini_fat}, is_scattered_);

  std::string directory;
  std::vector<std::uint32_t> right(entries_.size(), kFree);
  for (const Entry& entry : entries_) {
    for (std::size_t i = 1; i < entry.children.size(); ++i) {
      right[entry.children[i - 1]] = static_cast<std::uint32_t>(entry.children[i]);
    }
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    std::string name = utf16le(entry.name.substr(0, 31));
    name += std::string(2, '\0');
    const std::size_t name_bytes = name.size();
    name.resize(64);
    const std::uint32_t child = entry.children.empty() ? kFree : static_cast<std::uint32_t>(entry.children[0]);
    const bool is_small = entry.bytes.size() < kMiniStreams;
    const std::uint32_t first = i == 0 ? books[0] : entry.is_storage ? 0 : is_small ? small[i] : large[i];
    const std::size_t size = i == 0 ? minis.bytes.size() : entry.bytes.size();
    directory += name + little(name_bytes, 2) +
                 little(i == 0             ? 5
                        : entry.is_storage ? 1
                                           : 2,
                        1) +
                 '\1' + little(kFree, 4) + little(right[i], 4) + little(child, 4) + std::string(36, '\0') +
                 little(first, 4) + little(size, 8);
  }
  std::string unused(128, '\0');
  for (std::size_t at = 68; at < 80; ++at) unused[at] = '\xff';
  while (directory.size() % sectors.sector != 0) directory += unused;
  const std::uint32_t first_entry = sectors.append({directory}, false)[0];

  // The FAT says of itself where it is, and so does the DIFAT.
  const std::size_t each_fat = sectors.sector / 4;
  std::size_t fats = 1, difats = 0;
  while (fats * each_fat < sectors.next.size() + fats + difats) {
    ++fats;
    difats = fats > kHeaderTables ? ceil_div(fats - kHeaderTables, each_fat - 1) : 0;
  }
  const auto first_fat = static_cast<std::uint32_t>(sectors.next.size());
  const auto first_difat = static_cast<std::uint32_t>(first_fat + fats);
  sectors.next.insert(sectors.next.end(), fats, kFat);
  sectors.next.insert(sectors.next.end(), difats, kDifat);
  std::string fat = numbers(sectors.next, sectors.sector);
  fat.resize(fats * sectors.sector, '\xff');
  std::vector<std::uint32_t> table;
  for (std::size_t i = 0; i < fats; ++i) table.push_back(static_cast<std::uint32_t>(first_fat + i));
  std::string difat;
  for (std::size_t i = 0; i < difats; ++i) {
    for (std::size_t k = 0; k + 1 < each_fat; ++k) {
      const std::size_t at = kHeaderTables + i * (each_fat - 1) + k;
      difat += little(at < table.size() ? table[at] : kFree, 4);
    }
    difat += little(i + 1 < difats ? first_difat + i + 1 : kEnd, 4);
  }

  std::string header =
      "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + std::string(16, '\0') + little(0x3e, 2) +
      little(static_cast<std::uint64_t>(version_), 2) + "\xfe\xff" + little(version_ == 4 ? 12 : 9, 2) + little(6, 2) +
      std::string(6, '\0') + little(version_ == 4 ? directory.size() / sectors.sector : 0, 4) + little(fats, 4) +
      little(first_entry, 4) + little(0, 4) + little(kMiniStreams, 4) + little(books[1], 4) +
      little(mini_fat.size() / sectors.sector, 4) + little(difats > 0 ? first_difat : kEnd, 4) + little(difats, 4);
  for (std::size_t i = 0; i < kHeaderTables; ++i) header += little(i < table.size() ? table[i] : kFree, 4);
  header.resize(sectors.sector);
  return header + sectors.bytes + fat + difat;
}

namespace {
std::size_t place_of(const std::string& bytes, std::size_t field) {
  std::uint32_t number = 0;
  for (std::size_t i = 4; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[field + i]);
  return (number + std::size_t{1}) << static_cast<unsigned char>(bytes[30]);
}
}  // namespace

std::size_t OleWriter::directory_place(const std::string& bytes) { return place_of(bytes, 48); }
std::size_t OleWriter::fat_place(const std::string& bytes) { return place_of(bytes, 76); }

}  // namespace ambit::test
