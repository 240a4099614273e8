// Made evidence for the benches: the same bytes on every machine, large as asked, with identifiers planted at known
// numbers so that a bench can check its answer before it prints a speed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ambit::bench {

// `count` identifiers as a case has them: a third e-mail addresses, a third names, a third account names.
[[nodiscard]] std::vector<std::string> identifiers(std::size_t count);

// An order over these identifiers: one paragraph, one rule that any of them satisfies.
[[nodiscard]] std::string order_text(const std::vector<std::string>& identifiers, const std::string& recipient);

// `bytes` of mixed content (log lines, mark-up, program-like bytes, noise, zeros) for in-memory benches.
[[nodiscard]] std::string mixed_bytes(std::uint64_t seed, std::size_t bytes);

// Writes an image of `bytes` with `plants` identifiers in it, in turns as UTF-8, UTF-16LE and upper case; not again
// if a file of that size is there already.
void make_image(const std::string& path, std::uint64_t bytes, std::size_t plants,
                const std::vector<std::string>& names);

// An identifier as it is planted: by its number as it is, in UTF-16, or in capitals.
[[nodiscard]] std::string planted(std::size_t number, const std::string& name);

// Writes a tree of `files` small files (100 bytes to 16 KiB, 3 KiB in the mean; 500 a folder), `plants` of them
// with an identifier; not again if the folder is there already. Returns their bytes.
std::uint64_t make_tree(const std::string& path, std::size_t files, std::size_t plants,
                        const std::vector<std::string>& names);

// Names, addresses and accounts as a case has them: of a common vocabulary, so that they share most of their parts
// with each other and with what servers hold. At most 20,000.
std::vector<std::string> real_names(std::size_t count);
// The contents of this machine's own files (/usr/share, /usr/include, /usr/lib, in the order of their paths, from the
// first again when they end), back to back, with planted names.
void make_real_image(const std::string& path, std::uint64_t bytes, std::size_t plants,
                     const std::vector<std::string>& names);
// `files` copies of this machine's own files of 1 to 16 KiB. Returns the bytes.
std::uint64_t make_real_tree(const std::string& path, std::size_t files, std::size_t plants,
                             const std::vector<std::string>& names);

}  // namespace ambit::bench
