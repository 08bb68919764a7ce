// The float picture that dreams are made of.
#include "imagine/field.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace convscope {
namespace {

Field random_field(int64_t height, int64_t width, uint64_t seed) {
  Field field = Field::zeros(height, width);
  Rng rng(seed);
  for (float& value : field.values) value = rng.uniform();
  return field;
}

TEST(Field, RollIsUndoneByItsInverse) {
  const Field field = random_field(7, 11, 1);
  for (const auto& [dy, dx] : {std::pair<int64_t, int64_t>{0, 0}, {3, -4}, {-7, 11}, {100, -250}}) {
    EXPECT_EQ(rolled(rolled(field, dy, dx), -dy, -dx).values, field.values);
  }
  const Field shifted = rolled(field, 1, 2);
  EXPECT_EQ(shifted.values[static_cast<size_t>((1 * 11 + 2) * 3)], field.values[0]);
}

TEST(Field, BlurKeepsConstantsAndMean) {
  Field flat = Field::zeros(9, 5);
  for (float& value : flat.values) value = 0.25f;
  for (float value : blurred(flat, 1.3f).values) EXPECT_NEAR(value, 0.25f, 1e-6f);
  EXPECT_EQ(blurred(flat, 0).values, flat.values);
}

TEST(Field, ResizeKeepsConstantsAndMean) {
  Field flat = Field::zeros(9, 5);
  for (float& value : flat.values) value = 0.75f;
  for (const auto& [h, w] : {std::pair<int64_t, int64_t>{3, 2}, {20, 31}, {9, 5}}) {
    const Field other = resized(flat, h, w);
    EXPECT_EQ(other.height, h);
    EXPECT_EQ(other.width, w);
    for (float value : other.values) EXPECT_NEAR(value, 0.75f, 1e-6f);
  }
  const Field noise = random_field(64, 64, 2);
  EXPECT_NEAR(mean_absolute(resized(noise, 32, 32)), mean_absolute(noise), 1e-2f);
}

TEST(Field, NetworkConversionIsTheNetworksOwnAndItsGradientTheChainRule) {
  Preprocessing bgr;
  bgr.order = ChannelOrder::kBgr;
  bgr.mean = {104, 117, 123};
  const Field field = random_field(2, 2, 3);
  std::vector<float> network(field.values.size());
  network_from_unit(bgr, field, network.data());
  EXPECT_NEAR(network[0], 255 * field.values[2] - 104, 1e-3f) << "the first channel is blue";
  EXPECT_NEAR(network[2], 255 * field.values[0] - 123, 1e-3f) << "the third is red";
  Field gradient = Field::zeros(2, 2);
  const std::vector<float> one_for_red = {0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  unit_gradient_from_network(bgr, one_for_red.data(), &gradient);
  EXPECT_EQ(gradient.values[0], 255);
  EXPECT_EQ(gradient.values[2], 0);
}

// The step that the gradient describes moves luma exactly as far.
TEST(Field, AGrayNetworkSeesLumaAndItsGradientIsGray) {
  const Preprocessing gray{
      .order = ChannelOrder::kGray, .mean = {33, 0, 0}, .standard_deviation = {78, 1, 1}};
  Field field = random_field(3, 5, 4);
  std::vector<float> network(15), moved(15);
  network_from_unit(gray, field, network.data());
  EXPECT_NEAR(
      network[0],
      (255 * (0.299f * field.values[0] + 0.587f * field.values[1] + 0.114f * field.values[2]) -
       33) /
          78,
      1e-5f);
  std::vector<float> up(15, 0);
  up[7] = 1;
  Field gradient = Field::zeros(3, 5);
  unit_gradient_from_network(gray, up.data(), &gradient);
  EXPECT_EQ(gradient.values[21], gradient.values[23]);
  EXPECT_EQ(gradient.values[0], 0);
  const float step = 0.01f;
  for (size_t i = 21; i < 24; ++i) field.values[i] += step;
  network_from_unit(gray, field, moved.data());
  EXPECT_NEAR(moved[7] - network[7], step * gradient.values[21], 1e-4f);
  EXPECT_EQ(moved[6], network[6]);
}

TEST(Field, PictureIsClampedAndOpaque) {
  Field field = Field::zeros(1, 1);
  field.values = {-0.5f, 0.5f, 1.5f};
  const Picture picture = picture_from(field);
  ASSERT_EQ(picture.rgba.size(), 4u);
  EXPECT_EQ(picture.rgba.data()[0], 0);
  EXPECT_EQ(picture.rgba.data()[1], 128);
  EXPECT_EQ(picture.rgba.data()[2], 255);
  EXPECT_EQ(picture.rgba.data()[3], 255);
}

}  // namespace
}  // namespace convscope
