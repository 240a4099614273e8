// What an unpacker gives, all of it, for tests that look at it.
#pragma once

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "stages/unpack/formats.h"
#include "tests/evidence.h"

namespace ambit::test {

// Beside the checkout, or beside the folder that holds it.
inline std::string shared_samples(const std::string& folder) {
  const std::string near = std::string(AMBIT_SOURCE_DIR) + "/../shared/open_data/" + folder + "/";
  return std::filesystem::exists(near) ? near
                                       : std::string(AMBIT_SOURCE_DIR) + "/../../shared/open_data/" + folder + "/";
}

// All files below a folder, sorted.
inline std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Bytes that come in pieces of at most `step`.
class MemoryStream final : public ByteStream {
 public:
  explicit MemoryStream(std::string_view bytes, std::size_t step = SIZE_MAX) : bytes_(bytes), step_(step) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const std::size_t bytes = std::min({into.size(), bytes_.size(), step_});
    std::memcpy(into.data(), bytes_.data(), bytes);
    bytes_.remove_prefix(bytes);
    return bytes;
  }

 private:
  std::string_view bytes_;
  std::size_t step_;
};

struct UnpackedPart {
  Part part;
  std::string bytes, error;
};
struct Unpacked {
  std::vector<UnpackedPart> parts;
  std::string error;  // of opening, or of next()

  [[nodiscard]] std::vector<std::string> views() const {
    std::vector<std::string> out;
    for (const auto& p : parts) {
      if (p.part.is == Part::Is::view) out.push_back(p.bytes);
    }
    return out;
  }
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto& view : views()) out += view + "\n";
    return out;
  }
};

using Opener = unpack::Opened (*)(const Packed&);

inline Unpacked unpack_all(Opener open, const std::string& bytes, const std::string& name = "",
                           std::size_t step = SIZE_MAX, std::size_t buffer = 64 * 1024, bool has_content = true) {
  Unpacked out;
  MemoryStream stream(bytes, step);
  MemoryContent content(bytes);
  Packed packed;
  packed.stream = &stream;
  packed.content = has_content ? &content : nullptr;
  packed.size = bytes.size();
  packed.file_name = name;
  auto opened = open(packed);
  if (!opened.ok()) {
    out.error = opened.error().what;
    return out;
  }
  std::vector<std::byte> piece(buffer);
  while (true) {
    auto next = (*opened)->next();
    if (!next.ok()) out.error = next.error().what;
    if (!next.ok() || !*next) return out;
    UnpackedPart part{**next, {}, {}};
    while (true) {
      const auto got = (*opened)->read(piece);
      if (!got.ok()) part.error = got.error().what;
      if (!got.ok() || *got == 0) break;
      part.bytes.append(reinterpret_cast<const char*>(piece.data()), *got);
    }
    out.parts.push_back(std::move(part));
  }
}

inline int damage_seeds(int usual) {
  const char* const wanted = std::getenv("AMBIT_DAMAGE_SEEDS");
  return wanted != nullptr ? std::atoi(wanted) : usual;
}

// Unpacks `bytes` cut at every sixteenth and with bits and bytes changed; what comes out does not matter, that it ends
// does (the sanitizers watch).
inline void survive_damage(Opener open, const std::string& bytes, const std::string& name, int seeds) {
  for (std::size_t i = 0; i < 16; ++i)
    static_cast<void>(unpack_all(open, bytes.substr(0, bytes.size() * i / 16), name));
  for (int seed = 0; seed < seeds; ++seed) {
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    std::string damaged = bytes;
    if (damaged.empty()) return;
    for (std::uint64_t n = 1 + random() % 12; n > 0; --n) {
      char& byte = damaged[random() % damaged.size()];
      byte = random() % 2 == 0 ? static_cast<char>(byte ^ (1 << random() % 8)) : static_cast<char>(random());
    }
    static_cast<void>(unpack_all(open, damaged, name, 1 + random() % 5000));
  }
}

}  // namespace ambit::test
