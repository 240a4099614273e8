// Cut: the commands with which anybody cuts bytes out of an exhibit, without ambit.
//
// An offset counts bytes of the image. In a raw image that is the file itself, for dd to seek in. The parts of a split
// image are read one behind the other through a pipe, where dd must be told to wait for full blocks: a pipe gives what
// it has, and a block that came short would count as a whole one. Other formats are unpacked first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ambit::cli {

class Cut {
 public:
  // Both as they stand in relevance.db. The name is that of the file, without its folder.
  Cut(std::string_view exhibit_name, std::string_view exhibit_kind);

  // The command that unpacks the image; empty where it needs none.
  [[nodiscard]] const std::string& unpacking() const { return unpacking_; }
  // A command that writes these bytes to its standard output.
  [[nodiscard]] std::string bytes(std::uint64_t offset, std::uint64_t length) const;
  [[nodiscard]] static std::string zeros(std::uint64_t length);

 private:
  std::string unpacking_;
  std::string feed_;   // writes the whole image into a pipe; empty: dd reads `input_`
  std::string input_;  // quoted
};

}  // namespace ambit::cli
