#include "stages/unpack/outlook/item.h"

#include <libpff.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <utility>
#include <vector>

#include "pipeline/base64.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/input.h"
#include "stages/unpack/outlook/mapi.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

struct FreeSet {
  void operator()(libpff_record_set_t* set) const { libpff_record_set_free(&set, nullptr); }
};
using Properties = std::unique_ptr<libpff_record_set_t, FreeSet>;
struct FreeEntry {
  void operator()(libpff_record_entry_t* entry) const { libpff_record_entry_free(&entry, nullptr); }
};
using Property = std::unique_ptr<libpff_record_entry_t, FreeEntry>;

// An item has one set of properties; a table, as that of the recipients, one for each row.
Properties properties_of(libpff_item_t* item, int set = 0) {
  libpff_record_set_t* found = nullptr;
  if (libpff_item_get_record_set_by_index(item, set, &found, nullptr) != 1) return {};
  return Properties(found);
}

Property property_of(libpff_item_t* item, std::uint32_t which) {
  const Properties set = properties_of(item);
  libpff_record_entry_t* found = nullptr;
  constexpr std::uint8_t kHow =
      LIBPFF_ENTRY_VALUE_FLAG_MATCH_ANY_VALUE_TYPE | LIBPFF_ENTRY_VALUE_FLAG_IGNORE_NAME_TO_ID_MAP;
  if (set == nullptr || libpff_record_set_get_entry_by_type(set.get(), which, 0, &found, kHow, nullptr) != 1) return {};
  return Property(found);
}

std::string string_in(libpff_record_entry_t* entry) {
  std::size_t size = 0;
  if (libpff_record_entry_get_data_as_utf8_string_size(entry, &size, nullptr) != 1 || size == 0 ||
      size > limits::kMaxMailHeaderBytes) {
    return {};
  }
  std::string out(size, '\0');
  if (libpff_record_entry_get_data_as_utf8_string(entry, reinterpret_cast<std::uint8_t*>(out.data()), size, nullptr) !=
      1) {
    return {};
  }
  while (!out.empty() && out.back() == '\0') out.pop_back();
  // A subject may begin with a mark of its prefix: 01, and its length.
  if (out.size() > 1 && out[0] == '\x01') out.erase(0, 2);
  return out;
}

std::string string_of(libpff_item_t* item, std::uint32_t which) {
  const Property property = property_of(item, which);
  return property != nullptr ? string_in(property.get()) : std::string();
}

std::string in_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return text;
}

std::string date_of(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm utc{};
  std::array<char, 64> text{};
  if (gmtime_r(&time, &utc) == nullptr) return {};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S +0000", &utc)};
}

// Every string of one set of properties, a line each.
void append_strings_of(libpff_record_set_t* set, std::string& out) {
  int entries = 0;
  if (libpff_record_set_get_number_of_entries(set, &entries, nullptr) != 1) return;
  entries = std::min(entries, limits::kMaxOutlookEntries);
  for (int i = 0; i < entries && out.size() < limits::kMaxViewBytes; ++i) {
    libpff_record_entry_t* found = nullptr;
    if (libpff_record_set_get_entry_by_index(set, i, &found, nullptr) != 1) continue;
    const Property entry(found);
    std::uint32_t which = 0, type = 0;
    if (libpff_record_entry_get_entry_type(found, &which, nullptr) != 1 ||
        libpff_record_entry_get_value_type(found, &type, nullptr) != 1 ||
        !is_text(MapiType{static_cast<std::uint16_t>(type)}) || which == mapi::kHeaders || which == mapi::kBody ||
        which == mapi::kHtml) {
      continue;
    }
    const std::string text = in_one_line(string_in(found));
    if (text.empty()) continue;
    const std::string_view label = mapi_label(which);
    std::array<char, 32> number{};
    std::snprintf(number.data(), number.size(), "Property %04x", which);
    out.append(label.empty() ? std::string_view(number.data()) : label).append(": ").append(text) += '\n';
  }
}

void append_strings(libpff_item_t* item, std::string& out) {
  int sets = 0;
  if (libpff_item_get_number_of_record_sets(item, &sets, nullptr) != 1) return;
  sets = std::min(sets, limits::kMaxOutlookSets);
  for (int i = 0; i < sets; ++i) {
    if (const Properties set = properties_of(item, i)) append_strings_of(set.get(), out);
  }
}

using BodySize = int (*)(libpff_item_t*, std::size_t*, libpff_error_t**);
using Body = int (*)(libpff_item_t*, std::uint8_t*, std::size_t, libpff_error_t**);

std::string body_of(libpff_item_t* item, BodySize size_of, Body get) {
  std::size_t size = 0;
  if (size_of(item, &size, nullptr) != 1 || size == 0 || size > limits::kMaxViewBytes) return {};
  std::string out(size, '\0');
  if (get(item, reinterpret_cast<std::uint8_t*>(out.data()), size, nullptr) != 1) return {};
  while (!out.empty() && out.back() == '\0') out.pop_back();
  return out;
}

// Headers as they were sent, without those that say how the body was written: it is written anew.
std::string sent_headers(const std::string& headers) {
  std::string out;
  bool left_out = false;
  for (std::string_view rest = headers; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line[0] != ' ' && line[0] != '\t') {
      std::string name(line.substr(0, line.find(':')));
      std::transform(name.begin(), name.end(), name.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      left_out = name.starts_with("content-") || name == "mime-version" || line.find(':') == std::string_view::npos;
    }
    if (!left_out) out.append(line) += '\n';
  }
  return out;
}

std::string made_headers(libpff_item_t* item) {
  std::string out;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) out.append(name).append(": ").append(in_one_line(value)) += '\n';
  };
  std::string address = string_of(item, mapi::kSenderSmtp);
  if (address.empty()) address = string_of(item, mapi::kSenderAddress);
  // Also where it has no sender: as a contact, which is to be read like a mail all the same.
  out +=
      "From: " + in_one_line(string_of(item, mapi::kSenderName)) + (address.empty() ? "" : " <" + address + ">") + "\n";
  if (const auto sent = sent_of(item)) add("Date", date_of(*sent));
  add("Message-ID", string_of(item, mapi::kMessageId));
  return out;
}

// Parts are parted by a line that no base64 has, and no text of ours.
constexpr std::string_view kBoundary = "=_ambit_part_of_an_outlook_item";

std::string part_head(std::string_view type, std::string_view encoding, const std::string& name) {
  std::string out = "\n--" + std::string(kBoundary) + "\nContent-Type: " + std::string(type) +
                    "\nContent-Transfer-Encoding: " + std::string(encoding) + "\n";
  std::string quoted;
  for (const char c : in_one_line(name)) quoted += c == '"' || c == '\\' ? '_' : c;
  if (!quoted.empty()) out += "Content-Disposition: attachment; filename=\"" + quoted + "\"\n";
  return out + "\n";
}

// In lines; a last one that has not all its letters ends without a newline.
std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kLine = 57, kLetters = kLine / 3 * 4;
  std::string out;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(kLine, bytes.size()))) {
    const std::string line = to_base64(chars(std::as_bytes(bytes.first(std::min(kLine, bytes.size())))));
    out += line;
    if (line.size() == kLetters) out += '\n';
  }
  return out;
}

// Head and texts at once, then one attachment after the other, a piece at a time.
class Mail final : public ByteStream {
 public:
  Mail(OutlookItem item, const std::string& folder, std::size_t depth);
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  [[nodiscard]] bool refill();  // false: that was all
  void begin_attachment();
  void add_bodies();

  static constexpr std::size_t kPiece = 57 * 1024;  // whole lines of base64
  OutlookItem item_;
  std::size_t depth_;
  std::string ready_;
  std::size_t given_ = 0;
  int next_ = 0, count_ = 0;
  OutlookItem attachment_;             // whose bytes are read
  std::uint64_t left_ = 0;             // of them
  std::unique_ptr<ByteStream> inner_;  // a message in the message
  bool ended_ = false, damaged_ = false;
};

Mail::Mail(OutlookItem item, const std::string& folder, std::size_t depth) : item_(std::move(item)), depth_(depth) {
  const std::string sent = sent_headers(string_of(item_.get(), mapi::kHeaders));
  ready_ = sent.empty() ? made_headers(item_.get()) : sent;
  if (sent.empty()) ready_ += "Subject: " + in_one_line(string_of(item_.get(), mapi::kSubject)) + "\n";
  if (!folder.empty()) ready_ += "X-Folder: " + in_one_line(folder) + "\n";
  ready_ += "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"" + std::string(kBoundary) + "\"\n";
  add_bodies();
  if (libpff_message_get_number_of_attachments(item_.get(), &count_, nullptr) != 1) count_ = 0;
  count_ = std::min(count_, limits::kMaxOutlookSets);
}

void Mail::add_bodies() {
  const std::string plain =
      body_of(item_.get(), libpff_message_get_plain_text_body_size, libpff_message_get_plain_text_body);
  const std::string html = body_of(item_.get(), libpff_message_get_html_body_size, libpff_message_get_html_body);
  if (!plain.empty()) ready_ += part_head("text/plain", "8bit", "") + plain;
  if (!html.empty()) ready_ += part_head("text/html", "8bit", "") + html;
  if (plain.empty() && html.empty()) {
    const std::string rtf = body_of(item_.get(), libpff_message_get_rtf_body_size, libpff_message_get_rtf_body);
    if (!rtf.empty()) ready_ += part_head("application/rtf", "8bit", "body.rtf") + rtf;
  }
  std::string strings;
  append_strings(item_.get(), strings);
  libpff_item_t* recipients = nullptr;
  if (libpff_message_get_recipients(item_.get(), &recipients, nullptr) == 1) {
    const OutlookItem owner(recipients);
    append_strings(recipients, strings);
  }
  if (!strings.empty()) ready_ += part_head("text/plain; charset=utf-8", "8bit", "") + strings;
}

void Mail::begin_attachment() {
  libpff_item_t* found = nullptr;
  if (libpff_message_get_attachment(item_.get(), next_++, &found, nullptr) != 1) {
    damaged_ = true;
    return;
  }
  attachment_.reset(found);
  int type = LIBPFF_ATTACHMENT_TYPE_UNDEFINED;
  static_cast<void>(libpff_attachment_get_type(found, &type, nullptr));
  std::string name = string_of(found, mapi::kFileName);
  if (name.empty()) name = string_of(found, mapi::kShortFileName);
  libpff_item_t* inner = nullptr;
  if (type == LIBPFF_ATTACHMENT_TYPE_ITEM && depth_ < limits::kMaxOutlookMessageDepth &&
      libpff_attachment_get_item(found, &inner, nullptr) == 1) {
    ready_ += part_head("message/rfc822", "8bit", "");
    inner_ = mail_of(OutlookItem(inner), "", depth_ + 1);
    attachment_.reset();
    return;
  }
  size64_t size = 0;
  if (libpff_attachment_get_data_size(found, &size, nullptr) != 1) {
    damaged_ = damaged_ || type == LIBPFF_ATTACHMENT_TYPE_DATA;
    attachment_.reset();
    return;
  }
  std::string kind = in_one_line(string_of(found, mapi::kMimeType));
  if (kind.find('/') == std::string::npos || kind.starts_with("multipart")) kind = "application/octet-stream";
  ready_ += part_head(kind, "base64", name);
  left_ = size;
}

bool Mail::refill() {
  ready_.clear();
  given_ = 0;
  if (inner_ != nullptr) {
    ready_.resize(kPiece);
    const Result<std::size_t> got = inner_->read(std::as_writable_bytes(std::span(ready_)));
    damaged_ = damaged_ || !got.ok();
    ready_.resize(got.ok() ? *got : 0);
    if (ready_.empty()) inner_.reset();
  } else if (attachment_ != nullptr) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, left_)));
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t got =
          libpff_attachment_data_read_buffer(attachment_.get(), bytes.data() + filled, bytes.size() - filled, nullptr);
      damaged_ = damaged_ || got <= 0;
      if (got <= 0) break;
      filled += static_cast<std::size_t>(got);
    }
    left_ = filled == bytes.size() ? left_ - filled : 0;
    ready_ = base64(std::span(bytes).first(filled));
    if (left_ == 0) attachment_.reset();
  } else if (next_ < count_) {
    begin_attachment();
  } else {
    if (ended_) return false;
    ended_ = true;
    ready_ = "\n--" + std::string(kBoundary) + "--\n";
  }
  return true;
}

Result<std::size_t> Mail::read(std::span<std::byte> into) {
  while (given_ == ready_.size()) {
    if (refill()) continue;
    if (std::exchange(damaged_, false)) return evidence_error("an item of an Outlook store is damaged");
    return std::size_t{0};
  }
  const std::size_t count = std::min(into.size(), ready_.size() - given_);
  std::copy_n(std::as_bytes(std::span(ready_)).begin() + static_cast<std::ptrdiff_t>(given_), count, into.begin());
  given_ += count;
  return count;
}

}  // namespace

void FreeItem::operator()(libpff_item_t* item) const { libpff_item_free(&item, nullptr); }

std::unique_ptr<ByteStream> mail_of(OutlookItem item, const std::string& folder, std::size_t depth) {
  return std::make_unique<Mail>(std::move(item), folder, depth);
}

std::optional<std::int64_t> sent_of(libpff_item_t* item) {
  constexpr std::uint64_t kTicks = 10'000'000, kSecondsFrom1601 = 11'644'473'600;
  for (const std::uint32_t which : {mapi::kSubmitted, mapi::kDelivered}) {
    const Property property = property_of(item, which);
    std::uint64_t ticks = 0;
    if (property != nullptr && libpff_record_entry_get_data_as_filetime(property.get(), &ticks, nullptr) == 1 &&
        ticks != 0) {
      return static_cast<std::int64_t>(ticks / kTicks) - static_cast<std::int64_t>(kSecondsFrom1601);
    }
  }
  return std::nullopt;
}

std::string name_of(libpff_item_t* item) { return string_of(item, mapi::kDisplayName); }

}  // namespace ambit::unpack
