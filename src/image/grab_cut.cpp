#include "image/grab_cut.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include "base/check.h"
#include "base/rng.h"
#include "image/max_flow.h"

namespace convscope {
namespace {

constexpr size_t kComponents = 5;
constexpr int kClusterRounds = 10;
constexpr double kGamma = 50;
constexpr double kCertain = 9 * kGamma;    // more than all edges of a pixel together
constexpr double kCapacityUnit = 1 << 20;  // capacities are whole numbers
constexpr int64_t kPathsAtOnce = 2000;
constexpr double kLeastVariance = 0.01;  // of bytes, where a component has one colour only

using Colour = std::array<double, 3>;

Colour colour_of(const Image& image, size_t pixel) {
  return {double(image.rgb[3 * pixel]), double(image.rgb[3 * pixel + 1]),
          double(image.rgb[3 * pixel + 2])};
}

double squared_distance(const Colour& a, const Colour& b) {
  double sum = 0;
  for (size_t c = 0; c < 3; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

// A normal distribution of colours with its share of the mixture.
class Gaussian {
 public:
  void add(const Colour& colour) {
    count_ += 1;
    for (size_t i = 0; i < 3; ++i) {
      sum_[i] += colour[i];
      for (size_t j = 0; j < 3; ++j) products_[i][j] += colour[i] * colour[j];
    }
  }
  void finish(double total) {
    weight_ = count_ / total;
    if (count_ == 0) return;
    std::array<Colour, 3> s;
    for (size_t i = 0; i < 3; ++i) mean_[i] = sum_[i] / count_;
    for (size_t i = 0; i < 3; ++i) {
      for (size_t j = 0; j < 3; ++j) s[i][j] = products_[i][j] / count_ - mean_[i] * mean_[j];
    }
    if (determinant(s) <= std::numeric_limits<double>::epsilon()) {
      for (size_t i = 0; i < 3; ++i) s[i][i] += kLeastVariance;
    }
    const double d = determinant(s);
    for (size_t i = 0; i < 3; ++i) {
      for (size_t j = 0; j < 3; ++j) {
        const size_t a = (j + 1) % 3, b = (j + 2) % 3, p = (i + 1) % 3, q = (i + 2) % 3;
        inverse_[i][j] = (s[a][p] * s[b][q] - s[a][q] * s[b][p]) / d;
      }
    }
    scale_ = 1 / std::sqrt(d);
  }
  // Without the constant (2π)^−3/2, which all share.
  double density(const Colour& colour) const {
    if (weight_ == 0) return 0;
    double exponent = 0;
    for (size_t i = 0; i < 3; ++i) {
      for (size_t j = 0; j < 3; ++j)
        exponent += (colour[i] - mean_[i]) * inverse_[i][j] * (colour[j] - mean_[j]);
    }
    return scale_ * std::exp(-0.5 * exponent);
  }
  double weight() const { return weight_; }

 private:
  static double determinant(const std::array<Colour, 3>& s) {
    return s[0][0] * (s[1][1] * s[2][2] - s[1][2] * s[2][1]) -
           s[0][1] * (s[1][0] * s[2][2] - s[1][2] * s[2][0]) +
           s[0][2] * (s[1][0] * s[2][1] - s[1][1] * s[2][0]);
  }
  double count_ = 0, weight_ = 0, scale_ = 0;
  Colour sum_{}, mean_{};
  std::array<Colour, 3> products_{}, inverse_{};
};

class Mixture {
 public:
  // From colours, each in its component.
  Mixture(std::span<const Colour> colours, std::span<const size_t> component) {
    for (size_t i = 0; i < colours.size(); ++i) parts_[component[i]].add(colours[i]);
    for (Gaussian& part : parts_) part.finish(static_cast<double>(colours.size()));
  }
  double cost(const Colour& colour) const {
    double density = 0;
    for (const Gaussian& part : parts_) density += part.weight() * part.density(colour);
    return -std::log(std::max(density, std::numeric_limits<double>::min()));
  }
  size_t likeliest(const Colour& colour) const {
    size_t best = 0;
    for (size_t k = 1; k < kComponents; ++k) {
      if (parts_[k].density(colour) > parts_[best].density(colour)) best = k;
    }
    return best;
  }

 private:
  std::array<Gaussian, kComponents> parts_;
};

// k-means with the start of Arthur & Vassilvitskii 2007 (k-means++): the cluster of each colour.
std::vector<size_t> clusters(std::span<const Colour> colours, Rng& rng) {
  std::vector<Colour> centres = {colours[rng.below(static_cast<uint32_t>(colours.size()))]};
  std::vector<double> nearest(colours.size(), std::numeric_limits<double>::max());
  while (centres.size() < kComponents) {
    double total = 0;
    for (size_t i = 0; i < colours.size(); ++i) {
      nearest[i] = std::min(nearest[i], squared_distance(colours[i], centres.back()));
      total += nearest[i];
    }
    double left = double(rng.uniform()) * total;
    size_t chosen = 0;
    while (chosen + 1 < colours.size() && (left -= nearest[chosen]) > 0) ++chosen;
    centres.push_back(colours[chosen]);
  }
  std::vector<size_t> cluster(colours.size());
  for (int round = 0; round < kClusterRounds; ++round) {
    std::array<Colour, kComponents> sum{};
    std::array<double, kComponents> count{};
    for (size_t i = 0; i < colours.size(); ++i) {
      size_t best = 0;
      for (size_t k = 1; k < kComponents; ++k) {
        if (squared_distance(colours[i], centres[k]) < squared_distance(colours[i], centres[best]))
          best = k;
      }
      cluster[i] = best;
      count[best] += 1;
      for (size_t c = 0; c < 3; ++c) sum[best][c] += colours[i][c];
    }
    for (size_t k = 0; k < kComponents; ++k) {
      for (size_t c = 0; count[k] > 0 && c < 3; ++c) centres[k][c] = sum[k][c] / count[k];
    }
  }
  return cluster;
}

// The four neighbours that come after a pixel in reading order, so that each pair is met once.
struct Step {
  int dx, dy;
};
constexpr Step kAhead[] = {{1, 0}, {-1, 1}, {0, 1}, {1, 1}};

template <typename Visit>
void each_pair(const Image& image, Visit visit) {
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      for (const Step& step : kAhead) {
        const int u = x + step.dx, v = y + step.dy;
        if (u < 0 || u >= image.width || v >= image.height) continue;
        const auto at = [&](int column, int row) {
          return static_cast<size_t>(row) * static_cast<size_t>(image.width) +
                 static_cast<size_t>(column);
        };
        visit(at(x, y), at(u, v), step.dx != 0 && step.dy != 0 ? std::numbers::sqrt2 : 1.0);
      }
    }
  }
}

bool is_certain(Seed seed) { return seed == Seed::kBackground || seed == Seed::kForeground; }
int64_t capacity(double cost) { return std::llround(cost * kCapacityUnit); }

int side_of(Seed seed) {
  if (seed == Seed::kUnknown) return -1;
  return seed == Seed::kForeground || seed == Seed::kProbablyForeground ? 1 : 0;
}

}  // namespace

class GrabCut::Cutter {
 public:
  Cutter(Image image, std::vector<Seed> seeds, uint64_t random_seed)
      : image_(std::move(image)), seeds_(std::move(seeds)), rng_(random_seed) {
    for (size_t i = 0; i < seeds_.size(); ++i) {
      colours_.push_back(colour_of(image_, i));
      side_.push_back(side_of(seeds_[i]));
    }
    double sum = 0, pairs = 0;
    each_pair(image_, [&](size_t a, size_t b, double) {
      sum += squared_distance(colours_[a], colours_[b]);
      pairs += 1;
    });
    beta_ = sum > 0 ? pairs / (2 * sum) : 0;
  }

  bool has(int side) const { return std::ranges::find(side_, side) != side_.end(); }

  bool begin_step() {
    if (!has(0) || !has(1)) return false;
    learn(background_, 0);
    learn(foreground_, 1);
    MaxFlow& flow = flow_.emplace(seeds_.size(), 4 * seeds_.size());
    energy_offset_ = 0;
    for (size_t i = 0; i < seeds_.size(); ++i) {
      double as_foreground = foreground_.back().cost(colours_[i]);
      double as_background = background_.back().cost(colours_[i]);
      if (is_certain(seeds_[i])) {
        as_foreground = seeds_[i] == Seed::kForeground ? 0 : kCertain;
        as_background = kCertain - as_foreground;
      }
      // Only the difference decides the cut, and costs may be below zero.
      const double least = std::min(as_foreground, as_background);
      energy_offset_ += least;
      flow.add_terminal(i, capacity(as_background - least), capacity(as_foreground - least));
    }
    each_pair(image_, [&](size_t a, size_t b, double distance) {
      const int64_t c = capacity(
          kGamma * std::exp(-beta_ * squared_distance(colours_[a], colours_[b])) / distance);
      flow.add_edge(a, b, c, c);
    });
    return true;
  }

  bool go_on() {
    if (!flow_->advance(kPathsAtOnce)) return false;
    energy_ = static_cast<double>(flow_->run()) / kCapacityUnit + energy_offset_;
    for (size_t i = 0; i < side_.size(); ++i) side_[i] = flow_->on_source_side(i) ? 1 : 0;
    flow_.reset();
    return true;
  }

  std::vector<uint8_t> foreground() const {
    std::vector<uint8_t> out(side_.size());
    std::ranges::transform(side_, out.begin(),
                           [](int side) { return static_cast<uint8_t>(side == 1); });
    return out;
  }
  double energy() const { return energy_; }

 private:
  void learn(std::vector<Mixture>& model, int side) {
    std::vector<Colour> colours;
    for (size_t i = 0; i < side_.size(); ++i) {
      if (side_[i] == side) colours.push_back(colours_[i]);
    }
    std::vector<size_t> component;
    if (model.empty()) {
      component = clusters(colours, rng_);
    } else {
      for (const Colour& colour : colours) component.push_back(model.back().likeliest(colour));
      model.clear();
    }
    model.emplace_back(colours, component);
  }

  Image image_;
  std::vector<Seed> seeds_;
  Rng rng_;
  std::vector<Colour> colours_;
  std::vector<int> side_;                         // 1 foreground, 0 background, −1 neither yet
  std::vector<Mixture> foreground_, background_;  // none before the first step, then one
  std::optional<MaxFlow> flow_;                   // of the step that has begun
  double beta_ = 0, energy_ = 0, energy_offset_ = 0;
};

GrabCut::GrabCut(std::unique_ptr<Cutter> cutter) : cutter_(std::move(cutter)) {}
GrabCut::GrabCut(GrabCut&&) noexcept = default;
GrabCut::~GrabCut() = default;
bool GrabCut::step() {
  if (!begin_step()) return false;
  while (!go_on()) {
  }
  return true;
}
bool GrabCut::begin_step() { return cutter_->begin_step(); }
bool GrabCut::go_on() { return cutter_->go_on(); }
std::vector<uint8_t> GrabCut::foreground() const { return cutter_->foreground(); }
double GrabCut::energy() const { return cutter_->energy(); }

Result<GrabCut> GrabCut::of(Image image, std::vector<Seed> seeds, uint64_t random_seed) {
  CHECK(seeds.size() * 3 == image.rgb.size());
  auto cutter = std::make_unique<Cutter>(std::move(image), std::move(seeds), random_seed);
  if (!cutter->has(0) || !cutter->has(1)) {
    return fail(ErrorCode::kInvalidArgument,
                "a picture is cut in two by the colours of both parts; mark some pixels of the "
                "foreground and some of the background");
  }
  return GrabCut(std::move(cutter));
}

std::vector<uint8_t> largest_component(std::span<const uint8_t> mask, int width, int height) {
  CHECK(mask.size() == static_cast<size_t>(width) * static_cast<size_t>(height));
  std::vector<uint8_t> out(mask.size()), met(mask.size());
  std::vector<size_t> largest;
  const auto w = static_cast<size_t>(width);
  for (size_t start = 0; start < mask.size(); ++start) {
    if (mask[start] == 0 || met[start] != 0) continue;
    std::vector<size_t> part = {start};
    met[start] = 1;
    for (size_t next = 0; next < part.size(); ++next) {
      const size_t at = part[next], x = at % w;
      const auto visit = [&](bool inside, size_t neighbour) {
        if (!inside || mask[neighbour] == 0 || met[neighbour] != 0) return;
        met[neighbour] = 1;
        part.push_back(neighbour);
      };
      visit(x > 0, at - 1);
      visit(x + 1 < w, at + 1);
      visit(at >= w, at - w);
      visit(at + w < mask.size(), at + w);
    }
    if (part.size() > largest.size()) largest = std::move(part);
  }
  for (const size_t at : largest) out[at] = 1;
  return out;
}

}  // namespace convscope
