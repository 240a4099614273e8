#include "stages/match/pattern_set.h"

#include <algorithm>
#include <deque>
#include <set>

#include "pipeline/limits.h"
#include "stages/match/cores.h"
#include "stages/match/gap.h"
#include "stages/match/idna.h"
#include "stages/match/program.h"

namespace ambit {
namespace {

using match::Codes;
using match::EntryKind;
using Part = PatternProblem::Part;

constexpr std::size_t kGlyphBytes = 17;  // sixteen of \xXX, and a share of line breaks
constexpr std::size_t kCoreBytes = 32;   // of a byte string

// Whether a literal says enough to be looked for.
bool is_meaningful(const Codes& text) {
  const auto letters = std::count_if(text.begin(), text.end(), match::is_alnum);
  const auto ideographs = std::count_if(text.begin(), text.end(), match::is_ideograph);
  return static_cast<std::size_t>(letters) >= limits::kMinLiteralChars ||
         static_cast<std::size_t>(ideographs) >= limits::kMinIdeographs;
}

// Several blanks in a row are found as one is.
Codes with_single_blanks(Codes text) {
  const auto end = std::unique(text.begin(), text.end(), [](char32_t a, char32_t b) { return a == U' ' && b == U' '; });
  text.erase(end, text.end());
  return text;
}

// What becomes of one literal of the order, worked out apart from all others.
struct Spelled {
  std::string problem, remedy;  // of a literal that cannot be looked for
  match::Literal literal;
  FormSet made;
  std::vector<match::FoundCore> cores;
};

// Literals that are worked out before their cores are collected, and how many of them at a time: what waits is small.
constexpr std::size_t kBlock = 4096, kSlice = 32;

class Builder {
 public:
  Builder(match::Program& program, std::vector<PatternProblem>& problems) : program_(program), problems_(problems) {}

  // First pass, for the choice of cores.
  void note(const Identifier& identifier) {
    for (const std::string& bytes : identifier.literals) {
      if (const auto text = match::decode_utf8(bytes)) familiar_.note(match::plain_text(*text, true));
    }
  }

  void add_all(std::span<const Identifier> identifiers, const Parallel& parallel) {
    std::vector<Given> given;
    for (std::size_t i = 0; i < identifiers.size(); ++i) {
      for (const std::string& bytes : identifiers[i].literals) {
        given.push_back({static_cast<IdentifierId>(i), &bytes, false});
        for (std::string& other : match::other_host_names(bytes)) {
          given.push_back({static_cast<IdentifierId>(i), &others_.emplace_back(std::move(other)), true});
        }
      }
    }
    std::vector<match::Variants> variants(parallel.workers);
    std::vector<Spelled> spelled;  // a block of them
    std::size_t taken = 0, next = 0;
    const auto next_block = [&] {
      spelled.assign(std::min(kBlock, given.size() - next), {});
      parallel.run((spelled.size() + kSlice - 1) / kSlice, [&](std::size_t slice, std::size_t worker) {
        for (std::size_t i = slice * kSlice; i < std::min(spelled.size(), (slice + 1) * kSlice); ++i) {
          const Given& one = given[next + i];
          spelled[i] = spell(one.identifier, identifiers[one.identifier], *one.bytes, variants[worker]);
        }
      });
      next += spelled.size();
      taken = 0;
    };
    std::size_t added = 0;
    const auto add_next = [&] {
      if (taken == spelled.size()) next_block();
      Spelled one = std::move(spelled[taken++]);
      if (given[added++].is_other && !one.problem.empty()) return;  // nobody asked for it
      add_literal(std::move(one));
    };
    for (std::size_t i = 0; i < identifiers.size(); ++i) {
      begin(static_cast<IdentifierId>(i), identifiers[i]);
      for (index_ = 0; index_ < identifiers[i].literals.size(); ++index_) {
        add_next();
        while (added < given.size() && given[added].is_other) add_next();
      }
      add_others(identifiers[i]);
    }
  }

  // Behind all identifiers, as one more.
  void add_marks(std::span<const Mark> marks) {
    program_.mark = static_cast<IdentifierId>(program_.forms.size());
    begin(*program_.mark, {});
    for (index_ = 0; index_ < marks.size(); ++index_) add_bytes(marks[index_].bytes, marks[index_].form);
  }

  // The database, unless there are problems.
  Result<> finish() {
    if (!problems_.empty()) return Error{ErrorKind::order, "some identifiers cannot be looked for", "", ""};
    const std::vector<ScanPattern> patterns = cores_.finish(program_);
    Result<ScanDatabase> database = ScanDatabase::compile(patterns);
    if (!database) return explain(database.error());
    program_.database = std::move(*database);
    count_patterns();
    program_.matches_zeros = find_zeros();
    return Ok{};
  }

 private:
  struct Given {
    IdentifierId identifier;
    const std::string* bytes;
    bool is_other;  // another way to write the literal before it (idna.h)
  };

  void begin(IdentifierId id, const Identifier& identifier) {
    program_.forms.emplace_back();
    program_.unites.push_back(!identifier.expressions.empty());
    id_ = id;
  }
  // All but its literals.
  void add_others(const Identifier& identifier) {
    for (index_ = 0; index_ < identifier.expressions.size(); ++index_) {
      add_expression(identifier, identifier.expressions[index_]);
    }
    for (index_ = 0; index_ < identifier.byte_strings.size(); ++index_) add_bytes(identifier.byte_strings[index_]);
    if (!identifier.hashes.empty() || !identifier.hash_sets.empty()) program_.forms.back().add(Form::hash);
  }

  void problem(Part part, std::string what, std::string remedy) {
    problems_.push_back({id_, part, index_, std::move(what), std::move(remedy)});
  }

  [[nodiscard]] Spelled spell(IdentifierId id, const Identifier& identifier, const std::string& bytes,
                              match::Variants& variants) const {
    Spelled out;
    const auto refuse = [&](std::string what, std::string remedy) {
      out.problem = std::move(what);
      out.remedy = std::move(remedy);
      return std::move(out);
    };
    const auto decoded = match::decode_utf8(bytes);
    if (!decoded) return refuse("the text is not valid UTF-8", "save the order file as UTF-8");
    const Codes text = with_single_blanks(match::to_nfc(*decoded));
    if (text.size() > limits::kMaxLiteralChars) {
      return refuse("the text is longer than " + std::to_string(limits::kMaxLiteralChars) + " characters",
                    "look for a characteristic part of it");
    }
    if (!is_meaningful(text)) {
      return refuse("the text is too short to mean anything: it needs " + std::to_string(limits::kMinLiteralChars) +
                        " letters or digits, or " + std::to_string(limits::kMinIdeographs) + " ideographs",
                    "make it longer, or look for it within an expression");
    }
    out.literal = {id, identifier.ignore_case, identifier.whole_word, match::plain_text(text, identifier.ignore_case),
                   0};
    const auto blanks = static_cast<std::size_t>(std::count(out.literal.plain.begin(), out.literal.plain.end(), U' '));
    out.literal.width =
        std::min(limits::kMaxPatternBytes, kGlyphBytes * out.literal.plain.size() + match::kMaxGapBytes * blanks + 64);
    out.made = match::find_cores(out.literal, text, identifier.forms, familiar_, variants, out.cores);
    if (out.made.empty()) {
      return refuse("in none of the forms asked for does the text differ from plain text, or is it long enough",
                    "add \"utf8\" to forms, or leave forms out");
    }
    return out;
  }

  void add_literal(Spelled spelled) {
    if (!spelled.problem.empty()) return problem(Part::literal, std::move(spelled.problem), std::move(spelled.remedy));
    program_.forms.back() |= spelled.made;
    for (match::FoundCore& core : spelled.cores) {
      core.entry.subject = static_cast<std::uint32_t>(program_.literals.size());
      cores_.add(std::move(core));
    }
    program_.width = std::max(program_.width, spelled.literal.width);
    program_.longest_literal = std::max(program_.longest_literal, spelled.literal.plain.size());
    program_.literals.push_back(std::move(spelled.literal));
  }

  void add_expression(const Identifier& identifier, const std::string& text) {
    const Result<match::Node> node = match::parse_expression(text, identifier.ignore_case);
    if (!node) return problem(Part::expression, node.error().what, node.error().remedy);
    auto expression = match::compile_expression(*node);
    if (!expression) return problem(Part::expression, "the expression is too large", "lower its repetitions");
    if (match::width_of(*node, Form::utf8).least < limits::kMinExpressionBytes) {
      return problem(Part::expression,
                     "the expression can match fewer than " + std::to_string(limits::kMinExpressionBytes) + " bytes",
                     "make more of it compulsory");
    }
    expression->identifier = id_;
    expression->whole_word = identifier.whole_word;
    const auto subject = static_cast<std::uint32_t>(program_.expressions.size());
    for (const Form form : {Form::utf8, Form::utf16le, Form::utf16be}) {
      if (identifier.forms.has(form) && !add_expression_form(*node, form, subject, *expression)) return;
    }
    if (expression->forms.empty()) {
      return problem(Part::expression, "none of the forms asked for is one in which an expression is looked for",
                     "add utf8, utf16le or utf16be to forms, or leave forms out");
    }
    program_.width = std::max(program_.width, expression->width);
    program_.expressions.push_back(std::move(*expression));
  }

  bool add_expression_form(const match::Node& node, Form form, std::uint32_t subject, match::Expression& expression) {
    const std::size_t most = match::width_of(node, form).most;
    if (most > limits::kMaxPatternBytes) {
      const std::string limit = std::to_string(limits::kMaxPatternBytes);
      return problem(Part::expression, "the expression can match more than " + limit + " bytes",
                     "lower its repetitions"),
             false;
    }
    const std::string bytes = match::to_bytes(node, form);
    if (const auto width = expression_width({bytes, 0, false, false, false}); !width) {
      return problem(Part::expression, width.error().what, "simplify the expression"), false;
    }
    cores_.add_expression(bytes, {subject, 0, EntryKind::expression, form, 0});
    expression_cores_.push_back({cores_.size() - 1, id_, index_});
    expression.forms.add(form);
    expression.width = std::max(expression.width, most);
    program_.forms.back().add(form);
    return true;
  }

  void add_bytes(const std::string& bytes, Form form = Form::raw) {
    if (bytes.size() < limits::kMinExpressionBytes || bytes.size() > limits::kMaxPatternBytes) {
      return problem(Part::byte_string, "the byte string has " + std::to_string(bytes.size()) + " bytes",
                     "give " + std::to_string(limits::kMinExpressionBytes) + " to " +
                         std::to_string(limits::kMaxPatternBytes) + " bytes");
    }
    if (bytes.find_first_not_of('\0') == std::string::npos) {
      return problem(Part::byte_string, "the byte string is all zeros", "every disk is full of them; leave it out");
    }
    const std::size_t size = std::min(bytes.size(), kCoreBytes);
    std::size_t best = 0, best_kinds = 0;
    for (std::size_t at = 0; at + size <= bytes.size(); ++at) {
      const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
      const std::size_t kinds = std::set<char>(begin, begin + static_cast<std::ptrdiff_t>(size)).size();
      if (kinds > best_kinds) best = at, best_kinds = kinds;
    }
    const auto subject = static_cast<std::uint32_t>(program_.byte_strings.size());
    cores_.add({bytes.substr(best, size),
                false,
                {subject, static_cast<std::uint16_t>(best), EntryKind::byte_string, form, 0}});
    program_.byte_strings.push_back({id_, bytes});
    program_.forms.back().add(form);
    program_.width = std::max(program_.width, bytes.size());
  }

  // Hyperscan refused the whole; if it says because of which expression, that is a problem of the order.
  Error explain(const Error& error) {
    for (const ExpressionCore& core : expression_cores_) {
      if (std::to_string(core.core) != error.where) continue;
      problems_.push_back({core.identifier, Part::expression, core.index, error.what, "simplify the expression"});
    }
    return {error.kind, error.what, "", error.remedy};
  }

  [[nodiscard]] IdentifierId identifier_of(const match::Entry& entry) const {
    switch (entry.kind) {
      case EntryKind::expression:
        return program_.expressions[entry.subject].identifier;
      case EntryKind::byte_string:
        return program_.byte_strings[entry.subject].identifier;
      default:
        return program_.literals[entry.subject].identifier;
    }
  }

  void count_patterns() {
    program_.patterns.assign(program_.forms.size(), 0);
    std::vector<IdentifierId> served;
    for (const match::Core& core : program_.cores) {
      served.clear();
      for (std::uint32_t i = 0; i < core.entries; ++i) {
        served.push_back(identifier_of(program_.entries[core.first_entry + i]));
      }
      std::sort(served.begin(), served.end());
      served.erase(std::unique(served.begin(), served.end()), served.end());
      for (const IdentifierId id : served) ++program_.patterns[id];
    }
  }

  [[nodiscard]] bool find_zeros() const {
    const std::vector<std::byte> zeros(2 * program_.width + 64);
    bool found = false;
    Scanner(program_.database)
        .scan(
            zeros,
            [](void* context, std::uint32_t, std::uint64_t, std::uint64_t) { *static_cast<bool*>(context) = true; },
            &found);
    return found;
  }

  struct ExpressionCore {
    std::size_t core;
    IdentifierId identifier;
    std::size_t index;
  };

  match::Program& program_;
  std::vector<PatternProblem>& problems_;
  match::Familiar familiar_;
  std::deque<std::string> others_;  // that literals have as names of hosts
  match::CoreList cores_;
  std::vector<ExpressionCore> expression_cores_;
  IdentifierId id_ = 0;    // the identifier being added,
  std::size_t index_ = 0;  // and which of its parts
};

}  // namespace

PatternSet::PatternSet() : program_(std::make_unique<match::Program>()) {}
PatternSet::~PatternSet() = default;
PatternSet::PatternSet(PatternSet&&) noexcept = default;
PatternSet& PatternSet::operator=(PatternSet&&) noexcept = default;

Result<PatternSet> PatternSet::build(std::span<const Identifier> identifiers, std::vector<PatternProblem>& problems,
                                     const Parallel& parallel, std::span<const Mark> marks) {
  PatternSet out;
  Builder builder(*out.program_, problems);
  for (const Identifier& identifier : identifiers) builder.note(identifier);
  builder.add_all(identifiers, parallel);
  if (!marks.empty()) builder.add_marks(marks);
  if (Result<> done = builder.finish(); !done) return std::move(done).error();
  return out;
}

std::optional<IdentifierId> PatternSet::mark() const { return program_->mark; }
std::size_t PatternSet::context_bytes() const { return program_->width + match::kNeighbourBytes; }
bool PatternSet::matches_zeros() const { return program_->matches_zeros; }
std::size_t PatternSet::patterns() const { return program_->cores.size(); }
std::size_t PatternSet::database_bytes() const { return program_->database.bytes(); }

std::vector<Form> PatternSet::forms_of(IdentifierId identifier) const {
  std::vector<Form> out;
  for (unsigned form = 0; form < kFormNames.size() && identifier < program_->forms.size(); ++form) {
    if (program_->forms[identifier].has(static_cast<Form>(form))) out.push_back(static_cast<Form>(form));
  }
  return out;
}

std::size_t PatternSet::patterns_of(IdentifierId identifier) const {
  return identifier < program_->patterns.size() ? program_->patterns[identifier] : 0;
}

}  // namespace ambit
