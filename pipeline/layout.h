// Layout: who owns which bytes of an image.
//
// A walk says in any order which places its objects claim, and which areas are the books of a volume system or a file
// system. A layout sorts the claims by place and hands them out as *stripes*: pieces of limits::kSpanBytes on a fixed
// grid, each divided without a gap into parcels that have the same owners. So coverage is by construction: every byte
// of the image is in exactly one parcel of exactly one stripe, and what nobody claims is residue.
//
// Claims may overlap: files share blocks (reflinks), a damaged file system says nonsense. All owners of a byte get
// it; only one parcel counts it.
//
// Memory is bounded: claims are sorted by a SealedSort, which spills encrypted. The description of an object travels
// with the first of its claims by place, so that nothing has to hold all objects at once.
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/facts.h"
#include "pipeline/object.h"
#include "pipeline/result.h"
#include "pipeline/sealed_sort.h"

namespace ambit {

// Ordinal of an object in its layout, in the order of add().
using ObjectId = std::uint64_t;

// An object owns a parcel: the parcel's first byte is the object's byte `start`.
struct Owner {
  ObjectId object = 0;
  std::uint64_t start = 0;
  std::uint64_t run_end = 0;  // place at which the run ends that this parcel is a part of
};

struct Parcel {
  std::uint64_t begin = 0, end = 0;  // places in the image
  std::uint32_t first_owner = 0;     // index into Stripe::owners …
  std::uint32_t owners = 0;          // … and how many; 0: residue
  Kind kind = Kind::residue;         // of residue
  std::uint32_t home = 0;            // of residue: the volume that it lies in, as in Layout::add_home
  bool from_before = false;          // the same residue goes on from the stripe before …
  bool goes_on = false;              // … and into the next one
};

struct Stripe {
  std::uint64_t begin = 0, end = 0;
  std::vector<Parcel> parcels;  // from begin to end, without a gap
  std::vector<Owner> owners;
  // Objects of which the first claim lies here, with their packed descriptions (unpack_object).
  std::vector<std::pair<ObjectId, std::string>> introduced;
  // Claims of objects on bytes that too many others claim as well: they do not get them.
  struct Refusal {
    ObjectId object = 0;
    std::uint64_t start = 0, length = 0;  // bytes of the object
  };
  std::vector<Refusal> refused;
  std::uint64_t residue_begin = 0;  // where the residue begins that goes on from the stripe before
};

// An object with its runs (places of the image), packed into a string and unpacked again. Its content is not kept.
[[nodiscard]] std::string pack_object(const Object& object);
[[nodiscard]] Object unpack_object(std::string_view packed);

class Layout {
 public:
  // `folder`, `memory`: of the sort. `bytes`: of the image. `kind`: what the bytes are that nothing claims.
  Layout(std::string folder, std::size_t memory, std::uint64_t bytes, Kind kind);

  // Residue in places that this home claims belongs to the volume with these locator steps. Home 0 is the image.
  [[nodiscard]] std::uint32_t add_home(std::vector<Step> steps);
  [[nodiscard]] const std::vector<Step>& home(std::uint32_t number) const { return homes_[number]; }

  // Claims the object's runs. Runs that leave the image are the walk's mistake: they are cut. Error: space, io.
  [[nodiscard]] Result<> add(const Object& object, std::uint64_t slack, std::uint32_t home);
  // Claims bytes for what is no object. Where areas overlap the one of the least kind counts, and any object counts
  // more than any area. `Kind::unallocated` and `Kind::residue` give way to every other.
  [[nodiscard]] Result<> add_area(Kind kind, std::uint32_t home, std::uint64_t offset, std::uint64_t length);
  [[nodiscard]] std::uint64_t objects() const { return next_object_; }

  // Ends the adding; then stripes, front to back. Nothing at the end.
  [[nodiscard]] Result<> finish();
  [[nodiscard]] Result<std::optional<Stripe>> next();

 private:
  struct Claim {
    std::uint64_t place = 0, end = 0;
    bool is_object = false;
    Kind kind = Kind::residue;
    std::uint32_t home = 0;
    ObjectId object = 0;
    std::uint64_t start = 0;  // object byte at `place`
    std::uint64_t slack = 0;
  };
  [[nodiscard]] Result<> put(const Claim& claim, std::string_view description);
  [[nodiscard]] Result<bool> load_next();
  [[nodiscard]] Result<> take_claims_at(std::uint64_t place, Stripe& stripe);
  void drop_claims_before(std::uint64_t place);
  [[nodiscard]] std::uint64_t next_border(std::uint64_t after) const;
  void append_parcel(Stripe& stripe, std::uint64_t begin, std::uint64_t end);

  SealedSort sort_;
  std::uint64_t bytes_;
  Kind kind_;
  std::vector<std::vector<Step>> homes_{{}};
  ObjectId next_object_ = 0;
  std::uint64_t next_claim_ = 0;

  std::unique_ptr<SealedSort::Cursor> cursor_;
  std::optional<Claim> coming_;  // the next claim of the sort
  std::string coming_description_;
  std::multimap<std::uint64_t, Claim> slack_;  // by place: slack of runs that have begun
  std::vector<Claim> active_;                  // claims that hold the byte `at_`
  std::uint64_t at_ = 0;                       // everything before it was handed out
  std::optional<Parcel> last_;                 // of the last stripe
  std::uint64_t residue_begin_ = 0;            // of the residue that `last_` is a part of
  std::optional<Stripe> early_;                // what begins at `at_` and was read to see how the last stripe ends
};

}  // namespace ambit
