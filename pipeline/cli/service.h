// Service: what a run tells the service manager that started it (systemd's Type=notify, sd_notify(3)).
//
// The protocol is one datagram of text to the socket that $NOTIFY_SOCKET names; it needs no library. The watchdog is
// answered only while bytes move: a run that hangs in a dead disk or a decoder is not kept alive by a thread that is
// well.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/triage.h"

namespace ambit::cli {

class Service {
 public:
  // Where nobody listens, nothing is told. The environment is taken away from the programs that this one starts.
  // To be called before there are threads.
  [[nodiscard]] static Service from_environment();

  void progress(const Progress& progress);  // the first says that the run is under way
  void stopping(std::string_view how);

 private:
  void tell(const std::string& text) const;
  std::string socket_;                        // empty: nobody listens
  double watchdog_seconds_ = 0;               // 0: nobody waits for an answer
  double next_status_ = 0, next_answer_ = 0;  // seconds of the run
  bool ready_ = false;
};

}  // namespace ambit::cli
