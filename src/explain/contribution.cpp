#include "explain/contribution.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace convscope {

std::vector<double> channel_sums(std::span<const float> units, size_t channels) {
  std::vector<double> sums(channels);
  for (size_t i = 0; i < units.size(); ++i) sums[i % channels] += double{units[i]};
  return sums;
}

std::vector<Contribution> top_channels(std::span<const double> sums) {
  std::vector<Contribution> all;
  for (size_t c = 0; c < sums.size(); ++c) all.push_back({"", static_cast<int32_t>(c), sums[c]});
  std::ranges::stable_sort(all, std::greater{},
                           [](const Contribution& c) { return std::abs(c.value); });
  all.resize(std::min(kTopChannels, all.size()));
  return all;
}

MethodPreview contribution_preview(const MethodInfo& info, const MethodContext& context,
                                   const LayerState& state, std::span<const float> units,
                                   int32_t step, int32_t steps) {
  const auto channels = static_cast<size_t>(state.channels);
  std::vector<float> places(state.pixels());
  for (size_t p = 0; p < places.size(); ++p) {
    double sum = 0;
    for (const float unit : units.subspan(p * channels, channels)) sum += double{unit};
    places[p] = static_cast<float>(sum);
  }
  const Shape& input = context.input.shape();
  MethodPreview out{.method = info.id, .step = step, .steps = steps};
  out.map =
      make_map(input[1], input[2], upsampled(places, state.height, state.width, input[1], input[2]),
               true, "logit");
  const std::vector<double> sums = channel_sums(units, channels);
  out.contributions = top_channels(sums);
  double adding = 0, taking = 0;
  for (const double sum : sums) (sum > 0 ? adding : taking) += sum;
  out.figures = {{{"Sum over the layer", "整层之和"}, adding + taking, ""},
                 {{"Channels that add", "增加分数的通道"}, adding, ""},
                 {{"Channels that take away", "减少分数的通道"}, taking, ""},
                 {{"Channels", "通道数"}, static_cast<double>(channels), ""}};
  if (is_blank(*out.map)) {
    out.diagnosis = {
        "The layer adds nothing to this class’s score on this picture. Choose a class that the "
        "network considers possible, or another layer.",
        "在这张图片上，这一层对该类别的分数没有贡献。请选择网络认为有可能的类别，或换一层。"};
  } else {
    out.diagnosis = diagnose_map(*out.map, MapShows::kEvidence);
  }
  return out;
}

Attribution units_of(const LayerState& state, std::span<const float> units) {
  return {static_cast<int32_t>(state.height), static_cast<int32_t>(state.width),
          static_cast<int32_t>(state.channels), Blob::copy_of(units.data(), units.size())};
}

}  // namespace convscope
