// Dear ImGui's compile-time configuration (IMGUI_USER_CONFIG).
#pragma once

// WebGL2 draws 32-bit indices and has no base vertex: one list may hold as many vertices as it
// likes.
#define ImDrawIdx unsigned int
