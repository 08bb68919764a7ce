// Segmentation without labels.
//
// Simonyan, Vedaldi, Zisserman 2014, "Deep Inside Convolutional Networks", section 3.2 (arXiv
// 1312.6034): pixels whose saliency is above its 95 % quantile give the colours of the object,
// those below the 30 % quantile the colours of what is around it (mixtures of Gaussians); a graph
// cut divides the picture, and its largest connected part is the object.
// Departures: the cut is GrabCut's, which then learns the colours again from its own result;
// `iterations` 1 is the paper's. Any map may seed it. Both quantiles are as the paper is quoted:
// its own text was not at hand to check them against; public code that seeds GrabCut by a saliency
// map takes the same two (percentiles 95 and 30). Cost: the map's, and some cuts.
#include "explain/segmentation.h"

#include <algorithm>
#include <numeric>

#include "explain/registry.h"
#include "image/grab_cut.h"
#include "method/diagnosis.h"
#include "model/preprocessing.h"

namespace convscope {
namespace {

// What may say where the object is, in the order of the parameter's choices.
constexpr std::string_view kSeeding[] = {"gradient", "smoothgrad", "grad_cam", "layer_cam",
                                         "occlusion"};

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "segmentation",
      .title = {"Segmentation", "分割"},
      .intuition =
          {"Where is it? Nobody ever told the network: it learned names of whole photos. The "
           "pixels that matter most for the class give the colours of the object, those that "
           "matter least the colours of the rest, and a cut along edges divides the two.",
           "它在哪里？从来没有人告诉过网络：它只学过整张照片的名称。对该类别最重要的像素给出物体"
           "的颜色，最不重要的像素给出其余部分的颜色，再沿着边缘把两者切开。"},
      .departures = {"After the first cut the colours are learnt again from its result, as GrabCut "
                     "does; with one round it is the paper’s own recipe.",
                     "第一次切割之后，按 GrabCut 的做法从结果中重新学习颜色；只做一轮就是原论文的"
                     "做法。"},
      .equation = "E = Σ_p −log p(I_p | side_p) + γ Σ_pq [side_p ≠ side_q] exp(−β ‖I_p − I_q‖²)",
      .citation = "Simonyan, Vedaldi, Zisserman 2014, section 3.2; Rother et al. 2004",
      .paper = "https://arxiv.org/abs/1312.6034",
      .source = "src/explain/segmentation.cpp",
      .takes_layer = true,
      .needs_layer = true,
      .parameters =
          {choice_parameter(
               "seeds", {"Seeded by", "种子来自"},
               {"The map that says where the object may be. The layer counts for class activation "
                "maps only.",
                "指出物体可能位置的图。所选的层只对类激活图有意义。"},
               {{"gradient saliency", "梯度显著图"},
                {"SmoothGrad", "SmoothGrad"},
                {"Grad-CAM", "Grad-CAM"},
                {"LayerCAM", "LayerCAM"},
                {"occlusion", "遮挡"}}),
           number_parameter("foreground", {"Object above", "物体高于"},
                            {"Pixels above this share of all others are taken for the object.",
                             "高于这一比例的像素被当作物体。"},
                            0.5, 0.995, 0.95, 0.005),
           number_parameter("background", {"Rest below", "背景低于"},
                            {"Pixels below this share of all others are taken for the rest.",
                             "低于这一比例的像素被当作背景。"},
                            0.01, 0.5, 0.3, 0.01),
           integer_parameter("iterations", {"Rounds", "轮数"},
                             {"Cuts, each with the colours that the one before has found.",
                              "切割次数，每次使用上一次得到的颜色。"},
                             1, 10, 5),
           bool_parameter("certain", {"Seeds are certain", "种子不可更改"},
                          {"On: what the map marks stays as it is. Off: it only gives the colours.",
                           "开：图所标记的像素不再改变。关：它们只用来给出颜色。"},
                          false)},
  };
  return kInfo;
}

// By rank, so that a map with many equal values has as many seeds as any other.
std::vector<Seed> seeds_of(const Map& map, double foreground, double background, bool certain) {
  const float* values = map.values.floats();
  std::vector<size_t> order(map.values.float_count());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return values[i]; });
  std::vector<Seed> out(order.size(), Seed::kUnknown);
  const auto count = static_cast<double>(order.size());
  const auto low = static_cast<size_t>(background * count),
             high = static_cast<size_t>(foreground * count);
  for (size_t i = 0; i < low; ++i)
    out[order[i]] = certain ? Seed::kBackground : Seed::kProbablyBackground;
  for (size_t i = high; i < order.size(); ++i)
    out[order[i]] = certain ? Seed::kForeground : Seed::kProbablyForeground;
  return out;
}

MethodPreview segmented(const Image& image, const GrabCut& cut, int32_t step, int32_t steps) {
  const std::vector<uint8_t> mask = largest_component(cut.foreground(), image.width, image.height);
  const std::vector<float> plane(mask.begin(), mask.end());
  MethodPreview out{.method = info().id, .step = step, .steps = steps};
  out.map = make_map(image.height, image.width, plane, false, "");
  std::vector<uint8_t> rgba = rgba_from_image(image);
  double inside = 0;
  for (size_t i = 0; i < mask.size(); ++i) {
    rgba[4 * i + 3] = mask[i] != 0 ? 255 : 0;
    inside += mask[i];
  }
  out.picture = Picture{image.height, image.width, Blob(std::move(rgba))};
  out.figures = {{{"Share of the picture", "占图片的比例"},
                  100 * inside / static_cast<double>(mask.size()),
                  " %"},
                 {{"Energy of the cut", "切割的能量"}, cut.energy(), ""}};
  if (inside == 0) {
    out.diagnosis = {
        "The cut found no object: the colours of the object and of the rest are too much alike. "
        "Try another map as the seed, or let it mark more pixels.",
        "没有切出物体：物体与其余部分的颜色太相近。请换一种种子图，或让它标记更多像素。"};
  } else if (fault_of(plane, false) == MapFault::kConstant) {
    out.diagnosis = {
        "The cut took the whole picture for the object. Try another map as the seed, or let it "
        "mark more pixels as the rest.",
        "整张图片都被当作了物体。请换一种种子图，或让它标记更多背景像素。"};
  }
  return out;
}

MethodRun run(MethodContext context, RunMethod request) {
  const auto value = [&](std::string_view id) { return parameter_value(info(), request, id); };
  const std::string_view id = kSeeding[static_cast<size_t>(value("seeds"))];
  const auto all = explain_methods();
  const auto method = std::ranges::find_if(all, [&](const Method& m) { return m.info().id == id; });
  CHECK(method != all.end());
  const Image image =
      image_from_network_input(TensorView::of(context.input), context.model.preprocessing);
  const auto steps = static_cast<int32_t>(value("iterations"));

  const RunMethod seeding{.method = std::string(id),
                          .target = request.target,
                          .layer = method->info().takes_layer ? request.layer : std::string(),
                          .seed = method->info().seed};
  MethodRun seeded = method->run(context, seeding);
  while (seeded.next()) {
    MethodPreview map = std::move(seeded.preview());
    co_yield MethodPreview{.method = info().id, .step = 0, .steps = steps, .map = map.map};
  }
  CO_TRY(const MethodPreview map, std::move(seeded.result()));
  MethodPreview shown{.method = info().id, .step = 0, .steps = steps, .map = map.map};
  co_yield MethodPreview(shown);
  CO_TRY(GrabCut cut, GrabCut::of(image,
                                  seeds_of(*map.map, value("foreground"), value("background"),
                                           value("certain") != 0),
                                  request.seed));
  MethodPreview out;
  for (int32_t step = 1; step <= steps; ++step) {
    const bool went_on = cut.begin_step();
    while (went_on && !cut.go_on()) co_yield MethodPreview(shown);
    out = segmented(image, cut, went_on ? step : steps, steps);
    if (!went_on) break;
    if (step < steps) co_yield MethodPreview(shown = out);
  }
  co_return out;
}

}  // namespace

const Method kSegmentation = {info, run};

}  // namespace convscope
