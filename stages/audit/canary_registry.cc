#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "pipeline/limits.h"
#include "stages/audit/canary.h"

namespace ambit::audit {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kRegistryVersion = 1;

Error no_registry(const std::string& path) {
  return {ErrorKind::usage, "this is no registry of canaries", path, "give the file that `ambit canary plant` wrote"};
}

Canary canary_of(const Json& row) {
  Canary out;
  out.is_private = row.at("class").get<std::string>() == "private";
  out.file = row.at("file").get<std::string>();
  const auto packing = std::find(kPackingNames.begin(), kPackingNames.end(), row.at("packing").get<std::string>());
  if (packing != kPackingNames.end()) out.packing = static_cast<Packing>(packing - kPackingNames.begin());
  out.sha256 = row.value("sha256", "");
  out.rule = row.value("rule", "");
  out.start = row.value("start", std::uint64_t{0});
  out.length = row.value("length", std::uint64_t{0});
  out.values = row.value("values", std::vector<std::string>());
  return out;
}

}  // namespace

std::string to_json(const Registry& registry) {
  Json canaries = Json::array();
  for (const Canary& canary : registry.canaries) {
    Json row = {{"class", canary.is_private ? "private" : "relevant"}, {"file", canary.file}};
    row["packing"] = to_string(canary.packing);
    if (!canary.sha256.empty()) row["sha256"] = canary.sha256;
    if (!canary.rule.empty()) row["rule"] = canary.rule;
    if (canary.length > 0) row["start"] = canary.start;
    if (canary.length > 0) row["length"] = canary.length;
    if (!canary.values.empty()) row["values"] = canary.values;
    canaries.push_back(std::move(row));
  }
  const Json out = {{"ambit_canaries", kRegistryVersion},
                    {"tool_version", registry.tool_version},
                    {"order_sha256", registry.order_sha256},
                    {"seed", registry.seed},
                    {"canaries", canaries}};
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Registry> read_registry(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{ErrorKind::io, "the registry cannot be read", path, "check the path"};
  try {
    const Json json = Json::parse(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    if (json.at("ambit_canaries").get<int>() != kRegistryVersion) return no_registry(path);
    Registry out;
    out.tool_version = json.at("tool_version").get<std::string>();
    out.order_sha256 = json.at("order_sha256").get<std::string>();
    out.seed = json.at("seed").get<std::uint64_t>();
    for (const Json& row : json.at("canaries")) out.canaries.push_back(canary_of(row));
    return out;
  } catch (const Json::exception&) { return no_registry(path); }
}

}  // namespace ambit::audit
