// What methods share that give every colour of every pixel a number: how these become one number
// for each pixel, and the picture that stands for "nothing there".
#pragma once

#include "method/diagnosis.h"
#include "method/method.h"

namespace convscope {

// How the colours of a pixel become one number.
enum class Combine : uint8_t { kLargest, kSum, kMagnitude };

// The parameter "colours", a choice in the order of Combine.
ParameterInfo colours_parameter(Combine initial);
Combine combine_of(const MethodInfo& info, const RunMethod& request);

// The preview of an attribution (H × W × C values): its map, and the numbers themselves.
MethodPreview attribution_preview(const MethodInfo& info, const RunMethod& request,
                                  const Shape& input, std::span<const float> values, int32_t step,
                                  int32_t steps, std::string unit);
// The same from a view (1, H, W, C).
std::vector<float> dense_values(const TensorView& view);

// A picture without content, as the network sees it. Links hold these numbers.
enum class Baseline : uint8_t { kGray, kBlack, kWhite, kBlurred, kNoise, kZero, kMean };
ParameterInfo baseline_parameter();
// (1, H, W, C). Gray is the byte 128 in every colour; blurred is the input itself through a
// Gaussian of an eighth of its shorter side; noise is uniform over all bytes; zero is 0 after
// preprocessing, the mean colour of the training pictures for most networks; mean is the mean of
// this picture's pixels, each colour by itself.
Result<Tensor> baseline_picture(const MethodContext& context, Baseline kind, uint64_t seed);

Figure score_figure(double score);

// The words about the map of something that follows the score's slope.
void diagnose_slope(MethodPreview& preview, const MethodContext& context, MapShows shows,
                    double score);

}  // namespace convscope
