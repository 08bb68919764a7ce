// Occlusion.
//
// Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks", section 4.2 (arXiv
// 1311.2901): a patch slides over the picture; where the class's score falls, the patch hid
// evidence.
//   M(pixel) = mean over the windows that cover it of  S(x) − S(x with the window covered)
// as Captum's Occlusion: windows start at multiples of the stride and the last may be cut off at
// the border. Departures: none. Cost: one forward pass a window, several at a time, of whose first
// layers only what the window reaches is computed. The method `occluded_picture` is one of these
// windows by itself: what is left, and every class's answer.
#include <algorithm>

#include "explain/answers.h"
#include "explain/attribution.h"
#include "explain/gradient_program.h"
#include "explain/occlusion.h"
#include "explain/patch_score.h"
#include "method/diagnosis.h"
#include "model/preprocessing.h"

namespace convscope {
namespace {

constexpr int64_t kAtOnce = 4;

ParameterInfo window_parameter() {
  return integer_parameter("window", {"Patch", "遮挡块"},
                           {"Side of the square that is covered.", "被遮住的正方形的边长。"}, 4,
                           256, 32, "px");
}

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "occlusion",
      .title = {"Occlusion", "遮挡"},
      .intuition = {"Cover a part of the picture and look what the network says now. Where "
                    "covering costs the class its "
                    "score, that part was evidence for it (orange); where the score rises, it "
                    "spoke against (blue).",
                    "遮住图片的一部分，再看网络怎么说。若遮住后该类别的分数下降，那部分就是支持它的"
                    "证据（橙色）；若分数上升，"
                    "那部分就是反对它的（蓝色）。"},
      .departures = {"Where windows overlap, a pixel gets their mean. The cover is gray, which to "
                     "the network is also a "
                     "surface with an edge.",
                     "窗口重叠处取平均。遮挡块是灰色的，而对网络来说灰色也是一个带边缘的表面。"},
      .equation = "M(p) = mean over windows W ∋ p of S(x) − S(x with W covered)",
      .citation = "Zeiler & Fergus 2014, section 4.2",
      .paper = "https://arxiv.org/abs/1311.2901",
      .source = "src/explain/occlusion.cpp",
      .is_signed = true,
      .parameters = {window_parameter(),
                     integer_parameter(
                         "stride", {"Stride", "步幅"},
                         {"How far the patch moves: smaller takes longer and shows more.",
                          "遮挡块每次移动的距离：越小越慢，也越细。"},
                         1, 256, 16, "px"),
                     baseline_parameter(),
                     choice_parameter(
                         "measure", {"Measured by", "度量"},
                         {"Which number’s fall is shown.", "显示哪个数的下降。"},
                         {{"score (logit)", "分数（logit）"}, {"probability", "概率"}})},
  };
  return kInfo;
}

struct Windows {
  int64_t height, width, side, stride;

  static int64_t count(int64_t extent, int64_t side, int64_t stride) {
    return extent <= side ? 1 : (extent - side + stride - 1) / stride + 1;
  }
  int64_t rows() const { return count(height, side, stride); }
  int64_t columns() const { return count(width, side, stride); }
  int64_t total() const { return rows() * columns(); }
  PixelBox box(int64_t window) const {
    const int64_t top = window / columns() * stride, left = window % columns() * stride;
    return {top, left, std::min(side, height - top), std::min(side, width - left)};
  }
  // Calls visit(pixel) for each pixel of a window.
  template <typename Visit>
  void each_pixel(int64_t window, Visit visit) const {
    const PixelBox box = this->box(window);
    for (int64_t y = box.top; y < box.top + box.height; ++y) {
      for (int64_t x = box.left; x < box.left + box.width; ++x) visit(y * width + x);
    }
  }
};

// A part of the picture, with the patch covered.
void cover(const PixelBox& patch, const PixelBox& part, const Tensor& picture,
           const Tensor& baseline, std::span<float> out) {
  const int64_t channels = picture.shape().channels(), width = picture.shape()[2];
  float* to = out.data();
  for (int64_t y = part.top; y < part.top + part.height; ++y) {
    const int64_t row = y * width;
    to = std::copy_n(picture.data() + (row + part.left) * channels, part.width * channels, to);
    if (y < patch.top || y >= patch.top + patch.height) continue;
    std::copy_n(baseline.data() + (row + patch.left) * channels, patch.width * channels,
                to - (part.left + part.width - patch.left) * channels);
  }
}

// The mean of the falls over the windows that cover each pixel; 0 where none has been measured.
std::vector<float> mean_fall(const Windows& windows, std::span<const double> falls) {
  const auto pixels = static_cast<size_t>(windows.height * windows.width);
  std::vector<double> sum(pixels), covers(pixels);
  for (size_t w = 0; w < falls.size(); ++w) {
    windows.each_pixel(static_cast<int64_t>(w), [&](int64_t pixel) {
      sum[static_cast<size_t>(pixel)] += falls[w];
      covers[static_cast<size_t>(pixel)] += 1;
    });
  }
  std::vector<float> out(pixels);
  for (size_t i = 0; i < pixels; ++i)
    out[i] = covers[i] > 0 ? static_cast<float>(sum[i] / covers[i]) : 0;
  return out;
}

MethodRun run(MethodContext context, RunMethod request) {
  const auto value = [&](std::string_view id) {
    return static_cast<int64_t>(parameter_value(info(), request, id));
  };
  const Shape& input = context.input.shape();
  const Windows windows{input[1], input[2], value("window"), value("stride")};
  const bool probability = value("measure") == 1;
  CO_TRY(const Tensor baseline,
         baseline_picture(context, static_cast<Baseline>(value("baseline")), request.seed));
  CO_TRY(PatchScore score,
         PatchScore::of(context, request.target, windows.side, std::min(kAtOnce, windows.total())));
  const auto measured = [&](int64_t i) {
    return probability ? score.probability(i) : score.logit(i);
  };

  // The first window with nothing covered.
  const PixelBox part = score.place(0, windows.box(0));
  cover({}, part, context.input, baseline, score.slot(0));
  CO_TRY_STATUS(score.run(1));
  const double whole = measured(0);
  std::vector<double> falls;
  MethodPreview out;
  const int64_t total = windows.total();
  for (int64_t done = 0; done < total;) {
    const int64_t count = std::min(score.at_once(), total - done);
    for (int64_t i = 0; i < count; ++i) {
      const PixelBox patch = windows.box(done + i), held = score.place(i, patch);
      cover(patch, held, context.input, baseline, score.slot(i));
    }
    CO_TRY_STATUS(score.run(count));
    for (int64_t i = 0; i < count; ++i) falls.push_back(whole - measured(i));
    done += count;
    out = MethodPreview{.method = info().id,
                        .step = static_cast<int32_t>(done),
                        .steps = static_cast<int32_t>(total)};
    out.map = make_map(input[1], input[2], mean_fall(windows, falls), true,
                       probability ? "probability" : "logit");
    if (done < total) co_yield std::move(out);
  }
  out.figures = {{{probability ? "Probability, nothing covered" : "Score (logit), nothing covered",
                   probability ? "未遮挡时的概率" : "未遮挡时的分数（logit）"},
                  whole,
                  ""},
                 {{"Deepest fall", "最大降幅"}, *std::ranges::max_element(falls), ""},
                 {{"Windows", "窗口数"}, static_cast<double>(total), ""}};
  if (std::ranges::all_of(falls, [](double fall) { return fall == 0; })) {
    out.diagnosis = {
        "The map is zero everywhere: wherever the patch lies, this class keeps exactly its score. "
        "Try a larger patch, another cover, or a class that the network considers possible.",
        "整张图都是零：无论遮挡块在哪里，该类别的分数都完全不变。请试试更大的遮挡块、另一种遮挡内容"
        "，或选择网络认为有可能的类别。"};
  } else {
    out.diagnosis = diagnose_map(*out.map, MapShows::kEvidence);
  }
  co_return out;
}

const MethodInfo& occluded_info() {
  static const MethodInfo kInfo = {
      .id = "occluded_picture",
      .title = {"One covered place", "遮住一处"},
      .intuition = {"One window of an occlusion by itself: the picture with that place covered, "
                    "and how probable each class is now.",
                    "遮挡中的一个窗口：遮住该处之后的图片，以及各类别此时的概率。"},
      .departures = info().departures,
      .equation = "x with W covered,  p(class)",
      .citation = info().citation,
      .paper = info().paper,
      .source = info().source,
      .parameters = {integer_parameter("row", {"Row", "行"},
                                       {"First covered row.", "被遮住的第一行。"}, 0, kMaxImageSide,
                                       0, "px"),
                     integer_parameter("column", {"Column", "列"},
                                       {"First covered column.", "被遮住的第一列。"}, 0,
                                       kMaxImageSide, 0, "px"),
                     window_parameter(), baseline_parameter()},
  };
  return kInfo;
}

// The map is 1 where the picture is covered.
MethodRun run_occluded(MethodContext context, RunMethod request) {
  const auto value = [&](std::string_view id) {
    return static_cast<int64_t>(parameter_value(occluded_info(), request, id));
  };
  const Shape& input = context.input.shape();
  const int64_t side = value("window"), top = value("row"), left = value("column");
  CO_TRY(const Tensor baseline,
         baseline_picture(context, static_cast<Baseline>(value("baseline")), request.seed));
  CO_TRY(Tensor covered, context.input.clone());
  const auto channels = input.channels();
  std::vector<float> mask(static_cast<size_t>(input[1] * input[2]));
  for (int64_t y = top; y < std::min(top + side, input[1]); ++y) {
    for (int64_t x = left; x < std::min(left + side, input[2]); ++x) {
      const int64_t at = (y * input[2] + x) * channels;
      mask[static_cast<size_t>(y * input[2] + x)] = 1;
      std::copy_n(baseline.data() + at, channels, covered.data() + at);
    }
  }
  const Model& model = context.model;
  CO_TRY(Program * program, answers_program(context));
  const Tensor feeds[] = {covered};
  CO_TRY_STATUS(context.session.run(*program, feeds));
  const TensorView logits = program->view(program->output(0));
  const Image left_over = image_from_network_input(TensorView::of(covered), model.preprocessing);
  MethodPreview out{.method = occluded_info().id, .step = 1, .steps = 1};
  out.map = make_map(input[1], input[2], mask, false, "");
  out.answers = first_answers(logits, program->view(program->output(1)));
  out.picture = Picture{left_over.height, left_over.width, Blob(rgba_from_image(left_over))};
  out.figures = {score_figure(logits.data[request.target])};
  // A mask is no evidence; where it has no edge, it says why.
  if (fault_of(mask, false) == MapFault::kZero) {
    out.diagnosis = {"The place lies outside the picture: nothing is covered.",
                     "该位置在图片之外：没有遮住任何东西。"};
  } else if (fault_of(mask, false) == MapFault::kConstant) {
    out.diagnosis = {"The whole picture is covered.", "整张图片都被遮住了。"};
  }
  co_return out;
}

}  // namespace

const Method kOcclusion = {info, run};
const Method kOccludedPicture = {occluded_info, run_occluded};

}  // namespace convscope
