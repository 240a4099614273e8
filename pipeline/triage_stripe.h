// One stripe of an image, swept by one worker: bytes to hits by place, hits to their owners.
//
// A stripe reads on for as many bytes as the widest pattern, and keeps what starts in it; the next stripe leaves out
// what starts before it. So stripes are independent: no result depends on which is swept first, and none waits.
#pragma once

#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "pipeline/triage_image.h"

namespace ambit {

class StripeSweep {
 public:
  StripeSweep(ImageSweep& image, Worker& worker, Stripe& stripe);
  void run();

 private:
  void read();
  void read_on();
  void leave_out_foreign_hits();
  void find_limit();
  void note_first_bytes(std::uint64_t from, std::span<const std::byte> bytes);
  void note_starts(const Chunk& chunk);
  void read_first_bytes();
  void give_to_owners(const Parcel& parcel);
  void give_to_residue(const Parcel& parcel);
  void add_letters(const Parcel& parcel, std::vector<std::uint64_t>& starts) const;
  void deliver();
  [[nodiscard]] std::span<const Hit> hits_in(const Parcel& parcel) const;
  void note_beginning(const Owner& owner, std::span<const std::byte> bytes);
  [[nodiscard]] std::span<const Owner> owners_of(const Parcel& parcel) const;

  ImageSweep& image_;
  Worker& worker_;
  Stripe& stripe_;
  std::unique_ptr<Content> content_;  // the whole image
  std::vector<std::uint64_t> borders_;
  std::unordered_map<ObjectId, ObjectPart> parts_;
  std::vector<Hit> hits_;  // those that start in the stripe; by place
  std::vector<Exception> exceptions_;
  std::uint64_t limit_at_ = UINT64_MAX;  // hits behind this place may be missing
  std::map<std::pair<Kind, std::uint32_t>, std::uint64_t>
      small_;                          // bytes of small residue without a hit, by kind, home
  std::size_t next_parcel_ = 0;        // whose first bytes are noted next
  std::vector<std::uint64_t> starts_;  // in residue: where something packed may begin; by place
  std::size_t starts_parcel_ = 0;      // in which more are looked for next
};

}  // namespace ambit
