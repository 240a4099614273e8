#include "pipeline/account.h"

#include <utility>

#include "pipeline/varint.h"

namespace ambit {

Account::Exhibit& Account::Exhibit::operator+=(const Exhibit& other) {
  walked_objects += other.walked_objects;
  walked_bytes += other.walked_bytes;
  judged_objects += other.judged_objects;
  judged_bytes += other.judged_bytes;
  owed_bytes += other.owed_bytes;
  coverage += other.coverage;
  return *this;
}

void Account::add(const Account& other) {
  for (std::size_t i = 0; i < exhibits_.size(); ++i) exhibits_[i] += other.exhibits_[i];
}

bool Account::hand_over(Account& total, std::string& out) {
  bool counted = false;
  for (std::size_t i = 0; i < exhibits_.size(); ++i) {
    Exhibit& e = exhibits_[i];
    if (e.walked_objects + e.judged_objects + e.owed_bytes + e.coverage.total() == 0) continue;
    for (const std::uint64_t number :
         {std::uint64_t{i}, e.walked_objects, e.walked_bytes, e.judged_objects, e.judged_bytes, e.owed_bytes,
          e.coverage.swept, e.coverage.zero, e.coverage.unreadable}) {
      append_varint(out, number);
    }
    total.exhibits_[i] += std::exchange(e, {});
    counted = true;
  }
  return counted;
}

void Account::add_packed(std::string_view packed) {
  while (!packed.empty()) {
    Exhibit& sum = exhibits_.at(take_varint(packed));
    Exhibit e;
    for (std::uint64_t* number : {&e.walked_objects, &e.walked_bytes, &e.judged_objects, &e.judged_bytes, &e.owed_bytes,
                                  &e.coverage.swept, &e.coverage.zero, &e.coverage.unreadable}) {
      *number = take_varint(packed);
    }
    sum += e;
  }
}

Result<> Account::check(const std::vector<std::uint64_t>& image_bytes) const {
  for (std::size_t i = 0; i < exhibits_.size(); ++i) {
    const Exhibit& e = exhibits_[i];
    std::string wrong;
    if (e.walked_objects != e.judged_objects) wrong = "objects walked and judged differ";
    if (e.walked_bytes != e.judged_bytes) wrong = "bytes walked and judged differ";
    if (e.coverage.total() != e.owed_bytes) wrong = "bytes covered are not the exhibit's bytes";
    if (image_bytes[i] != 0 && e.owed_bytes != image_bytes[i]) wrong = "bytes to cover are not the exhibit's size";
    if (wrong.empty()) continue;
    return Error{ErrorKind::evidence, "the account of exhibit " + std::to_string(i + 1) + " does not close: " + wrong,
                 "walked " + std::to_string(e.walked_objects) + " objects, " + std::to_string(e.walked_bytes) +
                     " bytes; judged " + std::to_string(e.judged_objects) + ", " + std::to_string(e.judged_bytes) +
                     "; to cover " + std::to_string(e.owed_bytes) + ", covered " + std::to_string(e.coverage.total()),
                 "this is a defect of the program; please report it with the numbers above"};
  }
  return {};
}

}  // namespace ambit
