#include "stages/open/ewf_chunks.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "stages/open/fields.h"
#include "stages/open/packed_block.h"
#include "stages/open/table_pages.h"

namespace ambit::open::ewf {
namespace {

constexpr std::uint64_t kNone = UINT64_MAX;
constexpr std::uint32_t kPackedBit = 0x80000000U;
constexpr std::size_t kSumBytes = 4;

// Most bytes that a packed chunk takes: deflate adds five to every 16 KiB that it cannot make smaller.
std::uint64_t most_packed(std::uint64_t chunk_bytes) { return chunk_bytes + chunk_bytes / 64 + 4 * limits::KiB; }

bool sum_holds(const ByteSource& segment, std::uint64_t at, std::uint64_t entries) {
  std::array<std::byte, 16 * limits::KiB> buffer;
  std::uint32_t sum = kAdlerStart;
  for (std::uint64_t left = entries * 4; left > 0;) {
    const std::span<std::byte> piece = std::span(buffer).first(std::min<std::uint64_t>(left, buffer.size()));
    if (!read_exactly(segment, at, piece).ok()) return false;
    sum = adler32(sum, piece);
    at += piece.size();
    left -= piece.size();
  }
  const std::span<std::byte> stored = std::span(buffer).first(kSumBytes);
  return read_exactly(segment, at, stored).ok() && little<std::uint32_t>(stored, 0) == sum;
}

Error no_answer(const std::string& image) { return {ErrorKind::timeout, "the file system does not answer", image, ""}; }

}  // namespace

struct Chunks::Reader {
  TablePages pages;
  BlockDecoder decoder;
  // Packed bytes of a segment from window_at on.
  std::unique_ptr<std::byte[]> window;
  std::size_t window_room = 0, window_bytes = 0;
  std::uint64_t window_at = 0;
  std::uint32_t window_segment = 0;
  // The chunk that was unpacked last for a part of it, and the one that could not be.
  std::vector<std::byte> chunk;
  std::uint64_t chunk_number = kNone, bad_chunk = kNone;
  bool has_timed_out = false;  // the file of the bad chunk does not answer
};

Chunks::Chunks(Segments segments, Index index, std::string image, std::shared_ptr<BlockCache> blocks)
    : segments_(std::move(segments)),
      index_(std::move(index)),
      image_(std::move(image)),
      blocks_(std::move(blocks)),
      in_blocks_(blocks_ == nullptr ? 0 : blocks_->new_image()),
      use_(std::make_unique<std::atomic<Use>[]>(index_.tables.size())) {}
Chunks::~Chunks() = default;

bool Chunks::is_kept(std::uint64_t number, std::size_t inside, std::span<std::byte> into) const {
  return blocks_ != nullptr && blocks_->get({in_blocks_, 0, number}, inside, into);
}

void Chunks::keep(std::uint64_t number, std::span<const std::byte> chunk) const {
  if (blocks_ != nullptr) blocks_->put({in_blocks_, 0, number}, chunk);
}

Error Chunks::lost(std::uint64_t number) const {
  return damaged(table_of(number) == nullptr ? "a part of the image is missing" : "a chunk of the image is damaged",
                 image_);
}

const Table* Chunks::table_of(std::uint64_t number) const {
  const auto after =
      std::upper_bound(index_.tables.begin(), index_.tables.end(), number,
                       [](std::uint64_t wanted, const Table& table) { return wanted < table.first_chunk; });
  if (after == index_.tables.begin()) return nullptr;
  const Table& table = *std::prev(after);
  return number - table.first_chunk < table.entries ? &table : nullptr;
}

std::uint64_t Chunks::entries_at(std::size_t number) const {
  const Table& table = index_.tables[number];
  Use use = use_[number].load(std::memory_order_relaxed);
  if (use == Use::unknown) {
    const ByteSource& segment = *segments_[table.segment];
    const bool copy = table.has_sum && table.second_at != 0 && !sum_holds(segment, table.entries_at, table.entries) &&
                      sum_holds(segment, table.second_at, table.entries);
    use = copy ? Use::copy : Use::table;
    use_[number].store(use, std::memory_order_relaxed);
  }
  return use == Use::copy ? table.second_at : table.entries_at;
}

// Bit 31 says that a chunk is packed, and the place has 31 bits; but where EnCase 6 wrote unpacked chunks beyond
// 2 GiB it belongs to the place. The bounds of the data tell as a rule; where they do not, the chunk's sum does.
Result<Chunks::Places> Chunks::places_of(Reader& reader, std::uint64_t number) const {
  const Table* const table = table_of(number);
  if (table == nullptr) return lost(number);
  const ByteSource& segment = *segments_[table->segment];
  const std::uint64_t entry = number - table->first_chunk;
  const std::uint64_t at = entries_at(static_cast<std::size_t>(table - index_.tables.data())) + entry * 4;
  const auto raw = reader.pages.little_at<std::uint32_t>(segment, table->segment, at);
  if (!raw.ok()) return raw.error();
  std::uint64_t next = table->data_end;
  if (entry + 1 < table->entries) {
    const auto after = reader.pages.little_at<std::uint32_t>(segment, table->segment, at + 4);
    if (after.ok()) next = table->base + *after;
  }
  const auto place = [&](std::uint64_t begin, bool packed) {
    std::uint64_t end = next;
    if (end > begin + kPackedBit) end -= kPackedBit;
    if (end <= begin || end > segment.size()) end = std::max(table->data_end, begin);
    return Place{begin, std::min(end, begin + most_packed(index_.geometry.chunk_bytes)), packed};
  };
  const bool flag = (*raw & kPackedBit) != 0;
  const Place plain = place(table->base + (*raw & ~kPackedBit), flag);
  const Place far = place(table->base + *raw, false);
  const auto inside = [&](const Place& p) { return p.at >= table->data_begin && p.at < table->data_end; };
  Places out{table->segment, 1, {plain, {}}};
  if (flag && far.at < segment.size()) {
    out.count = 2;
    out.place[1] = far;
    if (!inside(plain) && inside(far)) std::swap(out.place[0], out.place[1]);
  }
  return out;
}

// Where the packed bytes end that lie in a row from this chunk up to chunk `last`: worth one read.
std::uint64_t Chunks::end_of_run(Reader& reader, std::uint64_t last, const Places& places) const {
  const Result<Places> other = places_of(reader, last);
  if (!other.ok() || other->segment != places.segment) return places.place[0].end;
  return std::max(other->place[0].end, places.place[0].end);
}

// Fills the window from its begin on, as far as bytes come.
void Chunks::read_window(Reader& reader, const ByteSource& segment, std::uint64_t at, std::span<std::byte> into) {
  reader.window_bytes = 0;
  reader.has_timed_out = false;
  while (reader.window_bytes < into.size()) {
    const auto got = segment.read_at(at + reader.window_bytes, into.subspan(reader.window_bytes));
    reader.has_timed_out = !got.ok() && got.error().kind == ErrorKind::timeout;
    if (!got.ok() || *got == 0) return;
    reader.window_bytes += *got;
  }
}

// The bytes [at, end) of a segment, fewer if it is shorter; up to `ahead` are read with them.
std::span<const std::byte> Chunks::fetch(Reader& reader, std::uint32_t segment, std::uint64_t at, std::uint64_t end,
                                         std::uint64_t ahead) const {
  const std::uint64_t window_end = reader.window_at + reader.window_bytes;
  const bool held = reader.window_segment == segment && at >= reader.window_at && end <= window_end;
  if (!held) {
    const std::uint64_t most = std::max<std::uint64_t>(end - at, limits::kEwfWindowBytes);
    const auto wanted = static_cast<std::size_t>(std::min(std::max(ahead, end) - at, most));
    if (reader.window_room < wanted) {
      reader.window.reset(new std::byte[wanted]);  // not filled with zeros
      reader.window_room = wanted;
    }
    read_window(reader, *segments_[segment], at, {reader.window.get(), wanted});
    if (reader.window_bytes < end - at && !reader.has_timed_out) {  // what is read ahead may be what fails
      read_window(reader, *segments_[segment], at, {reader.window.get(), end - at});
    }
    reader.window_at = at;
    reader.window_segment = segment;
  }
  const std::size_t from = at - reader.window_at;
  return {reader.window.get() + from, std::min<std::size_t>(end - at, reader.window_bytes - from)};
}

bool Chunks::unpack(Reader& reader, std::uint32_t segment, const Place& place, std::uint64_t ahead,
                    std::span<std::byte> into) const {
  if (place.at >= place.end || place.at >= segments_[segment]->size()) return false;
  const std::span<const std::byte> stored = fetch(reader, segment, place.at, place.end, ahead);
  if (place.packed) {
    if (const auto got = reader.decoder.decode(Packing::zlib, stored, into)) return *got == into.size();
    if (into.size() == index_.geometry.chunk_bytes) return false;
    // The last chunk may have been filled up to a whole one.
    std::vector<std::byte> whole(index_.geometry.chunk_bytes);
    const auto got = reader.decoder.decode(Packing::zlib, stored, whole);
    if (!got || *got < into.size()) return false;
    std::memcpy(into.data(), whole.data(), into.size());
    return true;
  }
  // As long as it must be; or filled up to a whole one; or longer, where the disk did not end with a sector.
  const std::size_t room = std::max(stored.size(), kSumBytes) - kSumBytes;
  for (const std::size_t bytes : {into.size(), static_cast<std::size_t>(index_.geometry.chunk_bytes), room}) {
    if (bytes > room || bytes < into.size()) continue;
    if (adler32(kAdlerStart, stored.first(bytes)) != little<std::uint32_t>(stored, bytes)) continue;
    std::memcpy(into.data(), stored.data(), into.size());
    return true;
  }
  return false;
}

// `last`: the last chunk that this read is going to ask for.
Result<> Chunks::read_chunk(Reader& reader, std::uint64_t number, std::uint64_t last, std::span<std::byte> into) const {
  const auto no_chunk = [&] { return reader.has_timed_out ? no_answer(image_) : lost(number); };
  if (reader.bad_chunk == number) return no_chunk();
  reader.has_timed_out = false;
  const Result<Places> places = places_of(reader, number);
  if (!places.ok()) return places.error().kind == ErrorKind::timeout ? places.error() : lost(number);
  for (std::size_t i = 0; i < places->count; ++i) {
    const Place& place = places->place[i];
    const bool held = reader.window_segment == places->segment && place.at >= reader.window_at &&
                      place.end <= reader.window_at + reader.window_bytes;
    const std::uint64_t ahead = held || i > 0 || last == number ? place.end : end_of_run(reader, last, *places);
    if (unpack(reader, places->segment, place, ahead, into)) return {};
    if (reader.has_timed_out) break;
  }
  reader.bad_chunk = number;
  return no_chunk();
}

Result<std::size_t> Chunks::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  const Geometry& geometry = index_.geometry;
  if (offset >= geometry.bytes || into.empty()) return std::size_t{0};
  into = into.first(std::min<std::uint64_t>(into.size(), geometry.bytes - offset));
  const std::uint64_t last = (offset + into.size() - 1) / geometry.chunk_bytes;
  const auto reader = readers_.take();
  std::size_t done = 0;
  while (done < into.size()) {
    const std::uint64_t number = (offset + done) / geometry.chunk_bytes;
    const std::size_t inside = (offset + done) % geometry.chunk_bytes;
    const auto whole =
        static_cast<std::size_t>(std::min(geometry.chunk_bytes, geometry.bytes - number * geometry.chunk_bytes));
    const std::span<std::byte> wanted = into.subspan(done, std::min(whole - inside, into.size() - done));
    if (reader->chunk_number != number && !is_kept(number, inside, wanted)) {
      const bool straight = wanted.size() == whole;
      if (!straight) {
        reader->chunk_number = kNone;
        reader->chunk.resize(whole);
      }
      const std::span<std::byte> room = straight ? wanted : std::span(reader->chunk);
      const Result<> got = read_chunk(*reader, number, last, room);
      if (!got.ok()) return done > 0 ? Result<std::size_t>(done) : got.error();
      if (!straight) reader->chunk_number = number;
      keep(number, room);
    }
    if (reader->chunk_number == number) std::memcpy(wanted.data(), reader->chunk.data() + inside, wanted.size());
    done += wanted.size();
  }
  return done;
}

void Chunks::will_need(std::uint64_t offset, std::uint64_t length) const {
  const Geometry& geometry = index_.geometry;
  if (length == 0 || !fits(offset, length, geometry.bytes)) return;
  const auto reader = readers_.take();
  const Result<Places> first = places_of(*reader, offset / geometry.chunk_bytes);
  if (!first.ok()) return;
  const std::uint64_t end = end_of_run(*reader, (offset + length - 1) / geometry.chunk_bytes, *first);
  const std::uint64_t at = first->place[0].at;
  if (end > at) segments_[first->segment]->will_need(at, end - at);
}

}  // namespace ambit::open::ewf
