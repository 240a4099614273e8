// Dumps of PostgreSQL in its custom format (pg_dump -Fc), of archive versions 1.10 to 1.16 (PostgreSQL 8 to 17).
// Numbers are a byte for the sign and `int-bytes` bytes, least first; a string is its length, or -1 for none, and its
// bytes.
//
//   dump   := "PGDMP" major minor revision int-bytes offset-bytes 1 compression date:7 name version version
//             entries entry… block…
//   entry  := id has-data tableoid oid tag kind section definition drop copy schema tablespace [method] [relkind] owner
//             oids dependency… none offset
//   block  := 1 id chunks | 3 id (oid chunks)… 0             1: rows of a table as COPY has them, 3: large objects
//   chunks := (length bytes)… 0                              one stream, compressed as the header says
//
// The list of a dump that is a folder or a tar (-Fd, -Ft) begins like it, and its tables are files beside it.
// Definitions stand in the entries as they are. Each table and each large object is a member.
#include <array>
#include <map>
#include <string>
#include <utility>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"

namespace ambit::unpack {
namespace {

constexpr std::string_view kMagic = "PGDMP";
constexpr std::uint8_t kCustom = 1, kTar = 3, kDirectory = 5;
constexpr std::uint8_t kRows = 1, kLargeObjects = 3;

// Numbers, strings and the rest of an archive.
class Fields {
 public:
  explicit Fields(Input& input) : input_(input) {}
  void set_int_bytes(std::size_t bytes) { int_bytes_ = bytes; }

  Result<std::uint8_t> byte() {
    const auto window = input_.ahead();
    if (!window.ok()) return window.error();
    if (window->empty()) return evidence_error("a dump of PostgreSQL is cut");
    const auto value = static_cast<std::uint8_t>(window->front());
    input_.take(1);
    return value;
  }
  Result<std::int64_t> number() {
    const auto window = input_.ahead(1 + int_bytes_);
    if (!window.ok()) return window.error();
    if (window->size() < 1 + int_bytes_) return evidence_error("a dump of PostgreSQL is cut");
    const bool is_negative = window->front() != std::byte{0};
    const auto value = static_cast<std::int64_t>(little(*window, 1, int_bytes_) & INT64_MAX);
    input_.take(1 + int_bytes_);
    return is_negative ? -value : value;
  }
  // Its first `keep` bytes.
  Result<std::string> text(std::size_t keep) {
    bool is_there = false;
    return text(keep, is_there);
  }
  Result<std::string> text(std::size_t keep, bool& is_there) {
    const Result<std::int64_t> length = number();
    if (!length.ok()) return length.error();
    is_there = *length >= 0;
    std::string out;
    auto left = static_cast<std::uint64_t>(std::max<std::int64_t>(*length, 0));
    while (left > 0 && out.size() < keep) {
      const auto window = input_.ahead();
      if (!window.ok()) return window.error();
      if (window->empty()) return evidence_error("a dump of PostgreSQL is cut");
      const std::string_view bytes =
          chars(*window).substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, keep - out.size())));
      out += bytes;
      left -= bytes.size();
      input_.take(bytes.size());
    }
    const Result<> passed = pass(left);
    return passed ? Result<std::string>(std::move(out)) : passed.error();
  }
  Result<> pass(std::uint64_t bytes) {
    const auto passed = input_.skip(bytes);
    if (!passed.ok()) return passed.error();
    return *passed == bytes ? Result<>(Ok{}) : evidence_error("a dump of PostgreSQL is cut");
  }
  // Strings, of which nothing is wanted.
  Result<> pass_texts(int count) {
    for (int i = 0; i < count; ++i) {
      if (const auto text = this->text(0); !text.ok()) return text.error();
    }
    return Ok{};
  }
  Result<> pass_numbers(int count) {
    for (int i = 0; i < count; ++i) {
      if (const auto number = this->number(); !number.ok()) return number.error();
    }
    return Ok{};
  }
  [[nodiscard]] bool is_at_end() {
    const auto window = input_.ahead();
    return !window.ok() || window->empty();
  }
  [[nodiscard]] Input& input() { return input_; }

 private:
  Input& input_;
  std::size_t int_bytes_ = 4;
};

// The bytes of chunks, up to the one of no length.
class Chunks final : public ByteStream {
 public:
  explicit Chunks(Fields& fields) : fields_(fields) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    if (left_ == 0 && !is_over_) {
      const Result<std::int64_t> length = fields_.number();
      if (!length.ok() || *length < 0) {
        is_over_ = is_broken_ = true;
        return length.ok() ? evidence_error("a chunk of a dump of PostgreSQL has no length") : length.error();
      }
      left_ = static_cast<std::uint64_t>(*length);
      is_over_ = left_ == 0;
    }
    if (is_over_) return std::size_t{0};
    const auto got =
        fields_.input().read(into.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, into.size()))));
    if (got.ok() && *got > 0) {
      left_ -= *got;
      return got;
    }
    is_over_ = is_broken_ = true;
    return got.ok() ? evidence_error("a dump of PostgreSQL is cut") : got.error();
  }
  // Passes what is left. False: nothing behind it can be read.
  [[nodiscard]] bool pass() {
    std::array<std::byte, 16 * limits::KiB> rest;
    while (!is_over_) static_cast<void>(read(rest));
    return !is_broken_;
  }

 private:
  Fields& fields_;
  std::uint64_t left_ = 0;  // of the chunk
  bool is_over_ = false, is_broken_ = false;
};

class Dump final : public Unpacker {
 public:
  explicit Dump(ByteStream& stream) : input_(stream), fields_(input_) {}

  // The header and the entries.
  Result<> begin() {
    if (is_list_alone()) {
      is_over_ = true;
      return Ok{};
    }
    if (const Result<> read = read_header(); !read) return read;
    const Result<std::int64_t> entries = fields_.number();
    if (!entries.ok()) return entries.error();
    if (*entries < 0 || *entries > limits::kMaxDumpEntries) {
      return evidence_error("a dump of PostgreSQL names more entries than there can be");
    }
    for (std::int64_t i = 0; i < *entries; ++i) {
      if (const Result<> read = read_entry(); !read) return read;
    }
    return Ok{};
  }

  Result<std::optional<Part>> next() override {
    if (is_over_) return std::optional<Part>();
    decoded_.reset();
    const bool goes_on = chunks_ == nullptr || chunks_->pass();
    chunks_.reset();
    if (!goes_on) return evidence_error("a dump of PostgreSQL is damaged");
    while (in_objects_ || !fields_.is_at_end()) {
      Part part;
      if (!in_objects_) {
        const auto kind = fields_.byte();
        const auto id = kind.ok() ? fields_.number() : Result<std::int64_t>(kind.error());
        if (!id.ok()) return id.error();
        if (*kind != kRows && *kind != kLargeObjects) return evidence_error("a block of a dump of PostgreSQL is none");
        in_objects_ = *kind == kLargeObjects;
        if (in_objects_) continue;
        const auto name = names_.find(*id);
        part.name = name != names_.end() ? name->second : "data " + std::to_string(*id);
      } else {
        const auto oid = fields_.number();
        if (!oid.ok()) return oid.error();
        in_objects_ = *oid != 0;
        if (!in_objects_) continue;
        part.name = "large objects/" + std::to_string(*oid);
      }
      chunks_ = std::make_unique<Chunks>(fields_);
      return open(std::move(part));
    }
    return std::optional<Part>();
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    if (decoded_ != nullptr) return decoded_->read(into);
    return chunks_ != nullptr ? chunks_->read(into) : Result<std::size_t>(std::size_t{0});
  }

 private:
  [[nodiscard]] bool is_list_alone() {
    const auto head = input_.ahead(kMagic.size() + 6);
    if (!head.ok() || head->size() < kMagic.size() + 6 || !chars(*head).starts_with(kMagic)) return false;
    const auto format = static_cast<std::uint8_t>((*head)[kMagic.size() + 5]);
    return format == kTar || format == kDirectory;
  }
  Result<> read_header() {
    const auto head = input_.ahead(kMagic.size() + 6);
    if (!head.ok()) return head.error();
    if (head->size() < kMagic.size() + 6 || !chars(*head).starts_with(kMagic)) {
      return evidence_error("this is no dump of PostgreSQL");
    }
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>((*head)[kMagic.size() + i]); };
    minor_ = at(1);
    offset_bytes_ = at(4);
    const std::size_t int_bytes = at(3);
    if (at(0) != 1 || minor_ < 10 || minor_ > 16 || int_bytes < 2 || int_bytes > 8 || offset_bytes_ > 8 ||
        at(5) != kCustom) {
      return evidence_error("this dump of PostgreSQL is of a version that is not read");
    }
    fields_.set_int_bytes(int_bytes);
    input_.take(kMagic.size() + 6);
    if (const Result<> read = read_compression(); !read) return read;
    if (const Result<> date = fields_.pass_numbers(7); !date) return date;
    return fields_.pass_texts(3);
  }
  Result<> read_compression() {
    constexpr std::array kFormats = {Format::none, Format::zlib, Format::lz4, Format::zstd};
    if (minor_ >= 15) {
      const auto algorithm = fields_.byte();
      if (!algorithm.ok()) return algorithm.error();
      if (*algorithm >= kFormats.size()) return evidence_error("a dump of PostgreSQL is compressed in a way not known");
      packed_as_ = kFormats[*algorithm];
      return Ok{};
    }
    const auto level = fields_.number();
    if (!level.ok()) return level.error();
    packed_as_ = *level == 0 ? Format::none : Format::zlib;
    return Ok{};
  }
  Result<> read_entry() {
    constexpr std::size_t kNameBytes = 256;
    const auto id = fields_.number();
    if (!id.ok()) return id.error();
    const auto has_data = fields_.number();
    if (!has_data.ok()) return has_data.error();
    if (const Result<> ids = fields_.pass_texts(2); !ids) return ids;
    auto tag = fields_.text(kNameBytes);
    if (!tag.ok()) return tag.error();
    if (const Result<> kind = fields_.pass_texts(1); !kind) return kind;
    if (minor_ >= 11) {
      if (const Result<> section = fields_.pass_numbers(1); !section) return section;
    }
    if (const Result<> statements = fields_.pass_texts(3); !statements) return statements;
    const auto schema = fields_.text(kNameBytes);
    if (!schema.ok()) return schema.error();
    if (const Result<> space = fields_.pass_texts(minor_ >= 14 ? 2 : 1); !space) return space;
    if (minor_ >= 16) {
      if (const Result<> relation = fields_.pass_numbers(1); !relation) return relation;
    }
    if (const Result<> owner = fields_.pass_texts(2); !owner) return owner;
    for (bool more = true; more;) {
      if (const auto dependency = fields_.text(0, more); !dependency.ok()) return dependency.error();
    }
    if (const Result<> offset = fields_.pass(1 + offset_bytes_); !offset) return offset;
    if (*has_data != 0 && names_.size() < limits::kMaxDumpNames) {
      names_.try_emplace(*id, schema->empty() ? *tag : *schema + "." + *tag);
    }
    return Ok{};
  }

  Result<std::optional<Part>> open(Part part) {
    if (packed_as_ == Format::none) return std::optional(std::move(part));
    Packed packed;
    packed.stream = chunks_.get();
    Opened opened = open_unpacker(packed_as_, packed);
    if (opened.ok()) {
      const auto stream = (*opened)->next();
      if (stream.ok() && *stream) decoded_ = std::move(opened).value();
    }
    // A large object of no bytes has no stream.
    if (decoded_ == nullptr && !is_empty(*chunks_)) part.trouble = WalkTrouble::damaged;
    return std::optional(std::move(part));
  }
  static bool is_empty(Chunks& chunks) {
    std::array<std::byte, 1> first;
    const auto got = chunks.read(first);
    return got.ok() && *got == 0;
  }

  Input input_;
  Fields fields_;
  unsigned minor_ = 0;
  std::size_t offset_bytes_ = 0;
  Format packed_as_ = Format::none;
  std::map<std::int64_t, std::string> names_;  // of entries that have data
  bool is_over_ = false;
  bool in_objects_ = false;  // amid a block of large objects
  std::unique_ptr<Chunks> chunks_;
  std::unique_ptr<Unpacker> decoded_;  // reads from these
};

}  // namespace

Opened open_postgres_dump(const Packed& packed) {
  auto dump = std::make_unique<Dump>(*packed.stream);
  if (const Result<> begun = dump->begin(); !begun) return begun.error();
  return Opened(std::move(dump));
}

}  // namespace ambit::unpack
