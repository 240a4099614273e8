// Age: one run of the age program that encrypts what it is fed into a file.
//
// age is used as a program and not as a library, so that what seals the ledger is the very tool that the court
// opens it with. It sits behind a socket, not a pipe: a write to a child that died is then an error code and not
// a signal that kills us. The child has its own process group, so that Ctrl-C reaches only us and the ledger can
// be ended in good order.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/file.h"
#include "pipeline/result.h"

namespace ambit::record {

class Age {
 public:
  Age() = default;
  Age(const Age&) = delete;
  Age& operator=(const Age&) = delete;
  ~Age();  // without finish(): kills the child

  // `path` must not exist. Error: io where age is not installed.
  [[nodiscard]] Result<> start(const std::string& path, const std::vector<std::string>& recipients);
  [[nodiscard]] bool running() const { return child_ > 0; }
  // Error: what age said on its way out.
  [[nodiscard]] Result<> write(std::string_view plain);
  // Ends the input, waits for age, syncs the file.
  [[nodiscard]] Result<> finish();

  // Error: key, when age does not take these recipients.
  [[nodiscard]] static Result<> check_recipients(const std::vector<std::string>& recipients);

 private:
  [[nodiscard]] Result<> spawn(int output, const std::vector<std::string>& recipients);
  [[nodiscard]] Result<> wait();

  pid_t child_ = 0;
  std::string path_;
  File input_, output_, complaints_;
};

}  // namespace ambit::record
