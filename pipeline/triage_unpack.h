// Unpacking: an object taken apart by one worker, as far down as it goes; its parts are swept by all.
//
//   object -> parts -> small: in memory, in bundles, to whoever is free, who takes apart what is a container
//                   -> large: block by block, to whoever is free; a container is taken apart by this worker meanwhile
//
// A member or a message is an object of its own, in one family with its container. A view is one too, but only where it
// shows something that the raw bytes do not: an identifier more often than these have it.
//
// What others sweep is at most limits::kQueuedPartBytes ahead; beyond, this worker helps. The limits on what an object
// may expand to are reached at the same byte in every run (triage_expansion.h).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "pipeline/triage_bundles.h"
#include "pipeline/triage_parts.h"
#include "pipeline/triage_stream.h"
#include "pipeline/triage_sweep.h"

namespace ambit {

class Unpacking {
 public:
  // `depth`: containers around the object. All references outlive it.
  Unpacking(Sweep& sweep, const Engine& engine, Worker& worker, std::size_t depth)
      : sweep_(sweep), engine_(engine), worker_(worker), depth_(depth) {}
  // Of what is in a bundle: `expansion` is that of its turn.
  Unpacking(Sweep& sweep, const Engine& engine, Worker& worker, std::size_t depth, Expansion& expansion)
      : Unpacking(sweep, engine, worker, depth) {
    expansion_ = &expansion;
  }

  // The object's content is open; facts.format says as what it is taken apart. To be called when the object was swept
  // and before it is judged: raw hits in bytes that a part holds as they stand give way to those of the part.
  void run(Object& object, Facts& facts);
  // A part in memory: swept, taken apart and judged.
  void take_whole(Object object, const KindGuess& told);
  // At the end: what is left goes to whoever is free.
  void flush();

 private:
  // How many parts there were.
  std::uint64_t take_apart(const std::shared_ptr<const Container>& container, ByteStream& stream, Content* content,
                           const Object& object, Facts& facts, std::vector<Run>& stored);
  // Bytes of the part.
  std::uint64_t take_part(Unpacker& unpacker, const Part& part, const std::shared_ptr<const Container>& container,
                          std::uint64_t index, Object child, Facts& facts);
  std::uint64_t take_image(const Part& part, PartInPlace in_place, Object child, const KindGuess& guess);
  void take_small(const Part& part, Object child, std::vector<std::byte> bytes, Facts& facts);
  std::uint64_t take_large(Unpacker& unpacker, const Part& part, const std::shared_ptr<const Container>& container,
                           std::uint64_t index, Object child, std::vector<std::byte> first,
                           std::optional<HitCounts> shown);
  void view(Object child, bool retells, Facts& facts);
  void later(BundledPart part, std::uint64_t bytes);

  Sweep& sweep_;
  const Engine& engine_;
  Worker& worker_;
  std::size_t depth_;
  std::optional<Expansion> own_expansion_;  // of the outermost object, and …
  Expansion* expansion_ = nullptr;          // … what counts
  std::shared_ptr<Bundles> bundles_;        // of the outermost object; null in a bundle
  bool is_read_ahead_ = false;              // a large part around what is being taken apart
  HitCounts retold_;                        // what the last view and those that retell it show
  bool rows_show_all_ = false;              // of the database in hand: a view of it shows what its raw bytes do
  Bundle waiting_;                          // small parts, not yet given to anybody
  std::uint64_t waiting_bytes_ = 0;
};

}  // namespace ambit
