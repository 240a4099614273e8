// The screen: what a run says of itself, on a terminal of any size. `triage` draws it again and again, `status` once.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pipeline/triage.h"

namespace ambit::cli {

struct ScreenLine {
  std::string text;   // UTF-8 without control characters, not wider than the screen
  bool loud = false;  // something the operator should see first
};
struct ScreenSize {
  std::size_t columns = 80, rows = 24;
};

// At most size.rows lines; where they are too few, exhibits are left out first, the others from the end.
// `exhibit_names`: as the operator calls them, by exhibit; empty: they are numbered.
[[nodiscard]] std::vector<ScreenLine> screen(const Progress& progress, const std::vector<std::string>& exhibit_names,
                                             ScreenSize size);

// "sweep  42.1 %  210.3 GB of 500.0 GB  1.9 GB/s now, 2.0 GB/s mean  2:31 left  …": all of it that fits one line.
[[nodiscard]] std::string progress_line(const Progress& progress);

// The first `columns` characters of a UTF-8 text; a control character counts and becomes '?'.
[[nodiscard]] std::string cut_text(std::string_view text, std::size_t columns);

}  // namespace ambit::cli
