// How Redis packs small lists and sets into one string.
//
//   ziplist  = bytes(4) tail(4) count(2) *( before entry ) ff          before: one byte, or fe and four
//   listpack = bytes(4) count(2) *( entry back ) ff                    back: how long the entry is, in seven bits a
//   byte zipmap   = count(1) *( length key length free(1) value unused ) ff intset   = width(4) count(4) *number
#pragma once

#include <functional>
#include <string_view>

namespace ambit::unpack {

// Gives the strings and numbers in it. `how`: Z, P, M, I, in the order above. False: it is damaged, from where it is.
bool redis_unpacked(char how, std::string_view packed, const std::function<void(std::string_view)>& give);

}  // namespace ambit::unpack
