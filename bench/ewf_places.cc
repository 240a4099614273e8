#include "bench/ewf_places.h"

#include "stages/open/ewf_sections.h"

namespace ambit::bench {
namespace {

void add_table(const ByteSource& file, const open::ewf::Section& section, std::uint64_t data_end, EwfPlaces& places) {
  const auto head = open::ewf::read_table_head(file, section);
  std::vector<std::uint32_t> entries(head ? head->entries : 0);
  (void)file.read_at(section.body() + open::ewf::kTableHeaderBytes, std::as_writable_bytes(std::span(entries)));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::uint64_t at = head->base + (entries[i] & 0x7fffffffU);
    const std::uint64_t end = i + 1 < entries.size() ? head->base + (entries[i + 1] & 0x7fffffffU) : data_end;
    places.chunks.push_back({at, end - at, (entries[i] >> 31U) != 0});
  }
}

}  // namespace

EwfPlaces ewf_places(const ByteSource& file) {
  using namespace open;
  EwfPlaces places;
  if (!ewf::is_segment(file)) return places;
  std::uint64_t data_end = 0;
  for (auto section = ewf::section_at(file, ewf::kHeaderBytes); section && !section->is_last();
       section = ewf::section_at(file, section->end)) {
    if (const auto geometry = section->name == "volume" ? ewf::read_geometry(file, *section) : std::nullopt) {
      places.chunk_bytes = geometry->chunk_bytes;
      places.image_bytes = geometry->bytes;
    }
    if (section->name == "sectors") data_end = section->end;
    if (section->name == "table") add_table(file, *section, data_end, places);
  }
  return places;
}

}  // namespace ambit::bench
