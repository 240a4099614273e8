// Canaries: invented items among the evidence whose fate is known before the run.
//
// Relevant ones say how much a run finds: what is planted stands for what nobody knows to be there, and the share that
// was found bounds the share of all (interval.h). Private ones say whether anything of the uninvolved leaks: each is a
// person who does not exist, whose name, address, telephone and card occur nowhere else in the world.
//
// Canaries stand in an exhibit of their own, so that no exhibit is changed, in files of several kinds and packings. The
// registry says what stands where; whoever checks a run holds it, whoever makes the run does not need it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.h"
#include "pipeline/scope.h"

namespace ambit::audit {

enum class Packing : std::uint8_t { text, utf16, mail, attachment, zip, gzip, document, sql };
inline constexpr std::size_t kPackings = 8;
inline constexpr std::array<std::string_view, kPackings> kPackingNames = {"text", "utf16", "mail",     "attachment",
                                                                          "zip",  "gzip",  "document", "sql"};
[[nodiscard]] constexpr std::string_view to_string(Packing packing) {
  return kPackingNames[static_cast<std::size_t>(packing)];
}

// One planted item.
struct Canary {
  bool is_private = false;
  std::string file;  // path in the exhibit, "canaries-5f3a9d/zip/0017.zip"
  Packing packing = Packing::text;
  std::string sha256;  // hex, of the file; of a private row in a file that is otherwise relevant: empty
  // Relevant: the rule of the order that reaches it, and where the words that make it so stand in the file as it is; no
  // bytes where they stand in what is packed.
  std::string rule;
  std::uint64_t start = 0, length = 0;
  std::vector<std::string> values;  // private: what must not show itself anywhere
};

struct Registry {
  std::string order_sha256, tool_version;  // hex
  std::uint64_t seed = 0;
  std::vector<Canary> canaries;
};

// How a rule of the order is satisfied by a text: by words of its identifiers, in one line.
struct Recipe {
  std::uint32_t rule = 0;  // index into Scope::rules
  Unit unit = Unit::object;
  FormSet forms = FormSet::text();  // that all of its words may have
  std::vector<std::string> words;   // literals of the order, or its bytes where they are text
  Kind kind = Kind::unknown;        // that the rule asks for: text, mail or SQL dump; unknown: any
  std::string place;                // begin of the path that the rule asks for, "var/log/"; empty: any
};

// The recipes of one rule, one for each literal that may take a turn, at most `most`. None where it asks for what is
// not written here: an expression, a digest, another kind, a single file.
[[nodiscard]] std::vector<Recipe> recipes_of(const Scope& scope, std::uint32_t rule, std::size_t most);
// The line that such a text holds, and no other with a word of the case.
[[nodiscard]] std::string line_of(const Recipe& recipe);

struct PlantedFile {
  std::string path, bytes;
  std::int64_t modified = 0;  // seconds since 1970, UTC: within the dates of the order
};
struct PlantPlan {
  const Scope* scope = nullptr;
  std::vector<Recipe> recipes;  // each takes its turn; not empty where `relevant` is not 0
  std::uint64_t relevant = 0, private_items = 0, seed = 0;
};
struct Plant {
  std::vector<PlantedFile> files;
  Registry registry;
};
// The same plan gives the same bytes.
[[nodiscard]] Plant plant(const PlantPlan& plan);

// The registry as JSON, and back. Error: usage, for what is no registry.
[[nodiscard]] std::string to_json(const Registry& registry);
[[nodiscard]] Result<Registry> read_registry(const std::string& path);

}  // namespace ambit::audit
