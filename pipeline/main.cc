// Arguments -> a command -> an exit code. The list of commands is below; each is one file in cli/.
#include <malloc.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <new>
#include <typeinfo>

#include "pipeline/cli/command.h"
#include "pipeline/exhausted.h"
#include "pipeline/triage.h"

namespace ambit::cli {
namespace {

struct Command {
  const char* name;
  const char* help;
  Register add;
};

constexpr std::array kCommands = {
    Command{"check", "Say every mistake of an order file, or what each identifier costs", add_check},
    Command{"triage", "Examine exhibits under an order and write the run directory", add_triage},
    Command{"status", "How a run stands, from another shell while it goes on, and afterwards", add_status},
    Command{"ls", "The volumes, file systems and numbers of objects of exhibits, without a sweep", add_ls},
    Command{"census", "What the exhibits hold, in counts only", add_census},
    Command{"list", "The released items of a run", add_list},
    Command{"explain", "Why one item was released: paragraph, rule, hits, extents", add_explain},
    Command{"verify", "Prove that a run directory is whole and unchanged", add_verify},
    Command{"audit", "Read again what a run lets parties read, with another detector", add_audit},
    Command{"canary", "Plant invented items among the exhibits, and see what a run makes of them", add_canary},
    Command{"unseal", "Decrypt the ledger, for the court", add_unseal},
    Command{"export", "The released items as a spreadsheet or JSON lines", add_export},
    Command{"keygen", "Make a case key", add_keygen},
    Command{"detectors", "The detectors of private data, and their tests", add_detectors},
    Command{"hashset", "Sets of hashes of known files: build one, say what is in it", add_hashset},
    Command{"detect", "Where private data stands in a file, for experts and for tuning", add_detect},
};

// Evidence in memory must not land in a core file, nor what we write be readable by others; a closed pipe is
// an error to be reported, not a death.
void harden_process() {
  prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  std::signal(SIGPIPE, SIG_IGN);
  umask(077);
}

// The C library moves these by itself, up to what is freed last: then each worker keeps up to 64 MiB that it does not
// use, and a run's memory grows for minutes before it stays. Fixed, buffers are still reused.
void give_memory_back() {
  constexpr int kMiB = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, 32 * kMiB);
  mallopt(M_TRIM_THRESHOLD, 16 * kMiB);
}

Exit run(int argc, char** argv) {
  Program program("ambit", "ambit " AMBIT_VERSION,
                  "Court-ordered triage of seized servers: what the order reaches is indexed, the rest is sealed.");
  std::array<Action, kCommands.size()> actions;
  std::size_t chosen = 0;  // the parser takes no line without a command
  for (std::size_t i = 0; i < kCommands.size(); ++i) {
    const Arguments arguments = program.add_command(kCommands[i].name, kCommands[i].help, [&, i] { chosen = i; });
    actions[i] = kCommands[i].add(arguments);
  }
  program.footer(
      "Exit codes: 0 complete; 2 complete with exceptions; 1 the operator must act;\n"
      "3 stopped with a checkpoint, `triage --resume` goes on.\n"
      "`ambit COMMAND --help` says more.");
  if (argc < 2) {
    write_err(program.help());
    return Exit::operator_must_act;
  }
  const Program::Parsed parsed = program.parse(argc, argv);
  if (parsed.is == Program::Parsed::Is::answered) return Exit::complete;
  if (parsed.is == Program::Parsed::Is::mistaken) {
    return fail({ErrorKind::usage, parsed.problem, "", "see " + parsed.command + " --help"});
  }
  return actions[chosen](Words(argv, argv + argc));
}

// The last door: only a library can throw here. Its text may quote what it worked on, so only its type is told.
Exit run_caught(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc& gone) {
    Error error = error_of(resource_of(gone));
    error.remedy += "; a run that was under way goes on with --resume";
    return fail(error);
  } catch (const std::exception& unexpected) {
    return fail({ErrorKind::io, std::string("unexpected failure of type ") + typeid(unexpected).name(), "",
                 "this is a defect of ambit; nothing that was written counts as finished"});
  }
}

// True where standard output is a pipe that nobody reads any more (`ambit list | head`): no error.
bool reader_left() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

}  // namespace
}  // namespace ambit::cli

int main(int argc, char** argv) {
  using namespace ambit::cli;
  if (const std::optional<int> lived = ambit::life_in_sandbox(argc, argv)) return *lived;
  harden_process();
  give_memory_back();
  const Exit exit = run_caught(argc, argv);
  std::fflush(stdout);
  if (output_broken() && !reader_left()) {
    return static_cast<int>(fail({ambit::ErrorKind::space, "standard output could not be written", "", ""}));
  }
  return static_cast<int>(exit);
}
