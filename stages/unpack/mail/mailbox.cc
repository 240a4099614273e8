// Mailboxes: many mails in one file, with a line between them.
//
//   mbox = *( "From " sender " " date newline  mail  newline )     mboxo, mboxrd, mboxcl, mboxcl2
//   MMDF = *( 4 x 0x01 newline  mail  4 x 0x01 newline )
//
// The dialects of mbox differ in how they keep a line of a mail that begins with "From " from being taken for the next
// mail: with a ">" before it (o, rd, cl), or by a Content-Length (cl, cl2). A Content-Length is what the sender says,
// and one that lies would hide mails. So a line counts if it looks like what programs write there: with a time and a
// year, and a header below it. A mail in a mail that was pasted as it stands in a mailbox is then a mail of its own,
// which loses nothing. Quoted lines stay quoted: a message is the bytes of the mailbox, not what some dialect meant.
#include <algorithm>
#include <array>
#include <cstring>

#include "pipeline/ascii.h"
#include "pipeline/limits.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/mail/header.h"
#include "stages/unpack/text/charset.h"
#include "stages/unpack/text/window.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMailboxWindow = 1 * limits::MiB;
constexpr std::size_t kHeaderBytes = 64 * limits::KiB;  // the Date of a mail is looked for in so many
constexpr std::size_t kMailboxLine = 1000;              // of the line between two mails, and of the one below it
constexpr std::size_t kMailboxAhead = 2 * kMailboxLine;
constexpr std::string_view kFrom = "From ";
constexpr std::string_view kDelimiter = "\x01\x01\x01\x01";

// A time and a year, in any order.
bool has_date(std::string_view line) {
  bool time = false, year = false;
  for (std::size_t i = 0; i + 3 < line.size(); ++i) {
    time |= is_digit(line[i]) && line[i + 1] == ':' && is_digit(line[i + 2]) && is_digit(line[i + 3]);
    year |= (line.substr(i, 2) == "19" || line.substr(i, 2) == "20") && is_digit(line[i + 2]) && is_digit(line[i + 3]);
  }
  return time && year;
}

bool is_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  return colon != std::string_view::npos && colon > 0 && colon < 80 &&
         std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string_view first_line(std::string_view text) {
  std::string_view line = text.substr(0, kMailboxLine);
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// `text` begins with "From ".
bool begins_mail(std::string_view text, bool behind_empty_line) {
  const std::size_t end = text.substr(0, kMailboxLine).find('\n');
  if (end == std::string_view::npos || !has_date(text.substr(0, end))) return false;
  const std::string_view below = first_line(text.substr(end + 1));
  return is_header(below) || below.starts_with(">From ") || (below.empty() && behind_empty_line);
}

// Where a mail begins behind an empty line.
std::size_t find_mail(std::string_view text) {
  for (std::size_t at = text.find("\nFrom "); at != std::string_view::npos; at = text.find("\nFrom ", at + 1)) {
    const bool behind_empty_line = text.substr(0, at).ends_with('\n') || text.substr(0, at).ends_with("\n\r");
    if (behind_empty_line && begins_mail(text.substr(at + 1), true)) return at + 1;
  }
  return std::string_view::npos;
}

class Mailbox final : public Unpacker {
 public:
  explicit Mailbox(ByteStream& stream) : window_(stream, kMailboxWindow) {}

  // False if no mail begins at the front, and none behind what a mailbox that was cut has there: the end of a mail.
  bool begin() {
    window_.ensure(kHeaderBytes);
    if (window_.view().starts_with(kUtf8Mark)) window_.drop(kUtf8Mark.size());
    window_.drop(std::min(window_.view().find_first_not_of("\r\n"), window_.view().size()));
    is_mmdf_ = window_.view().starts_with(kDelimiter);
    return is_mmdf_ || window_.view().starts_with(kFrom) || find_mail(window_.view()) != std::string_view::npos;
  }

  Result<std::optional<Part>> next() override {
    while (in_mail_) {
      find_body();
      if (body_ == 0) break;
      take(body_);
    }
    in_mail_ = false;
    window_.ensure(kHeaderBytes);
    if (window_.view().empty()) {
      if (window_.failure()) return *window_.failure();
      return std::optional<Part>();
    }
    const bool follows = drop_separator();
    if (follows || !window_.view().empty()) return mail();
    if (window_.failure()) return *window_.failure();
    return std::optional<Part>();
  }

  Result<std::size_t> read(std::span<std::byte> into) override {
    if (!in_mail_) return 0;
    if (body_ == 0) find_body();
    if (body_ == 0) {
      in_mail_ = false;
      if (window_.view().empty() && window_.failure()) return *window_.failure();
      return 0;
    }
    const std::size_t bytes = std::min(body_, into.size());
    std::memcpy(into.data(), window_.view().data(), bytes);
    take(bytes);
    return bytes;
  }

 private:
  std::optional<Part> mail() {
    window_.ensure(kHeaderBytes);
    Part part;
    part.is = Part::Is::message;
    part.stored_at = window_.offset();
    if (const auto date = header_value(window_.view().substr(0, kHeaderBytes), "date")) part.sent = mail_date(*date);
    in_mail_ = true;
    last_ = '\n';
    body_ = 0;
    return part;
  }

  // The lines between two mails. False if none of them announces one.
  bool drop_separator() {
    window_.drop(std::min(window_.view().find_first_not_of("\r\n"), window_.view().size()));
    while (is_mmdf_ && window_.view().starts_with(kDelimiter)) {
      drop_line();
      window_.ensure(kHeaderBytes);
    }
    const bool follows = !is_mmdf_ && window_.view().starts_with(kFrom);
    if (window_.view().starts_with(kFrom)) drop_line();
    return follows;
  }

  void drop_line() {
    std::size_t end = window_.view().find('\n');
    while (end == std::string_view::npos && !window_.ended()) {
      window_.drop(window_.view().size());
      window_.ensure(kHeaderBytes);
      end = window_.view().find('\n');
    }
    window_.drop(end == std::string_view::npos ? window_.view().size() : end + 1);
  }

  void take(std::size_t bytes) {
    last_ = window_.view()[bytes - 1];
    window_.drop(bytes);
    body_ -= bytes;
  }

  // Sets body_ to the bytes of the view that belong to the mail: up to the next separator, or as far as one would be
  // seen. 0: the mail ends here.
  void find_body() {
    window_.ensure(kHeaderBytes);
    const std::string_view view = window_.view();
    const std::size_t horizon = window_.ended() ? view.size() : view.size() - kMailboxAhead;
    if (last_ == '\n' && is_separator(0)) return void(body_ = 0);
    const char* const data = view.data();
    for (std::size_t from = 0; from < horizon;) {
      const void* const found = std::memchr(data + from, '\n', horizon - from);
      if (found == nullptr) break;
      from = static_cast<std::size_t>(static_cast<const char*>(found) - data) + 1;
      if (from >= view.size() || (data[from] != 'F' && data[from] != '\x01')) continue;
      if (is_separator(from)) return void(body_ = without_empty_line(from));
    }
    // An empty line before a separator that is not in sight yet is held back, and one at the very end is none of the
    // mail's.
    if (!window_.ended()) return void(body_ = horizon - 2);
    body_ = view.ends_with('\n') ? without_empty_line(view.size()) : view.size();
  }

  [[nodiscard]] bool is_separator(std::size_t at) const {
    const std::string_view text = window_.view().substr(at);
    if (is_mmdf_) return text.starts_with(kDelimiter) && (text.size() == 4 || text[4] == '\n' || text[4] == '\r');
    return text.starts_with(kFrom) && begins_mail(text, at != 0 && without_empty_line(at) < at);
  }

  // `at`: where a line begins. The empty line before it, if there is one, belongs to the separator.
  [[nodiscard]] std::size_t without_empty_line(std::size_t at) const {
    const std::string_view view = window_.view();
    std::size_t end = at - 1;
    if (end > 0 && view[end - 1] == '\r') --end;
    const char before = end > 0 ? view[end - 1] : last_;
    return before == '\n' && !is_mmdf_ ? end : at;
  }

  Window window_;
  bool is_mmdf_ = false, in_mail_ = false;
  std::size_t body_ = 0;
  char last_ = '\n';  // byte taken of this mail
};

}  // namespace

Opened open_mailbox(const Packed& packed) {
  auto mailbox = std::make_unique<Mailbox>(*packed.stream);
  if (!mailbox->begin()) return Error{ErrorKind::evidence, "no mail begins at the front of the mailbox", {}, {}};
  return Opened(std::move(mailbox));
}

}  // namespace ambit::unpack
