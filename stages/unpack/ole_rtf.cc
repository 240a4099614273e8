// The RTF of a message, as Outlook packs it (MS-OXRTFCP):
//
//   packed = bytes(4) bytes-unpacked(4) "LZFu" crc(4) *( flags(1) eight tokens )      "MELA": not packed at all
//   token  = byte | copy(2)       twelve bits of place in a ring of 4096 bytes, four of length; at the write place: end
#include <array>
#include <utility>

#include "stages/unpack/ole_parts.h"
#include "stages/unpack/rewriting.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kHeaderBytes = 16, kRing = 4096;
constexpr std::string_view kBegin =  // MS-OXRTFCP 2.1.2.1
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS "
    "Sans "
    "SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

class PlainRtf final : public Rewriter {
 public:
  PlainRtf() {
    for (const char c : kBegin) ring_[at_++] = c;
  }
  void rewrite(std::string_view piece, std::string& out) override {
    const std::size_t head = std::min(kHeaderBytes - header_.size(), piece.size());
    header_.append(piece.substr(0, head));
    piece.remove_prefix(head);
    if (piece.empty()) return;
    if (std::string_view(header_).substr(8, 4) == "MELA"sv) return void(out.append(piece));
    for (const char c : piece) {
      if (over_) return;
      take(static_cast<unsigned char>(c), out);
    }
  }
  void finish(std::string& /*out*/) override {}

 private:
  void take(unsigned byte, std::string& out) {
    if (left_ == 0) {
      flags_ = byte;
      left_ = 8;
      return;
    }
    if ((flags_ & 1) == 0) {
      put(static_cast<char>(byte), out);
    } else if (!first_) {
      first_ = byte;
      return;
    } else {
      copy(*std::exchange(first_, std::nullopt) << 8 | byte, out);
    }
    flags_ >>= 1;
    --left_;
  }
  void copy(unsigned token, std::string& out) {
    std::size_t from = token >> 4;
    over_ = from == at_;
    for (unsigned i = 0; i < (token & 15) + 2 && !over_; ++i) {
      put(ring_[from], out);
      from = (from + 1) % kRing;
    }
  }
  void put(char c, std::string& out) {
    out.push_back(c);
    ring_[at_] = c;
    at_ = (at_ + 1) % kRing;
  }

  std::string header_;
  std::array<char, kRing> ring_{};
  std::size_t at_ = 0;
  unsigned flags_ = 0, left_ = 0;
  std::optional<unsigned> first_;  // the first byte of a copy
  bool over_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> plain_rtf(std::unique_ptr<ByteStream> compressed) {
  return rewritten(std::move(compressed), std::make_unique<PlainRtf>());
}

}  // namespace ambit::unpack
