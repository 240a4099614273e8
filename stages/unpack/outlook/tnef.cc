// winmail.dat: a message of Outlook in a part of a mail (tnef_file.h). The first view is what it says in words: sender,
// subject, recipients, text, and every other text among its properties. Its HTML and its RTF are members, as documents
// that are taken apart in their turn, then its attachments; a message that is attached is TNEF again.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <deque>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/outlook/compressed_rtf.h"
#include "stages/unpack/outlook/tnef_file.h"
#include "stages/unpack/text/charset.h"
#include "stages/unpack/text/code_page.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::uint32_t kWestern = 1252;
constexpr std::uint64_t kMaxNameBytes = 2048;

// Seconds since 1970 of a number of 100 ns since 1601; nothing where it is none that a message has.
std::optional<std::int64_t> file_time(std::string_view bytes) {
  constexpr std::uint64_t kEpoch = 116'444'736'000'000'000, kSecond = 10'000'000;
  if (bytes.size() < 8) return std::nullopt;
  const std::uint64_t ticks = little64(std::as_bytes(std::span(bytes)), 0);
  if (ticks <= kEpoch || ticks > kEpoch * 4) return std::nullopt;
  return static_cast<std::int64_t>((ticks - kEpoch) / kSecond);
}

// year(2) month(2) day(2) hour(2) minute(2) second(2) …
std::optional<std::int64_t> date(std::string_view bytes) {
  if (bytes.size() < 12) return std::nullopt;
  const auto part = [&](std::size_t i) { return unsigned{little16(std::as_bytes(std::span(bytes)), 2 * i)}; };
  const std::chrono::year_month_day day{std::chrono::year{static_cast<int>(part(0))}, std::chrono::month{part(1)},
                                        std::chrono::day{part(2)}};
  if (!day.ok() || part(0) < 1970 || part(0) > 9999 || part(3) > 23 || part(4) > 59 || part(5) > 60)
    return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  return days * 86'400 + part(3) * 3600 + part(4) * 60 + part(5);
}

// What holds for the whole message.
struct Message {
  std::string charset;
  std::optional<std::int64_t> sent;
};

Message message_of(const TnefFile& file) {
  Message message;
  std::uint32_t page = kWestern;
  std::optional<std::int64_t> sent;
  for (const TnefAttribute& attribute : file.attributes()) {
    const std::string bytes = file.bytes(attribute.value, 16);
    if (attribute.tag == TnefTag::code_page && bytes.size() >= 4) page = little32(std::as_bytes(std::span(bytes)), 0);
    if (attribute.tag == TnefTag::sent && !sent) sent = date(bytes);
    if (attribute.tag != TnefTag::properties) continue;
    MapiProperties properties(file, attribute.value, MapiProperties::Holds::list);
    while (const auto property = properties.next()) {
      const bool is_sent = property->id == mapi::kSubmitted || (property->id == mapi::kDelivered && !message.sent);
      if (property->type == MapiType::time && is_sent) message.sent = file_time(file.bytes(property->value, 8));
      const bool is_page = property->id == mapi::kCodePage && property->type == MapiType::integer;
      if (!is_page) continue;
      const std::string number = file.bytes(property->value, 4);
      if (number.size() == 4) page = little32(std::as_bytes(std::span(number)), 0);
    }
  }
  if (!message.sent) message.sent = sent;
  message.charset = charset_of_code_page(static_cast<int>(page & 0xffff));
  return message;
}

// Without NULs and carriage returns.
std::string text_of(const TnefFile& file, TnefBytes range, MapiType type, const Message& message, std::uint64_t most) {
  const std::string_view charset = type == MapiType::wide_text ? "utf-16le"sv : std::string_view(message.charset);
  std::string text = to_utf8(file.bytes(range, most), charset);
  std::erase_if(text, [](char c) { return c == '\0' || c == '\r'; });
  return text;
}

// The words of a message, property by property.
class Words final : public ByteStream {
 public:
  Words(const TnefFile& file, const Message& message) : file_(file), message_(message) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    while (given_ == text_.size()) {
      text_.clear();
      given_ = 0;
      if (advance()) continue;
      if (!is_damaged_) return std::size_t{0};
      return evidence_error("the properties of a message are damaged");
    }
    const std::size_t bytes = std::min(into.size(), text_.size() - given_);
    std::memcpy(into.data(), text_.data() + given_, bytes);
    given_ += bytes;
    return bytes;
  }

 private:
  bool advance() {
    if (properties_) {
      if (const auto property = properties_->next()) return add(*property), true;
      if (is_table_ && has_recipient_) text_.push_back('\n');
      is_damaged_ |= properties_->is_damaged();
      properties_.reset();
      return true;
    }
    if (attribute_ == file_.attributes().size()) return false;
    const TnefAttribute& attribute = file_.attributes()[attribute_++];
    if (!attribute.is_of_attachment) begin(attribute);
    return true;
  }

  void begin(const TnefAttribute& attribute) {
    constexpr std::uint32_t kLine = 1, kText = 2;  // upper half of a tag
    is_table_ = attribute.tag == TnefTag::recipients;
    has_recipient_ = false;
    row_ = 0;
    if (is_table_) {
      properties_.emplace(file_, attribute.value, MapiProperties::Holds::rows);
    } else if (attribute.tag == TnefTag::properties) {
      properties_.emplace(file_, attribute.value, MapiProperties::Holds::list);
    } else if (attribute.tag == TnefTag::from) {
      from(attribute.value);
    } else if (const auto kind = static_cast<std::uint32_t>(attribute.tag) >> 16; kind == kLine || kind == kText) {
      line(attribute.tag == TnefTag::subject ? "Subject"sv : ""sv, text(attribute.value, MapiType::text));
    }
  }

  // number(2) bytes(2) name-bytes(2) address-bytes(2) name 0 address 0
  void from(TnefBytes value) {
    constexpr std::uint64_t kHeader = 8;
    if (value.bytes <= kHeader) return;
    std::string words = file_.bytes({value.offset + kHeader, value.bytes - kHeader}, kMaxNameBytes);
    std::replace(words.begin(), words.end(), '\0', '\t');
    line("From", to_utf8(words, message_.charset));
  }

  void add(const MapiProperty& property) {
    if (!is_text(property.type)) return;
    if (is_table_) return add_to_table(property);
    if (property.id == mapi::kHtml || property.id == mapi::kRtf) return;  // members
    line(mapi_label(property.id), text(property.value, property.type));
  }
  // A line for each recipient.
  void add_to_table(const MapiProperty& property) {
    if (has_recipient_) text_.push_back(row_ == properties_->row() ? '\t' : '\n');
    text_ += text(property.value, property.type);
    has_recipient_ = true;
    row_ = properties_->row();
  }

  std::string text(TnefBytes value, MapiType type) {
    is_damaged_ |= value.bytes > limits::kMaxTnefTextBytes;
    return text_of(file_, value, type, message_, limits::kMaxTnefTextBytes);
  }
  void line(std::string_view label, const std::string& words) {
    if (words.empty()) return;
    if (!label.empty()) text_.append(label).append(": ");
    text_.append(words).push_back('\n');
  }

  const TnefFile& file_;
  const Message& message_;
  std::size_t attribute_ = 0;
  std::optional<MapiProperties> properties_;  // that are being given
  bool is_table_ = false, has_recipient_ = false, is_damaged_ = false;
  std::uint64_t row_ = 0;
  std::string text_;
  std::size_t given_ = 0;
};

class Tnef final : public Unpacker {
 public:
  explicit Tnef(TnefFile file) : file_(std::move(file)), message_(message_of(file_)) {}

  Result<std::optional<Part>> next() override {
    bytes_.reset();
    if (!is_begun_) return words();
    while (pending_.empty()) {
      if (bodies_) {
        next_body();
      } else if (attribute_ < file_.attributes().size()) {
        next_attribute();
      } else {
        end_attachment();
        if (pending_.empty()) break;
      }
    }
    if (!pending_.empty()) return give();
    if (is_damaged_ || file_.is_damaged()) return evidence_error("a TNEF file is damaged");
    return std::optional<Part>();
  }
  Result<std::size_t> read(std::span<std::byte> into) override { return bytes_ ? bytes_->read(into) : 0; }

 private:
  struct Pending {
    Part part;
    TnefBytes bytes;
    bool is_packed_rtf = false;
  };
  struct Attachment {
    std::string title, short_name, long_name;
    std::optional<std::int64_t> modified;
    std::optional<TnefBytes> data, attached;
    bool is_message = false;  // `attached`
  };

  std::optional<Part> words() {
    is_begun_ = true;
    bytes_ = as_view(std::make_unique<Words>(file_, message_));
    Part part;
    part.is = Part::Is::view;
    part.sent = message_.sent;
    return part;
  }

  std::optional<Part> give() {
    Pending pending = std::move(pending_.front());
    pending_.pop_front();
    if (pending.is_packed_rtf) {
      unpack_rtf(pending);
    } else {
      pending.part.stored_at = pending.bytes.offset;
      pending.part.size = pending.bytes.bytes;
      bytes_ = file_.stream(pending.bytes);
    }
    return std::move(pending.part);
  }
  void unpack_rtf(Pending& pending) {
    const std::string packed = file_.bytes(pending.bytes, limits::kMaxTnefTextBytes);
    const auto rtf = decompress_rtf(std::as_bytes(std::span(packed)));
    if (!rtf.ok()) return void(pending.part.trouble = WalkTrouble::damaged);
    is_damaged_ |= rtf->size() < compressed_rtf_bytes(std::as_bytes(std::span(packed)));
    bytes_ = text_stream(*rtf);
  }

  // The next property that is a text in a form of its own.
  void next_body() {
    const auto property = bodies_->next();
    if (!property) return bodies_.reset();
    const bool is_rtf = property->id == mapi::kRtf && property->type == MapiType::bytes;
    const bool is_html = property->id == mapi::kHtml && (property->type == MapiType::bytes || is_text(property->type));
    if ((!is_rtf && !is_html) || property->value.bytes == 0) return;
    Pending pending;
    pending.part.name = is_rtf ? "body.rtf" : "body.html";
    pending.bytes = property->value;
    pending.is_packed_rtf = is_rtf;
    pending_.push_back(std::move(pending));
  }

  void next_attribute() {
    const TnefAttribute& attribute = file_.attributes()[attribute_++];
    if (!attribute.is_of_attachment) {
      if (attribute.tag == TnefTag::properties) {
        bodies_.emplace(file_, attribute.value, MapiProperties::Holds::list);
      }
      return;
    }
    if (attribute.tag == TnefTag::attachment_begin) end_attachment();
    if (!attachment_) attachment_ = Attachment();
    switch (attribute.tag) {
      case TnefTag::attachment_title:
        attachment_->title = text_of(file_, attribute.value, MapiType::text, message_, kMaxNameBytes);
        break;
      case TnefTag::attachment_modified:
        attachment_->modified = date(file_.bytes(attribute.value, 16));
        break;
      case TnefTag::attachment_data:
        take_data(attribute.value);
        break;
      case TnefTag::attachment_properties:
        read_properties(attribute.value);
        break;
      default:
        break;
    }
  }
  // Bytes of one attachment after the other, where what should stand between them is lost.
  void take_data(TnefBytes data) {
    if (attachment_->data) end_attachment();
    if (!attachment_) attachment_ = Attachment();
    attachment_->data = data;
  }

  void read_properties(TnefBytes list) {
    MapiProperties properties(file_, list, MapiProperties::Holds::list);
    while (const auto property = properties.next()) {
      if (property->id == mapi::kAttached) take_attached(*property);
      if (!is_text(property->type)) continue;
      const bool is_long = property->id == mapi::kFileName;
      const bool is_short = property->id == mapi::kShortFileName || property->id == mapi::kDisplayName;
      if (!is_long && !is_short) continue;
      std::string name = text_of(file_, property->value, property->type, message_, kMaxNameBytes);
      if (!name.empty()) (is_long ? attachment_->long_name : attachment_->short_name) = std::move(name);
    }
    is_damaged_ |= properties.is_damaged();
  }
  // An object says first what it is: a message as TNEF, or a document in a compound file.
  void take_attached(const MapiProperty& property) {
    constexpr std::string_view kMessage = "\x07\x03\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"sv;
    TnefBytes value = property.value;
    if (property.type == MapiType::object && value.bytes >= kMessage.size()) {
      attachment_->is_message = file_.bytes(value, kMessage.size()) == kMessage;
      value.offset += kMessage.size();
      value.bytes -= kMessage.size();
    } else if (property.type != MapiType::bytes) {
      return;
    }
    if (value.bytes > 0) attachment_->attached = value;
  }

  void end_attachment() {
    if (!attachment_) return;
    const Attachment& a = *attachment_;
    Pending pending;
    pending.part.name = !a.long_name.empty() ? a.long_name : !a.title.empty() ? a.title : a.short_name;
    pending.part.modified = a.modified;
    if (a.data && (a.data->bytes > 0 || !a.attached)) {
      pending.bytes = *a.data;
      pending_.push_back(pending);
    }
    if (a.attached) {
      pending.part.is = a.is_message ? Part::Is::message : Part::Is::member;
      pending.bytes = *a.attached;
      pending_.push_back(std::move(pending));
    }
    attachment_.reset();
  }

  TnefFile file_;
  Message message_;
  std::size_t attribute_ = 0;
  std::optional<MapiProperties> bodies_;  // of the message, while it is looked for them
  std::optional<Attachment> attachment_;  // that is being put together
  std::deque<Pending> pending_;
  std::unique_ptr<ByteStream> bytes_;
  bool is_begun_ = false, is_damaged_ = false;
};

}  // namespace

Opened open_tnef(const Packed& packed) {
  if (packed.content == nullptr) return evidence_error("a TNEF file cannot be read from a stream alone");
  auto file = TnefFile::open(*packed.content, packed.size);
  if (!file.ok()) return std::move(file).error();
  return Opened(std::make_unique<Tnef>(std::move(file).value()));
}

}  // namespace ambit::unpack
