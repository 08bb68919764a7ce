// What measures of faithfulness promise, against the slow way in which the papers write them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/rng.h"
#include "explain/removal.h"
#include "explain/road.h"

namespace convscope {
namespace {

std::vector<float> random_values(size_t count, Rng& rng, float low = -1, float high = 1) {
  std::vector<float> out(count);
  for (float& value : out) value = rng.uniform(low, high);
  return out;
}

// The area under deletion or insertion, one pixel a step, of the network Σ w x.
double area(std::span<const float> map, std::span<const float> picture,
            std::span<const float> weights, bool deletion) {
  const std::vector<int32_t> order = order_of(map);
  const std::vector<float> zero(picture.size());
  std::vector<float> xs, ys, now(picture.size());
  for (size_t k = 0; k <= order.size(); ++k) {
    const std::span<const int32_t> first = std::span<const int32_t>(order).first(k);
    replace_pixels(deletion ? picture : std::span<const float>(zero),
                   deletion ? std::span<const float>(zero) : picture, first, 1, now);
    xs.push_back(static_cast<float>(k) / static_cast<float>(order.size()));
    ys.push_back(std::inner_product(now.begin(), now.end(), weights.begin(), 0.0f));
  }
  return area_under(xs, ys);
}

TEST(Faithfulness, NoOrderBeatsTheContributionsOfAnAdditiveNetwork) {
  Rng rng(5);
  for (int round = 0; round < 20; ++round) {
    const std::vector<float> picture = random_values(40, rng), weights = random_values(40, rng);
    std::vector<float> perfect(40);
    for (size_t i = 0; i < 40; ++i) perfect[i] = picture[i] * weights[i];
    const double deletion = area(perfect, picture, weights, true),
                 insertion = area(perfect, picture, weights, false);
    for (int other = 0; other < 20; ++other) {
      const std::vector<float> map = random_values(40, rng);
      EXPECT_LE(deletion, area(map, picture, weights, true) + 1e-5);
      EXPECT_GE(insertion, area(map, picture, weights, false) - 1e-5);
    }
  }
}

TEST(Faithfulness, OrdersAndAreasAreThePapers) {
  const std::vector<float> map = {0, 3, -1, 3, 2};
  EXPECT_EQ(order_of(map), (std::vector<int32_t>{1, 3, 4, 0, 2}));
  const std::vector<float> xs = {0, 0.25f, 0.5f, 0.75f, 1}, ys = {1, 0.5f, 0.25f, 0, 0.5f};
  // RISE: (Σ − first/2 − last/2) / (points − 1)
  EXPECT_NEAR(area_under(xs, ys), (2.25 - 0.5 - 0.25) / 4, 1e-7);
  const std::vector<float> flat(5, 0.3f);
  EXPECT_NEAR(area_under(xs, flat), 0.3, 1e-7);
  const std::vector<float> scaled = scaled_to_one(map);
  EXPECT_EQ(scaled, (std::vector<float>{0.25f, 1, 0, 1, 0.75f}));
  EXPECT_EQ(scaled_to_one(flat), std::vector<float>(5, 0));
}

TEST(Faithfulness, RankCorrelationFollowsTheOrderAlone) {
  Rng rng(7);
  const std::vector<float> x = random_values(101, rng);
  std::vector<float> grown = x, turned = x;
  for (size_t i = 0; i < x.size(); ++i) grown[i] = std::exp(3 * x[i]), turned[i] = -x[i];
  EXPECT_NEAR(rank_correlation(x, grown), 1, 1e-12);
  EXPECT_NEAR(rank_correlation(x, turned), -1, 1e-12);
  const std::vector<float> constant(101, 2);
  EXPECT_EQ(rank_correlation(x, constant), 0);
  // 1 − 6 Σ d² / (n (n² − 1)), where no two are equal.
  const std::vector<float> y = random_values(101, rng);
  double squares = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const auto rank = [](const std::vector<float>& of, float value) {
      return static_cast<double>(std::ranges::count_if(of, [&](float v) { return v < value; }));
    };
    squares += std::pow(rank(x, x[i]) - rank(y, y[i]), 2);
  }
  EXPECT_NEAR(rank_correlation(x, y), 1 - 6 * squares / (101.0 * (101.0 * 101.0 - 1)), 1e-12);
}

// Every filled pixel is the weighted mean of its neighbours: checked by relaxation until nothing
// moves any more, from another start.
TEST(Faithfulness, FilledPixelsAreTheMeanOfTheirNeighbours) {
  Rng rng(11);
  for (const auto& [height, width, channels, share] :
       {std::tuple<int64_t, int64_t, int64_t, float>{9, 12, 3, 0.5f},
        {1, 20, 1, 0.7f},
        {16, 7, 4, 0.95f},
        {40, 33, 3, 0.9f}}) {
    const auto pixels = static_cast<size_t>(height * width);
    const auto colours = static_cast<size_t>(channels);
    const std::vector<float> picture = random_values(pixels * colours, rng, -2, 3);
    std::vector<int32_t> removed;
    for (size_t i = 1; i < pixels; ++i) {
      if (rng.uniform() < share) removed.push_back(static_cast<int32_t>(i));
    }
    std::ranges::reverse(removed);  // its order must not matter
    std::vector<float> got = picture;
    const Imputation solved = impute(got, height, width, channels, removed, 0, rng);
    EXPECT_LE(solved.residual, 1e-6);
    std::vector<bool> is_removed(pixels);
    for (const int32_t i : removed) is_removed[static_cast<size_t>(i)] = true;
    std::vector<double> slow(picture.begin(), picture.end());
    for (int sweep = 0; sweep < 3000; ++sweep) {
      for (int64_t i = 0; i < height * width; ++i) {
        if (!is_removed[static_cast<size_t>(i)]) continue;
        for (size_t c = 0; c < colours; ++c) {
          double sum = 0, weights = 0;
          for (int64_t dy = -1; dy <= 1; ++dy) {
            for (int64_t dx = -1; dx <= 1; ++dx) {
              const int64_t y = i / width + dy, x = i % width + dx;
              if ((dy == 0 && dx == 0) || y < 0 || x < 0 || y >= height || x >= width) continue;
              const double weight = dy == 0 || dx == 0 ? 1.0 / 6 : 1.0 / 12;
              sum += weight * slow[static_cast<size_t>(y * width + x) * colours + c];
              weights += weight;
            }
          }
          slow[static_cast<size_t>(i) * colours + c] = sum / weights;
        }
      }
    }
    for (size_t i = 0; i < got.size(); ++i) {
      ASSERT_NEAR(double(got[i]), slow[i], 1e-4) << height << "×" << width << " at " << i;
      if (!is_removed[i / colours]) ASSERT_EQ(got[i], picture[i]) << "known pixels stay";
    }
  }
}

TEST(Faithfulness, NothingKnownIsFilledWithTheMeanColour) {
  Rng rng(1);
  std::vector<float> picture(12, 3);
  const std::vector<int32_t> all = {0, 1, 2, 3};
  impute(picture, 2, 2, 3, all, 0, rng);
  EXPECT_EQ(picture, std::vector<float>(12, 0));
  // … and what is filled in has the noise that was asked for.
  std::vector<float> large(100 * 100, 1);
  std::vector<int32_t> most(large.size() - 1);
  std::iota(most.begin(), most.end(), 1);
  impute(large, 100, 100, 1, most, 0.01f, rng);
  double sum = 0, squares = 0;
  for (const float value : large) {
    sum += double(value) - 1;
    squares += (double(value) - 1) * (double(value) - 1);
  }
  EXPECT_NEAR(sum / 1e4, 0, 5e-4);
  EXPECT_NEAR(std::sqrt(squares / 1e4), 0.01, 5e-4);
}

TEST(Faithfulness, AsManyPixelsAreLeftAsNumPysPercentileLeaves) {
  // numpy.percentile(range(n), p): how many of range(n) are below it.
  EXPECT_EQ(pixels_left(238, 10), 24u);  // 23.7
  EXPECT_EQ(pixels_left(101, 30), 30u);  // 30 itself
  EXPECT_EQ(pixels_left(1, 90), 0u);
  EXPECT_EQ(pixels_left(50176, 50), 25088u);  // 25087.5
}

}  // namespace
}  // namespace convscope
