// A document becomes text through a chain of rewriters: transfer encoding, character set, mark-up. Each turns a piece
// of bytes into the next piece, so a document of any length needs no more memory than a piece in each link.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "stages/unpack/formats.h"

namespace ambit::unpack {

class Rewriter {
 public:
  Rewriter() = default;
  virtual ~Rewriter() = default;
  Rewriter(const Rewriter&) = delete;
  Rewriter& operator=(const Rewriter&) = delete;

  // Appends to `out` what `piece` becomes: at most a small multiple of it, and of what was held back before.
  virtual void rewrite(std::string_view piece, std::string& out) = 0;
  // The end has come: appends what was held back.
  virtual void finish(std::string& out) = 0;
};

// `from` rewritten. What came before an error of `from` is rewritten and finished, then the error comes.
[[nodiscard]] std::unique_ptr<ByteStream> rewritten(std::unique_ptr<ByteStream> from,
                                                    std::unique_ptr<Rewriter> rewriter);

// `from`, which outlives it, where a chain wants to own its first link.
[[nodiscard]] std::unique_ptr<ByteStream> borrowed(ByteStream& from);

// The bytes of `text`.
[[nodiscard]] std::unique_ptr<ByteStream> text_stream(std::string text);

// `from`, and an Error(evidence) once there are more than `bytes`. For what is read without anything coming out.
[[nodiscard]] std::unique_ptr<ByteStream> at_most(std::uint64_t bytes, std::unique_ptr<ByteStream> from);

// `text` as a view: without NULs and other characters that nobody sees. Of any length: it is swept as it comes, and
// counts in what its object expands to.
[[nodiscard]] std::unique_ptr<ByteStream> as_view(std::unique_ptr<ByteStream> text);

// One view made of `text`, and nothing else.
[[nodiscard]] std::unique_ptr<Unpacker> one_view(std::unique_ptr<ByteStream> text);

// Everything that `rewriter` makes of `bytes`.
[[nodiscard]] std::string rewrite_all(Rewriter& rewriter, std::string_view bytes);

}  // namespace ambit::unpack
