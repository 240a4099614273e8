// Which bytes begin like a disk or a file system, by the marks that stand at fixed places in it. An exhibit is opened
// by them (stages/open), and a file inside one is told from a plain file (stages/unpack/kind, triage_inside.cc). It
// does not matter whether the file system is read here: what is one is no ordinary file, which would be released as a
// whole.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ambit {

// Behind the last place that is looked at: the magic number in the second place of the super-block of UFS.
inline constexpr std::size_t kDiskMarkBytes = 0x10560;

// `head`: the first bytes of an object, as many as there are up to kDiskMarkBytes; marks beyond them are not seen. A
// mark of a few bytes counts only where the fields beside it make sense too, so that ordinary files pass.
[[nodiscard]] bool begins_like_disk(std::string_view head);

// Marks that stand far behind the beginning, which is empty: VMFS, the file system of VMware ESX.
inline constexpr std::array<std::uint64_t, 2> kFarMarkPlaces = {0x100000, 0x200000};
inline constexpr std::size_t kFarMarkBytes = 8;
// `bytes`: kFarMarkBytes from one of these places on.
[[nodiscard]] bool is_far_mark(std::string_view bytes);

}  // namespace ambit
