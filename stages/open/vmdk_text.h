// The text of a VMDK: which files it is made of.
//
//   # Disk DescriptorFile
//   parentCID=ffffffff                       anything else: only the changes to another disk
//   createType="twoGbMaxExtentSparse"
//   RW 4192256 SPARSE "disk-s001.vmdk"       access, 512-byte sectors, kind, file
//   RW 4192256 FLAT "disk-flat.vmdk" 0       … and the sector in the file where it begins
//   RW 63 ZERO
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ambit::open::vmdk {

enum class ExtentKind : std::uint8_t { flat, sparse, zero, other };

struct Extent {
  ExtentKind kind = ExtentKind::other;
  std::uint64_t sectors = 0;
  std::uint64_t begin = 0;  // flat: first sector in the file
  std::string file;         // its last component: the parts lie beside the text, wherever they once were
};

struct Description {
  std::vector<Extent> extents;
  bool has_parent = false;
  bool is_encrypted = false;
};

// Nothing if there are more extents than any disk has.
[[nodiscard]] std::optional<Description> parse(std::string_view text);

}  // namespace ambit::open::vmdk
