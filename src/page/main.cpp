// The page module's C interface: what the TypeScript around it calls. README.md explains the
// conventions.
#include <GLES3/gl3.h>
#include <emscripten.h>
#include <emscripten/html5.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "imgui.h"
#include "imgui_internal.h"
#include "page/browser.h"
#include "page/keys.h"
#include "page/renderer.h"
#include "protocol/wire.h"
#include "ui/app.h"

namespace convscope {
namespace {

constexpr int kFramesAfterInput = 3,
              kFramesAfterWheel = 8;        // Dear ImGui spreads what it gets over frames
constexpr double kProgressSeconds = 0.066;  // at most 15 frames a second while something computes
constexpr double kLongestStep = 0.05;

// Dear ImGui's sizes are of ascent plus descent; the page's are of the em, as everywhere else on
// the web. These are the fonts' lines in em: Inter's (2728 + 680) / 2816, Noto Sans SC's (1160 +
// 288) / 1000.
constexpr float kInterLine = 1.2102f, kNotoLine = 1.448f;
// Moves letters down so that they stand in the middle of their line, in em.
constexpr float kDrop = 0.03f;

class Page {
 public:
  bool start(std::string_view config);
  void resize(float width, float height, float dpr);
  int frame(double seconds);
  void receive(const EventMessage& message);
  void load_font(std::string_view name, std::string_view bytes);
  bool key(std::string_view code, bool down, int modifiers);
  void paste(std::string_view text);
  void context(bool lost);
  void wake(int frames = kFramesAfterInput) {
    frames_wanted_ = std::max(frames_wanted_, frames);
    browser_.request("frame", {}, {});
  }
  const char* copied() {
    std::swap(copied_out_, copied_);
    copied_.clear();
    return copied_out_.empty() ? nullptr : copied_out_.c_str();
  }
  App& app() { return *app_; }
  bool started() const { return app_ != nullptr; }

 private:
  bool make_context();
  void rebuild_fonts();
  void tell_cursor();
  static void set_ime(ImGuiContext* context, ImGuiViewport* viewport, ImGuiPlatformImeData* data);

  Browser browser_;
  std::unique_ptr<App> app_;
  Renderer renderer_;
  std::array<std::string, 4> fonts_;  // text, text-bold, cjk, cjk-bold
  bool fonts_changed_ = false, context_lost_ = false, progress_only_ = false;
  int frames_wanted_ = 1;
  double last_seconds_ = 0, last_drawn_ = -1, now_ = 0;
  ImGuiMouseCursor cursor_ = ImGuiMouseCursor_Arrow;
  std::string clipboard_, copied_, copied_out_, ime_;
};

Page g_page;

std::string_view view(const char* text, int bytes) {
  return {text, static_cast<size_t>(std::max(0, bytes))};
}

// Calls `line` with each line, then `cell(i)` splits it at tabs.
template <typename F>
void for_lines(std::string_view text, F&& line) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  for (size_t from = 0; from <= line.size();) {
    const size_t tab = std::min(line.find('\t', from), line.size());
    cells.emplace_back(line.substr(from, tab - from));
    from = tab + 1;
  }
  cells.resize(std::max<size_t>(cells.size(), 9));
  return cells;
}

bool Page::make_context() {
  EmscriptenWebGLContextAttributes attributes;
  emscripten_webgl_init_context_attributes(&attributes);
  attributes.majorVersion = 2;
  attributes.alpha = attributes.depth = attributes.stencil = attributes.antialias = EM_FALSE;
  attributes.enableExtensionsByDefault = EM_FALSE;
  const EMSCRIPTEN_WEBGL_CONTEXT_HANDLE handle =
      emscripten_webgl_create_context("#canvas", &attributes);
  if (handle <= 0) return false;
  emscripten_webgl_make_context_current(handle);
  return renderer_.create();
}

bool Page::start(std::string_view config) {
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.BackendFlags |= ImGuiBackendFlags_RendererHasTextures | ImGuiBackendFlags_HasMouseCursors;
  io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
  io.ConfigNavCaptureKeyboard = true;
  io.ConfigInputTrickleEventQueue = true;
  io.ConfigWindowsMoveFromTitleBarOnly = true;
  io.ConfigInputTextCursorBlink = true;
  ImGuiPlatformIO& platform = ImGui::GetPlatformIO();
  platform.Renderer_TextureMaxWidth = platform.Renderer_TextureMaxHeight = 4096;
  platform.Platform_SetImeDataFn = set_ime;
  platform.Platform_GetClipboardTextFn = [](ImGuiContext*) { return g_page.clipboard_.c_str(); };
  platform.Platform_SetClipboardTextFn = [](ImGuiContext*, const char* text) {
    g_page.copied_ = g_page.clipboard_ = text;
  };
  app_ = std::make_unique<App>(browser_, send_to_engine);
  for_lines(config, [&](std::string_view line) {
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) return;
    const std::string_view key = line.substr(0, equals), value = line.substr(equals + 1);
    if (key == "lang") app_->set_language(value == "zh" ? Language::kChinese : Language::kEnglish);
    if (key == "theme" && value == "dark") app_->set_theme(ThemeChoice::kDark);
    if (key == "theme" && value == "contrast") app_->set_theme(ThemeChoice::kContrast);
    if (key == "dark") app_->set_system_dark(value == "1");
    if (key == "touch") app_->set_touch(value == "1");
    if (key == "reduced_motion") app_->set_reduced_motion(value == "1");
    if (key == "source") app_->ui().source_url = value;
    if (key == "mac") app_->set_mac(io.ConfigMacOSXBehaviors = value == "1");
  });
  return make_context();
}

void Page::resize(float width, float height, float dpr) {
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = ImVec2(width, height);
  io.DisplayFramebufferScale = ImVec2(dpr, dpr);
  wake();
}

void Page::load_font(std::string_view name, std::string_view bytes) {
  constexpr std::string_view kNames[] = {"text", "text-bold", "cjk", "cjk-bold"};
  for (size_t i = 0; i < fonts_.size(); ++i) {
    if (name == kNames[i]) fonts_[i] = bytes;
  }
  fonts_changed_ = true;
  wake();
}

// Inter first, Chinese merged behind it. Glyphs are drawn into the atlas as they are met, at the
// screen's own density.
void Page::rebuild_fonts() {
  fonts_changed_ = false;
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  atlas.Clear();
  const auto add = [&](std::string& bytes, bool merge) -> ImFont* {
    if (bytes.empty()) return nullptr;
    ImFontConfig config;
    config.ExtraSizeScale = merge ? kNotoLine : kInterLine;
    config.GlyphOffset = ImVec2(0, kDrop * kTextSize);
    config.FontDataOwnedByAtlas = false;
    config.MergeMode = merge;
    config.OversampleH = config.OversampleV = 0;
    return atlas.AddFontFromMemoryTTF(bytes.data(), static_cast<int>(bytes.size()), kTextSize,
                                      &config);
  };
  Fonts fonts;
  fonts.text = add(fonts_[0], false);
  add(fonts_[2], true);
  fonts.bold = add(fonts_[1], false);
  if (fonts.bold != nullptr) {
    add(fonts_[3].empty() ? fonts_[2] : fonts_[3], true);
  } else {
    fonts.bold = fonts.text;
  }
  app_->set_fonts(fonts);
}

void Page::tell_cursor() {
  const ImGuiMouseCursor wanted = ImGui::GetMouseCursor();
  if (wanted == cursor_) return;
  cursor_ = wanted;
  browser_.request("cursor",
                   wanted == ImGuiMouseCursor_Hand        ? "pointer"
                   : wanted == ImGuiMouseCursor_TextInput ? "text"
                                                          : "default",
                   {});
}

void Page::set_ime(ImGuiContext*, ImGuiViewport*, ImGuiPlatformImeData* data) {
  std::string place;
  for (const float value : {data->InputPos.x, data->InputPos.y, data->InputLineHeight}) {
    place += (place.empty() ? "" : " ") + std::to_string(static_cast<int>(value));
  }
  const std::string_view on = data->WantTextInput ? "1" : "0";
  if (g_page.ime_ == std::string(on) + place) return;
  g_page.ime_ = std::string(on) + place;
  g_page.browser_.request("ime", on, place);
}

int Page::frame(double seconds) {
  now_ = seconds;
  ImGuiIO& io = ImGui::GetIO();
  if (context_lost_ || fonts_[0].empty() || io.DisplaySize.x < 1 || io.DisplaySize.y < 1) return -1;
  if (progress_only_ && frames_wanted_ == 0 && seconds - last_drawn_ < kProgressSeconds) {
    return static_cast<int>((kProgressSeconds - (seconds - last_drawn_)) * 1000) + 1;
  }
  progress_only_ = false;
  if (fonts_changed_) rebuild_fonts();
  io.DeltaTime = static_cast<float>(std::clamp(seconds - last_seconds_, 0.001, kLongestStep));
  last_seconds_ = last_drawn_ = seconds;
  ImGui::NewFrame();
  app_->frame(seconds);
  ImGui::Render();
  renderer_.draw(*ImGui::GetDrawData(), app_->textures());
  const std::string json = app_->mirror().take_json(app_->state().language);
  if (!json.empty()) send_mirror(json);
  tell_cursor();
  if (frames_wanted_ > 0) --frames_wanted_;
  return frames_wanted_ > 0 ? 0 : app_->next_frame_ms();
}

void Page::receive(const EventMessage& message) {
  app_->on_event(message, now_ > 0 ? emscripten_get_now() / 1000 : 0);
  if (std::holds_alternative<MethodPreview>(message.event)) {
    progress_only_ = true;
    browser_.request("frame", {}, {});
  } else {
    wake();
  }
}

bool Page::key(std::string_view code, bool down, int modifiers) {
  ImGuiIO& io = ImGui::GetIO();
  io.AddKeyEvent(ImGuiMod_Ctrl, (modifiers & 1) != 0);
  io.AddKeyEvent(ImGuiMod_Shift, (modifiers & 2) != 0);
  io.AddKeyEvent(ImGuiMod_Alt, (modifiers & 4) != 0);
  io.AddKeyEvent(ImGuiMod_Super, (modifiers & 8) != 0);
  const ImGuiKey name = key_of(code);
  if (name == ImGuiKey_None) return false;
  io.AddKeyEvent(name, down);
  wake();
  // The browser keeps its own shortcuts; what moves or presses things on the page is the page's.
  if ((modifiers & (1 | 4 | 8)) != 0) return false;
  switch (name) {
    case ImGuiKey_Tab:
    case ImGuiKey_UpArrow:
    case ImGuiKey_DownArrow:
    case ImGuiKey_LeftArrow:
    case ImGuiKey_RightArrow:
    case ImGuiKey_Enter:
    case ImGuiKey_KeypadEnter:
    case ImGuiKey_Escape:
    case ImGuiKey_F1:
    case ImGuiKey_Home:
    case ImGuiKey_End:
    case ImGuiKey_PageUp:
    case ImGuiKey_PageDown:
      return true;
    case ImGuiKey_Space:
    case ImGuiKey_Slash:
      return !io.WantTextInput;
    default:
      return false;
  }
}

void Page::paste(std::string_view text) {
  clipboard_ = text;
  ImGuiIO& io = ImGui::GetIO();
  io.AddKeyEvent(ImGuiMod_Ctrl, true);
  io.AddKeyEvent(ImGuiKey_V, true);
  io.AddKeyEvent(ImGuiKey_V, false);
  io.AddKeyEvent(ImGuiMod_Ctrl, false);
  wake();
}

void Page::context(bool lost) {
  context_lost_ = lost;
  if (lost) {
    renderer_.lost(app_->textures());
  } else {
    context_lost_ = !renderer_.create();
    wake();
  }
}

Picture picture_from(int width, int height, const uint8_t* rgba) {
  return Picture{height, width,
                 Blob::copy_of(rgba, static_cast<size_t>(width) * static_cast<size_t>(height) * 4)};
}

}  // namespace
}  // namespace convscope

// --- exports ---------------------------------------------------------------------------

using namespace convscope;
#define EXPORT extern "C" EMSCRIPTEN_KEEPALIVE

EXPORT void* convscope_allocate(int bytes) {
  return std::malloc(static_cast<size_t>(std::max(1, bytes)));
}
EXPORT void convscope_free(void* memory) { std::free(memory); }

struct IncomingBlob {
  uint8_t* data;
  uint32_t bytes;
};

EXPORT void convscope_receive(uint8_t* header, int header_bytes, IncomingBlob* blobs,
                              int blob_count) {
  WireMessage wire;
  wire.header.assign(header, header + header_bytes);
  for (int i = 0; i < blob_count; ++i)
    wire.blobs.push_back(Blob::adopt(blobs[i].data, blobs[i].bytes));
  std::free(blobs);
  std::free(header);
  if (!g_page.started()) return;
  Result<EventMessage> message = decode_event(wire);
  if (!message) message = EventMessage{0, Failed{"malformed", Text{message.error().message, ""}}};
  g_page.receive(*message);
}

EXPORT int page_start(const char* config, int bytes) { return g_page.start(view(config, bytes)); }
EXPORT void page_resize(double width, double height, double dpr) {
  g_page.resize(static_cast<float>(width), static_cast<float>(height), static_cast<float>(dpr));
}
EXPORT int page_frame(double seconds) { return g_page.frame(seconds); }

EXPORT void page_pointer(int kind, double x, double y, int button, int pointer_type, int,
                         int modifiers) {
  ImGuiIO& io = ImGui::GetIO();
  io.AddMouseSourceEvent(pointer_type == 1   ? ImGuiMouseSource_TouchScreen
                         : pointer_type == 2 ? ImGuiMouseSource_Pen
                                             : ImGuiMouseSource_Mouse);
  io.AddKeyEvent(ImGuiMod_Ctrl, (modifiers & 1) != 0);
  io.AddKeyEvent(ImGuiMod_Shift, (modifiers & 2) != 0);
  if (kind == 3) {
    io.AddMousePosEvent(-FLT_MAX, -FLT_MAX);
  } else {
    io.AddMousePosEvent(static_cast<float>(x), static_cast<float>(y));
  }
  // The browser numbers the middle button 1 and the right one 2.
  const int imgui_button = button == 1 ? 2 : button == 2 ? 1 : 0;
  if (kind == 1) io.AddMouseButtonEvent(imgui_button, true);
  if (kind == 2 || kind == 4) io.AddMouseButtonEvent(imgui_button, false);
  // A finger that has left hovers over nothing.
  if ((kind == 2 || kind == 4) && pointer_type == 1) io.AddMousePosEvent(-FLT_MAX, -FLT_MAX);
  g_page.wake();
}

EXPORT void page_wheel(double, double, double dx, double dy, int) {
  ImGui::GetIO().AddMouseWheelEvent(static_cast<float>(-dx), static_cast<float>(-dy));
  g_page.wake(kFramesAfterWheel);
}

EXPORT int page_key(const char* code, int bytes, int down, int modifiers) {
  return g_page.key(view(code, bytes), down != 0, modifiers);
}
EXPORT void page_text(const char* text, int bytes) {
  ImGui::GetIO().AddInputCharactersUTF8(std::string(view(text, bytes)).c_str());
  g_page.wake();
}
EXPORT void page_clipboard(const char* text, int bytes) { g_page.paste(view(text, bytes)); }
EXPORT const char* page_copied() { return g_page.copied(); }
EXPORT void page_focus(int has_focus) {
  ImGui::GetIO().AddFocusEvent(has_focus != 0);
  g_page.wake();
}

EXPORT void page_hash(const char* hash, int bytes) {
  g_page.app().on_hash(view(hash, bytes));
  g_page.wake();
}
EXPORT void page_theme(int dark_system) {
  g_page.app().set_system_dark(dark_system != 0);
  g_page.wake();
}

EXPORT void page_models(const char* tsv, int bytes) {
  std::vector<CatalogModel> models;
  for_lines(view(tsv, bytes), [&](std::string_view line) {
    const std::vector<std::string> c = cells_of(line);
    models.push_back({.id = c[0],
                      .title = c[1],
                      .licence = c[4],
                      .input = c[8],
                      .bytes = std::strtoll(c[2].c_str(), nullptr, 10),
                      .top1_percent = std::strtod(c[3].c_str(), nullptr),
                      .available = c[5] != "0",
                      .reason = {c[6], c[7]}});
  });
  g_page.app().on_models(std::move(models));
  g_page.wake();
}
// The network that has just been opened from a file becomes the chosen one; the page does not ask
// for it again.
EXPORT void page_choose_model(const char* id, int bytes) {
  g_page.app().choose_model(view(id, bytes));
  g_page.wake();
}
EXPORT void page_samples(const char* tsv, int bytes) {
  std::vector<Sample> samples;
  for_lines(view(tsv, bytes), [&](std::string_view line) {
    const std::vector<std::string> c = cells_of(line);
    samples.push_back({.id = c[0], .title = {c[1], c[2]}, .credit = c[3]});
  });
  g_page.app().on_samples(std::move(samples));
  g_page.wake();
}
EXPORT void page_thumbnail(const char* id, int bytes, int width, int height, const uint8_t* rgba) {
  g_page.app().on_thumbnail(view(id, bytes), picture_from(width, height, rgba));
  g_page.wake();
}
EXPORT void page_labels(int chinese, int chosen, const char* text, int bytes) {
  std::vector<std::string> labels;
  for_lines(view(text, bytes), [&](std::string_view line) { labels.emplace_back(line); });
  g_page.app().on_labels(chinese ? Language::kChinese : Language::kEnglish, std::move(labels),
                         chosen != 0);
  g_page.wake();
}
EXPORT void page_font(const char* name, int name_bytes, const char* data, int bytes) {
  g_page.load_font(view(name, name_bytes), view(data, bytes));
}
EXPORT void page_model_progress(const char* id, int bytes, double received, double total,
                                int state) {
  g_page.app().on_download({std::string(view(id, bytes)), received, total,
                            static_cast<DownloadState>(std::clamp(state, 0, 4))});
  g_page.wake(1);
}
// `nodes`: lines of operator, name and the reason in two languages; the last says how many more.
EXPORT void page_notice(int level, const char* key, int key_bytes, const char* en, int en_bytes,
                        const char* zh, int zh_bytes, const char* nodes, int nodes_bytes) {
  Notice notice{static_cast<NoticeLevel>(std::clamp(level, 0, 2)),
                std::string(view(key, key_bytes)),
                {std::string(view(en, en_bytes)), std::string(view(zh, zh_bytes))}};
  for_lines(view(nodes, nodes_bytes), [&](std::string_view line) {
    const std::vector<std::string> c = cells_of(line);
    if (line.find('\t') == std::string_view::npos) {
      notice.more_nodes = static_cast<int32_t>(std::strtol(c[0].c_str(), nullptr, 10));
    } else {
      notice.nodes.push_back({c[0], c[1], {c[2], c[3]}});
    }
  });
  g_page.app().on_notice(std::move(notice));
  g_page.wake();
}
EXPORT void page_engine_state(int state, const char* build, int build_bytes, int threads,
                              const char* en, int en_bytes, const char* zh, int zh_bytes) {
  g_page.app().on_engine(static_cast<EngineState>(std::clamp(state, 0, 3)),
                         std::string(view(build, build_bytes)), threads,
                         {std::string(view(en, en_bytes)), std::string(view(zh, zh_bytes))});
  g_page.wake();
}
EXPORT void page_image_source(const char* kind, int kind_bytes, const char* name, int name_bytes) {
  g_page.app().on_image_source(std::string(view(kind, kind_bytes)),
                               std::string(view(name, name_bytes)));
  g_page.wake();
}
EXPORT void page_webcam(int state) {
  g_page.app().on_webcam(static_cast<WebcamState>(std::clamp(state, 0, 3)));
  g_page.wake();
}

EXPORT void page_mirror_activate(int id) {
  ImGui::ActivateItemByID(static_cast<ImGuiID>(id));
  g_page.wake();
}
EXPORT void page_mirror_focus(int id) {
  g_page.app().mirror().focus(static_cast<ImGuiID>(id));
  g_page.wake();
}
EXPORT void page_mirror_set_value(int id, double value) {
  g_page.app().mirror().set_value(static_cast<ImGuiID>(id), value);
  g_page.wake();
}
EXPORT void page_context_lost() { g_page.context(true); }
EXPORT void page_context_restored() { g_page.context(false); }
