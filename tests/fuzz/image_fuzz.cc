// Images: opened as whatever format they are, their volumes and file systems walked, the files in them read.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "stages/open/open_image.h"
#include "stages/walk/image_walk.h"
#include "tests/evidence.h"
#include "tests/fuzz/seeds.h"

namespace ambit {
namespace {

constexpr std::uint64_t kMostBytes = 8 << 20;  // read of one image, and of all its files
constexpr int kMostObjects = 2'000;

// Counts what it is told, and reads what it is given; checks what the layout relies on.
class Reader final : public walk::ImageSink {
 public:
  explicit Reader(std::uint64_t size) : size_(size) {}
  std::uint32_t home(std::vector<Step>) override { return ++homes_; }
  bool object(Object&& object, std::uint64_t /*slack*/, std::uint32_t /*home*/) override {
    for (const Run& run : object.runs) {
      if (run.place > size_ || run.length > size_ - run.place) std::abort();  // a claim beyond the image
    }
    if (object.content != nullptr && object.content->open().ok()) read(*object.content);
    return ++objects_ < kMostObjects;
  }
  bool area(Kind, std::uint32_t, std::uint64_t, std::uint64_t) override { return ++areas_ < 100 * kMostObjects; }

 private:
  void read(Content& content) {
    std::array<std::byte, 16 * 1024> buffer;
    for (std::uint64_t at = 0; read_ < kMostBytes;) {
      const Result<std::size_t> got = content.read_at(at, buffer);
      if (!got.ok() || *got == 0) return;
      if (*got > buffer.size()) std::abort();
      at += *got;
      read_ += *got;
    }
  }
  std::uint64_t size_, read_ = 0;
  std::uint32_t homes_ = 0;
  int objects_ = 0, areas_ = 0;
};

// As the sweep does: run by run, what cannot be read passed over.
void read_through(const ByteSource& image) {
  std::array<std::byte, 64 * 1024> buffer;
  std::uint64_t read = 0;
  for (std::uint64_t at = 0; at < image.size() && read < kMostBytes;) {
    const DataRun run = image.run_at(at);
    if (run.length == 0 || run.offset != at) std::abort();
    const std::uint64_t end = std::min(run.offset + run.length, image.size());
    if (run.hole) read += buffer.size();
    for (; at < end && !run.hole && read < kMostBytes; at += buffer.size(), read += buffer.size()) {
      const Result<std::size_t> got = image.read_at(at, buffer);
      if (got.ok() && *got > buffer.size()) std::abort();
    }
    at = end;
  }
}

void walk_all(const ByteSource& bytes) {
  const walk::Image image{0, {}, &bytes};
  for (const auto& walk : walk::walks_of({&image, 1}, {})) {
    Reader reader(walk->bytes().size());
    walk->walk(reader);
  }
}

}  // namespace
}  // namespace ambit

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  if (count < 1) return 0;
  const auto file = std::make_shared<const ambit::test::BytesSource>(ambit::fuzz::text_of(bytes, count));
  auto opened = ambit::open_image(file, "image");
  if (opened.ok() && *opened != nullptr) {
    ambit::read_through(**opened);
    ambit::walk_all(**opened);
  } else {
    ambit::walk_all(*file);
  }
  return 0;
}

std::vector<ambit::fuzz::Bytes> ambit::fuzz::seeds_of(const std::filesystem::path& file) {
  if (std::filesystem::file_size(file) > (20 << 20)) return {};
  return {input(0, read_all(file))};
}
