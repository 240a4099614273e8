// Files that stand in a text as letters, as mail carried them before there were attachments, and Usenet does still.
//
//   file     = "begin " mode " " name newline *( count letters newline ) "end"            `mode`: 3 or 4 octal digits
//            | "begin-base64 " mode " " name newline *( letters newline ) "===="
//            | the same with "begin-encoded " or "begin-base64-encoded ", `name` in base64
//            | "=ybegin " … "name=" name newline [ "=ypart " … newline ] *( bytes newline ) "=yend"       yEnc
//   letters  = of uuencode: six bits each, from blank to "_"; "`" for blank       `count`: bytes of the line, likewise
//   bytes    = each plus 42; "=" before one to which 64 was added besides
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "stages/unpack/text/rewriting.h"
#include "stages/unpack/text/window.h"

namespace ambit::unpack {

enum class FileCode : std::uint8_t { uuencode, base64, yenc };
struct EncodedFile {
  FileCode code = FileCode::uuencode;
  std::string name;
  std::size_t length = 0;  // of the line that it begins with, and its newline
};
// What a line begins at the front of `text`, of which a second line must be there. Nothing: no file.
[[nodiscard]] std::optional<EncodedFile> encoded_file(std::string_view text);
// A file begins in one of the lines.
[[nodiscard]] bool holds_encoded_file(std::string_view text);

// The lines of a file, one after the other.
class FileLines {
 public:
  explicit FileLines(FileCode code);
  enum class Line : std::uint8_t { data, end, wrong };
  // `line`: without its newline. Appends what it holds to `out`; of a wrong one nothing.
  [[nodiscard]] Line decode(std::string_view line, std::string& out);

 private:
  FileCode code_;
  std::unique_ptr<Rewriter> base64_;
};

// A text taken apart, front to back: what is text, and what is a file, decoded.
class FilesInText final : public ByteStream {
 public:
  explicit FilesInText(std::unique_ptr<ByteStream> text);

  struct Piece {
    bool is_file = false;
    std::string name;  // of a file, as it stands
  };
  // The next piece; what was not read of the one before is skipped. The first is there always, a text that may be
  // empty; blank lines behind a file are no piece. Nothing at the end.
  [[nodiscard]] std::optional<Piece> next();
  // Of the piece. Error(evidence): a file without an end; the text goes on behind it.
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  [[nodiscard]] Result<std::size_t> read_text(std::span<std::byte> into);
  [[nodiscard]] Result<std::size_t> read_file(std::span<std::byte> into);
  void scan();
  void decode_lines();
  void skip_blank_lines();

  std::unique_ptr<ByteStream> from_;
  Window window_;
  std::optional<FileLines> lines_;  // of the file that is being read
  std::string out_;                 // decoded
  std::size_t given_ = 0;           // of out_
  std::size_t ready_ = 0;           // bytes of the window that are text
  bool is_begun_ = false, begins_line_ = true, is_over_ = false, is_cut_ = false;
};

// A whole body that is such a file: Content-Transfer-Encoding: x-uuencode.
[[nodiscard]] std::unique_ptr<Rewriter> uuencode_decoder();

}  // namespace ambit::unpack
