// DeepDream.
//
// Mordvintsev, Olah, Tyka 2015, "Inceptionism" (google/deepdream dream.ipynb): gradient ascent on
// the mean of squares of a layer, on growing copies ("octaves") of the picture, keeping the dreamt
// detail from one octave to the next. Departures: the gradient is smoothed by a small Gaussian
// (less grain), clipped at 3 times its mean size (an even dream), and the picture is limited to 0…1
// after each step. Cost: one forward and one backward pass to the layer per step.
#include "imagine/deep_dream.h"

#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "imagine/field.h"
#include "imagine/layer_objective.h"

namespace convscope {
namespace {

// Below this many px a side, an octave shows the network nothing but borders.
constexpr int64_t kSmallestSide = 72;
constexpr float kClip = 3.0f;

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "deep_dream",
      .family = MethodFamily::kImagine,
      .title = {"DeepDream", "深梦 DeepDream"},
      .intuition =
          {"The picture is changed, step by step, so that the chosen layer responds more strongly "
           "to whatever it "
           "already sees a little of. Shapes that the layer learned grow out of the photo.",
           "一步步修改图片，让所选的层对它已经隐约看到的东西反应更强，于是它学到的形状就从照片里长"
           "出来。"},
      .departures = {"The gradient is blurred slightly and clipped at three times its mean size; "
                     "colours stay in range.",
                     "梯度经过轻微模糊，并截断在其平均大小的三倍；颜色始终保持在有效范围内。"},
      .equation = "x ← x + step · g / mean|g|,  g = ∂ mean(a²)/∂x",
      .citation = "Mordvintsev, Olah, Tyka 2015, Inceptionism",
      .paper = "https://research.google/blog/inceptionism-going-deeper-into-neural-networks/",
      .source = "src/imagine/deep_dream.cpp",
      .is_signed = false,
      .class_specific = false,
      .needs_layer = true,
      .parameters =
          {
              {"octaves",
               {"Octaves", "倍频层数"},
               {"Sizes at which it dreams, small to large: more give larger shapes.",
                "从小到大在几种尺寸上做梦：越多，形状越大。"},
               ParameterType::kInteger,
               1,
               8,
               4,
               1,
               false,
               "",
               {}},
              {"octave_scale",
               {"Octave scale", "倍频比例"},
               {"How much larger each octave is than the one before.", "每一层比前一层大多少倍。"},
               ParameterType::kNumber,
               1.1,
               2.0,
               1.4,
               0.05,
               false,
               "×",
               {}},
              {"iterations",
               {"Steps per octave", "每层步数"},
               {"10 is subtle, 20 is full.", "10 步较含蓄，20 步较充分。"},
               ParameterType::kInteger,
               1,
               100,
               18,
               1,
               false,
               "",
               {}},
              {"step",
               {"Step size", "步长"},
               {"Mean change of a pixel per step, of 255.", "每步每像素的平均改变量（满值 255）。"},
               ParameterType::kNumber,
               0.1,
               6,
               1.5,
               0,
               true,
               "/255",
               {}},
              {"jitter",
               {"Jitter", "抖动"},
               {"Random shift before each step; without it the grid of the strides shows.",
                "每步之前随机平移；没有它会看到步幅的网格。"},
               ParameterType::kInteger,
               0,
               64,
               32,
               1,
               false,
               "px",
               {}},
              {"smoothing",
               {"Smoothing", "平滑"},
               {"Gaussian blur of the gradient; higher is calmer.",
                "对梯度做高斯模糊；越大越平静。"},
               ParameterType::kNumber,
               0,
               2,
               0.8,
               0.1,
               false,
               "px",
               {}},
              {"size",
               {"Picture size", "图片大小"},
               {"Longer side of the dream. Time grows with its square.",
                "梦境的长边。时间随其平方增长。"},
               ParameterType::kInteger,
               128,
               768,
               384,
               16,
               false,
               "px",
               {}},
          },
  };
  return kInfo;
}

struct Size {
  int64_t height, width;
};

// Octave sizes, smallest first; the last is the full size.
std::vector<Size> octave_sizes(Size full, int octaves, double scale) {
  std::vector<Size> sizes;
  for (int i = 0; i < octaves; ++i) {
    const double shrink = std::pow(scale, -i);
    const Size size{std::lround(static_cast<double>(full.height) * shrink),
                    std::lround(static_cast<double>(full.width) * shrink)};
    if (i > 0 && std::min(size.height, size.width) < kSmallestSide) break;
    sizes.insert(sizes.begin(), size);
  }
  return sizes;
}

Tensor channel_mask(const Shape& shape, std::span<const int32_t> channels, Tensor mask) {
  std::ranges::fill(mask.values(), channels.empty() ? 1.0f : 0.0f);
  for (int32_t channel : channels) mask.values()[static_cast<size_t>(channel)] = 1.0f;
  CHECK(mask.shape() == shape);
  return mask;
}

// Scales a gradient to mean |g| = 1, clips its peaks, scales again: peaks would otherwise eat the
// whole step.
bool normalise(Field& gradient) {
  for (int pass = 0; pass < 2; ++pass) {
    const float mean = mean_absolute(gradient);
    if (!(mean > 0) || !std::isfinite(mean)) return false;
    for (float& value : gradient.values) value /= mean;
    if (pass == 0) {
      for (float& value : gradient.values) value = std::clamp(value, -kClip, kClip);
    }
  }
  return true;
}

struct Ascent {
  Field gradient;       // d mean(a²)/d(picture), unshifted
  float objective = 0;  // mean(a²) over the chosen channels
};

Result<Ascent> ascend(MethodContext& context, const ModelLayer& layer, const RunMethod& request,
                      const Field& shifted) {
  const Shape shape{1, shifted.height, shifted.width, context.model.preprocessing.channels()};
  TRY(Program * program, mean_square_program(context.model, context.session, layer, shape));
  TRY(Tensor input, Tensor::uninitialised(shape));
  network_from_unit(context.model.preprocessing, shifted, input.data());
  const Shape& mask_shape = program->graph().shape(program->feed(1));
  TRY(Tensor mask, Tensor::uninitialised(mask_shape));
  const Tensor feeds[] = {input, channel_mask(mask_shape, request.channels, mask)};
  TRY_STATUS(context.session.run(*program, feeds));

  Ascent out{Field::zeros(shifted.height, shifted.width), 0};
  const TensorView gradient = program->view(program->output(0));
  unit_gradient_from_network(context.model.preprocessing, gradient.data, &out.gradient);
  const TensorView activation = program->view(program->output(1));
  double sum = 0;
  for (int64_t row = 0; row < activation.shape.rows(); ++row) {
    for (int64_t c = 0; c < activation.shape.channels(); ++c) {
      const float value = activation.data[row * activation.row_stride + c];
      sum += value * value * feeds[1].values()[static_cast<size_t>(c)];
    }
  }
  out.objective = static_cast<float>(sum / static_cast<double>(activation.shape.elements()));
  return out;
}

MethodRun run(MethodContext context, RunMethod request) {
  const auto value = [&](std::string_view id) { return parameter_value(info(), request, id); };
  const ModelLayer* layer = context.model.find_layer(request.layer);
  if (layer == nullptr)
    co_return fail(ErrorCode::kInvalidArgument, "DeepDream needs a layer; choose one on the left");

  const Field photo = Field::from(*context.picture);
  const double shrink = value("size") / static_cast<double>(std::max(photo.height, photo.width));
  const Size full{
      std::max<int64_t>(kSmallestSide, std::lround(static_cast<double>(photo.height) * shrink)),
      std::max<int64_t>(kSmallestSide, std::lround(static_cast<double>(photo.width) * shrink))};
  const auto octaves =
      octave_sizes(full, static_cast<int>(value("octaves")), value("octave_scale"));
  const auto iterations = static_cast<int>(value("iterations"));
  const auto jitter = static_cast<int64_t>(value("jitter"));
  const auto step = static_cast<float>(value("step") / 255);
  const auto smoothing = static_cast<float>(value("smoothing"));

  Rng rng(request.seed);
  MethodPreview preview{.method = "deep_dream",
                        .step = 0,
                        .steps = static_cast<int32_t>(octaves.size()) * iterations,
                        .stage = "",
                        .map = {},
                        .picture = {},
                        .figures = {}};
  // Step 0 is the photo itself: what a paused dream shows before it has begun.
  preview.picture = picture_from(resized(photo, full.height, full.width));
  co_yield preview;
  Field detail = Field::zeros(octaves[0].height, octaves[0].width);
  for (size_t octave = 0; octave < octaves.size(); ++octave) {
    const Size size = octaves[octave];
    const Field base = resized(photo, size.height, size.width);
    Field picture = resized(detail, size.height, size.width);
    for (size_t i = 0; i < picture.values.size(); ++i)
      picture.values[i] = std::clamp(picture.values[i] + base.values[i], 0.0f, 1.0f);
    preview.stage = "octave " + std::to_string(octave + 1) + "/" + std::to_string(octaves.size());

    for (int iteration = 0; iteration < iterations; ++iteration) {
      const int64_t dy =
          jitter == 0
              ? 0
              : static_cast<int64_t>(rng.below(static_cast<uint32_t>(2 * jitter + 1))) - jitter;
      const int64_t dx =
          jitter == 0
              ? 0
              : static_cast<int64_t>(rng.below(static_cast<uint32_t>(2 * jitter + 1))) - jitter;
      CO_TRY(Ascent ascent, ascend(context, *layer, request, rolled(picture, dy, dx)));
      Field gradient = blurred(rolled(ascent.gradient, -dy, -dx), smoothing);
      const bool moved = normalise(gradient);
      if (moved) {
        for (size_t i = 0; i < picture.values.size(); ++i) {
          picture.values[i] = std::clamp(picture.values[i] + step * gradient.values[i], 0.0f, 1.0f);
        }
      }
      preview.step += 1;
      preview.picture = picture_from(picture);
      preview.figures = {{{"Mean square of the layer", "该层激活的均方"}, ascent.objective, ""}};
      if (!moved) {
        co_return fail(ErrorCode::kInvalidArgument,
                       "the chosen channels of " + layer->name +
                           " do not respond to this picture at all, so there is nothing "
                           "to amplify; choose other channels or another picture");
      }
      co_yield preview;
    }
    for (size_t i = 0; i < picture.values.size(); ++i) picture.values[i] -= base.values[i];
    detail = std::move(picture);
  }
  co_return preview;
}

}  // namespace

const Method kDeepDream = {info, run};

}  // namespace convscope
