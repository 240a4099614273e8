// Stage: what happens to the bytes of an object. READ THIS FIRST.
//
// The flow. An exhibit is opened (stages/open) and walked (stages/walk): out come objects. Each object is owned by
// one worker from its first chunk to its facts. The worker reads chunks (chunk.h) and shows each, while it is warm,
// to every stage of the sweep (hash, match); what the stages learn stands in the object's Facts (facts.h). The
// decision (stages/decide) is a pure function of Facts and Scope. What it catches gets a second look
// (stages/scrutinise) and is decided again; everything ends in the account and in the run directory
// (stages/record). The list of stages is in triage.cc and nowhere else.
//
// Threads. A stage is const and shared; what changes while it looks is its State, which belongs to one worker. A
// stage that needs a lock is not a stage. Only scheduler.cc knows threads.
//
// Damage. Bytes that cannot be read arrive as zeros and stand in Facts::exceptions; a stage never fails because of
// evidence, it notes an exception and goes on. A Result that carries an Error is for the operator.
//
// Privacy. A stage writes ids, offsets and lengths into Facts, never bytes. It does not log and does not print.
//
// How to add one: write stages/x/x.h with a class that satisfies Stage, give its results a typed field in Facts,
// add one line in triage.cc, one bench, one folder of tests. It may include its own folder, std, and from
// pipeline/ this file and what stands below it in the list of tests/laws.
#pragma once

#include <concepts>
#include <cstdint>

#include "pipeline/chunk.h"
#include "pipeline/facts.h"
#include "pipeline/object.h"
#include "pipeline/scope.h"

namespace ambit {

// What a stage may know of the object before its first chunk.
struct Head {
  std::uint64_t size = 0;   // bytes of the object
  std::uint64_t begin = 0;  // first byte of the part that is looked at (a span of a huge object), else 0
  std::uint64_t end = 0;    // one past the last byte of that part
  bool whole() const { return begin == 0 && end == size; }
};

template <class S>
concept Stage = requires(const S& stage, typename S::State& state, const Head& head, const Chunk& chunk, Facts& facts) {
  { stage.make_state() } -> std::same_as<typename S::State>;  // once per worker
  stage.begin(state, head);                                   // once per object or span
  stage.look(state, chunk);                                   // every chunk, in order
  stage.finish(state, facts);                                 // results into the facts
};

// Shows the part of an object described by `head` to the stages, chunk by chunk.
template <Stage... S>
void scan(ChunkReader& reader, const Head& head, Facts& facts, std::pair<const S&, typename S::State&>... stages) {
  (stages.first.begin(stages.second, head), ...);
  while (reader.next()) {
    const Chunk chunk = reader.chunk();
    (stages.first.look(stages.second, chunk), ...);
  }
  (stages.first.finish(stages.second, facts), ...);
}

}  // namespace ambit
