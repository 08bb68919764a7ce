// The states of a panel that has nothing to show yet: empty, running, failed. Each says in words
// what happens.
#pragma once

#include <string_view>

#include "ui/ui.h"

namespace convscope {

// Draws the slot's state where there is no snapshot to show: a calm skeleton of `size` while it
// runs, the error's sentence with "Try again" where it failed. True if the caller has nothing to
// draw (no snapshot).
bool waiting(Ui& ui, std::string_view slot, bool has_snapshot, ImVec2 size);
// A rounded box where a picture will be.
void skeleton(Ui& ui, ImVec2 size, std::string_view words = {});

}  // namespace convscope
