#include "stages/open/packed_block.h"

#include <bzlib.h>
#include <libdeflate.h>
#include <lzma.h>
#include <zstd.h>

#include <algorithm>

#include "pipeline/limits.h"

namespace ambit::open {
namespace {

using PackedBytes = std::span<const std::byte>;
using Made = std::optional<std::size_t>;

template <auto Free>
struct Freed {
  void operator()(auto* freed) const { static_cast<void>(Free(freed)); }
};

Made bunzip2(PackedBytes packed, std::span<std::byte> out) {
  auto made = static_cast<unsigned>(out.size());
  // The library's own types: it writes to neither.
  auto* from = const_cast<char*>(reinterpret_cast<const char*>(packed.data()));
  const int said = BZ2_bzBuffToBuffDecompress(reinterpret_cast<char*>(out.data()), &made, from,
                                              static_cast<unsigned>(packed.size()), 0, 0);
  return said == BZ_OK ? Made(made) : std::nullopt;
}

Made unxz(PackedBytes packed, std::span<std::byte> out) {
  std::uint64_t memory = limits::kMaxBlockDictionary;
  std::size_t taken = 0, made = 0;
  const lzma_ret said =
      lzma_stream_buffer_decode(&memory, 0, nullptr, reinterpret_cast<const std::uint8_t*>(packed.data()), &taken,
                                packed.size(), reinterpret_cast<std::uint8_t*>(out.data()), &made, out.size());
  return said == LZMA_OK ? Made(made) : std::nullopt;
}

// 1lllllll: l + 1 bytes as they are. 01llllll oo oo: l + 4 bytes from o + 1 before. 00llllOO oo: l + 3 bytes.
Made undo_adc(PackedBytes packed, std::span<std::byte> out) {
  std::size_t made = 0;
  const auto at = [&](std::size_t i) { return std::to_integer<std::size_t>(packed[i]); };
  for (std::size_t i = 0; i < packed.size() && made < out.size();) {
    const std::size_t control = at(i);
    if ((control & 0x80U) != 0) {
      const std::size_t length = (control & 0x7fU) + 1;
      if (packed.size() - i - 1 < length || out.size() - made < length) return std::nullopt;
      std::copy_n(packed.begin() + static_cast<std::ptrdiff_t>(i + 1), length,
                  out.begin() + static_cast<std::ptrdiff_t>(made));
      made += length;
      i += 1 + length;
      continue;
    }
    const bool is_long = (control & 0x40U) != 0;
    const std::size_t bytes = is_long ? 3 : 2;
    if (packed.size() - i < bytes) return std::nullopt;
    const std::size_t length = is_long ? (control & 0x3fU) + 4 : (control >> 2U) + 3;
    const std::size_t back = is_long ? at(i + 1) << 8U | at(i + 2) : (control & 3U) << 8U | at(i + 1);
    if (back >= made || out.size() - made < length) return std::nullopt;
    for (std::size_t k = 0; k < length; ++k, ++made) out[made] = out[made - back - 1];
    i += bytes;
  }
  return made;
}

}  // namespace

struct BlockDecoder::Impl {
  std::unique_ptr<libdeflate_decompressor, Freed<libdeflate_free_decompressor>> inflater;
  std::unique_ptr<ZSTD_DCtx, Freed<ZSTD_freeDCtx>> zstd;

  Made inflate(auto decompress, PackedBytes packed, std::span<std::byte> out) {
    if (inflater == nullptr) inflater.reset(libdeflate_alloc_decompressor());
    if (inflater == nullptr) return std::nullopt;  // no memory left
    std::size_t made = 0;
    const libdeflate_result said =
        decompress(inflater.get(), packed.data(), packed.size(), out.data(), out.size(), &made);
    return said == LIBDEFLATE_SUCCESS ? Made(made) : std::nullopt;
  }
  // Until the frame ends or `out` is full.
  Made unzstd(PackedBytes packed, std::span<std::byte> out) {
    if (zstd == nullptr) zstd.reset(ZSTD_createDCtx());
    if (zstd == nullptr || ZSTD_isError(ZSTD_DCtx_reset(zstd.get(), ZSTD_reset_session_only)) != 0) return std::nullopt;
    ZSTD_inBuffer from{packed.data(), packed.size(), 0};
    ZSTD_outBuffer into{out.data(), out.size(), 0};
    std::size_t said = 1;
    while (said != 0 && into.pos < into.size) {
      const std::size_t before = from.pos + into.pos;
      said = ZSTD_decompressStream(zstd.get(), &into, &from);
      if (ZSTD_isError(said) != 0 || from.pos + into.pos == before) return std::nullopt;
    }
    return into.pos;
  }
};

BlockDecoder::BlockDecoder() : impl_(std::make_unique<Impl>()) {}
BlockDecoder::~BlockDecoder() = default;
BlockDecoder::BlockDecoder(BlockDecoder&&) noexcept = default;
BlockDecoder& BlockDecoder::operator=(BlockDecoder&&) noexcept = default;

Made BlockDecoder::decode(Packing packing, PackedBytes packed, std::span<std::byte> out) {
  switch (packing) {
    case Packing::deflate:
      return impl_->inflate(libdeflate_deflate_decompress, packed, out);
    case Packing::zlib:
      return impl_->inflate(libdeflate_zlib_decompress, packed, out);
    case Packing::zstd:
      return impl_->unzstd(packed, out);
    case Packing::bzip2:
      return bunzip2(packed, out);
    case Packing::xz:
      return unxz(packed, out);
    case Packing::adc:
      return undo_adc(packed, out);
  }
  return std::nullopt;
}

std::uint32_t adler32(std::uint32_t so_far, PackedBytes bytes) {
  return libdeflate_adler32(so_far, bytes.data(), bytes.size());
}

}  // namespace ambit::open
