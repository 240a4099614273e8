#include "stages/unpack/mail/uuencode.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "pipeline/limits.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"
#include "stages/unpack/mail/transfer_encoding.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kUuViewBytes = 8 * limits::KiB;  // looked at a time
constexpr std::size_t kWindow = 64 * limits::KiB;      // held
constexpr std::size_t kUuLineBytes = 2048;             // longest line of a file; usual are 61, and 130 of yEnc
constexpr std::size_t kUuAheadBytes =
    2 * kUuLineBytes;  // what begins nearer to the end of the view cannot be judged yet

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// The first line of `text` without its newline; nothing where it has no end.
std::optional<std::string_view> whole_first_line(std::string_view text) {
  const std::size_t end = text.substr(0, kUuLineBytes).find('\n');
  if (end == text.npos) return std::nullopt;
  std::string_view line = text.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string without_blanks(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \t");
  return std::string(text.substr(0, end == text.npos ? 0 : end + 1));
}

// The name behind `words`, a mode and a blank; nothing where they are not there.
std::optional<std::string> name_behind(std::string_view line, std::string_view words) {
  if (!line.starts_with(words)) return std::nullopt;
  line.remove_prefix(words.size());
  std::size_t digits = 0;
  while (digits < line.size() && is_octal(line[digits])) ++digits;
  if (digits < 3 || digits > 4 || digits == line.size() || line[digits] != ' ') return std::nullopt;
  std::string name = without_blanks(line.substr(digits + 1));
  return name.empty() ? std::nullopt : std::optional(std::move(name));
}

struct Words {
  std::string_view words;
  FileCode code;
  bool is_name_encoded = false;  // in base64
};
constexpr std::array kWords = {Words{"begin ", FileCode::uuencode}, Words{"begin-base64 ", FileCode::base64},
                               Words{"begin-encoded ", FileCode::uuencode, true},
                               Words{"begin-base64-encoded ", FileCode::base64, true}};

std::optional<EncodedFile> file_of(std::string_view line) {
  for (const Words& row : kWords) {
    auto name = name_behind(line, row.words);
    if (name && row.is_name_encoded) name = rewrite_all(*transfer_decoder("base64"), *name);
    if (name) return EncodedFile{row.code, std::move(*name), 0};
  }
  const std::size_t name = line.find(" name=");
  const bool is_yenc = line.starts_with("=ybegin ") && name != line.npos && line.find(" size=") != line.npos;
  if (!is_yenc) return std::nullopt;
  return EncodedFile{FileCode::yenc, without_blanks(line.substr(name + std::string_view(" name=").size())), 0};
}

unsigned six_bits(char letter) { return static_cast<unsigned>(letter - ' ') & 63U; }

// Blanks at the end of a line may have been lost on the way; some programs add a letter or two.
bool decode_uu(std::string_view line, std::string& out) {
  if (line.empty()) return true;
  const std::size_t bytes = six_bits(line[0]), letters = (bytes + 2) / 3 * 4;
  if (line.size() > 1 + letters + 2) return false;
  if (std::any_of(line.begin(), line.end(), [](char c) { return c < ' ' || c > '`'; })) return false;
  const auto bits = [&](std::size_t i) { return i + 1 < line.size() ? six_bits(line[i + 1]) : 0U; };
  for (std::size_t i = 0, made = 0; made < bytes; i += 4) {
    const unsigned all = bits(i) << 18 | bits(i + 1) << 12 | bits(i + 2) << 6 | bits(i + 3);
    for (int shift = 16; shift >= 0 && made < bytes; shift -= 8, ++made) {
      out.push_back(static_cast<char>(all >> shift & 0xffU));
    }
  }
  return true;
}

void decode_yenc(std::string_view line, std::string& out) {
  if (line.starts_with("..")) line.remove_prefix(1);  // as news are carried
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool is_escaped = line[i] == '=' && i + 1 < line.size();
    const unsigned byte = static_cast<unsigned char>(line[is_escaped ? ++i : i]);
    out.push_back(static_cast<char>((byte - 42U - (is_escaped ? 64U : 0U)) & 0xffU));
  }
}

bool is_base64(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '+' || c == '/' ||
           c == '=' || c == ' ' || c == '\t';
  });
}

}  // namespace

FileLines::FileLines(FileCode code) : code_(code) {
  if (code == FileCode::base64) base64_ = transfer_decoder("base64");
}

FileLines::Line FileLines::decode(std::string_view line, std::string& out) {
  switch (code_) {
    case FileCode::uuencode:
      if (line == "end" || line.starts_with("end ")) return Line::end;
      return decode_uu(line, out) ? Line::data : Line::wrong;
    case FileCode::base64:
      if (line.starts_with("====")) {
        base64_->finish(out);
        return Line::end;
      }
      if (!is_base64(line)) return Line::wrong;
      base64_->rewrite(line, out);
      return Line::data;
    case FileCode::yenc:
      if (line.starts_with("=yend")) return Line::end;
      if (!line.starts_with("=ypart ")) decode_yenc(line, out);
      return Line::data;
  }
  return Line::wrong;
}

std::optional<EncodedFile> encoded_file(std::string_view text) {
  if (!text.starts_with("begin") && !text.starts_with("=ybegin ")) return std::nullopt;
  const auto line = whole_first_line(text);
  auto file = line ? file_of(*line) : std::nullopt;
  if (!file) return std::nullopt;
  file->length = text.find('\n') + 1;
  const auto second = whole_first_line(text.substr(file->length));
  std::string out;
  if (!second || FileLines(file->code).decode(*second, out) == FileLines::Line::wrong) return std::nullopt;
  if (file->code != FileCode::uuencode) return file;
  // Prose in capitals could be letters of uuencode too, but not as many as it says. A line without bytes proves
  // nothing.
  const auto third = whole_first_line(text.substr(text.find('\n', file->length) + 1));
  const bool is_empty = second->size() <= 1 && third && third->starts_with("end");
  const bool is_line = !out.empty() && second->size() > six_bits(second->front());
  return is_line || is_empty ? file : std::nullopt;
}

bool holds_encoded_file(std::string_view text) {
  for (std::size_t at = text.find("begin"); at != text.npos; at = text.find("begin", at + 1)) {
    const std::size_t line = at >= 2 && text.substr(at - 2, 2) == "=y" ? at - 2 : at;
    if ((line == 0 || text[line - 1] == '\n') && encoded_file(text.substr(line))) return true;
  }
  return false;
}

FilesInText::FilesInText(std::unique_ptr<ByteStream> text) : from_(std::move(text)), window_(*from_, kWindow) {}

std::optional<FilesInText::Piece> FilesInText::next() {
  while (!is_over_) {  // of what was not read
    std::array<std::byte, 16 * limits::KiB> rest;
    const auto got = is_begun_ ? read(rest) : Result<std::size_t>(std::size_t{0});
    if (!got.ok() || *got == 0) break;
  }
  if (lines_) skip_blank_lines();
  lines_.reset();
  out_.clear();
  given_ = 0;
  is_over_ = is_cut_ = false;
  window_.ensure(kUuViewBytes);
  if (is_begun_ && window_.view().empty()) return std::nullopt;
  is_begun_ = true;
  auto file = begins_line_ ? encoded_file(window_.view()) : std::nullopt;
  if (!file) return Piece{};
  window_.drop(file->length);
  lines_.emplace(file->code);
  return Piece{true, std::move(file->name)};
}

Result<std::size_t> FilesInText::read(std::span<std::byte> into) { return lines_ ? read_file(into) : read_text(into); }

Result<std::size_t> FilesInText::read_text(std::span<std::byte> into) {
  if (ready_ == 0 && !is_over_) scan();
  if (ready_ == 0) {
    if (window_.failure() && window_.view().empty()) return *window_.failure();
    return std::size_t{0};
  }
  const std::size_t bytes = std::min(into.size(), ready_);
  std::memcpy(into.data(), window_.view().data(), bytes);
  begins_line_ = window_.view()[bytes - 1] == '\n';
  window_.drop(bytes);
  ready_ -= bytes;
  return bytes;
}

// Sets ready_ to the bytes of the view that are text, or is_over_.
void FilesInText::scan() {
  window_.ensure(kUuViewBytes);
  const std::string_view view = window_.view();
  if (view.empty() || (begins_line_ && encoded_file(view))) return void(is_over_ = true);
  const std::size_t horizon = window_.ended() ? view.size() : view.size() - kUuAheadBytes;
  for (std::size_t at = view.find('\n'); at < horizon; at = view.find('\n', at + 1)) {
    if (!encoded_file(view.substr(at + 1))) continue;
    ready_ = at + 1;
    return;
  }
  ready_ = horizon;
}

Result<std::size_t> FilesInText::read_file(std::span<std::byte> into) {
  while (given_ == out_.size() && !is_over_) {
    out_.clear();
    given_ = 0;
    decode_lines();
  }
  if (given_ == out_.size()) {
    if (is_cut_) return window_.failure() ? *window_.failure() : evidence_error("an encoded file has no end");
    return std::size_t{0};
  }
  const std::size_t bytes = std::min(into.size(), out_.size() - given_);
  std::memcpy(into.data(), out_.data() + given_, bytes);
  given_ += bytes;
  return bytes;
}

// Some lines, into out_.
void FilesInText::decode_lines() {
  window_.ensure(kUuViewBytes);
  while (out_.size() < kUuViewBytes) {
    if (window_.view().size() < kUuLineBytes) window_.ensure(kUuViewBytes);
    const std::string_view view = window_.view();
    auto line = whole_first_line(view);
    if (!line && window_.ended() && view.size() < kUuLineBytes && !view.empty()) line = view;
    const auto said = line ? lines_->decode(*line, out_) : FileLines::Line::wrong;
    is_cut_ = said == FileLines::Line::wrong;
    is_over_ = is_cut_ || said == FileLines::Line::end;
    if (!is_cut_) window_.drop(std::min(view.find('\n'), view.size() - 1) + 1);
    begins_line_ = true;
    if (is_over_) return;
  }
}

void FilesInText::skip_blank_lines() {
  for (window_.ensure(kUuViewBytes); !window_.view().empty(); window_.ensure(kUuViewBytes)) {
    const std::string_view view = window_.view();
    const std::size_t text = std::min(view.find_first_not_of("\r\n"), view.size());
    window_.drop(text);
    if (text < view.size()) return;
  }
}

namespace {

class Uuencode final : public Rewriter {
 public:
  void rewrite(std::string_view piece, std::string& out) override {
    for (const char c : piece) {
      if (c == '\n') {
        end_line(out);
      } else if (line_.size() < kUuLineBytes) {
        line_.push_back(c);
      }
    }
  }
  void finish(std::string& out) override { end_line(out); }

 private:
  void end_line(std::string& out) {
    if (line_.ends_with('\r')) line_.pop_back();
    if (lines_) {
      if (lines_->decode(line_, out) == FileLines::Line::end) lines_.reset();
    } else if (const auto file = file_of(line_)) {
      lines_.emplace(file->code);
    }
    line_.clear();
  }

  std::optional<FileLines> lines_;  // while in a file
  std::string line_;
};

// A text of which only the files are parts: the text itself is swept as it stands.
class TextWithFiles final : public Unpacker {
 public:
  explicit TextWithFiles(ByteStream& stream) : files_(borrowed(stream)) {}

  Result<std::optional<Part>> next() override {
    auto piece = files_.next();
    while (piece && !piece->is_file) piece = files_.next();
    if (!piece) return std::optional<Part>();
    Part part;
    part.name = std::move(piece->name);
    return std::optional<Part>(std::move(part));
  }
  Result<std::size_t> read(std::span<std::byte> into) override { return files_.read(into); }

 private:
  FilesInText files_;
};

}  // namespace

std::unique_ptr<Rewriter> uuencode_decoder() { return std::make_unique<Uuencode>(); }

Opened open_uuencode(const Packed& packed) { return Opened(std::make_unique<TextWithFiles>(*packed.stream)); }

}  // namespace ambit::unpack
