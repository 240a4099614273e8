#include "pipeline/triage_packed.h"

#include <algorithm>
#include <utility>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "pipeline/triage_sweep.h"
#include "stages/unpack/content_stream.h"

namespace ambit {
namespace {

constexpr std::uint64_t kUnknownSize = std::uint64_t{1} << 62;

// Where a part stands in the object, when it was read; `bytes` of it. Somewhere `around`, if no more can be told.
Extent place_of(const Part& part, std::uint64_t bytes, const Unpacker& unpacker, const Extent& around) {
  if (part.stored_at) return Extent{around.start + *part.stored_at, bytes, View::raw};
  if (!part.written_at || unpacker.written_until() <= *part.written_at) return around;
  return Extent{around.start + *part.written_at, unpacker.written_until() - *part.written_at, View::raw};
}

}  // namespace

Container PackedReader::make_container(Format format, std::uint64_t size, std::string_view name) const {
  Container container;
  container.size = size;
  container.format = format;
  container.file_name = std::string(name);
  container.sandboxes = sandboxes_;
  container.at_any_place = size != kUnknownSize;
  return container;
}

void PackedReader::read(Content& content, std::uint64_t size, Format format, std::string_view file_name,
                        std::size_t inside) {
  expansion_.emplace(limits_, size);
  depth_ = inside;
  Container container = make_container(format, size, file_name);
  // What is large and in an archive comes once only, as it came in the sweep.
  container.at_any_place = inside == 0 || size <= limits::kHeldPartBytes;
  ContentStream stream(content, size);
  const Extent whole{0, size, View::raw};
  take_apart(container, stream, &content, whole);
  visitor_.stands(whole);
}

void PackedReader::take_apart(const Container& container, ByteStream& stream, Content* content, const Plain& plain) {
  if (depth_ >= limits_.depth) return visitor_.unread(WalkTrouble::too_deep);
  if (!is_unpacked(container.format)) return visitor_.unread(WalkTrouble::unsupported);
  const Result<std::unique_ptr<Unpacker>> opened = open_container(container, stream, content);
  if (!opened.ok()) {
    const WalkTrouble trouble = trouble_of(opened.error());
    if (trouble != WalkTrouble::damaged || !is_a_guess(container.format)) visitor_.unread(trouble);
    return;
  }
  Unpacker& unpacker = **opened;
  ++depth_;
  for (std::uint64_t index = 0; !visitor_.stopped() && expansion_->over() == WalkTrouble::none; ++index) {
    const Result<std::optional<Part>> next = unpacker.next();
    if (!next.ok()) visitor_.unread(trouble_of(next.error()));
    if (!next.ok() || !next->has_value()) break;
    if (index == limits_.members) {
      visitor_.unread(WalkTrouble::objects_limit);
      break;
    }
    const std::uint64_t bytes = take(unpacker, **next, plain);
    if (plain) visitor_.stands(place_of(**next, bytes, unpacker, *plain));
  }
  --depth_;
}

std::uint64_t PackedReader::take(Unpacker& unpacker, const Part& part, const Plain& plain) {
  const bool is_view = part.is == Part::Is::view;
  const bool is_plain = plain && part.stored_at && !is_view;
  const PackedVisitor::Look look = visitor_.begin({part, is_plain, plain});
  std::uint64_t size = 0;
  const auto see = [&](std::span<const std::byte> bytes) {
    size += bytes.size();
    if (look && !bytes.empty()) look(bytes);
    return !visitor_.stopped();
  };
  if (part.trouble != WalkTrouble::none) {
    if (part.trouble != WalkTrouble::special_file) visitor_.unread(part.trouble);  // a link has no bytes
    return 0;
  }
  std::vector<std::byte> bytes;
  bool ended = false;
  WalkTrouble trouble = fill(unpacker, part, bytes, limits::kSmallPartBytes + 1, ended, *expansion_);
  const std::uint64_t told = ended ? bytes.size() : std::max<std::uint64_t>(part.size.value_or(0), bytes.size());
  const std::span<const std::byte> head = std::span(bytes).first(std::min(bytes.size(), kKindBytes));
  const std::string_view name = last_component(part.name);
  KindGuess guess = guess_kind(head, name, told);
  guess.format = is_view ? Format::none : format_of(guess, head, name, told);
  if (!is_view && begins_as_disk(guess.kind, bytes)) guess = {Kind::disk_image, false};
  if (!is_view && guess.kind == Kind::disk_image) visitor_.unread(WalkTrouble::unsupported);
  if (!ended && !is_view && (wants_any_place(guess.format) || may_end_as_archive(guess))) {
    trouble = fill(unpacker, part, bytes, limits::kHeldPartBytes + 1, ended, *expansion_);
  }
  Plain own;
  if (is_plain) own = Extent{plain->start + *part.stored_at, ended ? bytes.size() : kUnknownSize, View::raw};
  if (ended) {
    if (!is_view) guess.format = format_of_held(guess, bytes);
    static_cast<void>(see(bytes));
    take_held(guess, name, std::move(bytes), own);
  } else {
    if (!is_view) guess.format = format_of_passing(guess);
    PartStream stream(unpacker);
    TeedPart teed(stream, std::move(bytes), *expansion_, see);
    if (guess.format != Format::none) take_apart(make_container(guess.format, kUnknownSize, name), teed, nullptr, own);
    std::vector<std::byte> rest(256 * limits::KiB);
    while (true) {
      const Result<std::size_t> got = teed.read(rest);
      if (!got.ok() || *got == 0) break;
    }
    trouble = teed.trouble();
  }
  if (look) look({});
  if (trouble != WalkTrouble::none) visitor_.unread(trouble);
  return size;
}

void PackedReader::take_held(const KindGuess& guess, std::string_view name, std::vector<std::byte> bytes,
                             const Plain& plain) {
  if (guess.format == Format::none || expansion_->over() != WalkTrouble::none) return;
  const std::uint64_t size = bytes.size();
  const auto content = memory_content(std::make_shared<const std::vector<std::byte>>(std::move(bytes)), std::nullopt);
  ContentStream stream(*content, size);
  take_apart(make_container(guess.format, size, name), stream, content.get(), plain);
}

}  // namespace ambit
