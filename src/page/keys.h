// Names of keys (KeyboardEvent.code) in Dear ImGui's terms.
#pragma once

#include <string_view>

#include "imgui.h"

namespace convscope {

// ImGuiKey_None where Dear ImGui knows no such key.
ImGuiKey key_of(std::string_view code);

}  // namespace convscope
