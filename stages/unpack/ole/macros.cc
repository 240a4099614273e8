// The source of macros (MS-OVBA), which lies packed behind the compiled one in the stream of its module.
//
//   packed = 1 *chunk                 chunk = header(2) 4096 bytes | header(2) *( flags(1) eight tokens )
//   token  = byte | copy(2)           how many bits say how far back, depends on how much came before in the chunk
//
// Where it begins and what a stream is called stands in the stream "dir", which is packed as well.
#include <set>
#include <utility>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/ole/parts.h"
#include "stages/unpack/ole/text.h"
#include "stages/unpack/text/charset.h"
#include "stages/unpack/text/code_page.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kChunkBytes = 4096;  // of what comes out

class MacroSource final : public Rewriter {
 public:
  void rewrite(std::string_view piece, std::string& out) override {
    held_.append(piece);
    std::size_t at = 0;
    if (is_first_ && !held_.empty()) {
      is_first_ = false;
      at = 1;
    }
    while (at + 2 <= held_.size()) {
      const std::size_t bytes = chunk_bytes(at);
      if (at + bytes > held_.size()) break;
      chunk(std::string_view(held_).substr(at, bytes), out);
      at += bytes;
    }
    held_.erase(0, at);
  }
  void finish(std::string& out) override {
    if (held_.size() > 2) chunk(std::exchange(held_, {}), out);
  }

 private:
  [[nodiscard]] std::size_t chunk_bytes(std::size_t at) const {
    return (static_cast<std::size_t>(number_at(held_, at, 2)) & 0xfff) + 3;
  }

  // MS-OVBA 2.4.1.3.2.
  static void chunk(std::string_view bytes, std::string& out) {
    constexpr std::uint64_t kPacked = 0x8000;
    const bool is_packed = (number_at(bytes, 0, 2) & kPacked) != 0;
    bytes.remove_prefix(2);
    if (!is_packed) return void(out.append(bytes));
    const std::size_t begin = out.size();
    for (std::size_t at = 0; at < bytes.size();) {
      unsigned flags = static_cast<unsigned char>(bytes[at++]);
      for (int i = 0; i < 8 && at < bytes.size(); ++i, flags >>= 1) {
        if ((flags & 1) == 0) {
          out.push_back(bytes[at++]);
        } else {
          copy(static_cast<unsigned>(number_at(bytes, at, 2)), begin, out);
          at += 2;
        }
        if (out.size() - begin > kChunkBytes) return;
      }
    }
  }
  static void copy(unsigned token, std::size_t begin, std::string& out) {
    const std::size_t made = out.size() - begin;
    unsigned bits = 4;
    while ((std::size_t{1} << bits) < made) ++bits;
    const std::size_t length = (token & (0xffffU >> bits)) + 3, back = (token >> (16 - bits)) + 1;
    if (back > made) return;
    for (std::size_t i = 0; i < length; ++i) out.push_back(out[out.size() - back]);
  }

  std::string held_;
  bool is_first_ = true;
};

}  // namespace

OleModules macro_modules(const OleFile& file, std::uint32_t storage) {
  // MS-OVBA 2.3.4.2: records of id(2) bytes(4) body.
  constexpr std::uint64_t kCodePage = 0x03, kVersion = 0x09, kStreamName = 0x1a, kOffset = 0x31;
  OleModules out;
  const auto dir = file.find_stream(storage, "dir");
  if (!dir) return out;
  MacroSource source;
  const std::string records = rewrite_all(source, ole_bytes(file, *dir, limits::kMaxOleMacroListBytes));
  std::optional<std::uint32_t> stream;
  std::set<std::uint32_t> seen;
  for (std::size_t at = 0; at + 6 <= records.size();) {
    const std::uint64_t id = number_at(records, at, 2), declared = number_at(records, at + 2, 4);
    const std::string_view body = std::string_view(records).substr(at + 6, static_cast<std::size_t>(declared));
    if (id == kCodePage) out.code_page = static_cast<int>(number_at(body, 0, 2));
    if (id == kStreamName) stream = file.find_stream(storage, code_page_text(body, out.code_page));
    if (id == kOffset && stream && seen.insert(*stream).second) out.modules.push_back({*stream, number_at(body, 0, 4)});
    at += 6 + body.size() + (id == kVersion ? 2 : 0);
  }
  return out;
}

std::unique_ptr<ByteStream> macro_text(const OleFile& file, const OleModule& module, int code_page) {
  auto source = rewritten(ole_stream(file, module.stream, module.offset), std::make_unique<MacroSource>());
  return rewritten(std::move(source), charset_decoder(charset_of_code_page(code_page)));
}

}  // namespace ambit::unpack
