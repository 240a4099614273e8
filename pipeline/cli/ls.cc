// ambit ls EXHIBIT…: what there is, before anybody sweeps it. Names of files are not shown.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "pipeline/cli/command.h"
#include "pipeline/cli/quantity.h"
#include "pipeline/cli/table.h"
#include "pipeline/triage.h"

namespace ambit::cli {
namespace {

using Json = nlohmann::ordered_json;

void print_text(const Listing& listing) {
  Table exhibits({{"exhibit"}, {"format"}, {"bytes", Align::right}});
  for (const auto& exhibit : listing.exhibits) exhibits.add({exhibit.name, exhibit.kind, grouped(exhibit.bytes)});
  write_out(exhibits.text() + "\n");
  Table volumes({{"volume"},
                 {"holds"},
                 {"file system"},
                 {"bytes", Align::right},
                 {"block", Align::right},
                 {"active", Align::right},
                 {"deleted", Align::right},
                 {"unreadable", Align::right},
                 {""}});
  for (const ListedVolume& volume : listing.volumes) {
    volumes.add({volume.locator, volume.description, volume.file_system.empty() ? "-" : volume.file_system,
                 grouped(volume.bytes), volume.block_bytes == 0 ? "-" : grouped(volume.block_bytes),
                 grouped(volume.active), grouped(volume.deleted), grouped(volume.troubled), volume.trouble});
  }
  write_out(volumes.text());
}

Json json_of(const Listing& listing) {
  Json out = {{"exhibits", Json::array()}, {"volumes", Json::array()}};
  for (const auto& exhibit : listing.exhibits) {
    out["exhibits"].push_back({{"name", exhibit.name}, {"kind", exhibit.kind}, {"bytes", exhibit.bytes}});
  }
  for (const ListedVolume& volume : listing.volumes) {
    out["volumes"].push_back({{"locator", volume.locator},
                              {"description", volume.description},
                              {"file_system", volume.file_system},
                              {"bytes", volume.bytes},
                              {"block_bytes", volume.block_bytes},
                              {"active", volume.active},
                              {"deleted", volume.deleted},
                              {"unreadable", volume.troubled},
                              {"missing_bytes", volume.missing},
                              {"trouble", volume.trouble}});
  }
  return out;
}

Exit ls(const std::vector<std::string>& paths, bool json) {
  const Result<Listing> listing = list_exhibits(paths);
  if (!listing) return fail(listing.error());
  if (json) {
    write_out(fmt::format("{}\n", json_of(*listing).dump(2, ' ', false, Json::error_handler_t::replace)));
  } else {
    print_text(*listing);
  }
  return Exit::complete;
}

}  // namespace

Action add_ls(Arguments arguments) {
  struct Options {
    std::vector<std::string> exhibits;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  arguments.add_option("EXHIBIT", options->exhibits, "Images or folders; several disks of one server together")
      .required();
  arguments.add_flag("--json", options->json, "As JSON");
  return [options](const Words&) { return ls(options->exhibits, options->json); };
}

}  // namespace ambit::cli
