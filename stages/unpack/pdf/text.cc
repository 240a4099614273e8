#include "stages/unpack/pdf/text.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "pipeline/exhausted.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/input.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

// Reads what the converter writes until it ends. Error: it did not end well.
Result<> gather(Sandbox& sandbox, int from, std::string& out) {
  std::array<char, 64 * 1024> piece;
  for (;;) {
    const Result<> ready = sandbox.wait_for(from);
    if (!ready.ok()) return ready;
    const ssize_t got = read(from, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    out.append(piece.data(), static_cast<std::size_t>(got));
    if (out.size() > limits::kMaxViewBytes) return evidence_error("the text of a PDF is longer than a view may be");
  }
  const Result<Message> ended = sandbox.receive({});
  if (!ended.ok()) return ended.error();
  if (WEXITSTATUS(sandbox.status()) != 0) return evidence_error("a PDF could not be read");
  return Ok{};
}

void append_unescaped(std::string_view text, std::string& out) {
  struct Entity {
    std::string_view name;
    char means;
  };
  constexpr std::array kEntities = {Entity{"&lt;", '<'}, Entity{"&gt;", '>'}, Entity{"&amp;", '&'},
                                    Entity{"&quot;", '"'}};
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = std::min(text.find('&', at), text.size());
    out.append(text.substr(at, next - at));
    at = next;
    const auto entity = std::find_if(kEntities.begin(), kEntities.end(),
                                     [&](const Entity& e) { return text.substr(at).starts_with(e.name); });
    if (entity != kEntities.end()) {
      out += entity->means;
      at += entity->name.size();
    } else if (at < text.size()) {
      out += text[at++];
    }
  }
}

// pdftotext -htmlmeta: <title>…</title>, <meta name="…" content="…"/>, <pre>, the pages, </pre>.
std::string plain(std::string_view html) {
  const std::size_t body = std::min(html.find("<pre>\n"), html.size());
  std::string out;
  constexpr std::string_view kName = "<meta name=\"", kContent = "\" content=\"";
  for (std::string_view head = html.substr(0, body); !head.empty();) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 1, head.size()));
    const std::size_t content = line.find(kContent);
    if (line.starts_with("<title>") && line.ends_with("</title>")) {
      line.remove_prefix("<title>"sv.size());
      line.remove_suffix("</title>"sv.size());
      if (line.empty()) continue;
      append_unescaped("Title: ", out);
    } else if (line.starts_with(kName) && content != std::string_view::npos && line.ends_with("\"/>")) {
      const std::string_view name = line.substr(kName.size(), content - kName.size());
      line = line.substr(content + kContent.size());
      line.remove_suffix("\"/>"sv.size());
      if (line.empty()) continue;
      out.append(name).append(": ");
    } else {
      continue;
    }
    append_unescaped(line, out);
    out += '\n';
  }
  if (body == html.size()) return out;
  std::string_view pages = html.substr(body + "<pre>\n"sv.size());
  const std::size_t end = pages.rfind("</pre>");
  append_unescaped(pages.substr(0, std::min(end, pages.size())), out);
  return out;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0; }

std::size_t character_bytes(std::string_view text, std::size_t at) {
  const auto lead = static_cast<std::uint8_t>(text[at]);
  const std::size_t bytes = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return std::min(bytes, text.size() - at);
}

// Without U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069.
std::string without_marks(std::string_view text) {
  std::string out;
  for (std::size_t at = 0, bytes = 0; at < text.size(); at += bytes) {
    bytes = character_bytes(text, at);
    const std::string_view one = text.substr(at, bytes);
    const bool mark = (one >= "\xe2\x80\x8e"sv && one <= "\xe2\x80\x8f"sv) ||
                      (one >= "\xe2\x80\xaa"sv && one <= "\xe2\x80\xae"sv) ||
                      (one >= "\xe2\x81\xa6"sv && one <= "\xe2\x81\xa9"sv);
    if (!mark) out += one;
  }
  return out;
}

// Hebrew, Arabic and their kin: U+0590 to U+08FF, and the forms of their letters.
bool runs_leftwards(std::string_view line) {
  for (std::size_t at = 0, bytes = 0; at < line.size(); at += bytes) {
    bytes = character_bytes(line, at);
    const std::string_view one = line.substr(at, bytes);
    if (one >= "\xd6\x90"sv && one <= "\xe0\xa3\xbf"sv) return true;
    if (one >= "\xef\xac\x9d"sv && one <= "\xef\xbb\xbc"sv) return true;
  }
  return false;
}

std::string reversed(std::string_view line) {
  std::string out(line.size(), '\0');
  std::size_t end = line.size();
  for (std::size_t at = 0, bytes = 0; at < line.size(); at += bytes) {
    bytes = character_bytes(line, at);
    end -= bytes;
    line.copy(out.data() + end, bytes, at);
  }
  return out;
}

// What stands between two lines of one paragraph. `before` ends, `after` begins with what is there.
std::string_view join(std::string& before, std::string_view after) {
  constexpr std::string_view kSoftHyphen = "\xc2\xad", kHyphen = "\xe2\x80\x90", kPartsOfAddresses = "-/_@=&?";
  for (const std::string_view mark : {kSoftHyphen, kHyphen}) {
    if (!before.ends_with(mark)) continue;
    before.erase(before.size() - mark.size());
    return "";
  }
  if (before.size() > 1 && before.back() == '-' && is_letter(before[before.size() - 2]) && is_letter(after[0])) {
    before.pop_back();
    return "";
  }
  return kPartsOfAddresses.find(before.back()) != std::string_view::npos ? ""sv : " "sv;
}

}  // namespace

PdfText pdf_text(Sandboxes& sandboxes, int file) {
  PdfText out;
  std::array<int, 2> ends = {-1, -1};
  Result<std::unique_ptr<Sandbox>> sandbox = sandboxes.take();
  if (!sandbox.ok() || pipe2(ends.data(), O_CLOEXEC) != 0) {
    if (sandbox.ok()) throw_where_exhausted(errno);
    out.failure = Error{ErrorKind::crashed, "a process for a decoder could not be started", {}, {}};
    return out;
  }
  const FileDescriptor from(ends[0]);
  std::string html;
  {
    const FileDescriptor to(ends[1]);
    if (!(*sandbox)->convert(Converter::pdf_text, file, to.get())) {
      out.failure = Error{ErrorKind::crashed, "a decoder died", {}, {}};
      return out;
    }
  }
  const Result<> ended = gather(**sandbox, from.get(), html);
  if (!ended.ok()) out.failure = ended.error();
  sandboxes.give_back(std::move(sandbox).value());
  out.text = plain(html);
  return out;
}

std::string with_joined_lines(std::string_view text) {
  std::string out, backwards;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\n\f"), text.size());
    const std::string line = without_marks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (runs_leftwards(line)) backwards += "\n" + reversed(line);
    const bool in_paragraph = !line.empty() && !out.empty() && out.back() != '\n';
    if (in_paragraph) out += join(out, line);
    out += line;
    // A blank line ends a paragraph.
    if (line.empty() && !out.empty() && out.back() != '\n') out += '\n';
  }
  return out + backwards;
}

}  // namespace ambit::unpack
