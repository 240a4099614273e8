#include "stages/record/export.h"
#include "stages/record/item_json.h"

namespace ambit::record {

Result<> export_jsonl(const RunReader& run, const Write& write) {
  return run.items({}, [&](const IndexItem& item) { return write(item_json(run, item, ItemDetail::full) + "\n"); });
}

}  // namespace ambit::record
