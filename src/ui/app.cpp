#include "ui/app.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "imgui_internal.h"
#include "ui/panels/dream_layers.h"
#include "ui/panels/frame.h"
#include "ui/panels/panel.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr float kRailWidth = 236, kInspectorWidth = 328, kStatusHeight = 30;
constexpr RequestId kFirstHostRequest =
    0x80000000;  // LoadModel, SetImage, SetPixels: the host sends them
constexpr float kMediumBelow = 900, kNarrowBelow = 500;
constexpr float kTabGap = 6, kTabPadding = 16;  // between the names of lenses and around each
constexpr ImGuiWindowFlags kPlainWindow =
    ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
    ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoBackground;
constexpr ImGuiWindowFlags kFixedChild =
    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse;

Size size_of(float width) {
  return width >= kMediumBelow   ? Size::kWide
         : width >= kNarrowBelow ? Size::kMedium
                                 : Size::kNarrow;
}

void begin_region(const char* id, ImVec2 min, ImVec2 max, ImVec2 padding,
                  ImGuiWindowFlags flags = 0) {
  ImGui::SetCursorScreenPos(min);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, padding);
  ImGui::BeginChild(id, ImVec2(max.x - min.x, max.y - min.y),
                    ImGuiChildFlags_NavFlattened | ImGuiChildFlags_AlwaysUseWindowPadding, flags);
  ImGui::PopStyleVar();
}

S question_title(Question question, Size size) {
  const bool short_one = size == Size::kNarrow;
  switch (question) {
    case Question::kInside:
      return short_one ? S::kInsideShort : S::kInside;
    case Question::kWhy:
      return short_one ? S::kWhyShort : S::kWhy;
    case Question::kWant:
      break;
  }
  return short_one ? S::kWantShort : S::kWant;
}

// Before the engine has said which methods it knows, every lens keeps its place.
bool is_available(const Ui& ui, const Panel& panel) {
  return ui.vm.methods.empty() || panel.available == nullptr || panel.available(ui);
}

// Below 500 px there is one column: the numbers follow the picture.
void inspector_content(Ui& ui, const Panel& panel) {
  draw_predictions(ui);
  if (panel.inspector != nullptr) {
    space(20);
    panel.inspector(ui);
  }
  space(24);
}

}  // namespace

App::App(Host& host, Requests::Send send)
    : host_(host),
      requests_(std::move(send)),
      ui_{.vm = vm_,
          .state = state_,
          .requests = requests_,
          .host = host,
          .textures = textures_,
          .mirror = mirror_,
          .theme = make_theme(ThemeChoice::kLight, false)} {
  set_hooked_mirror(&mirror_);
}

// --- what happens outside --------------------------------------------------------------

void App::on_event(const EventMessage& message, double seconds) {
  // A run that is being replaced must not draw over the new one.
  const std::string slot = requests_.slot_of(message.request);
  vm_.apply(message, slot, seconds);
  requests_.on_event(message);
  if (const auto* ready = std::get_if<EngineReady>(&message.event)) {
    (void)ready;
    requests_.forget_everything();
  } else if (const auto* loaded = std::get_if<ModelLoaded>(&message.event)) {
    if (loaded->model.input_guessed) request_popup(kInputSheet);
  } else if (const auto* file = std::get_if<FileReady>(&message.event)) {
    host_.save_file(file->name, file->mime, file->bytes);
  } else if (const auto* failed = std::get_if<Failed>(&message.event)) {
    // Panels show what failed in their own slots, the host what failed of its own requests; the
    // rest is said here.
    if (slot.empty() && failed->code != "cancelled" && message.request < kFirstHostRequest &&
        message.request != 0) {
      on_notice(Notice{NoticeLevel::kError, "request", failed->message});
    }
  }
}

void App::on_hash(std::string_view hash) {
  ViewState base;
  base.language = state_.language;
  base.theme = state_.theme;
  state_ = permanent_part(view_state_from(hash, base), state_);
  last_hash_ = permalink_from(state_);
}

void App::on_models(std::vector<CatalogModel> models) { vm_.catalog = std::move(models); }
void App::choose_model(std::string_view id) {
  convscope::choose_model(ui_, id);
  asked_model_ = state_.model;
}
void App::on_samples(std::vector<Sample> samples) { vm_.samples = std::move(samples); }

void App::on_thumbnail(std::string_view sample, Picture thumbnail) {
  for (Sample& item : vm_.samples) {
    if (item.id == sample) item.thumbnail = std::move(thumbnail);
  }
}

void App::on_labels(Language language, std::vector<std::string> labels, bool chosen) {
  vm_.labels_are_chosen = chosen;
  (language == Language::kChinese ? vm_.labels_zh : vm_.labels_en) = std::move(labels);
}

void App::on_download(Download download) { vm_.download = std::move(download); }

void App::on_notice(Notice notice) {
  notice.seconds = ui_.seconds;
  vm_.put_notice(std::move(notice));
}

void App::on_engine(EngineState state, std::string build, int threads, Text reason) {
  vm_.engine_state = state;
  if (!build.empty()) vm_.build = std::move(build);
  if (threads > 0) vm_.threads = threads;
  vm_.build_reason = std::move(reason);
  if (state == EngineState::kRestarting || state == EngineState::kFailed)
    requests_.forget_everything();
}

void App::on_image_source(std::string source, std::string name) {
  vm_.image_source = std::move(source);
  vm_.image_name = std::move(name);
  state_.image = vm_.image_source == "sample" ? vm_.image_name : "";
  asked_image_ = state_.image;
}

void App::ask_host() {
  if (!vm_.catalog.empty() && state_.model != asked_model_) {
    const auto offered = [this](const std::string& id) {
      return std::any_of(vm_.catalog.begin(), vm_.catalog.end(),
                         [&](const CatalogModel& m) { return m.id == id && m.available; });
    };
    const std::string named_model = state_.model;
    if (!offered(state_.model)) {
      const auto first = std::find_if(vm_.catalog.begin(), vm_.catalog.end(),
                                      [](const auto& m) { return m.available; });
      if (first != vm_.catalog.end()) state_.model = first->id;
    }
    // At the start the host opens the network and the picture of the permalink by itself.
    if (state_.model != asked_model_ && !(asked_model_.empty() && state_.model == named_model)) {
      host_.request("model", state_.model);
    }
    asked_model_ = state_.model;
  }
  if (!vm_.samples.empty() && state_.image != asked_image_) {
    const auto known = std::any_of(vm_.samples.begin(), vm_.samples.end(),
                                   [this](const Sample& s) { return s.id == state_.image; });
    if (!known && (!state_.image.empty() || !vm_.image)) state_.image = vm_.samples.front().id;
    if (!state_.image.empty() && !(asked_image_.empty() && known && !vm_.image))
      host_.request("sample", state_.image);
    asked_image_ = state_.image;
  } else if (!vm_.samples.empty() && state_.image.empty() && !vm_.image &&
             vm_.image_source.empty()) {
    // A permalink to a picture of somebody's own: that picture is not here, a sample is.
    state_.image = vm_.samples.front().id;
  }
}

// --- one frame -------------------------------------------------------------------------

void App::frame(double seconds) {
  ui_.seconds = seconds;
  ui_.next_frame_ms = -1;
  ui_.size = size_of(ImGui::GetIO().DisplaySize.x);
  ui_.theme = make_theme(state_.theme, system_dark_);
  apply_theme(ui_.theme);
  ask_host();
  textures_.begin_frame();
  mirror_.begin_frame();
  requests_.begin_frame(vm_, seconds);
  requests_.want("forward", Forward{.thumbnails = 4});
  touch_scroll();
  if (std::exchange(arrows_taken_, false)) {
    // Dear ImGui has moved its own cursor too, for which nobody asked.
    ImGui::GetCurrentContext()->NavId = 0;
    ImGui::SetNavCursorVisible(false);
  }
  ui_.highlighted_layer = std::exchange(state_.hovered_layer, "");
  ui_.highlighted_channel = std::exchange(state_.hovered_channel, -1);

  ImGui::SetNextWindowPos(ImVec2(0, 0));
  ImGui::SetNextWindowSize(ImGui::GetIO().DisplaySize);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  // Widgets draw with both faces directly; pushing one tells it the screen's density.
  ImGui::PushFont(ui_.fonts.bold, kTextSize);
  ImGui::PopFont();
  ImGui::PushFont(ui_.fonts.text, kTextSize);
  ImGui::Begin("page", nullptr, kPlainWindow);
  layout();
  handle_keys();
  ImGui::End();
  ImGui::PopFont();
  ImGui::PopStyleVar();
  requests_.end_frame();
  keyboard_walks_ = ImGui::GetCurrentContext()->NavCursorVisible && !arrows_taken_;
  if (!ui_.dismissed_notice.empty()) {
    vm_.remove_notice(std::exchange(ui_.dismissed_notice, ""));
    ui_.want_frame_in(0);
  }
  update_hash();
}

void App::layout() {
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  const Theme& t = ui_.theme;
  const float top = top_bar_height(ui_), bottom = screen.y - kStatusHeight;
  const bool wide = ui_.size == Size::kWide;
  const float left = wide ? kRailWidth : 0, right = wide ? screen.x - kInspectorWidth : screen.x;
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(ImVec2(0, 0), screen, t.paper);
  list->AddRectFilled(ImVec2(0, 0), ImVec2(screen.x, top), t.sheet);
  list->AddRectFilled(ImVec2(0, bottom), screen, t.sheet);
  if (wide) {
    list->AddRectFilled(ImVec2(0, top), ImVec2(left, bottom), t.sheet);
    list->AddRectFilled(ImVec2(right, top), ImVec2(screen.x, bottom), t.sheet);
    list->AddRectFilled(ImVec2(left - t.rule, top), ImVec2(left, bottom), t.line);
    list->AddRectFilled(ImVec2(right, top), ImVec2(right + t.rule, bottom), t.line);
  }
  list->AddRectFilled(ImVec2(0, top - t.rule), ImVec2(screen.x, top), t.line);
  list->AddRectFilled(ImVec2(0, bottom), ImVec2(screen.x, bottom + t.rule), t.line);

  mirror_.push("top", "banner", ui_.tr(S::kTopBar));
  begin_region("top", ImVec2(0, 0), ImVec2(screen.x, top - t.rule), ImVec2(0, 0), kFixedChild);
  draw_top_bar(ui_, ImVec2(0, 0), ImVec2(screen.x, top), FrameContext{mac_});
  ImGui::EndChild();
  mirror_.pop();

  if (wide) {
    mirror_.push("rail", "navigation", ui_.tr(S::kNetwork));
    begin_region("rail", ImVec2(0, top), ImVec2(left - t.rule, bottom), ImVec2(0, 8));
    draw_rail(ui_, false);
    ImGui::EndChild();
    mirror_.pop();
  }
  mirror_.push("stage", "main", ui_.tr(S::kStage));
  draw_stage(ImVec2(left, top), ImVec2(right, bottom));
  mirror_.pop();
  if (wide) {
    mirror_.push("inspector", "complementary", ui_.tr(S::kNumbers));
    begin_region("inspector", ImVec2(right + t.rule, top), ImVec2(screen.x, bottom),
                 ImVec2(20, 18));
    inspector_content(ui_, panel_of(state_.lens));
    ImGui::EndChild();
    mirror_.pop();
  }
  mirror_.push("status", "contentinfo", ui_.tr(S::kStatus));
  begin_region("status", ImVec2(0, bottom + t.rule), screen, ImVec2(0, 0), kFixedChild);
  draw_status_line(ui_, ImVec2(0, bottom), screen);
  ImGui::EndChild();
  mirror_.pop();
  draw_notices(ui_, ImVec2(left, top), ImVec2(right, bottom));
  draw_sheets();
}

void App::draw_tabs(const Panel& current) {
  const float gap = ui_.size == Size::kNarrow ? 20 : 28;
  mirror_.push("questions", "tablist", ui_.tr(S::kQuestions));
  for (int q = 0; q < kQuestions; ++q) {
    const auto question = static_cast<Question>(q);
    const Panel* first = nullptr;
    for (const Panel* panel : panels()) {
      if (panel->question != question || !is_available(ui_, *panel)) continue;
      if (first == nullptr || lens_of_question_[q] == panel->id) first = panel;
    }
    if (first == nullptr) continue;
    if (q > 0) ImGui::SameLine(0, gap);
    const bool selected = current.question == question;
    if (tab(ui_, "question." + std::string(question_key(question)),
            ui_.tr(question_title(question, ui_.size)), selected) &&
        !selected) {
      state_.lens = first->id;
    }
  }
  mirror_.pop();
}

void App::draw_stage(ImVec2 min, ImVec2 max) {
  if (!is_available(ui_, panel_of(state_.lens))) state_.lens = panels()[0]->id;
  const Panel& current = panel_of(state_.lens);
  state_.lens = current.id;
  lens_of_question_[static_cast<int>(current.question)] = current.id;
  const float padding = ui_.size == Size::kNarrow ? 16 : 24;
  const float tabs_bottom = min.y + 8 + 40 + (ui_.size == Size::kNarrow ? 0 : 4);
  begin_region("questions", ImVec2(min.x, min.y + 2), ImVec2(max.x, tabs_bottom),
               ImVec2(padding, 2), kFixedChild);
  draw_tabs(current);
  ImGui::EndChild();

  begin_region("stage", ImVec2(min.x, tabs_bottom), max, ImVec2(padding, 8));
  if (stage_lens_ != current.id) ImGui::SetScrollY(0);
  int lenses = 0;
  for (const Panel* panel : panels())
    lenses += panel->question == current.question && is_available(ui_, *panel);
  if (lenses > 1) {
    mirror_.push("lenses", "tablist", ui_.tr(S::kLenses));
    bool first = true;
    for (const Panel* panel : panels()) {
      if (panel->question != current.question || !is_available(ui_, *panel)) continue;
      // Those that do not fit go on another line: a strip that scrolls would hide them.
      const float needed =
          text_width(ui_, ui_.fonts.text, kLabelSize, ui_.tr(panel->title)) + kTabPadding;
      if (!first) {
        const float right = ImGui::GetCursorScreenPos().x + ImGui::GetContentRegionAvail().x;
        if (ImGui::GetItemRectMax().x + kTabGap + needed <= right) ImGui::SameLine(0, kTabGap);
      }
      first = false;
      const bool on = panel == &current;
      if (button(ui_, "lens." + std::string(panel->id), ui_.tr(panel->title),
                 {.style = ButtonStyle::kQuiet, .selected = on, .role = "tab"})) {
        state_.lens = panel->id;
      }
    }
    mirror_.pop();
    space(10);
  }
  current.stage(ui_);
  if (ui_.size == Size::kNarrow) {
    space(24);
    rule(ui_);
    space(16);
    inspector_content(ui_, current);
  }
  space(24);
  ImGui::EndChild();
  stage_lens_ = current.id;
}

void App::draw_sheets() {
  if (const char* wanted = take_requested_popup()) ImGui::OpenPopup(wanted);
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  const float top = top_bar_height(ui_);
  const bool any = ImGui::IsPopupOpen(kLayersSheet) || ImGui::IsPopupOpen(kNumbersSheet) ||
                   ImGui::IsPopupOpen(kHelpPopup) || ImGui::IsPopupOpen(kInputSheet);
  const float dim = ui_.animate("sheet.dim", any ? 1.0f : 0.0f);
  if (dim > 0.01f) {
    // A window between the page and its popups.
    ImGui::SetNextWindowPos(ImVec2(0, 0));
    ImGui::SetNextWindowSize(screen);
    ImGui::Begin("dim", nullptr,
                 (kPlainWindow & ~ImGuiWindowFlags_NoBringToFrontOnFocus) |
                     ImGuiWindowFlags_NoInputs | ImGuiWindowFlags_NoFocusOnAppearing);
    ImGui::GetWindowDrawList()->AddRectFilled(ImVec2(0, 0), screen,
                                              with_alpha(IM_COL32(15, 18, 22, 120), dim));
    ImGui::End();
  }
  const float width = std::min(screen.x - 48, kInspectorWidth);
  const float slide = any ? ui_.appear("sheet", 0.2f) : 1;
  ImGui::PushStyleVar(ImGuiStyleVar_PopupRounding, 0);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 12));
  ImGui::SetNextWindowPos(ImVec2((slide - 1) * 60, top));
  ImGui::SetNextWindowSize(ImVec2(std::min(width, kRailWidth + 44), screen.y - top));
  if (ImGui::BeginPopup(kLayersSheet)) {
    mirror_.push("rail", "navigation", ui_.tr(S::kNetwork));
    draw_rail(ui_, true);
    mirror_.pop();
    ImGui::EndPopup();
  }
  ImGui::PopStyleVar();
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(20, 18));
  ImGui::SetNextWindowPos(ImVec2(screen.x - width + (1 - slide) * 60, top));
  ImGui::SetNextWindowSize(ImVec2(width, screen.y - top));
  if (ImGui::BeginPopup(kNumbersSheet)) {
    mirror_.push("inspector", "complementary", ui_.tr(S::kNumbers));
    inspector_content(ui_, panel_of(state_.lens));
    mirror_.pop();
    ImGui::EndPopup();
  }
  ImGui::PopStyleVar(2);
  draw_help(ui_);
  draw_input_sheet(ui_);
}

// --- keyboard, touch, permalink --------------------------------------------------------

void App::handle_keys() {
  const ImGuiIO& io = ImGui::GetIO();
  // The Esc that has just closed a menu was meant for the menu.
  const bool open =
      ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel);
  const bool popup = std::exchange(popup_was_open_, open) || open;
  if (io.WantTextInput || popup || io.KeyCtrl || io.KeyAlt || io.KeySuper) return;
  if (ImGui::IsKeyPressed(ImGuiKey_F1, false) ||
      (io.KeyShift && ImGui::IsKeyPressed(ImGuiKey_Slash, false))) {
    request_popup(kHelpPopup);
  } else if (ImGui::IsKeyPressed(ImGuiKey_Slash, false)) {
    request_popup(kTargetPopup);
  }
  int number = 0;
  for (const Panel* panel : panels()) {
    if (!is_available(ui_, *panel) || number >= 9 || io.KeyShift) continue;
    if (ImGui::IsKeyPressed(static_cast<ImGuiKey>(ImGuiKey_1 + number++), false))
      state_.lens = panel->id;
  }
  if (ImGui::IsKeyPressed(ImGuiKey_Escape, false)) step_back();
  // Arrows walk the layers unless the keyboard is already walking the controls.
  if (vm_.model && !keyboard_walks_) {
    const int direction = ImGui::IsKeyPressed(ImGuiKey_DownArrow) ? 1
                          : ImGui::IsKeyPressed(ImGuiKey_UpArrow) ? -1
                                                                  : 0;
    if (direction != 0) {
      int index = vm_.layer_index(shown_layer(ui_));
      const int count = static_cast<int>(vm_.model->layers.size());
      const auto layer_at = [this](int i) -> const LayerInfo& {
        return vm_.model->layers[static_cast<size_t>(i)];
      };
      const bool inside = index >= 0 && layer_at(index).minor;
      do index += direction;
      while (index >= 0 && index < count && layer_at(index).minor && !inside);
      const bool stays = state_.lens != kDreamPanelId;  // the dream's lens shows no other layers
      if (index >= 0 && index < count && (stays || dreamable(layer_at(index))))
        choose_layer(ui_, layer_at(index));
      arrows_taken_ = true;
    }
  }
}

void App::step_back() {
  if (state_.lens == kContributionPanelId && !state_.off_layer.empty()) {
    state_.off_layer.clear();
    state_.off_channels.clear();
  } else if (state_.input_channel >= 0) {
    state_.input_channel = -1;
  } else if (state_.channel >= 0) {
    state_.channel = -1;
  } else if (state_.target >= 0) {
    state_.target = -1;
  } else {
    state_.lens = panels()[0]->id;
  }
  ui_.want_frame_in(0);
}

// A finger that drags anything but a slider moves the page under it, as everywhere on a phone.
void App::touch_scroll() {
  constexpr float kSlop = 8, kStopped = 12;  // px, px/s
  const ImGuiIO& io = ImGui::GetIO();
  ImGuiContext& g = *ImGui::GetCurrentContext();
  if (io.MouseSource != ImGuiMouseSource_TouchScreen) return;
  const auto scrollable = [](ImGuiWindow* window) {
    while (window != nullptr && window->ScrollMax.y <= 0) {
      window = (window->Flags & ImGuiWindowFlags_ChildWindow) ? window->ParentWindow : nullptr;
    }
    return window;
  };
  if (ImGui::IsMouseDown(ImGuiMouseButton_Left)) {
    const ImVec2 drag = ImGui::GetMouseDragDelta(ImGuiMouseButton_Left, kSlop);
    const bool on_slider =
        g.ActiveId != 0 &&
        std::any_of(mirror_.nodes().begin(), mirror_.nodes().end(), [&](const auto& n) {
          return n.id == g.ActiveId && std::string_view(n.role) == "slider";
        });
    if (dragged_window_ == 0 && std::fabs(drag.y) > kSlop &&
        std::fabs(drag.y) > std::fabs(drag.x) && !on_slider) {
      if (const ImGuiWindow* window = scrollable(g.HoveredWindow)) {
        dragged_window_ = window->ID;
        ImGui::ClearActiveID();
      }
    }
    if (ImGuiWindow* window = ImGui::FindWindowByID(dragged_window_);
        window != nullptr && dragged_window_ != 0) {
      ImGui::SetScrollY(window, window->Scroll.y - io.MouseDelta.y);
      drag_speed_ = 0.6f * drag_speed_ - 0.4f * io.MouseDelta.y / std::max(io.DeltaTime, 0.004f);
      ui_.want_frame_in(0);
    }
    return;
  }
  ImGuiWindow* window = ImGui::FindWindowByID(dragged_window_);
  if (window == nullptr || dragged_window_ == 0 || std::fabs(drag_speed_) < kStopped ||
      ui_.reduced_motion) {
    dragged_window_ = 0;
    drag_speed_ = 0;
    return;
  }
  ImGui::SetScrollY(window, window->Scroll.y + drag_speed_ * io.DeltaTime);
  drag_speed_ *= std::exp(-4.0f * io.DeltaTime);
  ui_.want_frame_in(0);
}

void App::update_hash() {
  // While a slider is held the link would change sixty times a second.
  if (ImGui::IsMouseDown(ImGuiMouseButton_Left)) return;
  const std::string hash = permalink_from(state_);
  if (hash == last_hash_) return;
  const std::string place = state_.model + " " + state_.image + " " + state_.lens;
  const bool step = !last_place_.empty() && place != last_place_;
  last_hash_ = hash;
  last_place_ = place;
  host_.request("hash", hash, step ? "push" : "replace");
}

}  // namespace convscope
