// Account: the fate of every byte and every object.
//
// Two sides are counted independently: what the walk offered and what was judged. A run may only close when they
// agree, exhibit by exhibit, and when the coverage sums to the size: of an image, or of all files of a folder. The
// objects of an image need not sum to it (files have holes, share blocks, are decoded), its coverage does. One Account
// per worker; they are added up at the end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/facts.h"
#include "pipeline/result.h"

namespace ambit {

class Account {
 public:
  struct Exhibit {
    std::uint64_t walked_objects = 0, walked_bytes = 0;
    std::uint64_t judged_objects = 0, judged_bytes = 0;
    std::uint64_t owed_bytes =
        0;  // that must be covered: the files of a folder, an image from its first byte to its last
    Coverage coverage;
    Exhibit& operator+=(const Exhibit& other);
  };

  explicit Account(std::size_t exhibits) : exhibits_(exhibits) {}

  void walked(std::uint32_t exhibit, std::uint64_t bytes) {
    ++exhibits_[exhibit].walked_objects;
    exhibits_[exhibit].walked_bytes += bytes;
  }
  void judged(std::uint32_t exhibit, std::uint64_t bytes) {
    ++exhibits_[exhibit].judged_objects;
    exhibits_[exhibit].judged_bytes += bytes;
  }
  void owe(std::uint32_t exhibit, std::uint64_t bytes) { exhibits_[exhibit].owed_bytes += bytes; }
  void cover(std::uint32_t exhibit, const Coverage& coverage) { exhibits_[exhibit].coverage += coverage; }
  void add(const Account& other);
  // Moves what was counted into `total`, and its bytes, for add_packed(), to `out`. False where nothing was counted.
  [[nodiscard]] bool hand_over(Account& total, std::string& out);
  void add_packed(std::string_view packed);

  [[nodiscard]] const std::vector<Exhibit>& exhibits() const { return exhibits_; }

  // `image_bytes`: the size of each exhibit that is an image, 0 for folders. An Error here is our own bug, and the
  // run must not be written.
  [[nodiscard]] Result<> check(const std::vector<std::uint64_t>& image_bytes) const;

 private:
  std::vector<Exhibit> exhibits_;
};

}  // namespace ambit
