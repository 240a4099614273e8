// Portion: what of the sweep becomes durable as a whole, and is swept again as a whole where a crash came between.
//
//   a folder    each object, with all that is taken out of it
//   an image    what its walk says; each object that is read through its content; each stripe, with the objects that
//               lie in it whole; each object, and each piece of residue and what is packed in it, that several stripes
//               brought together
//
// An image that is a file of another is an image of its own, with its own portions, where it is larger than a stripe;
// else it belongs to the portion that it was found in.
//
// A worker always works on one portion, in a scope; work on it that is left to others is announced before (share), and
// done in scopes of theirs. Whoever leaves the last scope ends the portion, unless one of them was left by an
// exception.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>

#include "pipeline/triage_engine.h"

namespace ambit {

class Sweep;

enum class PortionKind : std::uint8_t { object, walk, stripe, shared_object, residue, carved };

struct PortionName {
  std::string root;  // sort key of the image's locator, of the exhibit for a folder
  PortionKind kind = PortionKind::object;
  // object: in the order of the walk; stripe: from 0; shared object: its id; residue and what is carved: its place
  std::uint64_t number = 0;
  std::uint32_t check = 0;   // object: of its locator, never 0
  bool opens_image = false;  // an image was found in it that has its own portions
};

[[nodiscard]] std::string pack(const PortionName& name);
[[nodiscard]] PortionName unpack_portion_name(std::string_view packed);

// The 32 bits by which a resumed run sees that an object is the one that it was. Never 0.
[[nodiscard]] std::uint32_t check_of(const Locator& locator);

class SweptPortion {
 public:
  SweptPortion(const Engine& engine, PortionName name)
      : recorded_(engine.writer->next_portion()), name_(std::move(name)) {}

  [[nodiscard]] record::Portion& recorded() { return recorded_; }
  // One more scope will be entered.
  void share() { scopes_.fetch_add(1, std::memory_order_relaxed); }
  void opens_image() { opens_image_.store(true, std::memory_order_relaxed); }

 private:
  friend class PortionScope;
  record::Portion recorded_;
  PortionName name_;
  std::atomic<bool> opens_image_{false};
  std::atomic<bool> is_cut_off_{false};   // somebody threw in the midst of it
  std::atomic<std::uint64_t> scopes_{1};  // to be entered or left
};

class PortionScope {
 public:
  // The first one of a portion, or one that was announced by share(). All references outlive it.
  PortionScope(Sweep& sweep, Worker& worker, std::shared_ptr<SweptPortion> portion);
  ~PortionScope();
  PortionScope(const PortionScope&) = delete;
  PortionScope& operator=(const PortionScope&) = delete;

 private:
  void put_down();
  Sweep& sweep_;
  Worker& worker_;
  std::shared_ptr<SweptPortion> portion_, outer_;
  const int thrown_ = std::uncaught_exceptions();
};

}  // namespace ambit
