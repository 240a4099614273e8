// Reading an EWF image: by one thread and by several, against libewf's ewfexport and against a bare loop that inflates
// the same chunks from memory.
//
//   ambit_ewf_bench IMAGE.E01 THREADS [ROUNDS]
//
// The rounds are interleaved, and the best of each is told: megabytes for a second of the clock, and for a second of
// processor time, which other programs on the machine do not disturb. The answer is proved: the sum of all bytes is the
// same by every way.
#include <libdeflate.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <thread>

#include "bench/ewf_places.h"
#include "stages/open/open_exhibit.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kRead = 1U << 20U;

// Seconds since it was made, by the clock and by the processors.
class Watch {
 public:
  struct Spent {
    double clock = 0, processor = 0;
  };
  [[nodiscard]] Spent spent() const {
    return {std::chrono::duration<double>(Clock::now() - start_).count(), processor_now() - processor_};
  }

 private:
  // Of this process and of the children it has waited for.
  static double processor_now() {
    double seconds = 0;
    for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
      rusage usage{};
      ::getrusage(who, &usage);
      for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
        seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
      }
    }
    return seconds;
  }
  Clock::time_point start_ = Clock::now();
  double processor_ = processor_now();
};

// The sum of the Adler-32 of each mebibyte goes to `sum`, so that all ways can be compared.
Watch::Spent read_image(const ambit::Exhibit& image, unsigned threads, std::uint64_t& sum) {
  std::atomic<std::uint64_t> next{0}, total{0};
  const Watch watch;
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
  sum = total;
  return watch.spent();
}

struct Packed {
  std::vector<std::byte> bytes;
  bool packed = false;
};

// All chunks of a one-part image, as they are stored, in order.
std::vector<Packed> stored_chunks(const ambit::Exhibit& file, std::uint64_t& chunk_bytes) {
  const ambit::bench::EwfPlaces places = ambit::bench::ewf_places(file);
  chunk_bytes = places.chunk_bytes;
  std::vector<Packed> chunks;
  for (const ambit::bench::EwfChunk& place : places.chunks) {
    chunks.push_back({std::vector<std::byte>(place.bytes), place.packed});
    (void)file.read_at(place.offset, chunks.back().bytes);
  }
  return chunks;
}

Watch::Spent bare_loop(const std::vector<Packed>& chunks, std::uint64_t chunk_bytes, std::uint64_t& sum) {
  libdeflate_decompressor* const decompressor = libdeflate_alloc_decompressor();
  std::vector<std::byte> out(kRead + chunk_bytes);
  std::size_t filled = 0;
  sum = 0;
  const Watch watch;
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
  const Watch::Spent spent = watch.spent();
  libdeflate_free_decompressor(decompressor);
  return spent;
}

Watch::Spent ewfexport(const std::string& path) {
  const std::string command = "ewfexport -u -q -f raw -t - '" + path + "' 2>/dev/null >/dev/null";
  const Watch watch;
  if (std::system(command.c_str()) != 0) return {};  // a bench, on the operator's own file
  return watch.spent();
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
  std::map<std::string, Watch::Spent> best;  // rates
  std::map<std::string, std::uint64_t> sums;
  const auto note = [&](const std::string& way, const Watch::Spent& spent) {
    const auto bytes = static_cast<double>((*image)->size());
    Watch::Spent& rate = best[way];
    rate.clock = std::max(rate.clock, bytes / spent.clock);
    rate.processor = std::max(rate.processor, bytes / spent.processor);
  };
  for (int round = 0; round < rounds; ++round) {
    note("1 thread", read_image(**image, 1, sums["one"]));
    note(std::to_string(threads) + " threads", read_image(**image, threads, sums["several"]));
    note("bare loop, 1 thread", bare_loop(chunks, chunk_bytes, sums["bare"]));
    note("ewfexport", ewfexport(path));
  }
  if (sums["one"] != sums["several"] || sums["one"] != sums["bare"]) {
    std::printf("the ways do not agree\n");
    return 1;
  }
  for (const auto& [way, rate] : best) {
    std::printf("%-20s %8.0f MB/s  %8.0f MB per processor second\n", way.c_str(), rate.clock / 1e6,
                rate.processor / 1e6);
  }
  return 0;
}
