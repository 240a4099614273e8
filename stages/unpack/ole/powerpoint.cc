// PowerPoint: the texts of all slides, notes and masters (MS-PPT), in the order of the file.
//
//   stream = *record         record = version(0.5) instance(1.5) type(2) bytes(4) body
//
// Records of version 15 hold others. Texts are records of a few types wherever they stand, so the tree is read as a
// row: a container is entered, anything else is passed. Slides that were replaced when the file was saved in a hurry
// are in the row as well, and are kept.
#include <algorithm>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/input.h"
#include "stages/unpack/ole/parts.h"
#include "stages/unpack/ole/text.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kAtomHeaderBytes = 8;
// MS-PPT 2.13.24.
constexpr std::uint16_t kTextChars = 0x0fa0, kTextBytes = 0x0fa8, kString = 0x0fba, kObject = 0x1011;
constexpr std::uint16_t kEdit = 0x0ff5;
constexpr std::uint64_t kEncryptedToken = 0xf3d1c4df;  // MS-PPT 2.3.2

class SlideRecords {
 public:
  SlideRecords(const OleFile& file, std::uint32_t number) : stream_(file, number), input_(stream_, stream_.size()) {}

  // The next record that is no container.
  bool next() {
    while (true) {
      if (left_ > 0) static_cast<void>(input_.skip(left_));
      left_ = 0;
      const auto ahead = input_.ahead(kAtomHeaderBytes);
      if (!ahead.ok() || ahead->size() < kAtomHeaderBytes) return false;
      const std::uint16_t version = little16(*ahead, 0);
      instance_ = static_cast<std::uint16_t>(version >> 4);
      type_ = little16(*ahead, 2);
      bytes_ = left_ = little32(*ahead, 4);
      input_.take(kAtomHeaderBytes);
      offset_ = input_.offset();
      is_damaged_ |= left_ > stream_.size() - offset_;
      if ((version & 15) != 15) return true;
      left_ = 0;
    }
  }
  [[nodiscard]] std::uint16_t type() const { return type_; }
  [[nodiscard]] std::uint16_t instance() const { return instance_; }
  [[nodiscard]] std::uint64_t offset() const { return offset_; }  // of the body
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }    // of the body, as declared
  [[nodiscard]] std::uint64_t left() const { return left_; }
  [[nodiscard]] bool is_damaged() const { return is_damaged_ || stream_.is_damaged(); }

  // The next bytes of the body, an even number of them unless they are the last.
  std::string take() {
    constexpr std::size_t kStepBytes = 32 * limits::KiB;
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left_, kStepBytes));
    const auto ahead = input_.ahead(want);
    const std::size_t count = ahead.ok() ? std::min(want, ahead->size()) : 0;
    std::string out(ahead.ok() ? chars(ahead->first(count)) : std::string_view());
    input_.take(count);
    left_ = count < want ? 0 : left_ - count;
    return out;
  }

 private:
  OleStream stream_;
  Input input_;
  std::uint16_t type_ = 0, instance_ = 0;
  std::uint64_t offset_ = 0, bytes_ = 0, left_ = 0;
  bool is_damaged_ = false;
};

class SlidesText final : public OleText {
 public:
  SlidesText(const OleFile& file, std::uint32_t stream) : records_(file, stream) {}

 protected:
  bool more(std::string& out) override {
    if (is_text_) {
      append(out);
      return true;
    }
    if (!records_.next()) {
      is_damaged_ |= records_.is_damaged();
      return false;
    }
    const std::uint16_t type = records_.type();
    is_text_ = type == kTextChars || type == kTextBytes || type == kString;
    return true;
  }

 private:
  void append(std::string& out) {
    const std::string bytes = records_.take();
    std::string text;
    if (records_.type() == kTextBytes) {
      // The lower halves of UTF-16.
      std::string wide;
      for (const char c : bytes) wide.append({c, '\0'});
      text = utf16_text(wide);
    } else {
      text = utf16_text(bytes);
    }
    make_readable(text);
    std::replace(text.begin(), text.end(), '\r', '\n');
    std::replace(text.begin(), text.end(), '\x0b', '\n');
    out += text;
    is_text_ = records_.left() > 0;
    if (!is_text_) out.push_back('\n');
  }

  SlideRecords records_;
  bool is_text_ = false;
};

}  // namespace

OleLock slides_lock(const OleFile& file, std::uint32_t storage) {
  const auto user = file.find_stream(storage, "Current User");
  const auto slides = file.find_stream(storage, "PowerPoint Document");
  if (!user || !slides) return OleLock::open;
  const std::string atom = ole_bytes(file, *user, 20);
  if (number_at(atom, 12, 4) == kEncryptedToken) return OleLock::encrypted;
  // The last edit has a field more where the document is encrypted.
  constexpr std::uint64_t kLongEdit = 32;
  const std::string edit = ole_bytes(file, *slides, kAtomHeaderBytes, number_at(atom, 16, 4));
  return number_at(edit, 2, 2) == kEdit && number_at(edit, 4, 4) == kLongEdit ? OleLock::encrypted : OleLock::open;
}

std::unique_ptr<ByteStream> slides_text(const OleFile& file, std::uint32_t stream) {
  return std::make_unique<SlidesText>(file, stream);
}

std::vector<OleInside> slide_objects(const OleFile& file, std::uint32_t stream) {
  std::vector<OleInside> out;
  SlideRecords records(file, stream);
  while (out.size() < limits::kMaxOleEntries && records.next()) {
    if (records.type() != kObject) continue;
    OleInside object;
    object.name = "object " + std::to_string(out.size() + 1);
    // The size of what comes out, and the header of zlib.
    const std::uint64_t before = records.instance() == 1 ? 6 : 0;
    if (records.bytes() <= before) continue;
    if (before > 0) object.inflated = number_at(ole_bytes(file, stream, 4, records.offset()), 0, 4);
    object.offset = records.offset() + before;
    object.size = records.bytes() - before;
    out.push_back(std::move(object));
  }
  return out;
}

}  // namespace ambit::unpack
