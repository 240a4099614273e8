// Passwords as systems keep them: who has such a hash may guess the password at leisure.
//
//   crypt  = '$' id '$' [options '$'] salt '$' hash       1, 5, 6, 7, y, 2a/2b/2y, apr1, sha1, P, H, argon2…
//   django = "pbkdf2_sha" … '$' rounds '$' salt '$' hash
//   ldap   = '{' scheme '}' base64                        SSHA, SHA, SMD5, MD5, CRYPT …
//   dump   = user ':' number ':' 32 hex ':' 32 hex ":::"  of Windows
#include <algorithm>

#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/validators/secret_text.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit::scrutiny {
namespace {

bool is_crypt(char c) { return is_base64(c) || c == '.' || c == '$' || c == '=' || c == ',' || c == '-' || c == '_'; }

// Thirty-two hexadecimal digits that end at `end`.
bool hex_before(std::string_view view, std::size_t end) {
  if (end < 33 || view[end - 33] != ':') return false;
  const std::string_view text = view.substr(end - 32, 32);
  return std::all_of(text.begin(), text.end(), is_hex);
}

// The core is ":::", behind the two hashes.
std::optional<Verdict> windows_dump(std::string_view view, std::size_t begin, std::size_t end) {
  if (!hex_before(view, begin) || !hex_before(view, begin - 33)) return std::nullopt;
  return graded(begin - 65, end, Grade::validated);
}

std::optional<Verdict> ldap(std::string_view view, std::size_t begin, std::size_t end) {
  std::size_t from = end;
  while (from < end + 5 && (is_alnum(at(view, from)) || at(view, from) == '-')) ++from;
  if (at(view, from) != '}') return std::nullopt;
  std::size_t last = ++from;
  while (last < view.size() && last - from < 200 && (is_crypt(view[last]))) ++last;
  const std::string_view text = view.substr(from, last - from);
  if (text.size() < 13 || kinds_of_characters(text) < 2 || entropy(text) < 3) return std::nullopt;
  return graded(begin, last, Grade::validated);
}

}  // namespace

std::optional<Verdict> password_hash(std::string_view view, std::size_t begin, std::size_t end) {
  const char first = view[begin];
  if (first == ':') return windows_dump(view, begin, end);
  if (first == '{') return ldap(view, begin, end);
  if (begin > 0 && (is_alnum(view[begin - 1]) || view[begin - 1] == '_')) return std::nullopt;
  std::size_t last = end;
  while (last < view.size() && last - end < 400 && is_crypt(view[last])) ++last;
  const std::string_view whole = view.substr(begin, last - begin);
  // The hash is what stands behind the last sign; of bcrypt and phpass salt and hash are one.
  const std::size_t sign = whole.rfind('$');
  if (sign == std::string_view::npos) return std::nullopt;
  const std::string_view hash = whole.substr(sign + 1);
  if (hash.size() < 22 || hash.size() > 200 || entropy(hash) < 3) return std::nullopt;
  return graded(begin, last, Grade::validated);
}

}  // namespace ambit::scrutiny
