// Scope: what the order calls relevant, as typed data. Made by order.cc, read by everyone, changed by no one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/facts.h"
#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "pipeline/pattern.h"

namespace ambit {

struct Paragraph {
  std::string id;
  std::string text;
};

// A rule's condition as a tree in one vector; children stand before their parent, the root is the last.
enum class Op : std::uint8_t {
  any_of,  // some identifier of `identifiers` was hit
  all,
  any,
  negate,
  near,   // a hit of `identifiers` and one of `others` with at most `number` bytes between them, in one view
  count,  // at least `number` hits of `identifiers`
  path,   // the object's path matches the glob `text`; * and ? stop at '/', ** does not; bytes, ASCII caseless
  kind,   // the object is of kind `kind`
};
struct Condition {
  Op op = Op::any_of;
  std::vector<std::uint32_t> children;    // all, any, negate: indices into Rule::conditions
  std::vector<IdentifierId> identifiers;  // sorted; a dotted group name stands for all below it
  std::vector<IdentifierId> others;       // near only
  std::uint64_t number = 0;
  std::string text;
  Kind kind = Kind::unknown;
};

enum class Unit : std::uint8_t { object, record };
enum class RuleDecision : std::uint8_t { relevant, privileged, quarantine };

struct Rule {
  std::string name;
  std::uint32_t paragraph = 0;        // index into Scope::paragraphs
  std::string expression;             // as written, for the index
  std::vector<Condition> conditions;  // never empty
  Unit unit = Unit::object;
  RuleDecision then = RuleDecision::relevant;
};

struct DateWindow {
  std::optional<std::int64_t> from;   // seconds since 1970, UTC, inclusive
  std::optional<std::int64_t> until;  // exclusive: the first second after the last day
  [[nodiscard]] bool limits() const { return from.has_value() || until.has_value(); }
  [[nodiscard]] bool holds(std::int64_t t) const { return (!from || t >= *from) && (!until || t < *until); }
};

// [privacy]: every key has a safe default.
struct Privacy {
  // Detectors switched off, by name, each with the paragraph that allows it.
  struct Loosened {
    std::string detector;
    std::uint32_t paragraph = 0;
  };
  std::vector<Loosened> loosened;
  // Grade from which a finding counts as private. Default: everything counts.
  Grade least = Grade::shape_only;
  // Of the accused company itself: addresses, domains of mail, numbers; as written in the order. No third party's.
  std::vector<std::string> role_accounts;
};

struct KnownSet {
  std::string path;                    // as the order names it
  std::shared_ptr<const HashSet> set;  // shared, because several places of an order may name one file
};

// Opens an encrypted volume. Never written anywhere.
struct VolumeKey {
  std::string secret;  // a passphrase, or the bytes of a key file
};

// What one object may cost that is taken apart, all that is in it; where it is reached is an exception of the object.
struct UnpackLimits {
  std::uint64_t depth = limits::kMaxUnpackDepth;  // containers in containers
  std::uint64_t members = limits::kMaxParts;      // of one container
  std::uint64_t expanded_bytes = limits::kMaxExpandedBytes;
  std::uint64_t ratio = limits::kMaxExpansionRatio;   // bytes out for a byte in
  std::uint64_t seconds = limits::kMaxUnpackSeconds;  // by the clock
};

struct Scope {
  std::string id, court;
  std::string order_sha256;  // hex, of the order file's bytes
  // Hex, SHA-256 over a line "<digest of the set>  <name in the order>" for each file of hashes that the order names,
  // in its order; empty where it names none. Two runs that differ in a set differ in this.
  std::string hash_sets_sha256;
  DateWindow window;
  std::vector<std::string> seal_to;  // age recipients, never empty
  std::vector<Paragraph> paragraphs;
  std::vector<Identifier> identifiers;
  std::vector<Rule> rules;
  Privacy privacy;
  std::vector<KnownSet> known;
  std::vector<VolumeKey> volume_keys;                 // tried in order on every encrypted volume
  UnpackLimits unpack;                                // [limits]
  std::uint64_t read_seconds = limits::kReadSeconds;  // [limits]; for a file system that does not answer
  std::uint64_t max_hits_per_identifier = 0;          // [limits] hits_per_identifier; 0 never occurs after order.cc
};

}  // namespace ambit
