// tar, from V7 to PAX: members in a row, a header before each (tar_header.h), nothing else.
//
// Read as it comes. A header that is none costs the bytes up to the next one that is: the archive goes on there, and
// the error is told at the end. Behind the blocks of zeros that end an archive another may stand (cat a.tar b.tar), so
// zeros are passed; anything else behind them ends it.
#include <algorithm>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/archive/tar_extension.h"
#include "stages/unpack/archive/tar_header.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"

namespace ambit::unpack {
namespace {

// The bytes of a member that are stored: not its holes, not its padding.
struct Stored {
  std::uint64_t left = 0;     // not yet taken
  std::uint64_t padding = 0;  // behind them
};

class Tar final : public Unpacker {
 public:
  explicit Tar(Input input) : input_(std::move(input)) {}
  // Whether a tar begins here.
  [[nodiscard]] Result<bool> begins();
  Result<std::optional<Part>> next() override;
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  [[nodiscard]] Result<std::optional<TarHeader>> next_header();
  [[nodiscard]] Result<> pass_stored();
  // The stored bytes of an extension, at most `most` of them; the rest is passed.
  [[nodiscard]] Result<std::string> text(std::size_t most);
  [[nodiscard]] Result<bool> extends(const TarHeader& header);
  [[nodiscard]] Result<> read_sparse(TarHeader& header);
  [[nodiscard]] Result<> read_map_in_front();
  [[nodiscard]] Result<> drop_phantom(const TarHeader& header);
  [[nodiscard]] Part part_of(const TarHeader& header) const;
  void stores(std::uint64_t bytes);
  [[nodiscard]] Result<std::size_t> read_stored(std::span<std::byte> into);
  void complain(const char* what) {
    if (!complaint_) complaint_ = evidence_error(what);
  }

  Input input_;
  TarExtension global_, local_;
  Stored stored_;
  bool sparse_ = false, readable_ = false;
  std::vector<Run> pieces_;  // of a sparse file
  std::size_t piece_ = 0;
  std::uint64_t at_ = 0, size_ = 0;  // in the file as it was
  std::optional<Error> complaint_;   // told at the end
};

Result<bool> Tar::begins() {
  const auto block = input_.ahead(kTarBlock);
  if (!block.ok()) return block.error();
  return is_tar_header(*block);
}

void Tar::stores(std::uint64_t bytes) {
  stored_.left = bytes;
  stored_.padding = (kTarBlock - bytes % kTarBlock) % kTarBlock;
}

Result<> Tar::pass_stored() {
  const std::uint64_t rest = stored_.left > UINT64_MAX - kTarBlock ? UINT64_MAX : stored_.left + stored_.padding;
  const auto passed = input_.skip(rest);
  if (!passed.ok()) return passed.error();
  if (*passed < stored_.left) complain("a tar is cut in the middle of a member");
  stored_ = {};
  return Ok{};
}

// The header that stands next, or after zeros, or after what is no header.
Result<std::optional<TarHeader>> Tar::next_header() {
  bool zeros = false, lost = false;
  for (;;) {
    const auto block = input_.ahead(kTarBlock);
    if (!block.ok()) return block.error();
    if (block->size() < kTarBlock) {
      if (!block->empty() && !zeros) complain("a tar is cut in a header");
      return std::optional<TarHeader>();
    }
    const auto header = block->first(kTarBlock);
    std::optional<TarHeader> parsed = parse_tar_header(header);
    input_.take(kTarBlock);
    if (parsed) return parsed;
    const bool is_zero = std::all_of(header.begin(), header.end(), [](std::byte b) { return b == std::byte{0}; });
    if (!is_zero && zeros && !lost) return std::optional<TarHeader>();
    if (!is_zero) {
      lost = true;
      complain("a header of a tar is damaged");
    }
    zeros = zeros || is_zero;
  }
}

Result<std::string> Tar::text(std::size_t most) {
  std::string out;
  while (stored_.left > 0 && out.size() < most) {
    const auto window = input_.ahead();
    if (!window.ok()) return window.error();
    if (window->empty()) break;
    const auto step =
        static_cast<std::size_t>(std::min<std::uint64_t>({window->size(), stored_.left, most - out.size()}));
    out.append(chars(window->first(step)));
    input_.take(step);
    stored_.left -= step;
  }
  if (stored_.left > 0 && out.size() >= most) complain("an extension of a tar is longer than is allowed");
  const Result<> passed = pass_stored();
  if (!passed.ok()) return passed.error();
  return out;
}

// Whether the header is not a member's but says something of the next one.
Result<bool> Tar::extends(const TarHeader& header) {
  const bool is_name = header.type == 'L', is_link = header.type == 'K', is_global = header.type == 'g';
  const bool is_records = header.type == 'x' || header.type == 'X' || is_global;
  if (!is_name && !is_link && !is_records) return false;
  stores(header.size);
  Result<std::string> said =
      text(is_records ? static_cast<std::size_t>(limits::kMaxTarExtensionBytes) : limits::kMaxPartNameBytes);
  if (!said.ok()) return said.error();
  if (is_records) {
    if (!(is_global ? global_ : local_).read(*said)) complain("an extension of a tar is damaged");
  } else {
    said->resize(std::min(said->find('\0'), said->size()));
    (is_name ? local_.name : local_.link) = std::move(said).value();
  }
  return true;
}

Result<> Tar::read_sparse(TarHeader& header) {
  pieces_ = header.type == 'S' ? std::move(header.pieces) : std::move(local_.pieces);
  while (header.more_pieces) {
    const auto block = input_.ahead(kTarBlock);
    if (!block.ok()) return block.error();
    if (block->size() < kTarBlock) break;
    header.more_pieces = parse_tar_pieces(*block, pieces_) && pieces_.size() < limits::kMaxRunsPerObject;
    input_.take(kTarBlock);
  }
  return Ok{};
}

// The map of the 1.0 form: numbers, one a line (how many pieces; offset and length of each), filled up to a block.
Result<> Tar::read_map_in_front() {
  std::string line;
  std::uint64_t taken = 0, left = 1, start = 0;
  for (std::uint64_t lines = 0; left > 0 && taken < stored_.left && line.size() < 32;) {
    const auto window = input_.ahead();
    if (!window.ok()) return window.error();
    if (window->empty()) break;
    const std::string_view seen =
        chars(*window).substr(0, std::min<std::uint64_t>(window->size(), stored_.left - taken));
    const std::size_t end = std::min(seen.find('\n'), seen.size());
    line.append(seen.substr(0, std::min<std::size_t>(end, 32)));
    const std::size_t step = std::min(end + 1, seen.size());
    input_.take(step);
    taken += step;
    if (end == seen.size()) continue;
    std::string_view digits = line;
    const std::uint64_t value = take_number(digits).value_or(0);
    if (lines == 0) left = std::min<std::uint64_t>(value, limits::kMaxRunsPerObject) * 2 + 1;
    if (lines % 2 == 1) start = value;
    if (lines > 0 && lines % 2 == 0 && !add_piece(pieces_, start, value)) complain("a sparse file in a tar is damaged");
    line.clear();
    ++lines;
    --left;
  }
  const auto padding = input_.skip((kTarBlock - taken % kTarBlock) % kTarBlock);
  if (!padding.ok()) return padding.error();
  stored_.left -= std::min(stored_.left, taken + *padding);
  return Ok{};
}

// Some writers give links and folders the size of a file whose bytes are not there: the next header stands at once.
Result<> Tar::drop_phantom(const TarHeader& header) {
  if (stored_.left == 0 || header.type < '1' || header.type > '6') return Ok{};
  const auto block = input_.ahead(kTarBlock);
  if (!block.ok()) return block.error();
  if (is_tar_header(*block)) stored_ = {};
  return Ok{};
}

Part Tar::part_of(const TarHeader& header) const {
  Part part;
  part.name = local_.name ? *local_.name : global_.name ? *global_.name : header.name;
  part.modified = local_.modified ? *local_.modified : global_.modified ? *global_.modified : header.modified;
  part.size = size_;
  if (!sparse_ && readable_) part.stored_at = input_.offset();
  const bool special = header.type >= '1' && header.type <= '6' && !readable_;
  if (special) part.trouble = WalkTrouble::special_file;
  return part;
}

Result<std::optional<Part>> Tar::next() {
  const auto give_up = [&](const Error& error) -> Result<std::optional<Part>> { return error; };
  for (;;) {
    if (const Result<> passed = pass_stored(); !passed.ok()) return give_up(passed.error());
    Result<std::optional<TarHeader>> found = next_header();
    if (!found.ok()) return give_up(found.error());
    if (!*found) {
      if (complaint_) return give_up(*complaint_);
      return std::optional<Part>();
    }
    TarHeader& header = **found;
    const Result<bool> extended = extends(header);
    if (!extended.ok()) return give_up(extended.error());
    if (*extended) continue;

    pieces_.clear();
    if (const Result<> done = read_sparse(header); !done.ok()) return give_up(done.error());
    stores(local_.size.value_or(global_.size.value_or(header.size)));
    if (const Result<> done = drop_phantom(header); !done.ok()) return give_up(done.error());
    sparse_ = header.type == 'S' || local_.sparse;
    if (local_.map_in_front) {
      if (const Result<> done = read_map_in_front(); !done.ok()) return give_up(done.error());
    }
    piece_ = 0;
    at_ = 0;
    size_ = !sparse_ ? stored_.left : local_.real_size.value_or(header.type == 'S' ? header.real_size : header.size);
    // A hard link of PAX may bring the bytes itself.
    readable_ = header.type == '1' ? stored_.left > 0 : header.type < '2' || header.type > '6';
    const Part part = part_of(header);
    local_ = {};
    // A folder, of V7 told by its name only; GNU's list of a folder; the name of a tape; access lists.
    const bool is_folder = header.type == '5' || (part.name.ends_with('/') && (header.type == '0' || header.type == 0));
    if (is_folder || header.type == 'D' || header.type == 'V' || header.type == 'A') continue;
    return std::optional<Part>(part);
  }
}

Result<std::size_t> Tar::read_stored(std::span<std::byte> into) {
  const auto window = input_.ahead();
  if (!window.ok()) return window.error();
  if (window->empty()) return evidence_error("a tar is cut in the middle of a member");
  const auto step = static_cast<std::size_t>(std::min<std::uint64_t>({into.size(), window->size(), stored_.left}));
  std::copy_n(window->begin(), step, into.begin());
  input_.take(step);
  stored_.left -= step;
  at_ += step;
  return step;
}

Result<std::size_t> Tar::read(std::span<std::byte> into) {
  if (!readable_) return std::size_t{0};
  if (!sparse_) return stored_.left == 0 ? Result<std::size_t>(std::size_t{0}) : read_stored(into);
  while (piece_ < pieces_.size() && pieces_[piece_].end() <= at_) ++piece_;
  const bool in_piece = piece_ < pieces_.size() && pieces_[piece_].start <= at_;
  if (at_ >= size_ && !in_piece) return std::size_t{0};
  if (in_piece) {
    if (stored_.left == 0) return evidence_error("a sparse file in a tar is damaged");
    const std::uint64_t left = pieces_[piece_].end() - at_;
    return read_stored(into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left))));
  }
  const std::uint64_t hole_end = piece_ < pieces_.size() ? std::min(size_, pieces_[piece_].start) : size_;
  const auto zeros = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), hole_end - at_));
  std::fill_n(into.begin(), zeros, std::byte{0});
  at_ += zeros;
  return zeros;
}

}  // namespace

Opened open_tar(const Packed& packed) {
  // What is large and not wanted is passed without being read, where that can be.
  auto tar =
      std::make_unique<Tar>(packed.content != nullptr ? Input(*packed.content, packed.size) : Input(*packed.stream));
  const Result<bool> begins = tar->begins();
  if (!begins.ok()) return begins.error();
  if (!*begins) return evidence_error("not a tar");
  return Opened(std::move(tar));
}

}  // namespace ambit::unpack
