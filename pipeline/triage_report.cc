#include "pipeline/triage_report.h"

#include <sys/resource.h>
#include <sys/utsname.h>

#include <atomic>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "pipeline/limits.h"
#include "pipeline/triage_setup.h"

namespace ambit {
namespace {

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

nlohmann::ordered_json machine() {
  utsname names{};
  ::uname(&names);
  return {{"system", names.sysname},
          {"release", names.release},
          {"machine", names.machine},
          {"processors", hardware_workers()}};
}

std::uint64_t peak_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * limits::KiB;
}

// Reads one exhibit to its end; false where a read fails.
bool hash_image(const Exhibit& exhibit, const Digest& digest, Facts& facts) {
  Digest::State state = digest.make_state();
  state.want({.sha256 = true});
  digest.begin(state, {exhibit.size(), 0, exhibit.size()});
  const auto buffer = std::make_unique<std::byte[]>(limits::kChunkBytes);
  for (std::uint64_t at = 0; at < exhibit.size();) {
    const Result<std::size_t> got = exhibit.read_at(at, {buffer.get(), limits::kChunkBytes});
    if (!got.ok() || *got == 0) return false;
    digest.look(state, Chunk({buffer.get(), *got}, 0, *got, at, {}));
    at += *got;
  }
  digest.finish(state, facts);
  return true;
}

}  // namespace

std::string to_json(const RunReport& report) {
  nlohmann::ordered_json json;
  json["tool"] = "ambit";
  json["version"] = AMBIT_VERSION;
  json["finished"] = now_utc();
  json["command_line"] = report.options.command_line;
  json["machine"] = machine();
  json["workers"] = report.workers;
  json["memory_budget"] = memory_budget(report.options);
  json["peak_memory"] = peak_bytes();
  json["chunk_bytes"] = report.options.chunk_bytes != 0 ? report.options.chunk_bytes : limits::kChunkBytes;
  json["patterns"] = report.patterns.patterns();
  json["database_bytes"] = report.patterns.database_bytes();
  json["exhibit_bytes"] = report.exhibit_bytes;
  json["resumptions"] = report.resumptions;
  for (const ExhibitChange change : report.exhibit_changes) json["exhibit_changes"].push_back(to_string(change));
  json["objects"] = report.objects;
  json["hits"] = report.hits;
  json["seconds"] = {{"compile", report.compile_seconds}, {"sweep", report.sweep_seconds}, {"all", report.seconds}};
  std::uint64_t bytes = 0;
  for (const std::uint64_t count : report.exhibit_bytes) bytes += count;
  json["sweep_bytes_per_second"] = report.sweep_seconds > 0 ? static_cast<double>(bytes) / report.sweep_seconds : 0.0;
  json["reading"] = {{"bytes", report.reading.bytes},
                     {"walk_bytes", report.reading.walk_bytes},
                     {"again_bytes", report.reading.again_bytes},
                     {"seeks", report.reading.seeks}};
  for (const WorkTotal& work : report.work) {
    json["stages"].push_back({{"name", work.name}, {"seconds", work.seconds}, {"bytes", work.bytes}});
  }
  json["bottleneck"] = bottleneck(report.work);
  return json.dump(2) + "\n";
}

std::vector<std::optional<std::array<std::uint8_t, 32>>> hash_images(const Engine& engine, Scheduler& scheduler) {
  std::vector<std::optional<std::array<std::uint8_t, 32>>> hashes(engine.exhibits.size());
  std::size_t next = 0;
  scheduler.run([&](std::size_t) -> Scheduler::Task {
    if (next == engine.exhibits.size()) return {};
    const std::size_t mine = next++;
    return [&engine, &hashes, mine](std::size_t) {
      const Exhibit& exhibit = *engine.exhibits[mine];
      Facts facts;
      if (exhibit.kind() != ExhibitKind::folder && hash_image(exhibit, engine.digest, facts)) {
        hashes[mine] = facts.digests.sha256;
      }
    };
  });
  return hashes;
}

}  // namespace ambit
