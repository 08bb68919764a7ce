// The untrained copy of a network.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/rng.h"
#include "model/model.h"

namespace convscope {
namespace {

// Bytes of ordinary photographs, roughly.
constexpr double kPixelMean = 118, kPixelDeviation = 64;
// E[max(x, 0)²] / E[x²] of a value that is symmetric around 0. Variance 1 seldom reaches ReLU6's
// upper end.
constexpr double kRectified = 0.5;
// The maximum of nine neighbours that were rectified: measured on SqueezeNet.
constexpr double kMaximum = 1.6;

double input_second_moment(const Preprocessing& preprocessing) {
  double sum = 0;
  const auto channels = static_cast<size_t>(preprocessing.channels());
  for (size_t c = 0; c < channels; ++c) {
    const double scale = preprocessing.standard_deviation[c],
                 offset = kPixelMean - preprocessing.mean[c];
    sum += (offset * offset + kPixelDeviation * kPixelDeviation) / (scale * scale);
  }
  return sum / static_cast<double>(channels);
}

Result<Tensor> normal_tensor(const Shape& shape, double deviation, uint64_t seed,
                             int32_t parameter) {
  TRY(Tensor tensor, Tensor::uninitialised(shape));
  Rng rng(seed, static_cast<uint64_t>(parameter) + 1);
  for (float& value : tensor.values()) value = static_cast<float>(deviation) * rng.normal();
  return tensor;
}

// E[y²] of a node without weights, from those of its inputs.
double second_moment(const Graph& graph, const Node& node, const std::vector<double>& moments) {
  const auto of = [&](ValueId id) { return moments[static_cast<size_t>(id.index)]; };
  const std::string_view kind = node.op->kind();
  if (node.op->clamp_range()) return of(node.inputs[0]) * kRectified;
  if (kind == "MaxPool") return of(node.inputs[0]) * kMaximum;
  if (kind == "Add") return of(node.inputs[0]) + of(node.inputs[1]);
  if (kind == "Concat") {
    double sum = 0, channels = 0;
    for (ValueId id : node.inputs) {
      const auto count = static_cast<double>(graph.shape(id).channels());
      sum += of(id) * count;
      channels += count;
    }
    return sum / channels;
  }
  return of(node.inputs[0]);
}

// Where a rectifier stands between the last weights and the logits (SqueezeNet), half of an
// untrained network's logits would be cut to 0 and have no gradient at all; this bias, two standard
// deviations, lifts them over it. Returns that bias parameter, or -1.
int32_t rectified_logit_bias(const Model& model) {
  bool rectified = false;
  for (NodeId id = model.graph.value(model.logits).producer; id.valid();) {
    const Node& node = model.graph.node(id);
    if (node.op->clamp_range()) rectified = true;
    const bool weighted = node.op->kind() == "Conv" || node.op->kind() == "Gemm";
    if (weighted)
      return rectified && node.inputs.size() > 2 ? model.graph.value(node.inputs[2]).parameter : -1;
    id = model.graph.value(node.inputs[0]).producer;
  }
  return -1;
}
constexpr float kLiftedBias = 2.0f;

}  // namespace

Result<Parameters> randomise(const Model& model, uint64_t seed) {
  Parameters parameters(model.parameters.size());
  std::vector<double> moments(model.graph.values().size(), 1.0);
  moments[static_cast<size_t>(model.input.index)] = input_second_moment(model.preprocessing);
  for (const Node& node : model.graph.nodes()) {
    const auto output = static_cast<size_t>(node.outputs[0].index);
    if (node.op->kind() != "Conv" && node.op->kind() != "Gemm") {
      moments[output] = second_moment(model.graph, node, moments);
      continue;
    }
    const Value& weight = model.graph.value(node.inputs[1]);
    const double fan_in =
        static_cast<double>(weight.shape.elements()) / static_cast<double>(weight.shape[0]);
    const double deviation =
        1.0 / std::sqrt(fan_in * moments[static_cast<size_t>(node.inputs[0].index)]);
    auto& tensor = parameters[static_cast<size_t>(weight.parameter)];
    TRY(tensor, normal_tensor(weight.shape, deviation, seed, weight.parameter));
    moments[output] = 1.0;
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!parameters[i].empty()) continue;
    TRY(parameters[i], Tensor::zeros(model.parameters[i].shape()));
  }
  if (const int32_t bias = rectified_logit_bias(model); bias >= 0) {
    std::ranges::fill(parameters[static_cast<size_t>(bias)].values(), kLiftedBias);
  }
  return parameters;
}

}  // namespace convscope
