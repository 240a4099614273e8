#include "pipeline/locator.h"

#include <cstring>

namespace ambit {
namespace {

// A name in a sort key ends with 00 00; a 00 inside it is 00 FF, so that shorter names sort first.
void append_name(std::string& key, std::string_view name) {
  for (const char c : name) {
    key.push_back(c);
    if (c == '\0') key.push_back('\xff');
  }
  key.append(2, '\0');
}

void append_number(std::string& key, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) key.push_back(static_cast<char>(number >> shift & 0xff));
}

class KeyReader {
 public:
  explicit KeyReader(std::string_view key) : rest_(key) {}
  [[nodiscard]] bool done() const { return rest_.empty(); }
  bool number(std::uint64_t& out, std::size_t bytes) {
    if (rest_.size() < bytes) return false;
    out = 0;
    for (std::size_t i = 0; i < bytes; ++i) out = out << 8 | static_cast<unsigned char>(rest_[i]);
    rest_.remove_prefix(bytes);
    return true;
  }
  bool name(std::string& out) {
    while (rest_.size() >= 2) {
      if (rest_[0] != '\0') {
        out.push_back(rest_[0]);
        rest_.remove_prefix(1);
        continue;
      }
      const bool end = rest_[1] == '\0';
      rest_.remove_prefix(2);
      if (end) return true;
      out.push_back('\0');
    }
    return false;
  }

 private:
  std::string_view rest_;
};

// Length of the valid UTF-8 sequence at the front of `bytes`, or 0.
std::size_t utf8_length(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = at(0);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                             : (lead & 0xf0) == 0xe0       ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  if (length == 3 && ((lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) >= 0xa0))) return 0;
  if (length == 4 && ((lead == 0xf0 && at(1) < 0x90) || (lead == 0xf4 && at(1) >= 0x90))) return 0;
  return length;
}

}  // namespace

Locator Locator::child(Step step) const {
  Locator out = *this;
  out.steps.push_back(std::move(step));
  return out;
}

bool Locator::is_inside(const Locator& container) const {
  if (exhibit != container.exhibit || steps.size() < container.steps.size()) return false;
  return std::equal(container.steps.begin(), container.steps.end(), steps.begin());
}

std::string Locator::sort_key() const {
  std::string key;
  append_number(key, exhibit, 4);
  for (const Step& step : steps) {
    append_number(key, static_cast<std::uint64_t>(step.kind), 1);
    append_name(key, step.name);
    append_number(key, step.number, 8);
    append_number(key, step.length, 8);
  }
  return key;
}

Locator Locator::from_sort_key(std::string_view key) {
  KeyReader in(key);
  Locator out;
  std::uint64_t exhibit = 0;
  if (!in.number(exhibit, 4)) return {};
  out.exhibit = static_cast<std::uint32_t>(exhibit);
  while (!in.done()) {
    Step step;
    std::uint64_t kind = 0;
    if (!in.number(kind, 1) || !in.name(step.name) || !in.number(step.number, 8) || !in.number(step.length, 8)) {
      return {};
    }
    step.kind = static_cast<StepKind>(kind);
    out.steps.push_back(std::move(step));
  }
  return out;
}

std::string Locator::path_text() const {
  std::string out;
  for (const Step& step : steps) {
    if (step.kind == StepKind::path) out += "/" + step.name;
    if (step.kind == StepKind::stream) out += ":" + step.name;
    if (step.kind == StepKind::member) out += "!/" + step.name;
  }
  return out;
}

// Controls, and the marks that reorder text on a screen or are not seen: a locator must not change how its line reads.
std::size_t disguise_bytes(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U; };
  if (at(0) < 0x20 || at(0) == 0x7f) return bytes.empty() ? 0 : 1;
  if (at(0) == 0xc2) return at(1) >= 0x80 && at(1) < 0xa0 ? 2 : 0;
  if (at(0) == 0xd8) return at(1) == 0x9c ? 2 : 0;                   // the Arabic letter mark
  if (at(0) == 0xef) return at(1) == 0xbb && at(2) == 0xbf ? 3 : 0;  // the byte order mark
  if (at(0) != 0xe2) return 0;
  const bool from_200b = at(1) == 0x80 && ((at(2) >= 0x8b && at(2) <= 0x8f) || (at(2) >= 0xa8 && at(2) <= 0xae));
  return from_200b || (at(1) == 0x81 && at(2) >= 0xa0 && at(2) <= 0xaf) ? 3 : 0;
}

std::string printable(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    std::size_t length = utf8_length(bytes);
    const bool plain = length > 0 && bytes[0] != '\\' && disguise_bytes(bytes) == 0;
    if (plain) {
      out.append(bytes.substr(0, length));
    } else {
      length = length == 0 ? 1 : length;
      for (std::size_t i = 0; i < length; ++i) {
        const auto c = static_cast<unsigned char>(bytes[i]);
        out.append({'\\', 'x', kHex[c >> 4], kHex[c & 15]});
      }
    }
    bytes.remove_prefix(length);
  }
  return out;
}

std::string to_string(const Locator& locator, std::string_view exhibit_name) {
  std::string out(exhibit_name);
  for (const Step& step : locator.steps) {
    switch (step.kind) {
      case StepKind::partition:
        out += ":p" + std::to_string(step.number);
        break;
      case StepKind::path:
        out += ":/" + printable(step.name);
        break;
      case StepKind::member:
        out += "!/" + printable(step.name);
        if (step.number > 1) out += "#" + std::to_string(step.number);
        break;
      case StepKind::message:
        out += "!message " + std::to_string(step.number);
        break;
      case StepKind::view:
        out += "!" + printable(step.name);
        if (step.number > 1) out += " " + std::to_string(step.number);
        break;
      case StepKind::volume:
      case StepKind::stream:
        out += ":" + printable(step.name);
        break;
      case StepKind::residue:
        if (step.name == kJoinedName) {
          out += ":" + step.name + " of " + std::to_string(step.number);
          break;
        }
        out += ":" + step.name + "@" + std::to_string(step.number) + "+" + std::to_string(step.length);
        break;
    }
  }
  return out;
}

}  // namespace ambit
