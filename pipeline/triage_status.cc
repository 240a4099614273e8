#include "pipeline/triage_status.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <type_traits>

#include "pipeline/file.h"
#include "pipeline/limits.h"

namespace ambit {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr std::array<std::string_view, 3> kPhases = {"sweep", "record", "stopped"};

std::string status_path(const std::string& folder) { return folder + "/status.json"; }

// The boot of the machine, and the space in which its processes are numbered.
std::string this_machine() {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  std::array<char, 64> space{};
  const ssize_t bytes = ::readlink("/proc/self/ns/pid", space.data(), space.size());
  return boot + " " + std::string(space.data(), static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)));
}

// The 22nd field of /proc/PID/stat; 0 where there is no such process, or it is dead and nobody has fetched it.
std::uint64_t start_of(std::int64_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  std::getline(in, line);
  const std::size_t name_end = line.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return 0;
  std::istringstream rest(line.substr(name_end + 1));
  std::string field;
  rest >> field;
  if (field == "Z" || field == "X") return 0;
  for (int number = 4; number < 22; ++number) rest >> field;
  std::uint64_t start = 0;
  return rest >> start ? start : 0;
}

// Takes fields out of a file that anybody may have written; what is not there or not of the kind makes it no status.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}
  template <class Number>
  void take(const char* name, Number& into) {
    const Json* const field = find(name);
    if (field == nullptr || !is_of<Number>(*field)) {
      good_ = false;
    } else {
      into = field->get<Number>();
    }
  }
  [[nodiscard]] const Json* find(const char* name) {
    const auto at = json_.find(name);
    good_ = good_ && at != json_.end();
    return at == json_.end() ? nullptr : &*at;
  }
  void refuse() { good_ = false; }
  [[nodiscard]] bool good() const { return good_; }

 private:
  template <class Number>
  static bool is_of(const Json& field) {
    if constexpr (std::is_same_v<Number, std::string>) return field.is_string();
    if constexpr (std::is_floating_point_v<Number>) return field.is_number();
    if constexpr (std::is_signed_v<Number>) return field.is_number_integer();
    return field.is_number_unsigned();
  }
  const Json& json_;
  bool good_ = true;
};

void take_lists(Reader& reader, Progress& p) {
  const Json* const exhibits = reader.find("exhibits");
  const Json* const work = reader.find("work");
  const Json* const reasons = reader.find("exceptions_by_reason");
  if (!reader.good() || !exhibits->is_array() || !work->is_object() || !reasons->is_object()) return reader.refuse();
  for (const Json& exhibit : *exhibits) {
    if (!exhibit.is_object()) return reader.refuse();
    Reader fields(exhibit);
    Progress::ExhibitBytes bytes;
    fields.take("done", bytes.done);
    fields.take("total", bytes.total);
    if (!fields.good()) return reader.refuse();
    p.exhibits.push_back(bytes);
  }
  for (const std::string_view name : kWorkNames) {
    const auto at = work->find(std::string(name));
    if (at == work->end() || !at->is_number()) return reader.refuse();
    p.work.push_back({name, at->get<double>(), 0});
  }
  p.bottleneck = bottleneck(p.work);
  for (std::size_t i = 0; i < kExceptionReasons; ++i) {
    const auto at = reasons->find(std::string(to_string(static_cast<ExceptionReason>(i))));
    if (at == reasons->end()) continue;
    if (!at->is_number_unsigned()) return reader.refuse();
    p.exceptions_by_reason[i] = at->get<std::uint64_t>();
  }
}

std::optional<RunStatus> from_json(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  Reader reader(json);
  RunStatus status;
  Progress& p = status.progress;
  std::int64_t version = 0;
  std::string phase;
  reader.take("status", version);
  reader.take("written", status.written);
  reader.take("process", status.process);
  reader.take("process_start", status.process_start);
  reader.take("machine", status.machine);
  reader.take("phase", phase);
  reader.take("seconds", p.seconds);
  reader.take("still_seconds", p.still_seconds);
  reader.take("bytes_per_second", p.bytes_per_second);
  reader.take("mean_bytes_per_second", p.mean_bytes_per_second);
  for (const auto& [name, into] : {std::pair{"bytes_done", &p.bytes_done},
                                   {"bytes_total", &p.bytes_total},
                                   {"objects", &p.objects},
                                   {"hits", &p.hits},
                                   {"released", &p.released},
                                   {"exceptions", &p.exceptions},
                                   {"settled", &p.settled},
                                   {"memory_bytes", &p.memory_bytes},
                                   {"memory_budget", &p.memory_budget},
                                   {"disk_free_bytes", &p.disk_free_bytes}}) {
    reader.take(name, *into);
  }
  reader.take("workers", p.workers);
  take_lists(reader, p);
  const auto* const known = std::find(kPhases.begin(), kPhases.end(), phase);
  if (!reader.good() || version != kVersion || known == kPhases.end()) return std::nullopt;
  if (status.written < 0 || status.process <= 0) return std::nullopt;
  p.phase = *known;
  return status;
}

}  // namespace

std::string to_json(const RunStatus& status) {
  const Progress& p = status.progress;
  Json json = {{"status", kVersion},
               {"written", status.written},
               {"process", status.process},
               {"process_start", status.process_start},
               {"machine", status.machine},
               {"phase", p.phase},
               {"seconds", p.seconds},
               {"still_seconds", p.still_seconds},
               {"bytes_per_second", p.bytes_per_second},
               {"mean_bytes_per_second", p.mean_bytes_per_second},
               {"bytes_done", p.bytes_done},
               {"bytes_total", p.bytes_total},
               {"objects", p.objects},
               {"hits", p.hits},
               {"released", p.released},
               {"exceptions", p.exceptions},
               {"settled", p.settled},
               {"workers", p.workers},
               {"memory_bytes", p.memory_bytes},
               {"memory_budget", p.memory_budget},
               {"disk_free_bytes", p.disk_free_bytes}};
  json["exhibits"] = Json::array();
  for (const auto& exhibit : p.exhibits) json["exhibits"].push_back({{"done", exhibit.done}, {"total", exhibit.total}});
  json["work"] = Json::object();
  for (const WorkTotal& work : p.work) json["work"][std::string(work.name)] = work.seconds;
  json["exceptions_by_reason"] = Json::object();
  for (std::size_t i = 0; i < kExceptionReasons; ++i) {
    if (p.exceptions_by_reason[i] == 0) continue;
    json["exceptions_by_reason"][std::string(to_string(static_cast<ExceptionReason>(i)))] = p.exceptions_by_reason[i];
  }
  return json.dump(1) + "\n";
}

StatusFile::StatusFile(const std::string& folder) : path_(status_path(folder)) {
  self_.process = ::getpid();
  self_.process_start = start_of(self_.process);
  self_.machine = this_machine();
}

void StatusFile::write(const Progress& progress) const {
  RunStatus status = self_;
  status.progress = progress;
  status.written = std::time(nullptr);
  const std::string text = to_json(status), fresh = path_ + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return;
  const bool whole = File(fd).write(text).ok();
  if (!whole || std::rename(fresh.c_str(), path_.c_str()) != 0) ::unlink(fresh.c_str());
}

void StatusFile::remove() const {
  ::unlink((path_ + ".new").c_str());
  ::unlink(path_.c_str());
}

Result<std::optional<RunStatus>> read_status(const std::string& directory) {
  const std::string path = status_path(directory + "/work");
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0 && errno == ENOENT) return std::optional<RunStatus>();
  if (fd < 0) return system_error("the status of the run cannot be read", directory);
  const File file(fd);
  std::string text(limits::kMaxStatusBytes, '\0');
  const ssize_t got = ::read(fd, text.data(), text.size());
  if (got < 0) return system_error("the status of the run cannot be read", directory);
  text.resize(static_cast<std::size_t>(got));
  std::optional<RunStatus> status = from_json(text);
  if (!status) return Error{ErrorKind::tampered, "work/status.json is not what a run writes", directory, ""};
  return status;
}

Liveness liveness(const RunStatus& status) {
  if (status.machine != this_machine()) return Liveness::elsewhere;
  if (const std::uint64_t start = start_of(status.process); start != 0) {
    return start == status.process_start ? Liveness::runs : Liveness::dead;
  }
  // Where /proc hides the processes of others, they still exist to be forbidden.
  return ::kill(static_cast<pid_t>(status.process), 0) != 0 && errno == EPERM ? Liveness::runs : Liveness::dead;
}

}  // namespace ambit
