// What earlier processes of a resumed run have done, and what they found that is not yet of use.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pipeline/account.h"
#include "pipeline/layout.h"
#include "pipeline/residue.h"
#include "pipeline/triage_portion.h"

namespace ambit {

// What is noted in a portion: the first byte of a note.
enum class NoteKind : char {
  account = 'a',  // Account::hand_over
  part = 'p',     // of an object of several stripes: what one of them found
  residue = 'r',  // of a run of residue over several stripes: what one of them found
};

// One stripe's part of an object.
struct NotedPart {
  ObjectId object = 0;
  std::uint64_t bytes = 0;
  std::vector<Hit> hits;
  std::vector<Exception> exceptions;
};
[[nodiscard]] std::string pack(const NotedPart& part);
[[nodiscard]] NotedPart unpack_noted_part(std::string_view packed);  // without the first byte of the note

// One stripe's span of a run of residue.
struct NotedResidue {
  std::uint64_t run_begin = 0;
  Kind kind = Kind::residue;
  std::uint32_t home = 0;
  ResidueRun::Span span;
};
[[nodiscard]] std::string pack(const NotedResidue& residue);
[[nodiscard]] NotedResidue unpack_noted_residue(std::string_view packed);

class Done final : public record::Replay {
 public:
  // Of a folder, or of an image.
  struct Root {
    std::vector<std::uint32_t> objects;                    // by number: check_of() it; 0: not done
    std::unordered_set<std::uint64_t> objects_with_image;  // by number
    bool is_walked = false;
    std::vector<bool> stripes;
    std::unordered_map<ObjectId, bool> shared_objects;  // whether an image was opened in it
    std::unordered_set<std::uint64_t> residue;          // pieces, by place
    std::unordered_set<std::uint64_t> carved;           // what was packed in residue, by place
    std::unordered_map<ObjectId, std::vector<std::string>> parts;
    std::vector<std::string> spans;  // of residue

    [[nodiscard]] bool has_stripe(std::uint64_t number) const { return number < stripes.size() && stripes[number]; }
  };

  explicit Done(std::size_t exhibits) : account_(exhibits) {}
  void portion(std::string_view name, const std::vector<std::string>& notes) override;

  // Takes what is known of it.
  [[nodiscard]] Root take(const std::string& root);
  [[nodiscard]] const Account& account() const { return account_; }

 private:
  std::map<std::string, Root> roots_;
  Account account_;
};

}  // namespace ambit
