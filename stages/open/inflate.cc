#include "stages/open/inflate.h"

#include <libdeflate.h>

namespace ambit::open {

struct Inflater::Impl {
  struct Free {
    void operator()(libdeflate_decompressor* freed) const { libdeflate_free_decompressor(freed); }
  };
  std::unique_ptr<libdeflate_decompressor, Free> decompressor{libdeflate_alloc_decompressor()};
};

Inflater::Inflater() : impl_(std::make_unique<Impl>()) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

std::optional<std::size_t> Inflater::zlib(std::span<const std::byte> packed, std::span<std::byte> out) {
  std::size_t written = 0;
  if (impl_->decompressor == nullptr) return std::nullopt;  // no memory left
  const libdeflate_result result = libdeflate_zlib_decompress(impl_->decompressor.get(), packed.data(), packed.size(),
                                                              out.data(), out.size(), &written);
  if (result != LIBDEFLATE_SUCCESS) return std::nullopt;
  return written;
}

std::optional<std::size_t> Inflater::raw(std::span<const std::byte> packed, std::span<std::byte> out) {
  std::size_t written = 0;
  if (impl_->decompressor == nullptr) return std::nullopt;
  const libdeflate_result result = libdeflate_deflate_decompress(impl_->decompressor.get(), packed.data(),
                                                                 packed.size(), out.data(), out.size(), &written);
  if (result != LIBDEFLATE_SUCCESS) return std::nullopt;
  return written;
}

std::uint32_t adler32(std::uint32_t so_far, std::span<const std::byte> bytes) {
  return libdeflate_adler32(so_far, bytes.data(), bytes.size());
}

}  // namespace ambit::open
