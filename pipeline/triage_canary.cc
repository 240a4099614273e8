// Canaries on their way: from the order to an exhibit, and from a run directory to what became of them.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <random>

#include "pipeline/file.h"
#include "pipeline/limits.h"
#include "pipeline/run_canary.h"
#include "pipeline/triage_setup.h"
#include "stages/audit/canary.h"
#include "stages/audit/canary_search.h"
#include "stages/audit/interval.h"
#include "stages/decide/decide.h"
#include "stages/match/match.h"
#include "stages/record/index_texts.h"
#include "stages/record/run_reader.h"
#include "stages/scrutinise/scrutinise.h"

namespace ambit {
namespace {

namespace fs = std::filesystem;
using audit::Canary;
using audit::Recipe;
using audit::Registry;

constexpr double kConfidence = 0.95;

// --- planting ------------------------------------------------------------------------------------------------

// Runs the stages over a text as if it were a file.
class Trial {
 public:
  explicit Trial(const CheckedOrder& order)
      : order_(order),
        match_(order.patterns, limits::kMaxHitsPerIdentifier),
        scrutinise_(order.detectors, order.scope),
        matching_(match_.make_state()),
        looking_(scrutinise_.make_state()) {}

  [[nodiscard]] Disposition fate_of(const std::string& text, const Recipe& recipe) {
    Facts facts;
    facts.size = text.size();
    facts.kind = recipe.kind == Kind::unknown ? Kind::text : recipe.kind;
    facts.is_text = true;
    const Head head{text.size(), 0, text.size()};
    const Segment all{0, text.size()};
    const Chunk chunk(std::as_bytes(std::span(text)), 0, text.size(), 0, {&all, 1});
    match_.begin(matching_, head);
    match_.look(matching_, chunk);
    match_.finish(matching_, facts);
    const Locator locator = Locator{}.child({StepKind::path, recipe.place + "note.txt", 0, 0});
    scrutinise_.prepare(looking_, facts);
    scrutinise_.begin(looking_, head);
    scrutinise_.look(looking_, chunk);
    scrutinise_.finish(looking_, facts);
    return decide(facts, locator, order_.scope).disposition;
  }

 private:
  const CheckedOrder& order_;
  const Match match_;
  const Scrutinise scrutinise_;
  Match::State matching_;
  Scrutinise::State looking_;
};

// The recipes that the order as a whole agrees with.
std::vector<Recipe> recipes_of(const CheckedOrder& order, std::size_t most, PlantOutcome& outcome) {
  constexpr std::size_t kMostOfOneRule = 256;
  std::vector<Recipe> out;
  Trial trial(order);
  for (std::uint32_t rule = 0; rule < order.scope.rules.size(); ++rule) {
    const Rule& of = order.scope.rules[rule];
    if (of.then != RuleDecision::relevant) continue;
    const std::size_t before = out.size();
    for (Recipe& recipe : audit::recipes_of(order.scope, rule, std::min(most, kMostOfOneRule))) {
      const std::string line = audit::line_of(recipe);
      if (line.find_first_of("\r\n") != std::string::npos) continue;
      const Disposition fate = trial.fate_of("a line before\n" + line + "\na line behind\n", recipe);
      if (is_released(fate)) out.push_back(std::move(recipe));
    }
    (out.size() > before ? outcome.rules : outcome.skipped).push_back(of.name);
  }
  return out;
}

// Takes turns among rules, so that a rule of many literals does not crowd out one of few.
std::vector<Recipe> in_turns(std::vector<Recipe> recipes, std::size_t most) {
  std::map<std::uint32_t, std::vector<Recipe>> by_rule;
  for (Recipe& recipe : recipes) by_rule[recipe.rule].push_back(std::move(recipe));
  std::vector<Recipe> out;
  for (std::size_t turn = 0; out.size() < most; ++turn) {
    for (const auto& [rule, own] : by_rule) out.push_back(own[turn % own.size()]);
  }
  return out;
}

Result<> write_exhibit(const std::string& root, const std::vector<audit::PlantedFile>& files) {
  std::error_code failed;
  if (!fs::is_empty(root, failed) && !failed)
    return Error{ErrorKind::usage, "there is something in the folder already", root, "give a new folder"};
  for (const audit::PlantedFile& file : files) {
    const fs::path path = fs::path(root) / file.path;
    failed.clear();
    fs::create_directories(path.parent_path(), failed);
    if (failed) return Error{ErrorKind::io, "cannot make a folder", root, "check the permissions"};
    if (Result<> written = write_file(path.string(), file.bytes); !written.ok()) return written;
    const timespec time{static_cast<std::time_t>(file.modified), 0};
    const timespec times[2] = {time, time};
    if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) return system_error("cannot date a file", root);
  }
  return {};
}

Result<> write_registry(const std::string& path, const Registry& registry) {
  Result<File> file = File::create(path, 0600);
  if (!file.ok()) return std::move(file).error();
  if (Result<> written = file->write(to_json(registry)); !written.ok()) return written;
  return file->sync();
}

std::uint64_t any_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 20 ^ device()) & ((std::uint64_t{1} << 53) - 1);  // JSON holds it exactly
}

// --- looking -------------------------------------------------------------------------------------------------

bool covers(const std::vector<record::IndexExtent>& extents, std::uint64_t start, std::uint64_t length) {
  return std::any_of(extents.begin(), extents.end(), [&](const record::IndexExtent& extent) {
    return extent.view == 0 && extent.start <= start && extent.start + extent.length >= start + length;
  });
}

// Of an item that is the canary's file, or stands in it.
bool is_found(const Canary& canary, const record::IndexItem& item) {
  if (item.extents.empty()) return false;
  const bool is_file = item.locator.find('!') == std::string::npos;
  return canary.length == 0 || !is_file || covers(item.extents, canary.start, canary.length);
}

Result<std::vector<char>> found_in(const record::RunReader& run, const Registry& registry) {
  std::map<std::string, std::size_t, std::less<>> by_file;
  for (std::size_t i = 0; i < registry.canaries.size(); ++i) {
    if (!registry.canaries[i].is_private) by_file.emplace(registry.canaries[i].file, i);
  }
  std::vector<char> found(registry.canaries.size(), 0);
  if (by_file.empty()) return found;
  const Result<> read = run.items({}, [&](const record::IndexItem& item) {
    // The file's path ends where the locator does or something inside it begins, and begins behind some '/'.
    const std::string_view path = std::string_view(item.locator).substr(0, item.locator.find('!'));
    for (std::size_t at = path.find('/'); at != std::string_view::npos; at = path.find('/', at + 1)) {
      const auto canary = by_file.find(path.substr(at + 1));
      if (canary == by_file.end()) continue;
      if (is_found(registry.canaries[canary->second], item)) found[canary->second] = 1;
    }
    return true;
  });
  if (!read.ok()) return read.error();
  return found;
}

// Everything in the run directory that can be read without a key. The segments of the ledger are ciphertext.
Result<std::vector<std::string>> readable_files(const std::string& directory) {
  std::vector<std::string> out;
  std::error_code failed;
  for (fs::recursive_directory_iterator at(directory, failed), end; !failed && at != end; at.increment(failed)) {
    const bool sealed = at->path().extension() == ".age" && at->path().parent_path().filename() == "ledger";
    if (at->is_regular_file(failed) && !sealed) out.push_back(at->path().string());
  }
  if (failed) return Error{ErrorKind::io, "the run directory cannot be listed", directory, ""};
  std::sort(out.begin(), out.end());
  return out;
}

Result<std::uint64_t> search_file(const std::string& path, audit::CanarySearch& search) {
  Result<File> file = File::open(path);
  if (!file.ok()) return std::move(file).error();
  struct stat info {};
  if (::fstat(file->fd(), &info) != 0) return system_error("cannot read the file", path);
  const auto size = static_cast<std::uint64_t>(info.st_size);
  std::string piece;
  for (std::uint64_t at = 0; at < size; at += limits::kChunkBytes) {
    const std::uint64_t begin = at - std::min<std::uint64_t>(at, search.overlap());
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size, at + limits::kChunkBytes) - begin));
    if (Result<> read = file->read_at(begin, piece.data(), piece.size()); !read.ok()) return read.error();
    search.look(piece);
  }
  return size;
}

CanaryShare share_of(std::uint64_t seen, std::uint64_t planted) {
  const audit::Interval interval = audit::clopper_pearson(seen, planted, kConfidence);
  return {planted, seen, interval.least, interval.most};
}

// By canary, the first file of the run in which it was seen.
Result<std::map<std::size_t, std::string>> leaks_in(const std::string& directory, const Registry& registry,
                                                    std::uint64_t& bytes) {
  std::map<std::size_t, std::string> out;
  audit::CanarySearch search(registry);
  const Result<std::vector<std::string>> files = readable_files(directory);
  if (!files.ok()) return files.error();
  for (const std::string& path : *files) {
    const std::string name = fs::path(path).lexically_relative(directory).string();
    const Result<std::uint64_t> size = search_file(path, search);
    if (!size.ok()) return size.error();
    bytes += *size;
    // A long text does not lie in one piece in the file of a database.
    if (name == "relevance.db") {
      const Result<> read =
          record::visit_index_texts(path, directory, [&](const record::IndexText& text) { search.look(text.text); });
      if (!read.ok()) return read.error();
    }
    for (const std::size_t canary : search.seen()) out.emplace(canary, name);
  }
  return out;
}

}  // namespace

Result<PlantOutcome> plant_canaries(const PlantOptions& options, std::vector<OrderProblem>& problems) {
  CheckedOrder order = load_order(options.order, one_after_another());
  if (!order.problems.empty()) {
    problems = std::move(order.problems);
    return Error{ErrorKind::order, "the order cannot be used", options.order,
                 "correct it; ambit check tells all again"};
  }
  PlantOutcome outcome;
  outcome.registry = options.registry.empty() ? options.out + ".registry.json" : options.registry;
  audit::PlantPlan plan;
  plan.scope = &order.scope;
  plan.relevant = options.relevant;
  plan.private_items = options.private_items;
  plan.seed = options.seed.value_or(any_seed());
  const auto wanted = static_cast<std::size_t>(options.relevant);
  std::vector<Recipe> recipes = recipes_of(order, wanted, outcome);
  if (wanted > 0 && recipes.empty()) {
    return Error{ErrorKind::usage, "no rule of the order is satisfied by a text alone", options.order,
                 "canaries need a rule for release that literals satisfy"};
  }
  if (wanted > 0) plan.recipes = in_turns(std::move(recipes), wanted);
  audit::Plant planted = audit::plant(plan);
  planted.registry.tool_version = AMBIT_VERSION;
  // The registry first: an exhibit without one is of no use.
  if (Result<> done = write_registry(outcome.registry, planted.registry); !done.ok()) return done.error();
  if (Result<> done = write_exhibit(options.out, planted.files); !done.ok()) return done.error();
  outcome.files = planted.files.size();
  for (const audit::PlantedFile& file : planted.files) outcome.bytes += file.bytes.size();
  for (const Canary& canary : planted.registry.canaries)
    ++(canary.is_private ? outcome.private_items : outcome.relevant);
  return outcome;
}

Result<CanaryReport> check_canaries(const std::string& directory, const std::string& registry_file) {
  const auto run = record::RunReader::open(directory);
  if (!run.ok()) return run.error();
  const Result<Registry> registry = audit::read_registry(registry_file);
  if (!registry.ok()) return registry.error();
  const auto order = run->meta().find("order_sha256");
  if (order == run->meta().end() || order->second != registry->order_sha256) {
    return Error{ErrorKind::usage, "these canaries were planted for another order", registry_file,
                 "plant them with the order of the run"};
  }
  CanaryReport report;
  const Result<std::vector<char>> found = found_in(*run, *registry);
  if (!found.ok()) return found.error();
  const auto leaks = leaks_in(directory, *registry, report.bytes_searched);
  if (!leaks.ok()) return leaks.error();
  std::uint64_t relevant = 0;
  for (std::size_t i = 0; i < registry->canaries.size(); ++i) {
    const Canary& canary = registry->canaries[i];
    if (canary.is_private) continue;
    ++relevant;
    if ((*found)[i] == 0)
      report.missed.push_back({canary.file, std::string(to_string(canary.packing)), canary.rule, ""});
  }
  for (const auto& [i, place] : *leaks) {
    const Canary& canary = registry->canaries[i];
    report.leaks.push_back({canary.file, std::string(to_string(canary.packing)), "", place});
  }
  report.found = share_of(relevant - report.missed.size(), relevant);
  report.leaked = share_of(report.leaks.size(), registry->canaries.size() - relevant);
  return report;
}

}  // namespace ambit
