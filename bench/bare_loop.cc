// The bare loop: the least that any program of this sort must do. Threads that share nothing but an offset read
// 1 MiB, fingerprint it and let Hyperscan scan it for the same strings. No context at the cuts, no objects, no
// decision, no record: it finds less than ambit and is the ceiling that ambit is measured against.
//
// Of an E01 image it inflates the chunks and does the same with them.
//
//   ambit_bare_loop ORDER IMAGE THREADS      prints: bytes, raw matches, seconds of the loop, seconds with compiling
#include <libdeflate.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "bench/ewf_places.h"
#include "pipeline/scanner.h"
#include "pipeline/triage_setup.h"
#include "stages/match/cores.h"
#include "stages/open/open_exhibit.h"

namespace {

constexpr std::size_t kRead = 1U << 20;

struct Tally {
  std::uint64_t matches = 0;
  std::uint64_t mix = 0;  // of the fingerprints, so that they are worked out
};

using Buffer = std::unique_ptr<std::byte[]>;

// What is read: as it lies in the file, or the chunks of an E01 image.
class Source {
 public:
  explicit Source(const ambit::Exhibit& file) : file_(file), places_(ambit::bench::ewf_places(file)) {}
  [[nodiscard]] std::uint64_t size() const { return places_.chunks.empty() ? file_.size() : places_.image_bytes; }

  // Some mebibyte, the next in order; 0 at the end. One for each thread.
  class Reader {
   public:
    explicit Reader(Source& source) : source_(source) {}
    std::size_t next() { return source_.places_.chunks.empty() ? next_bytes() : next_chunks(); }
    [[nodiscard]] const std::byte* bytes() const { return bytes_.get(); }

   private:
    struct Free {
      void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
    };
    std::size_t next_bytes() {
      const auto got = source_.file_.read_at(source_.next_.fetch_add(kRead), {bytes_.get(), kRead});
      return got.ok() ? *got : 0;
    }
    std::size_t next_chunks() {
      const ambit::bench::EwfPlaces& places = source_.places_;
      const std::size_t count = kRead / places.chunk_bytes;
      const std::size_t first = source_.next_.fetch_add(count);
      if (first >= places.chunks.size()) return 0;
      const auto& chunks = std::span(places.chunks).subspan(first, std::min(count, places.chunks.size() - first));
      packed_.resize(chunks.back().offset + chunks.back().bytes - chunks.front().offset);
      if (!source_.file_.read_at(chunks.front().offset, packed_).ok()) return 0;
      std::size_t filled = 0;
      for (const ambit::bench::EwfChunk& chunk : chunks) {
        const std::byte* const from = packed_.data() + (chunk.offset - chunks.front().offset);
        std::size_t got = chunk.bytes - 4;
        if (chunk.packed) {
          libdeflate_zlib_decompress(inflater_.get(), from, chunk.bytes, bytes_.get() + filled, places.chunk_bytes,
                                     &got);
        } else {
          std::memcpy(bytes_.get() + filled, from, got);
        }
        filled += got;
      }
      return filled;
    }

    Source& source_;
    Buffer bytes_{new std::byte[kRead]};
    std::vector<std::byte> packed_;
    std::unique_ptr<libdeflate_decompressor, Free> inflater_{libdeflate_alloc_decompressor()};
  };

 private:
  const ambit::Exhibit& file_;
  const ambit::bench::EwfPlaces places_;
  std::atomic<std::uint64_t> next_{0};
};

void loop(Source& source, const ambit::ScanDatabase& database, Tally& tally) {
  ambit::Scanner scanner(database);
  Source::Reader reader(source);
  while (const std::size_t bytes = reader.next()) {
    tally.mix ^= XXH3_128bits(reader.bytes(), bytes).low64;
    scanner.scan(
        {reader.bytes(), bytes},
        [](void* t, std::uint32_t, std::uint64_t, std::uint64_t) { ++static_cast<Tally*>(t)->matches; }, &tally);
  }
}

// The strings that ambit looks for, compiled by Hyperscan alone.
ambit::Result<ambit::ScanDatabase> compile(const ambit::Scope& scope) {
  using namespace ambit::match;
  Program program;
  Familiar familiar;
  Variants variants;
  CoreList cores;
  const auto text_of = [](const std::string& literal) { return to_nfc(decode_utf8(literal).value_or(Codes())); };
  for (const ambit::Identifier& identifier : scope.identifiers) {
    for (const std::string& literal : identifier.literals) familiar.note(plain_text(text_of(literal), true));
  }
  std::uint32_t subject = 0;
  std::vector<FoundCore> found;
  for (const ambit::Identifier& identifier : scope.identifiers) {
    for (const std::string& bytes : identifier.literals) {
      const Codes text = text_of(bytes);
      const Literal literal{0, identifier.ignore_case, false, plain_text(text, identifier.ignore_case), 0};
      found.clear();
      static_cast<void>(find_cores(literal, text, identifier.forms, familiar, variants, found));
      for (FoundCore& core : found) {
        core.entry.subject = subject;
        cores.add(std::move(core));
      }
      ++subject;
    }
  }
  return ambit::ScanDatabase::compile_by_hyperscan(cores.finish(program));
}

double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 1;
  const auto start = std::chrono::steady_clock::now();
  const ambit::CheckedOrder order = ambit::load_order(argv[1], ambit::one_after_another());
  const auto file = ambit::open_exhibit("raw:" + std::string(argv[2]), "bare");
  if (!order.problems.empty() || !file.ok()) return 1;
  Source source(**file);
  const ambit::Result<ambit::ScanDatabase> database = compile(order.scope);
  if (!database) return 1;
  const auto loop_start = std::chrono::steady_clock::now();
  std::vector<Tally> tallies(static_cast<std::size_t>(std::atoi(argv[3])));
  {
    std::vector<std::jthread> threads;
    for (Tally& tally : tallies) threads.emplace_back([&] { loop(source, *database, tally); });
  }
  std::uint64_t matches = 0;
  std::uint64_t mix = 0;
  for (const Tally& tally : tallies) {
    matches += tally.matches;
    mix ^= tally.mix;
  }
  std::printf("%llu %llu %.6f %.6f %llx\n", static_cast<unsigned long long>(source.size()),
              static_cast<unsigned long long>(matches), since(loop_start), since(start),
              static_cast<unsigned long long>(mix));
  return 0;
}
