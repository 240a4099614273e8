// ambit unseal DIR --identity KEYFILE: the ledger, for the court.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "pipeline/cli/command.h"
#include "pipeline/cli/quantity.h"
#include "stages/record/pseudonym.h"
#include "stages/record/unseal.h"

namespace ambit::cli {
namespace {

struct UnsealFlags {
  std::string directory, identity, locator, object, key;
};

// The lines go to standard output as they were sealed; what was proved about them goes to standard error.
Exit unseal_all(const UnsealFlags& options) {
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

Exit prove(const UnsealFlags& options) {
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

// The line of the object that a note of the run has told by its id.
Exit find_object(const UnsealFlags& options) {
  const auto key = record::CaseKey::load(options.key);
  if (!key) return fail(key.error());
  std::string found;
  const Result<> read = record::read_ledger(options.directory, options.identity, [&](std::string_view line) {
    const auto fields = nlohmann::json::parse(line, nullptr, false);
    const auto locator = fields.find("locator");
    const bool is_it = locator != fields.end() && locator->is_string() &&
                       record::object_id(*key, locator->get<std::string>()) == options.object;
    if (is_it) found = line;
    return !is_it;
  });
  if (!read) return fail(read.error());
  if (found.empty()) {
    return fail({ErrorKind::usage, "the ledger has no object with this id", options.directory,
                 "give the id as the note of the run had it, and the case key of that run; what was released is in the "
                 "index"});
  }
  write_out(found + "\n");
  return Exit::complete;
}

}  // namespace

Action add_unseal(Arguments arguments) {
  const auto options = std::make_shared<UnsealFlags>();
  arguments.add_option("DIR", options->directory, "Run directory").required();
  arguments.add_option("--identity", options->identity, "The age identity (private key) of a recipient of the order")
      .required()
      .type_name("KEYFILE");
  arguments
      .add_option("--prove", options->locator, "Only the object with this locator, with the proof that it was signed")
      .type_name("LOCATOR");
  const Argument key =
      arguments.add_option("--key", options->key, "The case key of the run, for --object").type_name("FILE");
  arguments.add_option("--object", options->object, "Only the object that a note of the run called by this id")
      .type_name("ID")
      .needs(key);
  return [options](const Words&) {
    if (!options->object.empty()) return find_object(*options);
    return options->locator.empty() ? unseal_all(*options) : prove(*options);
  };
}

}  // namespace ambit::cli
