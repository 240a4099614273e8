#include "stages/open/open_image.h"

#include <algorithm>
#include <array>

#include "stages/open/ewf_sections.h"
#include "stages/open/fields.h"
#include "stages/open/formats.h"

namespace ambit {
namespace open {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::string_view bytes;
  ImageFormat format;
  std::size_t at = 0;
};
constexpr std::array kSignatures = {
    Signature{"EVF2\r\n\x81\0"sv, ImageFormat::ewf2},
    Signature{"LEF2\r\n\x81\0"sv, ImageFormat::ewf2},
    Signature{"LVF\x09\r\n\xff\0"sv, ImageFormat::logical_ewf},
    Signature{"EVF\x09\r\n\xff\0"sv, ImageFormat::ewf},
    Signature{"QFI\xfb"sv, ImageFormat::qcow2},
    Signature{"KDMV"sv, ImageFormat::vmdk},
    Signature{"COWD"sv, ImageFormat::vmdk_other},
    Signature{"\xbe\xba\xfe\xca\0\0\0\0"sv, ImageFormat::vmdk_other},  // the sparse files of ESXi 6.5 on
    Signature{"# Disk DescriptorFile"sv, ImageFormat::vmdk_text},
    Signature{"vhdxfile"sv, ImageFormat::vhdx},
    Signature{"\x7f\x10\xda\xbe"sv, ImageFormat::vdi, 64},
    Signature{"AFF10\r\n\0"sv, ImageFormat::aff},
    Signature{"container.description"sv, ImageFormat::aff, 30},  // the first member of a zip: AFF4
    Signature{"QED\0"sv, ImageFormat::other_virtual},
    Signature{"WithoutFreeSpace"sv, ImageFormat::other_virtual},  // Parallels
    Signature{"WithouFreSpacExt"sv, ImageFormat::other_virtual},
    Signature{"Bochs Virtual HD Image\0"sv, ImageFormat::other_virtual},
    Signature{"#!/bin/sh\n#V2.0 Format\n"sv, ImageFormat::other_virtual},  // cloop
    Signature{"encrcdsa\0\0\0\2"sv, ImageFormat::udif_encrypted},
};

// A file inside an exhibit, as an image of its own.
class InnerRaw final : public Exhibit {
 public:
  InnerRaw(const std::string& name, Bytes bytes) : Exhibit(name, "", ExhibitKind::raw), bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_->size(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    return bytes_->read_at(offset, into);
  }
  DataRun run_at(std::uint64_t offset) const override { return bytes_->run_at(offset); }
  void will_need(std::uint64_t offset, std::uint64_t length) const override { bytes_->will_need(offset, length); }

 private:
  Bytes bytes_;
};

// One of the files of which bytes are joined.
class PartSource final : public ByteSource {
 public:
  PartSource(Bytes whole, std::uint64_t begin, std::uint64_t end)
      : whole_(std::move(whole)), begin_(begin), bytes_(end - begin) {}
  std::uint64_t size() const override { return bytes_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= bytes_) return std::size_t{0};
    return whole_->read_at(begin_ + offset, into.first(std::min<std::uint64_t>(into.size(), bytes_ - offset)));
  }
  DataRun run_at(std::uint64_t offset) const override {
    if (offset >= bytes_) return {offset, UINT64_MAX - offset, false};
    const DataRun run = whole_->run_at(begin_ + offset);
    const std::uint64_t from = std::max(run.offset, begin_) - begin_;
    const std::uint64_t until = std::min(run.offset + std::min(run.length, UINT64_MAX - run.offset), begin_ + bytes_);
    return {from, until - begin_ - from, run.hole};
  }

 private:
  Bytes whole_;
  std::uint64_t begin_, bytes_;
};

std::vector<NamedPart> parts_of(const Bytes& whole, const std::vector<ContentPart>& parts) {
  std::vector<NamedPart> out;
  std::uint64_t begin = 0;
  for (const ContentPart& part : parts) {
    out.push_back({part.name, std::make_shared<PartSource>(whole, begin, part.end)});
    begin = part.end;
  }
  return out;
}

// Disks that are numbered, each of them whole. The copy of its superblock with which each group of XFS begins may stand
// where a disk was cut.
bool are_disks_by_themselves(const std::vector<NamedPart>& parts) {
  std::array<std::byte, 4> begin{};
  const auto got = read_up_to(*parts[1].bytes, 0, begin);
  if (got.ok() && text(begin) == "XFSB") return false;
  return image_format(*parts[1].bytes) != ImageFormat::none || has_disk_content(*parts[1].bytes);
}

}  // namespace

ImageFormat image_format(const ByteSource& bytes) {
  std::array<std::byte, 72> head{};
  const Result<std::size_t> got = read_up_to(bytes, 0, head);
  if (!got.ok()) return ImageFormat::none;
  const std::string_view begin = text(std::span(head).first(*got));
  for (const Signature& signature : kSignatures) {
    if (begin.substr(std::min(begin.size(), signature.at)).starts_with(signature.bytes)) return signature.format;
  }
  if (is_vhd(bytes)) return ImageFormat::vhd;
  if (is_udif(bytes)) return ImageFormat::udif;
  return ewf::is_segment(bytes) ? ImageFormat::ewf : ImageFormat::none;
}

Error not_read(ImageFormat format, const std::string& path) {
  switch (format) {
    case ImageFormat::ewf2:
      return {ErrorKind::evidence,
              "this is an image of EnCase 7 or later (Ex01 or Lx01), which this version does not read", path,
              "convert it to E01 with FTK Imager or EnCase, or to raw"};
    case ImageFormat::logical_ewf:
      return {ErrorKind::evidence, "this is a logical image (L01): files, not a disk", path,
              "extract its files with EnCase or FTK Imager and give the folder"};
    case ImageFormat::udif_encrypted:
      return {ErrorKind::evidence, "this is an encrypted disk image of Apple (DMG)", path,
              "convert it with hdiutil convert -format UDRO and its passphrase, on a copy"};
    case ImageFormat::aff:
      return {ErrorKind::evidence, "this is an image in AFF or AFF4, which this version does not read", path,
              "convert it on a copy: AFF to raw with affconvert -r (package afflib-tools), AFF4 to E01 or raw with the "
              "tool that made it"};
    case ImageFormat::other_virtual:
      return {ErrorKind::evidence,
              "this is a disk of a virtual machine (QED, Parallels, Bochs or cloop) that this version does not read",
              path, "convert it with qemu-img convert -O qcow2 (on a copy), or to raw"};
    default:
      return {ErrorKind::evidence, "this is a VMDK of VMware ESX, which this version does not read", path,
              "convert it with vmkfstools -i or qemu-img convert, on a copy"};
  }
}

Opened open_as(ImageFormat format, const Request& request, Bytes bytes) {
  switch (format) {
    case ImageFormat::qcow2:
      return open_qcow2(request, std::move(bytes));
    case ImageFormat::vmdk:
      return open_vmdk(request, std::move(bytes));
    case ImageFormat::vhd:
      return open_vhd(request, std::move(bytes));
    case ImageFormat::vhdx:
      return open_vhdx(request, std::move(bytes));
    case ImageFormat::vdi:
      return open_vdi(request, std::move(bytes));
    case ImageFormat::udif:
      return open_udif(request, std::move(bytes));
    case ImageFormat::udif_encrypted:
    case ImageFormat::ewf2:
    case ImageFormat::logical_ewf:
    case ImageFormat::vmdk_other:
    case ImageFormat::aff:
    case ImageFormat::other_virtual:
      return not_read(format, request.path.empty() ? request.name : request.path);
    case ImageFormat::ewf:
    case ImageFormat::vmdk_text:
    case ImageFormat::none:
      break;
  }
  return std::unique_ptr<Exhibit>();
}

}  // namespace open

bool ends_like_image(std::span<const std::byte> last_bytes) {
  const std::string_view end = open::text(last_bytes);
  return end.starts_with("conectix") || end.starts_with(open::kUdifEnd);
}

Result<std::unique_ptr<Exhibit>> open_image(std::shared_ptr<const ByteSource> bytes, const std::string& name,
                                            const std::vector<ContentPart>& joined,
                                            std::shared_ptr<BlockCache> blocks) {
  using open::ImageFormat;
  std::vector<open::NamedPart> parts = open::parts_of(bytes, joined);
  if (parts.empty()) parts.push_back({name, bytes});
  open::Request request{name, "", "", nullptr, nullptr, std::move(blocks)};
  request.parts = &parts;
  const ImageFormat format = open::image_format(*parts.front().bytes);
  if (format == ImageFormat::ewf) {
    std::vector<open::Bytes> segments;
    for (const open::NamedPart& part : parts) segments.push_back(part.bytes);
    return open::open_ewf_inside(request, std::move(segments));
  }
  if (format == ImageFormat::vmdk_text) return open::open_vmdk_parts(request, parts.front().bytes);
  if (parts.size() > 1 && open::are_disks_by_themselves(parts)) return std::unique_ptr<Exhibit>();
  if (const ImageFormat whole = open::image_format(*bytes); whole != ImageFormat::none) {
    return open::open_as(whole, request, std::move(bytes));
  }
  if (!open::has_disk_content(*bytes)) return std::unique_ptr<Exhibit>();
  return std::unique_ptr<Exhibit>(std::make_unique<open::InnerRaw>(name, std::move(bytes)));
}

}  // namespace ambit
