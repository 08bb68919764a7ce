#include "ui/panels/dream_layers.h"

#include <algorithm>

namespace convscope {
namespace {

struct Suggestion {
  std::string_view model, layer;
  S tendency;
};
// Judged by eye on several photos. The first of a network is its default.
constexpr Suggestion kSuggestions[] = {
    {"squeezenet-1.0", "fire8", S::kDreamDogs},
    {"squeezenet-1.0", "fire4", S::kDreamWaves},
    {"squeezenet-1.0", "fire6", S::kDreamEyes},
    {"squeezenet-1.0", "fire9", S::kDreamBirds},
    {"efficientnet-lite0", "block10e", S::kDreamFur},
    {"efficientnet-lite0", "block4", S::kDreamRibbons},
    {"efficientnet-lite0", "block9e", S::kDreamFurAndSwirls},
    {"efficientnet-lite0", "block12", S::kDreamFoliage},
};

}  // namespace

bool dreamable(const LayerInfo& layer) {
  return layer.height > 1 && layer.width > 1 && layer.kind != "input";
}

MethodInfo dream_method(const Ui& ui, const MethodInfo& method) {
  MethodInfo copy = method;
  if (!ui.vm.model) return copy;
  for (ParameterInfo& parameter : copy.parameters) {
    for (const ParameterValue& suggested : ui.vm.model->suggested) {
      if (suggested.id == method.id + "." + parameter.id) parameter.initial = suggested.value;
    }
  }
  return copy;
}

std::vector<const LayerInfo*> dream_suggestions(const Ui& ui) {
  std::vector<const LayerInfo*> layers;
  if (!ui.vm.model) return layers;
  for (const Suggestion& s : kSuggestions) {
    if (ui.vm.model->id != s.model) continue;
    if (const LayerInfo* layer = ui.vm.layer(s.layer)) layers.push_back(layer);
  }
  // In the order of the network: what grows becomes more complex from left to right.
  std::stable_sort(layers.begin(), layers.end(), [](auto* a, auto* b) { return a < b; });
  return layers;
}

const LayerInfo* dream_default_layer(const Ui& ui) {
  if (!ui.vm.model) return nullptr;
  for (const Suggestion& s : kSuggestions) {
    if (ui.vm.model->id != s.model) continue;
    if (const LayerInfo* layer = ui.vm.layer(s.layer)) return layer;
  }
  std::vector<const LayerInfo*> layers;
  for (const LayerInfo& layer : ui.vm.model->layers) {
    if (!layer.minor && dreamable(layer)) layers.push_back(&layer);
  }
  return layers.empty() ? nullptr : layers[layers.size() * 2 / 3];
}

std::string_view dream_tendency(const Ui& ui, const LayerInfo& layer) {
  for (const Suggestion& s : kSuggestions) {
    if (ui.vm.model && ui.vm.model->id == s.model && layer.name == s.layer)
      return ui.tr(s.tendency);
  }
  const int index = ui.vm.layer_index(layer.name),
            count = static_cast<int>(ui.vm.model ? ui.vm.model->layers.size() : 1);
  return ui.tr(index * 3 < count       ? S::kDreamEarly
               : index * 3 < 2 * count ? S::kDreamMiddle
                                       : S::kDreamLate);
}

}  // namespace convscope
