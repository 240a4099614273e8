#include "tests/laws/laws.h"

#include <algorithm>
#include <array>

namespace ambit::laws {
namespace {

using namespace std::string_view_literals;

// --- the tables: whoever moves a wall edits these ----------------------------------------------------------

// L0. pipeline/ from the bottom to the top. A name that ends in '*' stands for all files that begin so; they
// share a place and may include each other.
constexpr std::array kOrder = {"ascii"sv,        "base64"sv,        "result"sv,         "exhausted"sv,
                               "memory_limit"sv, "limits*"sv,       "parallel"sv,       "file_descriptor"sv,
                               "patience"sv,     "varint"sv,        "disk_marks"sv,     "sha256"sv,
                               "file"sv,         "sealed_sort"sv,   "locator"sv,        "byte_source"sv,
                               "byte_stream"sv,  "evidence_file"sv, "read_counter"sv,   "exhibit"sv,
                               "object"sv,       "run_content"sv,   "content_source"sv, "volume_sets"sv,
                               "pattern"sv,      "bloom_filter"sv,  "hash_set*"sv,      "disposition"sv,
                               "facts"sv,        "scope"sv,         "literals"sv,       "scanner"sv,
                               "chunk"sv,        "account"sv,       "stats"sv,          "stage"sv,
                               "detector"sv,     "hash_list"sv,     "hash_source*"sv,   "residue"sv,
                               "layout"sv,       "order*"sv,        "detector_file"sv,  "read_ahead"sv,
                               "scheduler"sv,    "run_audit"sv,     "run_canary"sv,     "triage*"sv,
                               "cli/*"sv,        "main"sv};
// L1. What a stage may see of pipeline/: up to here, and the detectors' nouns.
constexpr std::string_view kHighestForStages = "stage";
constexpr std::string_view kAlsoForStages = "detector";

// L2. A third-party header and the one door through which it comes in. Both ends are prefixes.
struct Door {
  std::string_view header;
  std::string_view files;
};
constexpr std::array kDoors = {
    Door{"hs/", "pipeline/scanner.cc"},
    Door{"toml++/", "pipeline/order"},
    Door{"toml++/", "pipeline/detector_file.cc"},
    Door{"unicode/", "stages/match/"},
    Door{"libdeflate", "stages/open/packed_block.cc"},
    Door{"bzlib.h", "stages/open/packed_block.cc"},
    Door{"lzma.h", "stages/open/packed_block.cc"},
    Door{"zstd", "stages/open/packed_block.cc"},
    Door{"tsk/", "stages/walk/tsk/"},
    Door{"libcryptsetup.h", "stages/walk/volume/luks.cc"},
    Door{"xxh", "stages/hash/"},
    Door{"archive", "stages/unpack/archive/other_archive.cc"},
    Door{"brotli/", "stages/unpack/stream/brotli.cc"},
    Door{"bzlib.h", "stages/unpack/stream/bzip2.cc"},
    Door{"isa-l", "stages/unpack/stream/"},
    Door{"lz4", "stages/unpack/stream/lz4.cc"},
    Door{"liblzf/", "stages/unpack/stream/lzf.cc"},
    Door{"lzma.h", "stages/unpack/stream/xz.cc"},
    Door{"libbfio.h", "stages/unpack/outlook/outlook.cc"},
    Door{"libpff.h", "stages/unpack/outlook/"},
    Door{"sqfs/", "stages/unpack/archive/squashfs_image.cc"},
    Door{"seccomp.h", "stages/unpack/sandbox/lock.cc"},
    Door{"snappy", "stages/unpack/stream/snappy.cc"},
    Door{"uchardet", "stages/unpack/text/charset_guess.cc"},
    Door{"unicode/", "stages/unpack/text/charset.cc"},
    Door{"zstd", "stages/unpack/stream/zstd.cc"},
    Door{"openssl/", "pipeline/sha256.cc"},
    Door{"openssl/", "stages/hash/"},
    Door{"openssl/", "stages/walk/volume/luks_bytes.cc"},
    Door{"re2/", "stages/audit/candidates.cc"},
    Door{"sqlite3.h", "stages/record/"},
    Door{"sqlite3.h", "pipeline/hash_source_sqlite.cc"},
    Door{"zstd", "stages/record/"},
    Door{"sodium", "stages/record/"},
    Door{"sodium", "pipeline/sealed_sort.cc"},
    Door{"tbb/", "pipeline/scheduler.cc"},
    Door{"oneapi/", "pipeline/scheduler.cc"},
    Door{"CLI/", "pipeline/cli/arguments.cc"},
    Door{"nlohmann/", "stages/audit/canary_registry.cc"},
    Door{"nlohmann/", "stages/record/"},
    Door{"nlohmann/", "pipeline/cli/"},
    Door{"nlohmann/", "pipeline/triage_report.cc"},  // run.json
    Door{"nlohmann/", "pipeline/triage_status.cc"},  // status.json
    Door{"fmt/", "stages/record/"},
    Door{"fmt/", "pipeline/cli/"},
    Door{"fmt/", "pipeline/main.cc"},
    Door{"malloc.h", "pipeline/main.cc"},  // glibc's own
};
// The operating system and the processor: no library, no door. A header without '.' and '/' is the standard's.
constexpr std::array kSystemHeaders = {
    "sys/"sv,    "linux/"sv,    "fcntl.h"sv, "unistd.h"sv,    "dirent.h"sv,  "signal.h"sv, "poll.h"sv,    "time.h"sv,
    "errno.h"sv, "strings.h"sv, "spawn.h"sv, "immintrin.h"sv, "pthread.h"sv, "sched.h"sv,  "termios.h"sv, "pwd.h"sv};

// L3. The list of stages, and the one header of it that others include.
constexpr std::string_view kList = "pipeline/triage.cc";
constexpr std::string_view kListsFace = "pipeline/triage.h";

// L4. The words that speak.
constexpr std::array kMouths = {"std::cout"sv,  "std::cerr"sv, "std::clog"sv, "printf"sv,  "fprintf"sv, "vprintf"sv,
                                "vfprintf"sv,   "puts"sv,      "fputs"sv,     "putchar"sv, "perror"sv,  "fmt::print"sv,
                                "std::print"sv, "dprintf"sv,   "stdout"sv,    "stderr"sv,  "syslog"sv};

// L6. The facts without text, and the members that would hold some.
constexpr std::array kTextless = {"Hit"sv, "Extent"sv, "Finding"sv, "Exception"sv};
constexpr std::array kTextTypes = {"string"sv, "string_view"sv, "span"sv,       "vector"sv,     "char"sv,
                                   "byte"sv,   "path"sv,        "shared_ptr"sv, "unique_ptr"sv, "array"sv};
constexpr std::string_view kFacts = "pipeline/facts.h";
constexpr std::string_view kSealer = "stages/record/seal.cc";

// -----------------------------------------------------------------------------------------------------------

bool in_pipeline(const Source& s) { return s.path.starts_with("pipeline/"); }
bool in_stages(const Source& s) { return s.path.starts_with("stages/"); }
bool in_house(const Source& s) { return is_cpp(s) && (in_pipeline(s) || in_stages(s)); }
bool speaks_for_all(const Source& s) { return s.path == "pipeline/main.cc" || s.path.starts_with("pipeline/cli/"); }

std::string complaint(const Source& s, std::size_t line, std::string_view what) {
  return s.path + ":" + std::to_string(line) + ": " + std::string(what);
}

// "stages/match/forms.h" -> "stages/match/"
std::string stage_folder(std::string_view path) {
  const std::size_t end = path.find('/', "stages/"sv.size());
  return end == std::string_view::npos ? std::string() : std::string(path.substr(0, end + 1));
}

bool may_be_seen_by_stages(std::string_view header) {
  const int place = place_in_pipeline(header);
  const std::string also = "pipeline/" + std::string(kAlsoForStages) + ".h";
  return header == also ||
         (place >= 0 && place <= place_in_pipeline("pipeline/" + std::string(kHighestForStages) + ".h"));
}

bool is_system_header(std::string_view header) {
  if (header.find_first_of("./") == std::string_view::npos) return true;
  return std::any_of(kSystemHeaders.begin(), kSystemHeaders.end(), [&](std::string_view known) {
    return known.ends_with('/') ? header.starts_with(known) : header == known;
  });
}

// The text of a call `name(…)` in a CMake file, for each call.
std::vector<std::pair<std::size_t, std::string>> cmake_calls(std::string_view text, std::string_view name) {
  std::vector<std::pair<std::size_t, std::string>> calls;
  for (const std::size_t at : find_word(text, name)) {
    const std::size_t open = skip_space(text, at + name.size());
    if (open == text.size() || text[open] != '(') continue;
    calls.emplace_back(at, std::string(text.substr(open, past_bracket(text, open) - open)));
  }
  return calls;
}

Complaints optional_in_cmake(const Source& s) {
  Complaints all;
  const std::string code = cmake_code(s.text);
  for (const std::string_view name : {"option"sv, "cmake_dependent_option"sv, "find_library"sv, "find_path"sv}) {
    for (const auto& [at, call] : cmake_calls(code, name)) {
      all.push_back(complaint(s, line_at(code, at), "L5: " + std::string(name) + "() makes a feature optional"));
    }
  }
  for (const std::string_view name : {"find_package"sv, "pkg_check_modules"sv}) {
    for (const auto& [at, call] : cmake_calls(code, name)) {
      if (!find_word(call, "REQUIRED").empty()) continue;
      all.push_back(complaint(s, line_at(code, at), "L5: " + std::string(name) + "() without REQUIRED"));
    }
  }
  for (const std::string_view name : {"GLOB"sv, "GLOB_RECURSE"sv}) {
    for (const std::size_t at : find_word(code, name)) {
      if (code.substr(at, code.find(')', at) - at).find("configs/detectors") != std::string::npos) continue;
      all.push_back(complaint(s, line_at(code, at), "L5: lists are written, not globbed"));
    }
  }
  return all;
}

// The compiler may be asked what it is (__SANITIZE_THREAD__); nobody may be asked what is installed or wanted.
bool asks_only_the_compiler(std::string_view condition) {
  if (!find_word(condition, "__has_include").empty()) return false;
  for (std::size_t i = 0; i < condition.size();) {
    const std::size_t begin = condition.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz", i);
    if (begin == std::string_view::npos) return true;
    const std::size_t end = std::min(condition.find_first_of(" \t()!&|<>=", begin), condition.size());
    const std::string_view word = condition.substr(begin, end - begin);
    if (!word.starts_with("__") && word != "defined" && word != "NDEBUG") return false;
    i = end;
  }
  return true;
}

}  // namespace

int place_in_pipeline(std::string_view path) {
  constexpr std::string_view folder = "pipeline/";
  if (!path.starts_with(folder)) return -1;
  const std::string_view stem = path.substr(folder.size(), path.rfind('.') - folder.size());
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    const std::string_view name = kOrder[i];
    const std::string_view prefix = name.substr(0, name.size() - 1);
    const bool group = name.ends_with('*');
    const bool inside =
        group && (prefix.ends_with('/') ? stem.starts_with(prefix)
                                        : stem == prefix || stem.starts_with(std::string(prefix) + "_"));
    if (stem == name || inside) return static_cast<int>(i);
  }
  return -1;
}

Complaints down_the_list(const Source& source) {
  if (!is_cpp(source) || !in_pipeline(source)) return {};
  const int own = place_in_pipeline(source.path);
  if (own < 0) return {complaint(source, 1, "L0: has no place in the order of pipeline/ (see kOrder in tests/laws)")};
  Complaints all;
  for (const Include& include : includes(source)) {
    if (!include.target.starts_with("pipeline/")) continue;
    if (place_in_pipeline(include.target) > own) {
      all.push_back(complaint(source, include.line, "L0: includes " + include.target + ", which stands above it"));
    }
  }
  return all;
}

Complaints star(const Source& source) {
  if (!is_cpp(source) || !in_stages(source)) return {};
  const std::string own = stage_folder(source.path);
  if (own.empty()) return {complaint(source, 1, "L1: stands in no stage's folder")};
  Complaints all;
  for (const Include& include : includes(source)) {
    if (!include.quoted || include.target.starts_with(own) || may_be_seen_by_stages(include.target)) continue;
    all.push_back(complaint(source, include.line, "L1: a stage may not include " + include.target));
  }
  return all;
}

Complaints one_door(const Source& source) {
  if (!in_house(source)) return {};
  Complaints all;
  for (const Include& include : includes(source)) {
    const bool local = include.target.starts_with("pipeline/") || include.target.starts_with("stages/");
    if (local && include.quoted) continue;
    if (!include.quoted && is_system_header(include.target)) continue;
    const bool open = is_cc(source) && std::any_of(kDoors.begin(), kDoors.end(), [&](const Door& door) {
                        return include.target.starts_with(door.header) && source.path.starts_with(door.files);
                      });
    if (!open) all.push_back(complaint(source, include.line, "L2: no door here for " + include.target));
  }
  return all;
}

Complaints one_list_of_stages(const Source& source) {
  if (!in_house(source)) return {};
  // triage.h is what the commands see; triage_*.h are private to the list and may see what it sees.
  const bool is_list = place_in_pipeline(source.path) == place_in_pipeline(kList) && source.path != kListsFace;
  Complaints all;
  for (const Include& include : includes(source)) {
    const bool reads_a_run = source.path.starts_with("pipeline/cli/") && include.target.starts_with("stages/record/");
    const bool outside = in_pipeline(source) && include.target.starts_with("stages/") && !reads_a_run;
    const bool behind = place_in_pipeline(include.target) == place_in_pipeline(kList) && include.target != kListsFace;
    if (is_list || !(outside || behind)) continue;
    all.push_back(complaint(source, include.line, "L3: only the list of stages includes " + include.target));
  }
  return all;
}

Complaints one_mouth(const Source& source) {
  if (!in_house(source) || speaks_for_all(source)) return {};
  Complaints all;
  const std::string code = without_comments(source.text, Keep::code_only);
  for (const std::string_view mouth : kMouths) {
    for (const std::size_t at : find_word(code, mouth)) {
      all.push_back(complaint(source, line_at(code, at), "L4: only the command line speaks: " + std::string(mouth)));
    }
  }
  return all;
}

Complaints no_optional_features(const Source& source) {
  if (is_cmake(source)) return optional_in_cmake(source);
  if (!in_house(source)) return {};
  Complaints all;
  const std::string code = without_comments(source.text, Keep::code_only);
  for (const std::string_view name : {"if"sv, "ifdef"sv, "ifndef"sv, "elif"sv}) {
    for (const std::size_t at : find_word(code, name)) {
      const std::size_t hash = at == 0 ? std::string::npos : code.find_last_not_of(" \t", at - 1);
      if (hash == std::string::npos || code[hash] != '#') continue;
      const std::size_t begin = at + name.size();
      if (asks_only_the_compiler(std::string_view(code).substr(begin, code.find('\n', begin) - begin))) continue;
      all.push_back(complaint(source, line_at(code, at), "L5: two builds of one version must find the same"));
    }
  }
  return all;
}

Complaints chunk_stays_silent(const Source& source) {
  if (!in_house(source)) return {};
  Complaints all;
  const std::string code = without_comments(source.text, Keep::code_only);
  for (const std::string_view word : {"operator<<"sv, "formatter"sv, "format_as"sv, "to_string"sv, "to_json"sv}) {
    for (const std::size_t at : find_word(code, word)) {
      const std::string_view declaration = std::string_view(code).substr(at, code.find_first_of(";{", at) - at);
      if (find_word(declaration, "Chunk").empty()) continue;
      if (declaration.find("= delete") != std::string_view::npos) continue;
      all.push_back(complaint(source, line_at(code, at), "L6: a Chunk cannot be printed"));
    }
  }
  return all;
}

Complaints facts_hold_no_text(const Source& source) {
  if (source.path != kFacts) return {};
  Complaints all;
  const std::string code = without_comments(source.text, Keep::code_only);
  for (const std::string_view name : kTextless) {
    const std::size_t at = code.find("struct " + std::string(name) + " {");
    if (at == std::string::npos) {
      all.push_back(complaint(source, 1, "L6: struct " + std::string(name) + " is gone; tests/laws must know where"));
      continue;
    }
    const std::size_t open = code.find('{', at);
    const std::string_view body = std::string_view(code).substr(open, past_bracket(code, open) - open);
    const bool text = std::any_of(kTextTypes.begin(), kTextTypes.end(),
                                  [&](std::string_view type) { return !find_word(body, type).empty(); });
    if (text || body.find('*') != std::string_view::npos) {
      all.push_back(complaint(source, line_at(code, at), "L6: " + std::string(name) + " may hold no text or pointer"));
    }
  }
  return all;
}

Complaints one_pseudonym(const Source& source) {
  if (!in_house(source) || source.path == kSealer) return {};
  Complaints all;
  const std::string code = without_comments(source.text, Keep::code_only);
  for (std::size_t at = code.find("pseudonym"); at != std::string::npos; at = code.find("pseudonym", at + 1)) {
    const std::size_t open = std::min(code.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at), code.size());
    if (open == code.size() || code[open] != '(') continue;
    const std::size_t close = past_bracket(code, open);
    if (close == std::string::npos) continue;
    std::size_t next = skip_space(code, close);
    for (const std::string_view word : {"const"sv, "noexcept"sv}) {
      if (std::string_view(code).substr(next).starts_with(word)) next = skip_space(code, next + word.size());
    }
    if (next < code.size() && code[next] == '{') {
      all.push_back(complaint(source, line_at(code, at), "L6: only " + std::string(kSealer) + " makes a pseudonym"));
    }
  }
  return all;
}

}  // namespace ambit::laws
