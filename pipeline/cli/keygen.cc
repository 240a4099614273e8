// ambit keygen --out FILE: makes a case key.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "pipeline/cli/command.h"
#include "pipeline/cli/quantity.h"
#include "stages/record/seal.h"

namespace ambit::cli {
namespace {

Exit keygen(const std::string& path) {
  const auto key = record::CaseKey::create(path);
  if (!key) return fail(key.error());
  write_out(fmt::format("The case key is in {} (readable by you only).\n", path));
  write_out(fmt::format("Its public key, which signs the checkpoint: {}\n\n", record::to_hex(key->public_key())));
  write_out(fmt::format(
      "Keep the file as you keep the evidence: who holds it can test guesses about excluded objects, and who lacks\n"
      "it cannot reproduce the run. Give the public key to both sides, so that `ambit verify` can name the signer.\n\n"
      "Run the triage with:  ambit triage --key {} --order ORDER --out DIR EXHIBIT...\n\n"
      "The ledger is sealed to the court's own age key, which ambit never needs. The court makes it with\n"
      "  age-keygen -o court.key\n"
      "keeps court.key to itself, and gives you the line that begins with age1 for seal_to in the order.\n",
      shell_quoted(path)));
  return Exit::complete;
}

}  // namespace

Action add_keygen(Arguments arguments) {
  const auto path = std::make_shared<std::string>();
  arguments.add_option("--out", *path, "File to make; it must not exist yet").required().type_name("FILE");
  return [path](const Words&) { return keygen(*path); };
}

}  // namespace ambit::cli
