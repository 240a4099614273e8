#include "stages/unpack/ole/file.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "pipeline/ascii.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/input.h"
#include "stages/unpack/ole/text.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kOleHeaderBytes = 512, kEntryBytes = 128;
constexpr std::size_t kHeaderTables = 109;                                   // of the DIFAT, in the header
constexpr std::uint32_t kMostSector = 0xfffffff9, kEndOfChain = 0xfffffffe;  // MS-CFB 2.1
constexpr std::uint64_t kUnit = 64, kMiniSector = 64, kMiniStreams = 4096;
constexpr std::uint8_t kStorage = 1, kStream = 2, kRootStorage = 5;  // MS-CFB 2.6.1
constexpr std::uint32_t kNobody = UINT32_MAX;

bool is_before(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return lower(x) < lower(y); });
}

// For each sector the next one, and which of them a chain has reached.
struct Table {
  std::vector<std::uint32_t> next;
  std::vector<bool> taken;

  // The sector behind `sector`, which is taken from now on; nothing if it was, or is none.
  std::optional<std::uint32_t> take(std::uint32_t sector) {
    if (sector >= next.size() || taken[sector]) return std::nullopt;
    taken[sector] = true;
    return next[sector];
  }
};

struct Node {
  std::uint32_t left = kNobody, right = kNobody, child = kNobody, first = kEndOfChain;
  std::uint64_t size = 0;
};

}  // namespace

// What is needed only until all chains are known.
class OleOpening {
 public:
  OleOpening(Content& content, std::uint64_t size) : file_(content), size_(size) {}

  Result<OleFile> open() {
    std::array<std::byte, kOleHeaderBytes> header{};
    const auto got = file_.content_->read_at(0, header);
    if (!got.ok()) return got.error();
    if (*got < kOleHeaderBytes || !chars(header).starts_with("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv)) {
      return evidence_error("the file has no header of a compound file");
    }
    const bool is_version4 = little16(header, 26) == 4;
    const std::uint16_t shift = little16(header, 30);
    sector_bytes_ = shift == 9 || shift == 12 ? std::uint64_t{1} << shift : is_version4 ? 4096 : 512;
    has_long_sizes_ = is_version4;
    const std::uint64_t sectors = size_ / sector_bytes_ + (size_ % sector_bytes_ != 0 ? 1 : 0);
    sectors_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(sectors - 1, limits::kMaxOleSectors));
    file_.is_damaged_ = sectors - 1 > sectors_;
    read_table(header);
    read_directory(little32(header, 48));
    if (file_.entries_.empty()) return evidence_error("the directory of a compound file cannot be read");
    build_tree();
    read_mini_table(little32(header, 60));
    follow_chains();
    return std::move(file_);
  }

 private:
  [[nodiscard]] std::uint64_t place(std::uint32_t sector) const { return (std::uint64_t{sector} + 1) * sector_bytes_; }

  // The bytes of a sector that can be read.
  std::span<const std::byte> sector(std::uint32_t number) {
    buffer_.resize(static_cast<std::size_t>(sector_bytes_));
    const auto got = file_.content_->read_at(place(number), buffer_);
    return std::span(buffer_).first(got.ok() ? *got : 0);
  }

  // A sector of numbers, to the end of `table`.
  void append_table(std::uint32_t number, std::vector<std::uint32_t>& table, std::size_t most) {
    const std::size_t end = std::min<std::size_t>(table.size() + sector_bytes_ / 4, most);
    const std::span<const std::byte> bytes = number < sectors_ ? sector(number) : std::span<const std::byte>();
    file_.is_damaged_ |= bytes.size() < 4 * (end - table.size());
    for (std::size_t at = 0; table.size() < end; at += 4) {
      table.push_back(at + 4 <= bytes.size() ? little32(bytes, at) : kEndOfChain);
    }
  }

  void read_table(std::span<const std::byte> header) {
    fat_.taken.resize(sectors_);
    std::vector<std::uint32_t>& next = fat_.next;
    for (std::size_t i = 0; i < kHeaderTables && next.size() < sectors_; ++i) {
      const std::uint32_t number = little32(header, 76 + 4 * i);
      if (number <= kMostSector) append_table(number, next, sectors_);
    }
    // The rest of the DIFAT: sectors of numbers, the last of which is the next sector.
    std::vector<bool> seen(sectors_);
    std::uint32_t more = little32(header, 68);
    while (next.size() < sectors_ && more < sectors_ && !seen[more]) {
      seen[more] = true;
      std::vector<std::uint32_t> numbers;
      append_table(more, numbers, SIZE_MAX);
      more = numbers.back();
      numbers.pop_back();
      for (const std::uint32_t number : numbers) {
        if (number <= kMostSector && next.size() < sectors_) append_table(number, next, sectors_);
      }
    }
  }

  void read_directory(std::uint32_t first) {
    for (std::optional<std::uint32_t> here = first, next; *here != kEndOfChain; here = next) {
      next = fat_.take(*here);
      file_.is_damaged_ |= !next;
      if (!next) break;
      const std::span<const std::byte> bytes = sector(*here);
      file_.is_damaged_ |= bytes.size() < sector_bytes_;
      for (std::size_t at = 0; at + kEntryBytes <= bytes.size(); at += kEntryBytes) {
        if (nodes_.size() >= limits::kMaxOleEntries) return void(file_.is_damaged_ = true);
        append_entry(bytes.subspan(at, kEntryBytes));
      }
    }
  }

  void append_entry(std::span<const std::byte> bytes) {
    OleEntry entry;
    Node node;
    const auto type = static_cast<std::uint8_t>(bytes[66]);
    if (type == kStorage || type == kStream || type == kRootStorage || nodes_.empty()) {
      entry.is = type == kStream && !nodes_.empty() ? OleEntry::Is::stream : OleEntry::Is::storage;
      const std::size_t name_bytes = std::min<std::size_t>(little16(bytes, 64), 64);
      const std::string_view name = chars(bytes).substr(0, name_bytes);
      entry.name = utf16_text(name);
      entry.name.resize(std::min(entry.name.find('\0'), entry.name.size()));
      node = {little32(bytes, 68), little32(bytes, 72), little32(bytes, 76), little32(bytes, 116),
              little64(bytes, 120)};
      if (!has_long_sizes_) node.size &= UINT32_MAX;
    }
    file_.entries_.push_back(std::move(entry));
    nodes_.push_back(node);
  }

  // The entries of a storage are a tree of brothers; its shape does not matter here, its loops do.
  void build_tree() {
    std::vector<OleEntry>& entries = file_.entries_;
    struct Visit {
      std::uint32_t number, parent;
      std::size_t depth;
    };
    std::vector<bool> seen(entries.size());
    seen[OleFile::kRoot] = true;
    std::vector<Visit> waiting = {{nodes_[0].child, OleFile::kRoot, 1}};
    while (!waiting.empty()) {
      const Visit visit = waiting.back();
      waiting.pop_back();
      if (visit.number == kNobody) continue;
      const bool is_entry = visit.number < entries.size() && !seen[visit.number] &&
                            visit.depth < limits::kMaxOleDepth && entries[visit.number].is != OleEntry::Is::unused;
      file_.is_damaged_ |= !is_entry;
      if (!is_entry) continue;
      seen[visit.number] = true;
      entries[visit.number].parent = visit.parent;
      const Node& node = nodes_[visit.number];
      waiting.push_back({node.left, visit.parent, visit.depth});
      waiting.push_back({node.right, visit.parent, visit.depth});
      if (entries[visit.number].is == OleEntry::Is::storage)
        waiting.push_back({node.child, visit.number, visit.depth + 1});
    }
    // What nothing leads to stands in the root.
    for (std::uint32_t i = 1; i < entries.size(); ++i) {
      if (entries[i].is != OleEntry::Is::unused) entries[entries[i].parent].children.push_back(i);
    }
    for (OleEntry& entry : entries) {
      std::stable_sort(entry.children.begin(), entry.children.end(),
                       [&](std::uint32_t a, std::uint32_t b) { return is_before(entries[a].name, entries[b].name); });
    }
  }

  void read_mini_table(std::uint32_t first) {
    // The stream of the root is all of its chain: if its size lies, the mini streams do not suffer.
    follow(fat_, nodes_[0].first, UINT64_MAX, sector_bytes_, file_.entries_[0]);
    const std::uint64_t count = (file_.entries_[0].size + kMiniSector - 1) / kMiniSector;
    const auto minis = static_cast<std::size_t>(std::min<std::uint64_t>(count, limits::kMaxOleSectors));
    for (std::optional<std::uint32_t> here = first, next; *here != kEndOfChain; here = next) {
      next = mini_.next.size() < minis ? fat_.take(*here) : std::nullopt;
      if (!next) break;
      append_table(*here, mini_.next, minis);
    }
    mini_.next.resize(minis, kEndOfChain);
    mini_.taken.resize(minis);
  }

  void follow_chains() {
    for (std::uint32_t i = 1; i < file_.entries_.size(); ++i) {
      OleEntry& entry = file_.entries_[i];
      if (entry.is != OleEntry::Is::stream) continue;
      const Node& node = nodes_[i];
      if (node.size >= kMiniStreams) {
        follow(fat_, node.first, node.size, sector_bytes_, entry);
      } else {
        follow(mini_, node.first, node.size, kMiniSector, entry);
      }
    }
  }

  // The extents of a chain, up to `size` bytes.
  void follow(Table& table, std::uint32_t first, std::uint64_t size, std::uint64_t bytes, OleEntry& entry) {
    std::uint64_t at = 0;
    std::uint32_t here = first;
    while (at < size) {
      const auto next = table.take(here);
      if (!next) break;
      const std::uint64_t place_here = &table == &fat_ ? place(here) : mini_place(here);
      const std::uint64_t there = std::min(size_ - std::min(place_here, size_), bytes);
      const bool goes_on = !entry.extents.empty() &&
                           place_here / kUnit - entry.extents.back().place == at / kUnit - entry.extents.back().at;
      if (!goes_on) {
        entry.extents.push_back(
            {static_cast<std::uint32_t>(at / kUnit), static_cast<std::uint32_t>(place_here / kUnit)});
      }
      at += there;
      here = *next;
      if (there < bytes) break;
    }
    entry.size = std::min(at, size);
    entry.is_damaged = at < size;
    entry.extents.shrink_to_fit();
  }

  // Of a mini sector, in the file.
  [[nodiscard]] std::uint64_t mini_place(std::uint32_t number) const {
    const std::vector<OleExtent>& extents = file_.entries_[0].extents;
    const auto behind = std::upper_bound(extents.begin(), extents.end(), number,
                                         [](std::uint32_t n, const OleExtent& extent) { return n < extent.at; });
    const OleExtent& extent = *std::prev(behind);
    return (std::uint64_t{extent.place} + number - extent.at) * kUnit;
  }

  OleFile file_;
  std::uint64_t size_, sector_bytes_ = 512;
  std::uint32_t sectors_ = 0;  // behind the header, the last may be cut
  bool has_long_sizes_ = false;
  Table fat_, mini_;
  std::vector<Node> nodes_;
  std::vector<std::byte> buffer_;
};

Result<OleFile> OleFile::open(Content& content, std::uint64_t size) { return OleOpening(content, size).open(); }

std::optional<std::uint32_t> OleFile::find(std::uint32_t storage, std::string_view name) const {
  const std::vector<std::uint32_t>& children = entries_[storage].children;
  const auto found =
      std::lower_bound(children.begin(), children.end(), name,
                       [&](std::uint32_t child, std::string_view n) { return is_before(entries_[child].name, n); });
  return found != children.end() && !is_before(name, entries_[*found].name) ? std::optional(*found) : std::nullopt;
}

std::optional<std::uint32_t> OleFile::find_stream(std::uint32_t storage, std::string_view name) const {
  const auto found = find(storage, name);
  return found && entries_[*found].is == OleEntry::Is::stream ? found : std::nullopt;
}

std::string OleFile::path(std::uint32_t number) const {
  std::vector<std::string> names;
  for (; number != kRoot; number = entries_[number].parent) {
    std::string name = entries_[number].name;
    std::erase_if(name, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    names.push_back(std::move(name));
  }
  std::string path;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    if (!path.empty()) path.push_back('/');
    path += *name;
  }
  return path;
}

std::optional<std::uint64_t> OleFile::place(std::uint32_t stream) const {
  const OleEntry& entry = entries_[stream];
  if (entry.extents.size() != 1) return std::nullopt;
  return std::uint64_t{entry.extents[0].place} * kUnit;
}

Result<std::size_t> OleStream::read_at(std::uint64_t offset, std::span<std::byte> into) {
  std::size_t done = 0;
  const std::vector<OleExtent>& extents = entry_->extents;
  while (done < into.size() && offset < entry_->size) {
    const auto behind = std::upper_bound(extents.begin(), extents.end(), offset / kUnit,
                                         [](std::uint64_t unit, const OleExtent& extent) { return unit < extent.at; });
    const OleExtent& extent = *std::prev(behind);
    const std::uint64_t end = behind == extents.end() ? entry_->size : behind->at * kUnit;
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(into.size() - done, end - offset));
    const std::uint64_t place = extent.place * kUnit + offset - extent.at * kUnit;
    const auto got = file_->content().read_at(place, into.subspan(done, want));
    if (!got.ok()) return done > 0 ? Result<std::size_t>(done) : got;
    if (*got == 0) break;
    done += *got;
    offset += *got;
  }
  return done;
}

namespace {

class Front final : public ByteStream {
 public:
  Front(const OleFile& file, std::uint32_t number, std::uint64_t offset, std::uint64_t most)
      : bytes_(file, number), at_(offset) {
    const std::uint64_t size = bytes_.size();
    end_ = offset < size ? offset + std::min(most, size - offset) : offset;
    is_cut_ = bytes_.is_damaged() && most > size - std::min(offset, size);
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), end_ - at_));
    const auto got = want == 0 ? Result<std::size_t>(0) : bytes_.read_at(at_, into.first(want));
    if (!got.ok() || *got == 0) {
      end_ = at_;
      if (got.ok() && is_cut_) return evidence_error("a stream of a compound file is damaged");
      return got;
    }
    at_ += *got;
    return got;
  }

 private:
  OleStream bytes_;
  std::uint64_t at_, end_ = 0;
  bool is_cut_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> ole_stream(const OleFile& file, std::uint32_t number, std::uint64_t offset,
                                       std::uint64_t most) {
  return std::make_unique<Front>(file, number, offset, most);
}

std::string ole_bytes(const OleFile& file, std::uint32_t number, std::uint64_t most, std::uint64_t offset) {
  OleStream stream(file, number);
  const std::uint64_t there = stream.size() - std::min(offset, stream.size());
  std::string out(static_cast<std::size_t>(std::min(most, there)), '\0');
  const auto got =
      out.empty() ? Result<std::size_t>(0) : stream.read_at(offset, std::as_writable_bytes(std::span(out)));
  out.resize(got.ok() ? *got : 0);
  return out;
}

}  // namespace ambit::unpack
