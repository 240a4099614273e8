// PatternSet: all identifiers of an order, ready to be looked for.
//
// Identifier -> forms -> cores -> one database (pipeline/scanner.h). See literal.h for the exact check of a literal,
// lattice.h for what is looked for, spelling.h and base64.h for the forms, regex.h for expressions.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/parallel.h"
#include "pipeline/pattern.h"
#include "pipeline/result.h"

namespace ambit {

namespace match {
struct Program;
}

// One mistake in an identifier, for `ambit check`.
struct PatternProblem {
  IdentifierId identifier = 0;
  enum class Part { literal, expression, byte_string } part = Part::literal;
  std::size_t index = 0;  // into Identifier::literals, ::expressions or ::byte_strings
  std::string what;       // one sentence without a full stop; holds nothing of the pattern but places in it
  std::string remedy;
};

// Const and shared by all workers.
class PatternSet {
 public:
  PatternSet();  // finds nothing
  ~PatternSet();
  PatternSet(PatternSet&&) noexcept;
  PatternSet& operator=(PatternSet&&) noexcept;

  // All mistakes of all identifiers at once go into `problems`; it stays empty exactly if the result is usable.
  // Error: ErrorKind::order where there are problems, else what kept the database from being made.
  // The same whatever `parallel` has.
  [[nodiscard]] static Result<PatternSet> build(std::span<const Identifier> identifiers,
                                                std::vector<PatternProblem>& problems,
                                                const Parallel& parallel = one_after_another(),
                                                std::span<const Mark> marks = {});

  // What a hit on one of the marks has as its identifier, which is none; limits::kMaxMarks of them are hits.
  [[nodiscard]] std::optional<IdentifierId> mark() const;

  // Bytes of lead and of tail that a chunk must carry: the widest hit and the neighbours that its check looks at.
  [[nodiscard]] std::size_t context_bytes() const;
  // Some pattern can match in a run of zero bytes: then such runs are not skipped.
  [[nodiscard]] bool matches_zeros() const;
  [[nodiscard]] std::size_t patterns() const;  // strings and expressions given to Hyperscan
  [[nodiscard]] std::size_t database_bytes() const;
  // For `ambit check`: the forms in which the identifier is looked for, and what it costs. A pattern that serves
  // several identifiers counts for each.
  [[nodiscard]] std::vector<Form> forms_of(IdentifierId identifier) const;
  [[nodiscard]] std::size_t patterns_of(IdentifierId identifier) const;

  [[nodiscard]] const match::Program& program() const { return *program_; }

 private:
  std::unique_ptr<match::Program> program_;
};

}  // namespace ambit
