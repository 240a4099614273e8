#include "stages/record/pseudonym.h"

namespace ambit::record {
namespace {

// A component that is not there means that whoever counted saw another name than we do: then nothing of this
// name is fit to be shown.
void replace_component(std::string& name, std::uint32_t component, const CaseKey& key) {
  std::size_t begin = 0;
  for (std::uint32_t i = 0; i < component; ++i) {
    const std::size_t slash = name.find('/', begin);
    if (slash == std::string::npos) {
      name = key.pseudonym("name", name);
      return;
    }
    begin = slash + 1;
  }
  const std::size_t length = std::min(name.find('/', begin), name.size()) - begin;
  name.replace(begin, length, key.pseudonym("name", std::string_view(name).substr(begin, length)));
}

}  // namespace

std::string released_text(const Locator& locator, std::string_view exhibit_name,
                          const std::vector<PrivateName>& private_names, const CaseKey& key) {
  if (private_names.empty()) return to_string(locator, exhibit_name);
  Locator shown = locator;
  for (const PrivateName& name : private_names) {
    if (name.step < shown.steps.size()) replace_component(shown.steps[name.step].name, name.component, key);
  }
  return to_string(shown, exhibit_name);
}

}  // namespace ambit::record
