// A run directory that somebody hands us: relevance.db (0), checkpoint.txt (1), the commitments (2), a segment of the
// ledger (3), status.json (4), lines of the ledger (5), each damaged beside the others as they were written.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "pipeline/triage.h"
#include "stages/record/checkpoint.h"
#include "stages/record/export.h"
#include "stages/record/proof.h"
#include "stages/record/run_reader.h"
#include "stages/record/unseal.h"
#include "stages/record/verify.h"
#include "tests/finished_run.h"
#include "tests/fuzz/seeds.h"

namespace ambit {
namespace {

constexpr const char* kParts[] = {"relevance.db", "checkpoint.txt", "ledger/commitments", "ledger/0001.age",
                                  "work/status.json"};
constexpr std::uint8_t kIndex = 0, kCheckpoint = 1, kStatus = 4, kLines = 5;
constexpr int kMostItems = 1'000;

const testing::FinishedRun& finished() {
  static const testing::FinishedRun run;
  return run;
}

void read_index(const std::string& directory) {
  const auto run = record::RunReader::open(directory);
  if (!run.ok()) return;
  static_cast<void>(run->census());
  static_cast<void>(run->coverage());
  static_cast<void>(run->exceptions());
  static_cast<void>(run->privilege_log());
  static_cast<void>(run->item("2"));
  static_cast<void>(record::prove_item(*run, 1));
  for (const record::ExportFormat& format : record::export_formats()) {
    int pieces = 0;
    static_cast<void>(format.write(*run, [&](std::string_view) { return ++pieces < kMostItems; }));
  }
}

void read_lines(const std::string& directory, const std::string& text) {
  auto audit = record::LedgerAudit::start(directory);
  if (!audit.ok()) std::abort();
  static_cast<void>(audit->see(text));
  static_cast<void>(record::is_line_of(text, "srv:/broken.bin"));
  static_cast<void>(record::prove_line(directory, text));
}

// What the part that was damaged is read by.
void read_part(std::uint8_t part, const std::string& directory) {
  if (part == kStatus) {
    static_cast<void>(read_status(directory));
    return;
  }
  if (part == kIndex) read_index(directory);
  static_cast<void>(record::verify_run(directory));
  if (auto audit = record::LedgerAudit::start(directory); audit.ok()) static_cast<void>(audit->finish());
}

}  // namespace
}  // namespace ambit

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  if (count < 1 || bytes[0] > ambit::kLines) return 0;
  const std::string directory = ambit::finished().directory(), text = ambit::fuzz::text_of(bytes, count);
  if (bytes[0] == ambit::kLines) {
    ambit::read_lines(directory, text);
    return 0;
  }
  const std::string path = directory + "/" + ambit::kParts[bytes[0]];
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  const std::string whole = bytes[0] == ambit::kStatus ? "" : ambit::testing::read_file(path);
  ambit::testing::write_file(path, text);
  if (bytes[0] != ambit::kCheckpoint && bytes[0] != ambit::kStatus) ambit::finished().sign_again();
  ambit::read_part(bytes[0], directory);
  if (bytes[0] == ambit::kStatus) {
    std::filesystem::remove_all(directory + "/work");
  } else {
    ambit::testing::write_file(path, whole);
  }
  return 0;
}

// The seeds are the parts of a run that is made here; of the files only a status and lines of a ledger are taken.
std::vector<ambit::fuzz::Bytes> ambit::fuzz::seeds_of(const std::filesystem::path& file) {
  if (file.filename() == "status.json") return {input(kStatus, read_all(file))};
  if (file.extension() == ".jsonl") return {input(kLines, read_all(file))};
  if (file.filename() != "a.txt") return {};
  std::vector<Bytes> out;
  for (std::uint8_t part = 0; part < kStatus; ++part) {
    out.push_back(input(part, testing::read_file(finished().directory() + "/" + kParts[part])));
  }
  return out;
}
