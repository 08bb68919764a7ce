// What the methods share that say how much a layer and each of its channels add to a class's score.
#pragma once

#include <span>

#include "explain/cam.h"

namespace convscope {

inline constexpr size_t kTopChannels = 4096;  // that a result names

// Totals of the channels of a pixels × channels matrix.
std::vector<double> channel_sums(std::span<const float> units, size_t channels);
// The channels whose totals are farthest from 0, at most kTopChannels, the farthest first.
std::vector<Contribution> top_channels(std::span<const double> sums);

// A preview of what every unit of a layer adds (`units`: pixels × channels of `state`): the sum
// over channels as a map, enlarged to the input with its sign, the top channels, and the totals as
// figures.
MethodPreview contribution_preview(const MethodInfo& info, const MethodContext& context,
                                   const LayerState& state, std::span<const float> units,
                                   int32_t step, int32_t steps);
// The units themselves: the layer's height × width × channels.
Attribution units_of(const LayerState& state, std::span<const float> units);

extern const Method kAblation, kConductance, kLayerContributions, kLayerGradientXActivation;

}  // namespace convscope
