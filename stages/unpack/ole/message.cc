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

#include "pipeline/limits_unpack.h"
#include "stages/unpack/mail/header.h"
#include "stages/unpack/ole/parts.h"
#include "stages/unpack/ole/text.h"
#include "stages/unpack/outlook/mapi.h"
#include "stages/unpack/text/charset.h"
#include "stages/unpack/text/code_page.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr auto kProperties = "__properties_version1.0"sv, kProperty = "__substg1.0_"sv;
constexpr auto kRecipient = "__recip_version1.0_"sv, kAttachment = "__attach_version1.0_"sv;
constexpr std::uint32_t kOfSeveral = 0x1000;  // a bit of the type

struct Property {
  std::uint32_t id = 0;
  MapiType type{};  // any number; of several values each is one
};
// What a stream is; of the texts of a list each is one.
std::optional<Property> property_of(std::string_view name) {
  if (!name.starts_with(kProperty) || name.size() < kProperty.size() + 8) return std::nullopt;
  std::uint32_t tag = 0;
  const char* const begin = name.data() + kProperty.size();
  if (std::from_chars(begin, begin + 8, tag, 16).ptr != begin + 8) return std::nullopt;
  const MapiType type{static_cast<std::uint16_t>(tag & 0xffff & ~kOfSeveral)};
  const bool is_list = (tag & kOfSeveral) != 0 && is_text(type);
  if (is_list != (name.size() > kProperty.size() + 8)) return std::nullopt;  // the list itself holds lengths
  return Property{tag >> 16, is_list ? type : MapiType{static_cast<std::uint16_t>(tag & 0xffff)}};
}

std::uint32_t tag_of(std::uint32_t id, MapiType type) { return id << 16 | static_cast<std::uint32_t>(type); }

std::optional<std::uint32_t> stream_of(const OleFile& file, std::uint32_t storage, std::uint32_t id, MapiType type) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string name(kProperty);
  const std::uint32_t tag = tag_of(id, type);
  for (int shift = 28; shift >= 0; shift -= 4) name.push_back(kDigits[tag >> shift & 15]);
  return file.find_stream(storage, name);
}

// The value of a property that stands in the list: MS-OXMSG 2.4. Behind a header, of the message at the root a longer
// one, rows of tag(4) flags(4) value(8).
std::optional<std::uint64_t> value_of(const OleFile& file, std::uint32_t storage, std::uint32_t id, MapiType type) {
  constexpr std::size_t kRow = 16, kRootHeader = 32, kInnerHeader = 24;
  const auto stream = file.find_stream(storage, kProperties);
  if (!stream) return std::nullopt;
  const std::string bytes = ole_bytes(file, *stream, limits::kMaxOlePropertyBytes);
  for (std::size_t at = storage == OleFile::kRoot ? kRootHeader : kInnerHeader; at + kRow <= bytes.size(); at += kRow) {
    if (number_at(bytes, at, 4) == tag_of(id, type)) return number_at(bytes, at + 8, 8);
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
  auto page = value_of(file, message, mapi::kCodePage, MapiType::integer);
  if (!page) page = value_of(file, message, mapi::kInternetCodePage, MapiType::integer);
  return page ? static_cast<int>(*page & 0xffff) : 1252;
}

class MessageHeaders final : public OleText {
 public:
  MessageHeaders(const OleFile& file, std::uint32_t storage)
      : file_(file), storage_(storage), code_page_(code_page_of(file, storage)) {}

 protected:
  bool more(std::string& out) override {
    const std::vector<std::uint32_t>& children = file_.entry(storage_).children;
    if (next_labelled_ < kMapiLabels.size()) {
      const MapiLabel& row = kMapiLabels[next_labelled_++];
      for (const MapiType type : {MapiType::wide_text, MapiType::text}) {
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
  std::string text(std::uint32_t stream, MapiType type) {
    is_damaged_ |= file_.entry(stream).is_damaged || file_.entry(stream).size > limits::kMaxOlePropertyBytes;
    const std::string bytes = ole_bytes(file_, stream, limits::kMaxOlePropertyBytes);
    std::string text = code_page_text(bytes, type == MapiType::wide_text ? 1200 : code_page_);
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
      if (!property || !is_stream || !is_text(property->type)) continue;
      if (out.size() > before) out.push_back('\t');
      out += one_line(text(child, property->type));
    }
    if (out.size() > before) out.push_back('\n');
  }

  void other(std::uint32_t stream, std::string& out) {
    const auto property = property_of(file_.entry(stream).name);
    if (!property || !is_text(property->type)) return;
    if (property->id == mapi::kBody || property->id == mapi::kHtml || !mapi_label(property->id).empty()) return;
    const std::string value = text(stream, property->type);
    line({}, property->id == mapi::kHeaders ? readable_headers(value) : value, out);
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
  parts.body = stream_of(file, storage, mapi::kBody, MapiType::wide_text);
  if (!parts.body) parts.body = stream_of(file, storage, mapi::kBody, MapiType::text);
  parts.rtf = stream_of(file, storage, mapi::kRtf, MapiType::bytes);
  const auto page = value_of(file, storage, mapi::kInternetCodePage, MapiType::integer);
  if ((parts.html = stream_of(file, storage, mapi::kHtml, MapiType::bytes))) {
    parts.charset = page ? charset_of_code_page(static_cast<int>(*page & 0xffff)) : std::string();
  } else if ((parts.html = stream_of(file, storage, mapi::kHtml, MapiType::wide_text))) {
    parts.charset = "utf-16le";
  } else if ((parts.html = stream_of(file, storage, mapi::kHtml, MapiType::text))) {
    parts.charset = charset_of_code_page(code_page_of(file, storage));
  }
  for (const std::uint32_t id : {mapi::kSubmitted, mapi::kDelivered}) {
    if (!parts.sent) parts.sent = file_time(value_of(file, storage, id, MapiType::time).value_or(0));
  }
  return parts;
}

std::unique_ptr<ByteStream> message_headers(const OleFile& file, std::uint32_t storage) {
  return std::make_unique<MessageHeaders>(file, storage);
}

std::unique_ptr<ByteStream> message_body(const OleFile& file, std::uint32_t storage, std::uint32_t stream) {
  const auto property = property_of(file.entry(stream).name);
  const bool is_wide = property && property->type == MapiType::wide_text;
  const std::string charset = is_wide ? "utf-16le" : charset_of_code_page(code_page_of(file, storage));
  return rewritten(ole_stream(file, stream), charset_decoder(charset));
}

std::string attachment_name(const OleFile& file, std::uint32_t storage) {
  constexpr std::uint64_t kMaxNameBytes = 512;
  constexpr std::array<std::uint32_t, 3> kNames = {mapi::kFileName, mapi::kShortFileName, mapi::kDisplayName};
  for (const std::uint32_t id : kNames) {
    for (const MapiType type : {MapiType::wide_text, MapiType::text}) {
      const auto stream = stream_of(file, storage, id, type);
      if (!stream) continue;
      const std::string bytes = ole_bytes(file, *stream, kMaxNameBytes);
      std::string name =
          one_line(code_page_text(bytes, type == MapiType::wide_text ? 1200 : code_page_of(file, storage)));
      if (!name.empty()) return name;
    }
  }
  return {};
}

}  // namespace ambit::unpack
