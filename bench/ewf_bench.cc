// Reading an EWF image: by one thread and by several, against libewf's ewfexport and against a bare loop that inflates
// the same chunks from memory.
//
//   ambit_ewf_bench IMAGE.E01 THREADS [ROUNDS]
//
// The rounds are interleaved, and the best of each is told. The answer is proved first: the sum of all bytes is the
// same by every way.
#include <libdeflate.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <thread>

#include "stages/open/ewf_sections.h"
#include "stages/open/open_exhibit.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kRead = 1U << 20U;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Bytes per second; adds every byte's CRC-independent sum to `sum` so that all ways can be compared.
double read_image(const ambit::Exhibit& image, unsigned threads, std::uint64_t& sum) {
  std::atomic<std::uint64_t> next{0}, total{0};
  const auto start = Clock::now();
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      std::vector<std::byte> buffer(kRead);
      for (std::uint64_t at = next.fetch_add(kRead); at < image.size(); at = next.fetch_add(kRead)) {
        const auto got = image.read_at(at, buffer);
        if (got.ok()) total += libdeflate_adler32(1, buffer.data(), *got);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  const double seconds = seconds_since(start);
  sum = total;
  return static_cast<double>(image.size()) / seconds;
}

struct Packed {
  std::vector<std::byte> bytes;
  bool packed = false;
};

// All chunks of a one-part image, as they are stored, in order.
std::vector<Packed> stored_chunks(const ambit::Exhibit& file, std::uint64_t& chunk_bytes) {
  using namespace ambit::open;
  std::vector<Packed> chunks;
  std::uint64_t data_end = 0;
  for (auto section = ewf::section_at(file, ewf::kHeaderBytes); section && !section->is_last();
       section = ewf::section_at(file, section->end)) {
    if (const auto geometry = section->name == "volume" ? ewf::read_geometry(file, *section) : std::nullopt) {
      chunk_bytes = geometry->chunk_bytes;
    }
    if (section->name == "sectors") data_end = section->end;
    if (section->name != "table") continue;
    const auto head = ewf::read_table_head(file, *section);
    std::vector<std::uint32_t> entries(head ? head->entries : 0);
    (void)file.read_at(section->body() + ewf::kTableHeaderBytes, std::as_writable_bytes(std::span(entries)));
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::uint64_t at = head->base + (entries[i] & 0x7fffffffU);
      const std::uint64_t end = i + 1 < entries.size() ? head->base + (entries[i + 1] & 0x7fffffffU) : data_end;
      chunks.push_back({std::vector<std::byte>(end - at), (entries[i] >> 31U) != 0});
      (void)file.read_at(at, chunks.back().bytes);
    }
  }
  return chunks;
}

double bare_loop(const std::vector<Packed>& chunks, std::uint64_t chunk_bytes, std::uint64_t bytes,
                 std::uint64_t& sum) {
  libdeflate_decompressor* const decompressor = libdeflate_alloc_decompressor();
  std::vector<std::byte> out(kRead + chunk_bytes);
  std::size_t filled = 0;
  sum = 0;
  const auto start = Clock::now();
  const auto flush = [&] {
    sum += libdeflate_adler32(1, out.data(), std::min(filled, kRead));
    filled = 0;
  };
  for (const Packed& chunk : chunks) {
    std::size_t got = chunk.bytes.size() - 4;
    if (chunk.packed) {
      libdeflate_zlib_decompress(decompressor, chunk.bytes.data(), chunk.bytes.size(), out.data() + filled, chunk_bytes,
                                 &got);
    } else {
      (void)libdeflate_adler32(1, chunk.bytes.data(), got);
      std::memcpy(out.data() + filled, chunk.bytes.data(), got);
    }
    filled += got;
    if (filled >= kRead) flush();
  }
  if (filled > 0) flush();
  const double rate = static_cast<double>(bytes) / seconds_since(start);
  libdeflate_free_decompressor(decompressor);
  return rate;
}

double ewfexport(const std::string& path, std::uint64_t bytes) {
  const std::string command = "ewfexport -u -q -f raw -t - '" + path + "' 2>/dev/null >/dev/null";
  const auto start = Clock::now();
  if (std::system(command.c_str()) != 0) return 0;  // NOLINT(cert-env33-c): a bench, on the operator's own file
  return static_cast<double>(bytes) / seconds_since(start);
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  const std::string path = words[1];
  const unsigned threads = static_cast<unsigned>(std::max(1, std::atoi(words[2])));
  const int rounds = count > 3 ? std::atoi(words[3]) : 5;
  auto image = ambit::open_exhibit(path, "bench");
  auto file = ambit::open_exhibit("raw:" + path, "bench");
  if (!image.ok() || !file.ok()) return 1;
  std::uint64_t chunk_bytes = 0;
  const std::vector<Packed> chunks = stored_chunks(**file, chunk_bytes);
  std::map<std::string, double> best;
  std::map<std::string, std::uint64_t> sums;
  const auto note = [&](const std::string& way, double rate) { best[way] = std::max(best[way], rate); };
  for (int round = 0; round < rounds; ++round) {
    note("1 thread", read_image(**image, 1, sums["one"]));
    note(std::to_string(threads) + " threads", read_image(**image, threads, sums["several"]));
    note("bare loop, 1 thread", bare_loop(chunks, chunk_bytes, (*image)->size(), sums["bare"]));
    note("ewfexport", ewfexport(path, (*image)->size()));
  }
  if (sums["one"] != sums["several"] || sums["one"] != sums["bare"]) {
    std::printf("the ways do not agree\n");
    return 1;
  }
  for (const auto& [way, rate] : best) std::printf("%-20s %8.0f MB/s\n", way.c_str(), rate / 1e6);
  return 0;
}
