#include "tests/unpacked.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <tuple>
#include <utility>

#include "stages/unpack/content_stream.h"
#include "stages/unpack/kind.h"

namespace ambit::test {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

UnpackedPart read_part(Unpacker& unpacker, Part part, std::uint64_t most_bytes, std::span<std::byte> buffer) {
  UnpackedPart out;
  out.part = std::move(part);
  while (out.bytes.size() < most_bytes) {
    const Result<std::size_t> got = unpacker.read(buffer);
    out.damaged = !got.ok();
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

// Gives every part to `sink`; whether it was opened, and whether it ended in an error.
template <class Sink>
std::pair<bool, bool> each_part(Format format, const std::string& object, bool seekable, const std::string& file_name,
                                const Sink& sink) {
  MemoryContent content(object);
  ContentStream stream(content, object.size());
  Packed packed;
  packed.stream = &stream;
  packed.content = seekable ? &content : nullptr;
  packed.size = seekable ? object.size() : 0;
  packed.file_name = file_name;
  const Result<std::unique_ptr<Unpacker>> unpacker = open_unpacker(format, packed);
  while (unpacker.ok()) {
    Result<std::optional<Part>> part = (*unpacker)->next();
    if (!part.ok()) return {true, true};
    if (!*part) break;
    sink(**unpacker, std::move(**part));
  }
  return {unpacker.ok(), false};
}

}  // namespace

Unpacked unpack(Format format, const std::string& object, bool seekable, const std::string& file_name,
                std::uint64_t most_bytes) {
  Unpacked out;
  std::vector<std::byte> buffer(kReadBytes);
  std::tie(out.opened, out.damaged) =
      each_part(format, object, seekable, file_name, [&](Unpacker& unpacker, Part part) {
        out.parts.push_back(read_part(unpacker, std::move(part), most_bytes, buffer));
      });
  return out;
}

std::uint64_t count_parts(Format format, const std::string& object, bool seekable) {
  std::uint64_t count = 0;
  each_part(format, object, seekable, {}, [&](Unpacker& /*unpacker*/, const Part& /*part*/) { ++count; });
  return count;
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

std::string shared_data() {
  const std::string near = std::string(AMBIT_SOURCE_DIR) + "/../shared/open_data/";
  return std::filesystem::exists(near) ? near : std::string(AMBIT_SOURCE_DIR) + "/../../shared/open_data/";
}

std::uint64_t damage_seeds(std::uint64_t usual) {
  const char* more = std::getenv("AMBIT_DAMAGE_SEEDS");
  return more != nullptr ? std::stoull(more) : usual;
}

}  // namespace ambit::test
