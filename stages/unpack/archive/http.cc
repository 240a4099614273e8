// A response of HTTP/1 as it went over the wire, which is how web archives and caches keep it: its body as it is, in
// chunks, compressed, or both.
//
//   response := "HTTP/1." … (name ":" value newline)… newline body;  chunk := hex-length [";" …] newline bytes newline
#include <algorithm>
#include <array>
#include <string>

#include "pipeline/ascii.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"
#include "stages/unpack/mail/header.h"
#include "stages/unpack/stream/decoder.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

// What is no chunk any more, and all behind it, stays as it stands.
class Unchunking final : public Rewriter {
 public:
  void rewrite(std::string_view piece, std::string& out) override {
    while (!piece.empty()) {
      if (is_over_) return void(out.append(piece));
      if (left_ > 0) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece.size()));
        out.append(piece.substr(0, count));
        piece.remove_prefix(count);
        left_ -= count;
        continue;
      }
      const char c = piece.front();
      piece.remove_prefix(1);
      line_.push_back(c);
      if (c == '\n') {
        end_line(out);
      } else if (line_.size() > kLongestLine) {
        give_up(out);
      }
    }
  }
  void finish(std::string& out) override { out.append(line_); }

 private:
  static constexpr std::size_t kLongestLine = 1024, kMostDigits = 15;

  void end_line(std::string& out) {
    const std::size_t digits = std::min(line_.find_first_not_of("0123456789abcdefABCDEF"), line_.size());
    const bool is_blank = line_ == "\r\n" || line_ == "\n";
    if (is_blank) return line_.clear();  // behind a chunk
    if (digits == 0 || digits > kMostDigits) return give_up(out);
    left_ = std::stoull(line_.substr(0, digits), nullptr, 16);
    is_over_ = left_ == 0;
    line_.clear();
  }
  void give_up(std::string& out) {
    out.append(line_);
    line_.clear();
    is_over_ = true;
  }

  std::string line_;        // the length of a chunk, so far
  std::uint64_t left_ = 0;  // of the chunk
  bool is_over_ = false;
};

// What another unpacker makes of a stream, which it keeps.
class Body final : public Unpacker {
 public:
  explicit Body(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {}
  [[nodiscard]] Result<> begin(Opened (*open)(const Packed&)) {
    Packed packed;
    packed.stream = stream_.get();
    packed.file_name = "body";
    Opened opened = open(packed);
    if (!opened.ok()) return opened.error();
    inner_ = std::move(opened).value();
    return Ok{};
  }
  Result<std::optional<Part>> next() override { return inner_->next(); }
  Result<std::size_t> read(std::span<std::byte> into) override { return inner_->read(into); }

 private:
  const std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<Unpacker> inner_;
};

struct Coding {
  std::string_view name;
  Opened (*open)(const Packed&);
};
constexpr std::array kCodings = {Coding{"gzip", open_gzip}, Coding{"x-gzip", open_gzip}, Coding{"deflate", open_zlib},
                                 Coding{"zstd", open_zstd}, Coding{"br", open_brotli}};

Opened body(std::unique_ptr<ByteStream> stream, const std::string& coding, std::optional<std::uint64_t> stored_at) {
  Part part;
  part.name = "body";
  part.stored_at = stored_at;
  const bool is_plain = coding.empty() || coding == "identity";
  if (is_plain) return one_part(std::move(part), std::move(stream));
  const auto row = std::find_if(kCodings.begin(), kCodings.end(), [&](const Coding& c) { return c.name == coding; });
  if (row == kCodings.end()) {
    part.trouble = WalkTrouble::unsupported;
    return one_part(std::move(part), std::move(stream));
  }
  auto out = std::make_unique<Body>(std::move(stream));
  const Result<> opened = out->begin(row->open);
  if (opened.ok()) return Opened(std::move(out));
  part.trouble = WalkTrouble::damaged;
  return one_part(std::move(part), text_stream({}));
}

}  // namespace

Opened open_http(const Packed& packed) {
  Input input(*packed.stream);
  const auto window = input.ahead(limits::kMaxHttpHeaderBytes);
  if (!window.ok() && window.error().kind != ErrorKind::evidence) return window.error();
  const std::string_view text = window.ok() ? chars(*window) : std::string_view();
  const std::size_t line = text.find('\n');
  const std::size_t end = end_of_headers(text, 0);
  if (!text.starts_with("HTTP/1.") || end == text.npos) return evidence_error("this is no response of HTTP");
  const std::string_view headers = text.substr(line + 1, end - line - 1);
  const std::string coding = lowered(header_value(headers, "content-encoding").value_or(""));
  const bool is_chunked = lowered(header_value(headers, "transfer-encoding").value_or("")) == "chunked";
  input.take(end);
  const bool is_plain = !is_chunked && (coding.empty() || coding == "identity");
  std::unique_ptr<ByteStream> stream = std::make_unique<Rest>(std::move(input));
  if (is_chunked) stream = rewritten(std::move(stream), std::make_unique<Unchunking>());
  return body(std::move(stream), coding, is_plain ? std::optional<std::uint64_t>(end) : std::nullopt);
}

}  // namespace ambit::unpack
