#include "pipeline/triage_portion.h"

#include <utility>

#include "pipeline/exhausted.h"
#include "pipeline/triage_done.h"
#include "pipeline/triage_sweep.h"
#include "pipeline/varint.h"

namespace ambit {

std::string pack(const PortionName& name) {
  std::string out;
  append_varint(out, name.root.size());
  out.append(name.root);
  append_varint(out, static_cast<std::uint64_t>(name.kind));
  append_varint(out, name.number);
  append_varint(out, name.check);
  append_varint(out, name.opens_image ? 1 : 0);
  return out;
}

PortionName unpack_portion_name(std::string_view packed) {
  PortionName name;
  const std::uint64_t bytes = take_varint(packed);
  name.root = take_bytes(packed, bytes);
  name.kind = static_cast<PortionKind>(take_varint(packed));
  name.number = take_varint(packed);
  name.check = static_cast<std::uint32_t>(take_varint(packed));
  name.opens_image = take_varint(packed) != 0;
  return name;
}

// FNV-1a, folded.
std::uint32_t check_of(const Locator& locator) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : locator.sort_key()) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  const auto folded = static_cast<std::uint32_t>(hash ^ hash >> 32);
  return folded == 0 ? 1 : folded;
}

PortionScope::PortionScope(Sweep& sweep, Worker& worker, std::shared_ptr<SweptPortion> portion)
    : sweep_(sweep), worker_(worker), portion_(std::move(portion)) {
  put_down();
  outer_ = std::exchange(worker.portion, portion_);
}

PortionScope::~PortionScope() {
  if (std::uncaught_exceptions() > thrown_) portion_->is_cut_off_.store(true);
  const auto surely = [&](auto&& step) {
    try {
      step();
    } catch (const std::bad_alloc& gone) {
      portion_->is_cut_off_.store(true);
      sweep_.run_out(resource_of(gone));
    }
  };
  surely([&] { put_down(); });
  worker_.portion = outer_;
  if (portion_->scopes_.fetch_sub(1, std::memory_order_acq_rel) > 1 || sweep_.stopped()) return;
  if (portion_->is_cut_off_.load()) return;
  portion_->name_.opens_image = portion_->opens_image_.load();
  surely([&] { sweep_.check(sweep_.writer().end(worker_.record, portion_->recorded_, pack(portion_->name_))); });
}

// What the worker has counted for the portion that it turns away from.
void PortionScope::put_down() {
  if (worker_.portion == nullptr) return;
  record::Portion& portion = worker_.portion->recorded_;
  std::string counted(1, static_cast<char>(NoteKind::account));
  if (worker_.account.hand_over(worker_.accounted, counted)) {
    sweep_.check(sweep_.writer().note(worker_.record, portion, counted));
  }
  sweep_.check(sweep_.writer().leave(worker_.record, portion));
}

}  // namespace ambit
