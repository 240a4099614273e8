#include "stages/walk/ext/attributes.h"

#include <algorithm>

#include "pipeline/limits.h"
#include "stages/walk/file_system.h"

namespace ambit::walk::ext {
namespace {

constexpr std::uint32_t kBlockMagic = 0xEA020000;
constexpr std::size_t kBlockHead = 32;
constexpr std::size_t kEntryHead = 16;

// Calls `each` for every entry until one makes no sense; offsets of values count from the first byte of `values`.
template <class Each>
void for_each_attribute(Bytes entries, Bytes values, Each&& each) {
  for (std::size_t at = 0; at + kEntryHead <= entries.size() && u32(entries, at) != 0;) {
    const std::size_t name_bytes = u8(entries, at);
    if (name_bytes > entries.size() - at - kEntryHead) return;
    Attribute attribute;
    attribute.kind = u8(entries, at + 1);
    attribute.name = text_of(entries.subspan(at + kEntryHead, name_bytes));
    attribute.inode = u32(entries, at + 4);
    attribute.size = u32(entries, at + 8);
    const std::size_t offset = u16(entries, at + 2);
    if (attribute.inode == 0) {
      if (offset > values.size() || attribute.size > values.size() - offset) return;
      attribute.value = values.subspan(offset, attribute.size);
    }
    each(attribute);
    at += (kEntryHead + name_bytes + 3) & ~std::size_t{3};
  }
}

}  // namespace

const std::vector<Attribute>& AttributeReader::read(const Inode& inode) {
  found_.clear();
  const Bytes own = attributes_in(inode);
  parse(own, own);
  if (inode.attribute_block == 0) return found_;
  const Bytes block = block_at(inode.attribute_block);
  if (!block.empty()) parse(block.subspan(kBlockHead), block);
  return found_;
}

void AttributeReader::parse(Bytes entries, Bytes values) {
  for_each_attribute(entries, values, [&](const Attribute& attribute) { found_.push_back(attribute); });
}

// Empty where it cannot be read or is none.
Bytes AttributeReader::block_at(std::uint64_t number) {
  Cached& cached = cache_[number % cache_.size()];
  if (cached.block != number) {
    if (!layout_.block_is_usable(number)) return {};
    cached.block = 0;
    cached.bytes.resize(layout_.block);
    if (!read_fully(volume_, number * layout_.block, cached.bytes).ok()) return {};
    cached.block = number;
  }
  return u32(cached.bytes, 0) == kBlockMagic ? Bytes(cached.bytes) : Bytes();
}

std::optional<std::string> AttributeReader::value(const Attribute& attribute) {
  if (attribute.inode != 0) return value_in_inode(attribute);
  return std::string(text_of(attribute.value));
}

std::optional<std::string> AttributeReader::value_in_inode(const Attribute& attribute) {
  if (attribute.size > limits::kMaxAttributeBytes || attribute.size > budget_) return std::nullopt;
  budget_ -= attribute.size;
  const std::optional<Inode> inode = tables_.find(attribute.inode, inode_bytes_);
  if (!inode || !inode->holds_attribute() || !inode->intact || inode->size < attribute.size) return std::nullopt;
  if (maps_.read(*inode, map_) != MapState::good) return std::nullopt;
  std::string value(attribute.size, '\0');
  for (const Segment& segment : map_.segments) {
    const std::uint64_t begin = segment.logical * layout_.block;
    if (begin >= value.size() || !segment.written) continue;
    const std::uint64_t bytes = std::min<std::uint64_t>(segment.blocks * layout_.block, value.size() - begin);
    const auto into = std::as_writable_bytes(std::span(value)).subspan(begin, bytes);
    if (!read_fully(volume_, segment.place * layout_.block, into).ok()) return std::nullopt;
  }
  return value;
}

Bytes resident_rest(const Inode& inode) {
  Bytes rest;
  const Bytes own = attributes_in(inode);
  for_each_attribute(own, own, [&](const Attribute& attribute) {
    if (attribute.kind == kSystemAttribute && attribute.name == "data" && attribute.inode == 0) rest = attribute.value;
  });
  return rest;
}

}  // namespace ambit::walk::ext
