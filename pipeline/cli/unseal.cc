// ambit unseal DIR --identity KEYFILE: the ledger, for the court.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "pipeline/cli/command.h"
#include "pipeline/cli/quantity.h"
#include "stages/record/unseal.h"

namespace ambit::cli {
namespace {

struct Options {
  std::string directory, identity, locator;
};

// The lines go to standard output as they were sealed; what was proved about them goes to standard error.
Exit unseal_all(const Options& options) {
  auto audit = record::LedgerAudit::start(options.directory);
  if (!audit) return fail(audit.error());
  Result<> seen;
  const Result<> read = record::read_ledger(options.directory, options.identity, [&](std::string_view line) {
    seen = audit->see(line);
    if (!seen) return false;
    write_out(line);
    write_out("\n");
    return !output_broken();
  });
  if (!read) return fail(read.error());
  if (!seen) return fail(seen.error());
  if (output_broken()) return Exit::complete;
  if (const Result<> whole = audit->finish(); !whole) return fail(whole.error());
  write_err(fmt::format("{} objects; each line is in the signed ledger tree, and none is missing\n",
                        grouped(audit->lines())));
  return Exit::complete;
}

void print_proof(const std::string& line, const record::LedgerProof& proof) {
  write_out(fmt::format("{}\n\nProof that this line is in the ledger (Merkle tree of RFC 9162, lowest sibling first)\n",
                        line));
  write_out(fmt::format("  nonce       {}\n  commitment  {}\n", record::to_hex(proof.nonce),
                        record::to_hex(proof.commitment)));
  write_out(fmt::format("  leaf {} of {}\n", proof.index, proof.leaves));
  for (const record::Bytes32& hash : proof.path) write_out(fmt::format("  sibling     {}\n", record::to_hex(hash)));
  write_out(fmt::format("  ledger_root {}\n  {}\n", record::to_hex(proof.root),
                        proof.holds ? "verifies" : "DOES NOT VERIFY"));
}

Exit prove(const Options& options) {
  std::string found;
  const Result<> read = record::read_ledger(options.directory, options.identity, [&](std::string_view line) {
    if (record::is_line_of(line, options.locator)) found = line;
    return found.empty();
  });
  if (!read) return fail(read.error());
  if (found.empty()) {
    return fail({ErrorKind::usage, "the ledger has no object with this locator", options.directory,
                 "unseal without --prove shows all; released items are proved by `ambit explain --proof`"});
  }
  const auto proof = record::prove_line(options.directory, found);
  if (!proof) return fail(proof.error());
  print_proof(found, *proof);
  return proof->holds ? Exit::complete : Exit::operator_must_act;
}

}  // namespace

Action add_unseal(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("DIR", options->directory, "Run directory")->required();
  app.add_option("--identity", options->identity, "The age identity (private key) of a recipient of the order")
      ->required()
      ->type_name("KEYFILE");
  app.add_option("--prove", options->locator, "Only the object with this locator, with the proof that it was signed")
      ->type_name("LOCATOR");
  return [options](const Words&) { return options->locator.empty() ? unseal_all(*options) : prove(*options); };
}

}  // namespace ambit::cli
