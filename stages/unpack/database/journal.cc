// Journals of systemd as text: an entry is a line, its time and its fields, parted by tabs.
//
//   2024-05-01T12:34:56.123456Z  MESSAGE=…  PRIORITY=6  _SYSTEMD_UNIT=…
//
// The file is read front to back, object by object, and no list or table in it is followed: entries stand there in the
// order in which they were written, so an intact file gives the same lines as its own tables would, and in a damaged
// one nothing is lost but what is damaged. Where no object begins, the next one is looked for. At the end come the
// texts to which no entry refers, a line for each.
//
// An entry refers to texts anywhere before it. Where the journal comes as a stream (a large one in an archive), there
// is no going back: then every text is a line where it stands, and an entry is one with its time alone.
#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/database/journal_file.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kPieceBytes = 64 * limits::KiB, kBorderWindow = 4 * limits::KiB;
constexpr std::size_t kEntryHead = 64, kRealtimeAt = 24;
constexpr std::uint64_t kAlign = 8;

void append_digits(std::uint64_t value, std::size_t width, std::string& out) {
  const std::string digits = std::to_string(value);
  out.append(width > digits.size() ? width - digits.size() : 0, '0').append(digits);
}

// `micros`: since 1970. A number where that is no date.
void append_time(std::uint64_t micros, std::string& out) {
  constexpr std::uint64_t kSecond = 1'000'000, kDay = 86'400 * kSecond, kMostDays = 2'932'896;  // the year 9999
  const std::uint64_t days = micros / kDay, seconds = micros % kDay / kSecond;
  if (days > kMostDays) return void(out += std::to_string(micros));
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
  append_digits(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4, out);
  append_digits(static_cast<unsigned>(date.month()), 2, out += '-');
  append_digits(static_cast<unsigned>(date.day()), 2, out += '-');
  append_digits(seconds / 3600, 2, out += 'T');
  append_digits(seconds / 60 % 60, 2, out += ':');
  append_digits(seconds % 60, 2, out += ':');
  append_digits(micros % kSecond, 6, out += '.');
  out += 'Z';
}

// Offsets of data objects that no entry referred to so far. A bit for each place where one may begin.
class Unclaimed {
 public:
  explicit Unclaimed(std::uint64_t size) : words_(std::min(size, limits::kMaxJournalClaims) / kBytesPerWord + 1) {}

  // False: too far behind to be noted.
  [[nodiscard]] bool add(std::uint64_t offset) {
    if (offset / kBytesPerWord >= words_.size()) return false;
    words_[offset / kBytesPerWord] |= bit(offset);
    return true;
  }
  void remove(std::uint64_t offset) {
    if (offset / kBytesPerWord < words_.size()) words_[offset / kBytesPerWord] &= ~bit(offset);
  }
  // Takes the first one out.
  [[nodiscard]] std::optional<std::uint64_t> take() {
    while (first_ < words_.size() && words_[first_] == 0) ++first_;
    if (first_ == words_.size()) return std::nullopt;
    const auto place = static_cast<std::uint64_t>(std::countr_zero(words_[first_]));
    words_[first_] &= words_[first_] - 1;
    return first_ * kBytesPerWord + place * kAlign;
  }

 private:
  static constexpr std::uint64_t kBytesPerWord = 64 * kAlign;
  [[nodiscard]] static std::uint64_t bit(std::uint64_t offset) { return std::uint64_t{1} << (offset / kAlign % 64); }

  std::vector<std::uint64_t> words_;
  std::size_t first_ = 0;
};

class Lines final : public ByteStream {
 public:
  // `content`: null where there is but the stream; of `size` bytes.
  Lines(ByteStream& stream, Content* content, std::uint64_t size)
      : scan_(content != nullptr ? Input(*content, size) : Input(stream)),
        content_(content),
        size_(content != nullptr ? size : UINT64_MAX / 2) {}

  // Error(evidence): no journal.
  Result<> begin() {
    const auto bytes = scan_.ahead(kJournalHeaderBytes);
    if (!bytes.ok()) return bytes.error();
    const auto header = journal_header(*bytes);
    if (!header) return evidence_error("the journal has no header");
    header_ = *header;
    at_object_ = header_.header_bytes;
    if (content_ == nullptr) return Ok{};
    values_.emplace(*content_, size_, header_.is_compact);
    unclaimed_.emplace(size_);
    border_.emplace(*content_, size_, kBorderWindow);
    return Ok{};
  }

  Result<std::size_t> read(std::span<std::byte> into) override {
    if (given_ == text_.size()) {
      text_.clear();
      given_ = 0;
      while (text_.size() < kPieceBytes && advance()) continue;
      if (text_.empty()) return end();
    }
    const std::size_t bytes = std::min(into.size(), text_.size() - given_);
    std::memcpy(into.data(), text_.data() + given_, bytes);
    given_ += bytes;
    return bytes;
  }

 private:
  struct Entry {
    std::uint64_t at = 0, end = 0;  // the next reference; behind the last
  };

  [[nodiscard]] Result<std::size_t> end() const {
    if (failure_) return *failure_;
    if (is_damaged_ || (values_ && values_->is_damaged())) return evidence_error("a journal is damaged");
    if (!header_.is_understood) return evidence_error("a journal is of a newer form than is known here");
    return std::size_t{0};
  }

  // False at the end of all.
  bool advance() {
    if (entry_) return next_reference(), true;
    if (!is_scanned_) return next_object(), true;
    return values_ && next_unclaimed();
  }

  // What stands at `offset`, at least `want` bytes of it; empty where that is too few.
  std::span<const std::byte> look(std::uint64_t offset, std::size_t want) {
    if (content_ != nullptr) {
      scan_.seek(offset);
    } else if (offset > scan_.offset()) {
      const auto skipped = scan_.skip(offset - scan_.offset());
      if (!skipped.ok()) failure_ = skipped.error();
    }
    const auto window = scan_.ahead(want);
    if (!window.ok()) failure_ = window.error();
    return window.ok() && window->size() >= want && scan_.offset() == offset ? *window : std::span<const std::byte>();
  }

  void next_object() {
    const std::uint64_t at = at_object_;
    const auto bytes = look(at, kJournalObjectBytes);
    if (bytes.empty()) return void(is_scanned_ = true);
    const std::size_t zeros = zeros_at(bytes);
    if (zeros > 0) return void(at_object_ += zeros);  // room that is kept for more
    auto object = journal_object(bytes, header_.is_compact);
    if (object && object->bytes > size_ - at) {
      // Its size lies; or the file was cut, or entries end where their references do.
      const bool is_cut = header_.bytes > size_ && object->type == JournalType::data;
      is_damaged_ = true;
      if (!is_cut && object->type != JournalType::entry) object.reset();
      if (object) object->bytes = size_ - at;
    }
    if (!object) {
      is_damaged_ = true;
      at_object_ += kAlign;
      return;
    }
    at_object_ = at + (object->bytes + kAlign - 1) / kAlign * kAlign;
    if (object->type == JournalType::entry) return begin_entry(at, at + object->bytes);
    if (object->type == JournalType::data) take_data(at, *object);
    const bool holds_last = at < header_.last_object && at_object_ > header_.last_object;
    if (content_ == nullptr || (!holds_last && is_border(at_object_))) return;
    // Nothing begins behind it: either is damaged. What is in it is looked through, lest its size lied.
    is_damaged_ = true;
    at_object_ = at + kJournalObjectBytes;
  }

  // Where an object may begin, or the file ends.
  [[nodiscard]] bool is_border(std::uint64_t offset) {
    border_->seek(offset);
    const auto bytes = border_->ahead(kJournalObjectBytes);
    if (!bytes.ok() || bytes->size() < kJournalObjectBytes) return true;
    return zeros_at(*bytes) > 0 || journal_object(*bytes, header_.is_compact);
  }

  // Whole words of zeros.
  [[nodiscard]] static std::size_t zeros_at(std::span<const std::byte> bytes) {
    const auto first = std::find_if(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{0}; });
    return static_cast<std::size_t>(first - bytes.begin()) / kAlign * kAlign;
  }

  void take_data(std::uint64_t at, const JournalObject& object) {
    if (unclaimed_) {
      is_damaged_ |= !unclaimed_->add(at);
      return;
    }
    const std::size_t head = journal_data_head(header_.is_compact);
    if (look(at + head, 1).empty()) return void(is_damaged_ = true);
    is_damaged_ |= !append_journal_value(scan_, object.bytes - head, object.packing, text_);
    text_.push_back('\n');
  }

  void begin_entry(std::uint64_t at, std::uint64_t end) {
    const auto bytes = look(at, kEntryHead);
    if (bytes.empty()) {
      is_damaged_ = true;
      at_object_ = at + kAlign;
      return;
    }
    append_time(little64(bytes, kRealtimeAt), text_);
    if (values_) {
      entry_ = Entry{at + kEntryHead, end};
    } else {
      text_.push_back('\n');
    }
  }

  void next_reference() {
    const std::size_t width = header_.is_compact ? 4 : 16;
    const std::size_t number = header_.is_compact ? 4 : 8;
    if (entry_->at + width > entry_->end) return end_entry();
    const auto bytes = look(entry_->at, width);
    const std::uint64_t offset = bytes.empty() ? 0 : little(bytes, 0, number);
    if (offset < header_.header_bytes || offset % kAlign != 0 || offset >= size_) {
      // No reference: the size of the entry lies, or this is damaged. Objects are looked for from here on.
      is_damaged_ = true;
      at_object_ = (entry_->at + kAlign - 1) / kAlign * kAlign;
      return end_entry();
    }
    entry_->at += width;
    const auto text = values_->at(offset);
    if (!text) return void(is_damaged_ = true);
    text_.push_back('\t');
    text_ += *text;
    unclaimed_->remove(offset);
  }
  void end_entry() {
    entry_.reset();
    text_.push_back('\n');
  }

  bool next_unclaimed() {
    const auto offset = unclaimed_->take();
    if (!offset) return false;
    const auto text = values_->at(*offset);
    is_damaged_ |= !text;
    if (!text) return true;
    text_ += *text;
    text_.push_back('\n');
    return true;
  }

  Input scan_;
  std::optional<Input> border_;  // looks ahead of scan_, a few bytes at a time
  Content* content_;
  std::uint64_t size_;
  JournalHeader header_;
  std::optional<JournalValues> values_;
  std::optional<Unclaimed> unclaimed_;
  std::uint64_t at_object_ = 0;  // where the next object begins
  std::optional<Entry> entry_;   // that is being given
  bool is_scanned_ = false, is_damaged_ = false;
  std::optional<Error> failure_;
  std::string text_;
  std::size_t given_ = 0;
};

}  // namespace

Opened open_journal(const Packed& packed) {
  auto lines = std::make_unique<Lines>(*packed.stream, packed.content, packed.size);
  const Result<> begun = lines->begin();
  if (!begun.ok()) return begun.error();
  Part part;
  part.is = Part::Is::view;
  return one_part(std::move(part), std::move(lines));
}

}  // namespace ambit::unpack
