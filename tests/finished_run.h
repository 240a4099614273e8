// A finished run directory, written by the same writer as a triage, small enough to flip every part of it.
//
// One exhibit "srv" of 10,000 bytes:
//   1  srv:/a.txt       disclose   hits of accused.mail and payout.names, two extents, the first at offset 4096
//   2  srv:/copy.txt    disclose   the same content as 1: a duplicate
//   3  srv:/log/b.log   redact     two extents, one hit in each
//   4  srv:/z=1,"q".txt redact     a name that spreadsheets and shells must survive; inode 77, also srv:/old/q.txt; its
//                                  extent of 80 bytes lies in pieces at 4000 and 512, with a hole of 20 between them
//   srv:/counsel.eml privileged, srv:/broken.bin unexamined, srv:/private/0.jpg … 5.jpg not relevant
#pragma once

#include <string>

namespace ambit::testing {

class FinishedRun {
 public:
  FinishedRun();  // throws where age-keygen or the writer fail: no test can go on
  FinishedRun(const FinishedRun&) = delete;
  FinishedRun& operator=(const FinishedRun&) = delete;
  ~FinishedRun();

  [[nodiscard]] const std::string& folder() const { return folder_; }               // holds all below
  [[nodiscard]] std::string directory() const { return folder_ + "/run?x=1#%41"; }  // the run directory
  [[nodiscard]] std::string key() const { return folder_ + "/case.key"; }           // that signed it
  [[nodiscard]] std::string identity() const { return folder_ + "/court.key"; }     // it is sealed to
  [[nodiscard]] std::string stranger() const { return folder_ + "/stranger.key"; }  // it is not sealed to
  // Signs the directory as it is now: what a dishonest examiner could do.
  void sign_again() const;
  void change(const std::string& sql) const;  // in relevance.db

 private:
  void write() const;
  std::string folder_;
};

inline constexpr const char* kPrivatePath = "private/";  // in the locators of what is not relevant
inline constexpr std::size_t kLedgerLines = 8, kItems = 4;

[[nodiscard]] std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& bytes);

}  // namespace ambit::testing
