// The search for private canaries in what a run lets people read: in every writing that a value might have taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/literals.h"
#include "stages/audit/canary.h"

namespace ambit::audit {

class CanarySearch {
 public:
  // Looks for all values of the private canaries, ASCII caseless: as they are, in UTF-16 of either order, in
  // hexadecimal, in base64 wherever it begins; and for the digests of their files, as bytes and in hexadecimal. The
  // registry must outlive it.
  explicit CanarySearch(const Registry& registry);

  // Bytes that the next piece of a text must repeat of this one.
  [[nodiscard]] std::size_t overlap() const { return most_bytes_; }
  // Notes what stands in the piece.
  void look(std::string_view piece);
  // Indices into Registry::canaries of those that were seen, ascending.
  [[nodiscard]] std::vector<std::size_t> seen() const;

 private:
  void add_value(std::uint32_t canary, const std::string& value);
  void add(std::uint32_t canary, std::string text, bool ignore_case);

  struct Text {
    std::string bytes;
    std::uint32_t canary = 0;
    bool ignore_case = false;
  };
  std::vector<Text> texts_;
  LiteralIndex index_;
  std::vector<LiteralScan::Match> pending_;
  std::vector<char> seen_;
  std::size_t most_bytes_ = 0;
};

}  // namespace ambit::audit
