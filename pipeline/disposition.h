// Disposition: what becomes of an object. A closed list in order of precedence: the first that applies wins, and
// every object has exactly one.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace ambit {

enum class Disposition : std::uint8_t {
  quarantined,       // matches a quarantine rule: count only
  privileged,        // relevant, and a privilege rule applies: privilege-log row without content
  unexamined,        // not or not fully examined, and not relevant by what was read
  out_of_scope,      // outside the order's dates or exhibits
  known,             // in a set of known files, no hit of the case
  review_private,    // relevant, private data of third parties in the relevant extents or all through it
  redact,            // relevant extents separable from the private ones: the relevant extents only
  disclose,          // relevant, fully examined, nothing private found
  review_relevance,  // only weak identifiers
  family,            // no hit of its own; container, member or attachment of one of the four above
  duplicate,         // same SHA-256 and size as an earlier object that met the same fate
  not_relevant,      // everything else: the default
};
inline constexpr std::size_t kDispositions = 12;

inline constexpr std::array<std::string_view, kDispositions> kDispositionNames = {
    "quarantined", "privileged", "unexamined",       "out_of_scope", "known",     "review_private",
    "redact",      "disclose",   "review_relevance", "family",       "duplicate", "not_relevant"};
[[nodiscard]] constexpr std::string_view to_string(Disposition d) {
  return kDispositionNames[static_cast<std::size_t>(d)];
}

// True where the object's row stands in relevance.db (a duplicate follows its original).
[[nodiscard]] constexpr bool is_released(Disposition d) {
  return d == Disposition::redact || d == Disposition::disclose;
}

// Why. One reason per decision; the names are what the census and the ledger show.
enum class Reason : std::uint8_t {
  no_rule,    // no rule of the order reaches it
  rule,       // a rule did (Decision::rule says which)
  weak_only,  // rules did, but all their hits are weak
  outside_dates,
  known_file,
  private_in_extent,      // a finding inside a relevant extent
  private_throughout,     // too many findings, or the whole object is the extent
  not_fully_scrutinised,  // relevant, but an exception keeps the second look from being complete
  holds_withheld,         // relevant, but something packed in it may not be released
  same_content,           // duplicate
  relative,               // family
  // the reasons of `unexamined`, each an ExceptionReason of facts.h:
  unreadable,
  changed,
  special_file,
  loop,
  too_deep,
  name_too_long,
  encrypted,
  unsupported,
  damaged,
  objects_limit,
  hits_limit,
  findings_limit,
  expansion_limit,
  decoder_crashed,
  timeout,
};
inline constexpr std::array<std::string_view, 26> kReasonNames = {"no_rule",
                                                                  "rule",
                                                                  "weak_only",
                                                                  "outside_dates",
                                                                  "known_file",
                                                                  "private_in_extent",
                                                                  "private_throughout",
                                                                  "not_fully_scrutinised",
                                                                  "holds_withheld",
                                                                  "same_content",
                                                                  "relative",
                                                                  "unreadable",
                                                                  "changed",
                                                                  "special_file",
                                                                  "loop",
                                                                  "too_deep",
                                                                  "name_too_long",
                                                                  "encrypted",
                                                                  "unsupported",
                                                                  "damaged",
                                                                  "objects_limit",
                                                                  "hits_limit",
                                                                  "findings_limit",
                                                                  "expansion_limit",
                                                                  "decoder_crashed",
                                                                  "timeout"};
[[nodiscard]] constexpr std::string_view to_string(Reason r) { return kReasonNames[static_cast<std::size_t>(r)]; }

}  // namespace ambit
