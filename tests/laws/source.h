// Source: a file of the tree as the laws read it. No parser: comments and literals are blanked out, and what is
// left is searched word by word. That is enough for includes and calls, and takes milliseconds for the whole tree.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ambit::laws {

struct Source {
  std::string path;  // relative to the root of the tree, '/' between the parts
  std::string text;
};

[[nodiscard]] bool is_cc(const Source& source);     // a .cc file
[[nodiscard]] bool is_cpp(const Source& source);    // a .cc or .h file
[[nodiscard]] bool is_cmake(const Source& source);  // CMakeLists.txt or *.cmake

struct Include {
  std::string target;  // between the quotes or the angle brackets
  bool quoted = false;
  std::size_t line = 0;  // 1-based
};

// What to keep of a C++ text. Blanked bytes become spaces, so that offsets and lines stay what they were.
enum class Keep { literals, code_only };
[[nodiscard]] std::string without_comments(std::string_view text, Keep keep);

// A CMake text without its comments.
[[nodiscard]] std::string cmake_code(std::string_view text);

[[nodiscard]] std::vector<Include> includes(const Source& source);

// Offsets at which `word` stands in `code` as a whole word: no letter, digit or '_' touches it.
[[nodiscard]] std::vector<std::size_t> find_word(std::string_view code, std::string_view word);
[[nodiscard]] std::size_t line_at(std::string_view text, std::size_t offset);  // 1-based
[[nodiscard]] std::size_t count_lines(std::string_view text);
[[nodiscard]] std::size_t skip_space(std::string_view code, std::size_t offset);
// One past the bracket that closes the one at `open`; npos where none does.
[[nodiscard]] std::size_t past_bracket(std::string_view code, std::size_t open);

// Every text file below `root`, sorted by path; without build/, demo/ and the version control.
[[nodiscard]] std::vector<Source> read_tree(const std::filesystem::path& root);

}  // namespace ambit::laws
