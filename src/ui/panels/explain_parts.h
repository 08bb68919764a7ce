// What the files of the lenses share that explain an answer by a map.
#pragma once

#include "ui/ui.h"
#include "ui/widgets/picture.h"

namespace convscope {

// --- the unit of a layer that a method projects back to the picture
// Whether the method begins at one unit where a layer is chosen.
bool projects_unit(const MethodInfo& method);
// Puts the chosen unit into the request, as far as the layer has it; null: there is no layer, so
// no unit either.
void aim(const Ui& ui, const LayerInfo* layer, RunMethod* request);
// The button beside the other choosers that lays the channels out, and these under the maps.
void unit_chooser(Ui& ui, const LayerInfo& layer);
void unit_picker(Ui& ui, const LayerInfo& layer);
// Row and column, in the inspector.
void unit_settings(Ui& ui, const MethodInfo& method, const LayerInfo& layer);

// A finished projection in words, and a frame around what its unit sees.
void unit_words(Ui& ui, const MethodSnapshot* run);
void draw_unit(const Ui& ui, const MethodSnapshot& run, const PictureResult& on);

// --- occlusion
// The picture without the place of that pixel, or of the last one where row is -1. The map need not
// be complete: the engine measures this place between two steps of it.
void covered_place(Ui& ui, const MethodInfo& occlusion, const MethodSnapshot& run, int row,
                   int column);

}  // namespace convscope
