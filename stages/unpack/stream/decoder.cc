#include "stages/unpack/stream/decoder.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <array>

#include "pipeline/ascii.h"

namespace ambit::unpack {

Result<std::size_t> Decoder::read(Input& input, std::span<std::byte> into) {
  std::size_t made = 0;
  while (made < into.size() && !ended_ && !failure_) {
    const std::uint64_t before = input.offset();
    const Result<Step> step = this->step(input, into.subspan(made));
    if (!step.ok()) {
      failure_ = step.error();
      break;
    }
    made += step->made;
    ended_ = step->state == State::ended;
    if (step->state == State::damaged) failure_ = evidence_error("compressed bytes are damaged");
    if (step->state == State::too_large) failure_ = evidence_error(kTooLarge.data());
    const bool stuck = step->state == State::going && step->made == 0 && input.offset() == before;
    if (stuck) failure_ = evidence_error("compressed bytes end before their time");
  }
  if (made == 0 && failure_) return *failure_;
  return made;
}

Result<Decoder::Step> BlockwiseDecoder::step(Input& input, std::span<std::byte> into) {
  if (given_ == plain_.size()) {
    const Result<State> next = next_block(input);
    if (!next.ok()) return next.error();
    if (*next != State::going) return Step{0, *next};
    given_ = 0;
  }
  const std::size_t count = std::min(into.size(), plain_.size() - given_);
  std::copy_n(plain_.begin() + static_cast<std::ptrdiff_t>(given_), count, into.begin());
  given_ += count;
  return Step{count, State::going};
}

std::uint32_t crc32(std::uint32_t before, std::span<const std::byte> bytes) {
  return crc32_gzip_refl(before, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

Result<std::size_t> MemberStream::read(std::span<std::byte> into) {
  while (!over_) {
    if (decoder_ == nullptr) {
      begin_ = input_.offset();
      Result<std::unique_ptr<Decoder>> next = begin();
      over_ = !next.ok() || *next == nullptr;
      if (!next.ok() && !failure_) failure_ = next.error();
      if (next.ok() && *next == nullptr && is_first_) failure_ = evidence_error(none_);
      if (!over_) decoder_ = std::move(next).value();
      is_first_ = false;
      continue;
    }
    const Result<std::size_t> got = decoder_->read(input_, into);
    if (!got.ok()) {
      if (!failure_) failure_ = got.error();
      until_ = input_.offset();
      over_ = true;
    } else if (*got > 0) {
      made(into.first(*got));
      return got;
    } else {
      decoder_.reset();
      over_ = input_.offset() == begin_;  // a stream of no bytes would come for ever
      const Result<> ended = end();
      until_ = input_.offset();
      if (!ended.ok() && !failure_) failure_ = ended.error();
    }
  }
  if (failure_) return *failure_;
  return std::size_t{0};
}

Result<> MemberStream::skip_zeros() {
  for (;;) {
    const auto window = input_.ahead();
    if (!window.ok()) return window.error();
    const auto first = std::find_if(window->begin(), window->end(), [](std::byte b) { return b != std::byte{0}; });
    input_.take(static_cast<std::size_t>(first - window->begin()));
    if (window->empty() || first != window->end()) return Ok{};
  }
}

namespace {

class OnePart final : public Unpacker {
 public:
  OnePart(Part part, std::unique_ptr<ByteStream> bytes) : part_(std::move(part)), bytes_(std::move(bytes)) {}
  Result<std::optional<Part>> next() override { return std::exchange(part_, std::nullopt); }
  Result<std::size_t> read(std::span<std::byte> into) override { return bytes_->read(into); }
  [[nodiscard]] std::uint64_t packed_until() const override {
    const auto* const streams = dynamic_cast<const MemberStream*>(bytes_.get());
    return streams == nullptr ? 0 : streams->packed_until();
  }

 private:
  std::optional<Part> part_;
  std::unique_ptr<ByteStream> bytes_;
};

struct Ending {
  std::string_view packed, plain;
};
constexpr std::array kEndings = {
    Ending{".tgz", ".tar"},  Ending{".taz", ".tar"}, Ending{".tbz2", ".tar"}, Ending{".tbz", ".tar"},
    Ending{".tb2", ".tar"},  Ending{".txz", ".tar"}, Ending{".tlz", ".tar"},  Ending{".tzst", ".tar"},
    Ending{".svgz", ".svg"}, Ending{".gz", ""},      Ending{".z", ""},        Ending{".bz2", ""},
    Ending{".xz", ""},       Ending{".lzma", ""},    Ending{".lz", ""},       Ending{".zst", ""},
    Ending{".lz4", ""},      Ending{".lzo", ""},     Ending{".sz", ""},       Ending{".tzo", ".tar"},
    Ending{".br", ""},       Ending{".emz", ".emf"}, Ending{".wmz", ".wmf"}};

bool ends_with(std::string_view name, std::string_view lower_ending) {
  return name.size() > lower_ending.size() && ends_caseless(name, lower_ending);
}

}  // namespace

std::unique_ptr<Unpacker> one_part(Part part, std::unique_ptr<ByteStream> bytes) {
  return std::make_unique<OnePart>(std::move(part), std::move(bytes));
}

std::unique_ptr<Unpacker> one_part(const Packed& packed, std::unique_ptr<ByteStream> bytes) {
  Part part;
  part.name = name_inside(packed.file_name);
  return one_part(std::move(part), std::move(bytes));
}

std::string name_inside(std::string_view file_name) {
  for (const Ending& ending : kEndings) {
    if (!ends_with(file_name, ending.packed)) continue;
    return std::string(file_name.substr(0, file_name.size() - ending.packed.size())).append(ending.plain);
  }
  return std::string(file_name);
}

}  // namespace ambit::unpack
