// What ole.cc finds in the storages of an OLE file; one file for each program or family of them.
//
// All of them read evidence: nothing of it is trusted, a text ends where the bytes do, and an Error(evidence) at the
// end of a stream says that some could not be read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "stages/unpack/ole/file.h"

namespace ambit::unpack {

// Whether a document can be read without a password.
enum class OleLock : bool { open, encrypted };

// Word: the text of the document in `storage`, which has the stream WordDocument.
[[nodiscard]] OleLock word_lock(const OleFile& file, std::uint32_t stream);
[[nodiscard]] std::unique_ptr<ByteStream> word_text(const OleFile& file, std::uint32_t storage, std::uint32_t stream);

// Excel: the cells of a workbook, or of the cache of a pivot table.
[[nodiscard]] OleLock excel_lock(const OleFile& file, std::uint32_t stream);
[[nodiscard]] std::unique_ptr<ByteStream> excel_text(const OleFile& file, std::uint32_t stream);

// PowerPoint: the texts of all slides.
[[nodiscard]] OleLock slides_lock(const OleFile& file, std::uint32_t storage);
[[nodiscard]] std::unique_ptr<ByteStream> slides_text(const OleFile& file, std::uint32_t stream);

// A set of properties (MS-OLEPS): title, author, what the user added.
[[nodiscard]] bool is_property_set(const OleFile& file, std::uint32_t stream);
[[nodiscard]] std::unique_ptr<ByteStream> properties_text(const OleFile& file, std::uint32_t stream);

// A piece of a stream that is a file of its own.
struct OleInside {
  std::string name;          // UTF-8; empty where it has none
  std::uint64_t offset = 0;  // in the stream
  std::uint64_t size = 0;
  std::optional<std::uint64_t> inflated;  // of what is deflated: the bytes it becomes, as declared
};
// What is embedded in the slides of a presentation.
[[nodiscard]] std::vector<OleInside> slide_objects(const OleFile& file, std::uint32_t stream);
// The pictures in `bytes`, of `size` bytes: a stream of a document, or the drawing of a workbook.
[[nodiscard]] std::vector<OleInside> pictures_in(Content& bytes, std::uint64_t size);
// A file that was dropped into a document (Ole10Native); nothing where it is data of another program.
[[nodiscard]] std::optional<OleInside> packaged_file(const OleFile& file, std::uint32_t stream);

// The source of a module of macros (MS-OVBA), by the stream "dir" beside it.
struct OleModule {
  std::uint32_t stream = 0;
  std::uint64_t offset = 0;  // of its source
};
struct OleModules {
  int code_page = 1252;
  std::vector<OleModule> modules;
};
[[nodiscard]] OleModules macro_modules(const OleFile& file, std::uint32_t storage);
[[nodiscard]] std::unique_ptr<ByteStream> macro_text(const OleFile& file, const OleModule& module, int code_page);

// Outlook (MS-OXMSG).
enum class OleMessage : std::uint8_t { none, message, attachment, aside };
[[nodiscard]] OleMessage message_role(const OleFile& file, std::uint32_t storage);
struct MessageParts {
  std::optional<std::uint32_t> body, html, rtf;  // streams
  std::string charset;                           // of the HTML
  std::optional<std::int64_t> sent;
};
[[nodiscard]] MessageParts message_parts(const OleFile& file, std::uint32_t storage);
// Everything about a message that is not its body: subject, people, headers, and whatever else is text.
[[nodiscard]] std::unique_ptr<ByteStream> message_headers(const OleFile& file, std::uint32_t storage);
[[nodiscard]] std::unique_ptr<ByteStream> message_body(const OleFile& file, std::uint32_t storage,
                                                       std::uint32_t stream);
// What a file that is attached is called.
[[nodiscard]] std::string attachment_name(const OleFile& file, std::uint32_t storage);

}  // namespace ambit::unpack
