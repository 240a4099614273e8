#include "pipeline/triage_parts.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/content_stream.h"
#include "stages/unpack/embedded/embedded.h"

namespace ambit {
namespace {

Error gone() { return {ErrorKind::evidence, "what was unpacked before cannot be unpacked again", "", ""}; }

class MemoryContent final : public Content {
 public:
  MemoryContent(SharedBytes bytes, std::optional<std::int64_t> modified)
      : bytes_(std::move(bytes)), modified_(modified) {}

  Result<ContentInfo> open() override { return ContentInfo{bytes_->size(), modified_, 0}; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset >= bytes_->size()) return std::size_t{0};
    const std::size_t length = std::min<std::size_t>(into.size(), bytes_->size() - offset);
    std::memcpy(into.data(), bytes_->data() + offset, length);
    return length;
  }
  HeldBytes held() const override { return {0, *bytes_}; }
  std::unique_ptr<Content> duplicate() const override { return std::make_unique<MemoryContent>(bytes_, modified_); }

 private:
  const SharedBytes bytes_;
  const std::optional<std::int64_t> modified_;
};

// What others keep, from a place on: opened anew for each.
class PlacedContent final : public Content {
 public:
  PlacedContent(std::shared_ptr<const Content> around, std::uint64_t at, ContentInfo info)
      : around_(std::move(around)), at_(at), info_(info) {}

  Result<ContentInfo> open() override {
    bytes_ = around_->duplicate();
    if (bytes_ == nullptr) return gone();
    if (Result<ContentInfo> opened = bytes_->open(); !opened.ok()) return opened;
    return info_;
  }
  void close() override { bytes_.reset(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset >= info_.size) return std::size_t{0};
    if (bytes_ == nullptr) return gone();
    return bytes_->read_at(at_ + offset, into.first(std::min<std::uint64_t>(into.size(), info_.size - offset)));
  }
  DataRun run_at(std::uint64_t offset) override {
    if (bytes_ == nullptr) return Content::run_at(offset);
    DataRun run = bytes_->run_at(at_ + offset);
    const std::uint64_t before = at_ - std::min(at_, run.offset);
    run.length -= std::min(run.length, before);
    run.offset -= std::min(run.offset, at_);
    return run;
  }
  void will_need(std::uint64_t offset, std::uint64_t length) override {
    if (bytes_ != nullptr) bytes_->will_need(at_ + offset, length);
  }
  std::unique_ptr<Content> duplicate() const override { return std::make_unique<PlacedContent>(around_, at_, info_); }
  [[nodiscard]] const Content& around() const { return *around_; }
  bool has_changed() const override { return bytes_ != nullptr && bytes_->has_changed(); }

 private:
  const std::shared_ptr<const Content> around_;
  const std::uint64_t at_;
  const ContentInfo info_;
  std::unique_ptr<Content> bytes_;
};

class WindowContent final : public Content {
 public:
  WindowContent(std::vector<std::byte> bytes, std::uint64_t at, std::uint64_t size)
      : bytes_(std::move(bytes)), at_(at), size_(size) {}

  Result<ContentInfo> open() override { return ContentInfo{size_, std::nullopt, 0}; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset < at_ || offset - at_ >= bytes_.size()) return gone();
    const std::size_t length = std::min<std::size_t>(into.size(), bytes_.size() - (offset - at_));
    std::memcpy(into.data(), bytes_.data() + (offset - at_), length);
    return length;
  }
  HeldBytes held() const override { return {at_, bytes_}; }

 private:
  const std::vector<std::byte> bytes_;
  const std::uint64_t at_, size_;
};

// A part that is not kept: its container is unpacked once more, up to it.
class PartContent final : public Content {
 public:
  PartContent(std::shared_ptr<const Container> container, std::uint64_t index, ContentInfo info)
      : container_(std::move(container)), index_(index), info_(info) {}

  Result<ContentInfo> open() override { return info_; }
  void close() override {
    unpacker_.reset();
    stream_.reset();
    bytes_.reset();
  }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset >= info_.size) return std::size_t{0};
    if (unpacker_ == nullptr || offset < at_) {
      if (!begin()) {
        close();
        return gone();
      }
    }
    std::array<std::byte, 64 * 1024> skipped;
    while (at_ < offset) {
      const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(skipped.size(), offset - at_));
      const Result<std::size_t> got = unpacker_->read(std::span(skipped).first(step));
      if (!got.ok() || *got == 0) return gone();
      at_ += *got;
    }
    const Result<std::size_t> got =
        unpacker_->read(into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), info_.size - at_))));
    if (got.ok()) at_ += *got;
    return got;
  }
  std::unique_ptr<Content> duplicate() const override {
    return std::make_unique<PartContent>(container_, index_, info_);
  }

 private:
  bool begin() {
    close();
    const Container& c = *container_;
    if (c.content != nullptr) bytes_ = c.content->duplicate();
    if (bytes_ == nullptr || !bytes_->open().ok()) return false;
    stream_ = std::make_unique<ContentStream>(*bytes_, c.size);
    Result<std::unique_ptr<Unpacker>> opened = open_container(c, *stream_, bytes_.get());
    if (!opened.ok()) return false;
    unpacker_ = std::move(opened).value();
    at_ = 0;
    for (std::uint64_t i = 0; i <= index_; ++i) {
      const Result<std::optional<Part>> part = unpacker_->next();
      if (!part.ok() || !part->has_value()) return false;
    }
    return true;
  }

  const std::shared_ptr<const Container> container_;
  const std::uint64_t index_;
  const ContentInfo info_;
  std::unique_ptr<Content> bytes_;  // of the container; outlives what reads it
  std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<Unpacker> unpacker_;
  std::uint64_t at_ = 0;
};

}  // namespace

std::string_view last_component(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool wants_any_place(Format format) {
  return format == Format::zip || format == Format::other_archive || format == Format::squashfs ||
         format == Format::self_extracting || format == Format::ooxml || format == Format::open_document ||
         format == Format::epub || format == Format::ole || format == Format::pdf || holds_rows(format) ||
         format == Format::outlook || format == Format::tnef;
}

bool is_a_guess(Format format) {
  return format == Format::mail || format == Format::mailbox || format == Format::html || format == Format::xml ||
         format == Format::folded || format == Format::charset || format == Format::zlib || format == Format::http ||
         format == Format::self_extracting;
}

// Of the others there are views only, which are hardly longer than themselves. Of a picture too, as a rule.
bool expands(Format format, std::span<const std::byte> bytes) {
  if (format == Format::png) return format_by_end(bytes.last(std::min(bytes.size(), kEndBytes))) != Format::none;
  return format != Format::none && format != Format::html && format != Format::xml && format != Format::folded &&
         format != Format::charset;
}

Format format_by_end(Content& content, std::uint64_t size) {
  std::array<std::byte, kEndBytes> end;
  const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(size, end.size()));
  const Result<std::size_t> got = content.read_at(size - bytes, std::span(end).first(bytes));
  return got.ok() && *got == bytes ? format_by_end(std::span(end).first(bytes)) : Format::none;
}

Format format_of_held(const KindGuess& guess, std::span<const std::byte> bytes) {
  Format format = guess.format;
  if (format == Format::none && !guess.is_text) format = format_by_end(bytes);
  return format == Format::none && has_embedded_mark(bytes) ? Format::embedded : format;
}

// There is no second look at its bytes, so what is text is read for marks as it comes.
Format format_of_passing(const KindGuess& guess) {
  return guess.format == Format::none && guess.is_text ? Format::embedded : guess.format;
}

WalkTrouble trouble_of(const Error& error) {
  if (error.kind == ErrorKind::crashed) return WalkTrouble::decoder_crashed;
  return error.kind == ErrorKind::timeout ? WalkTrouble::timeout : WalkTrouble::damaged;
}

WalkTrouble fill(Unpacker& unpacker, const Part& part, std::vector<std::byte>& bytes, std::size_t most, bool& ended,
                 Expansion& expansion) {
  std::array<std::byte, 64 * 1024> piece;  // for what comes beyond the declared size, and where none is
  bytes.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(part.size.value_or(0), most)));
  while (bytes.size() < most) {
    const std::size_t had = bytes.size(), room = std::min({piece.size(), most - had, bytes.capacity() - had});
    if (room > 0) bytes.resize(had + room);
    const auto into =
        room > 0 ? std::span(bytes).last(room) : std::span(piece).first(std::min(piece.size(), most - had));
    const Result<std::size_t> got = unpacker.read(into);
    const std::size_t came = got.ok() ? *got : 0;
    const auto admitted = static_cast<std::size_t>(expansion.admit(came));
    if (room > 0) bytes.resize(had + admitted);
    if (room == 0) bytes.insert(bytes.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(admitted));
    ended = came == 0 || expansion.over() != WalkTrouble::none;
    if (bytes.capacity() > 2 * bytes.size() + piece.size() && ended) bytes.shrink_to_fit();  // the size was a lie
    if (!got.ok()) return trouble_of(got.error());
    if (ended) return came == 0 ? WalkTrouble::none : expansion.over();
  }
  return WalkTrouble::none;
}

TeedPart::TeedPart(ByteStream& rest, std::vector<std::byte> first, Expansion& expansion, Also also)
    : rest_(rest), first_(std::move(first)), expansion_(expansion), also_(std::move(also)) {}

Result<std::size_t> TeedPart::read(std::span<std::byte> into) {
  if (trouble_ != WalkTrouble::none || !is_wanted_) return std::size_t{0};
  if (given_ < first_.size()) {
    const std::size_t length = std::min(into.size(), first_.size() - given_);
    std::copy_n(first_.begin() + static_cast<std::ptrdiff_t>(given_), length, into.begin());
    given_ += length;
    is_wanted_ = also_(into.first(length));
    return length;
  }
  // All that is asked for: what the limits leave must not depend on how the bytes come.
  std::size_t came = 0;
  while (came < into.size() && !ended_) {
    Result<std::size_t> got = rest_.read(into.subspan(came));
    ended_ = !got.ok() || *got == 0;
    if (!got.ok()) failure_ = got.error();
    came += got.ok() ? *got : 0;
  }
  if (came == 0 && failure_) {
    trouble_ = trouble_of(*failure_);
    return *failure_;
  }
  const auto admitted = static_cast<std::size_t>(expansion_.admit(came));
  if (came > 0) trouble_ = expansion_.over();
  is_wanted_ = also_(into.first(admitted));
  return admitted;
}

std::uint64_t PartNumbers::next(const std::string& name, std::uint64_t index) {
  constexpr std::size_t kNames = 1'000'000;
  const std::size_t key = std::hash<std::string>{}(name);
  if (seen_.size() >= kNames && !seen_.contains(key)) return index + 1;
  return ++seen_[key];
}

Object PartNumbers::child(const Object& container, const Part& part, std::uint64_t index) {
  Object child;
  Step step;
  if (part.is == Part::Is::member) {
    step = {StepKind::member, part.name.substr(0, limits::kMaxPartNameBytes), 0, 0};
    step.number = next(step.name, index);
  } else if (part.is == Part::Is::message) {
    step = {StepKind::message, "", index + 1, 0};
  } else {
    step = {StepKind::view, part.name.empty() ? "text" : part.name, index + 1, 0};
  }
  child.locator = container.locator.child(std::move(step));
  child.state = part.is == Part::Is::message ? ObjectState::message : ObjectState::member;
  child.trouble = part.trouble;
  child.info = {part.size.value_or(0), part.modified, 0};
  child.sent = part.sent;
  child.in_family = true;
  child.origin = container.origin;
  child.inside = container.inside + 1;
  return child;
}

std::unique_ptr<Content> memory_content(SharedBytes bytes, std::optional<std::int64_t> modified) {
  return std::make_unique<MemoryContent>(std::move(bytes), modified);
}

std::unique_ptr<Content> window_content(std::vector<std::byte> bytes, std::uint64_t at, std::uint64_t size) {
  return std::make_unique<WindowContent>(std::move(bytes), at, size);
}

Result<std::unique_ptr<Unpacker>> open_container(const Container& container, ByteStream& stream, Content* content) {
  Packed packed;
  packed.stream = &stream;
  packed.content = container.at_any_place ? content : nullptr;
  packed.size = container.at_any_place ? container.size : 0;
  packed.file_name = container.file_name;
  packed.sandboxes = container.sandboxes.get();
  return open_unpacker(container.format, packed);
}

std::unique_ptr<Content> part_content(std::shared_ptr<const Container> container, std::uint64_t index,
                                      ContentInfo info) {
  return std::make_unique<PartContent>(std::move(container), index, info);
}

bool is_in_memory(const Content& content) {
  const auto* const placed = dynamic_cast<const PlacedContent*>(&content);
  if (placed != nullptr) return is_in_memory(placed->around());
  return dynamic_cast<const MemoryContent*>(&content) != nullptr;
}

std::optional<PartInPlace> part_in_place(const Container& container, const Part& part) {
  if (container.in_place == nullptr || !part.stored_at || !part.size) return std::nullopt;
  if (*part.stored_at >= container.in_place_bytes) return std::nullopt;
  const std::uint64_t bytes = std::min(*part.size, container.in_place_bytes - *part.stored_at);
  const ContentInfo info{bytes, part.modified, 0};
  return PartInPlace{std::make_unique<PlacedContent>(container.in_place, *part.stored_at, info), bytes};
}

}  // namespace ambit
