// The text of a volume group.
//
//   items := item*
//   item  := name '{' items '}' | name '=' value
//   value := number | '"' text '"' | '[' (value (',' value)*)? ']'        and '#' to the end of the line is a comment
//
// libvslvm was tried: version 20181227 does not read the metadata of a striped volume, crashes when it closes a group,
// and does not tell the kind of a segment. Here numbers are held against the images only when they are used.
#include "stages/walk/volume/lvm_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "pipeline/limits.h"

namespace ambit::walk {
namespace {

constexpr int kMaxDepth = 8;  // a group's text has five levels

struct Node {
  std::string_view name;     // empty for a member of a list
  std::string_view text;     // of a string
  std::uint64_t number = 0;  // of a number
  std::vector<Node> items;   // of a section or a list

  [[nodiscard]] const Node* find(std::string_view wanted) const {
    const auto found = std::find_if(items.begin(), items.end(), [&](const Node& n) { return n.name == wanted; });
    return found == items.end() ? nullptr : &*found;
  }
  [[nodiscard]] std::uint64_t number_of(std::string_view wanted) const {
    const Node* node = find(wanted);
    return node == nullptr ? 0 : node->number;
  }
  [[nodiscard]] std::string_view text_of(std::string_view wanted) const {
    const Node* node = find(wanted);
    return node == nullptr ? std::string_view() : node->text;
  }
};

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.' || c == '+';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<Node> read() {
    Node root;
    while (skip_space(), at_ < text_.size() && text_[at_] != '\0') {
      if (!read_item(root, 0)) return std::nullopt;
    }
    return root;
  }

 private:
  void skip_space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else {
        return;
      }
    }
  }

  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool add(Node& parent, Node&& node) {
    if (++nodes_ > limits::kMaxLvmNodes) return false;
    parent.items.push_back(std::move(node));
    return true;
  }

  bool read_item(Node& parent, int depth) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    Node node;
    node.name = text_.substr(begin, at_ - begin);
    if (node.name.empty() || depth > kMaxDepth) return false;
    if (take('{')) {
      while (!take('}')) {
        if (at_ >= text_.size() || !read_item(node, depth + 1)) return false;
      }
    } else if (!take('=') || !read_value(node, depth)) {
      return false;
    }
    return add(parent, std::move(node));
  }

  bool read_value(Node& node, int depth) {
    if (take('[')) {
      while (!take(']')) {
        Node member;
        if (depth > kMaxDepth || !read_value(member, depth + 1) || !add(node, std::move(member))) return false;
        static_cast<void>(take(','));
      }
      return true;
    }
    if (take('"')) {
      const std::size_t begin = at_;
      for (; at_ < text_.size() && text_[at_] != '"'; ++at_) at_ += text_[at_] == '\\' ? 1U : 0U;
      if (at_ >= text_.size()) return false;
      node.text = text_.substr(begin, at_++ - begin);
      return true;
    }
    static_cast<void>(take('-'));  // no number that matters here is negative
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), node.number);
    if (error != std::errc()) return false;
    at_ = static_cast<std::size_t>(end - text_.data());
    while (at_ < text_.size() && (is_name(text_[at_]))) ++at_;  // the fraction
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t nodes_ = 0;
};

std::string without_dashes(std::string_view id) {
  std::string out(id);
  std::erase(out, '-');
  return out;
}

// --- what the tree means -------------------------------------------------------------------------------------

class Reader {
 public:
  explicit Reader(const Node& group) : group_(group) {}

  std::optional<VolumeGroup> read() {
    const std::uint64_t sectors = group_.number_of("extent_size");
    if (sectors == 0 || sectors > UINT32_MAX || group_.text_of("id").empty()) return std::nullopt;
    out_ = {std::string(group_.name),
            without_dashes(group_.text_of("id")),
            group_.number_of("seqno"),
            sectors * 512,
            {},
            {}};
    if (const Node* volumes = group_.find("physical_volumes")) read_physical(*volumes);
    if (const Node* volumes = group_.find("logical_volumes")) {
      for (const Node& volume : volumes->items) read_logical(volume);
      for (const Node& volume : volumes->items) read_roles(volume);
    }
    return std::move(out_);
  }

 private:
  void read_physical(const Node& volumes) {
    for (const Node& volume : volumes.items) {
      const std::uint64_t begin = std::min<std::uint64_t>(volume.number_of("pe_start"), UINT64_MAX / 512);
      out_.physical_volumes.push_back(
          {std::string(volume.name), without_dashes(volume.text_of("id")), begin * 512, volume.number_of("pe_count")});
    }
  }

  void read_logical(const Node& node) {
    LogicalVolume volume{std::string(node.name), "LVM2 logical volume", 0, {}, true, false};
    for (const Node& section : node.items) {
      if (!section.name.starts_with("segment") || section.find("type") == nullptr) continue;
      const std::uint64_t end = section.number_of("start_extent") + std::min(section.number_of("extent_count"), kMost);
      volume.extents = std::max(volume.extents, std::min(end, kMost));
      const std::string_view type = section.text_of("type");
      if (type != "striped" && type != "linear") {
        volume.readable = false;
        volume.description = "LVM2 " + kind_of(type) + " volume";
      } else if (!read_segment(section, volume)) {
        volume.readable = false;
      }
    }
    std::sort(volume.segments.begin(), volume.segments.end(),
              [](const Segment& a, const Segment& b) { return a.start < b.start; });
    places_.try_emplace(node.name, out_.logical_volumes.size());
    out_.logical_volumes.push_back(std::move(volume));
  }

  // Only kinds that exist are named: the rest is evidence.
  static std::string kind_of(std::string_view type) {
    constexpr auto kKinds = std::to_array<std::string_view>(
        {"thin",     "thin-pool", "snapshot", "mirror",     "cache",     "cache-pool", "writecache",
         "vdo",      "vdo-pool",  "raid0",    "raid0_meta", "raid1",     "raid4",      "raid5",
         "raid5_ls", "raid6",     "raid6_zr", "raid10",     "integrity", "error",      "zero"});
    return std::find(kKinds.begin(), kKinds.end(), type) == kKinds.end() ? "other" : std::string(type);
  }

  bool read_segment(const Node& section, LogicalVolume& volume) {
    const Node* stripes = section.find("stripes");
    const std::uint64_t start = section.number_of("start_extent"), extents = section.number_of("extent_count");
    if (stripes == nullptr || stripes->items.size() < 2 || stripes->items.size() % 2 != 0) return false;
    if (extents == 0 || extents > kMost || start > kMost || ++segments_ > limits::kMaxLvmSegments) return false;
    Segment segment{start, extents, std::min(section.number_of("stripe_size"), kMost) * 512, {}};
    for (std::size_t i = 0; i < stripes->items.size(); i += 2) {
      segment.stripes.push_back({std::string(stripes->items[i].text), stripes->items[i + 1].number});
    }
    const std::size_t count = segment.stripes.size();
    if (count > 1 && (segment.stripe_bytes == 0 || extents % count != 0)) return false;
    volume.segments.push_back(std::move(segment));
    return true;
  }

  LogicalVolume* find(std::string_view name) {
    const auto found = places_.find(name);
    return found == places_.end() ? nullptr : &out_.logical_volumes[found->second];
  }

  enum class Readable : std::uint8_t { no, yes };
  void describe(std::string_view name, std::string description, Readable readable) {
    LogicalVolume* volume = find(name);
    if (volume == nullptr || !volume->readable) return;
    volume->description = std::move(description);
    volume->readable = readable == Readable::yes;
  }

  // What a volume says about others that it is made from.
  void read_roles(const Node& node) {
    for (const Node& section : node.items) {
      const std::string_view type = section.text_of("type");
      if (type == "thin-pool") {
        describe(section.text_of("pool"), "LVM2 thin pool's data", Readable::no);
        describe(section.text_of("metadata"), "LVM2 thin pool's metadata", Readable::no);
      } else if (type == "snapshot") {
        describe(section.text_of("cow_store"), "LVM2 snapshot", Readable::no);
        hide(node.name);
      } else if (type == "cache" || type == "writecache") {
        describe(section.text_of("origin"), "origin of an LVM2 cache", Readable::yes);
      } else if (type == "cache-pool") {
        describe(section.text_of("data"), "LVM2 cache's data", Readable::no);
        describe(section.text_of("metadata"), "LVM2 cache's metadata", Readable::no);
      } else if (type == "vdo-pool") {
        describe(section.text_of("data"), "LVM2 VDO pool's data", Readable::no);
      } else if (type == "mirror" || type.starts_with("raid")) {
        read_images(node.name, section, type);
      }
    }
  }

  void read_images(std::string_view name, const Node& section, std::string_view type) {
    const bool whole = type == "raid1" || type == "mirror";  // each image holds everything
    const Node* images = section.find(type == "mirror" ? "mirrors" : "raids");
    if (images == nullptr) return;
    for (const Node& image : images->items) {
      if (image.text.find("_rmeta") != std::string_view::npos) {
        describe(image.text, "LVM2 " + kind_of(type) + " metadata", Readable::no);
      } else {
        describe(image.text, "image of an LVM2 " + kind_of(type) + " volume", whole ? Readable::yes : Readable::no);
      }
    }
    if (whole) hide(name);
  }

  void hide(std::string_view name) {
    if (LogicalVolume* volume = find(name)) volume->hidden = true;
  }

  static constexpr std::uint64_t kMost = UINT32_MAX;  // extents; LVM counts them with 32 bits

  const Node& group_;
  VolumeGroup out_;
  std::map<std::string_view, std::size_t> places_;  // of the logical volumes, by name
  std::size_t segments_ = 0;
};

}  // namespace

std::optional<VolumeGroup> parse_volume_group(std::string_view text) {
  if (text.size() > limits::kMaxLvmBytes) return std::nullopt;
  const std::optional<Node> root = Parser(text).read();
  if (!root) return std::nullopt;
  for (const Node& node : root->items) {
    if (node.find("extent_size") != nullptr) return Reader(node).read();
  }
  return std::nullopt;
}

}  // namespace ambit::walk
