// Parallel: many like pieces of work for whoever has workers, handed to a stage that knows of none.
#pragma once

#include <cstddef>
#include <functional>

namespace ambit {

struct Parallel {
  // One of `count` pieces; no two calls at once have the same `worker`.
  using Piece = std::function<void(std::size_t piece, std::size_t worker)>;
  std::size_t workers = 1;  // `worker` is below
  // Calls every piece once, in any order; returns when all are done.
  std::function<void(std::size_t count, const Piece& call)> run;
};

// On the calling thread.
[[nodiscard]] inline Parallel one_after_another() {
  return {1, [](std::size_t count, const Parallel::Piece& call) {
            for (std::size_t i = 0; i < count; ++i) call(i, 0);
          }};
}

}  // namespace ambit
