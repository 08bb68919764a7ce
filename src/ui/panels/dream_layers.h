// Which layers dream well, of the networks that ConvScope knows.
#pragma once

#include <optional>
#include <string_view>

#include "ui/ui.h"

namespace convscope {

// DeepDream's table of parameters with the initial values that suit the network now open.
MethodInfo dream_method(const Ui& ui, const MethodInfo& method);
// Whether a layer can be dreamt of: it must have a height and a width.
bool dreamable(const LayerInfo& layer);
// Where it dreams if nobody has chosen; null without a network.
const LayerInfo* dream_default_layer(const Ui& ui);
// Layers worth trying, in order; those that the network does not have are left out.
std::vector<const LayerInfo*> dream_suggestions(const Ui& ui);
// What usually grows there, in one sentence; a general one for layers nobody has tried.
std::string_view dream_tendency(const Ui& ui, const LayerInfo& layer);

}  // namespace convscope
