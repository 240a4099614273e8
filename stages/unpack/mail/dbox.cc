// dbox, the mailboxes of dovecot: one mail in a file (sdbox, u.1) or many (mdbox, m.1).
//
//   dbox     = "2 " "M" hex " C" hex newline *message     version; bytes of a message's header; when it was made
//   message  = 01 02 "N" " " uid:8 " " size:16 [room] newline mail newline 01 03 newline metadata
//   metadata = *( letter value newline ) newline          R: when it was received, in hexadecimal digits
//
// A mail may be compressed (dovecot's zlib plugin): then its bytes are those of a gzip, a zstd or an lz4, and the part
// is opened as such. What was expunged stays in the file until it is purged, and is a part like the others.
//
// A message whose header is damaged is looked for again from there: by the bytes that begin one.
#include <algorithm>
#include <charconv>

#include "pipeline/limits.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"
#include "stages/unpack/mail/header.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kDboxVersion = "2 "sv, kDboxMessage = "\1\2N "sv;
constexpr std::size_t kDboxFirstLine = 256;  // more than any version writes
constexpr std::size_t kDboxSizeAt = 13, kDboxSizeDigits = 16, kLeastDboxHeader = 30, kMostDboxHeader = 1024;
constexpr std::size_t kDboxMailHeader = 64 * limits::KiB;  // the Date of a mail is looked for in so many

std::optional<std::uint64_t> dbox_number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// What the first line says: bytes of it, and of the headers of messages.
struct DboxHead {
  std::size_t bytes = 0, header_bytes = 0;
};
std::optional<DboxHead> dbox_head(std::string_view text) {
  const std::size_t end = text.substr(0, kDboxFirstLine).find('\n');
  if (!text.starts_with(kDboxVersion) || end == std::string_view::npos) return std::nullopt;
  DboxHead head{end + 1, 0};
  for (std::string_view rest = text.substr(kDboxVersion.size(), end - kDboxVersion.size()); !rest.empty();) {
    const std::string_view field = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(field.size() + 1, rest.size()));
    const auto value = dbox_number(field.substr(std::min<std::size_t>(field.size(), 1)));
    if (!value) return std::nullopt;
    if (field[0] == 'M') head.header_bytes = static_cast<std::size_t>(std::min<std::uint64_t>(*value, UINT32_MAX));
  }
  const bool is_sound = head.header_bytes >= kLeastDboxHeader && head.header_bytes <= kMostDboxHeader;
  return is_sound ? std::optional(head) : std::nullopt;
}

class Dbox final : public Unpacker {
 public:
  explicit Dbox(Input input) : input_(std::move(input)) {}

  [[nodiscard]] bool begin() {
    const auto window = input_.ahead(kDboxFirstLine);
    const auto head = window.ok() ? dbox_head(chars(*window)) : std::nullopt;
    if (!head) return false;
    input_.take(head->bytes);
    header_bytes_ = head->header_bytes;
    return true;
  }

  Result<std::optional<Part>> next() override {
    const auto rest = input_.skip(std::exchange(left_, 0));
    if (!rest.ok()) return rest.error();
    if (const Result<bool> found = find_message(); !found.ok() || !*found) {
      return found.ok() ? Result<std::optional<Part>>(std::nullopt) : found.error();
    }
    const auto header = input_.ahead(header_bytes_);
    if (!header.ok()) return header.error();
    const auto size = dbox_number(chars(*header).substr(std::min(header->size(), kDboxSizeAt), kDboxSizeDigits));
    if (!size || header->size() < header_bytes_) return evidence_error("a message of a dbox is damaged or cut");
    input_.take(header_bytes_);
    left_ = *size;
    Part part;
    part.is = Part::Is::message;
    part.stored_at = input_.offset();
    part.size = *size;
    const auto mail = input_.ahead(kDboxMailHeader);
    if (!mail.ok()) return mail.error();
    const std::string_view text =
        chars(*mail).substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(kDboxMailHeader, *size)));
    if (const auto date = header_value(text, "date")) part.sent = mail_date(*date);
    return std::optional(std::move(part));
  }

  Result<std::size_t> read(std::span<std::byte> into) override {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left_, into.size()));
    const auto got = input_.read(into.first(most));
    if (!got.ok()) return got;
    left_ = *got == 0 ? 0 : left_ - *got;
    return got;
  }

 private:
  // Passes the metadata of the message before, and whatever is none.
  Result<bool> find_message() {
    while (true) {
      const auto window = input_.ahead(kDboxMailHeader);
      if (!window.ok()) return window.error();
      if (window->size() < kDboxMessage.size()) return false;
      const std::size_t at = chars(*window).find(kDboxMessage);
      if (at != std::string_view::npos) return input_.take(at), true;
      input_.take(window->size() - (kDboxMessage.size() - 1));
    }
  }

  Input input_;
  std::size_t header_bytes_ = 0;
  std::uint64_t left_ = 0;  // of the message
};

}  // namespace

Opened open_dbox(const Packed& packed) {
  auto dbox = std::make_unique<Dbox>(Input(*packed.stream));
  if (!dbox->begin()) return evidence_error("not a mailbox of dovecot");
  return Opened(std::move(dbox));
}

}  // namespace ambit::unpack
