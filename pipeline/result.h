// Result<T>: the one way in which something that can fail says so.
//
// Nothing of ours throws across a file boundary. A function that can fail for a reason outside the program
// (the operator's order, the operating system, the evidence) returns Result<T>; the caller must look at it.
// An Error's text is for the operator and may be logged: it never holds evidence bytes nor a locator of an
// object. Name the exhibit, the order file or the run directory instead, all of which the operator typed.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace ambit {

// What went wrong, as far as the caller must act differently on it.
enum class ErrorKind {
  usage,     // the command line
  order,     // the order file
  key,       // the case key or an age recipient
  io,        // the operating system refused: path, permission, device
  space,     // no room left where the run directory is written
  evidence,  // bytes of an exhibit are not what their format says
  crashed,   // … and a decoder died over them, in its sandbox
  timeout,   // … or took longer than limits.h allows
  tampered,  // a run directory does not verify
  stopped,   // the operator asked to stop
};

struct Error {
  ErrorKind kind = ErrorKind::io;
  std::string what;    // one sentence, ends without a full stop
  std::string where;   // order file with line, exhibit name, run directory; may be empty
  std::string remedy;  // what the operator can do; may be empty
};

struct Ok {};

template <class T = Ok>
class [[nodiscard]] Result {
 public:
  Result() requires std::is_same_v<T, Ok> : state_(Ok{}) {}
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const& {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] Error&& error() && {
    assert(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

}  // namespace ambit
