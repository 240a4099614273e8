#include "stages/record/run_block.h"

#include "pipeline/varint.h"

namespace ambit::record {

void append_entry(std::string& out, const Entry& entry) {
  out.push_back(static_cast<char>(entry.kind));
  append_varint(out, entry.portion);
  append_varint(out, entry.number);
  append_varint(out, entry.first.size());
  append_varint(out, entry.second.size());
  out.append(entry.first).append(entry.second);
}

std::string make_block(std::string_view entries, std::string_view frame, std::uint64_t line_bytes) {
  std::string block;
  block.reserve(entries.size() + frame.size() + 20);
  append_varint(block, entries.size());
  block.append(entries);
  append_varint(block, line_bytes);
  block.append(frame);
  return block;
}

BlockReader::BlockReader(std::string_view block) {
  const std::uint64_t bytes = take_varint(block);
  entries_ = take_bytes(block, bytes);
  line_bytes_ = take_varint(block);
  frame_ = block;
}

bool BlockReader::next(Entry& entry) {
  if (entries_.empty()) return false;
  entry.kind = static_cast<EntryKind>(take_bytes(entries_, 1).front());
  entry.portion = take_varint(entries_);
  entry.number = take_varint(entries_);
  const std::uint64_t first = take_varint(entries_);
  const std::uint64_t second = take_varint(entries_);
  entry.first = take_bytes(entries_, first);
  entry.second = take_bytes(entries_, second);
  return true;
}

}  // namespace ambit::record
