// What people write: the order file (0), a detectors file (1), a list of hashes (2). They come from the parties and
// from the internet, by mail.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "pipeline/detector_file.h"
#include "pipeline/hash_list.h"
#include "pipeline/order.h"
#include "tests/fuzz/seeds.h"

namespace {

// What is said of a list holds nothing of it.
void expect_printable(const std::string& text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
  }
}

void read_an_order(const std::string& text) {
  const ambit::ReadOrder order = ambit::read_order_text(text, "/nowhere/order.toml");
  if (order.identifier_places.size() != order.scope.identifiers.size()) std::abort();
}

void read_detectors(const std::string& text) { static_cast<void>(ambit::read_detector("x.toml", text)); }

void read_hashes(const std::string& text) {
  const int file = ::memfd_create("hashes", MFD_CLOEXEC);
  if (file < 0 || ::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::abort();
  std::size_t rows = 0;
  const auto read = ambit::read_hash_list("/proc/self/fd/" + std::to_string(file), [&](const ambit::HashRow&) {
    ++rows;
    return ambit::Result<>();
  });
  if (read.ok() && rows == 0) std::abort();
  if (!read.ok()) expect_printable(read.error().what);
  ::close(file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  if (count < 1) return 0;
  const std::string text = ambit::fuzz::text_of(bytes, count);
  switch (bytes[0]) {
    case 0:
      read_an_order(text);
      break;
    case 1:
      read_detectors(text);
      break;
    default:
      read_hashes(text);
  }
  return 0;
}

std::vector<ambit::fuzz::Bytes> ambit::fuzz::seeds_of(const std::filesystem::path& file) {
  const std::string text = read_all(file), ending = file.extension();
  if (text.size() > (1 << 18)) return {};
  if (ending != ".toml") return {input(2, text)};
  return {input(text.find("[order]") == std::string::npos ? 1 : 0, text)};
}
