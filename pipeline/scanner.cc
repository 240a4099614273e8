#include "pipeline/scanner.h"

#include <hs/hs.h>

#include <cstdlib>
#include <new>

#include "pipeline/limits.h"

namespace ambit {
namespace {

unsigned flags_of(const ScanPattern& pattern) {
  unsigned flags = HS_FLAG_MULTILINE | HS_FLAG_DOTALL;
  if (pattern.ignore_case) flags |= HS_FLAG_CASELESS;
  if (pattern.leftmost_start) flags |= HS_FLAG_SOM_LEFTMOST;
  return flags;
}

Error compile_error(hs_compile_error_t* error) {
  Error out{ErrorKind::order, error != nullptr ? error->message : "out of memory", "", ""};
  if (error != nullptr && error->expression >= 0) out.where = std::to_string(error->expression);
  hs_free_compile_error(error);
  return out;
}

}  // namespace

Result<ExpressionWidth> expression_width(const ScanPattern& pattern) {
  hs_expr_info_t* info = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_expression_info(pattern.expression.c_str(), flags_of(pattern), &info, &error) != HS_SUCCESS) {
    return compile_error(error);
  }
  ExpressionWidth width{info->min_width, info->max_width, info->max_width != UINT32_MAX};
  std::free(info);  // allocated by Hyperscan's default allocator, malloc
  return width;
}

struct ScanDatabase::Impl {
  hs_database_t* database = nullptr;
  hs_scratch_t* scratch = nullptr;  // prototype, cloned by every Scanner
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
  ScanDatabase out;
  if (patterns.empty()) return out;
  std::vector<const char*> expressions;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  for (const ScanPattern& pattern : patterns) {
    expressions.push_back(pattern.expression.c_str());
    flags.push_back(flags_of(pattern));
    ids.push_back(pattern.id);
  }
  auto impl = std::make_unique<Impl>();
  hs_compile_error_t* error = nullptr;
  const unsigned mode = HS_MODE_BLOCK;
  if (hs_compile_multi(expressions.data(), flags.data(), ids.data(), static_cast<unsigned>(patterns.size()), mode,
                       nullptr, &impl->database, &error) != HS_SUCCESS) {
    return compile_error(error);
  }
  if (hs_alloc_scratch(impl->database, &impl->scratch) != HS_SUCCESS) {
    return Error{ErrorKind::io, "not enough memory for the matcher's scratch space", "", "give it more memory"};
  }
  out.impl_ = std::move(impl);
  return out;
}

std::size_t ScanDatabase::bytes() const {
  std::size_t bytes = 0;
  if (impl_ != nullptr) hs_database_size(impl_->database, &bytes);
  return bytes;
}

struct Scanner::Impl {
  const hs_database_t* database = nullptr;
  hs_scratch_t* scratch = nullptr;
  ~Impl() { hs_free_scratch(scratch); }
};

Scanner::Scanner(const ScanDatabase& database) : impl_(std::make_unique<Impl>()) {
  if (database.impl_ == nullptr) return;
  impl_->database = database.impl_->database;
  if (hs_clone_scratch(database.impl_->scratch, &impl_->scratch) != HS_SUCCESS) throw std::bad_alloc();
}
Scanner::~Scanner() = default;
Scanner::Scanner(Scanner&&) noexcept = default;
Scanner& Scanner::operator=(Scanner&&) noexcept = default;

void Scanner::scan(std::span<const std::byte> block, OnMatch on_match, void* context) {
  if (impl_->database == nullptr || block.empty()) return;
  struct Relay {
    OnMatch on_match;
    void* context;
  } relay{on_match, context};
  const auto callback = [](unsigned id, unsigned long long from, unsigned long long to, unsigned, void* ctx) {
    const auto* r = static_cast<const Relay*>(ctx);
    r->on_match(r->context, id, from, to);
    return 0;
  };
  // Blocks are chunks (limits::kMaxChunkBytes), so the length always fits.
  const hs_error_t status = hs_scan(impl_->database, reinterpret_cast<const char*>(block.data()),
                                    static_cast<unsigned>(block.size()), 0, impl_->scratch, callback, &relay);
  if (status != HS_SUCCESS) std::abort();  // our bug: wrong scratch, or a scanner shared by two threads
}

}  // namespace ambit
