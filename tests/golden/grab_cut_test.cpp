// GrabCut beside OpenCV's on pictures that both programs draw from the same formula
// (make_grab_cut_cases.py).
#include "image/grab_cut.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace convscope {
namespace {

constexpr int kWidth = 48, kHeight = 40;
// The two start their clusters of colours elsewhere; a pixel here and there may differ.
constexpr double kAgreement = 0.98;

int noise(int x, int y, int c) {
  uint32_t h = (static_cast<uint32_t>(x) * 73856093u) ^ (static_cast<uint32_t>(y) * 19349663u) ^
               (static_cast<uint32_t>(c) * 83492791u);
  h ^= h >> 13;
  h *= 0x5BD1E995u;
  h ^= h >> 15;
  return static_cast<int>(h % 41) - 20;
}

bool inside(int x, int y, int shrink = 1) {
  const int dx = shrink * (x - 24), dy = shrink * (y - 18);
  return dx * dx * 100 + dy * dy * 196 < 19600;
}

Image drawn() {
  Image image(kWidth, kHeight);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const int object[] = {200, 90 + 2 * (x % 16), 60}, around[] = {90 + x, 110, 130 - y};
      for (int c = 0; c < 3; ++c) {
        const int base = inside(x, y) ? object[c] : around[c];
        image.pixel(x, y)[c] = static_cast<uint8_t>(std::clamp(base + noise(x, y, c), 0, 255));
      }
    }
  }
  return image;
}

std::vector<Seed> seeds(const std::string& kind) {
  std::vector<Seed> out;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      bool object = inside(x, y, 2);
      if (kind == "wrong") object = object || (x < 4 && y > 30);
      if (kind == "box") object = x >= 6 && x < 42 && y >= 4 && y < 32;
      out.push_back(object          ? Seed::kProbablyForeground
                    : kind == "box" ? Seed::kBackground
                                    : Seed::kProbablyBackground);
    }
  }
  return out;
}

struct Case {
  std::string kind;
  int iterations = 0;
  std::vector<uint8_t> mask;
};

std::vector<Case> read_cases() {
  const std::string here = __FILE__;
  std::ifstream file(here.substr(0, here.rfind('/')) + "/grab_cut_cases.txt");
  if (!file) file.open("tests/golden/grab_cut_cases.txt");
  std::vector<Case> out;
  for (std::string text; std::getline(file, text);) {
    if (text.starts_with("case ")) {
      std::istringstream line(text.substr(5));
      line >> out.emplace_back().kind >> out.back().iterations;
      continue;
    }
    for (const char c : text) out.back().mask.push_back(c == '1');
  }
  return out;
}

TEST(GrabCut, CutsAsOpenCv) {
  const std::vector<Case> cases = read_cases();
  ASSERT_EQ(cases.size(), 6u);
  for (const Case& test : cases) {
    SCOPED_TRACE(test.kind + " " + std::to_string(test.iterations));
    auto cut = GrabCut::of(drawn(), seeds(test.kind));
    ASSERT_TRUE(cut.has_value());
    for (int i = 0; i < test.iterations; ++i) ASSERT_TRUE(cut->step());
    const std::vector<uint8_t> mask = cut->foreground();
    ASSERT_EQ(mask.size(), test.mask.size());
    double both = 0, either = 0;
    for (size_t i = 0; i < mask.size(); ++i) {
      both += mask[i] & test.mask[i];
      either += mask[i] | test.mask[i];
    }
    EXPECT_GE(both / either, kAgreement);
  }
}

}  // namespace
}  // namespace convscope
