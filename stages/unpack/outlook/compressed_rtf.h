// The RTF of a message as Outlook packs it (MS-OXRTFCP).
//
//   packed = bytes(4) bytes-unpacked(4) "LZFu" crc(4) *( flags(1) eight tokens )      "MELA": not packed at all
//   token  = byte | place(12 bits) length(4 bits)      of a ring of 4096 bytes; the place where it is written: the end
//
// Numbers have their least byte first, but for the tokens.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "pipeline/byte_stream.h"
#include "pipeline/result.h"

namespace ambit::unpack {

// All that could be unpacked, at most limits::kMaxViewBytes; of what was cut or damaged, less than
// compressed_rtf_bytes(). Error(evidence): nothing of the kind.
[[nodiscard]] Result<std::string> decompress_rtf(std::span<const std::byte> packed);
// The same of a stream, of which it takes at most limits::kMaxViewBytes.
[[nodiscard]] std::unique_ptr<ByteStream> plain_rtf(std::unique_ptr<ByteStream> packed);
// Bytes that it says to have unpacked; 0 where it has no header.
[[nodiscard]] std::size_t compressed_rtf_bytes(std::span<const std::byte> packed);

}  // namespace ambit::unpack
