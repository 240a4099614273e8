#include "stages/record/pseudonym.h"

#include <algorithm>

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

// The step that is another one in each of a file's paths; as many as there are steps: none.
std::size_t path_step(const Locator& locator) {
  const auto is_path = [](const Step& step) { return step.kind == StepKind::path; };
  const auto last = std::find_if(locator.steps.rbegin(), locator.steps.rend(), is_path);
  return last == locator.steps.rend() ? locator.steps.size()
                                      : static_cast<std::size_t>(locator.steps.rend() - last) - 1;
}

std::vector<std::string_view> components_of(std::string_view name) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t slash = std::min(name.find('/'), name.size());
    out.push_back(name.substr(0, slash));
    if (slash == name.size()) return out;
    name.remove_prefix(slash + 1);
  }
}

// The components of a path that nobody looked at which may not be shown: those that do not stand in the same place of
// the locator's own path `shown`, or do and are private there.
std::vector<std::uint32_t> doubtful_components(std::string_view path, std::string_view shown,
                                               const std::vector<PrivateName>& private_names, std::uint32_t step) {
  std::vector<std::uint32_t> out;
  const std::vector<std::string_view> mine = components_of(path), known = components_of(shown);
  for (std::uint32_t i = 0; i < mine.size(); ++i) {
    const bool same = i < known.size() && mine[i] == known[i];
    const bool is_private =
        std::find(private_names.begin(), private_names.end(), PrivateName{step, i}) != private_names.end();
    if (!same || is_private) out.push_back(i);
  }
  return out;
}

}  // namespace

Locator other_path(const Locator& locator, std::string_view link) {
  Locator out = locator;
  const std::size_t step = path_step(locator);
  if (step == out.steps.size()) out.steps.push_back({StepKind::path, "", 0, 0});
  out.steps[step].name = link;
  return out;
}

std::string released_text(const Locator& locator, std::string_view exhibit_name,
                          const std::vector<PrivateName>& private_names, const CaseKey& key) {
  if (private_names.empty()) return to_string(locator, exhibit_name);
  Locator shown = locator;
  for (const PrivateName& name : private_names) {
    if (name.step < shown.steps.size()) replace_component(shown.steps[name.step].name, name.component, key);
  }
  return to_string(shown, exhibit_name);
}

std::vector<std::string> released_links(const Locator& locator, std::span<const std::string> links, const Facts& facts,
                                        std::string_view exhibit_name, const CaseKey& key) {
  const auto step = static_cast<std::uint32_t>(path_step(locator));
  const std::string shown = step < locator.steps.size() ? locator.steps[step].name : std::string();
  std::vector<PrivateName> elsewhere;  // in the steps that all the paths have in common
  for (const PrivateName& name : facts.private_names) {
    if (name.step != step) elsewhere.push_back(name);
  }
  std::vector<std::string> out;
  auto found = facts.private_links.begin();
  for (std::size_t link = 0; link < links.size(); ++link) {
    std::vector<PrivateName> names = elsewhere;
    for (; found != facts.private_links.end() && found->link == link; ++found) {
      names.push_back({step, found->component});
    }
    if (link >= facts.examined_links) {
      for (const std::uint32_t component : doubtful_components(links[link], shown, facts.private_names, step)) {
        names.push_back({step, component});
      }
    }
    out.push_back(released_text(other_path(locator, links[link]), exhibit_name, names, key));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string object_id(const CaseKey& key, std::string_view locator) {
  const std::string name = key.pseudonym("object", locator);
  return name.substr(name.rfind('-') + 1);
}

}  // namespace ambit::record
