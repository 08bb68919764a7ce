// Both networks of the golden data, and how arrays are compared with it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "engine/network.h"
#include "golden/npz.h"
#include "tensor/tensor.h"

namespace convscope {

inline std::optional<std::vector<uint8_t>> file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(file), {});
}

inline std::string folder(const char* variable, const char* fallback) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != 0 ? value : fallback;
}

struct GoldenNetwork {
  const char* name;  // of the test
  const char* model;
  const char* format;
  const char* path_variable;  // folder of the model's file
  const char* default_folder;
  const char* file;
  const char* golden;  // "squeezenet_v1.0.": file name up to the photo's number
  const char* golden2;
  const char* dream;   // layer of dream_gradient
  const char* dream2;  // of the second set's
};

inline void PrintTo(const GoldenNetwork& network, std::ostream* out) { *out << network.name; }

// EfficientNet-Lite0 is checked with its weights in full precision: the page's 16 bits move logits
// by some 1e-3.
inline constexpr GoldenNetwork kGoldenNetworks[] = {
    {"SqueezeNet", "squeezenet-1.0", "net", "CONVSCOPE_MODELS", "build/models",
     "compressed_SqueezeNet.net", "squeezenet_v1.0.", "set2/squeezenet", "fire5", "fire6"},
    {"EfficientNetLite0", "efficientnet-lite0", "csb", "CONVSCOPE_EXACT_MODELS",
     "build/models-exact", "efficientnet-lite0.f32.csb", "efficientnet_lite0.", "set2/efflite0",
     "block5", "block10e"},
};

struct Comparison {
  double relative_l2, cosine;
};
inline Comparison compare(std::span<const float> got, std::span<const float> want) {
  double difference = 0, got_norm = 0, want_norm = 0, dot = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    difference += std::pow(double{got[i]} - double{want[i]}, 2);
    got_norm += double{got[i]} * double{got[i]};
    want_norm += double{want[i]} * double{want[i]};
    dot += double{got[i]} * double{want[i]};
  }
  return {std::sqrt(difference / want_norm), dot / std::sqrt(got_norm * want_norm)};
}

inline void expect_gradient(std::span<const float> got, std::span<const float> want,
                            double tolerance, double least_cosine, const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  const Comparison c = compare(got, want);
  std::printf("  %s: relative L2 %.2e, 1 - cosine %.2e\n", what.c_str(), c.relative_l2,
              1 - c.cosine);
  EXPECT_LE(c.relative_l2, tolerance) << what;
  EXPECT_GE(c.cosine, least_cosine) << what;
}

inline void expect_forward(std::span<const float> got, std::span<const float> want,
                           const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  float largest = 0;
  for (const float value : want) largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < want.size(); ++i)
    ASSERT_NEAR(got[i], want[i], 1e-4f * largest) << what << " element " << i;
}

// |got - want| is at most a share of the largest value.
inline void expect_within(std::span<const float> got, std::span<const float> want, double tolerance,
                          const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  float largest = 0, worst = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    largest = std::max(largest, std::abs(want[i]));
    worst = std::max(worst, std::abs(got[i] - want[i]));
  }
  std::printf("  %s: worst %.2e of %.3g\n", what.c_str(), double{worst}, double{largest});
  EXPECT_LE(double{worst}, tolerance * double{largest}) << what;
}

class GoldenNetworks : public testing::TestWithParam<GoldenNetwork> {
 protected:
  void SetUp() override {
    const GoldenNetwork& c = GetParam();
    const auto bytes = file_bytes(folder(c.path_variable, c.default_folder) + "/" + c.file);
    if (!bytes)
      GTEST_SKIP() << c.file
                   << " is not there; run ./dev models (SqueezeNet's is downloaded, or "
                      "taken from the folder CONVSCOPE_DOWNLOADS)";
    ASSERT_TRUE(initialise_kernels().has_value());
    pool_ = ThreadPool::create(1);
    auto model = load_model(c.model, c.format, *bytes);
    ASSERT_TRUE(model.has_value()) << model.error().message;
    network_ = std::make_unique<Network>(*std::move(model), pool_.get());
  }
  void show(const GoldenArray& pixels, int64_t height, int64_t width, size_t offset = 0) {
    auto image = std::make_shared<Image>(static_cast<int>(width), static_cast<int>(height));
    for (size_t i = 0; i < image->rgb.size(); ++i)
      image->rgb[i] = static_cast<uint8_t>(pixels.values[offset + i]);
    const Status status = network_->set_picture(image, true);
    ASSERT_TRUE(status.has_value()) << status.error().message;
  }

  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<Network> network_;
};

inline std::vector<float> hwc_from_chw(std::span<const float> chw, size_t channels) {
  std::vector<float> out(chw.size());
  const size_t area = chw.size() / channels;
  for (size_t c = 0; c < channels; ++c) {
    for (size_t i = 0; i < area; ++i) out[i * channels + c] = chw[c * area + i];
  }
  return out;
}

inline std::vector<float> chw_from_hwc(std::span<const float> hwc, size_t channels) {
  std::vector<float> out(hwc.size());
  const size_t area = hwc.size() / channels;
  for (size_t c = 0; c < channels; ++c) {
    for (size_t i = 0; i < area; ++i) out[c * area + i] = hwc[i * channels + c];
  }
  return out;
}

// FᵀF / (C·H·W) of an activation F of H·W × C: every product of two channels.
inline std::vector<float> gram_matrix(std::span<const float> activation, size_t channels) {
  std::vector<double> sum(channels * channels);
  for (size_t at = 0; at < activation.size(); at += channels) {
    for (size_t a = 0; a < channels; ++a) {
      const double first{activation[at + a]};
      if (first == 0) continue;
      for (size_t b = a; b < channels; ++b)
        sum[a * channels + b] += first * double{activation[at + b]};
    }
  }
  std::vector<float> out(sum.size());
  for (size_t a = 0; a < channels; ++a) {
    for (size_t b = 0; b < channels; ++b) {
      out[a * channels + b] = static_cast<float>(sum[std::min(a, b) * channels + std::max(a, b)] /
                                                 static_cast<double>(activation.size()));
    }
  }
  return out;
}

}  // namespace convscope
