#include "stages/record/ledger.h"

#include <zstd.h>

#include <array>
#include <cstdio>

namespace ambit::record {
namespace {
constexpr int kLevel = 3;
}

struct Compressor::Impl {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { ZSTD_freeCCtx(context); }
};

Compressor::Compressor() : impl_(std::make_unique<Impl>()) {}
Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;

Result<std::string_view> Compressor::frame(std::string_view plain) {
  out_.resize(ZSTD_compressBound(plain.size()));
  const std::size_t size =
      ZSTD_compressCCtx(impl_->context, out_.data(), out_.size(), plain.data(), plain.size(), kLevel);
  if (ZSTD_isError(size) != 0) {
    return Error{ErrorKind::io, std::string("cannot compress the ledger: ") + ZSTD_getErrorName(size), "", ""};
  }
  return std::string_view(out_).substr(0, size);
}

Result<std::string> unpack_frame(std::string_view frame, std::uint64_t plain_bytes) {
  std::string plain(plain_bytes, '\0');
  if (frame.empty() && plain_bytes == 0) return plain;
  const std::size_t size = ZSTD_decompress(plain.data(), plain.size(), frame.data(), frame.size());
  if (ZSTD_isError(size) != 0 || size != plain_bytes) {
    return Error{ErrorKind::io, "lines of the ledger do not read back as they were written", "",
                 "check the disk that the run directory is written to"};
  }
  return plain;
}

Result<std::unique_ptr<Ledger>> Ledger::create(std::string folder, std::vector<std::string> recipients,
                                               std::uint64_t segment_bytes) {
  if (Result<> checked = Age::check_recipients(recipients); !checked) return std::move(checked).error();
  std::unique_ptr<Ledger> ledger(new Ledger(std::move(folder), std::move(recipients), segment_bytes));
  if (Result<> started = ledger->next_segment(); !started) return std::move(started).error();
  return ledger;
}

Result<> Ledger::next_segment() {
  if (age_ != nullptr) {
    if (Result<> done = age_->finish(); !done) return done;
  }
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "%04zu.age", segments_.size() + 1);
  segments_.emplace_back(name.data());
  in_segment_ = 0;
  age_ = std::make_unique<Age>();
  return age_->start(folder_ + "/" + segments_.back(), recipients_);
}

Result<> Ledger::send(std::string_view frame, std::uint64_t plain_bytes) {
  if (in_segment_ >= segment_bytes_) {
    if (Result<> next = next_segment(); !next) return next;
  }
  in_segment_ += plain_bytes;
  return age_->write(frame);
}

Result<> Ledger::write(std::string_view lines, Compressor& compressor) {
  Result<std::string_view> frame = compressor.frame(lines);
  if (!frame) return std::move(frame).error();
  return add(*frame, lines.size());
}

Result<> Ledger::add(std::string_view frame, std::uint64_t plain_bytes) {
  if (outcome_) outcome_ = send(frame, plain_bytes);
  return outcome_;
}

Result<> Ledger::close() {
  Compressor compressor;
  // An empty frame, so that a ledger without a line still opens: zstd takes no empty file.
  Result<> done = in_segment_ == 0 ? write("", compressor) : outcome_;
  return done ? age_->finish() : done;
}

}  // namespace ambit::record
