// Private keys as text: PEM (RSA, EC, DSA, PKCS#8, OpenSSH), OpenPGP armour, SSH2 and PuTTY files.
//
//   pem   = "-----BEGIN " [A-Z0-9 ]* "PRIVATE KEY" [" BLOCK"] "-----" body "-----END " … "-----"
//   ssh2  = "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----" body "---- END " …
//   putty = "PuTTY-User-Key-File-" version ": " … "Private-MAC: " hex
//
// The finding is the whole block, so that no extent may show the inside of a key. A block whose end is missing or too
// far away reaches as far as its letters go.
#include <algorithm>

#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/validators/secret_text.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit::scrutiny {
namespace {

constexpr std::string_view kPutty = "PuTTY-User-Key-File-", kPuttyEnd = "Private-MAC: ";
constexpr std::size_t kLongestLabel = 56;  // "-----BEGIN " and what stands between it and "PRIVATE KEY"
constexpr std::size_t kShortestBody = 40;  // base64 of an Ed25519 key has 64
constexpr std::size_t npos = std::string_view::npos;

bool is_body(char c) {
  return is_base64(c) || c == '=' || c == '\n' || c == '\r' || c == '\t' || c == ' ' || c == '\\' || c == ':' ||
         c == ',' || c == '-';
}

std::size_t longest_base64_run(std::string_view text) {
  std::size_t best = 0, run = 0;
  for (const char c : text) {
    run = is_base64(c) ? run + 1 : 0;
    best = std::max(best, run);
  }
  return best;
}

// Lines end at the first byte that does not print.
std::size_t end_of_line(std::string_view view, std::size_t from) {
  while (at(view, from) >= 0x20 && at(view, from) < 0x7f) ++from;
  return from;
}

// Where the header line that holds the core begins, npos if the core is no header (an "END" line, prose).
std::size_t header_begin(std::string_view view, std::size_t core) {
  const std::size_t from = core - std::min(core, kLongestLabel);
  const std::string_view label = view.substr(from, core - from);
  for (const std::string_view opening : {"-----BEGIN ", "---- BEGIN "}) {
    const std::size_t found = label.rfind(opening);
    if (found == npos) continue;
    const std::string_view between = label.substr(found + opening.size());
    const bool plain =
        std::all_of(between.begin(), between.end(), [](char c) { return is_upper(c) || is_digit(c) || c == ' '; });
    if (plain) return from + found;
  }
  return npos;
}

Verdict putty(std::string_view view, std::size_t begin, std::size_t end) {
  const std::size_t mac = view.find(kPuttyEnd, end);
  if (mac == npos) return graded(begin, end_of_line(view, end), Grade::shape_only);
  std::size_t stop = mac + kPuttyEnd.size();
  while (is_hex(at(view, stop))) ++stop;
  return graded(begin, stop, Grade::validated);
}

}  // namespace

std::optional<Verdict> private_key(std::string_view view, std::size_t begin, std::size_t end) {
  if (view.substr(begin, end - begin) == kPutty) return putty(view, begin, end);
  const std::size_t header = header_begin(view, begin);
  if (header == npos) return std::nullopt;
  const std::string_view dashes = view.substr(header, view[header + 4] == '-' ? 5 : 4);
  const std::size_t closing = view.find(dashes, end);
  const bool closed = closing != npos && view.substr(closing + dashes.size(), 5).find("END") != npos;
  if (closed) {
    const bool full = longest_base64_run(view.substr(end, closing - end)) >= kShortestBody;
    const std::size_t last = std::min(view.find(dashes, closing + dashes.size()), end_of_line(view, closing));
    const std::size_t finish = std::min(last + dashes.size(), end_of_line(view, closing));
    return graded(header, finish, full ? Grade::validated : Grade::shape_only);
  }
  std::size_t stop = end;
  while (stop < view.size() && stop < closing && is_body(view[stop])) ++stop;
  if (longest_base64_run(view.substr(end, stop - end)) < kShortestBody) return graded(header, end, Grade::shape_only);
  return graded(header, stop, Grade::plausible);
}

}  // namespace ambit::scrutiny
