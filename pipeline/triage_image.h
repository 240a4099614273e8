// The sweep of an image: walked once for its books, then read once from its first byte to its last.
//
//   walk      who claims which places            -> Layout
//   stripes   64 MiB each, by several workers    -> hits by place -> by owner -> objects   (triage_stripe.h)
//
// Raw and logical search in one read. A stripe is matched in physical order, with the physical bytes around it: so a
// string that runs from a file into its slack, or into the next file, is found. A hit belongs to the object in which
// it starts; one that leaves it is marked as crossing. What lies in one piece on the disk needs nothing more. At each
// seam between two fragments of a file the few bytes around it are matched again in logical order. Whether a word
// stands alone is asked of the bytes within the object too, not only of its accidental neighbours on the disk.
//
// An object that lies in one stripe is judged by the worker that swept it. The parts of the others meet in a table;
// whoever brings the last part judges the object.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/layout.h"
#include "pipeline/read_counter.h"
#include "pipeline/residue.h"
#include "pipeline/run_content.h"
#include "pipeline/triage_sweep.h"
#include "pipeline/volume_sets.h"
#include "stages/unpack/kind/kind.h"
#include "stages/walk/image_walk.h"

namespace ambit {

// What is known of an object, of one stripe or of all so far.
struct ObjectPart {
  std::optional<Object> object;  // from the stripe in which its first claim lies
  std::uint64_t bytes = 0;       // of its runs, seen so far
  std::vector<Hit> hits;
  std::vector<Exception> exceptions;
  std::optional<KindGuess> kind;
  std::vector<std::byte> first;  // its first bytes, where they were seen without its name
  [[nodiscard]] bool is_whole() const;
  void add(ObjectPart other);
};

// Where the bytes of an image come from.
struct ImageOrigin {
  Covers covers = Covers::own_bytes;  // nothing: an image that is a file, or a device seen in another image
  bool counted_elsewhere = false;     // by the census: its bytes stand, readable, in what holds it
  ReadCounter* counter = nullptr;     // of an exhibit
  // What the bytes are read through, kept as long as the sweep.
  std::shared_ptr<const ByteSource> bytes;
  std::shared_ptr<const void> container;
};

class ImageSweep final : public walk::ImageSink {
 public:
  // `outer`: the portion that the image belongs to, in which one scope was announced; null where it has its own.
  // `folder`, `memory`: for the sort of the claims. All references outlive the sweep.
  ImageSweep(Sweep& sweep, const Engine& engine, Scheduler& scheduler, std::unique_ptr<walk::ImageWalk> walk,
             ImageOrigin origin, std::shared_ptr<SweptPortion> outer, std::string folder, std::size_t memory);
  ~ImageSweep() override;

  // Walks the image, then feeds its stripes to the scheduler. `self` keeps the sweep alive until the last is swept.
  void run(Worker& worker, const std::shared_ptr<ImageSweep>& self);
  // The same, but the worker sweeps all stripes itself, and is through then. The image belongs to another's portion.
  void run_alone(Worker& worker, const std::shared_ptr<ImageSweep>& self);

 private:
  friend class StripeSweep;

  std::uint32_t home(std::vector<Step> steps) override;
  bool object(Object&& object, std::uint64_t slack, std::uint32_t home) override;
  bool area(Kind kind, std::uint32_t home, std::uint64_t offset, std::uint64_t length) override;

  // Walks, and lays out what it finds. False: the run is being ended.
  [[nodiscard]] bool lay_out(Worker& worker, const std::shared_ptr<ImageSweep>& self);
  [[nodiscard]] Scheduler::Task next_stripe(const std::shared_ptr<ImageSweep>& self, std::size_t index);
  void sweep_stripe(Worker& worker, Stripe& stripe);
  // What earlier processes found of objects and residue of which other stripes were not swept.
  void take_up_parts(Worker& worker);
  // Of a stripe that was swept by an earlier process: only the objects that are still open.
  void take_up_stripe(Worker& worker, Stripe& stripe);
  // An object that an earlier process judged; perhaps not the image in it.
  void pass_by(ObjectId id, Object object);
  // A new portion of this image; or the one that the whole image belongs to, with a scope announced in it.
  [[nodiscard]] std::shared_ptr<SweptPortion> portion(PortionKind kind, std::uint64_t number, std::uint32_t check = 0);
  void sweep_contents();
  void deposit(Worker& worker, ObjectId id, ObjectPart part);
  void finish(Worker& worker, ObjectPart part);
  void finish_shared(Worker& worker, ObjectId id, ObjectPart part);
  void match_seams(Worker& worker, const Object& object, Facts& facts);
  void end_residue(Worker& worker, const Parcel& parcel, std::uint64_t run_begin, ResidueRun::Span span);
  void judge_residue(Worker& worker, std::uint32_t home, ResidueRun::Piece& piece);
  // Of a run over several stripes; in portions of their own.
  void judge_shared_residue(Worker& worker, std::uint32_t home, std::uint64_t run_begin, Kind kind,
                            ResidueRun::Span span);
  // What is packed in a run of residue of which all is swept. `starts`: where it may begin.
  void carve_residue(Worker& worker, std::uint32_t home, const Run& run, std::vector<std::uint64_t> starts,
                     bool is_shared);
  void judge_carved(Worker& worker, std::uint32_t home, const Run& place, const KindGuess& guess);
  [[nodiscard]] Object residue_object(std::uint32_t home, Step step) const;
  [[nodiscard]] std::unique_ptr<Content> content(std::vector<Run> runs, ContentInfo info) const;
  [[nodiscard]] Error changed() const;
  // True where the bytes are an exhibit's, seen another way: they are counted there.
  [[nodiscard]] bool is_derived() const { return origin_.covers == Covers::nothing; }

  Sweep& sweep_;
  const Engine& engine_;
  Scheduler& scheduler_;
  const ImageOrigin origin_;  // before walk_: what the walk reads outlives it
  std::unique_ptr<walk::ImageWalk> walk_;
  std::weak_ptr<ImageSweep> self_;
  VolumeSets sets_;           // const once the stripes have begun
  Layout layout_;             // the walk's worker, then whoever pulls a stripe: one at a time
  std::vector<Run> mapped_;   // by place
  Worker* walker_ = nullptr;  // during the walk
  // Objects that are read through their content, with their numbers, until they are enough.
  std::vector<std::pair<std::uint64_t, Object>> contents_;
  std::uint64_t next_number_ = 0;  // of objects that have no place in the image
  const std::shared_ptr<SweptPortion> outer_;
  const std::string root_;      // of its portions
  Done::Root done_;             // const once the stripes have begun
  bool stripes_ended_ = false;  // touched by whoever pulls a stripe

  std::mutex mutex_;  // guards the tables
  std::unordered_map<ObjectId, ObjectPart> open_;
  std::unordered_map<std::uint64_t, ResidueRun> residue_;  // by begin; runs of residue over several stripes
};

}  // namespace ambit
