// ROAD, the drop in confidence and rank correlations beside pytorch-grad-cam's and SciPy's, on
// arrays that both programs make from the same formula (make_faithfulness_cases.py).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "explain/removal.h"
#include "explain/road.h"

namespace convscope {
namespace {

constexpr size_t kHeight = 14, kWidth = 17, kChannels = 3, kPixels = kHeight * kWidth;
// The library solves directly and stores float32; here the residual is 1e-6.
constexpr float kFilledTolerance = 2e-5f;
constexpr double kScoreTolerance = 1e-3;  // of a sum of 714 products

std::vector<float> plane(size_t count, uint32_t stream) {
  std::vector<float> out(count);
  for (size_t i = 0; i < count; ++i) {
    uint32_t h = (static_cast<uint32_t>(i) * 73856093u) ^ (stream * 83492791u);
    h ^= h >> 13;
    h *= 0x5BD1E995u;
    h ^= h >> 15;
    out[i] = static_cast<float>(h & 0xFFFF) / 65536;
  }
  return out;
}

class FaithfulnessCases : public testing::Test {
 protected:
  FaithfulnessCases() {
    const std::string here = __FILE__;
    std::ifstream file(here.substr(0, here.rfind('/')) + "/faithfulness_cases.txt");
    if (!file) file.open("tests/golden/faithfulness_cases.txt");
    for (std::string text; std::getline(file, text);) {
      std::istringstream line(text);
      std::string name, word;
      line >> name;
      for (int words = name == "filled" ? 2 : name == "spearman" ? 1 : 0; words > 0; --words) {
        line >> word;
        name += " " + word;
      }
      for (double value; line >> value;) cases_[name].push_back(value);
    }
    for (float& value : picture_) value = value * 4 - 2;
    for (float& value : weights_) value -= 0.25f;
  }
  // As the method removes: the map's order, less the pixels that stay.
  std::vector<float> filled(bool most, int percentile) {
    const std::vector<int32_t> order = order_of(map_);
    const size_t left = pixels_left(kPixels, percentile);
    const std::span<const int32_t> all(order);
    std::vector<float> out = picture_;
    Rng rng(1);
    const Imputation solved = impute(out, kHeight, kWidth, kChannels,
                                     most ? all.first(kPixels - left) : all.subspan(left), 0, rng);
    EXPECT_LE(solved.residual, 1e-6);
    return out;
  }
  double score(std::span<const float> picture) {
    double sum = 0;
    for (size_t i = 0; i < picture.size(); ++i) sum += double(picture[i]) * double(weights_[i]);
    return sum;
  }

  std::map<std::string, std::vector<double>> cases_;
  std::vector<float> picture_ = plane(kPixels * kChannels, 1), map_ = plane(kPixels, 2),
                     weights_ = plane(kPixels * kChannels, 3);
};

TEST_F(FaithfulnessCases, FillsInAsTheLibrary) {
  for (const bool most : {true, false}) {
    for (const int percentile : {10, 50, 80}) {
      const std::string name =
          std::string("filled ") + (most ? "most " : "least ") + std::to_string(percentile);
      const std::vector<double>& want = cases_[name];
      const std::vector<float> got = filled(most, percentile);
      ASSERT_EQ(want.size(), got.size()) << name;
      for (size_t i = 0; i < got.size(); ++i)
        ASSERT_NEAR(got[i], want[i], kFilledTolerance) << name << " " << i;
    }
  }
}

TEST_F(FaithfulnessCases, ScoresAsTheLibrary) {
  const std::vector<double>& want = cases_["road"];
  ASSERT_EQ(want.size(), 19u);
  double mean[2] = {};
  for (size_t i = 0; i < 18; ++i) {
    const double got = score(filled(i < 9, static_cast<int>(10 + i % 9 * 10)));
    EXPECT_NEAR(got, want[i], kScoreTolerance) << i;
    mean[i / 9] += got / 9;
  }
  EXPECT_NEAR((mean[1] - mean[0]) / 2, want[18], kScoreTolerance);
}

TEST_F(FaithfulnessCases, ConfidenceDropsAsInTheLibrary) {
  const std::vector<double>& want = cases_["confidence"];
  ASSERT_EQ(want.size(), 3u);
  std::vector<float> masked(picture_.size());
  multiply_by_map(picture_, map_, masked);
  EXPECT_NEAR(score(picture_), want[0], 1e-5);
  EXPECT_NEAR(score(masked), want[1], 1e-5);
  EXPECT_NEAR(std::max(0.0, score(picture_) - score(masked)), want[2], 1e-5);
}

TEST_F(FaithfulnessCases, RanksCorrelateAsInSciPy) {
  const std::vector<float> other = plane(kPixels, 4);
  std::vector<float> sum = map_, few = map_, few_of_sum = map_;
  for (size_t i = 0; i < kPixels; ++i) {
    sum[i] = map_[i] + other[i];
    few[i] = std::floor(map_[i] * 5);
    few_of_sum[i] = std::floor(sum[i] * 3);
  }
  EXPECT_NEAR(rank_correlation(map_, other), cases_["spearman unrelated"].at(0), 1e-8);
  EXPECT_NEAR(rank_correlation(map_, sum), cases_["spearman related"].at(0), 1e-8);
  EXPECT_NEAR(rank_correlation(few, few_of_sum), cases_["spearman tied"].at(0), 1e-8);
}

}  // namespace
}  // namespace convscope
