// Runs a program as a whole process and tells what it cost.
#pragma once

#include <string>
#include <vector>

namespace ambit::bench {

struct Cost {
  int exit = -1;
  double seconds = 0;      // wall clock, from fork to reaped
  double cpu_seconds = 0;  // user and system
  double peak_mib = 0;
  std::string out;  // standard output, at most 64 KiB of it
};
// No shell; standard error goes away.
[[nodiscard]] Cost run_process(const std::vector<std::string>& arguments);

[[nodiscard]] double median(std::vector<double> values);

}  // namespace ambit::bench
