// RelevanceIndex: writes relevance.db (schema.h), all that a party may see.
//
// Rows go in the order of items into a working database that is never synced, and VACUUM INTO makes the file that
// counts: densely packed, every page written once, and its bytes a function of the rows alone. The price is to
// write what is released twice, and what is released is little.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "pipeline/result.h"
#include "pipeline/scope.h"
#include "stages/record/checkpoint.h"
#include "stages/record/commitment.h"
#include "stages/record/counts.h"

namespace ambit::record {

struct PrivilegeRow {
  std::optional<std::int64_t> date;  // seconds since 1970, UTC
  Kind kind = Kind::unknown;
  std::string basis;
  std::uint32_t rule = 0;  // id of table rule
};

// The tables that do not grow with the items.
struct IndexTables {
  const Scope* scope = nullptr;
  const std::vector<CheckpointExhibit>* exhibits = nullptr;
  const Counts* counts = nullptr;
  const std::vector<std::string>* categories = nullptr;  // of private data, of a full census; null: it was a quick one
  std::map<std::string, std::string> meta;
};

class RelevanceIndex {
 public:
  // `working_file` must not exist; it is removed by whoever removes its folder. Error: io, space.
  [[nodiscard]] static Result<std::unique_ptr<RelevanceIndex>> create(const std::string& working_file);
  ~RelevanceIndex();

  // Ids ascend from 1. What it holds is sorted.
  [[nodiscard]] Result<> add(const IndexItem& item);
  [[nodiscard]] Result<> add(const PrivilegeRow& row);
  [[nodiscard]] Result<> add(const IndexTables& tables);
  // Writes and syncs the final file, which must not exist. The last call.
  [[nodiscard]] Result<> finish(const std::string& path);

 private:
  struct Database;
  explicit RelevanceIndex(std::unique_ptr<Database> database);
  [[nodiscard]] Result<std::int64_t> item_class(const IndexItem& item);
  [[nodiscard]] Result<std::int64_t> hit_class(const IndexHit& hit);
  [[nodiscard]] Result<> add_origin(const IndexItem& item);  // inode, other paths, places

  std::unique_ptr<Database> database_;
  using ItemClass = std::tuple<std::uint32_t, std::uint8_t, std::uint8_t, std::uint8_t, std::optional<std::uint32_t>>;
  using HitClass = std::tuple<std::uint32_t, std::uint8_t, std::uint8_t, std::uint64_t, bool>;
  std::map<ItemClass, std::int64_t> item_classes_;
  std::map<HitClass, std::int64_t> hit_classes_;
};

}  // namespace ambit::record
