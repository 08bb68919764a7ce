#include "explain/attribution.h"

#include <algorithm>
#include <cmath>

#include "base/rng.h"

namespace convscope {
namespace {

constexpr float kGrayByte = 128;
constexpr int64_t kBlurShare = 8;  // of the shorter side

float combined(std::span<const float> colours, Combine how) {
  float out = 0;
  for (const float value : colours) {
    switch (how) {
      case Combine::kLargest:
        out = std::max(out, std::abs(value));
        break;
      case Combine::kSum:
        out += value;
        break;
      case Combine::kMagnitude:
        out += std::abs(value);
        break;
    }
    // std::max forgets a NaN; the map must show it.
    if (std::isnan(value)) return value;
  }
  return out;
}

// Gaussian along one axis, edges repeated.
std::vector<float> blurred_along(const std::vector<float>& x, int64_t extent, int64_t stride,
                                 std::span<const float> kernel) {
  const auto reach = static_cast<int64_t>(kernel.size() / 2);
  std::vector<float> out(x.size());
  for (int64_t i = 0; i < static_cast<int64_t>(x.size()); ++i) {
    const int64_t at = i / stride % extent;
    float sum = 0;
    for (int64_t k = -reach; k <= reach; ++k) {
      const int64_t from = std::clamp(at + k, int64_t{0}, extent - 1);
      sum +=
          kernel[static_cast<size_t>(k + reach)] * x[static_cast<size_t>(i + (from - at) * stride)];
    }
    out[static_cast<size_t>(i)] = sum;
  }
  return out;
}

void blur(Tensor& picture) {
  const Shape& shape = picture.shape();
  const auto sigma =
      static_cast<float>(std::max<int64_t>(1, std::min(shape[1], shape[2]) / kBlurShare));
  const auto reach = static_cast<int64_t>(std::ceil(2.5f * sigma));
  std::vector<float> kernel;
  float sum = 0;
  for (int64_t k = -reach; k <= reach; ++k) {
    const float x = static_cast<float>(k) / sigma;
    kernel.push_back(std::exp(-0.5f * x * x));
    sum += kernel.back();
  }
  for (float& weight : kernel) weight /= sum;
  std::vector<float> values(picture.values().begin(), picture.values().end());
  values = blurred_along(values, shape[2], shape[3], kernel);
  values = blurred_along(values, shape[1], shape[2] * shape[3], kernel);
  std::ranges::copy(values, picture.values().begin());
}

void fill_with_mean(Tensor& picture) {
  const auto channels = static_cast<size_t>(picture.shape().channels());
  const std::span<float> values = picture.values();
  std::vector<double> sum(channels);
  for (size_t i = 0; i < values.size(); ++i) sum[i % channels] += double{values[i]};
  const auto pixels = static_cast<double>(values.size() / channels);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(sum[i % channels] / pixels);
}

}  // namespace

ParameterInfo colours_parameter(Combine initial) {
  return choice_parameter(
      "colours", {"Colours", "颜色"},
      {"How the numbers of a pixel’s colours become one.", "一个像素各颜色的数值如何合成一个。"},
      {{"largest |·|", "取绝对值最大者"},
       {"sum, with sign", "求和，保留正负"},
       {"sum of |·|", "绝对值之和"}},
      static_cast<size_t>(initial));
}

Combine combine_of(const MethodInfo& info, const RunMethod& request) {
  return static_cast<Combine>(static_cast<int>(parameter_value(info, request, "colours")));
}

MethodPreview attribution_preview(const MethodInfo& info, const RunMethod& request,
                                  const Shape& input, std::span<const float> values, int32_t step,
                                  int32_t steps, std::string unit) {
  CHECK(static_cast<int64_t>(values.size()) == input.elements());
  const Combine how = combine_of(info, request);
  const auto channels = static_cast<size_t>(input.channels());
  std::vector<float> map(values.size() / channels);
  for (size_t i = 0; i < map.size(); ++i)
    map[i] = combined(values.subspan(i * channels, channels), how);
  MethodPreview out{.method = info.id, .step = step, .steps = steps};
  const bool is_signed = how == Combine::kSum;
  out.map = make_map(input[1], input[2], map, is_signed, is_signed ? unit : "|" + unit + "|");
  out.attribution = Attribution{out.map->height, out.map->width, static_cast<int32_t>(channels),
                                Blob::copy_of(values.data(), values.size())};
  return out;
}

std::vector<float> dense_values(const TensorView& view) {
  const int64_t channels = view.shape.channels();
  std::vector<float> out;
  out.reserve(static_cast<size_t>(view.shape.elements()));
  for (int64_t row = 0; row < view.shape.rows(); ++row) {
    const float* from = view.data + row * view.row_stride;
    out.insert(out.end(), from, from + channels);
  }
  return out;
}

ParameterInfo baseline_parameter() {
  return choice_parameter(
      "baseline", {"Compared with", "对照图片"},
      {"The picture that stands for “nothing there”. The answer is always relative to it.",
       "代表“什么都没有”的图片。答案总是相对于它而言。"},
      {{"gray", "灰色"},
       {"black", "黑色"},
       {"white", "白色"},
       {"blurred photo", "模糊的原图"},
       {"noise", "噪声"},
       {"zero after preprocessing", "预处理后的零"},
       {"mean colour of this picture", "这张图片的平均颜色"}});
}

Result<Tensor> baseline_picture(const MethodContext& context, Baseline kind, uint64_t seed) {
  TRY(Tensor out, context.input.clone());
  if (kind == Baseline::kBlurred) {
    blur(out);
    return out;
  }
  if (kind == Baseline::kMean) {
    fill_with_mean(out);
    return out;
  }
  Rng rng(seed);
  const auto channels = static_cast<size_t>(out.shape().channels());
  for (size_t i = 0; i < out.values().size(); ++i) {
    float byte = kGrayByte;
    if (kind == Baseline::kBlack) byte = 0;
    if (kind == Baseline::kWhite) byte = 255;
    if (kind == Baseline::kNoise) byte = static_cast<float>(rng.below(256));
    out.values()[i] = kind == Baseline::kZero ? 0
                                              : context.model.preprocessing.value_of_byte(
                                                    byte, static_cast<int>(i % channels));
  }
  return out;
}

Figure score_figure(double score) {
  return {{"Score (logit) of the class", "该类别的分数（logit）"}, score, ""};
}

void diagnose_slope(MethodPreview& preview, const MethodContext& context, MapShows shows,
                    double score) {
  preview.diagnosis =
      diagnose_map(*preview.map, shows, score_is_held_at_zero(context.model, score));
}

}  // namespace convscope
