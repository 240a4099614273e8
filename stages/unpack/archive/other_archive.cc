// The archives that are rarer: 7z, rar, cab, cpio, ar, ISO 9660, xar, lha, by libarchive; and rpm, whose payload
// is one part.
//
// What libarchive is not asked: mtree, raw and empty, which every file is; tar and zip, which are read better here; and
// filters, because a compressed archive was decompressed before it came here. (An rpm is a compressed cpio behind
// headers: it would need filters, whose memory nobody bounds.)
//
// Names come as the archive has them; where that is UTF-16, as UTF-8. libarchive converts by the locale of the thread,
// and gives no name where that cannot be: so a locale of UTF-8 is set while it reads.
#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdio>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

// The locale of this thread is UTF-8 while it lives.
class InUtf8 {
 public:
  InUtf8() : before_(uselocale(utf8())) {}
  ~InUtf8() { uselocale(before_); }
  InUtf8(const InUtf8&) = delete;
  InUtf8& operator=(const InUtf8&) = delete;

 private:
  static locale_t utf8() {
    static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
    return locale == locale_t{} ? LC_GLOBAL_LOCALE : locale;
  }
  locale_t before_;
};

class Archive final : public Unpacker {
 public:
  Archive(const Packed& packed, Input input) : content_(packed.content), size_(packed.size), input_(std::move(input)) {}
  [[nodiscard]] Result<> begin();
  Result<std::optional<Part>> next() override;
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  struct Free {
    void operator()(archive* a) const { static_cast<void>(archive_read_free(a)); }
  };
  static la_ssize_t on_read(archive* a, void* self, const void** bytes);
  static la_int64_t on_skip(archive* a, void* self, la_int64_t count);
  static la_int64_t on_seek(archive* a, void* self, la_int64_t offset, int whence);
  [[nodiscard]] Error error() const;
  [[nodiscard]] Result<> next_block();
  [[nodiscard]] bool is_7z() const { return archive_format(archive_.get()) == ARCHIVE_FORMAT_7ZIP; }
  [[nodiscard]] Part part_of(archive_entry* entry, int said);

  Content* content_;
  std::uint64_t size_;
  Input input_;
  std::unique_ptr<archive, Free> archive_;
  std::size_t shown_ = 0;         // bytes that libarchive looks at, taken at its next question
  std::optional<Error> failure_;  // of the source
  bool readable_ = false;         // the member has bytes to give …
  bool unpassed_ = false;         // … or at least to pass
  // A 7z that met damage. libarchive 3.6 goes on with the decoder that failed, and libbz2 then writes where it must
  // not; so the members of a 7z are passed here and not by libarchive, and the first that is damaged is the last.
  bool broken_ = false;
  std::span<const std::byte> block_;  // of the member, what is left of libarchive's last
  std::uint64_t at_ = 0, zeros_ = 0;  // in the member; zeros to come before the block
  int failures_ = 0;                  // headers in a row that could not be read
};

la_ssize_t Archive::on_read(archive* a, void* self, const void** bytes) {
  Archive& me = *static_cast<Archive*>(self);
  me.input_.take(std::exchange(me.shown_, 0));
  const auto window = me.input_.ahead();
  if (!window.ok()) {
    me.failure_ = window.error();
    archive_set_error(a, EIO, "source");
    return -1;
  }
  *bytes = window->data();
  me.shown_ = window->size();
  return static_cast<la_ssize_t>(window->size());
}

la_int64_t Archive::on_skip(archive* /*a*/, void* self, la_int64_t count) {
  Archive& me = *static_cast<Archive*>(self);
  me.input_.take(std::exchange(me.shown_, 0));
  const auto skipped = me.input_.skip(static_cast<std::uint64_t>(std::max<la_int64_t>(0, count)));
  if (!skipped.ok()) me.failure_ = skipped.error();
  return skipped.ok() ? static_cast<la_int64_t>(*skipped) : 0;
}

la_int64_t Archive::on_seek(archive* /*a*/, void* self, la_int64_t offset, int whence) {
  Archive& me = *static_cast<Archive*>(self);
  me.input_.take(std::exchange(me.shown_, 0));
  const auto size = static_cast<la_int64_t>(me.size_);
  const la_int64_t from = whence == SEEK_SET   ? 0
                          : whence == SEEK_CUR ? static_cast<la_int64_t>(me.input_.offset())
                                               : size;
  if (offset > size - from || offset < -from) return ARCHIVE_FATAL;
  me.input_.seek(static_cast<std::uint64_t>(from + offset));
  return from + offset;
}

Error Archive::error() const { return failure_ ? *failure_ : evidence_error("an archive is damaged or cut"); }

Result<> Archive::begin() {
  const InUtf8 locale;
  archive_.reset(archive_read_new());
  archive* a = archive_.get();
  if (a == nullptr) return evidence_error("reading an archive takes more memory than is there");
  for (const auto support :
       {archive_read_support_format_7zip, archive_read_support_format_ar, archive_read_support_format_cab,
        archive_read_support_format_cpio, archive_read_support_format_iso9660, archive_read_support_format_lha,
        archive_read_support_format_rar, archive_read_support_format_rar5, archive_read_support_format_xar}) {
    static_cast<void>(support(a));
  }
  if (content_ != nullptr) archive_read_set_seek_callback(a, on_seek);
  archive_read_set_read_callback(a, on_read);
  archive_read_set_skip_callback(a, on_skip);
  archive_read_set_callback_data(a, this);
  if (archive_read_open1(a) < ARCHIVE_WARN) return error();
  return Ok{};
}

Part Archive::part_of(archive_entry* entry, int said) {
  Part part;
  if (const char* name = archive_entry_pathname(entry)) part.name = name;
  if (part.name.size() > limits::kMaxPartNameBytes) part.name.resize(limits::kMaxPartNameBytes);
  if (archive_entry_size_is_set(entry) != 0) {
    part.size = static_cast<std::uint64_t>(std::max<la_int64_t>(0, archive_entry_size(entry)));
  }
  if (archive_entry_mtime_is_set(entry) != 0) part.modified = archive_entry_mtime(entry);
  const auto type = archive_entry_filetype(entry);
  const bool link = archive_entry_hardlink(entry) != nullptr && archive_entry_size(entry) == 0;
  readable_ = said >= ARCHIVE_WARN;
  if (!readable_) part.trouble = WalkTrouble::damaged;
  if ((type != AE_IFREG && type != 0) || link) part.trouble = WalkTrouble::special_file;
  if (archive_entry_is_encrypted(entry) != 0) part.trouble = WalkTrouble::encrypted;
  unpassed_ = readable_ && part.trouble != WalkTrouble::encrypted;
  readable_ = readable_ && part.trouble == WalkTrouble::none;
  // Behind its header a member of a cpio and of an ar stands as it is, in one piece.
  const int format = archive_format(archive_.get()) & ARCHIVE_FORMAT_BASE_MASK;
  if (readable_ && (format == ARCHIVE_FORMAT_CPIO || format == ARCHIVE_FORMAT_AR)) {
    part.stored_at = static_cast<std::uint64_t>(archive_filter_bytes(archive_.get(), 0));
  }
  return part;
}

Result<std::optional<Part>> Archive::next() {
  constexpr int kMostFailures = 100;
  const InUtf8 locale;
  while (unpassed_ && is_7z()) {
    if (const Result<> passed = next_block(); !passed.ok()) break;
  }
  if (broken_) return error();
  for (;;) {
    archive_entry* entry = nullptr;
    const int said = archive_read_next_header(archive_.get(), &entry);
    readable_ = unpassed_ = false;
    block_ = {};
    at_ = zeros_ = 0;
    if (said == ARCHIVE_EOF) return std::optional<Part>();
    if (said == ARCHIVE_FATAL) {
      // A list of names that is encrypted itself.
      if (archive_read_has_encrypted_entries(archive_.get()) > 0 && failures_ == 0 &&
          archive_file_count(archive_.get()) <= 1) {
        failures_ = kMostFailures;
        Part part;
        part.trouble = WalkTrouble::encrypted;
        return std::optional<Part>(std::move(part));
      }
      return error();
    }
    if (said < ARCHIVE_WARN && ++failures_ >= kMostFailures) return error();
    if (said >= ARCHIVE_WARN) failures_ = 0;
    if (said == ARCHIVE_RETRY || entry == nullptr) continue;
    if (archive_entry_filetype(entry) == AE_IFDIR) continue;
    return std::optional<Part>(part_of(entry, said));
  }
}

// The next bytes of the member, into block_; at its end there is nothing left to pass.
Result<> Archive::next_block() {
  const void* bytes = nullptr;
  std::size_t count = 0;
  la_int64_t offset = 0;
  int said = ARCHIVE_RETRY;
  while (said == ARCHIVE_RETRY) said = archive_read_data_block(archive_.get(), &bytes, &count, &offset);
  unpassed_ = said == ARCHIVE_OK || said == ARCHIVE_WARN;
  readable_ = readable_ && unpassed_;
  if (said < ARCHIVE_WARN) {
    broken_ = is_7z();
    return error();
  }
  if (!unpassed_) return Ok{};
  block_ = {static_cast<const std::byte*>(bytes), count};
  // Blocks come in order; what lies between them is a hole.
  if (offset > 0 && static_cast<std::uint64_t>(offset) > at_) zeros_ = static_cast<std::uint64_t>(offset) - at_;
  return Ok{};
}

Result<std::size_t> Archive::read(std::span<std::byte> into) {
  const InUtf8 locale;
  while (readable_ && zeros_ == 0 && block_.empty()) {
    const Result<> block = next_block();
    if (!block.ok()) return block.error();
  }
  const std::size_t zeros = static_cast<std::size_t>(std::min<std::uint64_t>(zeros_, into.size()));
  std::fill_n(into.begin(), zeros, std::byte{0});
  const std::size_t count = std::min(into.size() - zeros, block_.size());
  std::copy_n(block_.begin(), count, into.begin() + static_cast<std::ptrdiff_t>(zeros));
  zeros_ -= zeros;
  block_ = block_.subspan(count);
  at_ += zeros + count;
  return zeros + count;
}

// --- rpm --------------------------------------------------------------------------------------------------------

// lead:96 signature header payload; the signature is a header, filled up to eight bytes.
// header := 8e ad e8 01 reserved:4 entries:4 bytes:4 (16 bytes)… bytes      highest byte first
Result<bool> pass_rpm_header(Input& input, std::uint64_t align) {
  constexpr std::size_t kFixed = 16;
  const auto fixed = input.ahead(kFixed);
  if (!fixed.ok()) return fixed.error();
  if (fixed->size() < kFixed || !chars(*fixed).starts_with("\x8e\xad\xe8\x01")) return false;
  std::uint64_t bytes = kFixed + std::uint64_t{big32(*fixed, 8)} * 16 + big32(*fixed, 12);
  bytes += (align - bytes % align) % align;
  const auto passed = input.skip(bytes);
  if (!passed.ok()) return passed.error();
  return *passed == bytes;
}

Opened open_rpm(Input input) {
  constexpr std::uint64_t kLeadBytes = 96;
  auto payload = std::make_unique<Rest>(std::move(input));
  const auto lead = payload->input().skip(kLeadBytes);
  if (!lead.ok()) return lead.error();
  for (const std::uint64_t align : {std::uint64_t{8}, std::uint64_t{1}}) {
    const Result<bool> passed = pass_rpm_header(payload->input(), align);
    if (!passed.ok()) return passed.error();
    if (!*passed) return evidence_error("an rpm is damaged or cut");
  }
  Part part;
  part.name = "payload.cpio";
  part.stored_at = payload->input().offset();
  return one_part(std::move(part), std::move(payload));
}

}  // namespace

Opened open_other_archive(const Packed& packed) {
  Input input = packed.content != nullptr ? Input(*packed.content, packed.size) : Input(*packed.stream);
  const auto head = input.ahead(4);
  if (!head.ok()) return head.error();
  if (chars(*head).starts_with("\xed\xab\xee\xdb")) return open_rpm(std::move(input));
  auto opened = std::make_unique<Archive>(packed, std::move(input));
  const Result<> begun = opened->begin();
  if (!begun.ok()) return begun.error();
  return Opened(std::move(opened));
}

}  // namespace ambit::unpack
