// scrutinise: the second look at an object that the sweep caught. Bytes -> findings and records.
//
// Runs beside SHA-256 in the second read. It asks two things: what private data stands where, and what is the
// record (row, object, line or window) around each hit. What a hit of the case covers is not a third party's: the
// accused's own address, named in the order, is why the object was caught. What a hit covers only in part stays a
// finding, for "kim@example.com" in the order says nothing about "jo.kim@example.com". Nor is a value a third party's
// that equals one of the order, however either is written: own_values.h.
//
// Exactness: a verdict looks at a fixed number of bytes around its core and at nothing else, a finding belongs to the
// chunk in whose body its last letter lies, and chunks carry DetectorSet::context_bytes() of lead and tail. So
// findings and records are the same for any size of chunk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/stage.h"
#include "stages/scrutinise/detect.h"
#include "stages/scrutinise/detector_set.h"
#include "stages/scrutinise/own_values.h"
#include "stages/scrutinise/records.h"

namespace ambit {

class Scrutinise {
 public:
  // Both must outlive it. Detectors that the order loosened are left out of all it finds.
  Scrutinise(const DetectorSet& detectors, const Scope& scope);

  struct State {
    State(const DetectorSet& detectors, const scrutiny::OwnValues& own) : scan(detectors, &own) {}
    scrutiny::WindowScan scan;
    scrutiny::Records records;
    std::vector<Hit> hits;             // of the case, in raw bytes; by start
    std::vector<std::uint64_t> reach;  // reach[i]: the farthest end among hits[0..i]
    std::vector<Finding> findings;
    bool too_many = false;
    std::uint32_t left = 0;  // findings that count as private, until there are enough
    Kind kind = Kind::unknown;
    bool is_text = false;
    bool holds_rows = false;  // a database: around its raw hits are rows of others
  };

  [[nodiscard]] State make_state() const { return State(detectors_, own_); }
  // Before begin(): takes over hits, kind, is_text and format from the sweep's facts.
  void prepare(State& state, const Facts& facts) const;
  // Whole objects only: a record may begin anywhere.
  void begin(State& state, const Head& head) const;
  void look(State& state, const Chunk& chunk) const;
  // Writes findings, scrutinised, the exception findings_limit; and records with those of them that are undelimited,
  // where a rule of the order asks for them.
  void finish(State& state, Facts& facts) const;

  // Writes private_names: the parts of the names in the locator that hold a third party's private data; likewise
  // private_links and examined_links of the other paths.
  void look_at_names(State& state, const Locator& locator, std::span<const std::string> links, Facts& facts) const;

  // What the detectors see in a window of an object, after prepare() with the hits in it. `window` begins at the
  // object's `offset`; only what ends in [begin, end) counts. Calls take(finding).
  template <class Take>
  void look_at(State& state, std::span<const std::byte> window, std::uint64_t offset, std::uint64_t begin,
               std::uint64_t end, Take&& take) const {
    for (const scrutiny::Found& found : state.scan.scan(window, offset)) {
      if (found.last >= begin && found.last < end && is_private(state, window, offset, found)) take(found.finding);
    }
  }

  // What the detectors see in a small block; sorted. Needs no prepare().
  [[nodiscard]] std::vector<Finding> detect_block(State& state, std::span<const std::byte> block) const;

 private:
  [[nodiscard]] bool is_private(const State& state, std::span<const std::byte> window, std::uint64_t offset,
                                const scrutiny::Found& found) const;
  [[nodiscard]] bool is_covered(const State& state, const scrutiny::Found& found) const;
  [[nodiscard]] bool is_own(std::span<const std::byte> window, std::uint64_t offset,
                            const scrutiny::Found& found) const;
  [[nodiscard]] bool is_private_name(State& state, std::string_view component) const;
  [[nodiscard]] std::vector<std::uint32_t> private_components(State& state, std::string_view name) const;

  const DetectorSet& detectors_;
  std::vector<char> loosened_;  // by DetectorId
  bool draws_records_ = false;  // some rule reaches records only
  Grade least_;                 // from which a finding in a name is private
  scrutiny::OwnValues own_;
};

}  // namespace ambit
