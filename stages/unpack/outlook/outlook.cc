// Outlook's stores, .pst and .ost, by libpff: a message for each item of each folder.
//
// libpff wants to read at any place, and was not made for hostile files: it works in a sandbox.
#include <libbfio.h>
#include <libpff.h>

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"
#include "stages/unpack/outlook/item.h"

namespace ambit::unpack {
namespace {

// --- libbfio reads from a Content -------------------------------------------------------------------------------

struct Place {
  Content* content = nullptr;
  std::uint64_t size = 0, at = 0;
};
Place& place_of(intptr_t* handle) { return *reinterpret_cast<Place*>(handle); }

int on_free(intptr_t** handle, libbfio_error_t** /*error*/) {
  delete reinterpret_cast<Place*>(*handle);
  *handle = nullptr;
  return 1;
}
int on_clone(intptr_t** copy, intptr_t* handle, libbfio_error_t** /*error*/) {
  *copy = reinterpret_cast<intptr_t*>(new Place(place_of(handle)));
  return 1;
}
int on_open(intptr_t* /*handle*/, int /*access*/, libbfio_error_t** /*error*/) { return 1; }
int on_close(intptr_t* /*handle*/, libbfio_error_t** /*error*/) { return 0; }
ssize_t on_read(intptr_t* handle, std::uint8_t* into, std::size_t bytes, libbfio_error_t** /*error*/) {
  Place& place = place_of(handle);
  const Result<std::size_t> got = place.content->read_at(place.at, std::as_writable_bytes(std::span(into, bytes)));
  if (!got.ok()) return -1;
  place.at += *got;
  return static_cast<ssize_t>(*got);
}
ssize_t on_write(intptr_t* /*handle*/, const std::uint8_t* /*from*/, std::size_t /*bytes*/, libbfio_error_t** /*e*/) {
  return -1;
}
off64_t on_seek(intptr_t* handle, off64_t offset, int whence, libbfio_error_t** /*error*/) {
  Place& place = place_of(handle);
  const auto size = static_cast<off64_t>(place.size);
  const off64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? static_cast<off64_t>(place.at) : size;
  if (offset > size - from || offset < -from) return -1;
  place.at = static_cast<std::uint64_t>(from + offset);
  return from + offset;
}
int on_exists(intptr_t* /*handle*/, libbfio_error_t** /*error*/) { return 1; }
int on_is_open(intptr_t* /*handle*/, libbfio_error_t** /*error*/) { return 1; }
int on_size(intptr_t* handle, size64_t* size, libbfio_error_t** /*error*/) {
  *size = place_of(handle).size;
  return 1;
}

// --- the store ----------------------------------------------------------------------------------------------------

class Store final : public Unpacker {
 public:
  ~Store() override;
  [[nodiscard]] Result<> begin(const Packed& packed);
  Result<std::optional<Part>> next() override;
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  struct Level {
    OutlookItem folder;
    std::string path;
    int next = 0, count = 0;
  };
  void enter(OutlookItem folder, const std::string& path);
  [[nodiscard]] OutlookItem next_item(std::string& path);

  libbfio_handle_t* handle_ = nullptr;
  libpff_file_t* file_ = nullptr;
  std::vector<Level> levels_;
  int next_orphan_ = 0, orphans_ = 0;
  bool damaged_ = false;
  std::unique_ptr<ByteStream> bytes_;
};

Store::~Store() {
  bytes_.reset();
  levels_.clear();
  if (file_ != nullptr) libpff_file_close(file_, nullptr);
  libpff_file_free(&file_, nullptr);
  libbfio_handle_free(&handle_, nullptr);
}

Result<> Store::begin(const Packed& packed) {
  const Error damaged = evidence_error("an Outlook store is damaged");
  auto place = std::make_unique<Place>(Place{packed.content, packed.size, 0});
  if (libbfio_handle_initialize(&handle_, reinterpret_cast<intptr_t*>(place.get()), on_free, on_clone, on_open,
                                on_close, on_read, on_write, on_seek, on_exists, on_is_open, on_size,
                                LIBBFIO_FLAG_IO_HANDLE_MANAGED | LIBBFIO_FLAG_IO_HANDLE_CLONE_BY_FUNCTION,
                                nullptr) != 1) {
    return damaged;
  }
  static_cast<void>(place.release());
  if (libpff_file_initialize(&file_, nullptr) != 1 ||
      libpff_file_open_file_io_handle(file_, handle_, LIBBFIO_ACCESS_FLAG_READ, nullptr) != 1) {
    return damaged;
  }
  libpff_item_t* root = nullptr;
  // The whole tree, not only the folders that Outlook shows.
  if (libpff_file_get_root_item(file_, &root, nullptr) == 1) enter(OutlookItem(root), "");
  if (libpff_file_get_number_of_orphan_items(file_, &orphans_, nullptr) != 1) orphans_ = 0;
  if (levels_.empty() && orphans_ <= 0) return damaged;
  return Ok{};
}

void Store::enter(OutlookItem folder, const std::string& path) {
  if (levels_.size() >= limits::kMaxOutlookFolderDepth || path.size() > limits::kMaxPartNameBytes) {
    damaged_ = true;
    return;
  }
  int count = 0;
  if (libpff_item_get_number_of_sub_items(folder.get(), &count, nullptr) != 1) damaged_ = true;
  levels_.push_back({std::move(folder), path, 0, std::max(count, 0)});
}

// The next item of the tree, then those that no folder has; null at the end.
OutlookItem Store::next_item(std::string& path) {
  libpff_item_t* item = nullptr;
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.next == level.count) {
      levels_.pop_back();
      continue;
    }
    path = level.path;
    if (libpff_item_get_sub_item(level.folder.get(), level.next++, &item, nullptr) == 1) return OutlookItem(item);
    damaged_ = true;
  }
  path = "lost and found";
  while (next_orphan_ < orphans_) {
    if (libpff_file_get_orphan_item_by_index(file_, next_orphan_++, &item, nullptr) == 1) return OutlookItem(item);
    damaged_ = true;
  }
  return {};
}

Result<std::optional<Part>> Store::next() {
  bytes_.reset();
  std::string path;
  for (OutlookItem item = next_item(path); item != nullptr; item = next_item(path)) {
    std::uint8_t type = LIBPFF_ITEM_TYPE_UNDEFINED;
    static_cast<void>(libpff_item_get_type(item.get(), &type, nullptr));
    int inside = 0;
    const bool has_inside = libpff_item_get_number_of_sub_items(item.get(), &inside, nullptr) == 1 && inside > 0;
    if (type == LIBPFF_ITEM_TYPE_FOLDER || (type == LIBPFF_ITEM_TYPE_UNKNOWN && has_inside)) {
      std::string name = name_of(item.get());
      enter(std::move(item), path.empty() ? name : path + "/" + name);
      continue;
    }
    Part part;
    part.is = Part::Is::message;
    part.sent = sent_of(item.get());
    bytes_ = mail_of(std::move(item), path);
    return std::optional(std::move(part));
  }
  if (damaged_) return evidence_error("an Outlook store is damaged");
  return std::optional<Part>();
}

Result<std::size_t> Store::read(std::span<std::byte> into) {
  return bytes_ != nullptr ? bytes_->read(into) : Result<std::size_t>(std::size_t{0});
}

}  // namespace

Opened open_outlook(const Packed& packed) {
  if (packed.content == nullptr) return evidence_error("an Outlook store is larger than can be held");
  auto opened = std::make_unique<Store>();
  const Result<> begun = opened->begin(packed);
  if (!begun.ok()) return begun.error();
  return Opened(std::move(opened));
}

}  // namespace ambit::unpack
