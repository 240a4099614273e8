// zip: by its directory where the bytes can be read at any place, else member by member as they come.
//
// The two tell different stories where somebody wants them to, so neither is believed alone. By the directory: the
// header before the bytes is read too; if it has another name, the member is told a second time under that one, without
// bytes. As they come: headers that leave the sizes to a descriptor behind the bytes are followed to where the bytes
// themselves end. Where there is no directory, or it ends in damage, what it did not reach is read as it comes. What is
// neither member nor directory is passed up to the next header.
//
// Members of a directory may overlap (a "better zip bomb" has a thousand in the same bytes): kMaxZipReads bounds what
// is read in all.
#include <algorithm>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/archive/zip_decoder.h"
#include "stages/unpack/archive/zip_directory.h"
#include "stages/unpack/formats.h"

namespace ambit::unpack {
namespace {

class Zip final : public Unpacker {
 public:
  explicit Zip(const Packed& packed);
  // Whether it is a zip.
  [[nodiscard]] Result<bool> begin();
  Result<std::optional<Part>> next() override;
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  [[nodiscard]] Result<std::optional<Part>> next_listed();   // by the directory
  [[nodiscard]] Result<std::optional<Part>> next_passing();  // as they come
  [[nodiscard]] Result<Part> open_listed(const ZipEntry& entry);
  [[nodiscard]] Result<Part> open_member(ZipEntry entry, bool size_known);
  [[nodiscard]] Result<bool> find_header();
  [[nodiscard]] Result<> leave_member();
  [[nodiscard]] Result<> finish();
  [[nodiscard]] Result<> pass_descriptor();
  void complain(Error error) {
    if (!complaint_) complaint_ = std::move(error);
  }

  Content* content_;
  std::uint64_t size_;  // of the content
  Input input_;
  std::unique_ptr<ZipDirectory> directory_;
  std::uint64_t reads_left_ = 0;  // bytes that members may still be read from
  std::uint64_t reached_ = 0;     // the furthest end of a member so far
  std::optional<Part> second_name_;

  ZipEntry entry_;                    // whose bytes are read
  std::unique_ptr<Decoder> decoder_;  // null: no bytes, or no more
  bool size_known_ = false;
  bool open_ = false;  // as they come: the member's end was not reached yet
  bool lost_ = false;  // as they come: where the next header stands is not known
  bool over_ = false;
  std::uint64_t data_at_ = 0, made_ = 0;
  std::uint32_t crc_ = 0;
  std::optional<Error> complaint_;  // told at the end
};

Zip::Zip(const Packed& packed)
    : content_(packed.content),
      size_(packed.size),
      input_(packed.content != nullptr ? Input(*packed.content, packed.size) : Input(*packed.stream)) {}

Result<bool> Zip::begin() {
  if (content_ == nullptr) {
    const auto first = input_.ahead(4);
    if (!first.ok()) return first.error();
    return chars(*first).starts_with("PK");
  }
  Result<std::unique_ptr<ZipDirectory>> directory = ZipDirectory::find(*content_, size_);
  if (!directory.ok()) return directory.error();
  directory_ = std::move(directory).value();
  reads_left_ = size_ > UINT64_MAX / limits::kMaxZipReads ? UINT64_MAX : size_ * limits::kMaxZipReads;
  const auto first = input_.ahead(4);
  if (!first.ok()) return first.error();
  // In volumes, one after the other: its places count from the beginning of each, and there is no telling which.
  const bool is_split = directory_ != nullptr && directory_->disk() > 0 && chars(*first).starts_with(kZipDescriptor);
  if (is_split) {
    directory_.reset();
    return true;
  }
  if (directory_ == nullptr) complain(evidence_error("a zip has no directory"));
  return directory_ != nullptr || chars(*first).starts_with("PK");
}

Result<std::optional<Part>> Zip::next() {
  if (second_name_) return std::exchange(second_name_, std::nullopt);
  if (directory_ != nullptr) {
    Result<std::optional<Part>> part = next_listed();
    if (!part.ok() || *part || directory_ != nullptr) return part;
  }
  Result<std::optional<Part>> part = over_ ? Result<std::optional<Part>>(std::optional<Part>()) : next_passing();
  if (part.ok() && !*part && complaint_) return *complaint_;
  return part;
}

// --- by the directory -------------------------------------------------------------------------------------------

bool is_folder(const ZipEntry& entry) { return entry.raw_name.ends_with('/') && entry.size == 0; }

// Some write '\\' in one place and '/' in the other.
bool same_name(std::string a, std::string b) {
  std::replace(a.begin(), a.end(), '\\', '/');
  std::replace(b.begin(), b.end(), '\\', '/');
  return a == b;
}

Part named_part(const ZipEntry& entry, WalkTrouble trouble) {
  Part part;
  part.name = entry.name();
  part.modified = entry.modified;
  part.trouble = trouble;
  return part;
}

Result<std::optional<Part>> Zip::next_listed() {
  for (;;) {
    const Result<std::optional<ZipEntry>> entry = directory_->next();
    if (!entry.ok() && entry.error().kind != ErrorKind::evidence) return entry.error();
    if (!entry.ok() || !*entry) {
      directory_.reset();
      decoder_.reset();
      over_ = entry.ok();
      if (!entry.ok()) complain(entry.error());
      input_.end_nowhere();
      input_.seek(reached_);
      return std::optional<Part>();
    }
    if (is_folder(**entry)) continue;
    Result<Part> part = open_listed(**entry);
    if (!part.ok()) return part.error();
    return std::optional<Part>(std::move(part).value());
  }
}

Result<Part> Zip::open_listed(const ZipEntry& entry) {
  decoder_.reset();
  if (entry.disk != directory_->disk() && entry.disk != UINT16_MAX) return named_part(entry, WalkTrouble::unsupported);
  input_.end_nowhere();
  input_.seek(std::min(entry.header_at, size_));
  const Result<std::optional<ZipEntry>> local = read_zip_local(input_);
  if (!local.ok() && local.error().kind != ErrorKind::evidence) return local.error();
  if (!local.ok() || !*local) return named_part(entry, WalkTrouble::damaged);
  if (!same_name((*local)->raw_name, entry.raw_name)) second_name_ = named_part(**local, WalkTrouble::damaged);
  const std::uint64_t begin = input_.offset(), packed = std::min(entry.packed, size_ - std::min(size_, begin));
  reached_ = std::max(reached_, begin + packed);
  // Where only one of the two says so, it may be to keep readers out; what comes out is checked by its sum.
  if (entry.encrypted() && (*local)->encrypted()) return open_member(entry, true);
  ZipEntry tried = entry;
  tried.flags &= 0xffbe;
  if (packed > reads_left_) return named_part(entry, WalkTrouble::damaged);
  reads_left_ -= packed;
  input_.end_at(begin + packed);
  return open_member(std::move(tried), true);
}

// Opens the member whose bytes stand next in the input.
Result<Part> Zip::open_member(ZipEntry entry, bool size_known) {
  Part part = named_part(entry, entry.encrypted() ? WalkTrouble::encrypted : WalkTrouble::none);
  if (size_known || entry.size > 0) part.size = entry.size;
  entry_ = std::move(entry);
  size_known_ = size_known;
  data_at_ = input_.offset();
  made_ = 0;
  crc_ = 0;
  decoder_.reset();
  if (part.trouble != WalkTrouble::none) return part;
  Result<std::unique_ptr<Decoder>> decoder = zip_decoder(input_, entry_, size_known);
  if (!decoder.ok() && decoder.error().kind != ErrorKind::evidence) return decoder.error();
  if (!decoder.ok()) part.trouble = WalkTrouble::damaged;
  if (decoder.ok() && *decoder == nullptr) part.trouble = WalkTrouble::unsupported;
  if (part.trouble != WalkTrouble::none) return part;
  if (entry_.method == 0) part.stored_at = data_at_;
  if (entry_.method == 0 && size_known) part.size = entry_.packed;
  decoder_ = std::move(decoder).value();
  return part;
}

// --- as they come -----------------------------------------------------------------------------------------------

// Whether the sizes in the header can be followed. Where they stand behind the bytes, the bytes tell their own end,
// unless they are stored or cannot be decoded; then a size in the header is better than none.
bool knows_size(const ZipEntry& entry) {
  if (!entry.has_descriptor()) return true;
  return entry.packed > 0 && entry.packed < UINT32_MAX && (entry.method == 0 || entry.encrypted());
}

Result<std::optional<Part>> Zip::next_passing() {
  for (;;) {
    if (const Result<> left = leave_member(); !left.ok()) return left.error();
    const Result<bool> found = find_header();
    if (!found.ok()) return found.error();
    if (!*found) {
      over_ = true;
      return std::optional<Part>();
    }
    Result<std::optional<ZipEntry>> entry = read_zip_local(input_);
    if (!entry.ok()) return entry.error();
    if (!*entry) return std::optional<Part>();
    const bool size_known = knows_size(**entry);
    if (is_folder(**entry) && !(*entry)->has_descriptor()) continue;
    if (size_known) input_.end_at(input_.offset() + std::min((*entry)->packed, UINT64_MAX - input_.offset()));
    const bool folder = is_folder(**entry);
    Result<Part> part = open_member(std::move(**entry), size_known);
    if (!part.ok()) return part.error();
    open_ = true;
    if (!folder) return std::optional<Part>(std::move(part).value());
  }
}

// Goes to where the header of the next member should stand.
Result<> Zip::leave_member() {
  if (!open_) return Ok{};
  open_ = false;
  if (!size_known_ && decoder_ == nullptr) {  // encrypted, of an unknown method, or damaged
    lost_ = true;
    return Ok{};
  }
  if (!size_known_) {
    std::vector<std::byte> passed(kWindowBytes);
    for (;;) {
      const Result<std::size_t> got = decoder_->read(input_, passed);
      if (!got.ok() && got.error().kind != ErrorKind::evidence) return got.error();
      lost_ = !got.ok();
      if (!got.ok()) complain(got.error());
      if (!got.ok() || *got == 0) break;
    }
    decoder_.reset();
    return lost_ ? Result<>(Ok{}) : pass_descriptor();
  }
  decoder_.reset();
  input_.end_nowhere();
  const std::uint64_t taken = input_.offset() - data_at_;
  const auto passed = input_.skip(entry_.packed - std::min(entry_.packed, taken));
  if (!passed.ok()) return passed.error();
  return pass_descriptor();
}

// Behind a member of unknown length: the next header tells how long the descriptor is.
Result<> Zip::pass_descriptor() {
  if (!entry_.has_descriptor()) return Ok{};
  const auto window = input_.ahead(kZipDescriptorAhead);
  if (!window.ok()) return window.error();
  for (const std::size_t bytes : {0U, 16U, 24U, 12U, 20U}) {
    const std::string_view behind = chars(*window).substr(std::min(bytes, window->size()));
    if (!behind.starts_with(kZipLocal) && !behind.starts_with(kZipCentral)) continue;
    input_.take(bytes);
    return Ok{};
  }
  lost_ = true;
  return Ok{};
}

// A signature alone may be a chance; a header has a name and a method.
bool may_be_header(std::span<const std::byte> bytes) {
  if (bytes.size() < kZipLocalBytes) return false;
  return little16(bytes, 8) < 100 && little16(bytes, 26) > 0;
}

// Moves to the next header of a member; false: there is none.
Result<bool> Zip::find_header() {
  input_.end_nowhere();
  for (bool searching = std::exchange(lost_, false);;) {
    const auto window = input_.ahead(kZipLocalBytes);
    if (!window.ok()) return window.error();
    const std::string_view text = chars(*window);
    if (text.size() < 4) return false;
    if (text.starts_with(kZipLocal) && (!searching || may_be_header(*window))) return true;
    const bool other = text.starts_with(kZipCentral) || text.starts_with(kZipEnd) || text.starts_with(kZip64End);
    if (other && !searching) return false;
    const bool split_mark = text.starts_with(kZipDescriptor) || text.starts_with("PK00");
    if (!searching && !(input_.offset() == 0 && split_mark)) complain(evidence_error("a header of a zip is damaged"));
    searching = true;
    const std::size_t next = text.find(kZipLocal, 1);
    input_.take(next != std::string_view::npos ? next : text.size() - 3);
  }
}

// --- bytes ------------------------------------------------------------------------------------------------------

Result<std::size_t> Zip::read(std::span<std::byte> into) {
  if (decoder_ == nullptr) return std::size_t{0};
  const Result<std::size_t> got = decoder_->read(input_, into);
  if (!got.ok()) {
    decoder_.reset();
    return got;
  }
  crc_ = crc32(crc_, into.first(*got));
  made_ += *got;
  if (*got > 0) return got;
  const Result<> finished = finish();
  if (!finished.ok()) return finished.error();
  return got;
}

// All bytes were given: were they right?
Result<> Zip::finish() {
  decoder_.reset();
  bool right = entry_.crc == crc_;
  if (!size_known_) {
    open_ = false;
    const auto window = input_.ahead(kZipDescriptorAhead);
    if (!window.ok()) return window.error();
    const auto descriptor = zip_descriptor(*window, input_.offset() - data_at_, made_);
    right = descriptor && descriptor->crc == crc_;
    if (descriptor) {
      input_.take(descriptor->bytes);
    } else if (const Result<> passed = pass_descriptor(); !passed.ok()) {
      return passed;
    }
  } else if (entry_.has_descriptor() && open_) {
    right = true;  // as they come, with sizes in the header but no sum
  }
  return right ? Result<>(Ok{}) : evidence_error("the checksum of a member of a zip is wrong");
}

}  // namespace

Opened open_zip(const Packed& packed) {
  auto zip = std::make_unique<Zip>(packed);
  const Result<bool> is_zip = zip->begin();
  if (!is_zip.ok()) return is_zip.error();
  if (!*is_zip) return evidence_error("not a zip");
  return Opened(std::move(zip));
}

}  // namespace ambit::unpack
