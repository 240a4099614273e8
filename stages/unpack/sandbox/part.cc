// flags: what it is, its trouble, which of the numbers are there (1 size, 2 modified, 4 sent, 8 stored_at; 16: retells)
#include "stages/unpack/sandbox/part.h"

namespace ambit::unpack {
namespace {

constexpr std::uint8_t kRetells = 16;
constexpr std::uint8_t kHighestTrouble = static_cast<std::uint8_t>(WalkTrouble::timeout);

}  // namespace

Message to_message(const Part& part) {
  Message out{.type = Message::Type::part};
  const auto put = [&](std::size_t i, const auto& value) {
    if (!value) return;
    out.numbers[i] = static_cast<std::uint64_t>(*value);
    out.flags[2] = static_cast<std::uint8_t>(out.flags[2] | 1U << i);
  };
  out.flags[0] = static_cast<std::uint8_t>(part.is);
  out.flags[1] = static_cast<std::uint8_t>(part.trouble);
  if (part.retells) out.flags[2] = kRetells;
  put(0, part.size);
  put(1, part.modified);
  put(2, part.sent);
  put(3, part.stored_at);
  return out;
}

std::optional<Part> to_part(const Message& message, std::string name) {
  if (message.type != Message::Type::part || message.flags[0] > static_cast<std::uint8_t>(Part::Is::view) ||
      message.flags[1] > kHighestTrouble) {
    return std::nullopt;
  }
  const auto has = [&](std::size_t i) { return (message.flags[2] >> i & 1) != 0; };
  Part out;
  out.is = static_cast<Part::Is>(message.flags[0]);
  out.trouble = static_cast<WalkTrouble>(message.flags[1]);
  out.name = std::move(name);
  out.retells = (message.flags[2] & kRetells) != 0;
  if (has(0)) out.size = message.numbers[0];
  if (has(1)) out.modified = static_cast<std::int64_t>(message.numbers[1]);
  if (has(2)) out.sent = static_cast<std::int64_t>(message.numbers[2]);
  if (has(3)) out.stored_at = message.numbers[3];
  return out;
}

}  // namespace ambit::unpack
