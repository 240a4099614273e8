#include "tests/unpacked.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <random>
#include <utility>

#include "stages/unpack/kind/kind.h"

namespace ambit::test {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

UnpackedPart read_part(Unpacker& unpacker, Part part, std::uint64_t most_bytes, std::span<std::byte> buffer) {
  UnpackedPart out;
  out.part = std::move(part);
  while (out.bytes.size() < most_bytes) {
    const Result<std::size_t> got = unpacker.read(buffer);
    out.damaged = !got.ok();
    if (!got.ok()) out.error = got.error().what;
    if (!got.ok() || *got == 0) break;
    EXPECT_LE(*got, buffer.size());
    out.bytes.append(reinterpret_cast<const char*>(buffer.data()), *got);
  }
  return out;
}

}  // namespace

std::map<std::string, std::string> Unpacked::files() const {
  std::map<std::string, std::string> out;
  for (const UnpackedPart& part : parts) {
    if (part.part.trouble == WalkTrouble::none) out[part.part.name] = part.bytes;
  }
  return out;
}

std::vector<std::string> Unpacked::names() const {
  std::vector<std::string> out;
  for (const UnpackedPart& part : parts) out.push_back(part.part.name);
  return out;
}

namespace {

// Bytes that come in pieces of at most `step`.
class Pieces final : public ByteStream {
 public:
  Pieces(std::string_view bytes, std::size_t step) : bytes_(bytes), step_(step) {}
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

Sandboxes* used_sandboxes = nullptr;

struct Way {
  bool seekable = true;
  std::string file_name;
  std::size_t step = SIZE_MAX;
};

// Gives every part to `sink`; what came of the whole, without the parts.
template <class Open, class Sink>
Unpacked each_part(const Open& open, const std::string& object, const Way& way, const Sink& sink) {
  MemoryContent content(object);
  Pieces stream(object, way.step);
  Packed packed;
  packed.stream = &stream;
  packed.content = way.seekable ? &content : nullptr;
  packed.size = way.seekable ? object.size() : 0;
  packed.file_name = way.file_name;
  packed.sandboxes = used_sandboxes;
  const Result<std::unique_ptr<Unpacker>> unpacker = open(packed);
  Unpacked out;
  out.opened = unpacker.ok();
  if (!unpacker.ok()) out.error = unpacker.error().what;
  while (unpacker.ok()) {
    Result<std::optional<Part>> part = (*unpacker)->next();
    out.damaged = !part.ok();
    if (!part.ok()) out.error = part.error().what;
    if (!part.ok() || !*part) break;
    sink(**unpacker, std::move(**part));
  }
  return out;
}

template <class Open>
Unpacked collect(const Open& open, const std::string& object, const Way& way, std::uint64_t most_bytes,
                 std::size_t buffer_bytes) {
  std::vector<UnpackedPart> parts;
  std::vector<std::byte> buffer(buffer_bytes);
  Unpacked out = each_part(open, object, way, [&](Unpacker& unpacker, Part part) {
    parts.push_back(read_part(unpacker, std::move(part), most_bytes, buffer));
  });
  out.parts = std::move(parts);
  return out;
}

auto opener_of(Format format) {
  return [format](const Packed& packed) { return open_unpacker(format, packed); };
}

}  // namespace

std::unique_ptr<ByteStream> stream_of(std::string_view bytes) { return std::make_unique<Pieces>(bytes, SIZE_MAX); }

void use_sandboxes(Sandboxes* sandboxes) { used_sandboxes = sandboxes; }

std::vector<std::string> Unpacked::views() const {
  std::vector<std::string> out;
  for (const UnpackedPart& part : parts) {
    if (part.part.is == Part::Is::view) out.push_back(part.bytes);
  }
  return out;
}

std::string Unpacked::text() const {
  std::string out;
  for (const std::string& view : views()) out += view + "\n";
  return out;
}

Unpacked unpack(Format format, const std::string& object, bool seekable, const std::string& file_name,
                std::uint64_t most_bytes) {
  return collect(opener_of(format), object, {seekable, file_name}, most_bytes, kReadBytes);
}

std::uint64_t count_parts(Format format, const std::string& object, bool seekable) {
  std::uint64_t count = 0;
  static_cast<void>(each_part(opener_of(format), object, {seekable, {}},
                              [&](Unpacker& /*unpacker*/, const Part& /*part*/) { ++count; }));
  return count;
}

Unpacked unpack_all(Opener open, const std::string& object, const std::string& file_name, std::size_t step,
                    std::size_t buffer) {
  return collect(open, object, {true, file_name, step}, UINT64_MAX, buffer);
}

void survive_damage(Opener open, const std::string& object, const std::string& file_name, std::uint64_t seeds) {
  for (std::size_t i = 0; i < 16; ++i)
    static_cast<void>(unpack_all(open, object.substr(0, object.size() * i / 16), file_name));
  for (std::uint64_t seed = 0; seed < seeds && !object.empty(); ++seed) {
    std::mt19937_64 random(seed);
    std::string damaged = object;
    for (std::uint64_t n = 1 + random() % 12; n > 0; --n) {
      char& byte = damaged[random() % damaged.size()];
      byte = random() % 2 == 0 ? static_cast<char>(byte ^ (1 << random() % 8)) : static_cast<char>(random());
    }
    static_cast<void>(unpack_all(open, damaged, file_name, 1 + random() % 5000));
  }
}

Format format_by_head(const std::string& object, const std::string& file_name) {
  const std::string_view head = std::string_view(object).substr(0, kKindBytes);
  return format_of(std::as_bytes(std::span(head)), file_name, object.size());
}

Unpacked unpack(const std::string& object, bool seekable, const std::string& file_name) {
  return unpack(format_by_head(object, file_name), object, seekable, file_name);
}

std::string shell(const TemporaryFolder& folder, const std::string& script) {
  const Ran ran = run({"sh", "-ec", "cd '" + folder.path().string() + "'\n" + script});
  EXPECT_EQ(ran.exit, 0) << script << "\n" << ran.err;
  return ran.out;
}

void expect_same(const std::map<std::string, std::string>& ours, const std::map<std::string, std::string>& theirs) {
  std::vector<std::string> names, other_names;
  for (const auto& [name, bytes] : ours) names.push_back(name);
  for (const auto& [name, bytes] : theirs) other_names.push_back(name);
  EXPECT_EQ(names, other_names);
  for (const auto& [name, bytes] : theirs) {
    const auto at = ours.find(name);
    EXPECT_TRUE(at == ours.end() || at->second == bytes)
        << name << ": " << at->second.size() << " for " << bytes.size();
  }
}

std::map<std::string, std::string> files_below(const std::string& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.is_symlink()) continue;
    out[std::filesystem::relative(entry.path(), folder).string()] = read_file(entry.path().string());
  }
  return out;
}

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file()) out.push_back(entry.path().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace ambit::test
