// The files in which canaries stand, written from scratch: no evidence was ever near them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ambit::audit {

// One member of an archive.
struct Member {
  std::string name, bytes;
};

[[nodiscard]] std::string utf16_file(std::string_view ascii_or_utf8);  // little endian, with its mark
[[nodiscard]] std::string gzip_file(std::string_view bytes);
[[nodiscard]] std::string zip_file(const std::vector<Member>& members, std::int64_t modified);
[[nodiscard]] std::string word_file(std::string_view text, std::int64_t modified);  // a paragraph a line
[[nodiscard]] std::string mail_file(std::string_view subject, std::string_view text, std::int64_t sent);
// The text is an attachment, in base64.
[[nodiscard]] std::string mail_with_attachment(std::string_view subject, std::string_view text, std::int64_t sent);
// A dump of one table; `texts` are the rows' texts, which hold no control characters.
[[nodiscard]] std::string sql_file(const std::vector<std::string>& texts);
[[nodiscard]] std::string sql_text(std::string_view text);  // as it stands between the quotes of a dump

}  // namespace ambit::audit
