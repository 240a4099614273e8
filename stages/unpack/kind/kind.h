// kind: what an object is, by its first bytes and its name. What the census counts by, and what says whether lines
// mean something in it.
//
// A guess, made for every object of every exhibit, so it looks at no more than kKindBytes and never reads twice. Bytes
// go before names: a name may say anything, and only tells apart what its bytes do not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "pipeline/facts.h"

namespace ambit {

inline constexpr std::size_t kKindBytes = 4096;  // bytes of an object that the guess depends on

struct KindGuess {
  Kind kind = Kind::unknown;
  bool is_text = false;          // lines mean something: Facts::is_text
  Format format = Format::none;  // of format_of(), in unpack.h; guess_kind() leaves it
  friend bool operator==(const KindGuess&, const KindGuess&) = default;
};

// `first_bytes`: the object's first bytes, at least min(kKindBytes, size) of them; what is beyond is not looked at.
// `file_name`: the last component of its path, bytes; may be empty. Never Kind::zero, for that takes every byte.
[[nodiscard]] KindGuess guess_kind(std::span<const std::byte> first_bytes, std::string_view file_name,
                                   std::uint64_t size);

}  // namespace ambit
