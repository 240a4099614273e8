// ambit export DIR --format F: the released items for other programs.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "pipeline/cli/command.h"
#include "stages/record/export.h"
#include "stages/record/run_reader.h"

namespace ambit::cli {
namespace {

struct ExportFlags {
  std::string directory, format, out;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Error cannot_write(const std::string& path) {
  return {ErrorKind::io, std::string("the export cannot be written: ") + std::strerror(errno), path,
          "name a new file in a folder with room that you may write to"};
}

// "x": a file that exists is never overwritten; it might be the last night's export, or evidence.
Exit export_to_file(const record::RunReader& run, const record::ExportFormat& format, const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "wxe"));
  if (!file) return fail(cannot_write(path));
  const auto write = [&](std::string_view text) {
    return std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  };
  const Result<> written = format.write(run, write);
  const bool whole = std::fflush(file.get()) == 0 && std::ferror(file.get()) == 0;
  if (written && whole) return Exit::complete;
  const Error problem = written ? cannot_write(path) : written.error();
  std::remove(path.c_str());  // nothing half-written is left that looks finished
  return fail(problem);
}

Exit export_items(const ExportFlags& options) {
  const auto run = record::RunReader::open(options.directory);
  if (!run) return fail(run.error());
  for (const record::ExportFormat& format : record::export_formats()) {
    if (format.name != options.format) continue;
    if (!options.out.empty()) return export_to_file(*run, format, options.out);
    const Result<> written = format.write(*run, [](std::string_view text) {
      write_out(text);
      return !output_broken();
    });
    return written ? Exit::complete : fail(written.error());
  }
  std::string known;
  for (const record::ExportFormat& format : record::export_formats()) {
    known += fmt::format("{}{}", known.empty() ? "" : ", ", format.name);
  }
  return fail({ErrorKind::usage, "there is no export format of this name", options.format, "one of: " + known});
}

}  // namespace

Action add_export(Arguments arguments) {
  const auto options = std::make_shared<ExportFlags>();
  std::string formats;
  for (const record::ExportFormat& format : record::export_formats()) {
    formats += fmt::format("\n{:<6}{}", format.name, format.help);
  }
  arguments.add_option("DIR", options->directory, "Run directory").required();
  arguments.add_option("--format", options->format, "One of:" + formats).required();
  arguments.add_option("-o,--out", options->out, "File to make (default: standard output)").type_name("FILE");
  return [options](const Words&) { return export_items(*options); };
}

}  // namespace ambit::cli
