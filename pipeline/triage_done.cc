#include "pipeline/triage_done.h"

#include <utility>

#include "pipeline/varint.h"

namespace ambit {
namespace {

void append_findings(std::string& out, const std::vector<Hit>& hits, const std::vector<Exception>& exceptions) {
  append_varint(out, hits.size());
  for (const Hit& hit : hits) {
    append_varint(out, hit.start);
    append_varint(out, hit.length);
    append_varint(out, hit.identifier);
    append_varint(out, static_cast<std::uint64_t>(hit.view));
    append_varint(out, static_cast<std::uint64_t>(hit.form));
    append_varint(out, hit.crossing ? 1 : 0);
  }
  append_varint(out, exceptions.size());
  for (const Exception& exception : exceptions) {
    append_varint(out, static_cast<std::uint64_t>(exception.reason));
    append_varint(out, exception.offset);
    append_varint(out, exception.length);
  }
}

void take_findings(std::string_view& in, std::vector<Hit>& hits, std::vector<Exception>& exceptions) {
  hits.resize(take_varint(in));
  for (Hit& hit : hits) {
    hit.start = take_varint(in);
    hit.length = static_cast<std::uint32_t>(take_varint(in));
    hit.identifier = static_cast<IdentifierId>(take_varint(in));
    hit.view = static_cast<View>(take_varint(in));
    hit.form = static_cast<Form>(take_varint(in));
    hit.crossing = take_varint(in) != 0;
  }
  exceptions.resize(take_varint(in));
  for (Exception& exception : exceptions) {
    exception.reason = static_cast<ExceptionReason>(take_varint(in));
    exception.offset = take_varint(in);
    exception.length = take_varint(in);
  }
}

}  // namespace

std::string pack(const NotedPart& part) {
  std::string out(1, static_cast<char>(NoteKind::part));
  append_varint(out, part.object);
  append_varint(out, part.bytes);
  append_findings(out, part.hits, part.exceptions);
  return out;
}

NotedPart unpack_noted_part(std::string_view packed) {
  NotedPart part;
  part.object = take_varint(packed);
  part.bytes = take_varint(packed);
  take_findings(packed, part.hits, part.exceptions);
  return part;
}

std::string pack(const NotedResidue& residue) {
  std::string out(1, static_cast<char>(NoteKind::residue));
  append_varint(out, residue.run_begin);
  append_varint(out, static_cast<std::uint64_t>(residue.kind));
  append_varint(out, residue.home);
  append_varint(out, residue.span.begin);
  append_varint(out, residue.span.end);
  append_varint(out, residue.span.goes_on ? 1 : 0);
  append_findings(out, residue.span.hits, residue.span.exceptions);
  return out;
}

NotedResidue unpack_noted_residue(std::string_view packed) {
  NotedResidue residue;
  residue.run_begin = take_varint(packed);
  residue.kind = static_cast<Kind>(take_varint(packed));
  residue.home = static_cast<std::uint32_t>(take_varint(packed));
  residue.span.begin = take_varint(packed);
  residue.span.end = take_varint(packed);
  residue.span.goes_on = take_varint(packed) != 0;
  take_findings(packed, residue.span.hits, residue.span.exceptions);
  return residue;
}

void Done::portion(std::string_view packed, const std::vector<std::string>& notes) {
  PortionName name = unpack_portion_name(packed);
  Root& root = roots_[name.root];
  switch (name.kind) {
    case PortionKind::object:
      if (root.objects.size() <= name.number) root.objects.resize(name.number + 1);
      root.objects[name.number] = name.check;
      if (name.opens_image) root.objects_with_image.insert(name.number);
      break;
    case PortionKind::walk:
      root.is_walked = true;
      break;
    case PortionKind::stripe:
      if (root.stripes.size() <= name.number) root.stripes.resize(name.number + 1);
      root.stripes[name.number] = true;
      break;
    case PortionKind::shared_object:
      root.shared_objects[name.number] = name.opens_image;
      root.parts.erase(name.number);
      break;
    case PortionKind::residue:
      root.residue.insert(name.number);
      break;
  }
  for (const std::string& note : notes) {
    const std::string_view text = std::string_view(note).substr(1);
    if (note[0] == static_cast<char>(NoteKind::account)) account_.add_packed(text);
    if (note[0] == static_cast<char>(NoteKind::residue)) root.spans.emplace_back(text);
    if (note[0] != static_cast<char>(NoteKind::part)) continue;
    std::string_view rest = text;
    const ObjectId object = take_varint(rest);
    if (!root.shared_objects.contains(object)) root.parts[object].emplace_back(text);
  }
}

Done::Root Done::take(const std::string& root) {
  const auto found = roots_.find(root);
  return found == roots_.end() ? Root() : std::move(found->second);
}

}  // namespace ambit
