#include "stages/unpack/database/sqlite_packed.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/database/packed_value.h"
#include "stages/unpack/input.h"
#include "stages/unpack/kind/kind.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kTextHeadBytes = 512;  // the longest header of any archive, which is that of a tar
constexpr std::size_t kLinkBytes = 4;

Error cut() { return evidence_error("pages of a value of a database are not there"); }

}  // namespace

SqlitePayload::SqlitePayload(Content& content, FindPage find, std::size_t usable, const SqliteCell& cell,
                             std::uint64_t page_place)
    : content_(&content),
      find_(std::move(find)),
      page_bytes_(usable - kLinkBytes),
      local_(cell.local),
      place_(page_place + cell.at),
      bytes_(cell.bytes),
      next_(cell.overflow) {}

std::optional<std::uint64_t> SqlitePayload::place(std::uint64_t at, std::uint64_t bytes) const {
  const bool is_local = at <= local_.size() && bytes <= local_.size() - at;
  return is_local ? std::optional(place_ + at) : std::nullopt;
}

Result<std::size_t> SqlitePayload::read_at(std::uint64_t at, std::span<std::byte> into) {
  if (at >= bytes_) return std::size_t{0};
  if (at < local_.size()) {
    const std::string_view here = local_.substr(static_cast<std::size_t>(at), into.size());
    std::memcpy(into.data(), here.data(), here.size());
    return here.size();
  }
  const std::uint64_t page = (at - local_.size()) / page_bytes_, behind = (at - local_.size()) % page_bytes_;
  while (pages_.size() <= page) {
    std::array<std::byte, kLinkBytes> link{};
    if (!pages_.empty()) {
      const auto got = content_->read_at(pages_.back(), link);
      if (!got.ok() || *got < link.size()) return cut();
      next_ = big32(link, 0);
    }
    const auto place = find_(next_);
    if (!place) return cut();
    pages_.push_back(*place);
  }
  const std::uint64_t left = std::min(page_bytes_ - behind, bytes_ - at);
  const auto got = content_->read_at(pages_[static_cast<std::size_t>(page)] + kLinkBytes + behind,
                                     into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left))));
  return got.ok() && *got == 0 ? cut() : got;
}

std::size_t SqlitePayload::fill(std::uint64_t at, std::span<std::byte> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const auto got = read_at(at + filled, into.subspan(filled));
    if (!got.ok() || *got == 0) break;
    filled += *got;
  }
  return filled;
}

std::size_t sqlite_head_bytes(const SqliteValue& value) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(value.bytes, value.is_text() ? kTextHeadBytes : kKindBytes));
}

bool sqlite_begins_packed(const SqliteValue& value, std::span<const std::byte> head) {
  if (value.bytes < kLeastPackedBytes) return false;
  const Format format = value.is_text() ? format_by_signature(head) : format_of(head, {}, value.bytes);
  return is_packed_value(format, head);
}

void PackedValues::begin(SqlitePayload payload, Name name) {
  payload_ = std::move(payload);
  name_ = std::move(name);
  values_.clear();
  next_ = 0;
  at_ = end_ = 0;
  const auto bytes = sqlite_header_bytes(payload_.local());
  if (!bytes || *bytes > limits::kMaxSqliteHeaderBytes) return;  // no row, which its view tells
  std::string header(payload_.local().substr(0, static_cast<std::size_t>(*bytes)));
  if (header.size() < *bytes) {
    const std::size_t here = header.size();
    header.resize(static_cast<std::size_t>(*bytes));
    header.resize(here + payload_.fill(here, std::as_writable_bytes(std::span(header)).subspan(here)));
  }
  if (auto values = sqlite_values(header)) values_ = std::move(*values);
}

std::optional<Part> PackedValues::next() {
  while (next_ < values_.size()) {
    const SqliteValue& value = values_[next_++];
    if (!is_packed(value)) continue;
    Part part;
    part.name = name_(values_, next_ - 1);
    part.size = value.bytes;
    part.stored_at = payload_.place(value.at, value.bytes);
    at_ = value.at;
    end_ = value.at + value.bytes;
    return part;
  }
  at_ = end_ = 0;
  return std::nullopt;
}

bool PackedValues::is_packed(const SqliteValue& value) {
  if ((!value.is_blob() && !value.is_text()) || value.bytes < kLeastPackedBytes) return false;
  if (value.bytes > limits::kMaxSqlitePayload || value.at > limits::kMaxSqlitePayload) return false;
  head_.resize(sqlite_head_bytes(value));
  head_.resize(payload_.fill(value.at, head_));
  if (!sqlite_begins_packed(value, head_)) return ends_as_archive(value);
  return cut_ == CutValues::given || payload_.fill(value.at + value.bytes - 1, std::span(head_).first(1)) == 1;
}

// Somebody may have put an archive behind a picture.
bool PackedValues::ends_as_archive(const SqliteValue& value) {
  if (!value.is_blob() || guess_kind(head_, {}, value.bytes).is_text) return false;
  head_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(value.bytes, kEndBytes)));
  const bool has_end = payload_.fill(value.at + value.bytes - head_.size(), head_) == head_.size();
  return has_end && format_by_end(head_) != Format::none;
}

Result<std::size_t> PackedValues::read(std::span<std::byte> into) {
  const std::uint64_t left = end_ - at_;
  if (left == 0) return std::size_t{0};
  auto got = payload_.read_at(at_, into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left))));
  if (got.ok() && *got == 0) got = cut();
  if (got.ok()) at_ += *got;
  return got;
}

}  // namespace ambit::unpack
