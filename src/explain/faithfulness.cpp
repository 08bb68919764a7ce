// Does a map show what the network used? Pixels are taken away in its order.
//
// Deletion and insertion: Petsiuk, Das, Saenko 2018, "RISE", section 4.1 (arXiv 1806.07421):
//   deletion   p(x with the first pixels of the map's order set to 0), area under it: low is good
//   insertion  p(blurred x with them put back), area under it: high is good
// ROAD: Rong et al. 2022 (road.h). MoRF takes the most relevant pixels away first, LeRF the least:
//   ROAD = (mean p of LeRF − mean p of MoRF) / 2 over 10, 20 … 90 % taken away: high is good
// Confidence: Chattopadhay et al. 2018, "Grad-CAM++", section 4.1 (arXiv 1710.11063):
//   drop = max(0, p(x) − p(x·M)) / p(x),  increase = [p(x·M) > p(x)],  M the map scaled to 0…1
// Random weights: Adebayo et al. 2018 (randomisation.cpp):
//   ρ = rank correlation with the map where all weights are random: far from 0, nothing that was
//   learnt is shown
// Departures: p is the class's probability everywhere; a map with a sign counts by its value, so
// what speaks against the class goes last; insertion starts from the page's blur, wider than
// RISE's; where pixels of equal value have to be parted, reading order does it. pytorch-grad-cam's
// ROAD takes all of these at once. Cost: the map's, twice, and 2 · steps + 20 forward passes,
// several at a time.
#include "explain/faithfulness.h"

#include <algorithm>

#include "base/rng.h"
#include "explain/attribution.h"
#include "explain/batch_score.h"
#include "explain/judged_method.h"
#include "explain/removal.h"
#include "explain/road.h"

namespace convscope {
namespace {

constexpr int64_t kAtOnce = 4;
constexpr int64_t kPercentiles = 9;  // 10, 20 … 90
constexpr float kNoise = 0.01f;

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "faithfulness",
      .title = {"Faithfulness of a map", "一张图的忠实度"},
      .intuition =
          {"A map claims that its bright pixels decide. So take them away, brightest first: if the "
           "claim is true, the answer collapses at once. Put them back into a blurred photo: the "
           "answer should return at once. A map that does no better than random weights explained "
           "nothing.",
           "一张图声称亮的像素起决定作用。那就从最亮的开始拿走它们：如果说得对，答案会马上垮掉。再"
           "把"
           "它们放回模糊的照片：答案应当马上回来。如果一张图不比随机权重做得更好，它就什么也没有"
           "解释。"},
      .departures = {"Blurring is wider than in the paper on insertion, so that less is left to be "
                     "recognised. Pixels of equal value go in reading order. The network never saw "
                     "such pictures when it learned; ROAD hides best that something is missing.",
                     "插入曲线所用的模糊比原论文更强，剩下可辨认的更少。数值相等的像素按从左到右、"
                     "从上到下的顺序。网络学习时从未见过这样的图片；ROAD 最能掩盖缺失的痕迹。"},
      .equation =
          "AUC = ∫ p(x with a share s of the pixels taken away) ds,  "
          "ROAD = (LeRF − MoRF) / 2",
      .citation =
          "Petsiuk, Das, Saenko 2018, section 4.1; Rong et al. 2022; Chattopadhay et al. "
          "2018, section 4.1; Adebayo et al. 2018, section 3.1",
      .paper = "https://arxiv.org/abs/1806.07421",
      .source = "src/explain/faithfulness.cpp",
      .takes_layer = true,
      .needs_layer = true,
      .parameters = {judged_parameter(),
                     integer_parameter("steps", {"Steps", "步数"},
                                       {"Points of each curve; every step takes as many pixels.",
                                        "每条曲线的点数；每一步拿走同样多的像素。"},
                                       2, 512, 32)},
  };
  return kInfo;
}

// The pictures that the network is asked about, and what it answered so far, in this order: whole;
// deletion, then insertion, `steps` each; MoRF, then LeRF, from 10 to 90 % taken away; x·M.
struct Test {
  int64_t height, width, channels, steps;
  std::span<const float> picture, blurred;
  std::vector<float> zero, scaled;
  std::vector<int32_t> order;
  std::vector<float> answers = {};

  int64_t total() const { return 2 + 2 * steps + 2 * kPercentiles; }
  int64_t first_of_road() const { return 1 + 2 * steps; }
  bool is_road(int64_t i) const { return i >= first_of_road() && i + 1 < total(); }
  std::span<const int32_t> first(int64_t step) const {
    return std::span(order).first(order.size() * static_cast<size_t>(step) /
                                  static_cast<size_t>(steps));
  }
  // The i-th of MoRF's (0 … 8) and LeRF's (9 … 17).
  std::span<const int32_t> taken(int64_t i) const {
    const auto left = pixels_left(order.size(), static_cast<int>(90 - 10 * (i % kPercentiles)));
    return i < kPercentiles ? std::span(order).first(order.size() - left)
                            : std::span(order).subspan(left);
  }

  void make(int64_t i, uint64_t seed, std::span<float> out) const {
    const auto colours = static_cast<size_t>(channels);
    if (i == 0) {
      std::ranges::copy(picture, out.begin());
    } else if (i <= steps) {
      replace_pixels(picture, zero, first(i), colours, out);
    } else if (i <= 2 * steps) {
      replace_pixels(blurred, picture, first(i - steps - 1), colours, out);
    } else if (is_road(i)) {
      Rng rng(seed, static_cast<uint64_t>(i));
      std::ranges::copy(picture, out.begin());
      impute(out, height, width, channels, taken(i - first_of_road()), kNoise, rng);
    } else {
      multiply_by_map(picture, scaled, out);
    }
  }

  // As far as there are answers.
  Curve stepwise(bool deletion) const {
    std::vector<float> xs, ys;
    for (int64_t k = 0; k <= steps; ++k) {
      // The whole picture is where the one begins and the other ends.
      const int64_t at = deletion ? k : k < steps ? steps + 1 + k : 0;
      if (at >= std::ssize(answers)) break;
      xs.push_back(float(k) / float(steps));
      ys.push_back(answers[static_cast<size_t>(at)]);
    }
    return curve(deletion ? Text{"Deletion", "删除"} : Text{"Insertion", "插入"},
                 deletion ? taken_title() : Text{"share of the pixels put back", "放回像素的比例"},
                 xs, ys);
  }
  Curve road(bool most_first) const {
    std::vector<float> xs, ys;
    for (int64_t i = 0; i < kPercentiles; ++i) {
      const int64_t which = most_first ? i : kPercentiles + i, at = first_of_road() + which;
      if (at >= std::ssize(answers)) break;
      xs.push_back(float(taken(which).size()) / float(order.size()));
      ys.push_back(answers[static_cast<size_t>(at)]);
    }
    return curve(most_first ? Text{"ROAD, most relevant first", "ROAD，先去掉最重要的"}
                            : Text{"ROAD, least relevant first", "ROAD，先去掉最不重要的"},
                 taken_title(), xs, ys);
  }
  static Curve curve(Text title, Text x, const std::vector<float>& xs,
                     const std::vector<float>& ys) {
    return {std::move(title),
            std::move(x),
            {"probability", "概率"},
            Blob::copy_of(xs.data(), xs.size()),
            Blob::copy_of(ys.data(), ys.size())};
  }
  static Text taken_title() { return {"share of the pixels taken away", "去掉像素的比例"}; }
};

std::span<const float> ys_of(const Curve& curve) {
  return {curve.ys.floats(), curve.ys.float_count()};
}
double area_of(const Curve& curve) {
  return area_under({curve.xs.floats(), curve.xs.float_count()}, ys_of(curve));
}
double mean_of(const Curve& curve) {
  double sum = 0;
  for (const float y : ys_of(curve)) sum += double(y);
  return sum / static_cast<double>(ys_of(curve).size());
}

MethodPreview preview_of(const Test& test, const Map& map) {
  MethodPreview out{.method = info().id,
                    .step = static_cast<int32_t>(test.answers.size()),
                    .steps = static_cast<int32_t>(test.total() + 1)};  // the map of random weights
  out.map = map;
  out.curves = {test.stepwise(true), test.stepwise(false), test.road(true), test.road(false)};
  if (out.step < test.total()) return out;
  const double whole = double(test.answers.front()), masked = double(test.answers.back());
  const double fall = std::max(0.0, whole - masked);
  out.figures = {{{"Deletion AUC", "删除曲线 AUC"}, area_of(out.curves[0]), ""},
                 {{"Insertion AUC", "插入曲线 AUC"}, area_of(out.curves[1]), ""},
                 {{"ROAD", "ROAD"}, (mean_of(out.curves[3]) - mean_of(out.curves[2])) / 2, ""},
                 {{"Confidence drop", "置信度下降"}, whole > 0 ? 100 * fall / whole : 0, " %"},
                 {{"Confidence increase", "置信度上升"}, masked > whole ? 1.0 : 0.0, ""},
                 {{"Probability, whole picture", "整张图片的概率"}, whole, ""},
                 {{"Probability, times the map", "乘以这张图后的概率"}, masked, ""}};
  return out;
}

// The same method on the network with random weights; shows `so_far` meanwhile. What it holds is
// freed with it.
MethodRun random_map(const MethodContext& context, const Method& method, const RunMethod& request,
                     const MethodPreview& so_far) {
  CO_TRY(Parameters random, randomise(context.model, request.seed));
  const auto fresh = std::make_shared<Session>(*context.session.graph(), std::move(random),
                                               &context.session.pool());
  MethodRun judged =
      method.run(MethodContext{context.model, *fresh, context.input, context.picture, fresh},
                 judged_request(method, request));
  // The pool may have been replaced since this run last paused.
  while (fresh->set_pool(&context.session.pool()), judged.next()) co_yield MethodPreview(so_far);
  co_return std::move(judged.result());
}

MethodRun run(MethodContext context, RunMethod request) {
  const Method& method = judged_method(info(), request);
  const auto steps = static_cast<int64_t>(parameter_value(info(), request, "steps"));
  MethodRun judged = method.run(context, judged_request(method, request));
  while (judged.next()) {
    MethodPreview so_far = std::move(judged.preview());
    co_yield MethodPreview{.method = info().id, .stage = "map", .map = std::move(so_far.map)};
  }
  CO_TRY(const MethodPreview map, std::move(judged.result()));
  CO_TRY_STATUS(check_judged(map));
  co_yield MethodPreview{.method = info().id, .stage = "map", .map = map.map};
  CO_TRY(const Tensor blurred, baseline_picture(context, Baseline::kBlurred, request.seed));

  const Shape& input = context.input.shape();
  const std::span values = values_of(*map.map);
  const std::span picture = context.input.values();
  Test test{.height = input[1],
            .width = input[2],
            .channels = input.channels(),
            .steps = std::min(steps, input[1] * input[2]),
            .picture = picture,
            .blurred = blurred.values(),
            .zero = std::vector<float>(picture.size()),
            .scaled = scaled_to_one(values),
            .order = order_of(values)};
  CO_TRY(BatchScore score,
         BatchScore::of_pictures(context, request.target, std::min(kAtOnce, test.total())));
  for (int64_t done = 0; done < test.total();) {
    // Filling pictures in takes as long as several passes do.
    const int64_t most = test.is_road(done) ? 1 : score.at_once();
    const int64_t count = std::min(most, test.total() - done);
    for (int64_t i = 0; i < count; ++i) test.make(done + i, request.seed, score.slot(i));
    CO_TRY_STATUS(score.run(count));
    for (int64_t i = 0; i < count; ++i)
      test.answers.push_back(static_cast<float>(score.probability(i)));
    done += count;
    co_yield preview_of(test, *map.map);
  }
  MethodPreview out = preview_of(test, *map.map);
  MethodRun random = random_map(context, method, request, out);
  while (random.next()) co_yield std::move(random.preview());
  CO_TRY(const MethodPreview other, std::move(random.result()));
  if (check_judged(other)) {  // else its values have no order
    out.figures.push_back({{"Rank correlation, random weights", "与随机权重的秩相关"},
                           rank_correlation(values, values_of(*other.map)),
                           ""});
  }
  out.step = out.steps;
  co_return out;
}

}  // namespace

const Method kFaithfulness = {info, run};

}  // namespace convscope
