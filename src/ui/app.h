// App: the page without a browser: snapshots in, commands and requests out, one frame drawn at a
// time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "ui/ui.h"

namespace convscope {

struct Panel;

class App {
 public:
  // `send` takes commands to the engine; `host` outlives the app.
  App(Host& host, Requests::Send send);
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // --- what happens outside; each may be called at any time between frames
  void on_event(const EventMessage& message, double seconds);
  void on_hash(std::string_view hash);  // also the first one, before the first frame
  void on_models(std::vector<CatalogModel> models);
  // The host has opened this network by itself: it is the one that the page shows.
  void choose_model(std::string_view id);
  void on_samples(std::vector<Sample> samples);
  void on_thumbnail(std::string_view sample, Picture thumbnail);
  void on_labels(Language language, std::vector<std::string> labels, bool chosen = false);
  void on_download(Download download);
  void on_notice(Notice notice);
  void on_engine(EngineState state, std::string build, int threads, Text reason);
  void on_image_source(std::string source, std::string name);
  void on_webcam(WebcamState state) { vm_.webcam = state; }
  void set_language(Language language) { state_.language = language; }
  void set_theme(ThemeChoice theme) { state_.theme = theme; }
  void set_system_dark(bool dark) { system_dark_ = dark; }
  void set_touch(bool touch) { ui_.touch = touch; }
  void set_reduced_motion(bool reduced) { ui_.reduced_motion = reduced; }
  void set_mac(bool mac) { mac_ = mac; }
  void set_fonts(Fonts fonts) { ui_.fonts = fonts; }

  // Draws one frame into Dear ImGui's current context, between NewFrame and Render.
  void frame(double seconds);
  int next_frame_ms() const { return ui_.next_frame_ms; }

  Ui& ui() { return ui_; }
  ViewState& state() { return state_; }
  const ViewModel& view_model() const { return vm_; }
  Mirror& mirror() { return mirror_; }
  TextureBank& textures() { return textures_; }

 private:
  void ask_host();  // for the network and the picture that the state names
  void layout();
  void draw_stage(ImVec2 min, ImVec2 max);
  void draw_tabs(const Panel& current);
  void draw_sheets();
  void handle_keys();
  void step_back();
  void touch_scroll();
  void update_hash();

  Host& host_;
  ViewModel vm_;
  ViewState state_;
  Requests requests_;
  TextureBank textures_;
  Mirror mirror_;
  Ui ui_;
  bool system_dark_ = false, mac_ = false;
  bool arrows_taken_ = false;    // by the layers, in the last frame
  bool popup_was_open_ = false;  // in the last frame
  bool keyboard_walks_ = false;  // Dear ImGui's cursor was visible at the end of the last frame
  std::string asked_model_, asked_image_, last_hash_, last_place_;
  std::map<int, std::string> lens_of_question_;
  std::string stage_lens_;  // shown in the last frame; a new one starts at its top
  // Touch: the window that the finger drags, and its speed after it was lifted.
  ImGuiID dragged_window_ = 0;
  float drag_speed_ = 0;
};

}  // namespace convscope
