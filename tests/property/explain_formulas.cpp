#include "property/explain_formulas.h"

#include <functional>

#include "base/numpy_random.h"
#include "explain/quadrature.h"
#include "image/grab_cut.h"

namespace convscope {
namespace {

// Places × channels, as attributions are stored.
std::vector<double> by_place(const Planes& planes) {
  std::vector<double> out;
  for (size_t p = 0; p < planes.pixels(); ++p) {
    for (size_t c = 0; c < planes.channels; ++c) out.push_back(planes.at(c, p));
  }
  return out;
}

Planes product(const Planes& a, const Planes& b) {
  Planes out = a;
  for (size_t i = 0; i < out.values.size(); ++i) out.values[i] *= b.values[i];
  return out;
}

std::vector<double> over_channels(const Planes& planes) {
  std::vector<double> out(planes.pixels());
  for (size_t p = 0; p < out.size(); ++p) {
    for (size_t c = 0; c < planes.channels; ++c) out[p] += planes.at(c, p);
  }
  return out;
}

// The largest magnitude of a pixel's colours.
std::vector<double> largest_colour(const Planes& planes) {
  std::vector<double> out(planes.pixels());
  for (size_t p = 0; p < out.size(); ++p) {
    for (size_t c = 0; c < planes.channels; ++c)
      out[p] = std::max(out[p], std::abs(planes.at(c, p)));
  }
  return out;
}

double logit(const Case& at, const Planes& x) { return forward(at.weights, x).logits[kTarget]; }
double logit(const Case& at) { return logit(at, at.x); }

Want pixels(const Case& at, const Planes& values, bool largest) {
  return {by_place(values),
          largest ? largest_colour(values) : over_channels(values),
          {{"Score (logit) of the class", logit(at)}},
          {}};
}

// ---- gradients

Want gradient(const Case& at) {
  return pixels(at, input_gradient(at.weights, at.x, kTarget), true);
}

Want input_x_gradient(const Case& at) {
  const Planes values = product(at.x, input_gradient(at.weights, at.x, kTarget));
  Want out = pixels(at, values, false);
  out.figures["Sum of the map"] = 0;
  for (const double value : values.values) out.figures["Sum of the map"] += value;
  return out;
}

constexpr double kSamples = 4, kNoise = 0.2;
std::vector<Planes> noisy_gradients(const Case& at) {
  const auto [low, high] = std::ranges::minmax(at.x.values);
  NumpyRandom noise(kSeed);
  std::vector<Planes> out;
  for (int sample = 0; sample < kSamples; ++sample) {
    Planes noisy = at.x;
    for (double& value : noisy.values) value += kNoise * (high - low) * noise.standard_normal();
    out.push_back(input_gradient(at.weights, noisy, kTarget));
  }
  return out;
}

Planes mean_of(const std::vector<Planes>& all) {
  Planes out(kColours, kHeight, kWidth);
  for (const Planes& one : all) {
    for (size_t i = 0; i < out.values.size(); ++i)
      out.values[i] += one.values[i] / static_cast<double>(all.size());
  }
  return out;
}

Want smoothgrad(const Case& at) {
  const Planes values = mean_of(noisy_gradients(at));
  return {by_place(values), largest_colour(values), {}, {}};
}

Want vargrad(const Case& at) {
  std::vector<Planes> all = noisy_gradients(at);
  const Planes mean = mean_of(all);
  for (Planes& one : all) {
    for (size_t i = 0; i < mean.values.size(); ++i)
      one.values[i] = std::pow(one.values[i] - mean.values[i], 2);
  }
  const Planes values = mean_of(all);
  return {by_place(values), largest_colour(values), {}, {}};
}

constexpr int kSteps = 7;
Want integrated_gradients(const Case& at) {
  const double black = double{at.preprocessing.value_of_byte(0, 0)};
  const Quadrature nodes = gauss_legendre(kSteps);
  Planes values(kColours, kHeight, kWidth), nothing = values;
  std::ranges::fill(nothing.values, black);
  for (size_t step = 0; step < kSteps; ++step) {
    Planes point = nothing;
    for (size_t i = 0; i < point.values.size(); ++i)
      point.values[i] += nodes.points[step] * (at.x.values[i] - black);
    const Planes slope = input_gradient(at.weights, point, kTarget);
    for (size_t i = 0; i < point.values.size(); ++i)
      values.values[i] += nodes.weights[step] * slope.values[i] * (at.x.values[i] - black);
  }
  Want out = pixels(at, values, false);
  out.figures["Score of the compared picture"] = logit(at, nothing);
  return out;
}

// From the logit, or from the second layer's strongest unit.
Want projected(const Case& at, Rule rule) {
  if (at.is_first()) return pixels(at, input_gradient(at.weights, at.x, kTarget, rule), true);
  const Pass pass = forward(at.weights, at.x);
  const Planes& layer = pass.second;
  const auto strongest = std::ranges::max_element(layer.values);
  const auto unit = static_cast<size_t>(strongest - layer.values.begin());
  Planes seed(layer.channels, layer.height, layer.width);
  seed.values[unit] = 1;
  const Planes values =
      back_to_input(at.weights, pass, back_to_first(at.weights, pass, seed, rule), rule);
  return {by_place(values),
          largest_colour(values),
          {{"Activation of the unit", *strongest},
           {"Channel", static_cast<double>(unit / layer.pixels())},
           {"Row", static_cast<double>(unit % layer.pixels() / layer.width)},
           {"Column", static_cast<double>(unit % layer.width)}},
          {}};
}
Want guided_backprop(const Case& at) { return projected(at, Rule::kGuided); }
Want deconvnet(const Case& at) { return projected(at, Rule::kDeconvnet); }

// ---- class activation maps

struct Layer {
  Planes a, g;
  double score;
};
Layer layer_of(const Case& at) {
  const Pass pass = forward(at.weights, at.x);
  const Planes second = head_gradient(at.weights, kTarget);
  if (at.is_first())
    return {pass.first, back_to_first(at.weights, pass, second, Rule::kPlain),
            pass.logits[kTarget]};
  return {pass.second, second, pass.logits[kTarget]};
}

// The score of a state of the layer.
double score_from(const Case& at, const Planes& layer) {
  Pass pass;
  if (at.is_first()) {
    pass.first = layer;
    go_on_from_first(at.weights, pass);
  } else {
    pass.second = layer;
    go_on_from_second(at.weights, pass);
  }
  return pass.logits[kTarget];
}

// Each new cell is a mean of the old ones, weighted by a tent around where it lies among them.
std::vector<double> enlarged(const std::vector<double>& map, size_t height, size_t width,
                             bool align_corners) {
  const auto place = [&](size_t i, size_t from, size_t to) {
    const auto f = static_cast<double>(from), t = static_cast<double>(to),
               at = static_cast<double>(i);
    return std::clamp(align_corners ? at * (f - 1) / (t - 1) : (at + 0.5) * f / t - 0.5, 0.0,
                      f - 1);
  };
  const auto tent = [](double at, size_t cell) {
    return std::max(0.0, 1 - std::abs(at - static_cast<double>(cell)));
  };
  std::vector<double> out(kHeight * kWidth);
  for (size_t i = 0; i < out.size(); ++i) {
    const double y = place(i / kWidth, height, kHeight), x = place(i % kWidth, width, kWidth);
    for (size_t k = 0; k < map.size(); ++k)
      out[i] += tent(y, k / width) * tent(x, k % width) * map[k];
  }
  return out;
}

std::vector<double> to_unit(std::vector<double> map, double epsilon) {
  const auto [low, high] = std::ranges::minmax(map);
  for (double& value : map) value = (value - low) / (high - low + epsilon);
  return map;
}

Want shown(const std::vector<double>& raw, const Planes& layer) {
  const auto [low, high] = std::ranges::minmax(raw);
  std::vector<double> map = raw;
  for (double& value : map) value = std::max(value, 0.0);
  map = to_unit(enlarged(to_unit(map, 1e-7), layer.height, layer.width, false), 1e-7);
  return {
      {}, map, {{"Lowest value before scaling", low}, {"Highest value before scaling", high}}, {}};
}

Want weighted(const Planes& a, const std::function<double(size_t)>& weight) {
  Planes out = a;
  for (size_t i = 0; i < out.values.size(); ++i) out.values[i] *= weight(i / a.pixels());
  return shown(over_channels(out), a);
}

double sum_of(const Planes& planes, size_t channel) {
  double sum = 0;
  for (size_t p = 0; p < planes.pixels(); ++p) sum += planes.at(channel, p);
  return sum;
}

Want cam(const Case& at) {
  return weighted(forward(at.weights, at.x).second,
                  [&](size_t c) { return double{at.weights.fc[kTarget * kSecond + c]}; });
}

Want grad_cam(const Case& at) {
  const Layer l = layer_of(at);
  return weighted(l.a,
                  [&](size_t c) { return sum_of(l.g, c) / static_cast<double>(l.g.pixels()); });
}

Want guided_grad_cam(const Case& at) {
  const std::vector<double> map = grad_cam(at).map;
  Planes values = input_gradient(at.weights, at.x, kTarget, Rule::kGuided);
  for (size_t i = 0; i < values.values.size(); ++i) values.values[i] *= map[i % values.pixels()];
  return pixels(at, values, true);
}

Want grad_cam_pp(const Case& at) {
  const Layer l = layer_of(at);
  return weighted(l.a, [&](size_t c) {
    double weight = 0;
    for (size_t p = 0; p < l.g.pixels(); ++p) {
      const double g = l.g.at(c, p);
      if (g == 0) continue;
      const double alpha = g * g / (2 * g * g + sum_of(l.a, c) * g * g * g + 1e-6);
      weight += alpha * std::max(g, 0.0);
    }
    return weight;
  });
}

Want xgrad_cam(const Case& at) {
  const Layer l = layer_of(at);
  const Planes both = product(l.a, l.g);
  return weighted(l.a, [&](size_t c) { return sum_of(both, c) / (sum_of(l.a, c) + 1e-7); });
}

Want hires_cam(const Case& at) {
  const Layer l = layer_of(at);
  return shown(over_channels(product(l.a, l.g)), l.a);
}

Want layer_cam(const Case& at) {
  const Layer l = layer_of(at);
  return shown(over_channels(product(l.a, rectified(l.g))), l.a);
}

Want ablation_cam(const Case& at) {
  const Layer l = layer_of(at);
  return weighted(l.a, [&](size_t c) {
    Planes without = l.a;
    for (size_t p = 0; p < l.a.pixels(); ++p) without.values[c * l.a.pixels() + p] = 0;
    return (l.score - score_from(at, without)) / std::abs(l.score);
  });
}

Want score_cam(const Case& at) {
  const Planes a = layer_of(at).a;
  std::vector<double> e;
  double sum = 0;
  for (size_t c = 0; c < a.channels; ++c) {
    const auto channel = a.values.begin() + static_cast<ptrdiff_t>(c * a.pixels());
    const std::vector<double> mask = to_unit(
        enlarged({channel, channel + static_cast<ptrdiff_t>(a.pixels())}, a.height, a.width, true),
        1e-8);
    Planes masked = at.x;
    for (size_t i = 0; i < masked.values.size(); ++i) masked.values[i] *= mask[i % mask.size()];
    e.push_back(std::exp(logit(at, masked)));
    sum += e.back();
  }
  return weighted(a, [&](size_t c) { return e[c] / sum; });
}

// The covariance of the channels, squared until only its first eigenvector's part is left.
Want first_component_of(const Planes& planes) {
  const size_t n = planes.channels;
  Planes centred = planes;
  for (size_t i = 0; i < centred.values.size(); ++i)
    centred.values[i] -= sum_of(planes, i / planes.pixels()) / static_cast<double>(planes.pixels());
  std::vector<double> m(n * n);
  for (size_t i = 0; i < m.size(); ++i) {
    for (size_t p = 0; p < planes.pixels(); ++p)
      m[i] += centred.at(i / n, p) * centred.at(i % n, p);
  }
  for (int squaring = 0; squaring < 40; ++squaring) {
    double trace = 0;
    for (size_t c = 0; c < n; ++c) trace += m[c * n + c];
    std::vector<double> next(n * n);
    for (size_t i = 0; i < m.size(); ++i) {
      for (size_t k = 0; k < n; ++k)
        next[i] += m[i / n * n + k] * m[k * n + i % n] / (trace * trace);
    }
    m = next;
  }
  size_t best = 0;
  for (size_t c = 0; c < n; ++c) {
    if (m[c * n + c] > m[best * n + best]) best = c;
  }
  double norm = 0;
  for (size_t c = 0; c < n; ++c) norm += m[c * n + best] * m[c * n + best];
  std::vector<double> raw(planes.pixels());
  double most = 0;
  for (size_t p = 0; p < raw.size(); ++p) {
    for (size_t c = 0; c < n; ++c) raw[p] += centred.at(c, p) * m[c * n + best] / std::sqrt(norm);
    if (std::abs(raw[p]) > std::abs(most)) most = raw[p];
  }
  if (most < 0) {
    for (double& value : raw) value = -value;
  }
  return shown(raw, planes);
}

Want eigen_cam(const Case& at) { return first_component_of(layer_of(at).a); }
Want eigen_grad_cam(const Case& at) {
  const Layer l = layer_of(at);
  return first_component_of(product(l.a, l.g));
}

Want random_cam(const Case& at) {
  Rng rng(kSeed);
  std::vector<double> weights(kSecond);
  for (double& weight : weights) weight = double{rng.uniform(-1, 1)};
  return weighted(layer_of(at).a, [&](size_t c) { return weights[c]; });
}

// ---- changed pictures and layers

constexpr size_t kWindow = 5, kStride = 3;

Planes covered(const Case& at, size_t top, size_t left, float byte) {
  Planes out = at.x;
  for (size_t c = 0; c < kColours; ++c) {
    for (size_t y = top; y < std::min(top + kWindow, kHeight); ++y) {
      for (size_t x = left; x < std::min(left + kWindow, kWidth); ++x)
        out.at(c, y, x) = double{at.preprocessing.value_of_byte(byte, static_cast<int>(c))};
    }
  }
  return out;
}

// Windows from 0 on, until one of them reaches the border.
Want occlusion(const Case& at) {
  const double whole = logit(at);
  std::vector<double> sum(at.x.pixels()), count(at.x.pixels());
  for (size_t top = 0; top < kHeight - kWindow + kStride; top += kStride) {
    for (size_t left = 0; left < kWidth - kWindow + kStride; left += kStride) {
      const double fall = whole - logit(at, covered(at, top, left, 128));
      for (size_t i = 0; i < sum.size(); ++i) {
        const size_t y = i / kWidth, x = i % kWidth;
        if (y < top || y >= top + kWindow || x < left || x >= left + kWindow) continue;
        sum[i] += fall, count[i] += 1;
      }
    }
  }
  for (size_t i = 0; i < sum.size(); ++i) sum[i] /= std::max(count[i], 1.0);
  return {{}, sum, {{"Score (logit), nothing covered", whole}}, {}};
}

Want occluded_picture(const Case& at) {
  return {{}, {}, {{"Score (logit) of the class", logit(at, covered(at, 9, 4, 255))}}, {}};
}

constexpr double kLeft = 0.25;
Want ablation(const Case& at) {
  const Layer l = layer_of(at);
  Planes weakened = l.a, taken(l.a.channels, l.a.height, l.a.width);
  for (const size_t c : {1u, 3u}) {
    for (size_t i = c * l.a.pixels(); i < (c + 1) * l.a.pixels(); ++i) {
      weakened.values[i] *= kLeft;
      taken.values[i] = (1 - kLeft) * l.a.values[i];
    }
  }
  return {{},
          enlarged(over_channels(taken), l.a.height, l.a.width, false),
          {{"Score (logit) before", l.score}, {"Score (logit) after", score_from(at, weakened)}},
          {}};
}

Want layer_gradient_x_activation(const Case& at) {
  const Layer l = layer_of(at);
  const Planes units = product(l.a, l.g);
  double sum = 0;
  for (const double value : units.values) sum += value;
  return {by_place(units),
          enlarged(over_channels(units), l.a.height, l.a.width, false),
          {{"Sum over the layer", sum}},
          {}};
}

Want layer_contributions(const Case& at) {
  Want out{{}, input_x_gradient(at).map, {{"Score (logit) of the class", logit(at)}}, {}};
  for (const char* name : {"first", "second"}) {
    Case layer = at;
    layer.layer = name;
    out.contributions[name] = layer_gradient_x_activation(layer).figures["Sum over the layer"];
  }
  return out;
}

// Its seeds by counting, its cut by GrabCut, which has tests of its own, and its largest part by
// spreading from every pixel.
Want segmentation(const Case& at) {
  const std::vector<double> map = gradient(at).map;
  std::vector<Seed> seeds;
  for (size_t i = 0; i < map.size(); ++i) {
    double below = 0;
    for (size_t k = 0; k < map.size(); ++k) below += map[k] < map[i] || (map[k] == map[i] && k < i);
    const double share = (below + 0.5) / static_cast<double>(map.size());
    seeds.push_back(share > 0.75   ? Seed::kProbablyForeground
                    : share < 0.25 ? Seed::kProbablyBackground
                                   : Seed::kUnknown);
  }
  auto cut = GrabCut::of(at.picture, seeds, kSeed);
  EXPECT_TRUE(cut.has_value());
  cut->step();
  const std::vector<uint8_t> mask = cut->foreground();
  std::vector<size_t> part(mask.size());  // the smallest index that can be reached
  for (size_t i = 0; i < part.size(); ++i) part[i] = i;
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < mask.size(); ++i) {
      for (const size_t k : {i + 1, i + kWidth}) {
        if (k >= mask.size() || (k == i + 1 && k % kWidth == 0) || mask[i] == 0 || mask[k] == 0 ||
            part[i] == part[k])
          continue;
        part[i] = part[k] = std::min(part[i], part[k]);
        changed = true;
      }
    }
  }
  std::map<size_t, double> sizes;
  for (size_t i = 0; i < mask.size(); ++i) sizes[part[i]] += mask[i];
  const size_t largest =
      std::ranges::max_element(sizes, {}, [](const auto& s) { return s.second; })->first;
  Want out;
  for (size_t i = 0; i < mask.size(); ++i)
    out.map.push_back(mask[i] != 0 && part[i] == largest ? 1 : 0);
  out.figures["Energy of the cut"] = cut->energy();
  return out;
}

}  // namespace

const std::map<std::string_view, Twin>& twins() {
  static const std::map<std::string_view, Twin> kTwins = {
      {"ablation", {ablation, {{"left", kLeft}}, {1, 3}}},
      {"ablation_cam", {ablation_cam}},
      {"cam", {cam}},
      {"deconvnet", {deconvnet}},
      {"eigen_cam", {eigen_cam}},
      {"eigen_grad_cam", {eigen_grad_cam}},
      {"grad_cam", {grad_cam}},
      {"grad_cam_pp", {grad_cam_pp}},
      {"gradient", {gradient}},
      {"guided_backprop", {guided_backprop}},
      {"guided_grad_cam", {guided_grad_cam}},
      {"hires_cam", {hires_cam}},
      {"input_x_gradient", {input_x_gradient}},
      {"integrated_gradients", {integrated_gradients, {{"steps", kSteps}, {"baseline", 1}}}},
      {"layer_cam", {layer_cam}},
      {"layer_contributions", {layer_contributions}},
      {"layer_gradient_x_activation", {layer_gradient_x_activation}},
      {"occluded_picture",
       {occluded_picture, {{"window", kWindow}, {"row", 9}, {"column", 4}, {"baseline", 2}}}},
      {"occlusion", {occlusion, {{"window", kWindow}, {"stride", kStride}, {"baseline", 0}}}},
      {"random_cam", {random_cam}},
      {"score_cam", {score_cam}},
      {"segmentation",
       {segmentation, {{"foreground", 0.75}, {"background", 0.25}, {"iterations", 1}}}},
      {"smoothgrad", {smoothgrad, {{"samples", kSamples}, {"noise", kNoise}}}},
      {"vargrad", {vargrad, {{"samples", kSamples}, {"noise", kNoise}}}},
      {"xgrad_cam", {xgrad_cam}},
  };
  return kTwins;
}

}  // namespace convscope
