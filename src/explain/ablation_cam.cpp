// Ablation-CAM.
//
// Desai & Ramaswamy 2020, "Ablation-CAM: Visual Explanations for Deep Convolutional Network via
// Gradient-free Localization" (WACV):  w_c = (S − S_c) / S,  S_c: the score with channel c set to
// 0. Departures: where S is not positive the fall is divided by |S|, so that evidence keeps its
// sign. Cost: one run a channel of what follows the layer, several at a time.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "explain/batch_score.h"
#include "explain/cam.h"
#include "explain/cam_methods.h"

namespace convscope {
namespace {

constexpr int64_t kAtOnce = 16;
constexpr double kSmallestScore = 1e-6;

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "ablation_cam",
      .title = {"Ablation-CAM", "Ablation-CAM"},
      .intuition = {"No gradient: each channel of the layer is switched off in turn. How much of "
                    "the class’s score is "
                    "lost without it is the channel’s weight.",
                    "不用梯度：依次关闭该层的每个通道，缺了它类别分数损失多少，就是该通道的权重。"},
      .departures = {"A channel that is off is 0 everywhere. Where the score is not positive, the "
                     "fall is divided by its "
                     "size.",
                     "关闭的通道处处为 0。若分数不为正，则降幅除以分数的绝对值。"},
      .equation = "w_c = (S − S_c) / S,  L = ReLU(Σ_c w_c A_c)",
      .citation = "Desai & Ramaswamy 2020",
      .paper = "https://doi.org/10.1109/WACV45572.2020.9093360",
      .source = "src/explain/ablation_cam.cpp",
      .takes_layer = true,
      .needs_layer = true,
      .parameters = cam_parameters(),
  };
  return kInfo;
}

MethodRun one_view(MethodContext context, RunMethod request) {
  CO_TRY(const ModelLayer* layer, context.model.layer_named(request.layer));
  CO_TRY(const LayerState state,
         layer_state(context, *layer, context.input, request.target, false));
  CO_TRY(BatchScore score, BatchScore::of_layer(context, *layer, request.target, kAtOnce));
  const auto channels = static_cast<size_t>(state.channels);

  std::vector<double> energy(channels);
  for (size_t i = 0; i < state.activation.size(); ++i)
    energy[i % channels] += double{state.activation[i]} * double{state.activation[i]};
  std::vector<size_t> order(channels);
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater{}, [&](size_t c) { return energy[c]; });

  std::vector<float> weights(channels);
  const double whole = std::max(std::abs(state.score), kSmallestScore);
  for (int64_t i = 0; i < score.at_once(); ++i)
    std::ranges::copy(state.activation, score.slot(i).begin());
  const auto set_channel = [&](std::span<float> slot, size_t channel, bool on) {
    for (size_t j = channel; j < slot.size(); j += channels) slot[j] = on ? state.activation[j] : 0;
  };
  for (size_t done = 0; done < channels;) {
    // A channel that is silent everywhere changes nothing when it is switched off.
    if (energy[order[done]] == 0) break;
    const size_t count = std::min(static_cast<size_t>(score.at_once()), channels - done);
    for (size_t i = 0; i < count; ++i)
      set_channel(score.slot(static_cast<int64_t>(i)), order[done + i], false);
    CO_TRY_STATUS(score.run(static_cast<int64_t>(count)));
    for (size_t i = 0; i < count; ++i) {
      set_channel(score.slot(static_cast<int64_t>(i)), order[done + i], true);
      weights[order[done + i]] =
          static_cast<float>((state.score - score.logit(static_cast<int64_t>(i))) / whole);
    }
    done += count;
    if (done < channels) {
      co_yield cam_preview(info(), context, state, weighted_sum(state, weights),
                           static_cast<int32_t>(done), static_cast<int32_t>(channels));
    }
  }
  // A component takes longer than its sum, so that only the last map is one.
  co_return cam_preview(info(), context, state, weighted_map(info(), request, state, weights),
                        static_cast<int32_t>(channels), static_cast<int32_t>(channels));
}

MethodRun run(MethodContext context, RunMethod request) {
  return over_views(info(), std::move(context), std::move(request), one_view);
}

}  // namespace

const Method kAblationCam = {info, run};

}  // namespace convscope
