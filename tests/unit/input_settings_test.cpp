// The text of input settings, as the command line takes it and the page remembers it.
#include "protocol/input_settings.h"

#include <gtest/gtest.h>

namespace convscope {
namespace {

TEST(InputSettings, TextComesBack) {
  for (const InputSettings& settings :
       {InputSettings{},
        InputSettings{.order = InputOrder::kBgr, .mean = {104, 117, 123}, .squash = true},
        InputSettings{.order = InputOrder::kGray,
                      .mean = {255, 255, 255},
                      .deviation = {-255, -255, -255},
                      .resize = 32,
                      .height = 32,
                      .width = 64}}) {
    const auto again = read_input_settings(settings.text());
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_EQ(*again, settings) << settings.text();
  }
}

TEST(InputSettings, HeightComesBeforeWidth) {
  const auto tall = read_input_settings("side=256x128");
  ASSERT_TRUE(tall.has_value());
  EXPECT_EQ(tall->height, 256);
  EXPECT_EQ(tall->width, 128);
  EXPECT_EQ(tall->text().substr(tall->text().rfind(' ')), " side=256x128");
  const auto square = read_input_settings("side=64", *tall);
  EXPECT_EQ(square->height, 64);
  EXPECT_EQ(square->width, 64);
}

TEST(InputSettings, TheCentreLiesWithinTheResizedPicture) {
  EXPECT_EQ(read_input_settings("resize=squash:100 side=300x200")->resize, 200);
  EXPECT_EQ(read_input_settings("resize=squash:250 side=300x200")->resize, 250);
}

TEST(InputSettings, EachMistakeHasItsSentence) {
  const auto message = [](std::string_view text) {
    const auto read = read_input_settings(text);
    return read ? std::string() : read.error().message;
  };
  EXPECT_EQ(message("order=cmyk"), "order=cmyk cannot be used, want rgb, bgr or gray");
  EXPECT_EQ(message("side=7"),
            "side=7 cannot be used, want a whole number from 8 to 2048, or two as HEIGHTxWIDTH");
  EXPECT_EQ(message("side=64x"),
            "side=64x cannot be used, want a whole number from 8 to 2048, or two as HEIGHTxWIDTH");
  EXPECT_EQ(
      message("side=64x64x64"),
      "side=64x64x64 cannot be used, want a whole number from 8 to 2048, or two as HEIGHTxWIDTH");
  EXPECT_EQ(message("mean=1,2"),
            "mean=1,2 cannot be used, want one number or three, like 104,117,123");
  EXPECT_EQ(message("std=0"), "std=0 cannot be used, want one number or three, none of them 0");
  EXPECT_EQ(message("speed"), "'speed' says nothing, want parts like side=224");
}

}  // namespace
}  // namespace convscope
