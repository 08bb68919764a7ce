// RandomCAM: the null baseline.
//
// pytorch-grad-cam's RandomCAM: every channel gets a weight from U(−1, 1). A method whose map looks
// like this one's says nothing about the class. Departures: none. Cost: one forward pass to the
// layer.
#include "base/rng.h"
#include "explain/cam.h"
#include "explain/cam_methods.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "random_cam",
      .title = {"Random weights (null baseline)", "随机权重（零基线）"},
      .intuition =
          {"Every channel gets a weight by lot. What such a map shows, the layer’s activations "
           "show by themselves: a method that is no better has explained nothing.",
           "每个通道的权重都由抽签决定。这样的图所显示的，只是该层激活本身；不比它好的方法什么也没"
           "有解释。"},
      .departures = {"None.", "无。"},
      .equation = "L = ReLU(Σ_c w_c A_c),  w_c ~ U(−1, 1)",
      .citation = "pytorch-grad-cam, RandomCAM",
      .paper = "https://github.com/jacobgil/pytorch-grad-cam",
      .source = "src/explain/random_cam.cpp",
      .class_specific = false,
      .takes_layer = true,
      .needs_layer = true,
      .parameters = cam_parameters(),
  };
  return kInfo;
}

MethodRun run(MethodContext context, RunMethod request) {
  const uint64_t seed = request.seed;
  return cam_run(
      info(), std::move(context), std::move(request),
      [seed](const LayerState& state) -> Result<RawMap> {
        Rng rng(seed);  // the same weights for every view
        std::vector<float> weights(static_cast<size_t>(state.channels));
        for (float& weight : weights) weight = rng.uniform(-1, 1);
        return RawMap{{}, weighted_activation(state, weights)};
      },
      false);
}

}  // namespace

const Method kRandomCam = {info, run};

}  // namespace convscope
