// The files in which PostgreSQL keeps its tables and indexes (base/16384/16397, of which none has an ending): a view of
// their rows, a line for each: "(page,item)" as psql calls it, then what in it is text, with what was compressed as it
// was before. Which column it is only the catalogue knows, which is in other files. Behind the rows of a page comes
// what is compressed among bytes that were given up.
//
// Of a table in which long values stand (postgres_toast.h) the lines are the values: the number by which rows call one,
// which say "toast 16401" for it, then the value.
//
// Behind the view come, as members, what of the compressed and the long values is packed itself, and what the file
// holds amid its bytes, as any file. Where the file comes as a stream there is the view alone; that there are such
// values is an error then.
#include <algorithm>
#include <cstring>
#include <utility>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/database/packed_value.h"
#include "stages/unpack/database/postgres_page.h"
#include "stages/unpack/database/postgres_row.h"
#include "stages/unpack/database/postgres_toast.h"
#include "stages/unpack/database/postgres_value.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

bool is_packed_plain(std::string_view value) {
  return is_packed_value(std::as_bytes(std::span(value.substr(0, kKindBytes))), value.size());
}

// What a file of pages shows, piece by piece. At the end an Error(evidence), if something of it could not be read.
class PostgresLines : public ByteStream {
 public:
  Result<std::size_t> read(std::span<std::byte> into) final {
    while (given_ == line_.size()) {
      line_.clear();
      given_ = 0;
      if (advance()) continue;
      if (!line_.empty()) break;
      if (is_damaged()) return evidence_error("pages or values of a table of a database are damaged or not there");
      return std::size_t{0};
    }
    const std::size_t bytes = std::min(into.size(), line_.size() - given_);
    std::memcpy(into.data(), line_.data() + given_, bytes);
    given_ += bytes;
    return bytes;
  }
  // Whether something packed is among what was shown.
  [[nodiscard]] bool has_packed() const { return has_packed_; }

 protected:
  // Appends to line_; false: it was the last.
  virtual bool advance() = 0;
  [[nodiscard]] virtual bool is_damaged() const = 0;
  void show(std::string_view value) {
    line_.push_back('\t');
    append_shown(value, line_);
  }
  void note_packed(std::string_view value) { has_packed_ = has_packed_ || is_packed_plain(value); }

  std::string line_;

 private:
  std::size_t given_ = 0;
  bool has_packed_ = false;
};

class PostgresRows final : public PostgresLines {
 public:
  explicit PostgresRows(PostgresPages pages) : pages_(std::move(pages)) {}

 private:
  bool advance() override {
    const auto page = pages_.next();
    if (!page) return false;
    is_damaged_ |= page->is_damaged();
    PostgresEffort effort(pages_.page_bytes());
    for (const PostgresTuple& tuple : page->tuples()) append_row(tuple, effort);
    for (const std::string& plain : postgres_packed_in(page->hole(), effort)) {
      line_ += '(' + std::to_string(pages_.number()) + ",)";
      show(plain);
      line_.push_back('\n');
    }
    return true;
  }
  [[nodiscard]] bool is_damaged() const override { return is_damaged_ || pages_.is_damaged(); }

  void append_row(const PostgresTuple& tuple, PostgresEffort& effort) {
    line_ += '(' + std::to_string(pages_.number()) + ',' + std::to_string(tuple.number) + ')';
    for (const PostgresField& field : postgres_fields(tuple.data, effort)) {
      if (field.is == PostgresField::Is::elsewhere) {
        line_ += "\ttoast " + std::to_string(field.number);
      } else {
        const bool is_packed = field.is == PostgresField::Is::packed;
        show(is_packed ? std::string_view(field.plain) : field.text);
        if (is_packed) note_packed(field.plain);
      }
    }
    line_.push_back('\n');
  }

  PostgresPages pages_;
  bool is_damaged_ = false;
};

// A value as it was. Its stored bytes where it was not compressed.
struct LongPlain {
  std::string bytes;
  bool is_decoded = false, is_whole = true;
};
LongPlain long_plain(PostgresLongValue& value) {
  auto plain = postgres_plain(value.stored, PostgresTail::may_be_missing);
  if (plain) return {std::move(plain->bytes), true, plain->is_whole};
  return {std::move(value.stored), false, !value.is_cut};
}

class PostgresLongLines final : public PostgresLines {
 public:
  explicit PostgresLongLines(PostgresLongValues& values) : values_(values) {}

 private:
  bool advance() override {
    auto value = values_.next();
    if (!value) return false;
    const LongPlain plain = long_plain(*value);
    is_damaged_ |= !plain.is_whole;
    line_ += std::to_string(value->number);
    show(plain.bytes);
    line_.push_back('\n');
    note_packed(plain.bytes);
    return true;
  }
  [[nodiscard]] bool is_damaged() const override { return is_damaged_ || values_.is_damaged(); }

  PostgresLongValues& values_;
  bool is_damaged_ = false;
};

// The packed ones among the compressed values of rows.
class PackedInRows {
 public:
  explicit PackedInRows(PostgresPages pages) : pages_(std::move(pages)) {}

  std::optional<Part> next() {
    while (true) {
      while (field_ < fields_.size()) {
        const PostgresField& field = fields_[field_++];
        if (field.is != PostgresField::Is::packed || !is_packed_plain(field.plain)) continue;
        Part part;
        part.name = "page " + std::to_string(pages_.number()) + "/" +
                    std::to_string(page_->tuples()[tuple_ - 1].number) + "/value " + std::to_string(field_);
        part.size = field.plain.size();
        bytes_ = text_stream(field.plain);
        return part;
      }
      if (page_ && tuple_ < page_->tuples().size()) {
        fields_ = postgres_fields(page_->tuples()[tuple_++].data, *effort_);
      } else {
        page_ = pages_.next();
        if (!page_) return std::nullopt;
        effort_.emplace(pages_.page_bytes());
        fields_.clear();
        tuple_ = 0;
      }
      field_ = 0;
    }
  }
  Result<std::size_t> read(std::span<std::byte> into) { return bytes_->read(into); }

 private:
  PostgresPages pages_;
  std::optional<PostgresPage> page_;
  std::optional<PostgresEffort> effort_;
  std::size_t tuple_ = 0, field_ = 0;  // the next ones
  std::vector<PostgresField> fields_;
  std::unique_ptr<ByteStream> bytes_;
};

// … and among the long values; notes where they begin.
class PackedLongValues {
 public:
  explicit PackedLongValues(PostgresLongValues& values) : values_(values) { values_.begin_again(); }

  std::optional<Part> next() {
    while (auto value = values_.next()) {
      LongPlain plain = long_plain(*value);
      if (!is_packed_plain(plain.bytes)) continue;
      places_.push_back({value->place, value->place + 1});
      Part part;
      part.name = std::to_string(value->number);
      bytes_.reset();
      is_whole_ = plain.is_whole || !plain.is_decoded;
      if (plain.is_decoded) bytes_ = text_stream(std::move(plain.bytes));
      return part;
    }
    return std::nullopt;
  }
  Result<std::size_t> read(std::span<std::byte> into) {
    auto got = bytes_ != nullptr ? bytes_->read(into) : values_.read(into);
    const bool is_cut = got.ok() && *got == 0 && !is_whole_;
    return is_cut ? evidence_error("a value of a database is not all there, or too long") : got;
  }
  std::vector<Places> take_places() {
    std::sort(places_.begin(), places_.end(), [](const Places& a, const Places& b) { return a.begin < b.begin; });
    return std::move(places_);
  }

 private:
  PostgresLongValues& values_;
  std::unique_ptr<ByteStream> bytes_;  // null: as they stand
  bool is_whole_ = true;
  std::vector<Places> places_;
};

class PostgresFile final : public Unpacker {
 public:
  // `pages`: from the first one on.
  PostgresFile(const Packed& packed, PostgresPages pages, bool holds_chunks)
      : packed_(packed), page_bytes_(pages.page_bytes()) {
    std::unique_ptr<PostgresLines> lines;
    if (holds_chunks) {
      long_values_ = std::make_unique<PostgresLongValues>(std::move(pages), packed.content);
      lines = std::make_unique<PostgresLongLines>(*long_values_);
    } else {
      lines = std::make_unique<PostgresRows>(std::move(pages));
    }
    lines_ = lines.get();
    view_ = as_view(std::move(lines));
  }

  Result<std::optional<Part>> next() override {
    if (!is_begun_) return begin();
    if (packed_.content == nullptr) return end_stream();
    view_.reset();
    if (embedded_ == nullptr) {
      if (auto part = long_values_ != nullptr ? next_long_value() : next_in_rows()) return part;
      std::vector<Places> places = packed_long_ ? packed_long_->take_places() : std::vector<Places>();
      Opened embedded = open_embedded_beside(packed_, std::move(places), false);
      if (!embedded.ok()) return embedded.error();
      embedded_ = std::move(embedded).value();
    }
    return embedded_->next();
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    if (embedded_ != nullptr) return embedded_->read(into);
    if (view_ != nullptr) return view_->read(into);
    return packed_long_ ? packed_long_->read(into) : packed_rows_->read(into);
  }
  [[nodiscard]] std::uint64_t written_until() const override {
    return embedded_ != nullptr ? embedded_->written_until() : 0;
  }

 private:
  Result<std::optional<Part>> begin() {
    is_begun_ = true;
    Part part;
    part.is = Part::Is::view;
    part.name = long_values_ != nullptr ? "values" : "rows";
    return std::optional(std::move(part));
  }
  Result<std::optional<Part>> end_stream() {
    std::vector<std::byte> piece(64 * limits::KiB);
    for (auto got = view_->read(piece); got.ok() && *got > 0; got = view_->read(piece)) continue;
    if (!lines_->has_packed()) return std::optional<Part>();
    return evidence_error("what is packed in the values of a database cannot be read from a stream alone");
  }
  std::optional<Part> next_in_rows() {
    if (!packed_rows_) packed_rows_.emplace(PostgresPages(Input(*packed_.content, packed_.size), page_bytes_));
    return packed_rows_->next();
  }
  std::optional<Part> next_long_value() {
    if (!packed_long_) packed_long_.emplace(*long_values_);
    return packed_long_->next();
  }

  const Packed packed_;
  const std::size_t page_bytes_;
  bool is_begun_ = false;
  std::unique_ptr<PostgresLongValues> long_values_;  // null: a table of rows
  PostgresLines* lines_ = nullptr;
  std::unique_ptr<ByteStream> view_;  // of lines_
  std::optional<PackedInRows> packed_rows_;
  std::optional<PackedLongValues> packed_long_;
  std::unique_ptr<Unpacker> embedded_;
};

}  // namespace

Opened open_postgres_heap(const Packed& packed) {
  Input input = packed.content != nullptr ? Input(*packed.content, packed.size) : Input(*packed.stream);
  const auto head = input.ahead(kMostPostgresPage);
  if (!head.ok()) return head.error();
  const auto page_bytes = PostgresPage::bytes_of(chars(*head));
  if (!page_bytes) return evidence_error("this is no file of pages of PostgreSQL");
  const auto first = PostgresPage::read(chars(head->first(std::min(head->size(), *page_bytes))));
  const bool holds_chunks = first && holds_postgres_chunks(*first, *page_bytes);
  return Opened(std::make_unique<PostgresFile>(packed, PostgresPages(std::move(input), *page_bytes), holds_chunks));
}

}  // namespace ambit::unpack
