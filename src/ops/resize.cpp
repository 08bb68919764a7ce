// Resize and ResizeGrad: more or fewer samples along one axis; a picture takes one for its height
// and one for its width.
//
//   y[…, j, …] = Σ_i weight[j,i] · x[…, i, …]
//     u = where sample j lies in x (the coordinate rule), then
//     nearest: x[round(u)]   linear: between x[floor(u)] and x[floor(u)+1]
//     cubic: four neighbours (Keys)
//     beyond its ends x goes on with its last value, or exclude_outside: has no share
//     antialias: where y is shorter, the kernel is as much wider
//   dx[…, i, …] = Σ_j weight[j,i] · dy[…, j, …]      (ResizeGrad)
//
// ONNX Resize and Upsample, one axis at a time, tf_crop_and_resize with an extrapolation value of 0
// only; Keys, "Cubic convolution interpolation", IEEE TASSP 1981.
#include <algorithm>
#include <cmath>
#include <format>

#include "ops/axis_linear.h"

namespace convscope {
namespace {

constexpr int64_t kMaxOutputExtent = 1 << 20;

constexpr OpDoc kDoc = {
    .kind = "Resize",
    .title = {"Resize", "缩放"},
    .equation = "y[j] = Σᵢ weight[j,i] · x[i]",
    .intuition =
        {"The picture is sampled more or less densely along one axis. New samples are "
         "copies of their nearest neighbour or mixtures of several.",
         "沿一个坐标轴以更密或更疏的间隔重新取样。新样本是最近邻的复制，或几个邻居的混合。"},
    .derivative = {"Every old sample collects from the new ones it was mixed into, with the same "
                   "weights.",
                   "每个旧样本从它混入的新样本那里按同样的权重收集梯度。"},
    .reference = "ONNX Resize",
};

constexpr OpDoc kGradDoc = {
    .kind = "ResizeGrad",
    .title = {"Resize, backwards", "缩放的反向"},
    .equation = "∂x[i] = Σⱼ weight[j,i] · ∂y[j]",
    .intuition = {"Gradients of the new samples are shared out among the old ones they were mixed "
                  "from. What was copied often collects much.",
                  "新样本的梯度分给构成它们的旧样本。被复制得多的，收集得也多。"},
    .derivative = {"Sharing out is linear; its transpose is the resizing itself.",
                   "分配是线性的，它的转置就是缩放本身。"},
    .reference = "ONNX Resize",
};

constexpr std::array<std::string_view, 3> kModes{"nearest", "linear", "cubic"};
constexpr std::array<std::string_view, 7> kCoordinates{
    "half_pixel",           "pytorch_half_pixel",   "align_corners",     "asymmetric",
    "half_pixel_symmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize"};
constexpr std::array<std::string_view, 4> kRoundings{"round_prefer_floor", "round_prefer_ceil",
                                                     "floor", "ceil"};

class Resize final : public AxisLinear {
 public:
  Resize(int axis, const ResizeRule& rule, int64_t transposed_extent)
      : AxisLinear(axis, transposed_extent), rule_(rule) {}
  const OpDoc& doc() const override { return is_transposed() ? kGradDoc : kDoc; }

 protected:
  std::string own_attributes() const override {
    std::string out = std::format("mode={} coordinate_transformation_mode={}",
                                  kModes[static_cast<size_t>(rule_.mode)],
                                  kCoordinates[static_cast<size_t>(rule_.coordinate)]);
    if (rule_.mode == ResizeRule::Mode::kNearest)
      out += std::format(" nearest_mode={}", kRoundings[static_cast<size_t>(rule_.rounding)]);
    if (rule_.mode == ResizeRule::Mode::kCubic)
      out += std::format(" cubic_coeff_a={}", rule_.cubic);
    if (rule_.coordinate == ResizeRule::Coordinate::kTfCropAndResize)
      out += std::format(" start={} end={}", rule_.start, rule_.end);
    if (rule_.antialias) out += " antialias=1";
    if (rule_.exclude_outside) out += " exclude_outside=1";
    return out + (rule_.size > 0 ? std::format(" size={}", rule_.size)
                                 : std::format(" scale={}", rule_.scale));
  }

  Result<int64_t> output_extent(int64_t extent) const override {
    const double size =
        rule_.size > 0 ? static_cast<double>(rule_.size)
                       : std::floor(static_cast<double>(static_cast<float>(extent) * rule_.scale));
    if (!(size >= 1 && size <= static_cast<double>(kMaxOutputExtent)))
      return fail(ErrorCode::kInvalidArgument, "wants an output of 1 to 2^20 samples");
    return static_cast<int64_t>(size);
  }

  AxisMap map(int64_t extent) const override {
    const int64_t outputs = *output_extent(extent);
    const bool crops = rule_.coordinate == ResizeRule::Coordinate::kTfCropAndResize;
    AxisMap out;
    const auto add = [&](double index, double weight) {
      const double inside = std::clamp(index, 0.0, static_cast<double>(extent - 1));
      if (weight != 0) out.terms.push_back({static_cast<int64_t>(inside), weight});
    };
    for (int64_t j = 0; j < outputs; ++j) {
      const double u = source(j, extent, outputs), low = std::floor(u), rest = u - low;
      if (crops && !(u >= 0 && u <= static_cast<double>(extent - 1))) {
        out.close();
        continue;
      }
      if ((rule_.antialias || rule_.exclude_outside) && rule_.mode != ResizeRule::Mode::kNearest) {
        for (const auto& [index, weight] : normalised(u, extent, outputs)) add(index, weight);
        out.close();
        continue;
      }
      switch (rule_.mode) {
        case ResizeRule::Mode::kNearest:
          add(rounded(u), 1);
          break;
        case ResizeRule::Mode::kLinear:
          add(low, 1 - rest);
          add(low + 1, rest);
          break;
        case ResizeRule::Mode::kCubic:
          for (int k = -1; k <= 2; ++k) add(low + k, cubic_weight(std::abs(k - rest)));
          break;
      }
      out.close();
    }
    return out;
  }

  OpPtr transposed(int64_t extent) const override {
    return std::make_shared<Resize>(axis(), rule_, extent);
  }

 private:
  double scale_of(int64_t extent, int64_t outputs) const {
    return rule_.size > 0 ? static_cast<double>(outputs) / static_cast<double>(extent)
                          : static_cast<double>(rule_.scale);
  }

  // The samples around u with weights that sum to 1.
  std::vector<std::pair<double, double>> normalised(double u, int64_t extent,
                                                    int64_t outputs) const {
    const bool cubic = rule_.mode == ResizeRule::Mode::kCubic;
    const double narrowing = rule_.antialias ? std::min(scale_of(extent, outputs), 1.0) : 1;
    const double reach = (cubic ? 2 : 1) / narrowing;
    std::vector<std::pair<double, double>> out;
    double sum = 0;
    for (double i = std::ceil(u - reach); i <= u + reach; ++i) {
      if (rule_.exclude_outside && (i < 0 || i > static_cast<double>(extent - 1))) continue;
      const double d = std::abs(i - u) * narrowing;
      out.emplace_back(i, cubic ? cubic_weight(d) : std::max(0.0, 1 - d));
      sum += out.back().second;
    }
    for (auto& [index, weight] : out) weight /= sum;
    return out;
  }

  // Where sample `j` lies in x. Rounded to float, as other runtimes compute it: a scale like 1/3
  // would otherwise miss whole numbers from below.
  double source(int64_t j, int64_t extent, int64_t outputs) const {
    const auto in = static_cast<double>(extent), out = static_cast<double>(outputs);
    const double scale = scale_of(extent, outputs);
    const auto x = static_cast<double>(j);
    const double half_pixel = (x + 0.5) / scale - 0.5;
    const auto at = [&] {
      switch (rule_.coordinate) {
        case ResizeRule::Coordinate::kHalfPixel:
          break;
        case ResizeRule::Coordinate::kPytorchHalfPixel:
          return outputs > 1 ? half_pixel : 0;
        case ResizeRule::Coordinate::kAlignCorners:
          // ONNX's reference does not round the output's length where a scale gives it.
          return outputs > 1 ? x * (in - 1) / (scale * in - 1) : 0;
        case ResizeRule::Coordinate::kAsymmetric:
          return x / scale;
        case ResizeRule::Coordinate::kHalfPixelSymmetric:
          return in / 2 * (1 - out / (scale * in)) + half_pixel;
        case ResizeRule::Coordinate::kTfHalfPixelForNn:
          return (x + 0.5) / scale;
        case ResizeRule::Coordinate::kTfCropAndResize: {
          const auto start = static_cast<double>(rule_.start), end = static_cast<double>(rule_.end);
          if (outputs <= 1) return 0.5 * (start + end) * (in - 1);
          return start * (in - 1) + x * (end - start) * (in - 1) / (out - 1);
        }
      }
      return half_pixel;
    };
    return static_cast<double>(static_cast<float>(at()));
  }

  double rounded(double u) const {
    switch (rule_.rounding) {
      case ResizeRule::Rounding::kRoundPreferFloor:
        return std::ceil(u - 0.5);
      case ResizeRule::Rounding::kRoundPreferCeil:
        return std::floor(u + 0.5);
      case ResizeRule::Rounding::kFloor:
        return std::floor(u);
      case ResizeRule::Rounding::kCeil:
        break;
    }
    return std::ceil(u);
  }

  // Keys's kernel at distance 0 ≤ d ≤ 2.
  double cubic_weight(double d) const {
    const auto a = static_cast<double>(rule_.cubic);
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
  }

  const ResizeRule rule_;
};

// The position of an attribute's text among the names of an enumeration.
template <typename Enum, size_t N>
Result<Enum> read_name(const Attributes& attributes, std::string_view name,
                       const std::array<std::string_view, N>& names) {
  const std::string text = attributes.text(name, names[0]);
  const auto found = std::ranges::find(names, text);
  if (found == names.end()) {
    return fail(ErrorCode::kUnsupported,
                std::format("{} '{}' is not one that ConvScope knows; it knows {}, {} and others",
                            name, text, names[0], names[1]));
  }
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

Result<ResizeRule> ResizeRule::from_attributes(const Attributes& attributes) {
  ResizeRule rule;
  TRY(rule.mode, read_name<Mode>(attributes, "mode", kModes));
  TRY(rule.coordinate,
      read_name<Coordinate>(attributes, "coordinate_transformation_mode", kCoordinates));
  TRY(rule.rounding, read_name<Rounding>(attributes, "nearest_mode", kRoundings));
  TRY(rule.cubic, attributes.number("cubic_coeff_a", rule.cubic));
  TRY(rule.size, attributes.integer("size", 0));
  TRY(rule.scale, attributes.number("scale", 1));
  TRY(rule.start, attributes.number("start", 0));
  TRY(rule.end, attributes.number("end", 1));
  TRY(const int64_t antialias, attributes.integer("antialias", 0));
  TRY(const int64_t exclude_outside, attributes.integer("exclude_outside", 0));
  rule.antialias = antialias != 0;
  rule.exclude_outside = exclude_outside != 0;
  const bool scales = rule.scale > 0 && rule.scale <= static_cast<float>(kMaxOutputExtent);
  if (rule.size < 0 || rule.size > kMaxOutputExtent || !scales) {
    return fail(ErrorCode::kInvalidArgument,
                std::format("Resize wants a size or a scale, above 0 and up to 2^20; got size={} "
                            "scale={}",
                            rule.size, rule.scale));
  }
  if (!std::isfinite(rule.start) || !std::isfinite(rule.end) || !std::isfinite(rule.cubic)) {
    return fail(ErrorCode::kInvalidArgument,
                std::format("Resize wants finite numbers; got start={} end={} cubic_coeff_a={}",
                            rule.start, rule.end, rule.cubic));
  }
  return rule;
}

OpPtr make_resize(int axis, const ResizeRule& rule) {
  return std::make_shared<Resize>(axis, rule, -1);
}

OpEntry resize_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(
            attributes, kDoc.kind,
            {"axis", "mode", "coordinate_transformation_mode", "nearest_mode", "cubic_coeff_a",
             "size", "scale", "start", "end", "antialias", "exclude_outside"}));
        TRY(const int axis, read_axis(attributes));
        TRY(const ResizeRule rule, ResizeRule::from_attributes(attributes));
        return make_resize(axis, rule);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        std::vector<OpEntry::Sample> out;
        for (size_t coordinate = 0; coordinate < kCoordinates.size(); ++coordinate) {
          ResizeRule rule{.coordinate = static_cast<ResizeRule::Coordinate>(coordinate)};
          rule.rounding = static_cast<ResizeRule::Rounding>(coordinate % kRoundings.size());
          rule.scale = 1.7f;
          out.push_back({make_resize(1, rule), {{2, 4, 3, 2}}, {0}, {}});
          rule.mode = ResizeRule::Mode::kLinear;
          out.push_back({make_resize(2, rule), {{1, 2, 5, 3}}, {0}, {}});
        }
        // Smaller, to one sample, and along the channels.
        out.push_back({make_resize(1, {.mode = ResizeRule::Mode::kCubic, .size = 3}),
                       {{1, 7, 2, 2}},
                       {0},
                       {}});
        out.push_back(
            {make_resize(0, {.mode = ResizeRule::Mode::kLinear, .size = 1}), {{3, 2}}, {0}, {}});
        out.push_back({make_resize(-1, {.scale = 2.0f}), {{2, 3}}, {0}, {}});
        out.push_back(
            {make_resize(1, {.mode = ResizeRule::Mode::kLinear, .size = 3, .antialias = true}),
             {{1, 8, 2}},
             {0},
             {}});
        out.push_back({make_resize(1, {.mode = ResizeRule::Mode::kCubic,
                                       .scale = 0.6f,
                                       .antialias = true,
                                       .exclude_outside = true}),
                       {{1, 8, 2}},
                       {0},
                       {}});
        // A part, and something beyond the axis.
        out.push_back({make_resize(1, {.mode = ResizeRule::Mode::kLinear,
                                       .coordinate = ResizeRule::Coordinate::kTfCropAndResize,
                                       .size = 5,
                                       .start = 0.4f,
                                       .end = 1.2f}),
                       {{2, 6, 1}},
                       {0},
                       {}});
        return out;
      },
  };
}

OpEntry resize_grad_entry() {
  return {
      .kind = kGradDoc.kind,
      .from_attributes = nullptr,
      .samples = []() -> std::vector<OpEntry::Sample> {
        const ResizeRule linear{.mode = ResizeRule::Mode::kLinear, .size = 7};
        return {{std::make_shared<Resize>(1, linear, 4), {{2, 7, 3}}, {0}, {}},
                {std::make_shared<Resize>(-1, ResizeRule{.scale = 0.5f}, 5), {{3, 2}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
