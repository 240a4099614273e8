// Word: the text of a document (MS-DOC 2.4), of all its stories: body, footnotes, headers, comments, text boxes.
//
//   WordDocument = FIB …                    where everything else is
//   Clx          = *( 1 bytes(2) … ) 2 bytes(4) *position(4) *piece(8)      in 0Table or 1Table
//   piece        = flags(2) place(4) prm(2)     a place with bit 30: half of it, characters of one byte
//
// The pieces are the document in the order it is read, whatever the order in which it was written. How characters look
// does not cut the text, so a word that is half bold is whole. What was deleted while changes were tracked, and what is
// hidden, is in the pieces as well and is kept. The instruction of a field (where a link leads) is kept beside the
// text.
//
// Word 6 and 95 have the same in one stream, with characters of one byte in the code page of the document's language.
#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/limits.h"
#include "stages/unpack/markup/flow.h"
#include "stages/unpack/ole/parts.h"
#include "stages/unpack/ole/text.h"
#include "stages/unpack/ole/word_rows.h"
#include "stages/unpack/text/charset.h"
#include "stages/unpack/text/code_page.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

// MS-DOC 2.5.1: where what stands in the FIB, of Word 97 and later.
constexpr std::size_t kFibBytes = 0x400, kFlags = 0x0a, kLanguage = 0x06, kTextBegin = 0x18, kTextEnd = 0x1c;
constexpr std::size_t kPlaces = 0x9a, kParagraphs = 13, kClx = 33;
constexpr std::uint64_t kComplex = 0x0004, kEncrypted = 0x0100, kSecondTable = 0x0200;
constexpr std::uint64_t kWord97 = 106;  // nFib: from there on; of Word 6 and 95 101 to 105
constexpr std::size_t kOldClx = 0x160;  // of those
constexpr std::uint64_t kNarrow = std::uint64_t{1} << 30;
constexpr std::size_t kPieceBytes = 16 * limits::KiB;  // read at a time
constexpr std::uint64_t kMaxStringsBytes = 1 * limits::MiB;

// Strings besides the text: bookmarks, what stands in the properties, who wrote comments and changes, the variables of
// macros, who saved it where.
constexpr std::array<std::size_t, 6> kStrings = {21, 32, 36, 51, 60, 71};

struct Place {
  std::uint64_t offset = 0, bytes = 0;
};

class WordText final : public OleText {
 public:
  WordText(const OleFile& file, std::uint32_t storage, std::uint32_t stream)
      : file_(file), document_(file, stream), table_number_(stream) {
    fib_ = ole_bytes(file, stream, kFibBytes);
    is_old_ = number_at(fib_, 2, 2) < kWord97;
    if (!is_old_) {
      const bool second = (number_at(fib_, kFlags, 2) & kSecondTable) != 0;
      const auto table = file.find_stream(storage, second ? "1Table" : "0Table");
      is_damaged_ = !table;
      table_number_ = table.value_or(stream);
      const Place bins = table_place(kParagraphs);
      row_ends_ = word_row_ends(file, stream, table_number_, bins.offset, bins.bytes);
    }
    is_damaged_ |= document_.is_damaged();
    const int page = is_old_ ? language_code_page(static_cast<std::uint32_t>(number_at(fib_, kLanguage, 2))) : 1252;
    narrow_ = charset_decoder(charset_of_code_page(page));
    wide_ = charset_decoder("utf-16le");
    begin();
  }

 protected:
  bool more(std::string& out) override {
    if (left_ > 0) {
      read_piece(out);
    } else if (next_piece_ < pieces_) {
      begin_piece(next_piece_++);
    } else if (next_strings_ < kStrings.size() && !is_old_) {
      append_strings(kStrings[next_strings_++], out);
    } else {
      flows_.flush(out);
      return false;
    }
    return true;
  }

 private:
  // --- pieces -------------------------------------------------------------------------------------------------

  void begin() {
    budget_ = 2 * document_.size();
    const Place clx = is_old_ ? Place{number_at(fib_, kOldClx, 4), number_at(fib_, kOldClx + 4, 4)} : table_place(kClx);
    const bool has_pieces = !is_old_ || (number_at(fib_, kFlags, 2) & kComplex) != 0;
    if (has_pieces && find_pieces(clx)) return;
    is_damaged_ |= has_pieces;
    // The text as it stands: of an old document, or the best that is left.
    const std::uint64_t begin = number_at(fib_, kTextBegin, 4), end = number_at(fib_, kTextEnd, 4);
    place_ = begin;
    left_ = end > begin ? end - begin : 0;
    is_wide_ = false;
  }

  [[nodiscard]] Place table_place(std::size_t index) const {
    return {number_at(fib_, kPlaces + 8 * index, 4), number_at(fib_, kPlaces + 8 * index + 4, 4)};
  }

  // MS-DOC 2.9.38: properties of pieces, then the table of pieces.
  bool find_pieces(Place clx) {
    std::uint64_t at = clx.offset;
    const std::uint64_t end = clx.offset + clx.bytes;
    while (at < end) {
      const std::string head = ole_bytes(file_, table_number_, 5, at);
      if (head.starts_with('\x01')) {
        at += 3 + number_at(head, 1, 2);
        continue;
      }
      const std::uint64_t bytes = number_at(head, 1, 4);
      if (!head.starts_with('\x02') || bytes < 16) return false;
      positions_ = at + 5;
      pieces_ = (bytes - 4) / 12;
      return true;
    }
    return false;
  }

  void begin_piece(std::uint64_t index) {
    const std::string positions = ole_bytes(file_, table_number_, 8, positions_ + 4 * index);
    const std::string piece = ole_bytes(file_, table_number_, 8, positions_ + 4 * (pieces_ + 1) + 8 * index);
    const std::uint64_t begin = number_at(positions, 0, 4), end = number_at(positions, 4, 4);
    if (piece.size() < 8 || end < begin) {
      is_damaged_ = true;
      if (piece.empty()) next_piece_ = pieces_;  // the table is cut
      return;
    }
    const std::uint64_t place = number_at(piece, 2, 4);
    is_wide_ = !is_old_ && (place & kNarrow) == 0;
    place_ = is_old_ || is_wide_ ? place & (kNarrow - 1) : (place & (kNarrow - 1)) / 2;
    left_ = (end - begin) * (is_wide_ ? 2 : 1);
  }

  void read_piece(std::string& out) {
    std::array<std::byte, kPieceBytes> bytes;
    const auto row_end = std::upper_bound(row_ends_.begin(), row_ends_.end(), place_);
    const std::uint64_t row = row_end == row_ends_.end() ? UINT64_MAX : *row_end - place_;
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>({left_, bytes.size(), budget_, row}));
    const auto got = want == 0 ? Result<std::size_t>(0) : document_.read_at(place_, std::span(bytes).first(want));
    const std::size_t count = got.ok() ? *got : 0;
    std::string text;
    Rewriter& decoder = is_wide_ ? *wide_ : *narrow_;
    decoder.rewrite(chars(bytes).substr(0, count), text);
    place_ += count;
    left_ -= count;
    budget_ -= count;
    is_damaged_ |= count == 0;
    if (count == 0) left_ = 0;
    if (left_ == 0) decoder.finish(text);
    make_readable(text);
    append(text, out);
    if (count == row) flows_.gap(Gap::line);
  }

  // --- characters ---------------------------------------------------------------------------------------------

  void append(std::string_view text, std::string& out) {
    while (!text.empty()) {
      const auto special =
          std::find_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
      const auto plain = static_cast<std::size_t>(special - text.begin());
      if (plain > 0) {
        flows_.append(text.substr(0, plain), out);
        was_cell_ = false;
      }
      if (plain < text.size()) obey(text[plain], out);
      text.remove_prefix(std::min(plain + 1, text.size()));
    }
  }

  // MS-DOC 2.4.3, 2.9: what is no letter.
  void obey(char c, std::string& out) {
    const bool was_cell = std::exchange(was_cell_, c == '\x07');
    switch (c) {
      case '\x07':  // the end of a cell, and once more of its row; where nothing says which, two are a row
        return flows_.gap(was_cell && row_ends_.empty() ? Gap::line : Gap::tab);
      case '\t':
        return flows_.gap(Gap::tab);
      case '\n':
      case '\x0b':
      case '\x0c':
      case '\r':
      case '\x0e':
        return flows_.gap(Gap::line);
      case '\x1e':  // a hyphen that does not break
        return flows_.append("-", out);
      case '\x13':
      case '\x14':
      case '\x15':
        return field(c);
      default:  // a picture, the mark of a footnote, a soft hyphen
        return;
    }
  }

  // instruction = 0x13 text [ 0x14 result ] 0x15, one in another.
  void field(char c) {
    constexpr std::size_t kMaxFields = 1000;
    if (c == '\x13') {
      if (fields_.size() >= kMaxFields) return;
      fields_.push_back(true);
      ++instructions_;
    } else if (!fields_.empty()) {
      if (fields_.back() && instructions_ > 0) --instructions_;
      fields_.back() = false;
      if (c == '\x15') fields_.pop_back();
    }
    if (fields_.empty()) instructions_ = 0;
    flows_.set_lane(instructions_ > 0 ? Lane::aside : Lane::text);
    if (c == '\x13') flows_.gap(Gap::line);
  }

  // --- strings ------------------------------------------------------------------------------------------------

  // MS-DOC 2.2.4: 0xffff, how many(2), extra bytes of each(2), then each: length(2) text extra. Behind the names of
  // variables their values, and of the authors of comments nothing but texts: length(2) text.
  void append_strings(std::size_t index, std::string& out) {
    const Place place = table_place(index);
    if (place.bytes == 0) return;
    const std::string bytes = ole_bytes(file_, table_number_, std::min(place.bytes, kMaxStringsBytes), place.offset);
    const bool is_table = bytes.starts_with("\xff\xff");
    const auto extra = static_cast<std::size_t>(number_at(bytes, 4, 2));
    std::uint64_t named = is_table ? number_at(bytes, 2, 2) : 0;
    for (std::size_t at = is_table ? 6 : 0; at + 2 <= bytes.size(); named -= named > 0 ? 1 : 0) {
      const auto length = static_cast<std::size_t>(2 * number_at(bytes, at, 2));
      flows_.gap(Gap::line);
      flows_.append(one_line(utf16_text(std::string_view(bytes).substr(at + 2, length))), out);
      at += 2 + length + (named > 0 ? extra : 0);
    }
  }

  const OleFile& file_;
  OleStream document_;
  std::uint32_t table_number_;
  std::string fib_;
  bool is_old_ = false;
  std::uint64_t positions_ = 0, pieces_ = 0, next_piece_ = 0;
  std::uint64_t place_ = 0, left_ = 0;   // of the piece that is being read
  std::vector<std::uint32_t> row_ends_;  // places
  std::uint64_t budget_ = 0;             // bytes that may be read yet: pieces that overlap are no document
  bool is_wide_ = false;
  std::unique_ptr<Rewriter> narrow_, wide_;
  Flows flows_;
  std::vector<bool> fields_;  // those that have begun: their instruction has not ended
  std::size_t instructions_ = 0;
  bool was_cell_ = false;
  std::size_t next_strings_ = 0;
};

}  // namespace

OleLock word_lock(const OleFile& file, std::uint32_t stream) {
  const std::string fib = ole_bytes(file, stream, kFibBytes);
  return (number_at(fib, kFlags, 2) & kEncrypted) != 0 ? OleLock::encrypted : OleLock::open;
}

std::unique_ptr<ByteStream> word_text(const OleFile& file, std::uint32_t storage, std::uint32_t stream) {
  return std::make_unique<WordText>(file, storage, stream);
}

}  // namespace ambit::unpack
