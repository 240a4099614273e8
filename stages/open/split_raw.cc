// A raw image in parts: image.001, image.002 … (also .000, and .aa, .ab … as split(1) writes them). The parts follow
// each other without a gap; a missing part in the middle is an error, because every later offset would be wrong.
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "pipeline/limits.h"
#include "stages/open/formats.h"

namespace ambit::open {
namespace {

// The name of the part after `path`, or nothing when the suffix has no successor.
std::string next_part(std::string path) {
  for (std::size_t i = path.size(); i-- > 0 && path[i] != '.';) {
    char& c = path[i];
    if (c == '9' || c == 'z' || c == 'Z') {
      c = c == '9' ? '0' : static_cast<char>(c == 'z' ? 'a' : 'A');
      continue;
    }
    ++c;
    return path;
  }
  return {};
}

// True if a part with a higher number than `missing` is there: a part in the middle was lost.
bool later_part_exists(std::string missing) {
  for (int i = 0; i < 100 && !missing.empty(); ++i) {
    missing = next_part(missing);
    if (exists(missing)) return true;
  }
  return false;
}

class SplitRawExhibit final : public Exhibit {
 public:
  explicit SplitRawExhibit(const Request& request) : Exhibit(request.name, request.path, ExhibitKind::split_raw) {}

  void add(std::unique_ptr<Exhibit> part) {
    begins_.push_back(size_);
    size_ += part->size();
    parts_.push_back(std::move(part));
  }

  std::uint64_t size() const override { return size_; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    std::size_t done = 0;
    while (done < into.size() && offset + done < size_) {
      const std::size_t part = part_at(offset + done);
      const std::uint64_t inside = offset + done - begins_[part];
      const std::uint64_t left = parts_[part]->size() - inside;
      Result<std::size_t> got =
          parts_[part]->read_at(inside, into.subspan(done, std::min<std::uint64_t>(into.size() - done, left)));
      if (!got.ok()) return done > 0 ? Result<std::size_t>(done) : got;
      if (*got == 0) break;
      done += *got;
    }
    return done;
  }

  DataRun run_at(std::uint64_t offset) const override {
    const std::size_t part = part_at(offset);
    DataRun run = parts_[part]->run_at(offset - begins_[part]);
    run.offset += begins_[part];
    return run;
  }

  void will_need(std::uint64_t offset, std::uint64_t length) const override {
    const std::size_t part = part_at(offset);
    parts_[part]->will_need(offset - begins_[part], length);
  }

 private:
  // Empty parts begin where the next one does; upper_bound picks the last that begins at or before the offset.
  [[nodiscard]] std::size_t part_at(std::uint64_t offset) const {
    const auto after = std::upper_bound(begins_.begin(), begins_.end(), offset);
    return static_cast<std::size_t>(after - begins_.begin()) - 1;
  }

  std::vector<std::unique_ptr<Exhibit>> parts_;
  std::vector<std::uint64_t> begins_;
  std::uint64_t size_ = 0;
};

}  // namespace

bool exists(const std::string& path) {
  struct stat info {};
  return !path.empty() && ::stat(path.c_str(), &info) == 0;
}

bool is_split_raw(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string::npos || path.find('/', dot) != std::string::npos) return false;
  const std::string suffix = path.substr(dot + 1);
  const bool digits = suffix.size() >= 3 &&
                      std::all_of(suffix.begin(), suffix.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (digits)
    return (std::stoul(suffix.substr(0, 9)) == 1 && suffix.size() < 9) ||
           (std::stoul(suffix.substr(0, 9)) == 0 && exists(next_part(path)));
  return suffix.size() >= 2 && std::all_of(suffix.begin(), suffix.end(), [](char c) { return c == 'a'; }) &&
         exists(next_part(path));
}

Opened open_split_raw(const Request& request) {
  auto whole = std::make_unique<SplitRawExhibit>(request);
  std::string path = request.path;
  for (std::size_t count = 0; exists(path); path = next_part(path)) {
    if (++count > limits::kMaxSplitParts) {
      return Error{ErrorKind::io, "the split image has too many parts", request.path, "join the parts into one image"};
    }
    Opened part = open_raw({request.name, path, path, request.patience, request.files}, ExhibitKind::raw);
    if (!part.ok()) return part;
    whole->add(std::move(part).value());
  }
  if (later_part_exists(path)) {
    return Error{ErrorKind::io, "a part of the split image is missing: " + path.substr(path.rfind('/') + 1),
                 request.path, "put the missing part beside the others"};
  }
  return std::unique_ptr<Exhibit>(std::move(whole));
}

}  // namespace ambit::open
