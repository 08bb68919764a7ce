#include "engine/suggestions.h"

#include <algorithm>
#include <ranges>

namespace convscope {
namespace {

// Filters that see one channel each.
bool has_depthwise(const Model& model) {
  return std::ranges::any_of(model.layers, [&](const ModelLayer& layer) {
    return std::ranges::any_of(layer.filters, [&](const ConvFilter& filter) {
      const Shape& weight = model.parameters[static_cast<size_t>(filter.weight)].shape();
      return weight[3] == 1 && model.graph.shape(filter.input).channels() > 1;
    });
  });
}

}  // namespace

std::string suggested_layer(const Model& model, std::string_view method) {
  // Judged by eye on several photos; elsewhere two thirds of the way through the spatial layers.
  if (method == "deep_dream") {
    for (std::string_view name : {"fire8", "block10e"}) {
      if (model.find_layer(name) != nullptr) return std::string(name);
    }
  }
  std::vector<const ModelLayer*> spatial;
  for (const ModelLayer& layer : model.layers) {
    const Shape& shape = model.graph.shape(layer.value);
    if (!layer.minor && shape.rank() == 4 && shape[1] > 1) spatial.push_back(&layer);
  }
  // Class activation maps are made at the last picture of features, which scores of classes are
  // not; its channels are those that mean most to a person.
  constexpr std::string_view kOfFeatures[] = {"ablation",      "adversarial",
                                              "conductance",   "faithfulness",
                                              "grad_cam_pp",   "layer_gradient_x_activation",
                                              "randomisation", "segmentation"};
  if (method.ends_with("_cam") || std::ranges::find(kOfFeatures, method) != std::end(kOfFeatures)) {
    for (const ModelLayer* layer : std::views::reverse(spatial)) {
      if (model.graph.shape(layer->value).channels() != model.classes()) return layer->name;
    }
    return spatial.empty() ? std::string() : spatial.back()->name;
  }
  return spatial.empty() ? std::string() : spatial[spatial.size() * 2 / 3]->name;
}

std::vector<ParameterValue> suggested_parameters(const Model& model) {
  // Depthwise blocks leave a checkerboard of period 4 in the gradient, which a wider blur removes;
  // without them the same blur would only take the sharpness away.
  return {{"deep_dream.smoothing", has_depthwise(model) ? 1.0 : 0.6}};
}

void add_suggested(const Model& model, std::string_view method,
                   std::vector<ParameterValue>* parameters) {
  const std::string prefix = std::string(method) + ".";
  for (const ParameterValue& suggested : suggested_parameters(model)) {
    if (!suggested.id.starts_with(prefix)) continue;
    const std::string id = suggested.id.substr(prefix.size());
    if (std::ranges::find(*parameters, id, &ParameterValue::id) == parameters->end())
      parameters->push_back({id, suggested.value});
  }
}

}  // namespace convscope
