// What a block of the journal holds: entries of portions (run_writer.h), and the lines of the ledger, compressed.
//
//   <varint bytes of entries> <entries> <varint bytes of the lines> <Zstandard frame of the lines>
//
// The lines stay in the frame that their worker made, so that they go from here into the ledger as they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ambit::record {

enum class EntryKind : char {
  line = 'l',      // first: commitment, 32 bytes; number: bytes of its line, in the order of the lines
  waiting = 'w',   // first: sort key; second: packed verdict
  counts = 'c',    // first: packed Counts
  note = 'n',      // first: what the caller noted
  end = 'e',       // first: the name of the portion; number: its entries before this one
  dead = 'd',      // the portion was cut off; what it left behind does not count
  swept = 's',     // everything is judged
  identity = 'i',  // first: what the run is of; the first entry of a journal
};

struct Entry {
  EntryKind kind = EntryKind::note;
  std::uint64_t portion = 0;
  std::uint64_t number = 0;
  std::string_view first = {}, second = {};
};

void append_entry(std::string& out, const Entry& entry);
// Entries, bytes of the lines, and their frame, to one block.
[[nodiscard]] std::string make_block(std::string_view entries, std::string_view frame, std::uint64_t line_bytes);

// Only for blocks that authenticated: they are our own.
class BlockReader {
 public:
  explicit BlockReader(std::string_view block);
  // False at the end.
  [[nodiscard]] bool next(Entry& entry);
  [[nodiscard]] std::string_view frame() const { return frame_; }
  [[nodiscard]] std::uint64_t line_bytes() const { return line_bytes_; }

 private:
  std::string_view entries_, frame_;
  std::uint64_t line_bytes_ = 0;
};

}  // namespace ambit::record
