// What PostgreSQL compresses: a value that makes its row longer than a quarter of a page, as a rule by pglz, which is
// its own, or by lz4.
//
//   stored = method-and-plain-bytes(4) packed           method in the two highest bits: 0 pglz, 1 lz4
//   pglz   = *( control(1) 8*item )                     a bit of `control` for each item, lowest first
//   item   = 0: byte(1) | 1: length-and-distance(2) [more(1)]
//                                                       length: low half of the first byte, and 3; of 18 `more` comes
//                                                       on top; distance back: its high half, then the second byte
//
// Nothing but the length says that a value is compressed; so it is one only if it comes out with just as many bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ambit::unpack {

// Whether there may be more of it than is there.
enum class PostgresTail : bool { is_there, may_be_missing };

struct PostgresPlain {
  std::string bytes;
  bool is_whole = false;  // else its first bytes, as far as they are there
};

// What `stored` is decoded to, at most limits::kMaxPostgresValueBytes; nothing: it is not compressed, or damaged.
[[nodiscard]] std::optional<PostgresPlain> postgres_plain(std::string_view stored, PostgresTail tail);

}  // namespace ambit::unpack
