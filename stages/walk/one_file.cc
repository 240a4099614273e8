// One plain file that is itself the evidence.
#include "pipeline/run_content.h"
#include "stages/walk/sources.h"

namespace ambit::walk {
namespace {

// Hands out one object.
class OneObject final : public ObjectSource {
 public:
  explicit OneObject(Object object) : object_(std::move(object)) {}
  std::optional<Object> next() override { return std::exchange(object_, std::nullopt); }

 private:
  std::optional<Object> object_;
};

}  // namespace

std::unique_ptr<ObjectSource> one_file(const Exhibit& exhibit, std::uint32_t number) {
  Object object;
  const std::string& path = exhibit.path();
  object.locator = {number, {Step{StepKind::path, path.substr(path.rfind('/') + 1), 0, 0}}};
  std::vector<Run> runs;
  if (exhibit.size() > 0) runs.push_back({0, 0, exhibit.size()});
  object.content = run_content(exhibit, std::move(runs), {exhibit.size(), std::nullopt, 0}, Places::exhibit);
  return std::make_unique<OneObject>(std::move(object));
}

}  // namespace ambit::walk
