// Exhausted: the process has no memory, no descriptor or no process left. Nothing that evidence is to blame for, so no
// exception of an object: the run stops, in good order, and can be resumed.
//
// The one thing that is thrown here, because the standard library throws it too, from anywhere.
#pragma once

#include <cerrno>
#include <cstdint>
#include <new>

#include "pipeline/result.h"

namespace ambit {

enum class Resource : std::uint8_t { none, memory, descriptors, processes };

class Exhausted final : public std::bad_alloc {
 public:
  explicit Exhausted(Resource of) : of_(of) {}
  [[nodiscard]] const char* what() const noexcept override { return "exhausted"; }
  [[nodiscard]] Resource of() const { return of_; }

 private:
  Resource of_;
};

// Throws where an errno says so.
inline void throw_where_exhausted(int error) {
  if (error == EMFILE || error == ENFILE) throw Exhausted(Resource::descriptors);
  if (error == ENOMEM) throw Exhausted(Resource::memory);
}

// What was thrown.
[[nodiscard]] inline Resource resource_of(const std::bad_alloc& thrown) {
  const auto* const exhausted = dynamic_cast<const Exhausted*>(&thrown);
  return exhausted == nullptr ? Resource::memory : exhausted->of();
}

[[nodiscard]] inline Error error_of(Resource gone) {
  if (gone == Resource::descriptors) {
    return {ErrorKind::io, "out of file descriptors", "", "raise the limit (ulimit -n), or give fewer --threads"};
  }
  if (gone == Resource::processes) {
    return {ErrorKind::io, "out of processes", "", "raise the limits (ulimit -u, ulimit -v), or give fewer --threads"};
  }
  return {ErrorKind::io, "out of memory", "", "give triage a smaller --memory, or fewer --threads"};
}

}  // namespace ambit
