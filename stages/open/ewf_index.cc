#include "stages/open/ewf_index.h"

#include <algorithm>
#include <optional>

#include "pipeline/limits.h"
#include "stages/open/fields.h"
#include "stages/open/packed_block.h"

namespace ambit::open::ewf {
namespace {

class Builder {
 public:
  // False: more sections or tables than any image has.
  [[nodiscard]] bool add_segment(const ByteSource& segment, std::uint32_t number, bool is_last);
  [[nodiscard]] Result<Index> finish(const std::string& image);

 private:
  void add(const ByteSource& segment, std::uint32_t number, const Section& section);
  void add_table(const ByteSource& segment, std::uint32_t number, const Section& section);
  void add_copy(const ByteSource& segment, std::uint32_t number, const Section& section);
  void add_hash(const ByteSource& segment, const Section& section);
  void number_tables();

  std::optional<Geometry> geometry_;
  std::vector<Table> tables_;
  std::vector<StoredHash> hashes_;
  std::optional<Section> sectors_;     // the one whose table is awaited, or has come
  bool has_table_ = false;             // it has come
  bool needs_copy_ = false;            // it has come damaged
  bool done_ = false;                  // the end of the image was seen
  std::vector<std::size_t> lost_;      // places in tables_ before which tables are lost
  std::vector<std::size_t> doubtful_;  // before which some may be, but need not
};

bool Builder::add_segment(const ByteSource& segment, std::uint32_t number, bool is_last) {
  sectors_.reset();
  has_table_ = needs_copy_ = false;
  std::uint64_t at = kHeaderBytes;
  for (std::size_t count = 0; count < limits::kMaxEwfSections; ++count) {
    auto section = section_at(segment, at);
    if (!section) {
      section = next_sound_section(segment, at);
      // The last word of a segment damaged, nothing else; or all its sections seen and nothing behind them.
      const bool only_end = has_table_ && segment.size() - std::min(at, segment.size()) <= kDescriptorBytes;
      const bool table = section && (section->name == "table" || section->name == "table2");
      if (section || !is_last) (table || only_end ? doubtful_ : lost_).push_back(tables_.size());
      if (!section) return true;
      if (section->name == "table") sectors_ = Section{"sectors", at, section->at};
    }
    if (tables_.size() >= limits::kMaxEwfTables) return false;
    add(segment, number, *section);
    done_ = done_ || section->name == "done";
    if (section->is_last() || section->end <= section->at) return true;
    at = section->end;
  }
  return false;
}

void Builder::add(const ByteSource& segment, std::uint32_t number, const Section& section) {
  const std::string& name = section.name;
  if (needs_copy_ && name != "table2") lost_.push_back(tables_.size());
  needs_copy_ = false;
  if (name == "volume" || name == "disk" || name == "data") {
    if (!geometry_) geometry_ = read_geometry(segment, section);
  } else if (name == "sectors") {
    sectors_ = section;
    has_table_ = false;
  } else if (name == "table") {
    has_table_ = false;
    add_table(segment, number, section);
    needs_copy_ = !has_table_;
  } else if (name == "table2") {
    add_copy(segment, number, section);
  } else if (name == "hash" || name == "digest") {
    add_hash(segment, section);
  }
}

void Builder::add_table(const ByteSource& segment, std::uint32_t number, const Section& section) {
  const auto head = read_table_head(segment, section);
  if (!head) return;
  Table table;
  table.segment = number;
  table.entries = head->entries;
  table.base = head->base;
  table.entries_at = section.body() + kTableHeaderBytes;
  const std::uint64_t entries_end = table.entries_at + std::uint64_t{table.entries} * 4;
  const std::uint64_t section_end = std::min(section.end, segment.size());
  // Chunks behind the entries: the oldest form, which has no sum.
  table.has_sum = sectors_.has_value();
  table.data_begin = sectors_ ? sectors_->body() : entries_end;
  table.data_end = sectors_ ? std::min(sectors_->end, segment.size()) : section_end;
  if (table.entries > 0) tables_.push_back(table);
  has_table_ = true;
}

void Builder::add_copy(const ByteSource& segment, std::uint32_t number, const Section& section) {
  if (!has_table_) {  // the table itself is damaged or gone
    add_table(segment, number, section);
    if (!has_table_) lost_.push_back(tables_.size());
    return;
  }
  const auto head = read_table_head(segment, section);
  if (!head || tables_.empty()) return;
  Table& table = tables_.back();
  if (head->entries == table.entries && head->base == table.base && table.segment == number) {
    table.second_at = section.body() + kTableHeaderBytes;
  }
}

// hash: MD5[16], 0[16], Adler-32.   digest: MD5[16], SHA-1[20], 0[40], Adler-32.   All zeros: not computed.
void Builder::add_hash(const ByteSource& segment, const Section& section) {
  std::array<std::byte, 80> body{};
  const bool both = section.name == "digest";
  const std::span<std::byte> used = std::span(body).first(both ? 80 : 36);
  if (section.end - section.at < kDescriptorBytes + used.size()) return;
  if (!read_exactly(segment, section.body(), used).ok()) return;
  const std::size_t last = used.size() - 4;
  if (adler32(kAdlerStart, used.first(last)) != little<std::uint32_t>(used, last)) return;
  const auto keep = [&](StoredHash::Algorithm algorithm, std::span<const std::byte> digest) {
    const bool known = std::any_of(hashes_.begin(), hashes_.end(),
                                   [&](const StoredHash& stored) { return stored.algorithm == algorithm; });
    if (known || is_all_zero(digest)) return;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(digest.data());
    hashes_.push_back({algorithm, {bytes, bytes + digest.size()}});
  };
  keep(StoredHash::Algorithm::md5, used.first(16));
  if (both) keep(StoredHash::Algorithm::sha1, used.subspan(16, 20));
}

void Builder::number_tables() {
  std::uint64_t known = 0;
  for (Table& table : tables_) {
    table.first_chunk = known;
    known += table.entries;
  }
  if (known >= geometry_->chunks) return;
  if (lost_.empty() && done_) lost_ = doubtful_;
  if (lost_.empty()) return;  // the last segments are missing
  const std::size_t before = lost_.front();
  const std::size_t after = done_ ? lost_.back() : tables_.size();
  std::uint64_t end = geometry_->chunks;
  for (std::size_t i = tables_.size(); i-- > after;) {
    end -= tables_[i].entries;
    tables_[i].first_chunk = end;
  }
  const auto from = tables_.begin() + static_cast<std::ptrdiff_t>(before);
  tables_.erase(from, tables_.begin() + static_cast<std::ptrdiff_t>(after));
}

Result<Index> Builder::finish(const std::string& image) {
  if (!geometry_) {
    return damaged("the image does not say how large it is: its volume section is damaged or missing", image,
                   "check that the first part is whole; another copy may be");
  }
  number_tables();
  Index index{*geometry_, {}, std::move(hashes_)};
  for (const Table& table : tables_) {
    if (table.first_chunk < geometry_->chunks) index.tables.push_back(table);
  }
  index.tables.shrink_to_fit();
  return index;
}

}  // namespace

Result<Index> read_index(const Segments& segments, const std::string& image) {
  Builder builder;
  std::uint64_t stored = 0;
  for (std::uint32_t number = 0; number < segments.size(); ++number) {
    stored += segments[number]->size();
    if (!builder.add_segment(*segments[number], number, number + 1 == segments.size())) {
      return damaged("the image has more sections than any has", image, "it is damaged; use another copy");
    }
  }
  Result<Index> index = builder.finish(image);
  if (index.ok() && index->geometry.bytes / limits::kMaxImageRatio > stored) {
    return damaged("the image says that it is larger than its parts can hold", image,
                   "check that all parts are in one folder");
  }
  return index;
}

}  // namespace ambit::open::ewf
