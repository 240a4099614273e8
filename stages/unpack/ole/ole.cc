// OLE compound files: Word, Excel and PowerPoint up to 2003, Outlook messages, and whatever else keeps its data so.
//
// Each storage is asked for what is in it, wherever it stands: a workbook that is embedded in a document is read like
// one that is a file. The text of a document is a view, named as its stream; so are its properties and the source of
// its macros. The texts of a message are views, its attachments members; a message in a message is told by the name of
// the attachment that it is. All other streams are members: pictures, embedded files, the data of programs that are not
// known here.
#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/markup/markup.h"
#include "stages/unpack/ole/excel_drawing.h"
#include "stages/unpack/ole/file.h"
#include "stages/unpack/ole/parts.h"
#include "stages/unpack/outlook/compressed_rtf.h"
#include "stages/unpack/stream/decoder.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

// What the names of streams are compared with: without the control characters before them.
std::string_view plain_name(std::string_view name) {
  while (!name.empty() && static_cast<unsigned char>(name[0]) < 0x20) name.remove_prefix(1);
  return name;
}

// Of a document: what says nothing besides its text, or about the program that made it.
bool is_dull(std::string_view name) {
  constexpr std::array kDull = {
      "WordDocument"sv, "0Table"sv,  "1Table"sv, "Workbook"sv, "Book"sv,    "PowerPoint Document"sv,
      "Current User"sv, "CompObj"sv, "Ole"sv,    "ObjInfo"sv,  "LinkInfo"sv};
  return std::find(kDull.begin(), kDull.end(), plain_name(name)) != kDull.end();
}

// Of `size` bytes, as declared. PowerPoint does not end what it deflates: if all is there, that is no damage.
class Inflated final : public ByteStream {
 public:
  Inflated(std::unique_ptr<ByteStream> packed, std::uint64_t size)
      : packed_(std::move(packed)), input_(*packed_), left_(size) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const auto got = decoder_->read(input_, into);
    if (!got.ok()) return left_ == 0 ? Result<std::size_t>(0) : got;
    left_ -= std::min<std::uint64_t>(left_, *got);
    return got;
  }

 private:
  std::unique_ptr<ByteStream> packed_;
  Input input_;
  std::uint64_t left_;
  std::unique_ptr<Decoder> decoder_ = inflate_decoder();
};

// `size` bytes of a content from `offset` on.
class Piece final : public ByteStream {
 public:
  Piece(Content& content, std::uint64_t offset, std::uint64_t size) : content_(content), at_(offset), left_(size) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_));
    auto got = want == 0 ? Result<std::size_t>(0) : content_.read_at(at_, into.first(want));
    left_ = got.ok() && *got > 0 ? left_ - *got : 0;
    at_ += got.ok() ? *got : 0;
    return got;
  }

 private:
  Content& content_;
  std::uint64_t at_, left_;
};

enum class What : std::uint8_t {
  stream,
  inside,
  drawn,
  encrypted,
  word,
  excel,
  slides,
  properties,
  macro,
  headers,
  body,
  html,
  rtf,
  attachment,
};
struct Planned {
  What what = What::stream;
  std::uint32_t storage = 0, stream = 0;
  OleInside inside = {};
};

class Ole final : public Unpacker {
 public:
  explicit Ole(OleFile file) : file_(std::move(file)) {}

  Result<std::optional<Part>> next() override {
    bytes_.reset();
    while (next_ == planned_.size()) {
      planned_.clear();
      next_ = 0;
      if (storage_ == file_.entries().size()) {
        if (file_.is_damaged()) return evidence_error("some of a compound file is damaged");
        return std::optional<Part>();
      }
      if (file_.entry(storage_).is == OleEntry::Is::storage) plan(storage_);
      ++storage_;
    }
    return std::optional<Part>(part(planned_[next_++]));
  }
  Result<std::size_t> read(std::span<std::byte> into) override { return bytes_ ? bytes_->read(into) : 0; }

 private:
  // --- what there is ------------------------------------------------------------------------------------------

  void plan(std::uint32_t storage) {
    switch (message_role(file_, storage)) {
      case OleMessage::message:
        return plan_message(storage);
      case OleMessage::attachment:
        return plan_attachment(storage);
      case OleMessage::aside:
        return;
      case OleMessage::none:
        break;
    }
    if (file_.find_stream(storage, "EncryptedPackage") && file_.find_stream(storage, "EncryptionInfo")) {
      return add(What::encrypted, storage, *file_.find_stream(storage, "EncryptedPackage"));
    }
    const bool is_document = plan_document(storage);
    if (file_.find_stream(storage, "_VBA_PROJECT") && file_.find_stream(storage, "dir")) return plan_macros(storage);
    plan_streams(storage, is_document);
  }

  bool plan_document(std::uint32_t storage) {
    const std::size_t before = planned_.size();
    if (const auto word = file_.find_stream(storage, "WordDocument")) {
      const bool is_open = word_lock(file_, *word) == OleLock::open;
      add(is_open ? What::word : What::encrypted, storage, *word);
      if (is_open) plan_insides(storage, *word, pictures_of(*word));
    }
    for (const std::string_view name : {"Workbook"sv, "Book"sv}) {
      const auto book = file_.find_stream(storage, name);
      if (!book) continue;
      const bool is_open = excel_lock(file_, *book) == OleLock::open;
      add(is_open ? What::excel : What::encrypted, storage, *book);
      if (is_open) plan_drawing(storage, *book);
    }
    if (const auto slides = file_.find_stream(storage, "PowerPoint Document")) {
      const bool is_open = slides_lock(file_, storage) == OleLock::open;
      add(is_open ? What::slides : What::encrypted, storage, *slides);
      if (is_open) plan_insides(storage, *slides, slide_objects(file_, *slides));
    }
    return planned_.size() > before;
  }

  void plan_insides(std::uint32_t storage, std::uint32_t stream, std::vector<OleInside> insides) {
    for (OleInside& inside : insides) planned_.push_back({What::inside, storage, stream, std::move(inside)});
  }

  [[nodiscard]] std::vector<OleInside> pictures_of(std::uint32_t stream) const {
    OleStream bytes(file_, stream);
    return pictures_in(bytes, bytes.size());
  }
  void plan_drawing(std::uint32_t storage, std::uint32_t book) {
    ExcelDrawing drawing(file_, book);
    for (OleInside& picture : pictures_in(drawing, drawing.size())) {
      planned_.push_back({What::drawn, storage, book, std::move(picture)});
    }
  }

  void plan_macros(std::uint32_t storage) {
    const OleModules modules = macro_modules(file_, storage);
    code_page_ = modules.code_page;
    for (const OleModule& module : modules.modules) {
      planned_.push_back({What::macro, storage, module.stream, {{}, module.offset, 0, {}}});
    }
  }

  void plan_streams(std::uint32_t storage, bool is_document) {
    const bool is_cache = plain_name(file_.entry(storage).name) == "_SX_DB_CUR";
    std::vector<std::uint32_t> streams;
    for (const std::uint32_t child : file_.entry(storage).children) {
      const OleEntry& entry = file_.entry(child);
      if (entry.is != OleEntry::Is::stream || (entry.size == 0 && !entry.is_damaged)) continue;
      if (is_property_set(file_, child)) {
        add(What::properties, storage, child);
      } else if (is_cache) {
        add(What::excel, storage, child);
      } else if (!(is_document || is_embedded(storage)) || !is_dull(entry.name)) {
        streams.push_back(child);
      }
    }
    // In the order in which they stand in the file: the raw hits in those that are whole become theirs.
    std::stable_sort(streams.begin(), streams.end(), [&](std::uint32_t a, std::uint32_t b) {
      return file_.place(a).value_or(UINT64_MAX) < file_.place(b).value_or(UINT64_MAX);
    });
    for (const std::uint32_t stream : streams) plan_stream(storage, stream, is_document);
  }
  void plan_stream(std::uint32_t storage, std::uint32_t stream, bool is_document) {
    const std::string_view name = plain_name(file_.entry(stream).name);
    if (name == "Ole10Native") {
      if (auto inside = packaged_file(file_, stream)) {
        return void(planned_.push_back({What::inside, storage, stream, std::move(*inside)}));
      }
    }
    if (is_document && (name == "Pictures" || name == "Data")) {
      std::vector<OleInside> pictures = pictures_of(stream);
      if (!pictures.empty()) return plan_insides(storage, stream, std::move(pictures));
    }
    add(What::stream, storage, stream);
  }
  [[nodiscard]] bool is_embedded(std::uint32_t storage) const {
    return storage != OleFile::kRoot && file_.find_stream(storage, "\x01Ole").has_value();
  }

  void plan_message(std::uint32_t storage) {
    const MessageParts parts = message_parts(file_, storage);
    sent_ = parts.sent;
    charset_ = parts.charset;
    has_body_ = parts.body.has_value();
    add(What::headers, storage, storage);
    if (parts.body) add(What::body, storage, *parts.body);
    if (parts.html) add(What::html, storage, *parts.html);
    if (parts.rtf) add(What::rtf, storage, *parts.rtf);
  }
  void plan_attachment(std::uint32_t storage) {
    if (const auto bytes = file_.find_stream(storage, "__substg1.0_37010102")) add(What::attachment, storage, *bytes);
  }

  void add(What what, std::uint32_t storage, std::uint32_t stream) { planned_.push_back({what, storage, stream, {}}); }

  // --- as parts -----------------------------------------------------------------------------------------------

  Part part(const Planned& planned) {
    switch (planned.what) {
      case What::stream:
        return member(file_.path(planned.stream), planned.stream, {});
      case What::inside:
        return member(inside_name(planned), planned.stream, planned.inside);
      case What::drawn:
        return drawn(planned);
      case What::attachment:
        return member(message_path(planned.storage), planned.stream, {});
      case What::rtf: {
        Part part;
        part.name = in_message(planned.storage, "body.rtf");
        bytes_ = plain_rtf(ole_stream(file_, planned.stream));
        return part;
      }
      default:
        return view(planned);
    }
  }

  [[nodiscard]] std::string inside_name(const Planned& planned) const {
    std::string path = file_.path(planned.storage);
    if (!path.empty()) path.push_back('/');
    return path + (planned.inside.name.empty() ? "Ole10Native" : planned.inside.name);
  }

  // A stream, or the piece `inside` of it, if that has a size.
  Part member(std::string name, std::uint32_t stream, const OleInside& inside) {
    Part part;
    part.name = std::move(name);
    const std::uint64_t most = inside.size > 0 ? inside.size : UINT64_MAX;
    bytes_ = ole_stream(file_, stream, inside.offset, most);
    if (inside.inflated) {
      bytes_ = std::make_unique<Inflated>(std::move(bytes_), *inside.inflated);
      return part;
    }
    part.size = inside.size > 0 ? inside.size : file_.entry(stream).size;
    if (const auto place = file_.place(stream)) part.stored_at = *place + inside.offset;
    return part;
  }

  // A picture of a workbook.
  Part drawn(const Planned& planned) {
    if (drawing_ == nullptr || drawn_of_ != planned.stream) {
      drawing_ = std::make_unique<ExcelDrawing>(file_, planned.stream);
      drawn_of_ = planned.stream;
    }
    Part part;
    part.name = inside_name(planned);
    bytes_ = std::make_unique<Piece>(*drawing_, planned.inside.offset, planned.inside.size);
    if (planned.inside.inflated) bytes_ = std::make_unique<Inflated>(std::move(bytes_), *planned.inside.inflated);
    return part;
  }

  Part view(const Planned& planned) {
    Part part;
    part.is = Part::Is::view;
    part.name = file_.path(planned.stream);
    if (planned.what == What::encrypted) {
      part.trouble = WalkTrouble::encrypted;
      return part;
    }
    if (planned.what == What::headers || planned.what == What::body || planned.what == What::html) {
      part.sent = sent_;
      part.retells = planned.what == What::html && has_body_;
      part.name = in_message(planned.storage, planned.what == What::headers ? "headers" : "body");
    }
    bytes_ = as_view(text(planned));
    return part;
  }

  std::unique_ptr<ByteStream> text(const Planned& planned) {
    switch (planned.what) {
      case What::word:
        return word_text(file_, planned.storage, planned.stream);
      case What::excel:
        return excel_text(file_, planned.stream);
      case What::slides:
        return slides_text(file_, planned.stream);
      case What::properties:
        return properties_text(file_, planned.stream);
      case What::macro:
        return macro_text(file_, {planned.stream, planned.inside.offset}, code_page_);
      case What::headers:
        return message_headers(file_, planned.storage);
      case What::html:
        return markup_stream(at_most(limits::kMaxMarkupBytes, ole_stream(file_, planned.stream)), charset_,
                             Dialect::html);
      default:
        return message_body(file_, planned.storage, planned.stream);
    }
  }

  // The names of the attachments that `storage` is in, or is, parted by '/'.
  [[nodiscard]] std::string message_path(std::uint32_t storage) const {
    constexpr int kMostNames = 16;  // of messages in messages the innermost
    std::string path;
    int names = 0;
    for (; storage != OleFile::kRoot && names < kMostNames; storage = file_.entry(storage).parent) {
      if (message_role(file_, storage) != OleMessage::attachment) continue;
      ++names;
      std::string name = attachment_name(file_, storage);
      if (name.empty()) name = "attachment";
      path = path.empty() ? name : name + "/" + path;
    }
    return path;
  }
  [[nodiscard]] std::string in_message(std::uint32_t storage, std::string_view name) const {
    const std::string path = message_path(storage);
    return path.empty() ? std::string(name) : path + "/" + std::string(name);
  }

  OleFile file_;
  std::uint32_t storage_ = 0;  // the next one to be asked
  std::vector<Planned> planned_;
  std::size_t next_ = 0;
  // Of the storage that was asked last.
  std::optional<std::int64_t> sent_;
  std::string charset_;
  bool has_body_ = false;
  int code_page_ = 1252;
  std::unique_ptr<ExcelDrawing> drawing_;
  std::uint32_t drawn_of_ = 0;
  std::unique_ptr<ByteStream> bytes_;
};

}  // namespace

Opened open_ole(const Packed& packed) {
  if (packed.content == nullptr) {
    return Error{ErrorKind::evidence, "a compound file cannot be read from a stream alone", {}, {}};
  }
  auto file = OleFile::open(*packed.content, packed.size);
  if (!file.ok()) return std::move(file).error();
  return Opened(std::make_unique<Ole>(std::move(file).value()));
}

}  // namespace ambit::unpack
