#include "pipeline/scanner.h"

#include <hs/hs.h>

#include <cstdlib>
#include <new>
#include <numeric>
#include <optional>

#include "pipeline/limits.h"

namespace ambit {
namespace {

unsigned flags_of(const ScanPattern& pattern) {
  unsigned flags = HS_FLAG_MULTILINE | HS_FLAG_DOTALL;
  if (pattern.ignore_case) flags |= HS_FLAG_CASELESS;
  if (pattern.leftmost_start) flags |= HS_FLAG_SOM_LEFTMOST;
  return flags;
}

std::string escaped(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 0xf]};
  }
  return out;
}

Error compile_error(hs_compile_error_t* error, std::optional<std::size_t> pattern) {
  Error out{ErrorKind::order, error != nullptr ? error->message : "out of memory", "", ""};
  if (pattern) out.where = std::to_string(*pattern);
  hs_free_compile_error(error);
  return out;
}

}  // namespace

Result<ExpressionWidth> expression_width(const ScanPattern& pattern) {
  hs_expr_info_t* info = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_expression_info(pattern.expression.c_str(), flags_of(pattern), &info, &error) != HS_SUCCESS) {
    return compile_error(error, std::nullopt);
  }
  ExpressionWidth width{info->min_width, info->max_width, info->max_width != UINT32_MAX};
  std::free(info);  // allocated by Hyperscan's default allocator, malloc
  return width;
}

struct ScanDatabase::Impl {
  LiteralIndex literals;
  hs_database_t* database = nullptr;  // none where all patterns are literals
  hs_scratch_t* scratch = nullptr;    // prototype, cloned by every Scanner
  ~Impl() {
    hs_free_scratch(scratch);
    hs_free_database(database);
  }
};

ScanDatabase::ScanDatabase() = default;
ScanDatabase::~ScanDatabase() = default;
ScanDatabase::ScanDatabase(ScanDatabase&&) noexcept = default;
ScanDatabase& ScanDatabase::operator=(ScanDatabase&&) noexcept = default;

Result<ScanDatabase> ScanDatabase::compile(std::span<const ScanPattern> patterns) {
  // Short strings fill the index's table; beyond this many entries they are Hyperscan's.
  constexpr std::size_t kMostShortEntries = std::size_t{1} << 19;
  std::size_t short_entries = 0;
  const auto is_short = [](const ScanPattern& p) { return p.expression.size() < LiteralIndex::kLongBytes; };
  const auto fits = [](const ScanPattern& p) { return p.plain && p.expression.size() >= LiteralIndex::kLeastBytes; };
  for (const ScanPattern& pattern : patterns) {
    if (fits(pattern) && is_short(pattern)) short_entries += LiteralIndex::entries_for(pattern.expression.size());
  }
  std::vector<PlainLiteral> literals;
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const ScanPattern& pattern = patterns[i];
    if (fits(pattern) && (!is_short(pattern) || short_entries <= kMostShortEntries)) {
      literals.push_back({pattern.expression, pattern.id, pattern.ignore_case});
    } else {
      others.push_back(i);
    }
  }
  Result<ScanDatabase> out = compile(patterns, others);
  if (out && !literals.empty()) {
    if (out->impl_ == nullptr) out->impl_ = std::make_unique<Impl>();
    out->impl_->literals = LiteralIndex(literals);
  }
  return out;
}

Result<ScanDatabase> ScanDatabase::compile_by_hyperscan(std::span<const ScanPattern> patterns) {
  std::vector<std::size_t> all(patterns.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return compile(patterns, all);
}

Result<ScanDatabase> ScanDatabase::compile(std::span<const ScanPattern> patterns, std::span<const std::size_t> which) {
  ScanDatabase out;
  if (which.empty()) return out;
  std::vector<std::string> texts;
  std::vector<const char*> expressions;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  for (const std::size_t i : which) {
    texts.push_back(patterns[i].plain ? escaped(patterns[i].expression) : patterns[i].expression);
    flags.push_back(flags_of(patterns[i]));
    ids.push_back(patterns[i].id);
  }
  for (const std::string& text : texts) expressions.push_back(text.c_str());
  auto impl = std::make_unique<Impl>();
  hs_compile_error_t* error = nullptr;
  const unsigned mode = HS_MODE_BLOCK;
  if (hs_compile_multi(expressions.data(), flags.data(), ids.data(), static_cast<unsigned>(which.size()), mode, nullptr,
                       &impl->database, &error) != HS_SUCCESS) {
    if (error != nullptr && error->expression >= 0) {
      return compile_error(error, which[static_cast<std::size_t>(error->expression)]);
    }
    return compile_error(error, std::nullopt);
  }
  if (hs_alloc_scratch(impl->database, &impl->scratch) != HS_SUCCESS) {
    return Error{ErrorKind::io, "not enough memory for the matcher's scratch space", "", "give it more memory"};
  }
  out.impl_ = std::move(impl);
  return out;
}

std::size_t ScanDatabase::bytes() const {
  if (impl_ == nullptr) return 0;
  std::size_t bytes = 0;
  if (impl_->database != nullptr) hs_database_size(impl_->database, &bytes);
  return bytes + (impl_->literals.empty() ? 0 : impl_->literals.bytes());
}

struct Scanner::Impl {
  const ScanDatabase::Impl* database = nullptr;
  hs_scratch_t* scratch = nullptr;
  std::vector<LiteralScan::Match> pending;
  ~Impl() { hs_free_scratch(scratch); }
};

Scanner::Scanner(const ScanDatabase& database) : impl_(std::make_unique<Impl>()) {
  impl_->database = database.impl_.get();
  if (impl_->database == nullptr || impl_->database->scratch == nullptr) return;
  if (hs_clone_scratch(database.impl_->scratch, &impl_->scratch) != HS_SUCCESS) throw std::bad_alloc();
}
Scanner::~Scanner() = default;
Scanner::Scanner(Scanner&&) noexcept = default;
Scanner& Scanner::operator=(Scanner&&) noexcept = default;

void Scanner::scan(std::span<const std::byte> block, OnMatch on_match, void* context) {
  if (impl_->database == nullptr || block.empty()) return;
  // The literals are looked for as far as Hyperscan has come, so that all matches are told in the order of their ends.
  struct Relay {
    OnMatch on_match;
    void* context;
    LiteralScan literals;
  } relay{on_match, context, {impl_->database->literals, block, impl_->pending, on_match, context}};
  const auto callback = [](unsigned id, unsigned long long from, unsigned long long to, unsigned, void* ctx) {
    auto* r = static_cast<Relay*>(ctx);
    r->literals.run_to(to);
    r->on_match(r->context, id, from, to);
    return 0;
  };
  if (impl_->database->database != nullptr) {
    // Blocks are chunks (limits::kMaxChunkBytes), so the length always fits.
    const hs_error_t status = hs_scan(impl_->database->database, reinterpret_cast<const char*>(block.data()),
                                      static_cast<unsigned>(block.size()), 0, impl_->scratch, callback, &relay);
    if (status != HS_SUCCESS) std::abort();  // our bug: wrong scratch, or a scanner shared by two threads
  }
  relay.literals.run_to(block.size());
}

}  // namespace ambit
