// Scanner: many expressions over one block of memory. The one door to Hyperscan.
//
// Plain strings are left to a LiteralIndex (literals.h), which is built in a hundredth of the time; Hyperscan takes
// the expressions, and the few strings that are too short for it.
//
// Two stages look for patterns (match: identifiers; scrutinise: private data), so what they share stands here.
// A ScanDatabase is const and shared by all workers; a Scanner is one worker's scratch space. Block mode only:
// a block knows nothing of the block before it, the caller brings the context (see chunk.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/literals.h"
#include "pipeline/result.h"

namespace ambit {

struct ScanPattern {
  std::string expression;       // Hyperscan syntax over bytes (never UTF-8 mode: evidence is not valid UTF-8)
  std::uint32_t id = 0;         // what on_match receives
  bool ignore_case = false;     // ASCII letters only
  bool leftmost_start = false;  // report the leftmost start of each match; costs speed, so ask for it only where
                                // the start cannot be told from the end
  bool plain = false;           // `expression` is the bytes themselves, of which any may be anything
};

// What an expression can match, in bytes.
struct ExpressionWidth {
  std::uint32_t least = 0;
  std::uint32_t most = 0;
  bool bounded = true;  // false: `most` means nothing
};

// Error: the compiler's own words, fit for an operator; kind order.
[[nodiscard]] Result<ExpressionWidth> expression_width(const ScanPattern& pattern);

class ScanDatabase {
 public:
  ScanDatabase();  // empty: scans find nothing
  ~ScanDatabase();
  ScanDatabase(ScanDatabase&&) noexcept;
  ScanDatabase& operator=(ScanDatabase&&) noexcept;

  // Error::where holds the decimal index of the pattern at fault, or is empty.
  [[nodiscard]] static Result<ScanDatabase> compile(std::span<const ScanPattern> patterns);
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] bool empty() const { return impl_ == nullptr; }
  // The same by Hyperscan alone, whatever it costs: what this program is measured against.
  [[nodiscard]] static Result<ScanDatabase> compile_by_hyperscan(std::span<const ScanPattern> patterns);

 private:
  friend class Scanner;
  struct Impl;
  [[nodiscard]] static Result<ScanDatabase> compile(std::span<const ScanPattern> patterns,
                                                    std::span<const std::size_t> which);
  std::unique_ptr<Impl> impl_;
};

class Scanner {
 public:
  explicit Scanner(const ScanDatabase& database);  // the database must outlive the scanner
  ~Scanner();
  Scanner(Scanner&&) noexcept;
  Scanner& operator=(Scanner&&) noexcept;

  // Calls on_match(context, id, from, to) for every match; `from` is 0 unless leftmost_start was asked for.
  // Offsets count from the block's first byte; `to` is one past the match's last byte. Order: by `to`.
  using OnMatch = void (*)(void* context, std::uint32_t id, std::uint64_t from, std::uint64_t to);
  void scan(std::span<const std::byte> block, OnMatch on_match, void* context);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ambit
