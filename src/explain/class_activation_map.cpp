// CAM: class activation mapping.
//
// Zhou, Khosla, Lapedriza, Oliva, Torralba 2016, "Learning Deep Features for Discriminative
// Localization" (arXiv 1512.04150): where global average pooling is followed by one linear layer,
//   M_class = Σ_c w_class,c A_c,  so that the logit is the mean of M over places, plus the bias.
// Where global average pooling ends the network (a convolution gives a channel to each class), M is
// that channel itself. Departures: scaled to 0…1. Cost: one forward pass.
#include <algorithm>

#include "explain/cam.h"
#include "explain/cam_methods.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "cam",
      .title = {"CAM (class activation map)", "CAM（类激活图）"},
      .intuition = {"In a network that ends in averaging and one linear layer, every place votes "
                    "for every class, and the "
                    "score is the mean of the votes. This is the map of the votes, exact and "
                    "without any gradient.",
                    "在以平均池化加一个线性层结尾的网络里，每个位置都给每个类别投票，分数就是票数的"
                    "平均。这就是投票图，精确，"
                    "不需要梯度。"},
      .departures = {"Negative votes are cut off; the map is scaled to 0…1.",
                     "截去负票；图缩放到 0…1。"},
      .equation = "M = Σ_c w_class,c A_c",
      .citation = "Zhou et al. 2016",
      .paper = "https://arxiv.org/abs/1512.04150",
      .source = "src/explain/class_activation_map.cpp",
      .parameters = cam_parameters(),
  };
  return kInfo;
}

// How the logits follow from a map by averaging.
struct AveragedHead {
  ValueId map;          // N × H × W × C before global average pooling
  int32_t weight = -1;  // classes × C, or C × classes; -1: the averages are the logits
  bool transposed = true;
};

bool keeps_elements(const Node& node) {
  return node.op->kind() == "Reshape" || node.op->kind() == "Flatten" ||
         node.op->kind() == "Dropout" || node.op->kind() == "Identity";
}

// From the logits upwards: reshapes, at most one linear layer, the averaging.
Result<AveragedHead> averaged_head(const Model& model) {
  AveragedHead out;
  ValueId at = model.logits;
  std::string_view stopped = "the picture";
  while (model.graph.value(at).producer.valid()) {
    const Node& node = model.graph.node(model.graph.value(at).producer);
    const std::string_view kind = node.op->kind();
    stopped = kind;
    if (keeps_elements(node)) {
      at = node.inputs[0];
    } else if (kind == "Gemm" && out.weight < 0) {
      out.weight = model.graph.value(node.inputs[1]).parameter;
      out.transposed = node.op->attributes() == "transB=1";
      if (out.weight < 0) break;
      at = node.inputs[0];
    } else if (kind == "GlobalAveragePool") {
      out.map = node.inputs[0];
      return out;
    } else if (kind == "AveragePool") {
      const Shape& from = model.graph.shape(node.inputs[0]);
      const Shape& to = model.graph.shape(node.outputs[0]);
      if (to[1] * to[2] != 1 || from[1] * from[2] < 2) break;
      out.map = node.inputs[0];
      return out;
    } else {
      break;
    }
  }
  return fail(
      ErrorCode::kUnsupported,
      "CAM needs a network that ends in global average pooling and at most one linear layer; " +
          model.title + " ends otherwise (" + std::string(stopped) +
          "). Grad-CAM works on every network");
}

MethodRun run(MethodContext context, RunMethod request) {
  const Model& model = context.model;
  CO_TRY(const AveragedHead head, averaged_head(model));
  ModelLayer layer;  // the map need not be a layer that people see
  layer.name = model.graph.value(head.map).name;
  layer.value = head.map;
  const auto channels = static_cast<size_t>(model.graph.shape(head.map).channels()),
             target = static_cast<size_t>(request.target);
  std::vector<float> weights(channels);
  if (head.weight < 0) {
    weights[target] = 1;
  } else {
    const Tensor& weight = context.session.parameters()[static_cast<size_t>(head.weight)];
    const size_t classes = weight.values().size() / channels;
    for (size_t c = 0; c < channels; ++c)
      weights[c] = weight.values()[head.transposed ? target * channels + c : c * classes + target];
  }
  const auto raw = [weights](const LayerState& state) -> Result<RawMap> {
    return RawMap{{}, weighted_activation(state, weights)};
  };
  MethodRun run = cam_run_at(info(), std::move(context), std::move(request), layer, raw, false);
  while (run.next()) co_yield std::move(run.preview());
  co_return std::move(run.result());
}

}  // namespace

const Method kCam = {info, run};

}  // namespace convscope
