// Mail (RFC 5322) with what is in it (RFC 2045, 2046): read in one pass, so a mail of any size needs a window.
//
//   mail      = headers newline body
//   multipart = *line  *( "--" boundary newline part )  "--" boundary "--" newline  *line
//   part      = headers newline body
//
// The first view is the headers of the mail, decoded. A text is a view, decoded from its transfer encoding and its
// character set, HTML without its mark-up; a text with a file name, and everything else, is a member; a mail within the
// mail is a message. A plain text with files in it (uuencode.h) is taken apart: the texts between them are views, the
// files members. Texts around the parts of a multipart are not parts: they stand there as they are, and are swept
// with the bytes of the mail. A multipart without a boundary, or too deep in others, is read as one text.
#include <algorithm>
#include <cstring>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/mail/flowed.h"
#include "stages/unpack/mail/header.h"
#include "stages/unpack/mail/transfer_encoding.h"
#include "stages/unpack/mail/uuencode.h"
#include "stages/unpack/markup/markup.h"
#include "stages/unpack/text/charset.h"
#include "stages/unpack/text/rewriting.h"
#include "stages/unpack/text/window.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kViewBytes = 32 * limits::KiB;  // looked at a time
// A delimiter and the newlines around it; what is nearer to the end of the view cannot be judged yet.
constexpr std::size_t kAheadBytes = limits::kMaxBoundaryBytes + 1024;

bool is_blank_line(std::string_view text) { return text.find_first_not_of(" \t\r") == std::string_view::npos; }

// The body that is being read: everything up to a line that delimits one of the multiparts around it.
class Body final : public ByteStream {
 public:
  explicit Body(Window& window) : window_(window) {}

  struct Level {
    std::string boundary;
    bool is_digest = false;  // its parts are mails where they do not say what they are
  };
  std::vector<Level> levels;  // the multiparts around the body, the outermost first

  // A body begins where the window stands.
  void begin() {
    ready_ = 0;
    is_ended_ = false;
    begins_line_ = true;
  }

  Result<std::size_t> read(std::span<std::byte> into) override {
    if (ready_ == 0 && !is_ended_) scan();
    if (ready_ == 0) {
      if (window_.failure() && window_.view().empty()) return *window_.failure();
      return 0;
    }
    const std::size_t bytes = std::min(into.size(), ready_);
    std::memcpy(into.data(), window_.view().data(), bytes);
    take(bytes);
    return bytes;
  }

  void skip() {
    while (!is_ended_) {
      if (ready_ == 0) scan();
      take(ready_);
    }
  }

  // Behind a body: takes the delimiter and leaves the multiparts that it ends. True if a part begins.
  bool take_delimiter() {
    window_.ensure(kAheadBytes);
    const std::string_view view = window_.view();
    const std::size_t line = std::min(view.find_first_not_of("\r\n"), view.size());
    const auto found = delimiter(view.substr(line));
    if (!found) return window_.drop(view.size()), false;
    levels.resize(found->level + (found->closes ? 0U : 1U));
    window_.drop(line + found->length);
    return !found->closes;
  }

 private:
  struct Delimiter {
    std::size_t level = 0;
    std::size_t length = 0;  // with the newline
    bool closes = false;
  };

  void take(std::size_t bytes) {
    if (bytes == 0) return;
    begins_line_ = window_.view()[bytes - 1] == '\n';
    window_.drop(bytes);
    ready_ -= bytes;
  }

  // What `line` delimits, if anything.
  [[nodiscard]] std::optional<Delimiter> delimiter(std::string_view line) const {
    if (!line.starts_with("--")) return std::nullopt;
    for (std::size_t level = levels.size(); level-- > 0;) {
      const std::string& boundary = levels[level].boundary;
      if (!line.substr(2).starts_with(boundary)) continue;
      std::string_view rest = line.substr(2 + boundary.size(), kAheadBytes);
      const std::size_t end = rest.find('\n');
      const std::size_t length = 2 + boundary.size() + (end == rest.npos ? rest.size() : end + 1);
      rest = rest.substr(0, end);
      const bool closes = rest.starts_with("--");
      if (is_blank_line(closes ? rest.substr(2) : rest)) return Delimiter{level, length, closes};
    }
    return std::nullopt;
  }

  // Sets ready_ to the bytes of the view that are the body's, or is_ended_.
  void scan() {
    window_.ensure(kViewBytes);
    const std::string_view view = window_.view();
    const std::size_t horizon = window_.ended() ? view.size() : view.size() - kAheadBytes;
    if (view.empty() || (begins_line_ && delimiter(view))) return void(is_ended_ = true);
    for (std::size_t at = view.find('\n'); at < horizon; at = view.find('\n', at + 1)) {
      if (at + 1 >= view.size() || view[at + 1] != '-' || !delimiter(view.substr(at + 1))) continue;
      // The newline before a delimiter is a part of it.
      ready_ = at > 0 && view[at - 1] == '\r' ? at - 1 : at;
      is_ended_ = ready_ == 0;
      return;
    }
    ready_ = window_.ended() ? view.size() : horizon - 2;
  }

  Window& window_;
  std::size_t ready_ = 0;
  bool is_ended_ = true, begins_line_ = true;
};

// The letters of a body on their way to be decoded. Only where they are base64 from the first to the last does the part
// show whatever they show: one letter too few, or a text that was never encoded, decodes to something else.
class Letters final : public ByteStream {
 public:
  explicit Letters(Body& body) : body_(body) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const Result<std::size_t> got = body_.read(into);
    if (!got.ok()) is_base64_ = false;
    for (const std::byte b : into.first(got.ok() ? *got : 0)) look(static_cast<char>(b));
    return got;
  }
  [[nodiscard]] bool is_base64() const { return is_base64_ && (letters_ + filled_) % 4 == 0 && filled_ <= 2; }

 private:
  void look(char c) {
    if (c == '\r' || c == '\n') return;
    const bool letter =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    (letter ? letters_ : filled_) += 1;
    if (letter ? filled_ > 0 : c != '=') is_base64_ = false;
  }

  Body& body_;
  std::uint64_t letters_ = 0, filled_ = 0;
  bool is_base64_ = true;
};

class Mail final : public Unpacker {
 public:
  explicit Mail(ByteStream& stream) : window_(stream, limits::kMaxMailHeaderBytes + kAheadBytes), body_(window_) {}

  // False if there are no headers at the front.
  bool begin() {
    window_.ensure(kViewBytes);
    if (window_.view().starts_with(kUtf8Mark)) window_.drop(kUtf8Mark.size());
    window_.drop(std::min(window_.view().find_first_not_of("\r\n"), window_.view().size()));
    // Before the headers: how long the mail is (.emlx), or the line of a mailbox.
    const std::string_view line = window_.view().substr(0, std::min(window_.view().find('\n'), window_.view().size()));
    const bool is_length = !line.empty() && line.find_first_not_of("0123456789 \r") == std::string_view::npos;
    if (is_length || line.starts_with("From ")) window_.drop(line.size() + 1);
    return !window_.view().empty();
  }

  Result<std::optional<Part>> next() override {
    if (!is_begun_) return first();
    text_.reset();
    if (auto part = next_piece()) return std::optional<Part>(std::move(part));
    while (true) {
      if (!std::exchange(at_body_, false)) {
        body_.skip();
        if (window_.view().empty()) return window_.failure() ? at_failure() : std::optional<Part>();
        if (!body_.take_delimiter()) {
          body_.begin();
          continue;
        }
        const auto block = take_headers();
        if (!block.ok()) return block.error();
        headers_ = read_mail_headers(*block);
        body_.begin();
      }
      if (auto part = part_here()) return std::optional<Part>(std::move(part));
    }
  }

  Result<std::size_t> read(std::span<std::byte> into) override { return text_ ? text_->read(into) : 0; }

  std::uint64_t written_until() const override {
    return letters_ != nullptr && letters_->is_base64() ? window_.offset() : 0;
  }

 private:
  [[nodiscard]] Result<std::optional<Part>> at_failure() const { return *window_.failure(); }

  Result<std::optional<Part>> first() {
    is_begun_ = true;
    drop_length();
    const auto block = take_headers();
    if (!block.ok()) return block.error();
    headers_ = read_mail_headers(*block);
    text_ = as_view(text_stream(readable_headers(*block)));
    body_.begin();
    at_body_ = true;
    Part part;
    part.is = Part::Is::view;
    part.sent = headers_.date;
    return std::optional<Part>(std::move(part));
  }

  // Of a mail in a file of its own Apple's program writes the length before it (.emlx).
  void drop_length() {
    constexpr std::size_t kLongest = 24;
    window_.ensure(kLongest);
    const std::string_view line = window_.view().substr(0, std::min(window_.view().find('\n'), kLongest));
    const bool is_number = !line.empty() && line.size() < kLongest && line.front() >= '0' && line.front() <= '9' &&
                           line.find_first_not_of("0123456789 \r") == std::string_view::npos;
    if (is_number && window_.view().size() > line.size()) window_.drop(line.size() + 1);
  }

  // The headers at the front of the window, without the empty line behind them, which is taken too.
  Result<std::string> take_headers() {
    for (std::size_t bytes = kViewBytes;; bytes = limits::kMaxMailHeaderBytes) {
      window_.ensure(bytes);
      const std::string_view view = window_.view();
      const std::size_t end = headers_end(view);
      if (end != std::string_view::npos || window_.ended()) {
        std::string block(view.substr(0, end));
        window_.drop(block.size());
        if (window_.view().starts_with('\r')) window_.drop(1);
        if (window_.view().starts_with('\n')) window_.drop(1);
        return block;
      }
      if (bytes == limits::kMaxMailHeaderBytes) break;
    }
    const std::string limit = std::to_string(limits::kMaxMailHeaderBytes);
    return Error{ErrorKind::evidence, "the headers of a mail are longer than " + limit + " bytes", {}, {}};
  }
  // Where the empty line begins; a delimiter ends headers as well.
  [[nodiscard]] static std::size_t headers_end(std::string_view view) {
    std::size_t line = 0;
    while (line < view.size()) {
      if (view[line] == '\n' || view.substr(line, 2) == "\r\n" || view.substr(line, 2) == "--") return line;
      line = view.find('\n', line);
      if (line == std::string_view::npos) break;
      ++line;
    }
    return std::string_view::npos;
  }

  // The part whose body begins here; nothing where it is a multipart, or the preamble of one.
  std::optional<Part> part_here() {
    const bool is_in_digest = !body_.levels.empty() && body_.levels.back().is_digest;
    std::string type = headers_.type;
    if (type.find('/') == std::string::npos) type = is_in_digest ? "message/rfc822" : "text/plain";
    const bool has_boundary = !headers_.boundary.empty() && headers_.boundary.size() <= limits::kMaxBoundaryBytes;
    if (type.starts_with("multipart/") && has_boundary && body_.levels.size() < limits::kMaxMultipartDepth) {
      body_.levels.push_back({headers_.boundary, type == "multipart/digest"});
      return std::nullopt;
    }
    // Cards and invitations are files with a format of their own.
    const bool is_file = type == "text/rtf" || type == "text/calendar" || type == "text/vcard" ||
                         type == "text/x-vcard" || type == "text/directory";
    const bool is_text =
        type.starts_with("text/") && !is_file && headers_.name.empty() && headers_.disposition != "attachment";
    const bool is_status = type == "message/delivery-status" || type == "message/disposition-notification";
    auto bytes = borrowed(body_);
    auto decoder = transfer_decoder(headers_.encoding);
    letters_.reset();
    if (headers_.encoding == "base64") {
      letters_ = std::make_unique<Letters>(body_);
      bytes = borrowed(*letters_);
    }
    Part part;
    if (!decoder) part.stored_at = window_.offset();
    if (letters_) part.written_at = window_.offset();
    if (decoder) bytes = rewritten(std::move(bytes), std::move(decoder));
    if (is_text && type == "text/plain") {
      files_ = std::make_unique<FilesInText>(std::move(bytes));
      return next_piece();
    }
    if (is_text || is_status || type.starts_with("multipart/")) {
      part.is = Part::Is::view;
      part.stored_at.reset();
      part.written_at.reset();
      bytes = as_view(readable(std::move(bytes), type));
    } else {
      part.is = type.starts_with("message/") ? Part::Is::message : Part::Is::member;
      part.name = headers_.name;
    }
    text_ = std::move(bytes);
    return part;
  }
  // The next piece of a text that may have files in it.
  std::optional<Part> next_piece() {
    auto piece = files_ ? files_->next() : std::nullopt;
    if (!piece) return files_.reset(), std::nullopt;
    Part part;
    part.is = piece->is_file ? Part::Is::member : Part::Is::view;
    part.name = std::move(piece->name);
    text_ = piece->is_file ? borrowed(*files_) : as_view(readable(borrowed(*files_), "text/plain"));
    return part;
  }
  [[nodiscard]] std::unique_ptr<ByteStream> readable(std::unique_ptr<ByteStream> bytes, std::string_view type) const {
    const std::string charset = known_charset(headers_.charset);
    if (type == "text/html" || type == "text/enriched") {
      return markup_stream(std::move(bytes), charset, Dialect::html);
    }
    if (type == "text/xml") return markup_stream(std::move(bytes), charset, Dialect::xml);
    bytes = rewritten(std::move(bytes), charset_decoder(charset));
    return headers_.parts_words ? rewritten(std::move(bytes), flowed_joiner()) : std::move(bytes);
  }

  Window window_;
  Body body_;
  std::unique_ptr<Letters> letters_;  // of the part, where it is in base64
  MailHeaders headers_;
  bool is_begun_ = false, at_body_ = false;
  std::unique_ptr<FilesInText> files_;  // of a plain text
  std::unique_ptr<ByteStream> text_;
};

}  // namespace

Opened open_mail(const Packed& packed) {
  auto mail = std::make_unique<Mail>(*packed.stream);
  if (!mail->begin()) return Error{ErrorKind::evidence, "the mail is empty", {}, {}};
  return Opened(std::move(mail));
}

}  // namespace ambit::unpack
