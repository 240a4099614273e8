#include "pipeline/triage_bundles.h"

#include <utility>

#include "pipeline/limits_unpack.h"
#include "pipeline/triage_parts.h"
#include "pipeline/triage_sweep.h"
#include "pipeline/triage_unpack.h"

namespace ambit {

KindGuess guess_held(const Object& object) {
  const std::span<const std::byte> bytes = object.content->held().bytes;
  KindGuess guess = guess_object_kind(object, bytes);
  guess.format = format_of_held(guess, bytes);
  return guess;
}

// A worker that unpacks waits for nobody: where the queue is full, or nobody else is there, it sweeps by itself.
void Sweep::share_part(Worker& worker, std::uint64_t bytes, std::function<void(Worker&)> sweep) {
  worker.watch.charge(Work::unpack);
  const bool alone = !shares_parts();
  if (alone || queued_.fetch_add(bytes, std::memory_order_relaxed) + bytes > limits::kQueuedPartBytes) {
    if (!alone) queued_.fetch_sub(bytes, std::memory_order_relaxed);
    sweep(worker);
    return worker.watch.begin(Work::unpack);
  }
  auto waiting = std::make_shared<std::function<void(Worker&)>>(std::move(sweep));
  worker.portion->share();
  scheduler_.feed([this, waiting, bytes, portion = worker.portion](std::size_t) mutable -> Scheduler::Task {
    if (waiting == nullptr) return {};
    return [this, mine = std::exchange(waiting, nullptr), bytes, portion](std::size_t own) {
      queued_.fetch_sub(bytes, std::memory_order_relaxed);
      if (stopped()) return;
      const PortionScope scope(*this, *workers_[own], portion);
      (*mine)(*workers_[own]);
    };
  });
}

// A bundle that was not taken up by the time this worker helps is taken up by it, with those before it.
void Sweep::share_bundle(Worker& worker, std::uint64_t bytes, Bundle bundle, const std::shared_ptr<Bundles>& bundles) {
  if (!bundle.has_turn) {
    auto parts = std::make_shared<Bundle>(std::move(bundle));
    return share_part(worker, bytes, [this, parts](Worker& own) { sweep_bundle(own, *parts, nullptr); });
  }
  const std::uint64_t turn = bundles->add(std::move(bundle));
  share_part(worker, bytes, [this, bundles, turn, by = &worker](Worker& own) {
    do {
      std::optional<Bundle> next = bundles->take();
      if (!next) return;
      Expansion expansion(bundles->turns(), next->turn);
      sweep_bundle(own, *next, &expansion);
    } while (&own == by && bundles->is_waiting(turn));
  });
}

void Sweep::sweep_bundle(Worker& worker, Bundle& bundle, Expansion* expansion) {
  for (BundledPart& part : bundle.parts) {
    if (stopped()) return;
    worker.watch.begin(Work::unpack);
    const KindGuess told = part.told ? *part.told : guess_held(part.object);
    worker.watch.charge(Work::unpack);
    const bool counts = part.counts && expansion != nullptr;  // in a bundle without a turn none does
    if (!counts || !expands(told.format, part.object.content->held().bytes)) {
      sweep_object(worker, std::move(part.object), Covers::nothing, told);
      continue;
    }
    worker.watch.begin(Work::unpack);
    Unpacking unpacking(*this, engine_, worker, part.depth, *expansion);
    unpacking.take_whole(std::move(part.object), told);
    unpacking.flush();
    worker.watch.charge(Work::unpack);
  }
}

}  // namespace ambit
