// A layer's channels on this picture, laid out to choose from.
#pragma once

#include <functional>
#include <string_view>

#include "ui/ui.h"

namespace convscope {

struct ChannelGrid {
  std::string_view key, channel_key;  // "dream.grid", "dream.channel."
  std::string_view label;             // of the whole grid
  std::function<bool(int32_t)> is_chosen;
};
// Strongest first. The channel that was pressed; -1: none, or they are on their way.
int32_t channel_grid(Ui& ui, const LayerInfo& layer, const ChannelGrid& grid);

}  // namespace convscope
