// The files of an exhibit of canaries.
//
// Packings take turns, and so do recipes, with steps that share no factor, so that every rule meets every packing. A
// relevant file holds one line that satisfies a rule, between lines about nothing. Where the rule reaches records only,
// private people stand in the lines beside it: a line is to come out, and nobody around it.
#include "stages/audit/canary.h"

#include <algorithm>
#include <cstdio>

#include "pipeline/sha256.h"
#include "stages/audit/canary_files.h"
#include "stages/audit/canary_people.h"

namespace ambit::audit {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kUsualDate = 1'303'034'400;  // 2011-04-17 10:00, where the order has no dates

std::int64_t date_in(const DateWindow& window) {
  if (window.from && window.until) return *window.from + (*window.until - *window.from) / 2;
  if (window.from) return *window.from + kDay;
  if (window.until) return *window.until - kDay;
  return kUsualDate;
}

std::string hex(std::uint64_t value, int digits) {
  char out[17];
  std::snprintf(out, sizeof out, "%0*llx", digits, static_cast<unsigned long long>(value));
  return out;
}
std::string numbered(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
}

std::string sha256_hex(std::string_view bytes) {
  std::string out;
  for (const std::uint8_t byte : Sha256().add(bytes).finish()) out += hex(byte, 2);
  return out;
}

std::string_view ending_of(Packing packing) {
  static constexpr std::array<std::string_view, kPackings> kEndings = {".txt", ".txt",    ".eml",  ".eml",
                                                                       ".zip", ".txt.gz", ".docx", ".sql"};
  return kEndings[static_cast<std::size_t>(packing)];
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

// A line in a file.
struct Placed {
  std::string bytes;
  std::uint64_t start = 0, length = 0;  // of the line as it stands; no bytes: it stands in what is packed
};

Placed pack(Packing packing, const std::vector<std::string>& lines, const std::string& line, std::int64_t date) {
  const std::string text = joined(lines);
  Placed out;
  const auto find = [&](const std::string& as) {
    out.start = out.bytes.find(as);
    out.length = as.size();
  };
  switch (packing) {
    case Packing::text:
      out.bytes = text;
      find(line);
      break;
    case Packing::utf16:
      out.bytes = utf16_file(text);
      find(utf16_file(line).substr(2));
      break;
    case Packing::mail:
      out.bytes = mail_file("note", text, date);
      find(line);
      break;
    case Packing::attachment:
      out.bytes = mail_with_attachment("note", text, date);
      break;
    case Packing::zip:
      out.bytes = zip_file({{"note.txt", text}}, date);
      break;
    case Packing::gzip:
      out.bytes = gzip_file(text);
      break;
    case Packing::document:
      out.bytes = word_file(text, date);
      break;
    case Packing::sql:
      out.bytes = sql_file(lines);
      find(sql_text(line));
      break;
  }
  return out;
}

// What the forms of the recipe allow: text in UTF-16 is not looked for where the order leaves that form out, nor do
// words that a dump would quote stand in one.
Packing packing_for(const Recipe& recipe, std::uint64_t turn) {
  if (recipe.kind == Kind::mail) return Packing::mail;
  if (recipe.kind == Kind::sql_dump) return Packing::sql;
  const auto packing = recipe.kind == Kind::text ? Packing::text : static_cast<Packing>(turn % kPackings);
  if (packing == Packing::utf16 && !recipe.forms.has(Form::utf16le)) return Packing::text;
  const std::string line = line_of(recipe);
  if (packing == Packing::sql && sql_text(line) != line) return Packing::text;
  const bool marked = line.find_first_of("<>&") != std::string::npos;
  return packing == Packing::document && marked ? Packing::zip : packing;
}

class Planter {
 public:
  explicit Planter(const PlantPlan& plan) : plan_(plan), random_(plan.seed), date_(date_in(plan.scope->window)) {
    root_ = "canaries-" + hex(random_() & 0xffffff, 6) + "/";
    out_.registry.seed = plan.seed;
    out_.registry.order_sha256 = plan.scope->order_sha256;
  }

  Plant plant() {
    for (std::uint64_t i = 0; i < plan_.relevant; ++i) add_relevant(i);
    while (private_ < plan_.private_items) add_private();
    return std::move(out_);
  }

 private:
  void add_relevant(std::uint64_t number) {
    const Recipe& recipe = plan_.recipes[(number + number / kPackings) % plan_.recipes.size()];
    const Packing packing = packing_for(recipe, number);
    const std::string line = line_of(recipe);
    std::vector<std::string> lines = filler_lines(random_, 12 + random_() % 20);
    std::vector<Person> beside;
    // Where records are told apart in the file as it stands, its neighbours may be private.
    const bool shows_records = packing == Packing::text || packing == Packing::utf16 || packing == Packing::sql;
    if (recipe.unit == Unit::record && shows_records) {
      for (; beside.size() < 2 && private_ + beside.size() < plan_.private_items;)
        beside.push_back(invent_person(random_));
    }
    const std::size_t at = 2 + random_() % (lines.size() - 3);
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), line);
    // No two files are the same: a copy would share the fate of its original.
    lines.push_back("page " + numbered(number) + " of the " + lines.back());
    if (!beside.empty()) lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), beside.front().line());
    if (beside.size() > 1) lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at) + 2, beside.back().line());
    Placed placed = pack(packing, lines, line, date_);
    Canary canary;
    canary.file = name_of(recipe, packing, number);
    canary.packing = packing;
    canary.sha256 = sha256_hex(placed.bytes);
    canary.rule = plan_.scope->rules[recipe.rule].name;
    canary.start = placed.start;
    canary.length = placed.length;
    out_.files.push_back({canary.file, std::move(placed.bytes), date_});
    out_.registry.canaries.push_back(canary);
    for (const Person& person : beside) note_private(canary.file, packing, "", person);
  }

  // Where the rule asks for a place, there.
  [[nodiscard]] std::string name_of(const Recipe& recipe, Packing packing, std::uint64_t number) const {
    const std::string file = numbered(number) + std::string(ending_of(packing));
    if (recipe.place.empty()) return root_ + std::string(to_string(packing)) + "/" + file;
    return recipe.place + root_.substr(0, root_.size() - 1) + "-" + file;
  }

  // A file of its own, named after the person.
  void add_private() {
    const Person person = invent_person(random_);
    const auto packing = static_cast<Packing>(private_ % kPackings);
    std::vector<std::string> lines = filler_lines(random_, 3 + random_() % 20);
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(random_() % lines.size()), person.line());
    Placed placed = pack(packing, lines, person.line(), date_);
    const std::string file = root_ + "people/" + person.name + std::string(ending_of(packing));
    note_private(file, packing, sha256_hex(placed.bytes), person);
    out_.files.push_back({file, std::move(placed.bytes), date_});
  }

  void note_private(const std::string& file, Packing packing, const std::string& digest, const Person& person) {
    Canary canary;
    canary.is_private = true;
    canary.file = file;
    canary.packing = packing;
    canary.sha256 = digest;
    canary.values = person.values();
    out_.registry.canaries.push_back(std::move(canary));
    ++private_;
  }

  const PlantPlan& plan_;
  Random random_;
  std::int64_t date_;
  std::string root_;
  std::uint64_t private_ = 0;
  Plant out_;
};

}  // namespace

Plant plant(const PlantPlan& plan) { return Planter(plan).plant(); }

}  // namespace ambit::audit
