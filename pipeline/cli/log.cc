#include "pipeline/cli/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "pipeline/locator.h"
#include "stages/record/item_json.h"

namespace ambit::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kSecondsBetweenRecords = 10;

// One write per line, so that lines of a run that is killed are whole. A full disk costs the log, not the run.
void append(const FileDescriptor& file, const char* event, const Json& fields) {
  if (!file.valid()) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  Json line = {{"time", record::utc_text(std::chrono::duration_cast<std::chrono::seconds>(now).count())},
               {"event", event}};
  line.update(fields);
  const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  if (write(file.get(), text.data(), text.size()) < 0) return;
}

}  // namespace

Result<Log> Log::open(const std::string& path) {
  if (path.empty()) return Log(FileDescriptor());
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file.valid()) {
    return Error{ErrorKind::io, std::string("the log cannot be written: ") + std::strerror(errno), path,
                 "name a file in a folder that you may write to"};
  }
  return Log(std::move(file));
}

void Log::started(const TriageOptions& options) {
  std::vector<std::string> exhibits;
  for (const std::string& path : options.exhibits) exhibits.push_back(printable(path));
  append(file_, "started",
         {{"version", AMBIT_VERSION},
          {"order", printable(options.order)},
          {"out", printable(options.out)},
          {"exhibits", exhibits},
          {"threads", options.threads},
          {"memory", options.memory},
          {"chunk_bytes", options.chunk_bytes}});
}

void Log::progress(const Progress& p) {
  if (p.seconds < next_progress_) return;
  next_progress_ = p.seconds + kSecondsBetweenRecords;
  append(file_, "progress",
         {{"seconds", p.seconds},
          {"phase", p.phase},
          {"bytes_done", p.bytes_done},
          {"bytes_total", p.bytes_total},
          {"objects", p.objects},
          {"hits", p.hits},
          {"released", p.released},
          {"exceptions", p.exceptions},
          {"bottleneck", p.bottleneck}});
}

void Log::note(std::string_view line) { append(file_, "note", {{"text", printable(line)}}); }

void Log::failed(const Error& error) {
  append(file_, "failed",
         {{"what", printable(error.what)}, {"where", printable(error.where)}, {"remedy", printable(error.remedy)}});
}

void Log::finished(const TriageOutcome& outcome) {
  append(file_, "finished",
         {{"seconds", outcome.seconds},
          {"objects", outcome.objects},
          {"bytes", outcome.bytes},
          {"released", outcome.released},
          {"exceptions", outcome.exceptions},
          {"directory", printable(outcome.directory)}});
}

}  // namespace ambit::cli
