#include "stages/unpack/database/journal_file.h"

#include <algorithm>

#include "pipeline/ascii.h"
#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/stream/decoder.h"
#include "stages/unpack/text/charset.h"

namespace ambit::unpack {
namespace {

constexpr std::uint32_t kCompact = 16, kKnownFlags = 31;  // xz, lz4, keyed hash, zstd, compact
constexpr std::size_t kValueWindow = 8 * limits::KiB;
// What is kept of texts: 16 MiB. The names of machine, unit and process stand in every entry.
constexpr std::size_t kKeptTexts = 4096, kKeptBytes = 4096;
// Bytes may be read in vain so often, all together: the size of the file times this. Damage costs each of its bytes
// once; entries that refer to it again and again would take for ever.
constexpr std::uint64_t kVainReads = 2;

std::size_t least_bytes(JournalType type, bool is_compact) {
  switch (type) {
    case JournalType::data:
      return journal_data_head(is_compact) + 1;
    case JournalType::field:
      return 41;
    case JournalType::entry:
      return 64;
    case JournalType::entry_array:
      return 24;
    case JournalType::tag:
      return 64;
    default:
      return kJournalObjectBytes;
  }
}

// Appends what `decoder` makes; false where it does not come to its end.
bool append_decoded(Decoder& decoder, Input& input, std::string& plain) {
  constexpr std::size_t kStep = 64 * limits::KiB;
  while (true) {
    const std::size_t had = plain.size();
    if (had > limits::kMaxJournalValueBytes) return false;
    plain.resize(had + kStep);
    const auto got = decoder.read(input, std::as_writable_bytes(std::span(plain).subspan(had)));
    plain.resize(had + (got.ok() ? *got : 0));
    if (!got.ok() || *got == 0) return got.ok();
  }
}

bool append_stored(Input& input, std::uint64_t bytes, std::string& plain) {
  const std::uint64_t want = std::min(bytes, limits::kMaxJournalValueBytes);
  while (plain.size() < want) {
    const auto window = input.ahead();
    if (!window.ok() || window->empty()) return false;
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(window->size(), want - plain.size()));
    plain += chars(window->first(step));
    input.take(step);
  }
  return want == bytes;
}

// lz4 = bytes-of-text(8) block
bool append_lz4(Input& input, std::uint64_t bytes, std::string& plain) {
  constexpr std::size_t kLengthBytes = 8;
  std::string packed;
  const bool is_whole = append_stored(input, bytes, packed);
  if (packed.size() <= kLengthBytes) return false;
  const auto block = std::as_bytes(std::span(packed));
  const std::uint64_t declared = little64(block, 0), kMost = limits::kMaxJournalValueBytes;
  const auto made = lz4_block(block.subspan(kLengthBytes), static_cast<std::size_t>(std::min(declared, kMost)));
  if (!made.ok()) return false;
  plain = *made;
  return is_whole && plain.size() == declared;
}

// On one line, in UTF-8.
void append_line(std::string_view plain, std::string& text) {
  const bool is_plain = is_ascii(plain);
  const std::string decoded = is_plain ? std::string() : to_utf8(plain, kUtf8OrWestern);
  for (const char c : is_plain ? plain : std::string_view(decoded)) {
    if (c != '\0') text.push_back(c == '\n' || c == '\r' || c == '\t' ? ' ' : c);
  }
}

}  // namespace

std::optional<JournalHeader> journal_header(std::span<const std::byte> bytes) {
  if (bytes.size() < kJournalHeaderBytes || !chars(bytes).starts_with("LPKSHHRH")) return std::nullopt;
  const std::uint32_t flags = little32(bytes, 12);
  JournalHeader header;
  header.header_bytes = little64(bytes, 88);
  const std::uint64_t arena = little64(bytes, 96);
  header.bytes = header.header_bytes <= UINT64_MAX - arena ? header.header_bytes + arena : UINT64_MAX;
  header.last_object = little64(bytes, 136);
  header.is_compact = (flags & kCompact) != 0;
  header.is_understood = (flags & ~kKnownFlags) == 0;
  // The first object is looked for where the shortest header ends, if this one lies.
  const bool believed = header.header_bytes >= kJournalHeaderBytes && header.header_bytes <= 64 * limits::KiB;
  header.header_bytes = believed ? (header.header_bytes + 7) / 8 * 8 : kJournalHeaderBytes;
  return header;
}

std::size_t journal_data_head(bool is_compact) { return is_compact ? 72 : 64; }

std::optional<JournalObject> journal_object(std::span<const std::byte> bytes, bool is_compact) {
  const auto type = static_cast<std::uint8_t>(bytes[0]), flags = static_cast<std::uint8_t>(bytes[1]);
  if (type == 0 || type > static_cast<std::uint8_t>(JournalType::tag) || little(bytes, 2, 6) != 0) return std::nullopt;
  if (flags != 0 && flags != 1 && flags != 2 && flags != 4) return std::nullopt;
  const JournalObject object{static_cast<JournalType>(type), static_cast<JournalPacking>(flags), little64(bytes, 8)};
  if (flags != 0 && object.type != JournalType::data) return std::nullopt;
  if (object.bytes < least_bytes(object.type, is_compact) || object.bytes > UINT64_MAX / 4) return std::nullopt;
  return object;
}

bool append_journal_value(Input& input, std::uint64_t bytes, JournalPacking packing, std::string& text) {
  std::string plain;
  bool is_whole = false;
  input.end_at(input.offset() + bytes);
  switch (packing) {
    case JournalPacking::none:
      is_whole = append_stored(input, bytes, plain);
      break;
    case JournalPacking::lz4:
      is_whole = append_lz4(input, bytes, plain);
      break;
    case JournalPacking::xz:
      is_whole = append_decoded(*xz_decoder(), input, plain);
      break;
    case JournalPacking::zstd:
      is_whole = append_decoded(*zstd_decoder(), input, plain);
      break;
  }
  input.end_nowhere();
  append_line(plain, text);
  return is_whole;
}

JournalValues::JournalValues(Content& content, std::uint64_t size, bool is_compact)
    : input_(content, size, kValueWindow), size_(size), is_compact_(is_compact), kept_(kKeptTexts) {}

std::optional<std::string_view> JournalValues::at(std::uint64_t offset) {
  constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15;
  Kept& kept = kept_[offset * kSpread >> 52];
  static_assert(kKeptTexts == 1U << (64 - 52));
  if (kept.offset != offset) {
    if (wasted_ > size_ * kVainReads) return std::nullopt;
    const bool is_there = read(offset);
    if (text_.size() > kKeptBytes) return is_there ? std::optional<std::string_view>(text_) : std::nullopt;
    kept.offset = offset;
    kept.is_there = is_there;
    kept.text = text_;
  }
  return kept.is_there ? std::optional<std::string_view>(kept.text) : std::nullopt;
}

// Fills text_.
bool JournalValues::read(std::uint64_t offset) {
  text_.clear();
  const std::size_t head = journal_data_head(is_compact_);
  input_.seek(offset);
  const auto window = input_.ahead(head + 1);
  const bool is_read = window.ok() && window->size() > head;
  const auto object = is_read ? journal_object(*window, is_compact_) : std::nullopt;
  if (!object || object->type != JournalType::data) {
    wasted_ += kValueWindow;
    return false;
  }
  input_.take(head);
  const std::uint64_t bytes = std::min(object->bytes, size_ - offset) - head;
  is_damaged_ |= !append_journal_value(input_, bytes, object->packing, text_) || bytes + head < object->bytes;
  const std::uint64_t taken = input_.offset() - offset - head;
  if (text_.size() < taken) wasted_ += taken;
  return !text_.empty();
}

}  // namespace ambit::unpack
