#include "stages/record/stored_verdict.h"

#include <algorithm>

#include "pipeline/varint.h"

// Numbers in the order of the fields, and a text after its length. An optional number is 0 for nothing, else the number
// plus one; a signed one is zigzag. The bytes are never written in clear, and are read by the version of the program
// that wrote them.
namespace ambit::record {
namespace {

void append_optional(std::string& out, const std::optional<std::uint64_t>& number) {
  append_varint(out, number ? *number + 1 : 0);
}
std::optional<std::uint64_t> take_optional(std::string_view& in) {
  const std::uint64_t number = take_varint(in);
  return number == 0 ? std::nullopt : std::optional(number - 1);
}
void append_time(std::string& out, const std::optional<std::int64_t>& time) {
  out.push_back(time ? '\1' : '\0');
  if (time) append_varint(out, static_cast<std::uint64_t>(*time) << 1 ^ static_cast<std::uint64_t>(*time >> 63));
}
std::optional<std::int64_t> take_time(std::string_view& in) {
  if (take_varint(in) == 0) return std::nullopt;
  const std::uint64_t zigzag = take_varint(in);
  return static_cast<std::int64_t>(zigzag >> 1 ^ (~(zigzag & 1) + 1));
}
template <class Enum>
void append_enum(std::string& out, Enum value) {
  append_varint(out, static_cast<std::uint64_t>(value));
}
template <class Enum>
Enum take_enum(std::string_view& in) {
  return static_cast<Enum>(take_varint(in));
}

void append_facts(std::string& out, const Facts& facts) {
  append_varint(out, facts.size);
  append_time(out, facts.modified);
  append_time(out, facts.sent);
  append_enum(out, facts.kind);
  append_varint(out, facts.digests.sha256 ? 1 : 0);
  if (facts.digests.sha256) out.append(facts.digests.sha256->begin(), facts.digests.sha256->end());
  append_hits(out, facts.hits);
  append_exceptions(out, facts.exceptions);
  append_varint(out, facts.private_names.size());
  for (const PrivateName& name : facts.private_names) {
    append_varint(out, name.step);
    append_varint(out, name.component);
  }
  append_varint(out, facts.private_links.size());
  for (const PrivateLink& name : facts.private_links) {
    append_varint(out, name.link);
    append_varint(out, name.component);
  }
  append_varint(out, facts.examined_links);
}

Hit take_hit(std::string_view& in) {
  Hit hit;
  hit.start = take_varint(in);
  hit.length = static_cast<std::uint32_t>(take_varint(in));
  hit.identifier = static_cast<IdentifierId>(take_varint(in));
  const std::uint64_t look = take_varint(in);
  hit.view = static_cast<View>(look >> 8);
  hit.form = static_cast<Form>(look >> 1 & 0x7f);
  hit.crossing = (look & 1) != 0;
  return hit;
}

Facts take_facts(std::string_view& in) {
  Facts facts;
  facts.size = take_varint(in);
  facts.modified = take_time(in);
  facts.sent = take_time(in);
  facts.kind = take_enum<Kind>(in);
  if (take_varint(in) != 0) {
    const std::string_view digest = take_bytes(in, 32);
    std::copy(digest.begin(), digest.end(), facts.digests.sha256.emplace().begin());
  }
  facts.hits = take_hits(in);
  facts.exceptions = take_exceptions(in);
  facts.private_names.resize(take_varint(in));
  for (PrivateName& name : facts.private_names) {
    name.step = static_cast<std::uint32_t>(take_varint(in));
    name.component = static_cast<std::uint32_t>(take_varint(in));
  }
  facts.private_links.resize(take_varint(in));
  for (PrivateLink& name : facts.private_links) {
    name.link = static_cast<std::uint32_t>(take_varint(in));
    name.component = static_cast<std::uint32_t>(take_varint(in));
  }
  facts.examined_links = take_varint(in);
  return facts;
}

void append_origin(std::string& out, const Verdict& verdict) {
  append_varint(out, verdict.inode);
  append_varint(out, verdict.links.size());
  for (const std::string& link : verdict.links) {
    append_varint(out, link.size());
    out.append(link);
  }
  append_varint(out, verdict.places.size());
  for (const Run& place : verdict.places) {
    append_varint(out, place.start);
    append_varint(out, place.place);
    append_varint(out, place.length);
  }
}

void take_origin(std::string_view& in, StoredVerdict& verdict) {
  verdict.inode = take_varint(in);
  verdict.links.resize(take_varint(in));
  for (std::string& link : verdict.links) {
    const std::uint64_t bytes = take_varint(in);
    link = take_bytes(in, bytes);
  }
  verdict.places.resize(take_varint(in));
  for (Run& place : verdict.places) {
    place.start = take_varint(in);
    place.place = take_varint(in);
    place.length = take_varint(in);
  }
}

}  // namespace

void append_hits(std::string& out, const std::vector<Hit>& hits) {
  append_varint(out, hits.size());
  for (const Hit& hit : hits) {
    append_varint(out, hit.start);
    append_varint(out, hit.length);
    append_varint(out, hit.identifier);
    append_varint(out, static_cast<std::uint64_t>(hit.view) << 8 | static_cast<std::uint64_t>(hit.form) << 1 |
                           (hit.crossing ? 1 : 0));
  }
}

std::vector<Hit> take_hits(std::string_view& in) {
  std::vector<Hit> hits(take_varint(in));
  for (Hit& hit : hits) hit = take_hit(in);
  return hits;
}

void append_exceptions(std::string& out, const std::vector<Exception>& exceptions) {
  append_varint(out, exceptions.size());
  for (const Exception& exception : exceptions) {
    append_enum(out, exception.reason);
    append_varint(out, exception.offset);
    append_varint(out, exception.length);
  }
}

std::vector<Exception> take_exceptions(std::string_view& in) {
  std::vector<Exception> exceptions(take_varint(in));
  for (Exception& exception : exceptions) {
    exception.reason = take_enum<ExceptionReason>(in);
    exception.offset = take_varint(in);
    exception.length = take_varint(in);
  }
  return exceptions;
}

void append_verdict(std::string& out, const Verdict& verdict, const FindingCounts& findings) {
  const Decision& decision = *verdict.decision;
  const auto& exhibit_offsets = verdict.exhibit_offsets;
  append_enum(out, verdict.state);
  append_enum(out, decision.disposition);
  append_enum(out, decision.reason);
  append_optional(out, decision.rule);
  append_varint(out, decision.extents.size());
  for (std::size_t i = 0; i < decision.extents.size(); ++i) {
    const Extent& extent = decision.extents[i];
    append_enum(out, extent.view);
    append_varint(out, extent.start);
    append_varint(out, extent.length);
    append_optional(out, i < exhibit_offsets.size() ? exhibit_offsets[i] : std::nullopt);
  }
  append_varint(out, findings.size());
  for (const auto& [category, count] : findings) {
    append_varint(out, category);
    append_varint(out, count);
  }
  append_facts(out, *verdict.facts);
  append_origin(out, verdict);
}

StoredVerdict read_verdict(std::string_view bytes) {
  StoredVerdict out;
  out.state = take_enum<ObjectState>(bytes);
  out.decision.disposition = take_enum<Disposition>(bytes);
  out.decision.reason = take_enum<Reason>(bytes);
  if (const auto rule = take_optional(bytes)) out.decision.rule = static_cast<std::uint32_t>(*rule);
  out.decision.extents.resize(take_varint(bytes));
  for (Extent& extent : out.decision.extents) {
    extent.view = take_enum<View>(bytes);
    extent.start = take_varint(bytes);
    extent.length = take_varint(bytes);
    out.exhibit_offsets.push_back(take_optional(bytes));
  }
  out.findings.resize(take_varint(bytes));
  for (auto& [category, count] : out.findings) {
    category = static_cast<std::uint32_t>(take_varint(bytes));
    count = take_varint(bytes);
  }
  out.facts = take_facts(bytes);
  take_origin(bytes, out);
  return out;
}

}  // namespace ambit::record
