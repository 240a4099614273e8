// Excel: the cells of a workbook (MS-XLS; and BIFF5 of Excel 5 and 95), a line for each row, cells parted by tabs.
//
//   workbook = globals *sheet       each from a BOF to an EOF record; the sheets' names stand in the globals
//
// Texts of cells stand in one table in the globals and are referred to by number. Numbers are written as a person
// writes them; dates are the numbers they are. Comments, text boxes, links, the texts of charts and what stands above
// and below a printed page are lines of their own.
#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <utility>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/markup/markup.h"
#include "stages/unpack/ole/excel_records.h"
#include "stages/unpack/ole/parts.h"
#include "stages/unpack/ole/text.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

// MS-XLS 2.3.2.
enum Type : std::uint16_t {
  kFormula = 0x06,
  kHeader = 0x14,
  kFooter = 0x15,
  kName = 0x18,
  kNote = 0x1c,
  kFilePass = 0x2f,
  kCodePage = 0x42,
  kWriteAccess = 0x5c,
  kSheet = 0x85,
  kManyRk = 0xbd,
  kPivotText = 0xcd,
  kRichLabel = 0xd6,
  kTexts = 0xfc,
  kSharedLabel = 0xfd,
  kSupBook = 0x1ae,
  kTextBox = 0x1b6,
  kLink = 0x1b8,
  kValidation = 0x1be,
  kNumber = 0x203,
  kLabel = 0x204,
  kResult = 0x207,
  kRk = 0x27e,
  kBegin = 0x809,
  kChartText = 0x100d,
};
constexpr std::uint64_t kBiff8 = 0x600, kGlobals = 5;
constexpr std::size_t kMaxSheets = 65'536;  // Excel's memory ends long before
constexpr int kRecordsToLock = 20;          // FILEPASS is among the first

// MS-XLS 2.5.217: a double without its lower half, or a whole number; perhaps in hundredths.
double rk_value(std::uint64_t rk) {
  const bool is_whole = (rk & 2) != 0;
  const auto bits = static_cast<std::uint32_t>(rk);
  const double value = is_whole ? static_cast<double>(static_cast<std::int32_t>(bits) >> 2)
                                : std::bit_cast<double>((rk & 0xfffffffc) << 32);
  return (rk & 1) != 0 ? value / 100 : value;
}

// The texts of a link (MS-OSHARED 2.3.7.1): what is shown, where it leads, and where in there.
class Link {
 public:
  explicit Link(std::string_view bytes) : bytes_(bytes) {}

  std::string text() {
    const std::uint64_t flags = number_at(bytes_, 4, 4);
    at_ = 8;
    if ((flags & 0x10) != 0) string();
    if ((flags & 0x80) != 0) string();
    if ((flags & 0x101) == 0x101) string();
    if ((flags & 0x101) == 0x001) moniker();
    if ((flags & 0x08) != 0) string();
    return std::move(out_);
  }

 private:
  void append(std::string_view bytes, int code_page) {
    const std::string text = one_line(code_page_text(bytes, code_page));
    if (!out_.empty() && !text.empty()) out_.push_back('\t');
    out_ += text;
  }
  std::string_view take(std::uint64_t length) {
    const std::string_view piece = bytes_.substr(std::min(at_, bytes_.size()), static_cast<std::size_t>(length));
    at_ += piece.size();
    return piece;
  }
  std::uint64_t number(std::size_t width) {
    const std::uint64_t value = number_at(bytes_, at_, width);
    at_ = std::min(at_ + width, bytes_.size());
    return value;
  }
  void string() {
    const std::uint64_t length = number(4);
    append(take(2 * length), 1200);
  }
  void moniker() {
    constexpr auto kAddress = "\xe0\xc9\xea\x79\xf9\xba\xce\x11"sv, kFile = "\x03\x03\0\0\0\0\0\0"sv;
    const std::string_view kind = take(16);
    if (kind.starts_with(kAddress)) {
      const std::string_view all = take(number(4));
      std::size_t end = 0;
      while (end + 2 <= all.size() && number_at(all, end, 2) != 0) end += 2;
      append(all.substr(0, end), 1200);
    } else if (kind.starts_with(kFile)) {
      at_ += 2;
      append(take(number(4)), 1252);
      at_ += 24;
      if (number(4) == 0) return;
      const std::uint64_t length = number(4);
      at_ += 2;
      append(take(length), 1200);
    }
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::string out_;
};

class ExcelText final : public OleText {
 public:
  ExcelText(const OleFile& file, std::uint32_t stream) : records_(file, stream) {}

 protected:
  bool more(std::string& out) override {
    if (!records_.next()) {
      is_damaged_ |= records_.is_damaged();
      end_row(out);
      for (const auto& [offset, name] : sheets_) out.append(name).push_back('\n');
      sheets_.clear();
      return false;
    }
    if (!cell(out)) beside(out);
    return true;
  }

 private:
  // --- cells --------------------------------------------------------------------------------------------------

  bool cell(std::string& out) {
    switch (records_.type()) {
      case kLabel:
      case kRichLabel: {
        begin_cell();
        records_.skip(2);
        append_cell(text(2), out);
        return true;
      }
      case kSharedLabel: {
        begin_cell();
        records_.skip(2);
        const std::uint64_t index = records_.number(4);
        if (index < texts_.size()) append_cell(std::string(texts_.at(static_cast<std::size_t>(index))), out);
        is_damaged_ |= index >= texts_.size();
        return true;
      }
      case kNumber:
        begin_cell();
        records_.skip(2);
        append_cell(number_text(std::bit_cast<double>(records_.number(8))), out);
        return true;
      case kRk:
        begin_cell();
        records_.skip(2);
        append_cell(number_text(rk_value(records_.number(4))), out);
        return true;
      case kManyRk:
        many_rk(out);
        return true;
      case kFormula:
        formula(out);
        return true;
      case kResult:
        append_cell(text(2), out);
        return true;
      default:
        return false;
    }
  }

  void begin_cell() {
    next_row_ = records_.number(2);
    records_.skip(2);
  }
  void append_cell(std::string text, std::string& out) {
    if (row_ && row_ != next_row_) end_row(out);
    if (row_) out.push_back('\t');
    row_ = next_row_;
    out += one_line(std::move(text));
  }
  void end_row(std::string& out) {
    if (row_) out.push_back('\n');
    row_.reset();
  }
  void line(std::string text, std::string& out) {
    end_row(out);
    make_readable(text);
    std::erase(text, '\0');
    std::replace(text.begin(), text.end(), '\r', '\n');
    if (!text.empty()) out.append(text).push_back('\n');
  }

  // row column *( format(2) rk(4) ) column
  void many_rk(std::string& out) {
    begin_cell();
    const std::string cells = records_.rest();
    for (std::size_t at = 0; at + 6 < cells.size(); at += 6) {
      append_cell(number_text(rk_value(number_at(cells, at + 2, 4))), out);
    }
  }

  // MS-XLS 2.5.133: a number, or that the result comes as a record of its own.
  void formula(std::string& out) {
    begin_cell();
    records_.skip(2);
    const std::uint64_t value = records_.number(8);
    if (value >> 48 != 0xffff) append_cell(number_text(std::bit_cast<double>(value)), out);
  }

  // --- texts --------------------------------------------------------------------------------------------------

  // A text behind its length, of `width` bytes.
  std::string text(std::size_t width) {
    const auto length = static_cast<std::size_t>(records_.number(width));
    if (is_biff8_) return records_.text(length);
    return code_page_text(records_.bytes(length), code_page_);
  }

  void beside(std::string& out) {
    switch (records_.type()) {
      case kBegin:
        begin_sheet(out);
        break;
      case kCodePage:
        code_page_ = static_cast<int>(records_.number(2));
        if (code_page_ == 0x8000) code_page_ = 10000;
        if (code_page_ == 0x8001) code_page_ = 1252;
        break;
      case kSheet: {
        const std::uint64_t offset = records_.number(4);
        records_.skip(2);
        if (sheets_.size() < kMaxSheets) sheets_[offset] = one_line(text(1));
        break;
      }
      case kTexts:
        read_texts();
        break;
      case kWriteAccess:
      case kHeader:
      case kFooter:
        if (records_.has_more()) line(text(is_biff8_ ? 2 : 1), out);
        break;
      case kPivotText:
        line(text(2), out);
        break;
      case kChartText:
        records_.skip(2);
        line(text(1), out);
        break;
      default:
        aside(out);
    }
  }

  void aside(std::string& out) {
    switch (records_.type()) {
      case kName:
        name(out);
        break;
      case kNote:
        note(out);
        break;
      case kTextBox:
        text_box(out);
        break;
      case kLink:
        records_.skip(24);
        line(Link(records_.bytes(limits::kMaxOleLinkBytes)).text(), out);
        break;
      case kSupBook: {
        records_.skip(2);
        const std::uint64_t length = records_.number(2);
        if (is_biff8_ && length != 0x0401 && length != 0x3a01)
          line(records_.text(static_cast<std::size_t>(length)), out);
        break;
      }
      case kValidation:
        records_.skip(4);
        for (int i = 0; i < 4 && is_biff8_ && records_.has_more(); ++i) line(text(2), out);
        break;
      default:
        break;
    }
  }

  void begin_sheet(std::string& out) {
    end_row(out);
    is_biff8_ = records_.number(2) >= kBiff8;
    const auto sheet = sheets_.find(records_.offset());
    if (records_.number(2) == kGlobals || sheet == sheets_.end()) return;
    line(std::move(sheet->second), out);
    sheets_.erase(sheet);
  }

  void read_texts() {
    records_.skip(8);
    while (records_.has_more() && !texts_.is_full()) {
      texts_.append(text(2));
      texts_.end_text();
    }
    is_damaged_ |= texts_.is_full();
  }

  // flags(2) key(1) length(1) formula(2) … name; of one character where Excel named it.
  void name(std::string& out) {
    records_.skip(3);
    const auto length = static_cast<std::size_t>(records_.number(1));
    records_.skip(10);
    if (length < 2) return;
    line(is_biff8_ ? records_.text(length) : code_page_text(records_.bytes(length), code_page_), out);
  }

  // Of BIFF8 the author alone: the text is in a box.
  void note(std::string& out) {
    records_.skip(4);
    if (is_biff8_) {
      records_.skip(4);
      return line(text(2), out);
    }
    records_.skip(2);
    line(code_page_text(records_.rest(), code_page_), out);
  }

  // MS-XLS 2.4.329: lengths; the text goes on in the next record.
  void text_box(std::string& out) {
    if (!is_biff8_) return;
    records_.skip(10);
    const auto length = static_cast<std::size_t>(records_.number(2));
    static_cast<void>(records_.rest());
    if (length > 0 && records_.has_more()) line(records_.text(length), out);
  }

  ExcelRecords records_;
  bool is_biff8_ = true;
  int code_page_ = 1252;
  SharedTexts texts_;
  std::map<std::uint64_t, std::string> sheets_;  // not yet begun, by their offset
  std::optional<std::uint64_t> row_;             // that of the line at hand
  std::uint64_t next_row_ = 0;
};

}  // namespace

OleLock excel_lock(const OleFile& file, std::uint32_t stream) {
  ExcelRecords records(file, stream);
  for (int i = 0; i < kRecordsToLock && records.next(); ++i) {
    if (records.type() == kFilePass) return OleLock::encrypted;
  }
  return OleLock::open;
}

std::unique_ptr<ByteStream> excel_text(const OleFile& file, std::uint32_t stream) {
  return std::make_unique<ExcelText>(file, stream);
}

}  // namespace ambit::unpack
