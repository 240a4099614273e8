// Lattice: the spellings of a literal, and which piece of them to look for.
//
// Positions 0..n stand between the characters of the plain text; an edge is a way to write the stretch between two of
// them, as a string of bytes. A spelling of the literal is a path from 0 to n. Hyperscan must be given strings such
// that every path contains one of them, as few, as long and as rare as possible:
//
// * A *window* is a stretch between two positions through which every path goes (none of the edges jumps over them);
//   all ways through it are its strings. The main window is the cheapest one over the common edges.
// * A rare edge (KELVIN SIGN for k, a ligature) that overlaps the main window gets a window of its own: that edge with
//   a few neighbours, rare ones among them. So a path either goes through the main window by common edges, or
//   through some rare edge's window.
//
// Strings are compared and searched with ASCII case ignored, so case costs nothing in ASCII and in Latin UTF-16; the
// exact check sorts out what that lets in. The price of a short or familiar string is many false candidates, that of
// many strings a slower scan; main_window() weighs them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stages/match/familiar.h"
#include "stages/match/unicode.h"

namespace ambit::match {

// An edge before it is spelled in bytes.
struct Way {
  std::uint16_t from = 0, to = 0;
  char32_t code = 0;
  bool rare = false;
};
// All ways to write `plain`, sorted by `from`.
[[nodiscard]] std::vector<Way> ways_of(const Codes& plain, bool ignore_case, Variants& variants);

struct Edge {
  std::uint16_t from = 0, to = 0;
  bool rare = false;
  std::string bytes;  // ASCII letters in lower case
  friend auto operator<=>(const Edge&, const Edge&) = default;
};

struct Window {
  std::size_t from = 0, to = 0;  // positions
};

// What is dear in a window.
struct Price {
  std::size_t aim = 8;       // bytes from which on a string counts as rare
  std::size_t per_rare = 4;  // for a rare edge that overlaps it
  std::size_t least = 0;     // bytes without which a string is none
};

class Lattice {
 public:
  // `positions` is n; `edges` in any order, doubles allowed; `familiar` (familiar.h) must outlive the lattice.
  Lattice(std::size_t positions, std::vector<Edge> edges, const std::vector<std::uint32_t>& familiar);

  // The cheapest window within [least, most] over the common edges; none where these do not lead through. Characters
  // that are `barred` (by position; empty: none) are in no window.
  [[nodiscard]] std::optional<Window> main_window(std::size_t least, std::size_t most, const Price& price,
                                                  const std::vector<bool>& barred = {}) const;
  [[nodiscard]] std::vector<std::string> strings(const Window& window) const;

  // The longest window of at most `most` characters over the common edges that ends at `end` and has few strings; none
  // where no such window ends there.
  [[nodiscard]] std::optional<Window> window_before(std::size_t end, std::size_t most) const;

  // The strings of the windows of the rare edges that overlap `main`, each with the position where it begins.
  struct Placed {
    std::size_t from = 0;
    std::string bytes;
  };
  [[nodiscard]] std::vector<Placed> rare_strings(const Window& main) const;

 private:
  // Without what is familiar in it, which takes longest to work out.
  [[nodiscard]] std::size_t cost(const Window& window, std::size_t strings, std::size_t least_bytes,
                                 const Price& price) const;
  // No edge within [from, to] jumps over `position`.
  [[nodiscard]] bool is_cut(std::size_t position, std::size_t from, std::size_t to) const;
  void extend(std::size_t from, std::size_t to, bool with_rare, const std::string& prefix,
              std::vector<std::string>& out) const;
  [[nodiscard]] std::vector<std::string> paths(std::size_t from, std::size_t to, bool with_rare) const;
  [[nodiscard]] std::vector<Placed> rare_around(const Edge& rare) const;

  std::size_t positions_;
  const std::vector<std::uint32_t>& familiar_;
  std::vector<Edge> edges_;                           // sorted by from
  std::vector<std::size_t> first_;                    // by position: first edge from there; positions_ + 2 of them
  std::vector<bool> common_cut_;                      // by position: no common edge jumps over it
  std::vector<std::size_t> rare_begun_, rare_ended_;  // by position: rare edges that begin before it; that end by it
};

}  // namespace ambit::match
