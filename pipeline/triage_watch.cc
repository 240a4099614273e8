#include "pipeline/triage_watch.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <fstream>
#include <utility>

#include "pipeline/limits.h"
#include "pipeline/read_counter.h"
#include "pipeline/triage_setup.h"
#include "stages/record/pseudonym.h"

namespace ambit {
namespace {

constexpr double kSecondsBetweenStatus = 1;

std::uint64_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::uint64_t pages = 0, resident = 0;
  in >> pages >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t free_bytes(const std::string& directory) {
  struct statvfs disk {};
  return ::statvfs(directory.c_str(), &disk) == 0 ? std::uint64_t{disk.f_bavail} * disk.f_frsize : 0;
}

// Processor time of all threads but this one, in tenths of a second.
std::uint64_t busy_tenths() {
  timespec all{}, own{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &all);
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own);
  const auto ns = [](const timespec& t) { return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; };
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, ns(all) - ns(own)) / 100'000'000);
}

std::string seconds_text(double seconds) { return std::to_string(static_cast<std::uint64_t>(seconds)) + " seconds"; }

}  // namespace

Watch::Watch(const Subject& subject) : subject_(subject), status_(subject.options.out + "/work") {
  status_.write(progress());
  ticker_.emplace([this] { look(); });
}

Watch::~Watch() {
  if (!ticker_) return;
  ticker_.reset();
  try {
    Progress last = progress();
    if (subject_.sweep.stopped()) last.phase = "stopped";
    status_.write(last);
  } catch (const std::exception&) {}  // then the status is that of the last look
}

void Watch::sweep_ended() { recording_.store(true); }

void Watch::end() {
  ticker_.reset();
  status_.remove();
}

Progress Watch::progress() {
  Progress out;
  const Counters& counters = subject_.counters;
  bool total_known = true;
  for (std::size_t i = 0; i < subject_.engine.exhibits.size(); ++i) {
    const Exhibit& exhibit = *subject_.engine.exhibits[i];
    const bool is_folder = exhibit.kind() == ExhibitKind::folder;
    out.exhibits.push_back({counters.exhibit_bytes[i].load(), is_folder ? 0 : exhibit.size()});
    out.bytes_done += out.exhibits.back().done;
    out.bytes_total += out.exhibits.back().total;
    total_known = total_known && !is_folder;
  }
  if (!total_known) out.bytes_total = 0;
  out.objects = counters.objects.load();
  out.hits = counters.hits.load();
  out.released = counters.released.load();
  out.exceptions = counters.exceptions.load();
  out.settled = counters.settled.load();
  for (std::size_t i = 0; i < kExceptionReasons; ++i) {
    out.exceptions_by_reason[i] = counters.exceptions_by_reason[i].load();
  }
  out.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  speed_.add(out.seconds, out.bytes_done);
  out.bytes_per_second = speed_.now();
  out.mean_bytes_per_second = speed_.mean();
  std::vector<const Stopwatch*> watches;
  for (const auto& worker : subject_.workers) watches.push_back(&worker->watch);
  out.work = total_work(watches);
  out.bottleneck = bottleneck(out.work);
  out.phase = recording_.load() ? "record" : "sweep";
  out.workers = subject_.workers.size();
  out.memory_bytes = resident_bytes();
  out.memory_budget = memory_budget(subject_.options);
  out.disk_free_bytes = free_bytes(subject_.options.out);
  out.still_seconds = std::chrono::duration<double>(Clock::now() - moved_at_).count();
  return out;
}

// In the sweep every byte that is read, unpacked or matched; afterwards, when the index is sorted and written, the time
// that the processor spends on it.
std::uint64_t Watch::moves() const {
  if (recording_.load()) return subject_.counters.settled.load() + busy_tenths();
  std::uint64_t sum = subject_.counters.objects.load();
  for (const auto& bytes : subject_.counters.exhibit_bytes) sum += bytes.load();
  for (const auto& reads : subject_.sweep.reads()) sum += reads->bytes();
  for (const auto& worker : subject_.workers) {
    for (std::size_t i = 0; i < kWorks; ++i) sum += worker->watch.bytes(static_cast<Work>(i));
  }
  return sum;
}

void Watch::look() {
  if (const std::uint64_t now = moves(); now != moved_) {
    moved_ = now;
    moved_at_ = Clock::now();
  }
  Progress seen = progress();
  if (seen.still_seconds >= subject_.stall_seconds && !stall_told_) tell_stall(seen.still_seconds);
  if (seen.still_seconds < subject_.stall_seconds && std::exchange(stall_told_, false)) {
    subject_.sink.on_note("bytes move again");
  }
  if (seen.seconds >= next_status_) {
    next_status_ = seen.seconds + kSecondsBetweenStatus;
    status_.write(seen);
  }
  subject_.sink.on_progress(seen);
  if (!recording_.load() && subject_.sink.stop_requested()) subject_.sweep.stop();
}

void Watch::tell_stall(double still_seconds) {
  stall_told_ = true;
  subject_.sink.on_note("no byte for " + seconds_text(still_seconds));
  if (recording_.load()) return subject_.sink.on_note("  the run directory is being written");
  for (std::size_t i = 0; i < subject_.workers.size(); ++i) {
    if (subject_.workers[i]->watch.doing() != Work::wait) subject_.sink.on_note("  " + held_by(i));
  }
}

std::string Watch::held_by(std::size_t worker) const {
  const Worker& who = *subject_.workers[worker];
  std::string text = "worker " + std::to_string(worker + 1) + " in " +
                     std::string(kWorkNames[static_cast<std::size_t>(who.watch.doing())]) + " holds ";
  who.hand.show([&](const Locator* object) {
    if (object == nullptr) {
      text += "no object";
    } else {
      const Exhibit& exhibit = *subject_.engine.exhibits[object->exhibit];
      text += "object " + record::object_id(subject_.key, to_string(*object, exhibit.name())) + " of exhibit " +
              std::to_string(object->exhibit + 1);
    }
  });
  return text;
}

}  // namespace ambit
