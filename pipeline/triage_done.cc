#include "pipeline/triage_done.h"

#include <utility>

#include "pipeline/varint.h"
#include "stages/record/stored_verdict.h"

namespace ambit {

std::string pack(const NotedPart& part) {
  std::string out(1, static_cast<char>(NoteKind::part));
  append_varint(out, part.object);
  append_varint(out, part.bytes);
  record::append_hits(out, part.hits);
  record::append_exceptions(out, part.exceptions);
  return out;
}

NotedPart unpack_noted_part(std::string_view packed) {
  NotedPart part;
  part.object = take_varint(packed);
  part.bytes = take_varint(packed);
  part.hits = record::take_hits(packed);
  part.exceptions = record::take_exceptions(packed);
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
  record::append_hits(out, residue.span.hits);
  record::append_exceptions(out, residue.span.exceptions);
  append_varint(out, residue.span.starts.size());
  for (std::uint64_t before = 0; const std::uint64_t start : residue.span.starts) {
    append_varint(out, start - std::exchange(before, start));
  }
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
  residue.span.hits = record::take_hits(packed);
  residue.span.exceptions = record::take_exceptions(packed);
  std::uint64_t start = 0;
  for (std::uint64_t left = take_varint(packed); left > 0; --left) {
    residue.span.starts.push_back(start += take_varint(packed));
  }
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
    case PortionKind::carved:
      root.carved.insert(name.number);
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
