// ambit triage --order ORDER --out DIR EXHIBIT…: the main job.
#include "pipeline/triage.h"

#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "pipeline/cli/census_table.h"
#include "pipeline/cli/command.h"
#include "pipeline/cli/log.h"
#include "pipeline/cli/problems.h"
#include "pipeline/cli/progress.h"
#include "pipeline/cli/quantity.h"
#include "pipeline/limits.h"
#include "pipeline/locator.h"
#include "stages/record/run_reader.h"
#include "stages/record/run_writer.h"

namespace ambit::cli {
namespace {

struct TriageFlags {
  TriageOptions triage;
  std::string memory, chunk_size, census, log, metrics;
};

// A size as the operator typed it, between its bounds; `into` stays as it is where he typed none.
template <class Number>
Result<> read_size(const char* option, const std::string& text, std::uint64_t least, std::uint64_t most, Number& into) {
  if (text.empty()) return Ok{};
  const auto bytes = parse_size(text);
  if (bytes && *bytes >= least && *bytes <= most) {
    into = static_cast<Number>(*bytes);
    return Ok{};
  }
  return Error{ErrorKind::usage, std::string(option) + " is not a size that can be used", text,
               fmt::format("a number with K, M or G, at least {}K{}", least / limits::KiB,
                           most == UINT64_MAX ? "" : fmt::format(" and at most {}M", most / limits::MiB))};
}

Result<> read_sizes(TriageFlags& options) {
  TriageOptions& t = options.triage;
  if (Result<> memory = read_size("--memory", options.memory, limits::MiB, UINT64_MAX, t.memory); !memory) {
    return memory;
  }
  return read_size("--chunk-size", options.chunk_size, limits::kMinChunkBytes, limits::kMaxChunkBytes, t.chunk_bytes);
}

// The run in one line, the last one of standard output: what a mail of cron's should end with.
std::string end_line(const TriageOutcome& outcome) {
  return fmt::format("{}: {} objects, {} in {}, {} released, {} exceptions: {}",
                     outcome.exceptions == 0 ? "complete" : "complete with exceptions", grouped(outcome.objects),
                     bytes_text(outcome.bytes), duration_text(outcome.seconds), grouped(outcome.released),
                     grouped(outcome.exceptions), printable(outcome.directory));
}

Exit print_summary(const TriageOutcome& outcome) {
  const auto run = record::RunReader::open(outcome.directory);
  if (!run) return fail(run.error());
  const auto census = run->census();
  if (!census) return fail(census.error());
  write_out(fmt::format("{} objects, {} in {} ({})\n\n", grouped(outcome.objects), bytes_text(outcome.bytes),
                        duration_text(outcome.seconds),
                        rate_text(static_cast<double>(outcome.bytes) / outcome.seconds)));
  write_out(disposition_table(*census));
  const std::string directory = shell_quoted(outcome.directory);
  write_out(fmt::format("\n{} released. The run directory is {}\n", grouped(outcome.released), outcome.directory));
  write_out(fmt::format(
      "  ambit list {0}            what was released\n  ambit census {0}          what the exhibits hold, in counts\n",
      directory));
  if (outcome.released > 0) write_out(fmt::format("  ambit explain {} 1       why item 1 was\n", directory));
  write_out(fmt::format("  ambit verify {}          that nothing was changed since\n", directory));
  if (outcome.exceptions > 0) {
    write_out(fmt::format(
        "\n{} exception{}: something could not be fully examined. `ambit census` counts them by reason; the ledger\n"
        "tells the court which objects they are.\n",
        grouped(outcome.exceptions), outcome.exceptions == 1 ? "" : "s"));
  }
  write_out("\n" + end_line(outcome) + "\n");
  return outcome.exceptions == 0 ? Exit::complete : Exit::with_exceptions;
}

Exit tell_failure(const TriageFlags& options, const Error& error, const std::vector<OrderProblem>& problems) {
  if (problems.empty()) return fail(error);
  write_err(problems_text(options.triage.order, problems));
  return Exit::operator_must_act;
}

// Whoever starts a run again and again until it is through need not know when it is.
bool is_finished(const std::string& directory) { return ::access((directory + "/checkpoint.txt").c_str(), F_OK) == 0; }

Exit tell_finished(const std::string& directory) {
  const auto run = record::RunReader::open(directory);
  if (!run) return fail(run.error());
  const auto exceptions = run->exceptions();
  if (!exceptions) return fail(exceptions.error());
  if (Result<> done = record::RunWriter::remove_leftovers(directory); !done) return fail(done.error());
  write_out(fmt::format("the run in {} is finished; nothing was done\n", printable(directory)));
  return exceptions->empty() ? Exit::complete : Exit::with_exceptions;
}

// A case key that is there is read only.
std::vector<WrittenPlace> places_to_write(const TriageFlags& options) {
  const TriageOptions& t = options.triage;
  std::vector<WrittenPlace> places = {
      {"the run directory", t.out}, {"the log", options.log}, {"the metrics", options.metrics}};
  const std::string key = t.order + ".key";
  if (t.key.empty() && ::access(key.c_str(), F_OK) != 0) places.push_back({"the case key", key});
  return places;
}

Exit triage(TriageFlags& options) {
  catch_stop_signals();
  if (Result<> apart = check_apart(options.triage.exhibits, places_to_write(options)); !apart) {
    return fail(apart.error());
  }
  if (options.triage.resume && is_finished(options.triage.out)) return tell_finished(options.triage.out);
  if (Result<> sizes = read_sizes(options); !sizes) return fail(sizes.error());
  Service service = Service::from_environment();
  auto log = Log::open(options.log);
  if (!log) return fail(log.error());
  auto metrics = MetricsFile::open(options.metrics);
  if (!metrics) return fail(metrics.error());
  log->started(options.triage);
  ProgressDisplay display({*log, *metrics, service}, options.triage.exhibits);
  std::vector<OrderProblem> problems;
  const auto outcome = run_triage(options.triage, display, problems);
  display.close();
  if (outcome) {
    log->finished(*outcome);
  } else {
    log->failed(outcome.error());
  }
  service.stopping(outcome ? end_line(*outcome) : outcome.error().what);
  const Exit exit = outcome ? print_summary(*outcome) : tell_failure(options, outcome.error(), problems);
  metrics->ended(exit);
  return exit;
}

}  // namespace

Action add_triage(Arguments arguments) {
  const auto options = std::make_shared<TriageFlags>();
  TriageOptions& t = options->triage;
  arguments.add_option("--order", t.order, "Order file (TOML)").required().type_name("ORDER");
  arguments.add_option("--out", t.out, "Run directory to make").required().type_name("DIR");
  arguments.add_option("--key", t.key, "Case key (default: ORDER.key, made on the first run)").type_name("FILE");
  arguments.add_option("--threads", t.threads, "Workers (default: one per core)").type_name("N").range(1, 4096);
  arguments
      .add_option("--memory", options->memory,
                  fmt::format("Memory to stay below, as 2G (default: {}M)", limits::kDefaultMemory / limits::MiB))
      .type_name("SIZE");
  arguments
      .add_option("--chunk-size", options->chunk_size,
                  "Bytes read at a time, as 256K; the result does not depend on it")
      .type_name("SIZE");
  arguments.add_option("--log", options->log, "Append JSON lines on how the run goes; they hold no evidence")
      .type_name("FILE");
  arguments.add_flag("--resume", t.resume,
                     "Go on with the run in DIR that was cut off; begins one where there is none");
  arguments.add_option("--checkpoint-every", t.checkpoint_seconds, "So much work a crash may cost (default: 5)")
      .type_name("SECONDS")
      .range(0, 3600);
  arguments.add_option("--metrics", options->metrics, "Keep a file for Prometheus up to date; numbers only")
      .type_name("FILE");
  arguments
      .add_option(
          "--census", options->census,
          "quick: objects and bytes; full: how much private data of which kind there is, in counts (default: quick)")
      .type_name("quick|full")
      .one_of({"quick", "full"});
  arguments.add_flag("--hash-exhibits", t.hash_exhibits, "Also record the SHA-256 of every image (one more pass)");
  arguments.add_option("EXHIBIT", t.exhibits, "Images (raw, split) and folders, in the order of their numbers")
      .required();
  return [options](const Words& command_line) {
    options->triage.command_line = command_line;
    options->triage.full_census = options->census == "full";
    return triage(*options);
  };
}

}  // namespace ambit::cli
