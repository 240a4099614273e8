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
#include <utility>

#include "pipeline/chunk.h"
#include "pipeline/facts.h"
#include "pipeline/object.h"
#include "pipeline/scope.h"
#include "pipeline/stats.h"

namespace ambit {

// What a stage may know of the object before its first chunk.
struct Head {
  std::uint64_t size = 0;   // bytes of the object
  std::uint64_t begin = 0;  // first byte of the part that is looked at (a span of a huge object), else 0
  std::uint64_t end = 0;    // one past the last byte of that part
  [[nodiscard]] bool whole() const { return begin == 0 && end == size; }
};

template <class S>
concept Stage = requires(const S& stage, typename S::State& state, const Head& head, const Chunk& chunk, Facts& facts) {
  { stage.make_state() } -> std::same_as<typename S::State>;  // once per worker
  stage.begin(state, head);                                   // once per object or span
  stage.look(state, chunk);                                   // every chunk, in order
  stage.finish(state, facts);                                 // results into the facts
};

// A stage with one worker's state of it, and what its time is charged to.
template <Stage S>
struct Looking {
  const S& stage;
  typename S::State& state;
  Work work;
};

// Shows the part of an object described by `head` to the stages, chunk by chunk, while each chunk is warm.
// `admit(chunk)` sees every chunk first; where it says false, the stages do not look at that chunk.
template <class Admit, Stage... S>
void scan(ChunkReader& reader, const Head& head, Facts& facts, Stopwatch& watch, Admit&& admit,
          const Looking<S>&... lookers) {
  (lookers.stage.begin(lookers.state, head), ...);
  std::uint64_t read_before = 0;
  while (watch.begin(Work::read), reader.next()) {
    const Chunk chunk = reader.chunk();
    watch.charge(Work::read, reader.bytes_read() - std::exchange(read_before, reader.bytes_read()));
    if (!admit(chunk)) continue;
    ((watch.begin(lookers.work), lookers.stage.look(lookers.state, chunk),
      watch.charge(lookers.work, chunk.body_bytes())),
     ...);
  }
  (lookers.stage.finish(lookers.state, facts), ...);
}

}  // namespace ambit
