#include "stages/unpack/stream/inflated.h"

#include <algorithm>

#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

class Bytes final : public ByteStream {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(std::as_bytes(std::span(bytes))) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const std::size_t count = std::min(into.size(), bytes_.size());
    std::copy_n(bytes_.begin(), count, into.begin());
    bytes_ = bytes_.subspan(count);
    return count;
  }

 private:
  std::span<const std::byte> bytes_;
};

// A zlib stream: two bytes of header, deflate, a checksum that nobody asks for.
class Inflated final : public ByteStream {
 public:
  explicit Inflated(std::string_view packed)
      : packed_(packed.substr(std::min<std::size_t>(packed.size(), 2))),
        input_(packed_, 16 * 1024),
        decoder_(inflate_decoder()) {}
  Result<std::size_t> read(std::span<std::byte> into) override { return decoder_->read(input_, into); }

 private:
  Bytes packed_;
  Input input_;
  std::unique_ptr<Decoder> decoder_;
};

}  // namespace

std::unique_ptr<ByteStream> span_stream(std::string_view bytes) { return std::make_unique<Bytes>(bytes); }

std::unique_ptr<ByteStream> inflated_zlib(std::string_view packed) { return std::make_unique<Inflated>(packed); }

}  // namespace ambit::unpack
