// The values of a tuple, without the catalogue that knows their types: a value of any length says in its first bytes
// how long it is and whether it is compressed, and begins where its type wants it to. So texts and what is compressed
// are told from what they are; numbers are passed.
//
//   value = 01 12 plain-bytes(4) bytes(4) number(4) table(4)      it stands in another table (postgres_toast.h)
//         | bytes:7 1 …                                           `bytes` counts the length itself, too
//         | bytes:30 00 … | bytes:30 10 stored                    at a multiple of 4; the last: postgres_value.h
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ambit::unpack {

struct PostgresField {
  enum class Is : std::uint8_t { text, packed, elsewhere };
  Is is = Is::text;
  std::string_view text;     // as it stands
  std::string plain;         // what was packed
  std::uint32_t number = 0;  // of a value that is elsewhere
};

// What may be decoded in vain in one page: some times its bytes. Honest ones hold next to nothing that looks
// compressed.
class PostgresEffort {
 public:
  explicit PostgresEffort(std::size_t page_bytes) : left_(page_bytes * kTimes) {}
  void spend(std::size_t bytes) { left_ -= bytes < left_ ? bytes : left_; }
  [[nodiscard]] bool is_spent() const { return left_ == 0; }

 private:
  static constexpr std::size_t kTimes = 4;
  std::size_t left_;
};

// What of it shows something; `data` begins at a multiple of 4 in its page.
[[nodiscard]] std::vector<PostgresField> postgres_fields(std::string_view data, PostgresEffort& effort);
// What is compressed among bytes that nobody knows.
[[nodiscard]] std::vector<std::string> postgres_packed_in(std::string_view bytes, PostgresEffort& effort);

}  // namespace ambit::unpack
