// Expert Witness Format: the images of EnCase (.E01, .E02 … .E99, .EAA …), FTK Imager, ewfacquire, and SMART (.s01).
//
// The reader is our own. libewf keeps every chunk of an image in memory, some 22 GB for a disk of 8 TB, and lets one
// thread read at a time.
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <iterator>

#include "pipeline/limits.h"
#include "stages/open/ewf_chunks.h"
#include "stages/open/fields.h"
#include "stages/open/formats.h"

namespace ambit::open {
namespace {

class EwfExhibit final : public Exhibit {
 public:
  EwfExhibit(const Request& request, ewf::Segments segments, ewf::Index index)
      : Exhibit(request.name, request.path, ExhibitKind::ewf),
        chunks_(std::move(segments), std::move(index), request.name, request.blocks) {}

  std::uint64_t size() const override { return chunks_.bytes(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    return chunks_.read_at(offset, into);
  }
  void will_need(std::uint64_t offset, std::uint64_t length) const override { chunks_.will_need(offset, length); }
  std::vector<StoredHash> stored_hashes() const override { return chunks_.hashes(); }

 private:
  ewf::Chunks chunks_;
};

// "E01", "s01" …: a letter and the number one.
bool names_first_segment(const std::string& path) {
  if (path.size() < 4) return false;
  const std::string suffix = path.substr(path.size() - 4);
  const int letter = std::tolower(static_cast<unsigned char>(suffix[1]));
  return suffix[0] == '.' && (letter == 'e' || letter == 's') && suffix.ends_with("01");
}

// The path of segment `number` (from 1 on) beside the first: E01 … E99, EAA … EZZ, FAA … ZZZ. Empty: there is none.
std::string segment_path(const std::string& first, std::size_t number) {
  std::string path = first;
  char* const suffix = path.data() + path.size() - 3;
  const auto digit = [](std::size_t value, char zero) { return static_cast<char>(zero + static_cast<char>(value)); };
  if (number <= 99) {
    suffix[1] = digit(number / 10, '0');
    suffix[2] = digit(number % 10, '0');
    return path;
  }
  const std::size_t rest = number - 100;
  const bool capital = suffix[0] < 'a';
  const std::size_t letter = static_cast<std::size_t>(suffix[0] - (capital ? 'A' : 'a')) + rest / (26 * 26);
  if (letter > 25) return {};
  const char a = capital ? 'A' : 'a';
  suffix[0] = digit(letter, a);
  suffix[1] = digit(rest / 26 % 26, a);
  suffix[2] = digit(rest % 26, a);
  return path;
}

// Each part stays open; the usual limit is 1,024 files, and the hard one far above.
void allow_open_files(std::size_t count) {
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur >= count + limits::kUsualOpenFiles) return;
  now.rlim_cur = std::min<rlim_t>(now.rlim_max, count + limits::kUsualOpenFiles);
  ::setrlimit(RLIMIT_NOFILE, &now);
}

Result<> check_number(const ByteSource& segment, std::size_t number, const std::string& path) {
  const auto says = ewf::segment_number(segment);
  if (!says || *says == number) return {};
  if (number == 1) {
    return Error{ErrorKind::io, "this is part " + std::to_string(*says) + " of an EWF image, not the first", path,
                 "give the first part, .E01 or .s01; the others are found beside it"};
  }
  return Error{
      ErrorKind::io,
      "the part that should be number " + std::to_string(number) + " says that it is number " + std::to_string(*says),
      path, "put the parts of one image into one folder, with the names they had"};
}

Result<ewf::Segments> open_segments(const Request& request) {
  std::vector<std::string> paths = {request.path};
  if (names_first_segment(request.path)) {
    while (exists(segment_path(request.path, paths.size() + 1))) {
      paths.push_back(segment_path(request.path, paths.size() + 1));
    }
    for (std::size_t later = 2; later < 100; ++later) {
      const std::size_t number = paths.size() + later;
      if (!exists(segment_path(request.path, number))) continue;
      const std::string missing = segment_path(request.path, paths.size() + 1);
      return Error{ErrorKind::io, "a part of the EWF image is missing: " + missing.substr(missing.rfind('/') + 1),
                   request.path, "put the missing part beside the others"};
    }
  }
  allow_open_files(paths.size());
  ewf::Segments segments;
  for (const std::string& path : paths) {
    Opened part = open_raw({request.name, path, path, request.patience, request.files}, ExhibitKind::raw);
    if (!part.ok()) return std::move(part).error();
    segments.push_back(std::move(part).value());
    if (Result<> right = check_number(*segments.back(), segments.size(), path); !right.ok()) return right.error();
  }
  return segments;
}

Opened open_index(const Request& request, ewf::Segments segments) {
  Result<ewf::Index> index = ewf::read_index(segments, request.path.empty() ? request.name : request.path);
  if (!index.ok()) return std::move(index).error();
  return std::unique_ptr<Exhibit>(std::make_unique<EwfExhibit>(request, std::move(segments), std::move(index).value()));
}

}  // namespace

Opened open_ewf(const Request& request) {
  Result<ewf::Segments> segments = open_segments(request);
  if (!segments.ok()) return std::move(segments).error();
  return open_index(request, std::move(segments).value());
}

Opened open_ewf_inside(const Request& request, std::vector<Bytes> segments) {
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (Result<> right = check_number(*segments[i], i + 1, request.name); !right.ok()) return right.error();
  }
  return open_index(request, std::move(segments));
}

}  // namespace ambit::open
