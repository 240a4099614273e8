#include "stages/unpack/pdf/objects.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "pipeline/byte_stream.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/pdf/tokens.h"
#include "stages/unpack/stream/inflated.h"
#include "stages/unpack/text/charset.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

using Kind = PdfToken::Kind;

// Up to `most` bytes of what zlib packed; what came before damage is good.
std::string inflated(std::string_view packed, std::size_t most) {
  const std::unique_ptr<ByteStream> stream = inflated_zlib(packed);
  std::string out;
  std::array<std::byte, 16 * 1024> piece;
  while (out.size() < most) {
    const Result<std::size_t> got = stream->read(std::span(piece).first(std::min(piece.size(), most - out.size())));
    if (!got.ok() || *got == 0) break;
    out.append(reinterpret_cast<const char*>(piece.data()), *got);
  }
  return out;
}

// What a dictionary says about the stream behind it.
struct Dictionary {
  bool object_stream = false, embedded_file = false, deflated = false, other_filter = false;
  bool draws = false;  // a picture, a font, a page: nothing that is read here
  std::size_t length = 0;
};

class Reader {
 public:
  Reader(std::string_view pdf, Pages pages) : pdf_(pdf), pages_(pages) {}
  PdfObjects read();

 private:
  void look(const PdfToken& token);
  void take_string(const PdfToken& token);
  void take_name(std::string_view name);
  void end_file();
  void take_stream(PdfTokens& tokens);
  void read_inside(std::string_view objects);
  void read_page(std::string_view operators);
  void add(std::string_view text);

  static constexpr std::size_t kMostNames = 100'000, kMostVersions = 8;
  const std::string_view pdf_;
  const Pages pages_;
  PdfObjects out_;
  Dictionary dictionary_;
  std::string key_;                         // the name before what is read now
  std::array<std::uint64_t, 2> numbers_{};  // the last two
  std::uint64_t object_ = 0;
  // Of the file specification that is read: << /F (name) /EF << /F 12 0 R >> >>, in either order.
  std::string file_name_;
  std::vector<std::uint64_t> file_objects_;
  bool in_embedded_ = false;    // within its /EF
  std::uint64_t inflated_ = 0;  // bytes so far
};

PdfObjects Reader::read() {
  PdfTokens tokens(pdf_);
  for (PdfToken token = tokens.next(); token.kind != Kind::end; token = tokens.next()) {
    if (token.kind == Kind::word && token.text == "stream") {
      take_stream(tokens);
    } else {
      look(token);
    }
  }
  if (out_.encrypted) {
    out_.strings.clear();
    out_.names.clear();
  }
  return std::move(out_);
}

void Reader::look(const PdfToken& token) {
  switch (token.kind) {
    case Kind::number:
      numbers_ = {numbers_[1], token.number};
      if (key_ == "Length") dictionary_.length = static_cast<std::size_t>(token.number);
      return;
    case Kind::word:
      if (token.text == "obj") {
        object_ = numbers_[0];
        dictionary_ = {};
        end_file();
        file_objects_.clear();
        in_embedded_ = false;
      }
      if (token.text == "R" && in_embedded_ && file_objects_.size() < kMostVersions) {
        file_objects_.push_back(numbers_[0]);
      }
      return;
    case Kind::name:
      return take_name(token.text);
    case Kind::string:
      return take_string(token);
    case Kind::open:
      in_embedded_ = in_embedded_ || key_ == "EF";
      return;
    case Kind::close:
      if (!std::exchange(in_embedded_, false) && !file_objects_.empty()) end_file();
      return;
    case Kind::end:
      return;
  }
}

// The file specification is over, if it has a name.
void Reader::end_file() {
  if (file_name_.empty()) return;
  for (const std::uint64_t object : file_objects_) {
    if (out_.names.size() < kMostNames) out_.names.emplace(object, file_name_);
  }
  file_objects_.clear();
  file_name_.clear();
}

void Reader::take_name(std::string_view name) {
  const bool is_value = key_ == "Type" || key_ == "Subtype";
  if (name == "ObjStm") dictionary_.object_stream = true;
  if (name == "EmbeddedFile") dictionary_.embedded_file = true;
  if (name == "FlateDecode" || name == "Fl") dictionary_.deflated = true;
  constexpr std::array kOtherFilters = {"LZWDecode"sv,       "ASCII85Decode"sv, "ASCIIHexDecode"sv,
                                        "RunLengthDecode"sv, "DCTDecode"sv,     "JPXDecode"sv,
                                        "CCITTFaxDecode"sv,  "JBIG2Decode"sv,   "Crypt"sv};
  if (std::find(kOtherFilters.begin(), kOtherFilters.end(), name) != kOtherFilters.end()) {
    dictionary_.other_filter = true;
  }
  if (is_value && (name == "Image" || name == "XRef")) dictionary_.draws = true;
  if (name == "Length1" || name == "FontFile") dictionary_.draws = true;
  if (name == "Encrypt") out_.encrypted = true;
  key_ = name;
}

void Reader::take_string(const PdfToken& token) {
  const std::string text = pdf_string(token.text);
  if (key_ == "UF" || (key_ == "F" && file_name_.empty())) file_name_ = text.substr(0, limits::kMaxPartNameBytes);
  add(text);
}

void Reader::add(std::string_view text) {
  if (text.empty()) return;
  if (out_.strings.size() + text.size() > limits::kMaxViewBytes) {
    out_.cut = true;
    return;
  }
  out_.strings += text;
  out_.strings += '\n';
}

// The tokens stand behind "stream".
void Reader::take_stream(PdfTokens& tokens) {
  const std::size_t begin = tokens.skip_line_end();
  const std::size_t end = tokens.skip_stream(dictionary_.length);
  const std::string_view bytes = pdf_.substr(begin, end - begin);
  const Dictionary what = std::exchange(dictionary_, {});
  if (what.other_filter || what.draws) return;
  if (what.embedded_file) {
    if (out_.files.size() < kMostNames) out_.files.push_back({object_, begin, bytes.size(), what.deflated});
    return;
  }
  if (!what.deflated) return;  // stands there as it is
  if (what.object_stream) return read_inside(inflated(bytes, limits::kMaxViewBytes));
  // XML: forms (XFA), properties (XMP). A page begins otherwise.
  std::string head = inflated(bytes, 64);
  const std::size_t first = head.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  const bool xml = first != std::string::npos && head[first] == '<' && !head.substr(first).starts_with("<<");
  if (!xml && pages_ == Pages::leave) return;
  const std::string whole = inflated(bytes, limits::kMaxViewBytes);
  if (xml) return add(whole);
  inflated_ += whole.size();
  if (inflated_ <= limits::kMaxMarkupBytes) read_page(whole);
}

// An object stream: numbers, then objects without "obj".
void Reader::read_inside(std::string_view objects) {
  // Each is inflated to what a view may be, and all to what an honest PDF of this size may hold.
  inflated_ += objects.size();
  if (inflated_ > limits::kMaxMarkupBytes) {
    out_.cut = true;
    return;
  }
  PdfTokens tokens(objects);
  for (PdfToken token = tokens.next(); token.kind != Kind::end; token = tokens.next()) look(token);
  dictionary_ = {};
  in_embedded_ = false;
}

// (Kim) Tj, [(St) -20 (ahl)] TJ: what is shown; whatever moves to another place ends a line.
void Reader::read_page(std::string_view operators) {
  std::string shown, line;
  PdfTokens tokens(operators);
  for (PdfToken token = tokens.next(); token.kind != Kind::end; token = tokens.next()) {
    if (token.kind == Kind::string) line += pdf_string(token.text);
    if (token.kind != Kind::word || token.text == "Tj" || token.text == "TJ" || line.empty()) continue;
    shown += line + "\n";
    line.clear();
  }
  add(shown + line);
}

}  // namespace

PdfObjects read_pdf_objects(std::string_view pdf, Pages pages) { return Reader(pdf, pages).read(); }

}  // namespace ambit::unpack
