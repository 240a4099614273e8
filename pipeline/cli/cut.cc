#include "pipeline/cli/cut.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pipeline/cli/quantity.h"

namespace ambit::cli {
namespace {

// Unpacks {0}, a quoted name, into {1}.
struct Unpacker {
  std::string_view kind, command;
};
constexpr std::array kUnpackers = {
    Unpacker{"EWF", "ewfexport -u -q -f raw -t - {0} > {1}"},
    Unpacker{"qcow2", "qemu-img convert -f qcow2 -O raw {0} {1}"},
    Unpacker{"VMDK", "qemu-img convert -f vmdk -O raw {0} {1}"},
    Unpacker{"VHD", "qemu-img convert -f vpc -O raw {0} {1}"},
    Unpacker{"VHDX", "qemu-img convert -f vhdx -O raw {0} {1}"},
    Unpacker{"VDI", "qemu-img convert -f vdi -O raw {0} {1}"},
    Unpacker{"DMG", "qemu-img convert -f dmg -O raw {0} {1}"},
};

// The parts of image.001, or image.aa, as the shell finds them: no other file that begins alike, a log or a checksum.
std::string parts_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return shell_quoted(name);
  std::string_view suffix = name.substr(dot + 1);
  suffix = suffix.substr(0, suffix.find('#'));  // "#2": the second exhibit of this name
  std::string out = shell_quoted(name.substr(0, dot + 1));
  for (const char c : suffix) out += c >= '0' && c <= '9' ? "[0-9]" : "[a-z]";
  return out;
}

}  // namespace

Cut::Cut(std::string_view exhibit_name, std::string_view exhibit_kind) : input_(shell_quoted(exhibit_name)) {
  if (exhibit_kind == "split raw") feed_ = "cat " + parts_of(exhibit_name);
  const auto unpacker = std::find_if(kUnpackers.begin(), kUnpackers.end(),
                                     [&](const Unpacker& each) { return each.kind == exhibit_kind; });
  if (unpacker == kUnpackers.end()) return;
  const std::string packed = input_;
  input_ = shell_quoted(std::string(exhibit_name) + ".raw");
  unpacking_ = fmt::format(fmt::runtime(unpacker->command), packed, input_);
}

std::string Cut::bytes(std::uint64_t offset, std::uint64_t length) const {
  const std::string range = fmt::format("skip={} count={} status=none", offset, length);
  if (feed_.empty()) return fmt::format("dd if={} bs=1M iflag=skip_bytes,count_bytes {}", input_, range);
  return fmt::format("{} | dd bs=1M iflag=skip_bytes,count_bytes,fullblock {}", feed_, range);
}

std::string Cut::zeros(std::uint64_t length) {
  return fmt::format("dd if=/dev/zero bs=1M iflag=count_bytes count={} status=none", length);
}

}  // namespace ambit::cli
