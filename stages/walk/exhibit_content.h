// The bytes of an object that is a plain range of its exhibit.
#pragma once

#include <algorithm>
#include <memory>

#include "pipeline/exhibit.h"
#include "pipeline/object.h"

namespace ambit::walk {

class ExhibitContent final : public Content {
 public:
  // Object byte 0 is exhibit byte `begin`; the object has `length` bytes.
  ExhibitContent(const Exhibit& exhibit, std::uint64_t begin, std::uint64_t length)
      : exhibit_(exhibit), begin_(begin), length_(length) {}

  Result<ContentInfo> open() override { return ContentInfo{length_, std::nullopt, 0}; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset >= length_) return std::size_t{0};
    return exhibit_.read_at(begin_ + offset, into.first(std::min<std::uint64_t>(into.size(), length_ - offset)));
  }

  DataRun run_at(std::uint64_t offset) override {
    DataRun run = exhibit_.run_at(begin_ + offset);
    run.offset -= begin_;
    run.length = std::min(run.length, length_ - std::min(length_, run.offset));
    return run;
  }

  std::optional<std::uint64_t> exhibit_offset(std::uint64_t offset) const override { return begin_ + offset; }

  std::unique_ptr<Content> duplicate() const override {
    return std::make_unique<ExhibitContent>(exhibit_, begin_, length_);
  }

  void will_need(std::uint64_t offset, std::uint64_t length) override {
    if (offset < length_) exhibit_.will_need(begin_ + offset, std::min(length, length_ - offset));
  }

 private:
  const Exhibit& exhibit_;
  std::uint64_t begin_, length_;
};

}  // namespace ambit::walk
