// Web archives (WARC 1.0, 1.1, ISO 28500): records in a row, each what went over the wire for one address.
//
//   record := "WARC/1." version newline (name ":" value newline)… newline block newline newline
//
// Every block is a member, called after its address: requests and the notes of the crawler too. What stands between
// records and is none is passed, up to the next one.
#include <algorithm>
#include <charconv>
#include <string>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"
#include "stages/unpack/mail/header.h"

namespace ambit::unpack {
namespace {

constexpr std::string_view kMagic = "WARC/";

class Warc final : public Unpacker {
 public:
  explicit Warc(Input input) : input_(std::move(input)) {}

  Result<std::optional<Part>> next() override {
    const auto passed = input_.skip(left_);
    left_ = 0;
    if (!passed.ok()) return passed.error();
    for (;;) {
      const Result<bool> found = find_record();
      if (!found.ok()) return found.error();
      if (!*found) return std::optional<Part>();
      Result<std::optional<Part>> part = read_headers();
      if (!part.ok() || *part) return part;
    }
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    if (left_ == 0) return std::size_t{0};
    const auto got = input_.read(into.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, into.size()))));
    if (!got.ok()) return got.error();
    if (*got == 0 && !into.empty()) {
      left_ = 0;
      return evidence_error("a record of a web archive is cut");
    }
    left_ -= *got;
    return got;
  }

 private:
  Result<bool> find_record() {
    for (;;) {
      const auto window = input_.ahead(kMagic.size());
      if (!window.ok()) return window.error();
      const std::string_view text = chars(*window);
      if (text.size() < kMagic.size()) return false;
      const std::size_t at = text.find(kMagic);
      input_.take(at == text.npos ? text.size() - (kMagic.size() - 1) : at);
      if (at != text.npos) return true;
    }
  }
  // Nothing: these are the headers of no record.
  Result<std::optional<Part>> read_headers() {
    const auto window = input_.ahead(limits::kMaxHttpHeaderBytes);
    if (!window.ok() && window.error().kind != ErrorKind::evidence) return window.error();
    const std::string_view text =
        window.ok() ? chars(*window).substr(0, limits::kMaxHttpHeaderBytes) : std::string_view();
    // Where no empty line was found before, none is: else each of many beginnings would be searched to the end.
    const std::uint64_t here = input_.offset();
    const std::size_t searched =
        static_cast<std::size_t>(std::min<std::uint64_t>(text.size(), searched_ - std::min(searched_, here)));
    const std::size_t end = end_of_headers(text, searched - std::min<std::size_t>(searched, 3)), line = text.find('\n');
    searched_ = std::max(searched_, here + std::min(end, text.size()));
    const std::string_view headers = end == text.npos ? std::string_view() : text.substr(line + 1, end - line - 1);
    const std::string length = header_value(headers, "content-length").value_or("");
    std::uint64_t bytes = 0;
    const bool has_length = std::from_chars(length.data(), length.data() + length.size(), bytes).ec == std::errc();
    if (!has_length) {
      input_.take(end == text.npos ? std::min(kMagic.size(), text.size()) : end);
      return std::optional<Part>();
    }
    Part part;
    std::string name = header_value(headers, "warc-target-uri").value_or("");
    if (name.starts_with('<') && name.ends_with('>')) name = name.substr(1, name.size() - 2);
    part.name = name.empty() ? header_value(headers, "warc-type").value_or("record") : std::move(name);
    part.size = bytes;
    input_.take(end);
    part.stored_at = input_.offset();
    left_ = bytes;
    return std::optional<Part>(std::move(part));
  }

  Input input_;
  std::uint64_t left_ = 0;      // of the block
  std::uint64_t searched_ = 0;  // for the end of headers, up to here
};

}  // namespace

Opened open_warc(const Packed& packed) {
  Input input(*packed.stream);
  const auto head = input.ahead(kMagic.size());
  if (!head.ok()) return head.error();
  if (!chars(*head).starts_with(kMagic)) return evidence_error("this is no web archive");
  return Opened(std::make_unique<Warc>(std::move(input)));
}

}  // namespace ambit::unpack
