// Sets of properties (MS-OLEPS): what Office, Explorer and others say of a document, and what the user adds.
//
//   stream   = 0xfffe(2) version(2) system(4) class(16) sections(4) *( format(16) place(4) ) section …
//   section  = bytes(4) count(4) *( number(4) place(4) ) property …
//   property = type(4) value; number 0 is the dictionary: count(4) *( number(4) length(4) name )
//
// Texts come as lines, those of the dictionary with their name. Numbers, dates and pictures are left out.
#include <algorithm>
#include <map>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/ole/parts.h"
#include "stages/unpack/ole/text.h"

namespace ambit::unpack {
namespace {

// MS-OLEPS 2.2.
constexpr std::uint64_t kText = 0x1e, kWideText = 0x1f, kBlob = 0x41, kVariant = 0x0c, kVector = 0x1000;
constexpr std::uint32_t kDictionary = 0, kCodePageProperty = 1;
constexpr std::size_t kSetHeaderBytes = 28, kSectionBytes = 20;
constexpr std::uint64_t kMaxNames = 65'536;
constexpr std::size_t kMaxSections = 16;  // documents have two
constexpr std::size_t kMaxDepth = 4;      // vectors of variants in blobs

class PropertiesText final : public OleText {
 public:
  PropertiesText(const OleFile& file, std::uint32_t stream)
      : bytes_(ole_bytes(file, stream, limits::kMaxOlePropertyBytes)), work_(4 * bytes_.size()) {
    is_damaged_ = file.entry(stream).is_damaged || file.entry(stream).size > bytes_.size();
    sections_ = static_cast<std::size_t>(std::min<std::uint64_t>(number_at(bytes_, 24, 4), kMaxSections));
  }

 protected:
  bool more(std::string& out) override {
    if (property_ == properties_ && !begin_section()) return false;
    if (property_ == properties_) return true;
    const std::size_t row = section_ + 8 + 8 * property_++;
    const auto number = static_cast<std::uint32_t>(number_at(bytes_, row, 4));
    if (number == kDictionary) return true;
    const std::size_t before = out.size();
    const std::size_t place = section_ + static_cast<std::size_t>(number_at(bytes_, row + 4, 4));
    static_cast<void>(append(number_at(bytes_, place, 4), place + 4, 0, out));
    const auto name = names_.find(number);
    if (name != names_.end() && out.size() > before) out.insert(before, name->second + "\t");
    return true;
  }

 private:
  bool begin_section() {
    if (next_section_ == sections_) return false;
    section_ = static_cast<std::size_t>(number_at(bytes_, kSetHeaderBytes + kSectionBytes * next_section_++ + 16, 4));
    is_damaged_ |= section_ + 8 > bytes_.size();
    if (section_ + 8 > bytes_.size()) return true;
    property_ = 0;
    properties_ = static_cast<std::size_t>(number_at(bytes_, section_ + 4, 4));
    const std::size_t most = (bytes_.size() - section_ - 8) / 8;
    is_damaged_ |= properties_ > most;
    properties_ = std::min(properties_, most);
    code_page_ = 1252;
    names_.clear();
    for (std::size_t i = 0; i < properties_; ++i) {
      const std::size_t row = section_ + 8 + 8 * i;
      const std::size_t place = section_ + static_cast<std::size_t>(number_at(bytes_, row + 4, 4));
      if (number_at(bytes_, row, 4) == kCodePageProperty)
        code_page_ = static_cast<int>(number_at(bytes_, place + 4, 2));
    }
    for (std::size_t i = 0; i < properties_; ++i) {
      const std::size_t row = section_ + 8 + 8 * i;
      const std::size_t place = section_ + static_cast<std::size_t>(number_at(bytes_, row + 4, 4));
      if (number_at(bytes_, row, 4) == kDictionary && names_.empty()) read_dictionary(place);
    }
    return true;
  }

  void read_dictionary(std::size_t at) {
    const std::uint64_t count = number_at(bytes_, at, 4);
    at += 4;
    for (std::uint64_t i = 0; i < count && i < kMaxNames && at + 8 <= bytes_.size(); ++i) {
      const auto number = static_cast<std::uint32_t>(number_at(bytes_, at, 4));
      const std::uint64_t length = number_at(bytes_, at + 4, 4) * (code_page_ == 1200 ? 2 : 1);
      const std::string_view name = piece(at + 8, length);
      names_[number] = one_line(code_page_text(name, code_page_));
      at += 8 + name.size();
      if (code_page_ == 1200) at += (4 - name.size() % 4) % 4;
    }
  }

  // Reading is paid for: properties may all point to the same value.
  std::string_view piece(std::size_t at, std::uint64_t length) {
    const std::size_t begin = std::min(at, bytes_.size());
    const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>({length, bytes_.size() - begin, work_}));
    is_damaged_ |= bytes < length;
    work_ -= bytes;
    return std::string_view(bytes_).substr(begin, bytes);
  }

  // The texts of one value, a line each; where it ends, nothing if that is not known.
  std::optional<std::size_t> append(std::uint64_t type, std::size_t at, std::size_t depth, std::string& out) {
    if (work_ == 0 || depth > kMaxDepth || at >= bytes_.size()) return std::nullopt;
    --work_;
    if ((type & kVector) != 0) {
      const std::uint64_t count = number_at(bytes_, at, 4);
      std::optional<std::size_t> end = at + 4;
      for (std::uint64_t i = 0; i < count && end; ++i) end = append(type & ~kVector, *end, depth + 1, out);
      return end;
    }
    if (type == kVariant) return append(number_at(bytes_, at, 4), at + 4, depth + 1, out);
    if (type == kBlob) {
      // Of documents the list of links: a vector of variants. Of anything else nothing comes out.
      const std::uint64_t bytes = number_at(bytes_, at, 4);
      static_cast<void>(append(kVector | kVariant, at + 4, depth + 1, out));
      return at + 4 + static_cast<std::size_t>(bytes);
    }
    if (type == 2 || type == 3 || type == 0x0b || type == 0x13) return at + 4;
    if (type != kText && type != kWideText) return std::nullopt;
    const std::uint64_t length = number_at(bytes_, at, 4) * (type == kWideText ? 2 : 1);
    const std::string_view value = piece(at + 4, length);
    std::string text = code_page_text(value, type == kWideText ? 1200 : code_page_);
    make_readable(text);
    std::erase(text, '\0');
    std::replace(text.begin(), text.end(), '\r', '\n');
    if (!text.empty()) out.append(text).push_back('\n');
    // MS-OSHARED 2.3.3.1.8: in vectors nothing stands behind texts of bytes.
    const bool is_aligned = type == kWideText || depth == 0;
    return at + 4 + (is_aligned ? (value.size() + 3) / 4 * 4 : value.size());
  }

  const std::string bytes_;
  std::uint64_t work_;
  std::size_t sections_ = 0, next_section_ = 0, section_ = 0, property_ = 0, properties_ = 0;
  int code_page_ = 1252;
  std::map<std::uint32_t, std::string> names_;
};

}  // namespace

bool is_property_set(const OleFile& file, std::uint32_t stream) {
  return file.entry(stream).name.starts_with('\x05') && ole_bytes(file, stream, 2) == "\xfe\xff";
}

std::unique_ptr<ByteStream> properties_text(const OleFile& file, std::uint32_t stream) {
  return std::make_unique<PropertiesText>(file, stream);
}

}  // namespace ambit::unpack
