#include "stages/walk/fat/folder.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "stages/walk/byte_window.h"
#include "stages/walk/layout.h"

namespace ambit::walk::fat {
namespace {

constexpr std::uint8_t kDeleted = 0xe5;

// A FAT date and time. It has no zone; it is taken as UTC, the same on every machine.
std::optional<std::int64_t> time_of(std::uint32_t date, std::uint32_t time) {
  const std::chrono::year_month_day day{std::chrono::year{static_cast<int>(1980 + (date >> 9U))},
                                        std::chrono::month{date >> 5U & 15U}, std::chrono::day{date & 31U}};
  if (date == 0 || !day.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  return days * 86'400 + (time >> 11U) * 3'600 + (time >> 5U & 63U) * 60 + (time & 31U) * 2;
}

std::uint8_t sum_of(std::span<const std::byte> short_name) {
  std::uint8_t sum = 0;
  for (const std::byte b : short_name.first(11)) {
    sum = static_cast<std::uint8_t>((sum << 7U | sum >> 1U) + static_cast<std::uint8_t>(b));
  }
  return sum;
}

class FatFolder final : public FolderReader {
 public:
  std::optional<Item> feed(std::span<const std::byte> record, std::uint64_t place) override {
    const auto first = little<std::uint8_t>(record, 0), attributes = little<std::uint8_t>(record, 11);
    if (first == 0) ended_ = true;
    if (ended_) return std::nullopt;
    if ((attributes & 0x3fU) == 0x0f) {
      long_part(record);
      return std::nullopt;
    }
    const std::string long_name = take_long_name(record);
    const bool dots = first == '.' && (record[1] == std::byte{' '} || record[1] == std::byte{'.'});
    if ((attributes & 0x08U) != 0 || dots) return std::nullopt;
    Item item;
    item.what = (attributes & 0x10U) != 0 ? Item::What::folder : Item::What::file;
    item.deleted = first == kDeleted;
    item.name = long_name.empty() ? short_name(record) : long_name;
    item.first = std::uint32_t{little<std::uint16_t>(record, 20)} << 16 | little<std::uint16_t>(record, 26);
    item.size = item.valid = little<std::uint32_t>(record, 28);
    item.modified = time_of(little<std::uint16_t>(record, 24), little<std::uint16_t>(record, 22));
    item.record = place / 32;
    return item;
  }

 private:
  void long_part(std::span<const std::byte> record) {
    const auto order = little<std::uint8_t>(record, 0), sum = little<std::uint8_t>(record, 13);
    const bool deleted = order == kDeleted;
    const bool follows = !parts_.empty() && sum == sum_ && deleted == deleted_ &&
                         (deleted || (order & 0x3fU) + parts_.size() == parts_at_first_) && parts_.size() < 20;
    if (!follows || (!deleted && (order & 0x40U) != 0)) {
      parts_.clear();
      if (!deleted && (order & 0x40U) == 0) return;  // the beginning is gone
      sum_ = sum;
      deleted_ = deleted;
      parts_at_first_ = order & 0x3fU;
    }
    std::vector<std::byte> part;
    for (const auto& [at, bytes] : {std::pair{1, 10}, std::pair{14, 12}, std::pair{28, 4}}) {
      part.insert(part.end(), record.begin() + at, record.begin() + at + bytes);
    }
    parts_.push_back(std::move(part));
  }

  // The long name before this short one, or nothing where they do not belong together.
  std::string take_long_name(std::span<const std::byte> record) {
    std::vector<std::byte> all;
    const bool deleted = record[0] == std::byte{kDeleted};
    // The first letter of a deleted name is lost and the sum with it; that the parts agree has to do.
    const bool fits = deleted == deleted_ && (deleted || (parts_.size() == parts_at_first_ && sum_of(record) == sum_));
    for (auto part = parts_.rbegin(); fits && part != parts_.rend(); ++part)
      all.insert(all.end(), part->begin(), part->end());
    parts_.clear();
    std::size_t end = 0;
    while (end + 1 < all.size() && little<std::uint16_t>(all, end) != 0) end += 2;
    return name_from_utf16(std::span(all).first(end));
  }

  static std::string short_name(std::span<const std::byte> record) {
    const auto cases = little<std::uint8_t>(record, 12);
    const auto part = [&](std::size_t at, std::size_t length, bool lower) {
      std::string text;
      for (std::size_t i = at; i < at + length; ++i) {
        char c = static_cast<char>(record[i]);
        if (i == 0 && record[0] == std::byte{kDeleted}) c = '_';
        if (i == 0 && record[0] == std::byte{0x05}) c = static_cast<char>(kDeleted);
        if (c == '/' || c == '\0') c = '^';
        if (lower && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        text += c;
      }
      return text.erase(text.find_last_not_of(' ') + 1);
    };
    const std::string extension = part(8, 3, (cases & 0x10U) != 0);
    return part(0, 8, (cases & 0x08U) != 0) + (extension.empty() ? "" : "." + extension);
  }

  std::vector<std::vector<std::byte>> parts_;
  std::size_t parts_at_first_ = 0;
  std::uint8_t sum_ = 0;
  bool deleted_ = false;
};

class ExfatFolder final : public FolderReader {
 public:
  std::optional<Item> feed(std::span<const std::byte> record, std::uint64_t place) override {
    const auto type = little<std::uint8_t>(record, 0);
    if (type == 0) ended_ = true;
    if (ended_) return std::nullopt;
    switch (type | 0x80U) {
      case 0x85:
        return begin(record, place), std::nullopt;
      case 0xc0:
        return stream(record), std::nullopt;
      case 0xc1:
        return name(record);
      case 0x81:
      case 0x82:
        return type >= 0x80 ? table(record, place) : std::nullopt;
      default:
        return std::nullopt;
    }
  }

 private:
  void begin(std::span<const std::byte> record, std::uint64_t place) {
    item_ = Item{};
    item_->deleted = (record[0] & std::byte{0x80}) == std::byte{0};
    item_->what = (record[4] & std::byte{0x10}) != std::byte{0} ? Item::What::folder : Item::What::file;
    item_->modified = time_of(little<std::uint16_t>(record, 14), little<std::uint16_t>(record, 12));
    const int zone = little<std::uint8_t>(record, 23);
    // Quarters of an hour, seven bits and a sign, where the highest bit says so.
    if (item_->modified && zone >= 128) *item_->modified -= std::int64_t{zone >= 192 ? zone - 256 : zone - 128} * 900;
    item_->record = place / 32;
    characters_ = 0;
    text_.clear();
  }

  void stream(std::span<const std::byte> record) {
    if (!item_) return;
    item_->straight = (record[1] & std::byte{2}) != std::byte{0};
    characters_ = little<std::uint8_t>(record, 3);
    item_->valid = little<std::uint64_t>(record, 8);
    item_->first = little<std::uint32_t>(record, 20);
    item_->size = little<std::uint64_t>(record, 24);
  }

  std::optional<Item> name(std::span<const std::byte> record) {
    if (!item_ || characters_ == 0) return std::nullopt;
    text_.insert(text_.end(), record.begin() + 2, record.end());
    if (text_.size() < characters_ * 2) return std::nullopt;
    item_->name = name_from_utf16(std::span(text_).first(characters_ * 2));
    return std::exchange(item_, std::nullopt);
  }

  static std::optional<Item> table(std::span<const std::byte> record, std::uint64_t place) {
    Item item;
    item.what = record[0] == std::byte{0x81} ? Item::What::bitmap : Item::What::table;
    item.first = little<std::uint32_t>(record, 20);
    item.size = item.valid = little<std::uint64_t>(record, 24);
    item.record = place / 32;
    return item;
  }

  std::optional<Item> item_;
  std::size_t characters_ = 0;
  std::vector<std::byte> text_;
};

}  // namespace

std::unique_ptr<FolderReader> fat_folder() { return std::make_unique<FatFolder>(); }
std::unique_ptr<FolderReader> exfat_folder() { return std::make_unique<ExfatFolder>(); }

}  // namespace ambit::walk::fat
