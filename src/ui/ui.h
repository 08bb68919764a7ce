// Ui: what every panel and widget is handed. Read this, then widgets/*.h, then write a panel.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "imgui.h"
#include "ui/host.h"
#include "ui/mirror.h"
#include "ui/requests.h"
#include "ui/strings.h"
#include "ui/textures.h"
#include "ui/theme.h"
#include "ui/view_model.h"
#include "ui/view_state.h"

namespace convscope {

// >= 900 px: rail, stage, inspector; >= 500: the side panels are sheets; else one column.
enum class Size : uint8_t { kWide, kMedium, kNarrow };

struct Fonts {
  ImFont* text = nullptr;
  ImFont* bold = nullptr;
};

struct Ui {
  const ViewModel& vm;
  ViewState& state;
  Requests& requests;
  Host& host;
  TextureBank& textures;
  Mirror& mirror;
  Theme theme;
  Fonts fonts;
  Size size = Size::kWide;
  double seconds = 0;  // of this frame, monotonic
  bool touch = false, reduced_motion = false;
  std::string source_url =
      {};  // of the repository's files, with a slash at its end; empty where it is not known
  // The layer and channel that were under the pointer in the last frame: rail and stage light up
  // together.
  std::string highlighted_layer = {};
  int highlighted_channel = -1;
  std::string dismissed_notice = {};  // taken by App at the end of the frame
  // Milliseconds until the next frame is wanted without any input: -1 none, 0 at once.
  int next_frame_ms = -1;

  std::string_view tr(S id) const { return text_of(id, state.language); }
  std::string tr(S id, std::initializer_list<std::string_view> arguments) const {
    return format(text_of(id, state.language), arguments);
  }
  std::string_view tr(const Text& text) const { return text_of(text, state.language); }

  // The names of the network's classes: those that the person chose, else those of its file, else
  // ImageNet's in the page's language. Empty where none fit.
  std::span<const std::string> labels() const;
  // The name of a class in the page's language ("class 281" until the names have come).
  std::string label(int class_index) const;
  // The class being asked about: the chosen one, or the network's first answer; -1 while there is
  // none.
  int target() const;
  // The layer the stage shows: state.layer if the network has it, else `fallback`, else its last
  // spatial layer.
  const LayerInfo* layer(std::string_view fallback = {}) const;

  void want_frame_in(int ms) {
    if (next_frame_ms < 0 || ms < next_frame_ms) next_frame_ms = ms;
  }
  // Moves smoothly (ease-out) to `goal` in about `time` seconds, remembered under `id`; wants
  // frames while it moves.
  float animate(ImGuiID id, float goal, float time = 0.18f);
  float animate(std::string_view key, float goal, float time = 0.18f);
  // 0 … 1 from the first frame in which this key is asked for (again); for things that fade in.
  float appear(std::string_view key, float time = 0.2f);

  struct Motion {
    float value = 0;
    int frame = 0;
  };
  std::unordered_map<ImGuiID, Motion> motions = {};
};

}  // namespace convscope
