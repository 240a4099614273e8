#include "pipeline/cli/command.h"

#include <cstdio>

#include "pipeline/locator.h"

namespace ambit::cli {

void write_out(std::string_view text) {
  // A run directory that somebody hands us may have been made to steer the reader's terminal; ours have no controls.
  const auto steering_bytes = [&](std::size_t at) -> std::size_t {
    const char c = text[at];
    return c == '\n' || c == '\r' || c == '\t' ? 0 : disguise_bytes(text.substr(at, 3));
  };
  std::size_t written = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t bytes = steering_bytes(at);
    if (bytes == 0) continue;
    std::fwrite(text.data() + written, 1, at - written, stdout);
    std::fputs("?", stdout);
    written = at + bytes;
    at = written - 1;
  }
  std::fwrite(text.data() + written, 1, text.size() - written, stdout);
}

void write_err(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

bool output_broken() { return std::ferror(stdout) != 0; }

Exit fail(const Error& error) {
  // What the operator typed may hold anything; printable() keeps it from steering the terminal.
  std::string text = "ambit: " + printable(error.what);
  if (!error.where.empty()) text += " (" + printable(error.where) + ")";
  text += '\n';
  if (!error.remedy.empty()) text += "  remedy: " + printable(error.remedy) + "\n";
  std::fflush(stdout);
  write_err(text);
  return error.kind == ErrorKind::stopped ? Exit::stopped : Exit::operator_must_act;
}

}  // namespace ambit::cli
