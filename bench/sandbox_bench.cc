// What the sandbox costs: 5,000 office documents taken apart in this process, and each in a process of its own. The
// program decodes these in its own process; the figure says what it would cost not to.
//
//   AMBIT_BENCH_FOLDER   where the documents lie (default: bench-data below the working folder)
#include <benchmark/benchmark.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/corpus.h"
#include "bench/process.h"
#include "bench/triage_run.h"
#include "stages/unpack/content_stream.h"
#include "stages/unpack/sandbox/isolated.h"
#include "stages/unpack/sandbox/process.h"
#include "stages/unpack/sandbox/sandbox.h"
#include "stages/unpack/unpack.h"

namespace ambit::bench {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kDocuments = 5'000;
constexpr std::size_t kMade = 50;  // different ones: of 3 to 150 pages

class Document final : public Content {
 public:
  explicit Document(const std::string& bytes) : bytes_(bytes) {}
  Result<ContentInfo> open() override { return ContentInfo{bytes_.size(), std::nullopt, 0}; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    const std::size_t left = bytes_.size() - std::min<std::uint64_t>(bytes_.size(), offset);
    const std::size_t bytes = std::min(into.size(), left);
    std::memcpy(into.data(), bytes_.data() + offset, bytes);
    return bytes;
  }

 private:
  const std::string& bytes_;
};

std::string letters_of(std::uint64_t seed, std::size_t bytes) {
  std::string text = mixed_bytes(seed, bytes + 70);
  text.resize(bytes / 70 * 70);
  for (char& c : text) c = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? c : ' ';
  return text;
}

std::string document_xml(std::size_t number) {
  const std::string text = letters_of(number, 9'000 * (number % kMade + 1));
  std::string xml =
      "<?xml version=\"1.0\"?><w:document "
      "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>";
  for (std::size_t at = 0; at < text.size(); at += 70) {
    xml += "<w:p><w:pPr><w:pStyle w:val=\"Body\"/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">" +
           text.substr(at, 35) + "</w:t></w:r><w:r><w:t>" + text.substr(at + 35, 35) + "</w:t></w:r></w:p>";
  }
  return xml + "</w:body></w:document>";
}

std::vector<std::string> documents() {
  const std::string folder = bench_folder() + "/documents";
  std::vector<std::string> all;
  for (std::size_t i = 0; i < kMade; ++i) {
    const std::string path = folder + "/" + std::to_string(i) + ".docx", at = folder + "/making";
    if (!fs::exists(path)) {
      fs::create_directories(at + "/word");
      std::ofstream(at + "/[Content_Types].xml") << "<?xml version=\"1.0\"?><Types/>";
      std::ofstream(at + "/word/document.xml") << document_xml(i);
      (void)run_process(
          {"bsdtar", "--format", "zip", "-cf", path, "-C", at, "[Content_Types].xml", "word/document.xml"});
    }
    std::ifstream in(path, std::ios::binary);
    all.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return all;
}

// All parts of one document; their bytes in all.
std::uint64_t take_apart(const std::string& bytes, Sandboxes* sandboxes, std::span<std::byte> room) {
  Document content(bytes);
  ContentStream stream(content, bytes.size());
  const Packed packed{&stream, &content, bytes.size(), "a.docx", sandboxes};
  auto opened =
      sandboxes != nullptr ? unpack::open_isolated(Format::ooxml, packed) : open_unpacker(Format::ooxml, packed);
  std::uint64_t all = 0;
  while (opened.ok()) {
    const auto part = (*opened)->next();
    if (!part.ok() || !part->has_value()) break;
    for (auto got = (*opened)->read(room); got.ok() && *got > 0; got = (*opened)->read(room)) all += *got;
  }
  return all;
}

double seconds_of(const std::vector<std::string>& all, Sandboxes* sandboxes, std::uint64_t& bytes) {
  std::vector<std::byte> room(256 * 1024);
  const auto start = std::chrono::steady_clock::now();
  bytes = 0;
  for (std::size_t i = 0; i < kDocuments; ++i) bytes += take_apart(all[i % all.size()], sandboxes, room);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void documents_in_a_sandbox(benchmark::State& state) {
  const std::vector<std::string> all = documents();
  Sandboxes sandboxes;
  double own = 1e9, apart = 1e9;
  for (auto _ : state) {
    std::uint64_t here = 0, there = 0;
    own = std::min(own, seconds_of(all, nullptr, here));
    const double seconds = seconds_of(all, &sandboxes, there);
    apart = std::min(apart, seconds);
    if (here != there || here < kDocuments * 9'000) return state.SkipWithError("the two do not agree");
    state.SetIterationTime(seconds);
  }
  state.counters["own_us_a_document"] = own / kDocuments * 1e6;
  state.counters["sandbox_us_a_document"] = apart / kDocuments * 1e6;
  state.counters["cost_percent"] = (apart / own - 1) * 100;
}
BENCHMARK(documents_in_a_sandbox)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ambit::bench

// The sandboxes are copies of this program.
int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == ambit::unpack::kSandboxArgument) {
    return ambit::unpack::serve_sandbox(ambit::open_unpacker);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
