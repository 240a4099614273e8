// The entries of a file of Redis (redis.cc), a part at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stages/unpack/input.h"

namespace ambit::unpack {

class RedisEntries {
 public:
  explicit RedisEntries(Input input) : input_(std::move(input)) {}
  virtual ~RedisEntries() = default;
  RedisEntries(const RedisEntries&) = delete;
  RedisEntries& operator=(const RedisEntries&) = delete;

  // False: it is over, or cannot be read further.
  bool advance();
  [[nodiscard]] bool is_damaged() const { return is_damaged_; }

 protected:
  // A string of an entry, its key the first.
  virtual void on_string(std::string_view value) = 0;
  virtual void on_end() = 0;
  // Where the string that on_string() shows stands in the file, if it does as it is.
  [[nodiscard]] std::optional<std::uint64_t> place_of(std::string_view value) const;

 private:
  struct Frame {
    std::string_view pattern;
    std::size_t at = 0;       // in it
    std::uint64_t times = 1;  // it is still to be gone through
  };
  struct Length {
    std::uint64_t value = 0;
    bool is_special = false;  // then `value` says how the string is written
  };

  void fail() { is_over_ = is_damaged_ = true; }
  bool pass(std::uint64_t bytes);
  // The next bytes; empty where the file ends before.
  std::span<const std::byte> ahead(std::size_t bytes);
  std::uint8_t byte();
  // Least byte first, or the highest.
  std::uint64_t number(std::size_t width, bool is_big);
  Length length();
  std::uint64_t plain_length();

  // Into value_. What is longer than limits::kMaxRedisStringBytes is passed, and told.
  void read_bytes(std::uint64_t bytes);
  void read_lzf();
  void read_string();
  void show_string();

  void begin_entry();
  void push(std::string_view pattern);
  void take_part();
  void push_list(std::string_view item);
  void take_simple(char part);
  void take_score();
  void take_double();
  void take_module(Frame& frame);

  Input input_;
  std::vector<Frame> frames_;
  bool is_amid_ = false;  // an entry, whose end is not told yet
  bool is_over_ = false, is_damaged_ = false;
  std::string value_;
  std::optional<std::uint64_t> place_;  // of value_
};

}  // namespace ambit::unpack
