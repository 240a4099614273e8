#include "tests/laws/source.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace ambit::laws {
namespace {

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// One past a raw string R"x(…)x" whose quote stands at `quote`.
std::size_t past_raw_string(std::string_view text, std::size_t quote) {
  const std::size_t open = text.find('(', quote);
  if (open == std::string_view::npos) return text.size();
  const std::string close = ")" + std::string(text.substr(quote + 1, open - quote - 1)) + "\"";
  const std::size_t end = text.find(close, open);
  return end == std::string_view::npos ? text.size() : end + close.size();
}

// One past a literal in the quotes `text[quote]`.
std::size_t past_literal(std::string_view text, std::size_t quote) {
  for (std::size_t i = quote + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == text[quote] || text[i] == '\n') {
      return i + 1;
    }
  }
  return text.size();
}

bool starts_literal(std::string_view text, std::size_t at) {
  if (text[at] == '"') return true;
  return text[at] == '\'' && (at == 0 || !is_word(text[at - 1]));  // 100'000 is a number
}

bool in_version_control_or_built(const std::filesystem::path& relative) {
  const std::string first = relative.begin()->string();
  return first == ".git" || first == "build" || first == "demo" || first.starts_with("build-");
}

}  // namespace

bool is_cc(const Source& source) { return source.path.ends_with(".cc"); }
bool is_cpp(const Source& source) { return is_cc(source) || source.path.ends_with(".h"); }
bool is_cmake(const Source& source) {
  return source.path.ends_with("CMakeLists.txt") || source.path.ends_with(".cmake");
}

std::string cmake_code(std::string_view text) {
  std::string code(text);
  for (std::size_t at = code.find('#'); at != std::string::npos; at = code.find('#', at)) {
    while (at < code.size() && code[at] != '\n') code[at++] = ' ';
  }
  return code;
}

std::string without_comments(std::string_view text, Keep keep) {
  std::string out(text);
  const auto blank = [&out](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to && i < out.size(); ++i) {
      if (out[i] != '\n') out[i] = ' ';
    }
  };
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    if (text.substr(i, 2) == "//") {
      end = std::min(text.find('\n', i), text.size());
      blank(i, end);
    } else if (text.substr(i, 2) == "/*") {
      const std::size_t close = text.find("*/", i + 2);
      end = close == std::string_view::npos ? text.size() : close + 2;
      blank(i, end);
    } else if (starts_literal(text, i)) {
      const bool raw = text[i] == '"' && i > 0 && text[i - 1] == 'R';
      end = raw ? past_raw_string(text, i) : past_literal(text, i);
      if (keep == Keep::code_only) blank(i + 1, end - 1);
    }
    i = end;
  }
  return out;
}

std::vector<Include> includes(const Source& source) {
  std::vector<Include> found;
  const std::string code = without_comments(source.text, Keep::literals);
  for (const std::size_t at : find_word(code, "include")) {
    const std::size_t hash = code.find_last_not_of(" \t", at - 1);
    if (at == 0 || hash == std::string::npos || code[hash] != '#') continue;
    const std::size_t open = skip_space(code, at + 7);
    if (open >= code.size() || (code[open] != '"' && code[open] != '<')) continue;
    const std::size_t close = code.find(code[open] == '"' ? '"' : '>', open + 1);
    if (close == std::string::npos) continue;
    found.push_back({code.substr(open + 1, close - open - 1), code[open] == '"', line_at(code, at)});
  }
  return found;
}

std::vector<std::size_t> find_word(std::string_view code, std::string_view word) {
  std::vector<std::size_t> found;
  for (std::size_t at = code.find(word); at != std::string_view::npos; at = code.find(word, at + 1)) {
    const bool starts = at == 0 || !is_word(code[at - 1]) || !is_word(word.front());
    const std::size_t end = at + word.size();
    if (starts && (end == code.size() || !is_word(code[end]) || !is_word(word.back()))) found.push_back(at);
  }
  return found;
}

std::size_t line_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

std::size_t count_lines(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::size_t skip_space(std::string_view code, std::size_t offset) {
  return std::min(code.find_first_not_of(" \t\n", offset), code.size());
}

std::size_t past_bracket(std::string_view code, std::size_t open) {
  const char opening = code[open];
  const char closing = opening == '(' ? ')' : opening == '{' ? '}' : ']';
  std::size_t depth = 0;
  for (std::size_t i = open; i < code.size(); ++i) {
    if (code[i] == opening) ++depth;
    if (code[i] == closing && --depth == 0) return i + 1;
  }
  return std::string_view::npos;
}

std::vector<Source> read_tree(const std::filesystem::path& root) {
  std::vector<Source> sources;
  std::filesystem::recursive_directory_iterator it(root);
  for (const std::filesystem::directory_entry& entry : it) {
    const std::filesystem::path relative = entry.path().lexically_relative(root);
    if (in_version_control_or_built(relative)) {
      it.disable_recursion_pending();
    } else if (entry.is_regular_file() && !entry.is_symlink()) {
      std::ifstream in(entry.path(), std::ios::binary);
      sources.push_back(
          {relative.generic_string(), {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()}});
    }
  }
  std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) { return a.path < b.path; });
  return sources;
}

}  // namespace ambit::laws
