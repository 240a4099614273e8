// libsquashfs unpacks blocks by all decoders that squashfs has but LZO, which it leaves out for the sake of its
// license: that one is ours, and looks to it like one of its own.
#include "stages/unpack/archive/squashfs_image.h"

#include <sqfs/compressor.h>
#include <sqfs/error.h>
#include <sqfs/io.h>
#include <sqfs/meta_reader.h>
#include <sqfs/super.h>
#include <sqfs/xattr.h>
#include <sqfs/xattr_reader.h>

#include <array>

#include "pipeline/limits.h"
#include "stages/unpack/stream/lzo.h"

namespace ambit::unpack {
namespace {

struct Destroy {
  void operator()(void* object) const { sqfs_destroy(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Destroy>;
struct Free {
  void operator()(void* bytes) const { sqfs_free(bytes); }
};
template <class T>
using Freed = std::unique_ptr<T, Free>;

// --- what it reads from -------------------------------------------------------------------------------------------

struct Source {
  sqfs_file_t face = {};  // first: what the library knows of it
  Content* content = nullptr;
  std::uint64_t size = 0;
};

int read_source(sqfs_file_t* file, sqfs_u64 offset, void* into, size_t bytes) {
  const Source& source = *reinterpret_cast<const Source*>(file);
  if (offset > source.size || bytes > source.size - offset) return SQFS_ERROR_OUT_OF_BOUNDS;
  const std::span<std::byte> wanted(static_cast<std::byte*>(into), bytes);
  for (std::size_t got = 0; got < bytes;) {
    const Result<std::size_t> more = source.content->read_at(offset + got, wanted.subspan(got));
    if (!more.ok() || *more == 0) return SQFS_ERROR_IO;
    got += *more;
  }
  return 0;
}
int write_source(sqfs_file_t* /*file*/, sqfs_u64 /*offset*/, const void* /*from*/, size_t /*bytes*/) {
  return SQFS_ERROR_IO;
}
sqfs_u64 size_of_source(const sqfs_file_t* file) { return reinterpret_cast<const Source*>(file)->size; }
int truncate_source(sqfs_file_t* /*file*/, sqfs_u64 /*bytes*/) { return SQFS_ERROR_IO; }
void keep(sqfs_object_t* /*object*/) {}
sqfs_object_t* copy_nothing(const sqfs_object_t* /*object*/) { return nullptr; }

// --- its decoders -------------------------------------------------------------------------------------------------

sqfs_s32 unpack_lzo_block(sqfs_compressor_t* /*self*/, const sqfs_u8* in, sqfs_u32 bytes, sqfs_u8* out, sqfs_u32 room) {
  const auto unpacked = unpack_lzo(std::as_bytes(std::span(in, bytes)), std::as_writable_bytes(std::span(out, room)));
  return unpacked ? static_cast<sqfs_s32>(*unpacked) : SQFS_ERROR_COMPRESSOR;
}
void delete_lzo(sqfs_object_t* object) { delete reinterpret_cast<sqfs_compressor_t*>(object); }

Owned<sqfs_compressor_t> make_decoder(const sqfs_super_t& super) {
  if (super.compression_id == SQFS_COMP_LZO) {
    auto* const lzo = new sqfs_compressor_t{};
    lzo->base = {delete_lzo, copy_nothing};
    lzo->do_block = unpack_lzo_block;
    return Owned<sqfs_compressor_t>(lzo);
  }
  sqfs_compressor_config_t config = {};
  sqfs_compressor_t* made = nullptr;
  const auto id = static_cast<SQFS_COMPRESSOR>(super.compression_id);
  if (sqfs_compressor_config_init(&config, id, super.block_size, SQFS_COMP_FLAG_UNCOMPRESS) != 0) return nullptr;
  if (sqfs_compressor_create(&config, &made) != 0) return nullptr;
  return Owned<sqfs_compressor_t>(made);
}

}  // namespace

struct SquashfsImage::Library {
  Source source;
  sqfs_super_t super = {};
  Owned<sqfs_compressor_t> decoder;
  std::array<Owned<sqfs_meta_reader_t>, 3> tables;
  Owned<sqfs_xattr_reader_t> attributes;  // null where there are none that can be read

  // libsquashfs 1.2 takes what it read half for the block that it had before: what failed is made anew.
  void make_table(Table table) {
    const std::array<std::uint64_t, 3> begins = {super.inode_table_start, super.directory_table_start, 0};
    const std::array<std::uint64_t, 3> ends = {super.directory_table_start, source.size, source.size};
    const auto which = static_cast<std::size_t>(table);
    tables[which].reset(sqfs_meta_reader_create(&source.face, decoder.get(), begins[which], ends[which]));
  }
  // The reader of an image without any is not to be asked for some.
  void load_attributes() {
    attributes.reset();
    if ((super.flags & SQFS_FLAG_NO_XATTRS) != 0 || super.xattr_id_table_start == UINT64_MAX) return;
    attributes.reset(sqfs_xattr_reader_create(0));
    const bool loaded =
        attributes != nullptr && sqfs_xattr_reader_load(attributes.get(), &super, &source.face, decoder.get()) == 0;
    if (!loaded) attributes.reset();
  }
};

SquashfsImage::SquashfsImage(std::unique_ptr<Library> library) : library_(std::move(library)) {
  const sqfs_super_t& said = library_->super;
  super_ = {said.root_inode_ref,
            said.block_size,
            said.fragment_entry_count,
            said.inode_table_start,
            said.directory_table_start,
            said.fragment_table_start,
            (said.flags & SQFS_FLAG_NO_XATTRS) == 0 && said.xattr_id_table_start != UINT64_MAX};
}
SquashfsImage::~SquashfsImage() = default;

std::unique_ptr<SquashfsImage> SquashfsImage::open(Content& content, std::uint64_t size) {
  auto library = std::make_unique<Library>();
  Source& source = library->source;
  source.face = {{keep, copy_nothing}, read_source, write_source, size_of_source, truncate_source};
  source.content = &content;
  source.size = size;
  if (sqfs_super_read(&library->super, &source.face) != 0) return nullptr;
  library->decoder = make_decoder(library->super);
  if (library->decoder == nullptr) return nullptr;
  for (const Table table : {Table::inodes, Table::folders, Table::fragments}) library->make_table(table);
  library->load_attributes();
  return std::unique_ptr<SquashfsImage>(new SquashfsImage(std::move(library)));
}

std::uint64_t SquashfsImage::size() const { return library_->source.size; }

bool SquashfsImage::read(std::uint64_t at, std::span<std::byte> into) {
  return read_source(&library_->source.face, at, into.data(), into.size()) == 0;
}

bool SquashfsImage::read_metadata(Table table, Place& place, std::span<std::byte> into) {
  sqfs_meta_reader_t* const reader = library_->tables[static_cast<std::size_t>(table)].get();
  if (reader == nullptr) return false;
  const bool read = sqfs_meta_reader_seek(reader, place.block, place.at) == 0 &&
                    sqfs_meta_reader_read(reader, into.data(), into.size()) == 0;
  if (!read) {
    library_->make_table(table);
    return false;
  }
  sqfs_u64 block = 0;
  sqfs_meta_reader_get_position(reader, &block, &place.at);
  place.block = block;
  return true;
}

bool SquashfsImage::read_block(std::uint64_t at, std::uint32_t bytes, bool is_packed, std::vector<std::byte>& block) {
  if (bytes == 0 || bytes > super_.block_bytes) return false;
  if (!is_packed) {
    block.resize(bytes);
    return read(at, block);
  }
  std::vector<std::byte> packed(bytes);
  if (!read(at, packed)) return false;
  block.resize(super_.block_bytes);
  sqfs_compressor_t* const decoder = library_->decoder.get();
  const sqfs_s32 unpacked = decoder->do_block(decoder, reinterpret_cast<const sqfs_u8*>(packed.data()), bytes,
                                              reinterpret_cast<sqfs_u8*>(block.data()), super_.block_bytes);
  if (unpacked <= 0 || static_cast<std::size_t>(unpacked) > block.size()) return false;
  block.resize(static_cast<std::size_t>(unpacked));
  return true;
}

std::optional<std::uint32_t> SquashfsImage::begin_attributes(std::uint32_t number) {
  sqfs_xattr_reader_t* const reader = library_->attributes.get();
  sqfs_xattr_id_t set = {};
  const bool found = reader != nullptr && sqfs_xattr_reader_get_desc(reader, number, &set) == 0 &&
                     sqfs_xattr_reader_seek_kv(reader, &set) == 0;
  if (!found) library_->load_attributes();
  return found ? std::optional(set.count) : std::nullopt;
}

std::optional<SquashfsImage::Attribute> SquashfsImage::next_attribute() {
  sqfs_xattr_reader_t* const reader = library_->attributes.get();
  if (reader == nullptr) return std::nullopt;
  sqfs_xattr_entry_t* key = nullptr;
  sqfs_xattr_value_t* value = nullptr;
  const bool read =
      sqfs_xattr_reader_read_key(reader, &key) == 0 && sqfs_xattr_reader_read_value(reader, key, &value) == 0;
  const Freed<sqfs_xattr_entry_t> owned_key(key);
  const Freed<sqfs_xattr_value_t> owned_value(value);
  if (!read || value == nullptr || value->size > limits::kMaxAttributeBytes) {
    library_->load_attributes();
    return std::nullopt;
  }
  const auto bytes = std::as_bytes(std::span(value->value, value->size));
  return Attribute{reinterpret_cast<const char*>(key->key), {bytes.begin(), bytes.end()}};
}

}  // namespace ambit::unpack
