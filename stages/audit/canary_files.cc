#include "stages/audit/canary_files.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "pipeline/base64.h"

namespace ambit::audit {
namespace {

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

// Deflate in one block of fixed codes and literals (RFC 1951, 3.2.6). It packs hardly at all; what matters is that
// nothing in it can be read as it stands.
class Deflater {
 public:
  std::string deflate(std::string_view bytes) {
    bits(0b011, 3);  // the last block, fixed codes
    for (const char c : bytes) {
      const auto literal = static_cast<unsigned char>(c);
      if (literal < 144) {
        code(0x30U + literal, 8);
      } else {
        code(0x190U + (literal - 144U), 9);
      }
    }
    code(0, 7);  // end of block
    if (have_ > 0) out_.push_back(static_cast<char>(held_));
    return std::move(out_);
  }

 private:
  void bits(unsigned value, unsigned count) {
    for (unsigned i = 0; i < count; ++i) bit(value >> i & 1U);
  }
  void code(unsigned value, unsigned count) {  // the first bit of a code is its highest
    for (unsigned i = count; i-- > 0;) bit(value >> i & 1U);
  }
  void bit(unsigned value) {
    held_ |= value << have_;
    if (++have_ < 8) return;
    out_.push_back(static_cast<char>(held_));
    held_ = have_ = 0;
  }
  std::string out_;
  unsigned held_ = 0, have_ = 0;
};

std::tm utc(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm out{};
  ::gmtime_r(&time, &out);
  return out;
}

// Date and time as DOS writes them, the time in the lower half.
std::uint32_t dos_time(std::int64_t seconds) {
  const std::tm t = utc(seconds);
  const int year = std::clamp(t.tm_year - 80, 0, 127);
  return static_cast<std::uint32_t>((year << 25) | ((t.tm_mon + 1) << 21) | (t.tm_mday << 16) | (t.tm_hour << 11) |
                                    (t.tm_min << 5) | (t.tm_sec / 2));
}

std::string escaped_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '<' ? std::string("&lt;") : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  }
  return out;
}

std::string mail_head(std::string_view subject, std::int64_t sent) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::tm t = utc(sent);
  const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  std::string out = "From: Registry\r\nTo: Registry\r\nSubject: " + std::string(subject) + "\r\nDate: ";
  out += std::string(kDays[static_cast<std::size_t>(t.tm_wday)]) + ", " + two(t.tm_mday) + " " +
         kMonths[static_cast<std::size_t>(t.tm_mon)] + " " + std::to_string(t.tm_year + 1900) + " " + two(t.tm_hour) +
         ":" + two(t.tm_min) + ":" + two(t.tm_sec) + " +0000\r\nMIME-Version: 1.0\r\n";
  return out;
}

// The letters of UTF-8 as code points; what is none stands for itself.
std::vector<std::uint32_t> code_points(std::string_view text) {
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
    std::uint32_t point = more == 0 ? byte : byte & (0x3fU >> more);
    for (std::size_t k = 1; k <= more && i + k < text.size(); ++k) {
      point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3fU);
    }
    out.push_back(point);
    i += more + 1;
  }
  return out;
}

}  // namespace

std::string utf16_file(std::string_view text) {
  std::string out = "\xff\xfe";
  for (const std::uint32_t point : code_points(text)) {
    if (point < 0x10000) {
      put(out, point, 2);
    } else {
      put(out, 0xd800U + ((point - 0x10000U) >> 10), 2);
      put(out, 0xdc00U + ((point - 0x10000U) & 0x3ffU), 2);
    }
  }
  return out;
}

std::string gzip_file(std::string_view bytes) {
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  out += Deflater().deflate(bytes);
  put(out, crc32(bytes), 4);
  put(out, bytes.size() & 0xffffffff, 4);
  return out;
}

std::string zip_file(const std::vector<Member>& members, std::int64_t modified) {
  std::string out, directory;
  for (const Member& member : members) {
    const std::string packed = Deflater().deflate(member.bytes);
    std::string fields;  // that the local header and the directory share
    put(fields, 20, 2);  // version needed
    put(fields, 0, 2);
    put(fields, 8, 2);  // deflated
    put(fields, dos_time(modified), 4);
    put(fields, crc32(member.bytes), 4);
    put(fields, packed.size(), 4);
    put(fields, member.bytes.size(), 4);
    put(fields, member.name.size(), 2);
    put(fields, 0, 2);  // no extra field
    directory += "PK\x01\x02";
    put(directory, 20, 2);  // version made by
    directory += fields;
    directory.append(10, '\0');  // no comment, disk 0, no attributes
    put(directory, out.size(), 4);
    directory += member.name;
    out += "PK\x03\x04" + fields + member.name + packed;
  }
  const std::size_t begin = out.size();
  out += directory;
  out += "PK\x05\x06";
  put(out, 0, 4);
  put(out, members.size(), 2);
  put(out, members.size(), 2);
  put(out, directory.size(), 4);
  put(out, begin, 4);
  put(out, 0, 2);
  return out;
}

std::string word_file(std::string_view text, std::int64_t modified) {
  std::string body;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    body += "<w:p><w:r><w:t xml:space=\"preserve\">" + escaped_xml(text.substr(at, end - at)) + "</w:t></w:r></w:p>";
    at = end + 1;
  }
  static const std::string kXml = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
  static const std::string kSpace = "http://schemas.openxmlformats.org/";
  const std::string type = "application/vnd.openxmlformats-";
  return zip_file(
      {{"[Content_Types].xml",
        kXml + "<Types xmlns=\"" + kSpace + "package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"" +
            type + "package.relationships+xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"" + type +
            "officedocument.wordprocessingml.document.main+xml\"/></Types>"},
       {"_rels/.rels", kXml + "<Relationships xmlns=\"" + kSpace +
                           "package/2006/relationships\"><Relationship Id=\"r1\" Type=\"" + kSpace +
                           "officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/>"
                           "</Relationships>"},
       {"word/document.xml", kXml + "<w:document xmlns:w=\"" + kSpace + "wordprocessingml/2006/main\"><w:body>" + body +
                                 "</w:body></w:document>"}},
      modified);
}

std::string mail_file(std::string_view subject, std::string_view text, std::int64_t sent) {
  return mail_head(subject, sent) +
         "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + std::string(text);
}

std::string mail_with_attachment(std::string_view subject, std::string_view text, std::int64_t sent) {
  const std::string packed = to_base64(text);
  std::string lines;
  for (std::size_t at = 0; at < packed.size(); at += 76) lines += packed.substr(at, 76) + "\r\n";
  return mail_head(subject, sent) +
         "Content-Type: multipart/mixed; boundary=\"=-part-of-many\"\r\n\r\n--=-part-of-many\r\n"
         "Content-Type: text/plain\r\n\r\nThe note is attached.\r\n--=-part-of-many\r\n"
         "Content-Type: application/octet-stream; name=\"note.txt\"\r\nContent-Transfer-Encoding: base64\r\n"
         "Content-Disposition: attachment; filename=\"note.txt\"\r\n\r\n" +
         lines + "--=-part-of-many--\r\n";
}

std::string sql_text(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out;
}

std::string sql_file(const std::vector<std::string>& texts) {
  std::string out =
      "-- MySQL dump 10.13  Distrib 5.5.62\n\nCREATE TABLE `entry` (\n  `id` int(11) NOT NULL,\n  `note` text,\n"
      "  PRIMARY KEY (`id`)\n);\nINSERT INTO `entry` VALUES ";
  for (std::size_t i = 0; i < texts.size(); ++i) {
    out += (i == 0 ? "(" : ",(") + std::to_string(i + 1) + ",'" + sql_text(texts[i]) + "')";
  }
  return out + ";\n";
}

}  // namespace ambit::audit
