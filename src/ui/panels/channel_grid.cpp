#include "ui/panels/channel_grid.h"

#include <algorithm>
#include <numeric>

#include "ui/widgets/picture.h"
#include "ui/widgets/state.h"

namespace convscope {

int32_t channel_grid(Ui& ui, const LayerInfo& layer, const ChannelGrid& grid) {
  ui.requests.want("activations", GetActivations{.layer = layer.name});
  const bool have = ui.vm.activations && ui.vm.activations->layer == layer.name;
  if (waiting(ui, "activations", have, ImVec2(ImGui::GetContentRegionAvail().x, 120))) return -1;
  const Activations& a = *ui.vm.activations;
  const float* ranges = a.ranges.floats();
  std::vector<int32_t> order(static_cast<size_t>(a.channels));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t x, int32_t y) { return ranges[2 * x + 1] > ranges[2 * y + 1]; });
  const auto channel_of = [&](int i) { return order[static_cast<size_t>(i)]; };
  const Stack stack =
      ui.textures.planes(a.values, PixelFormat::kValueF32, a.channels, a.height, a.width);
  const float tile = ui.touch ? 52 : 46;
  const TileGridResult result = tile_grid(
      ui, grid.key,
      {.count = a.channels,
       .tile_width = tile,
       .tile_height = tile,
       .gap = 7,
       .label = grid.label,
       .draw =
           [&](ImDrawList* list, int i, ImVec2 min, ImVec2 max) {
             const int32_t c = channel_of(i);
             const Box box = box_within(stack, min, max);
             draw_plane(ui, list, stack, c,
                        {.low = std::min(0.0f, ranges[2 * c]),
                         .high = std::max(1e-12f, ranges[2 * c + 1])},
                        box.min, box.max);
             if (grid.is_chosen(c)) draw_selection(ui, list, min, max, kSmallRadius);
           },
       .tile_label =
           [&](int i) {
             const int32_t c = channel_of(i);
             return ui.tr(grid.is_chosen(c) ? S::kDreamChosen : S::kChannelNumber,
                          {std::to_string(c)});
           },
       .tile_key =
           [&](int i) { return std::string(grid.channel_key) + std::to_string(channel_of(i)); }});
  return result.pressed < 0 ? -1 : channel_of(result.pressed);
}

}  // namespace convscope
