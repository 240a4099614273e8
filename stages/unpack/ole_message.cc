// Outlook messages (MS-OXMSG): a storage of properties, each a stream named by its number and its type.
//
//   message    = __properties_version1.0 __substg1.0_NNNNTTTT … *recipient *attachment
//   recipient  = __recip_version1.0_#NNNNNNNN, a storage with properties of its own
//   attachment = __attach_version1.0_#NNNNNNNN likewise; its bytes, or a storage that is a message again
//
// Contacts, tasks and notes are messages with other properties; so every text among the properties is shown, those of
// mail first and with a word that says what they are.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "pipeline/limits.h"
#include "stages/unpack/charset.h"
#include "stages/unpack/mail_header.h"
#include "stages/unpack/ole_parts.h"
#include "stages/unpack/ole_text.h"
#include "stages/unpack/rewriting.h"
#include "stages/unpack/rtf_charset.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr auto kProperties = "__properties_version1.0"sv, kProperty = "__substg1.0_"sv;
constexpr auto kRecipient = "__recip_version1.0_"sv, kAttachment = "__attach_version1.0_"sv;
constexpr std::uint32_t kText = 0x1e, kWideText = 0x1f, kTexts = 0x101e, kWideTexts = 0x101f, kBytes = 0x102;
// MS-OXPROPS.
constexpr std::uint32_t kBody = 0x1000, kRtf = 0x1009, kHtml = 0x1013, kHeaders = 0x007d;
constexpr std::uint32_t kSubmitted = 0x00390040, kDelivered = 0x0e060040;
constexpr std::uint32_t kCodePage = 0x3ffd0003, kInternetCodePage = 0x3fde0003;

struct Labelled {
  std::uint32_t id;
  std::string_view label;
};
constexpr std::array kLabelled = {
    Labelled{0x0037, "Subject"sv},      Labelled{0x0c1a, "From"sv},         Labelled{0x0c1f, "From"sv},
    Labelled{0x5d01, "From"sv},         Labelled{0x0042, "On behalf of"sv}, Labelled{0x0065, "On behalf of"sv},
    Labelled{0x5d02, "On behalf of"sv}, Labelled{0x0e04, "To"sv},           Labelled{0x0e03, "Cc"sv},
    Labelled{0x0e02, "Bcc"sv},          Labelled{0x0050, "Reply-To"sv}};

bool is_labelled(std::uint32_t id) {
  return std::any_of(kLabelled.begin(), kLabelled.end(), [&](const Labelled& row) { return row.id == id; });
}

struct Property {
  std::uint32_t id = 0, type = 0;
};
// What a stream is; of the texts of a list each is one.
std::optional<Property> property_of(std::string_view name) {
  if (!name.starts_with(kProperty) || name.size() < kProperty.size() + 8) return std::nullopt;
  std::uint32_t tag = 0;
  const char* const begin = name.data() + kProperty.size();
  if (std::from_chars(begin, begin + 8, tag, 16).ptr != begin + 8) return std::nullopt;
  const std::uint32_t type = tag & 0xffff;
  const bool is_list = type == kTexts || type == kWideTexts;
  if (is_list != (name.size() > kProperty.size() + 8)) return std::nullopt;  // the list itself holds lengths
  return Property{tag >> 16, is_list ? type & 0xfff : type};
}

std::optional<std::uint32_t> stream_of(const OleFile& file, std::uint32_t storage, std::uint32_t id,
                                       std::uint32_t type) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string name(kProperty);
  for (int shift = 28; shift >= 0; shift -= 4) name.push_back(kDigits[(id << 16 | type) >> shift & 15]);
  return file.find_stream(storage, name);
}

// The value of a property that stands in the list: MS-OXMSG 2.4. Behind a header, of the message at the root a longer
// one, rows of tag(4) flags(4) value(8).
std::optional<std::uint64_t> value_of(const OleFile& file, std::uint32_t storage, std::uint32_t tag) {
  constexpr std::size_t kRow = 16, kRootHeader = 32, kInnerHeader = 24;
  const auto stream = file.find_stream(storage, kProperties);
  if (!stream) return std::nullopt;
  const std::string bytes = ole_bytes(file, *stream, limits::kMaxOlePropertyBytes);
  for (std::size_t at = storage == OleFile::kRoot ? kRootHeader : kInnerHeader; at + kRow <= bytes.size(); at += kRow) {
    if (number_at(bytes, at, 4) == tag) return number_at(bytes, at + 8, 8);
  }
  return std::nullopt;
}

// The message that a storage belongs to.
std::uint32_t message_of(const OleFile& file, std::uint32_t storage) {
  while (storage != OleFile::kRoot && message_role(file, storage) != OleMessage::message) {
    storage = file.entry(storage).parent;
  }
  return storage;
}

int code_page_of(const OleFile& file, std::uint32_t storage) {
  const std::uint32_t message = message_of(file, storage);
  auto page = value_of(file, message, kCodePage);
  if (!page) page = value_of(file, message, kInternetCodePage);
  return page ? static_cast<int>(*page & 0xffff) : 1252;
}

class MessageHeaders final : public OleText {
 public:
  MessageHeaders(const OleFile& file, std::uint32_t storage)
      : file_(file), storage_(storage), code_page_(code_page_of(file, storage)) {}

 protected:
  bool more(std::string& out) override {
    const std::vector<std::uint32_t>& children = file_.entry(storage_).children;
    if (next_labelled_ < kLabelled.size()) {
      const Labelled& row = kLabelled[next_labelled_++];
      for (const std::uint32_t type : {kWideText, kText}) {
        if (const auto stream = stream_of(file_, storage_, row.id, type)) line(row.label, text(*stream, type), out);
      }
    } else if (next_recipient_ < children.size()) {
      const std::uint32_t child = children[next_recipient_++];
      if (file_.entry(child).name.starts_with(kRecipient)) recipient(child, out);
    } else if (next_ < children.size()) {
      const std::uint32_t child = children[next_++];
      if (file_.entry(child).is == OleEntry::Is::stream) other(child, out);
    } else {
      return false;
    }
    return true;
  }

 private:
  std::string text(std::uint32_t stream, std::uint32_t type) {
    is_damaged_ |= file_.entry(stream).is_damaged || file_.entry(stream).size > limits::kMaxOlePropertyBytes;
    const std::string bytes = ole_bytes(file_, stream, limits::kMaxOlePropertyBytes);
    std::string text = code_page_text(bytes, type == kWideText ? 1200 : code_page_);
    std::erase(text, '\0');
    make_readable(text);
    return text;
  }
  static void line(std::string_view label, const std::string& text, std::string& out) {
    if (text.empty()) return;
    if (!label.empty()) out.append(label).append(": ");
    out.append(text).push_back('\n');
  }

  // All that is known of one: names, addresses of several kinds, in one line.
  void recipient(std::uint32_t storage, std::string& out) {
    const std::size_t before = out.size();
    for (const std::uint32_t child : file_.entry(storage).children) {
      const auto property = property_of(file_.entry(child).name);
      const bool is_stream = file_.entry(child).is == OleEntry::Is::stream;
      if (!property || !is_stream || (property->type != kText && property->type != kWideText)) continue;
      if (out.size() > before) out.push_back('\t');
      out += one_line(text(child, property->type));
    }
    if (out.size() > before) out.push_back('\n');
  }

  void other(std::uint32_t stream, std::string& out) {
    const auto property = property_of(file_.entry(stream).name);
    if (!property || (property->type != kText && property->type != kWideText)) return;
    if (property->id == kBody || property->id == kHtml || is_labelled(property->id)) return;
    const std::string value = text(stream, property->type);
    line({}, property->id == kHeaders ? readable_headers(value) : value, out);
  }

  const OleFile& file_;
  std::uint32_t storage_;
  int code_page_;
  std::size_t next_labelled_ = 0, next_recipient_ = 0, next_ = 0;
};

}  // namespace

OleMessage message_role(const OleFile& file, std::uint32_t storage) {
  const std::string_view name = file.entry(storage).name;
  if (name.starts_with(kAttachment)) return OleMessage::attachment;
  if (name.starts_with(kRecipient) || name.starts_with("__nameid_version1.0")) return OleMessage::aside;
  return file.find_stream(storage, kProperties) ? OleMessage::message : OleMessage::none;
}

MessageParts message_parts(const OleFile& file, std::uint32_t storage) {
  MessageParts parts;
  parts.body = stream_of(file, storage, kBody, kWideText);
  if (!parts.body) parts.body = stream_of(file, storage, kBody, kText);
  parts.rtf = stream_of(file, storage, kRtf, kBytes);
  const auto page = value_of(file, storage, kInternetCodePage);
  if ((parts.html = stream_of(file, storage, kHtml, kBytes))) {
    parts.charset = page ? rtf_charset(static_cast<int>(*page & 0xffff)) : std::string();
  } else if ((parts.html = stream_of(file, storage, kHtml, kWideText))) {
    parts.charset = "utf-16le";
  } else if ((parts.html = stream_of(file, storage, kHtml, kText))) {
    parts.charset = rtf_charset(code_page_of(file, storage));
  }
  for (const std::uint32_t tag : {kSubmitted, kDelivered}) {
    if (!parts.sent) parts.sent = file_time(value_of(file, storage, tag).value_or(0));
  }
  return parts;
}

std::unique_ptr<ByteStream> message_headers(const OleFile& file, std::uint32_t storage) {
  return std::make_unique<MessageHeaders>(file, storage);
}

std::unique_ptr<ByteStream> message_body(const OleFile& file, std::uint32_t storage, std::uint32_t stream) {
  const auto property = property_of(file.entry(stream).name);
  const bool is_wide = property && property->type == kWideText;
  const std::string charset = is_wide ? "utf-16le" : rtf_charset(code_page_of(file, storage));
  return rewritten(ole_stream(file, stream), charset_decoder(charset));
}

std::string attachment_name(const OleFile& file, std::uint32_t storage) {
  constexpr std::uint64_t kMaxNameBytes = 512;
  constexpr std::array<std::uint32_t, 3> kNames = {0x3707, 0x3704, 0x3001};  // long, short, as shown
  for (const std::uint32_t id : kNames) {
    for (const std::uint32_t type : {kWideText, kText}) {
      const auto stream = stream_of(file, storage, id, type);
      if (!stream) continue;
      const std::string bytes = ole_bytes(file, *stream, kMaxNameBytes);
      std::string name = one_line(code_page_text(bytes, type == kWideText ? 1200 : code_page_of(file, storage)));
      if (!name.empty()) return name;
    }
  }
  return {};
}

}  // namespace ambit::unpack
