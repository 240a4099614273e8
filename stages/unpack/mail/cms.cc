// What was signed, or only compressed, with its signature around it (CMS, RFC 5652): the smime.p7m of a mail, and
// documents with .p7m behind their names. In BER, whose lengths may be left open:
//
//   object     = SEQUENCE { OID  [0] { SEQUENCE { INTEGER  SET  content … } } }         signed
//              | SEQUENCE { OID  [0] { SEQUENCE { INTEGER  SEQUENCE  content … } } }    compressed (RFC 3274): by zlib
//   content    = SEQUENCE { OID  [ [0] { OCTET STRING | pieces } ] }                    none where it stands elsewhere
//   pieces     = *( OCTET STRING )
//
// What is signed in a mail is a part of a mail with its headers, and is read as one. What is encrypted is told
// elsewhere.
#include "stages/unpack/mail/cms.h"

#include <algorithm>
#include <array>

#include "pipeline/ascii.h"
#include "pipeline/limits.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"
#include "stages/unpack/stream/decoder.h"
#include "stages/unpack/text/window.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr unsigned kInteger = 0x02, kOctets = 0x04, kOctetPieces = 0x24, kOid = 0x06, kSequence = 0x30, kSet = 0x31,
                   kTagged = 0xa0;
constexpr std::string_view kSigned = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"sv;
constexpr std::string_view kCompressed = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09"sv;
constexpr std::uint64_t kOpen = UINT64_MAX;  // a length that the end tells
constexpr std::size_t kMostTagBytes = 10;

struct Tag {
  unsigned type = 0;
  std::uint64_t length = 0;
  std::size_t bytes = 0;  // of the tag itself
};
std::optional<Tag> tag_of(std::span<const std::byte> ahead) {
  if (ahead.size() < 2) return std::nullopt;
  Tag tag{static_cast<unsigned>(ahead[0]), static_cast<unsigned>(ahead[1]), 2};
  if ((tag.type & 0x1f) == 0x1f) return std::nullopt;  // of more than a byte: none in what is read here
  if (tag.length < 0x80) return tag;
  const std::size_t count = tag.length & 0x7f;
  if (count == 0) return Tag{tag.type, kOpen, 2};
  if (count > 8 || ahead.size() < 2 + count) return std::nullopt;
  tag.length = 0;
  for (std::size_t i = 0; i < count; ++i) tag.length = tag.length << 8 | static_cast<unsigned>(ahead[2 + i]);
  tag.bytes += count;
  return tag;
}

// The content from the first tag of the object on. Stands at its first byte after begin().
class CmsContent final : public ByteStream {
 public:
  explicit CmsContent(ByteStream& stream) : input_(stream) {}

  enum class Holds { content, nothing, other };
  [[nodiscard]] Holds begin() {
    if (!enter(kSequence)) return Holds::other;
    const auto what = take_oid();
    if (!what || (*what != kSigned && *what != kCompressed)) return Holds::other;
    if (!enter(kTagged) || !enter(kSequence) || !pass(kInteger)) return Holds::other;
    if (!pass(*what == kSigned ? kSet : kSequence)) return Holds::other;
    const auto content = next_tag();
    if (!enter(kSequence)) return Holds::other;
    const std::uint64_t begin = input_.offset();
    if (!take_oid()) return Holds::other;
    // What follows a signature that stands alone are its certificates, tagged with the same number.
    if (input_.offset() - begin >= content->length || !enter(kTagged)) return Holds::nothing;
    const auto tag = next_tag();
    if (!tag || (tag->type != kOctets && tag->type != kOctetPieces)) return Holds::other;
    input_.take(tag->bytes);
    if (tag->type == kOctets && tag->length == kOpen) return Holds::other;
    is_whole_ = tag->type == kOctets;
    left_ = is_whole_ ? tag->length : 0;
    end_ = tag->length == kOpen ? kOpen : input_.offset() + std::min(tag->length, kOpen - input_.offset());
    return Holds::content;
  }
  // Where it stands in one piece.
  [[nodiscard]] std::optional<std::uint64_t> stored_at() const {
    return is_whole_ ? std::optional(input_.offset()) : std::nullopt;
  }

  Result<std::size_t> read(std::span<std::byte> into) override {
    while (left_ == 0 && !is_whole_) {
      if (input_.offset() >= end_) return std::size_t{0};
      const auto window = input_.ahead(kMostTagBytes);
      if (!window.ok()) return window.error();
      const auto tag = tag_of(*window);
      if (!tag || tag->type == 0) return tag ? std::size_t{0} : Result<std::size_t>(cut());
      if (tag->type != kOctets && tag->type != kOctetPieces) return cut();
      input_.take(tag->bytes);
      if (tag->type == kOctets) left_ = tag->length;
    }
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left_, into.size()));
    const auto got = input_.read(into.first(most));
    if (!got.ok()) return got;
    if (*got == 0 && left_ > 0) return cut();
    left_ -= *got;
    return got;
  }

 private:
  static Error cut() { return evidence_error("what was signed is damaged or cut"); }

  [[nodiscard]] std::optional<Tag> next_tag() {
    const auto window = input_.ahead(kMostTagBytes);
    return window.ok() ? tag_of(*window) : std::nullopt;
  }
  bool enter(unsigned type) {
    const auto tag = next_tag();
    if (!tag || tag->type != type) return false;
    input_.take(tag->bytes);
    return true;
  }
  // With what is in it. An open length is not followed: nobody writes one there.
  bool pass(unsigned type) {
    const auto tag = next_tag();
    if (!tag || tag->type != type || tag->length == kOpen) return false;
    input_.take(tag->bytes);
    const auto passed = input_.skip(tag->length);
    return passed.ok() && *passed == tag->length;
  }
  std::optional<std::string> take_oid() {
    constexpr std::uint64_t kMostOid = 64;
    const auto tag = next_tag();
    if (!tag || tag->type != kOid || tag->length > kMostOid) return std::nullopt;
    input_.take(tag->bytes);
    std::string oid(static_cast<std::size_t>(tag->length), '\0');
    const auto got = input_.read(std::as_writable_bytes(std::span(oid)));
    return got.ok() && *got == oid.size() ? std::optional(std::move(oid)) : std::nullopt;
  }

  Input input_;
  bool is_whole_ = true;
  std::uint64_t left_ = 0;  // of the piece
  std::uint64_t end_ = 0;   // of the pieces
};

// The parts of a mail that stands nowhere as it is.
class SignedMail final : public Unpacker {
 public:
  SignedMail(std::unique_ptr<ByteStream> bytes, const Packed& packed) : bytes_(std::move(bytes)) {
    Packed mail;
    mail.stream = bytes_.get();
    mail.sandboxes = packed.sandboxes;
    if (Opened opened = open_mail(mail); opened.ok()) mail_ = std::move(opened).value();
  }
  Result<std::optional<Part>> next() override {
    if (mail_ == nullptr) return std::optional<Part>();
    Result<std::optional<Part>> part = mail_->next();
    if (part.ok() && *part) {
      (*part)->stored_at.reset();
      (*part)->written_at.reset();
    }
    return part;
  }
  Result<std::size_t> read(std::span<std::byte> into) override { return mail_->read(into); }

 private:
  const std::unique_ptr<ByteStream> bytes_;
  std::unique_ptr<Unpacker> mail_;  // reads from bytes_
};

class NoPart final : public Unpacker {
 public:
  Result<std::optional<Part>> next() override { return std::optional<Part>(); }
  Result<std::size_t> read(std::span<std::byte>) override { return std::size_t{0}; }
};

std::string without_p7m(std::string_view name) {
  for (const std::string_view ending : {".p7m"sv, ".p7s"sv, ".p7z"sv}) {
    if (name.size() > ending.size() && ends_caseless(name, ending)) name.remove_suffix(ending.size());
  }
  return std::string(name);
}

}  // namespace

bool is_cms(std::span<const std::byte> head) {
  const auto outer = tag_of(head);
  if (!outer || outer->type != kSequence) return false;
  const auto oid = tag_of(head.subspan(outer->bytes));
  if (!oid || oid->type != kOid) return false;
  const std::string_view value = chars(head.subspan(outer->bytes + oid->bytes)).substr(0, oid->length);
  return value == kSigned || value == kCompressed;
}

Opened open_cms(const Packed& packed) {
  auto content = std::make_unique<CmsContent>(*packed.stream);
  const auto holds = content->begin();
  if (holds == CmsContent::Holds::other) return evidence_error("what was signed is damaged or cut");
  if (holds == CmsContent::Holds::nothing) return Opened(std::make_unique<NoPart>());
  Part part;
  part.stored_at = content->stored_at();
  part.name = without_p7m(packed.file_name);
  constexpr std::size_t kFirst = 64;
  auto peeked = std::make_unique<Peeked>(std::move(content), kFirst);
  const std::string_view head = peeked->head();
  const bool is_mail = begins_caseless(head, "content-") || begins_caseless(head, "mime-version:");
  if (is_mail) return Opened(std::make_unique<SignedMail>(std::move(peeked), packed));
  return one_part(std::move(part), std::move(peeked));
}

}  // namespace ambit::unpack
