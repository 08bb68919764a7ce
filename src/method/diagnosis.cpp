#include "method/diagnosis.h"

#include <algorithm>
#include <cmath>
#include <format>

#include "method/method.h"

namespace convscope {
namespace {

constexpr float kRounding = 1e-6f;  // a few units in the last place of float32

// Averages and maxima of what is never negative are 0 only where all of it is.
bool keeps_zeros(std::string_view kind) {
  constexpr std::string_view kKinds[] = {"AveragePool", "Dropout", "Flatten",   "GlobalAveragePool",
                                         "Identity",    "MaxPool", "ReduceMax", "ReduceMean",
                                         "ReduceSum",   "Reshape", "Transpose"};
  return std::ranges::find(kKinds, kind) != std::end(kKinds);
}

Text zero_text(MapShows shows, bool held_at_zero) {
  if (held_at_zero) return held_at_zero_text();
  if (shows == MapShows::kSlope) {
    return {
        "The map is zero everywhere: the slope of this class’s score is zero at every pixel, so no "
        "small change moves it. Try occlusion or integrated gradients, which change more.",
        "整张图都是零：该类别的分数在每个像素处的斜率都是零，微小的改动不会影响它。请试试改动更大的"
        "遮挡或积分梯度。"};
  }
  return {
      "The map is zero everywhere: by this method no place of the picture counts for the answer. "
      "Try another method, or a class that the network considers possible.",
      "整张图都是零：按这种方法，图片上没有任何位置影响答案。请换一种方法，或选择网络认为有可能的"
      "类别。"};
}

Text negative_text(MapShows shows) {
  if (shows == MapShows::kEvidence) {
    return {
        "No place speaks for this class: no value of the map is positive, so whatever counts "
        "speaks against it. Choose a class that the network considers possible.",
        "没有任何位置支持该类别：图上没有正值，起作用的位置都在反对它。请选择网络认为有可能的"
        "类别。"};
  }
  if (shows == MapShows::kSlope) {
    return {
        "No value of the map is positive: wherever the picture became brighter, this class’s "
        "score would not rise.",
        "图上没有正值：把图片的任何位置变亮，都不会提高该类别的分数。"};
  }
  return {};
}

Text constant_text(float value) {
  return {
      std::format("The map has the same value everywhere ({:.3g}): it points to no place.", value),
      std::format("整张图的值都相同（{:.3g}）：它没有指出任何位置。", value)};
}

}  // namespace

Text not_finite_text() {
  return {
      "The map holds values that are not finite numbers: on this picture the network’s own "
      "numbers, or this method’s, overflowed or are undefined. Its colours mean nothing.",
      "图中有不是有限数的值：在这张图片上，网络自身的计算或该方法的计算溢出了，或没有定义。"
      "图上的颜色没有意义。"};
}

Text held_at_zero_text() {
  return {
      "The map is zero everywhere: this class’s score is held at zero by a ReLU, so no small "
      "change of a pixel moves it. Choose a class that the network considers possible.",
      "整张图都是零：该类别的分数被 ReLU 截在零，微小的改动不会影响它。"
      "请选择网络认为有可能的类别。"};
}

MapFault fault_of(std::span<const float> values, bool is_signed) {
  if (values.empty()) return MapFault::kNone;
  if (!std::ranges::all_of(values, [](float x) { return std::isfinite(x); }))
    return MapFault::kNotFinite;
  const auto [low, high] = std::ranges::minmax(values);
  const float size = std::max(std::abs(low), std::abs(high));
  if (size == 0) return MapFault::kZero;
  if (high - low <= kRounding * size) return MapFault::kConstant;
  return is_signed && high <= 0 ? MapFault::kNegative : MapFault::kNone;
}

bool is_blank(const Map& map) { return fault_of(values_of(map), map.is_signed) == MapFault::kZero; }

Text diagnose_map(const Map& map, MapShows shows, bool held_at_zero) {
  const std::span<const float> values = values_of(map);
  switch (fault_of(values, map.is_signed)) {
    case MapFault::kNone:
      return {};
    case MapFault::kNotFinite:
      return not_finite_text();
    case MapFault::kZero:
      return zero_text(shows, held_at_zero);
    case MapFault::kConstant:
      if (values[0] < 0 && shows == MapShows::kEvidence) return negative_text(shows);
      return constant_text(values[0]);
    case MapFault::kNegative:
      return negative_text(shows);
  }
}

bool score_is_held_at_zero(const Model& model, double score) {
  if (score != 0) return false;
  ValueId at = model.logits;
  while (model.graph.value(at).producer.valid()) {
    const Node& node = model.graph.node(model.graph.value(at).producer);
    if (const auto range = node.op->clamp_range(); range && range->minimum == 0) return true;
    if (!keeps_zeros(node.op->kind())) return false;
    at = node.inputs[0];
  }
  return false;
}

}  // namespace convscope
