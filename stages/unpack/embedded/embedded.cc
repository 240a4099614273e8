// The object is read once for its marks. What begins in letters becomes a part there and then: the letters are read as
// far as they go, over line breaks and what programs write for them. What stands in bytes is carved afterwards, as in
// residue (carve.h), where the object can be read at any place; it must look like what its mark says, since programs
// that read formats have their marks in them too.
#include "stages/unpack/embedded/embedded.h"

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "pipeline/limits.h"
#include "stages/unpack/carve.h"
#include "stages/unpack/content_stream.h"
#include "stages/unpack/embedded/letters.h"
#include "stages/unpack/embedded/marks.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"
#include "stages/unpack/mail/uuencode.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit {
namespace unpack {
namespace {

bool is_in_letters(Code code) { return code == Code::base64 || code == Code::hex || code == Code::escaped; }

std::string_view name_of(Code code) {
  return code == Code::hex ? "hex@" : code == Code::escaped ? "string@" : "base64@";
}

bool begins_as(std::string_view text, Code code) {
  if (code == Code::bytes) return is_begun(std::as_bytes(std::span(text)));
  return code == Code::lines ? encoded_file(text).has_value() : begins_in_letters(text, code);
}

// What begins behind a mark at that place of a content, if anything does. `head`: kHeadLetters bytes to work with.
std::optional<MarkPlace> begins_at(Content& content, std::uint64_t size, std::uint64_t at, std::span<std::byte> head) {
  const auto got = content.read_at(at, head.first(std::min<std::uint64_t>(head.size(), size - at)));
  if (!got.ok()) return std::nullopt;
  const auto bytes = std::span<const std::byte>(head).first(*got);
  std::optional<MarkPlace> begins;
  find_marks(bytes.first(std::min(bytes.size(), longest_mark())), at, [&](const MarkPlace& place) {
    if (place.mark_at != at || begins) return;
    const std::string_view text = chars(bytes).substr(static_cast<std::size_t>(place.at - at));
    if (begins_as(text, place.code)) begins = place;
    // Some signatures are the same in a string of SQL.
    if (!begins && place.code == Code::bytes && begins_as(text, Code::escaped)) begins = {at, Code::escaped, at};
  });
  return begins;
}

class Embedded final : public Unpacker {
 public:
  Embedded(const Packed& packed, std::vector<Places> others, bool has_lines)
      : others_(std::move(others)),
        has_lines_(has_lines),
        content_(packed.content),
        size_(packed.size),
        input_(packed.content != nullptr ? Input(*packed.content, packed.size) : Input(*packed.stream)) {}

  Result<std::optional<Part>> next() override {
    while (letters_ != nullptr) {  // of what was not read
      std::array<std::byte, 16 * limits::KiB> rest;
      const auto got = read(rest);
      if (!got.ok() || *got == 0) letters_.reset();
    }
    while (true) {
      if (const auto place = next_letters()) {
        if (!begins(*place)) continue;
        letters_ = rewritten(std::make_unique<Letters>(input_, place->code), letters_decoder(place->code));
        Part part;
        part.name = std::string(name_of(place->code)) + std::to_string(place->at);
        part.written_at = place->at;
        return std::optional(std::move(part));
      }
      if (!scan()) break;
    }
    if (auto file = next_file()) return file;
    return next_carved();
  }

  Result<std::size_t> read(std::span<std::byte> into) override {
    if (letters_ != nullptr) return letters_->read(into);
    if (lines_ != nullptr) return lines_->read(into);
    if (piece_ != nullptr) return piece_->read(into);
    return std::size_t{0};
  }
  [[nodiscard]] std::uint64_t written_until() const override { return input_.offset(); }

 private:
  // Marks of the next stretch; false: it was the last. Bytes that nobody can read are told elsewhere, and end it.
  bool scan() {
    constexpr std::size_t kStretch = 64 * limits::KiB;
    const std::uint64_t begin = std::max(scanned_, input_.offset());
    if (begin > input_.offset()) input_.take(static_cast<std::size_t>(begin - input_.offset()));
    const auto window = input_.ahead(kStretch);
    if (!window.ok() || window->empty()) return false;
    const bool is_last = window->size() < kStretch;
    const auto stretch = window->first(std::min(window->size(), kStretch));
    find_marks(stretch, begin, [&](const MarkPlace& place) {
      if (is_of_another(place.at)) return;
      if (is_in_letters(place.code)) {
        found_.push_back(place);
      } else if (place.code == Code::bytes && is_in_string(stretch, begin, place.at)) {
        found_.push_back({place.at, Code::escaped, place.at});
      } else if (place.code == Code::lines && has_lines_ && content_ != nullptr && files_.size() < limits::kMaxMarks) {
        files_.push_back(place.at);
      } else if (place.code == Code::bytes && content_ != nullptr && starts_.size() < limits::kMaxMarks) {
        starts_.push_back(place.at);
      }
    });
    std::sort(found_.begin(), found_.end(), [](const MarkPlace& a, const MarkPlace& b) { return a.at < b.at; });
    // A mark at the end of the stretch may be cut.
    scanned_ = begin + stretch.size() - (is_last ? 0 : longest_mark() - 1);
    return !is_last || !found_.empty();
  }
  // Behind a quotation mark. Whether its bytes are escaped is told later; if they are not, they are looked at as bytes.
  bool is_in_string(std::span<const std::byte> stretch, std::uint64_t begin, std::uint64_t at) {
    const bool is = at > begin && static_cast<char>(stretch[static_cast<std::size_t>(at - begin) - 1]) == '\'';
    if (is && content_ != nullptr && starts_.size() < limits::kMaxMarks) starts_.push_back(at);
    return is;
  }
  [[nodiscard]] bool is_of_another(std::uint64_t at) const {
    const auto next = std::upper_bound(others_.begin(), others_.end(), at,
                                       [](std::uint64_t wanted, const Places& each) { return wanted < each.begin; });
    return next != others_.begin() && at < std::prev(next)->end;
  }
  // The next one in letters of what was scanned; the input stands there.
  std::optional<MarkPlace> next_letters() {
    while (!found_.empty()) {
      const MarkPlace place = found_.front();
      found_.pop_front();
      if (place.at < input_.offset()) continue;  // within what was a part
      input_.take(static_cast<std::size_t>(place.at - input_.offset()));
      return place;
    }
    return std::nullopt;
  }
  // Whether something packed begins there.
  bool begins(const MarkPlace& place) {
    const auto window = input_.ahead(kHeadLetters);
    return window.ok() && begins_in_letters(chars(*window), place.code);
  }

  // The next file in lines.
  std::optional<Part> next_file() {
    lines_.reset();
    while (!files_.empty()) {
      const std::uint64_t at = files_.front();
      files_.pop_front();
      std::array<std::byte, kBegunBytes> head;
      const auto got = content_->read_at(at, std::span(head).first(std::min<std::uint64_t>(head.size(), size_ - at)));
      if (!got.ok() || !encoded_file(chars(std::span(head).first(*got)))) continue;
      file_ = std::make_unique<ContentPiece>(*content_, at, size_ - at);
      lines_ = std::make_unique<FilesInText>(std::make_unique<ContentStream>(*file_, size_ - at));
      auto piece = lines_->next();
      if (!piece || !piece->is_file) continue;
      Part part;
      part.name = piece->name.empty() ? "file@" + std::to_string(at) : std::move(piece->name);
      return part;
    }
    return std::nullopt;
  }
  Result<std::optional<Part>> next_carved() {
    if (!is_carved_) carve_all();
    piece_.reset();
    if (carved_.empty()) return std::optional<Part>();
    const CarvedFile file = carved_.front();
    carved_.pop_front();
    file_ = std::make_unique<ContentPiece>(*content_, file.begin, file.bytes);
    piece_ = std::make_unique<ContentStream>(*file_, file.bytes);
    Part part;
    part.name = "file@" + std::to_string(file.begin);
    part.size = file.bytes;
    if (file.has_end) part.stored_at = file.begin;  // else hits behind it could be the object's own
    return std::optional(std::move(part));
  }
  void carve_all() {
    is_carved_ = true;
    std::sort(starts_.begin(), starts_.end());
    starts_.erase(std::unique(starts_.begin(), starts_.end()), starts_.end());
    std::erase_if(starts_, [&](std::uint64_t at) {
      std::array<std::byte, kBegunBytes> head;
      const auto got = content_->read_at(at, std::span(head).first(std::min<std::uint64_t>(head.size(), size_ - at)));
      return !got.ok() || !is_begun(std::span(head).first(*got));
    });
    if (starts_.empty()) return;
    carve(*content_, size_, starts_, StreamEnds::decoded, [&](const CarvedFile& file) {
      if (file.begin > 0) carved_.push_back(file);  // from its first byte on it would be the object itself
      return true;
    });
  }

  const std::vector<Places> others_;
  const bool has_lines_;
  Content* const content_;  // null: bytes that come once only, of which the letters are read alone
  const std::uint64_t size_;
  Input input_;
  std::uint64_t scanned_ = 0;    // up to here
  std::deque<MarkPlace> found_;  // in letters, not yet looked at
  std::unique_ptr<ByteStream> letters_;
  std::deque<std::uint64_t> files_;  // in lines
  std::unique_ptr<FilesInText> lines_;
  std::vector<std::uint64_t> starts_;  // in bytes
  bool is_carved_ = false;
  std::deque<CarvedFile> carved_;
  std::unique_ptr<Content> file_;
  std::unique_ptr<ByteStream> piece_;
};

}  // namespace

Opened open_embedded(const Packed& packed) { return open_embedded_beside(packed, {}, true); }

Opened open_embedded_beside(const Packed& packed, std::vector<Places> others, bool has_lines) {
  return std::unique_ptr<Unpacker>(std::make_unique<Embedded>(packed, std::move(others), has_lines));
}

}  // namespace unpack

namespace {

// Calls found(Place) for all marks; false from it ends that.
template <class Found>
void find_marks(Content& content, std::uint64_t size, Found found) {
  constexpr std::size_t kPieceBytes = 1 * limits::MiB;
  std::vector<std::byte> piece(static_cast<std::size_t>(std::min<std::uint64_t>(size, kPieceBytes)));
  const std::size_t overlap = unpack::longest_mark() - 1;
  bool goes_on = true;
  for (std::uint64_t from = 0; from < size && goes_on;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - from));
    const auto got = content.read_at(from, std::span(piece).first(want));
    const std::size_t bytes = got.ok() ? *got : 0;
    unpack::find_marks(std::span(piece).first(bytes), from,
                       [&](const unpack::MarkPlace& place) { goes_on = goes_on && found(place); });
    const bool is_last = from + want == size && bytes == want;
    from += is_last || bytes <= overlap ? want : bytes - overlap;
  }
}

}  // namespace

std::span<const Mark> embedded_marks() { return unpack::all_marks(); }

bool holds_embedded(Content& content, std::uint64_t size, std::span<const std::uint64_t> places) {
  std::vector<std::byte> head(unpack::kHeadLetters);
  return std::any_of(places.begin(), places.end(), [&](std::uint64_t at) {
    const auto place = at < size ? unpack::begins_at(content, size, at, head) : std::nullopt;
    return place && (at > 0 || place->code != unpack::Code::bytes);
  });
}

bool has_embedded_mark(std::span<const std::byte> bytes) {
  bool has = false;
  unpack::find_marks(bytes, 0, [&](const unpack::MarkPlace&) { has = true; });
  return has;
}

bool has_embedded_mark(Content& content, std::uint64_t size) {
  bool has = false;
  find_marks(content, size, [&](const unpack::MarkPlace&) { return !(has = true); });
  return has;
}

std::vector<std::uint64_t> find_letters(Content& content, std::uint64_t size) {
  std::vector<std::uint64_t> places;
  find_marks(content, size, [&](const unpack::MarkPlace& place) {
    if (unpack::is_in_letters(place.code)) places.push_back(place.mark_at);
    return places.size() < limits::kMaxMarks;
  });
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

std::optional<std::uint64_t> packed_letters(Content& content, std::uint64_t size, std::uint64_t at) {
  std::vector<std::byte> head(unpack::kHeadLetters);
  const auto place = at < size ? unpack::begins_at(content, size, at, head) : std::nullopt;
  if (!place || !unpack::is_in_letters(place->code)) return std::nullopt;
  unpack::Input input(content, size);
  input.seek(place->at);
  unpack::Letters letters(input, place->code);
  while (true) {
    const auto got = letters.read(head);
    if (!got.ok() || *got == 0) break;
  }
  return input.offset() - at;
}

}  // namespace ambit
