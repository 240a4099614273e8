#include "pipeline/order_document.h"

#include <algorithm>
#include <chrono>
#include <exception>

#include <toml++/toml.h>

namespace ambit {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
// Parts of one dotted key. The library makes a nested table of each and destroys them by recursion.
constexpr std::size_t kMaxKeyParts = 1'000;

const toml::node* as_node(const void* node) { return static_cast<const toml::node*>(node); }

OrderPlace to_place(const toml::source_region& region) {
  return {static_cast<std::uint32_t>(region.begin.line), static_cast<std::uint32_t>(region.begin.column)};
}

std::int64_t day_start(const toml::date& date) {
  const std::chrono::year_month_day day{std::chrono::year(date.year), std::chrono::month(date.month),
                                        std::chrono::day(date.day)};
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::sys_days(day).time_since_epoch()).count();
}

// A run of characters of which keys are made, with more dots than any sensible key: its place, as an offset.
std::size_t find_monstrous_key(std::string_view text) {
  std::size_t dots = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c == '.') {
      if (++dots >= kMaxKeyParts) return i;
    } else if (!alphanumeric && std::string_view("_- \t\"'").find(c) == std::string_view::npos) {
      dots = 0;
    }
  }
  return std::string_view::npos;
}

// Walks the source of one string beside its decoded text.
class StringSource {
 public:
  StringSource(std::string_view source, OrderPlace at) : rest_(source), at_(at) { open(); }

  // Moves over `bytes` bytes of decoded text.
  [[nodiscard]] OrderPlace advance(std::size_t bytes) {
    while (!rest_.empty()) {
      if (escapes_ && rest_[0] == '\\' && skip_folded_line()) continue;
      if (bytes == 0) break;
      bytes -= std::min(bytes, take_one());
    }
    return at_;
  }

 private:
  void open() {
    escapes_ = rest_.starts_with('"');
    const bool multiline = rest_.starts_with("\"\"\"") || rest_.starts_with("'''");
    move(multiline ? 3 : 1);
    if (multiline && rest_.starts_with("\r\n")) move(1);
    if (multiline && rest_.starts_with('\n')) move(1);
  }

  void move(std::size_t bytes) {
    for (; bytes != 0 && !rest_.empty(); --bytes) {
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '\n') {
        at_ = {at_.line + 1, 1};
      } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {  // further bytes of a character have its column
        ++at_.column;
      }
    }
  }

  // A back-slash at the end of a line swallows the white space up to the next character.
  bool skip_folded_line() {
    std::size_t end = rest_.find_first_not_of(" \t\r", 1);
    if (end == std::string_view::npos || rest_[end] != '\n') return false;
    end = std::min(rest_.find_first_not_of(" \t\r\n", 1), rest_.size());
    move(end);
    return true;
  }

  // One character or escape; the number of bytes that it decodes to.
  std::size_t take_one() {
    std::size_t written = std::max<std::size_t>(first_character(rest_).bytes, 1);
    std::size_t decoded = written;
    if (rest_.starts_with("\r\n")) {
      written = 2;
      decoded = 1;
    } else if (escapes_ && rest_[0] == '\\') {
      const char kind = rest_.size() > 1 ? rest_[1] : '\\';
      written = kind == 'u' ? 6 : kind == 'U' ? 10 : 2;
      decoded = written == 2 ? 1 : encoded_bytes(rest_.substr(2, written - 2));
    }
    move(std::min(written, rest_.size()));
    return decoded;
  }

  static std::size_t encoded_bytes(std::string_view hex) {
    std::uint32_t code = 0;
    for (const char c : hex) code = code * 16 + static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }

  std::string_view rest_;
  OrderPlace at_;
  bool escapes_ = false;
};

}  // namespace

struct Document::Tree {
  toml::table root;
};

std::string_view to_string(ValueType type) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "nothing", "a string",    "an integer", "a decimal number", "a boolean",
      "a date",  "a date-time", "a time",     "an array",         "a table"};
  return kNames[static_cast<std::size_t>(type)];
}

ValueType Value::type() const {
  if (node_ == nullptr) return ValueType::none;
  switch (as_node(node_)->type()) {
    case toml::node_type::none:
      return ValueType::none;
    case toml::node_type::table:
      return ValueType::table;
    case toml::node_type::array:
      return ValueType::array;
    case toml::node_type::string:
      return ValueType::string;
    case toml::node_type::integer:
      return ValueType::integer;
    case toml::node_type::floating_point:
      return ValueType::decimal;
    case toml::node_type::boolean:
      return ValueType::boolean;
    case toml::node_type::date:
      return ValueType::date;
    case toml::node_type::time:
      return ValueType::time;
    case toml::node_type::date_time:
      return ValueType::date_time;
  }
  return ValueType::none;
}

OrderPlace Value::place() const { return node_ == nullptr ? OrderPlace{} : to_place(as_node(node_)->source()); }

std::string_view Value::text() const {
  return is(ValueType::string) ? std::string_view(as_node(node_)->as_string()->get()) : std::string_view();
}

std::int64_t Value::integer() const {
  if (is(ValueType::integer)) return as_node(node_)->as_integer()->get();
  return is(ValueType::boolean) && as_node(node_)->as_boolean()->get() ? 1 : 0;
}

std::int64_t Value::seconds() const {
  if (is(ValueType::date)) return day_start(as_node(node_)->as_date()->get());
  if (!is(ValueType::date_time)) return 0;
  const toml::date_time& moment = as_node(node_)->as_date_time()->get();
  const std::int64_t of_day = moment.time.hour * 3600 + moment.time.minute * 60 + moment.time.second;
  const std::int64_t offset = moment.offset ? moment.offset->minutes * 60 : 0;
  return day_start(moment.date) + of_day - offset;
}

bool Value::has_fraction() const {
  return is(ValueType::date_time) && as_node(node_)->as_date_time()->get().time.nanosecond != 0;
}

std::vector<Value> Value::items() const {
  std::vector<Value> items;
  if (!is(ValueType::array)) return items;
  const toml::array& array = *as_node(node_)->as_array();
  items.reserve(array.size());
  for (const toml::node& item : array) items.emplace_back(&item);
  return items;
}

std::vector<Member> Value::members() const {
  std::vector<Member> members;
  if (!is(ValueType::table)) return members;
  for (const auto& [key, value] : *as_node(node_)->as_table()) {
    members.push_back({key.str(), to_place(key.source()), Value(&value)});
  }
  return members;
}

Value Value::find(std::string_view key) const {
  return is(ValueType::table) ? Value(as_node(node_)->as_table()->get(key)) : Value();
}

Document::Document(std::string_view text, Problems& problems) : text_(text) {
  if (text_.starts_with(kByteOrderMark)) text_.erase(0, kByteOrderMark.size());
  index_lines();
  if (!is_utf8(problems)) return;
  if (const std::size_t dot = find_monstrous_key(text_); dot != std::string_view::npos) {
    const auto line = std::upper_bound(lines_.begin(), lines_.end(), dot) - lines_.begin();
    problems.add({static_cast<std::uint32_t>(line), 1}, "not TOML: a key of more than 1,000 parts", "remove the dots");
    return;
  }
  try {
    tree_ = std::make_unique<Tree>(Tree{toml::parse(text_)});
  } catch (const toml::parse_error& error) {
    problems.add(to_place(error.source()), "not TOML: " + std::string(error.description()),
                 "correct this line; what follows could not be checked");
  } catch (const std::exception& error) {
    problems.add({}, "not TOML: " + std::string(error.what()), "write the order file anew");
  }
}

Document::~Document() = default;

Value Document::root() const { return tree_ ? Value(&tree_->root) : Value(); }

OrderPlace Document::place_in(const Value& string, std::size_t offset) const {
  const OrderPlace start = string.place();
  if (start.line == 0 || start.line > lines_.size()) return start;
  std::string_view source = std::string_view(text_).substr(lines_[start.line - 1]);
  for (std::uint32_t column = 1; column < start.column && !source.empty(); ++column) {
    source.remove_prefix(std::max<std::size_t>(first_character(source).bytes, 1));
  }
  return StringSource(source, start).advance(offset);
}

void Document::index_lines() {
  lines_.push_back(0);
  for (std::size_t i = text_.find('\n'); i != std::string::npos; i = text_.find('\n', i + 1)) lines_.push_back(i + 1);
}

bool Document::is_utf8(Problems& problems) const {
  std::string_view rest = text_;
  while (!rest.empty()) {
    const std::size_t bytes = first_character(rest).bytes;
    if (bytes == 0) break;
    rest.remove_prefix(bytes);
  }
  if (rest.empty()) return true;
  const std::size_t offset = text_.size() - rest.size();
  const auto line = std::upper_bound(lines_.begin(), lines_.end(), offset) - lines_.begin();
  const std::size_t begin = lines_[static_cast<std::size_t>(line) - 1];
  const std::size_t column = count_characters(std::string_view(text_).substr(begin, offset - begin)) + 1;
  problems.add({static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column)}, "the order file is not UTF-8",
               "save it as UTF-8");
  return false;
}

}  // namespace ambit
