// Fields: what the readers of the order's tables have in common. The types are checked by check_keys(): here a value
// of the wrong type is simply not there.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/order_document.h"
#include "pipeline/order_problem.h"
#include "pipeline/pattern.h"
#include "pipeline/scope.h"

namespace ambit {

class Fields {
 public:
  // `path`: of the order file. Document and problems must outlive the fields.
  Fields(const Document& document, const std::string& path, Problems& problems)
      : document_(document), path_(path), problems_(problems) {}

  void blame(const Value& value, std::string what, std::string remedy) {
    problems_.add(value.place(), std::move(what), std::move(remedy));
  }
  // The same, pointing at byte `offset` of a string.
  void blame(const Value& string, std::size_t offset, std::string what, std::string remedy) {
    problems_.add(document_.place_in(string, offset), std::move(what), std::move(remedy));
  }

  // A string that a reader of the order can see: not empty, nothing invisible in it.
  [[nodiscard]] std::optional<std::string_view> visible(const Value& value, std::string_view name);
  // The strings of an array of strings; of a string or an array of strings.
  [[nodiscard]] static std::vector<Value> strings(const Value& value);
  [[nodiscard]] static std::vector<Value> string_or_strings(const Value& value);
  // Index of the string in `names`, with a suggestion where it is none of them.
  [[nodiscard]] std::optional<std::size_t> choice(const Value& value, std::string_view name,
                                                  std::span<const std::string_view> names);
  // The paragraph that a key cites, as index into `paragraphs`.
  [[nodiscard]] std::optional<std::uint32_t> cite(const Value& id, std::span<const std::string_view> paragraphs);
  // The set of a file that stands beside the order; none after a mistake. A file that was named before is not read
  // again.
  [[nodiscard]] std::shared_ptr<const HashSet> hash_set(const Value& file);
  // Scope::hash_sets_sha256 of all that hash_set() gave.
  [[nodiscard]] std::string hash_sets_sha256() const;
  // A passphrase, or the bytes of the key file that stands beside the order. Never in any mistake.
  [[nodiscard]] std::optional<VolumeKey> volume_key(const Value& value);

 private:
  const Document& document_;
  const std::string& path_;
  Problems& problems_;
  struct NamedSet {
    std::string name;  // as in the order
    std::shared_ptr<const HashSet> set;
  };
  std::vector<NamedSet> hash_sets_;  // each name once
};

}  // namespace ambit
