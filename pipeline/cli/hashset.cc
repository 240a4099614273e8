// ambit hashset build -o FILE SOURCE…: published sets of hashes -> one set file. ambit hashset info FILE: what is in
// it.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/cli/command.h"
#include "pipeline/cli/quantity.h"
#include "pipeline/cli/table.h"
#include "pipeline/hash_list.h"
#include "pipeline/hash_source.h"
#include "pipeline/limits.h"
#include "pipeline/locator.h"

namespace ambit::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kKinds = {DigestKind::sha256, DigestKind::sha1, DigestKind::md5};

struct HashSetFlags {
  std::string out, digest, memory;
  std::vector<std::string> sources;
  std::string file;
  bool json = false;
};

std::string hex_of(const Bytes32& digest) {
  std::string out;
  for (const std::uint8_t byte : digest) out += fmt::format("{:02x}", byte);
  return out;
}

Result<std::optional<DigestKind>> digest_kind(const std::string& name) {
  if (name.empty()) return std::optional<DigestKind>();
  const auto* const found = std::find(kDigestNames.begin(), kDigestNames.end(), name);
  if (found != kDigestNames.end()) return std::optional(static_cast<DigestKind>(found - kDigestNames.begin()));
  return Error{ErrorKind::usage, "there is no kind of hash of this name", name, "md5, sha1 or sha256"};
}

Result<std::uint64_t> memory_of(const std::string& text) {
  if (text.empty()) return limits::kHashSetBuildBytes;
  const std::optional<std::uint64_t> bytes = parse_size(text);
  if (bytes && *bytes >= limits::kMinHashSetBuildBytes) return *bytes;
  return Error{ErrorKind::usage, "--memory takes a size of at least 16M", text, "for instance --memory 1G"};
}

// The file under its own name once it is whole and on the disk; until then it has another.
Result<> write_set(HashSetWriter& writer, const std::string& path) {
  const std::string partial = path + ".partial";
  Result<File> file = File::create(partial, 0666);
  if (!file) {
    Error error = std::move(file).error();
    if (error.remedy.empty()) error.remedy = "name another file with -o, or remove what is left of an earlier run";
    return error;
  }
  Result<> done = writer.write(*file);
  if (done) done = file->sync();
  if (done && std::rename(partial.c_str(), path.c_str()) != 0) done = system_error("cannot name the set file", path);
  if (!done) ::unlink(partial.c_str());
  return done;
}

void add_row(Table& table, const std::string& source, const HashSourceReport& report) {
  table.add({printable(source), std::string(report.format), grouped(report.hashes), grouped(report.passed_over)});
}

// What was built, read back and checked as every run will do it.
Exit report_set(const std::string& path, double seconds, std::uint64_t added) {
  Result<std::shared_ptr<const HashSet>> set = load_hash_set(path);
  if (!set) return fail(set.error());
  constexpr double kWorthARate = 1;  // second
  const std::string rate =
      seconds < kWorthARate
          ? ""
          : fmt::format(" ({} a second)", grouped(static_cast<std::uint64_t>(static_cast<double>(added) / seconds)));
  write_out(fmt::format("\n  {}: {} hashes, {}, in {}{}\n  its digest: {}\n", printable(path), grouped((*set)->count()),
                        bytes_text((*set)->file_bytes()), duration_text(seconds), rate, hex_of((*set)->digest())));
  return Exit::complete;
}

Exit build(const HashSetFlags& options) {
  const Result<std::optional<DigestKind>> kind = digest_kind(options.digest);
  if (!kind) return fail(kind.error());
  const Result<std::uint64_t> memory = memory_of(options.memory);
  if (!memory) return fail(memory.error());
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(options.out, ignored))) {
    return fail({ErrorKind::usage, "there is such a file already", options.out, "name another file with -o"});
  }
  const auto start = std::chrono::steady_clock::now();
  const std::string folder = std::filesystem::path(options.out).parent_path().string();
  HashSetWriter writer(folder.empty() ? "." : folder, *memory);
  Table table({{"source"}, {"format"}, {"hashes", Align::right}, {"passed over", Align::right}});
  std::uint64_t not_followed = 0;
  for (const std::string& source : options.sources) {
    const Result<HashSourceReport> report = read_hash_source(source, *kind, writer);
    if (!report) return fail(report.error());
    add_row(table, source, *report);
    not_followed += report->not_followed;
  }
  if (Result<> written = write_set(writer, options.out); !written) return fail(written.error());
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  write_out(table.text());
  if (not_followed > 0) {
    write_out(
        fmt::format("\n  {} statements of the deltas change or remove rows, which a set cannot follow: where that "
                    "matters, apply\n  the deltas to their database with sqlite3 and build the set of that\n",
                    grouped(not_followed)));
  }
  return report_set(options.out, spent.count(), writer.added());
}

Json json_of(const HashSet& set) {
  Json kinds = Json::object();
  for (const DigestKind kind : kKinds) {
    kinds[std::string(to_string(kind))] = {
        {"hashes", set.count(kind)}, {"without_size", set.count_without_size(kind)}, {"filtered", set.filtered(kind)}};
  }
  return {{"digest", hex_of(set.digest())}, {"bytes", set.file_bytes()}, {"kinds", kinds}};
}

Exit info(const HashSetFlags& options) {
  const Result<std::shared_ptr<const HashSet>> set = load_hash_set(options.file);
  if (!set) return fail(set.error());
  if (options.json) {
    write_out(json_of(**set).dump(2) + "\n");
    return Exit::complete;
  }
  Table table({{"kind"}, {"hashes", Align::right}, {"without a size", Align::right}, {"Bloom filter"}});
  for (const DigestKind kind : kKinds) {
    table.add({std::string(to_string(kind)), grouped((*set)->count(kind)), grouped((*set)->count_without_size(kind)),
               (*set)->filtered(kind) ? "asked first" : "-"});
  }
  write_out(table.text());
  write_out(fmt::format("\n  {}, whole and unchanged; its digest: {}\n", bytes_text((*set)->file_bytes()),
                        hex_of((*set)->digest())));
  return Exit::complete;
}

}  // namespace

Action add_hashset(Arguments arguments) {
  const auto options = std::make_shared<HashSetFlags>();
  arguments.require_subcommand();
  Arguments make = arguments.add_subcommand("build", "Make one set file of published sets of hashes");
  make.add_option("-o,--out", options->out, "The set file to make; it must not exist yet").required().type_name("FILE");
  make.add_option("--digest", options->digest, "Take this kind of hash: md5, sha1, sha256; default: the strongest")
      .type_name("KIND");
  make.add_option("--memory", options->memory, "Memory to sort in; default 1G").type_name("SIZE");
  make.add_option("SOURCE", options->sources,
                  "NSRL database or delta, hashdeep, *sum list, Autopsy .kdb, EnCase .hash, Bloom filter, set file")
      .required();
  Arguments show = arguments.add_subcommand("info", "What a set file or another source holds, checked");
  show.add_option("FILE", options->file, "The set file").required();
  show.add_flag("--json", options->json, "As JSON");
  return [options](const Words&) { return options->file.empty() ? build(*options) : info(*options); };
}

}  // namespace ambit::cli
