// An image in which nobody owns anything: one residue run over all its bytes.
#include "stages/walk/exhibit_content.h"
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

std::unique_ptr<ObjectSource> residue(const Exhibit& exhibit, std::uint32_t number) {
  Object object;
  object.locator = {number, {Step{StepKind::residue, "", 0, exhibit.size()}}};
  object.state = ObjectState::residue;
  object.content = std::make_unique<ExhibitContent>(exhibit, 0, exhibit.size());
  return std::make_unique<OneObject>(std::move(object));
}

std::unique_ptr<ObjectSource> one_file(const Exhibit& exhibit, std::uint32_t number) {
  Object object;
  const std::string& path = exhibit.path();
  object.locator = {number, {Step{StepKind::path, path.substr(path.rfind('/') + 1), 0, 0}}};
  object.content = std::make_unique<ExhibitContent>(exhibit, 0, exhibit.size());
  return std::make_unique<OneObject>(std::move(object));
}

}  // namespace ambit::walk
