// What the two files of the lens "Layer by layer" share.
#pragma once

#include <string_view>

#include "ui/ui.h"

namespace convscope {

// The method that says what each channel adds; null where the engine knows none.
const MethodInfo* contributing_method(const Ui& ui);
// Of that method, and of the network without what is switched off.
inline constexpr std::string_view kChannelsSlot = "contribution", kOffSlot = "contribution.off";

// What is switched off: of this layer, and where `off_channels` is empty the whole of it.
bool whole_layer_is_off(const Ui& ui, const LayerInfo& layer);
bool channel_is_off(const Ui& ui, const LayerInfo& layer, int channel);
// The latest answer of the network without it; null: nothing is off, or the answer is on its way.
const MethodPreview* answer_without(const Ui& ui, const LayerInfo& layer);

// Where on the picture the layer's part lies, and its channels, each of which a click switches off.
void layer_and_channels(Ui& ui, const MethodInfo& method, const LayerInfo& layer);

}  // namespace convscope
