// The laws of the house, held against the tree; and each law against a text that breaks it, so that no law can
// pass because it went blind.
#include "tests/laws/laws.h"

#include <gtest/gtest.h>

#include <ostream>
#include <type_traits>

#include "pipeline/chunk.h"
#include "pipeline/facts.h"
#include "pipeline/limits.h"

namespace ambit::laws {
namespace {

// L6 as the compiler holds it: these lines do not compile when a Chunk can be printed or a fact can hold text.
template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};
static_assert(Printable<int> && !Printable<Chunk>);
static_assert(std::is_trivially_copyable_v<Hit> && sizeof(Hit) <= 24);
static_assert(std::is_trivially_copyable_v<Finding> && sizeof(Finding) <= 24);
static_assert(std::is_trivially_copyable_v<Extent> && std::is_trivially_copyable_v<Exception>);

using Law = Complaints (*)(const Source&);
struct NamedLaw {
  const char* name;
  Law law;
};
void PrintTo(const NamedLaw& law, std::ostream* out) { *out << law.name; }
constexpr NamedLaw kLaws[] = {{"down_the_list", down_the_list},
                              {"star", star},
                              {"one_door", one_door},
                              {"one_list_of_stages", one_list_of_stages},
                              {"one_mouth", one_mouth},
                              {"no_optional_features", no_optional_features},
                              {"chunk_stays_silent", chunk_stays_silent},
                              {"facts_hold_no_text", facts_hold_no_text},
                              {"one_pseudonym", one_pseudonym},
                              {"short_files", short_files},
                              {"telling_names", telling_names},
                              {"no_machine_paths", no_machine_paths}};

const std::vector<Source>& tree() {
  static const std::vector<Source> sources = read_tree(AMBIT_SOURCE_DIR);
  return sources;
}

std::string joined(const Complaints& complaints) {
  std::string all;
  for (const std::string& one : complaints) all += one + "\n";
  return all;
}

std::vector<Source> cmake_lists() {
  std::vector<Source> lists;
  for (const Source& source : tree()) {
    if (is_cmake(source)) lists.push_back(source);
  }
  return lists;
}

std::set<std::string> paths_of_tree() {
  std::set<std::string> paths;
  for (const Source& source : tree()) {
    for (std::filesystem::path p = source.path; !p.empty(); p = p.parent_path()) paths.insert(p.generic_string());
  }
  return paths;
}

// --- the tree ----------------------------------------------------------------------------------------------

TEST(Tree, is_there_to_be_judged) {
  std::size_t pipeline = 0, stages = 0;
  for (const Source& source : tree()) {
    pipeline += is_cpp(source) && source.path.starts_with("pipeline/");
    stages += is_cpp(source) && source.path.starts_with("stages/");
  }
  EXPECT_GE(pipeline, 15U);
  EXPECT_GE(stages, 15U);
}

class TreeLaw : public testing::TestWithParam<NamedLaw> {};
TEST_P(TreeLaw, holds_in_every_file) {
  Complaints all;
  for (const Source& source : tree()) {
    for (std::string& one : GetParam().law(source)) all.push_back(std::move(one));
  }
  EXPECT_TRUE(all.empty()) << joined(all);
}
INSTANTIATE_TEST_SUITE_P(Laws, TreeLaw, testing::ValuesIn(kLaws), [](const auto& p) { return p.param.name; });

TEST(Tree, every_link_of_the_documents_leads_somewhere) {
  const std::set<std::string> paths = paths_of_tree();
  for (const Source& source : tree()) {
    const Complaints complaints = links_lead_somewhere(source, paths);
    EXPECT_TRUE(complaints.empty()) << joined(complaints);
  }
}

TEST(Tree, every_source_is_built) {
  const std::vector<Source> lists = cmake_lists();
  for (const Source& source : tree()) {
    const Complaints complaints = is_built(source, lists);
    EXPECT_TRUE(complaints.empty()) << joined(complaints);
  }
}

// --- the counter-proofs ------------------------------------------------------------------------------------

struct Breach {
  const char* what;
  Law law;
  Source source;
};
void PrintTo(const Breach& breach, std::ostream* out) { *out << breach.what; }

class Broken : public testing::TestWithParam<Breach> {};
TEST_P(Broken, is_noticed_once) {
  const Complaints complaints = GetParam().law(GetParam().source);
  EXPECT_EQ(complaints.size(), 1U) << joined(complaints);
}
const Breach kBreaches[] = {
    {"noun_includes_machine", down_the_list, {"pipeline/locator.h", "#include \"pipeline/triage.h\"\n"}},
    {"pipeline_file_without_place", down_the_list, {"pipeline/novelty.cc", ""}},
    {"order_includes_command", down_the_list, {"pipeline/order_rule.cc", "# include \"pipeline/cli/check.h\"\n"}},
    {"stage_includes_stage", star, {"stages/hash/digest.cc", "#include \"stages/match/match.h\"\n"}},
    {"stage_includes_scheduler", star, {"stages/hash/digest.cc", "#include \"pipeline/scheduler.h\"\n"}},
    {"stage_includes_order", star, {"stages/match/match.h", "#include \"pipeline/order.h\"\n"}},
    {"stage_includes_test", star, {"stages/match/match.h", "#include \"tests/evidence.h\"\n"}},
    {"stage_file_outside_rooms", star, {"stages/loose.cc", ""}},
    {"hyperscan_in_stage", one_door, {"stages/match/match.cc", "#include <hs/hs.h>\n"}},
    {"toml_in_stage", one_door, {"stages/scrutinise/detector.cc", "#include <toml++/toml.h>\n"}},
    {"icu_in_order", one_door, {"pipeline/order.cc", "#include <unicode/unistr.h>\n"}},
    {"xxhash_in_header", one_door, {"stages/hash/digest.h", "#include <xxhash.h>\n"}},
    {"openssl_in_record", one_door, {"stages/record/seal.cc", "#include <openssl/evp.h>\n"}},
    {"sqlite_in_command", one_door, {"pipeline/cli/census.cc", "#include <sqlite3.h>\n"}},
    {"sodium_in_quotes", one_door, {"pipeline/triage.cc", "#include \"sodium.h\"\n"}},
    {"tbb_in_triage", one_door, {"pipeline/triage.cc", "#include <tbb/task_group.h>\n"}},
    {"cli_parser_in_order", one_door, {"pipeline/order.cc", "#include <CLI/CLI.hpp>\n"}},
    {"library_nobody_knows", one_door, {"stages/open/ewf.cc", "#include <boost/any.hpp>\n"}},
    {"scheduler_sees_stage", one_list_of_stages, {"pipeline/scheduler.cc", "#include \"stages/hash/digest.h\"\n"}},
    {"triage_header_sees_stage", one_list_of_stages, {"pipeline/triage.h", "#include \"stages/hash/digest.h\"\n"}},
    {"command_sees_engine", one_list_of_stages, {"pipeline/cli/list.cc", "#include \"pipeline/triage_sweep.h\"\n"}},
    {"command_sees_sweep", one_list_of_stages, {"pipeline/cli/list.cc", "#include \"stages/match/match.h\"\n"}},
    {"stage_prints", one_mouth, {"stages/walk/walk.cc", "void f() { std::cout << 1; }\n"}},
    {"noun_prints_old_style", one_mouth, {"pipeline/account.cc", "void f() { printf(\"x\"); }\n"}},
    {"stage_prints_with_fmt", one_mouth, {"stages/walk/walk.cc", "void f() { fmt::print(\"x\"); }\n"}},
    {"machine_complains", one_mouth, {"pipeline/triage.cc", "void f() { std::cerr << 1; }\n"}},
    {"cmake_option", no_optional_features, {"CMakeLists.txt", "option(WITH_EWF \"\" ON)\n"}},
    {"cmake_find_without_required", no_optional_features, {"cmake/x.cmake", "find_package(TBB)\n"}},
    {"cmake_required_in_comment", no_optional_features, {"cmake/x.cmake", "find_package(TBB  # REQUIRED\n)\n"}},
    {"cmake_pkg_without_required", no_optional_features, {"CMakeLists.txt", "pkg_check_modules(Z libz)\n"}},
    {"cmake_glob", no_optional_features, {"tests/CMakeLists.txt", "file(GLOB sources *.cc)\n"}},
    {"ifdef_have", no_optional_features, {"stages/open/ewf.cc", "#ifdef HAVE_EWF\n#endif\n"}},
    {"if_defined", no_optional_features, {"pipeline/triage.cc", "# if defined(__linux__) && AMBIT_FAST\n#endif\n"}},
    {"if_has_include", no_optional_features, {"pipeline/chunk.h", "#if __has_include(<x>)\n#endif\n"}},
    {"chunk_to_stream", chunk_stays_silent, {"pipeline/chunk.h", "S& operator<<(S&, const Chunk&);\n"}},
    {"chunk_formatter", chunk_stays_silent, {"stages/hash/x.h", "template <> struct formatter<Chunk> {};\n"}},
    {"chunk_to_text", chunk_stays_silent, {"stages/hash/x.cc", "std::string to_string(const Chunk& c) {}\n"}},
    {"pseudonym_elsewhere", one_pseudonym, {"stages/record/ledger.cc", "S pseudonym(int a, F (b)) const {}\n"}},
    {"pseudonym_inline", one_pseudonym, {"stages/record/seal.h", "inline S make_pseudonym(V v) { return {}; }\n"}},
    {"long_file", short_files, {"stages/walk/walk.cc", std::string(401, '\n')}},
    {"vague_name", telling_names, {"stages/walk/path_utils.h", ""}},
    {"machine_path", no_machine_paths, {"docs/speed.md", std::string("see /wo") + "rk/out\n"}},
};
INSTANTIATE_TEST_SUITE_P(Laws, Broken, testing::ValuesIn(kBreaches), [](const auto& p) { return p.param.what; });

TEST(FactsHoldNoText, notices_each_type_that_could_hold_some) {
  const std::string facts = "struct Hit {};\nstruct Extent { int a; };\nstruct Finding {};\nstruct Exception {};\n";
  const std::string held = "struct Hit { int a; };";
  EXPECT_TRUE(facts_hold_no_text({"pipeline/facts.h", facts}).empty());
  for (const char* member : {"std::string s", "std::string_view s", "std::span<int> s", "const int* p", "char c[9]"}) {
    std::string broken = facts;
    broken.replace(broken.find("int a"), 5, member);
    EXPECT_EQ(facts_hold_no_text({"pipeline/facts.h", broken}).size(), 1U) << member;
  }
  EXPECT_EQ(facts_hold_no_text({"pipeline/facts.h", held}).size(), 3U) << "a struct that moved away is noticed";
}

TEST(Links, a_dead_one_is_noticed) {
  const std::set<std::string> paths = {"docs", "docs/a.md", "README.md"};
  const auto complaints = [&](const char* text) { return links_lead_somewhere({"docs/a.md", text}, paths).size(); };
  EXPECT_EQ(complaints("[x](b.md)"), 1U);
  EXPECT_EQ(complaints("<img src=\"a.svg\">"), 1U);
  EXPECT_EQ(complaints("[x](../README.md#run) [y](#here) [z](https://example.org/)"), 0U);
}

TEST(Built, a_forgotten_source_is_noticed) {
  const std::vector<Source> lists = {{"stages/hash/CMakeLists.txt", "ambit_library(h SOURCES digest.cc # old.cc\n)"},
                                     {"tests/CMakeLists.txt", "ambit_tests(record_tests FILES account LINKS a)"}};
  EXPECT_TRUE(is_built({"stages/hash/digest.cc", ""}, lists).empty());
  EXPECT_TRUE(is_built({"tests/account_test.cc", ""}, lists).empty());
  EXPECT_EQ(is_built({"stages/hash/old.cc", ""}, lists).size(), 1U);
  EXPECT_EQ(is_built({"tests/count_test.cc", ""}, lists).size(), 1U);
}

// What the laws must leave in peace: comments, literals, names that only contain a word.
TEST(Laws, leave_the_innocent_alone) {
  const Source innocent = {"stages/match/match.cc",
                           "// std::cout << #include \"stages/hash/digest.h\"\n/* printf() */\n"
                           "#include <unicode/unistr.h>\n#include <vector>\n#include <sys/stat.h>\n"
                           "#include \"pipeline/stage.h\"\n#include \"pipeline/detector.h\"\n"
                           "#include \"stages/match/forms.h\"\n#if defined(__SANITIZE_THREAD__)\n#endif\n"
                           "const char* s = R\"x(std::cerr \" puts( )x\";\nint n = 100'000, inputs(int), q = 'p';\n"
                           "int m = snprintf(a, 1, \"printf\");\n"};
  for (const NamedLaw& law : kLaws) EXPECT_TRUE(law.law(innocent).empty()) << joined(law.law(innocent));
}

TEST(Laws, leave_the_doors_open_that_are_doors) {
  const Source doors[] = {
      {"pipeline/scanner.cc", "#include <hs/hs.h>\n"},
      {"pipeline/order_rules.cc", "#include <toml++/toml.h>\n"},
      {"stages/record/seal.cc", "#include <sodium.h>\nS pseudonym(int a) {}\n"},
      {"pipeline/cli/list.cc", "#include \"stages/record/index.h\"\n#include <fmt/core.h>\n"},
      {"pipeline/triage_sweep.cc", "#include \"stages/match/match.h\"\n"},
      {"pipeline/triage_sweep.h", "#include \"stages/match/match.h\"\n"},
      {"pipeline/cli/arguments.cc", "#include <CLI/CLI.hpp>\n"},
      {"pipeline/main.cc", "void f() { std::cerr << 1; }\n"},
      {"cmake/x.cmake", "find_package(TBB REQUIRED) # option(x)\nfile(GLOB d configs/detectors/*)"}};
  for (const Source& door : doors) {
    for (const NamedLaw& law : kLaws) EXPECT_TRUE(law.law(door).empty()) << joined(law.law(door));
  }
}

}  // namespace
}  // namespace ambit::laws
