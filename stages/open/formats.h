// What open_exhibit.cc and open_image.cc choose from; one function per file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/exhibit.h"
#include "pipeline/file_descriptor.h"
#include "pipeline/patience.h"
#include "pipeline/result.h"
#include "stages/open/block_cache.h"

namespace ambit::open {

// The bytes of an image's file. Shared: the file may be an exhibit's own or lie in a file system that others read too.
using Bytes = std::shared_ptr<const ByteSource>;

struct NamedPart {
  std::string name;
  Bytes bytes;
};

// A path split from its "raw:" or "file:" prefix.
struct Request {
  std::string name;                               // of the exhibit in the run
  std::string typed;                              // as the operator typed it
  std::string path;                               // without the prefix; empty: the image lies inside another
  std::shared_ptr<Patience> patience = nullptr;   // null with an empty path
  std::vector<std::string>* files = nullptr;      // takes the path of every file that is opened; null: nobody asks
  std::shared_ptr<BlockCache> blocks = nullptr;   // of all images of the run; null: none is kept
  const std::vector<NamedPart>* parts = nullptr;  // inside another image: the files beside, and itself; null: unknown
};

inline constexpr std::uint64_t kSector = 512;  // of which the formats' numbers of sectors are

// What is wrong with the image of the request, and the remedy.
[[nodiscard]] inline Error cannot(const Request& request, std::string what, std::string remedy) {
  return {ErrorKind::evidence, std::move(what), request.path.empty() ? request.name : request.path, std::move(remedy)};
}

using Opened = Result<std::unique_ptr<Exhibit>>;

[[nodiscard]] Opened open_folder(const Request& request);
[[nodiscard]] Opened open_raw(const Request& request, ExhibitKind kind);  // one image, one device or one plain file
[[nodiscard]] Opened open_split_raw(const Request& request);              // path names the first part
[[nodiscard]] Opened open_ewf(const Request& request);                    // path names the first part
[[nodiscard]] Opened open_ewf_inside(const Request& request, std::vector<Bytes> segments);
[[nodiscard]] Opened open_qcow2(const Request& request, Bytes bytes);
[[nodiscard]] Opened open_vmdk(const Request& request, Bytes bytes);       // one file: sparse or packed
[[nodiscard]] Opened open_vmdk_parts(const Request& request, Bytes text);  // the text that names the parts
[[nodiscard]] Opened open_vhd(const Request& request, Bytes bytes);
[[nodiscard]] Opened open_vhdx(const Request& request, Bytes bytes);
[[nodiscard]] Opened open_vdi(const Request& request, Bytes bytes);
[[nodiscard]] Opened open_udif(const Request& request, Bytes bytes);

// The folder as it is, read-only, without a note of being read; attached to no path. Not valid: this process may not.
[[nodiscard]] FileDescriptor untouched_view(const std::string& folder);

// What the bytes of a file say that it is. The formats that are recognised but not read are there to be refused.
enum class ImageFormat : std::uint8_t {
  none,
  ewf,
  ewf2,
  logical_ewf,
  qcow2,
  vmdk,
  vmdk_text,
  vmdk_other,
  vhd,
  vhdx,
  vdi,
  udif,
  udif_encrypted,
  aff,
  other_virtual
};
[[nodiscard]] ImageFormat image_format(const ByteSource& bytes);
// An Error with the remedy for a format that is recognised but not read.
[[nodiscard]] Error not_read(ImageFormat format, const std::string& path);
// What its file holds alone, whoever asks: of all formats but EWF and the text of a VMDK. Null: of no format.
[[nodiscard]] Opened open_as(ImageFormat format, const Request& request, Bytes bytes);
[[nodiscard]] bool is_vhd(const ByteSource& bytes);
[[nodiscard]] bool is_udif(const ByteSource& bytes);
// How the last 512 bytes of a DMG begin.
inline constexpr std::string_view kUdifEnd{"koly\0\0\0\4\0\0\2\0", 12};

// True if there is something under the path.
[[nodiscard]] bool exists(const std::string& path);
// True if the path looks like the first part of a split image and its second part exists: image.001, image.000,
// image.aa.
[[nodiscard]] bool is_split_raw(const std::string& path);
// True if the first bytes say that this is the image of a disk or of a file system.
[[nodiscard]] bool has_disk_content(const ByteSource& bytes);
// True if the file's name says so.
[[nodiscard]] bool has_disk_name(const std::string& path);

// `error` of an EvidenceFile, with what was tried, and on what.
[[nodiscard]] Error io_error(const Error& error, const std::string& what, const std::string& path);

}  // namespace ambit::open
