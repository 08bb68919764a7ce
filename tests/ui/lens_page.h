// LensPage: the whole page without a screen, one lens open, answered by hand or by a small invented
// network.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "imgui.h"
#include "imgui_internal.h"
#include "ui/app.h"

namespace convscope {

inline Blob numbers(size_t count, const std::function<float(size_t)>& value) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = value(i);
  return Blob::copy_of(values.data(), count);
}

inline Picture flat_picture(int height, int width) {
  return Picture{height, width,
                 Blob(std::vector<uint8_t>(static_cast<size_t>(height * width * 4), 90))};
}

class LensPage : public testing::Test {
 protected:
  struct SilentHost : Host {
    void request(std::string_view, std::string_view, std::string_view) override {}
    void save_file(std::string_view name, std::string_view, const Blob&) override { saved = name; }
    std::string saved;
  };

  LensPage() : context(ImGui::CreateContext()) {
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.BackendFlags |= ImGuiBackendFlags_RendererHasTextures;
    io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
    io.DisplaySize = ImVec2(1440, 1400);
    context->TestEngineHookItems = true;
    ImFont* font = io.Fonts->AddFontDefaultBitmap();
    app = std::make_unique<App>(host, [this](const CommandMessage& m) { waiting.push_back(m); });
    app->set_fonts({font, font});
  }
  ~LensPage() override {
    app.reset();
    set_hooked_mirror(nullptr);
    for (ImTextureData* texture : ImGui::GetPlatformIO().Textures)
      texture->SetStatus(ImTextureStatus_Destroyed);
    ImGui::DestroyContext(context);
  }

  static LayerInfo layer(const char* name, const char* kind, int size, int channels) {
    LayerInfo l;
    l.name = name, l.kind = kind, l.operation = "Conv + ReLU", l.height = l.width = size,
    l.channels = channels;
    l.receptive_field = {7, 2, 0};
    return l;
  }
  static ModelInfo model() {
    ModelInfo m;
    m.id = "squeezenet-1.0", m.title = "SqueezeNet v1.0", m.input_height = m.input_width = 31,
    m.classes = 10;
    m.layers = {layer("conv1", "conv", 13, 8), layer("pool1", "pool", 6, 8),
                layer("fire2", "fire", 6, 8), layer("fire8", "fire", 6, 8),
                layer("logits", "logits", 1, 10)};
    m.suggested = {{"deep_dream.smoothing", 0.6}};
    for (size_t i : {0u, 2u, 3u}) m.layers[i].parameters = 1000;
    m.layers[0].filter_names = {"conv1"};
    m.layers[0].operators = {"Conv"};
    m.operators = {{"Conv",
                    {"Convolution", "卷积"},
                    {"It slides a window.", "它滑动窗口。"},
                    {"By its weight.", "按权重。"},
                    "y = Σ x · w",
                    "LeCun et al. 1998"}};
    m.layers[2].filter_names = {"squeeze1x1", "expand3x3"};
    for (size_t i : {0u, 2u})
      m.layers[i].kernel_height = m.layers[i].kernel_width = 3,
      m.layers[i].has_pre_activation = true;
    return m;
  }
  MethodInfo method(const char* id) const {
    MethodInfo m;
    m.id = id, m.title = {id, id}, m.source = "src/x.cpp";
    ParameterInfo smoothing;
    smoothing.id = "smoothing", smoothing.title = {"Smoothing", "平滑"}, smoothing.maximum = 2,
    smoothing.initial = 0.8;
    if (m.id == "deep_dream") m.parameters = {smoothing};
    if (m.id == "faithfulness" || m.id == "randomisation" || m.id == "adversarial") {
      ParameterInfo judged, layers, order, each;
      judged.id = "method", judged.type = ParameterType::kChoice;
      judged.choice_ids = judged_methods;
      for (const std::string& name : judged.choice_ids) judged.choices.push_back({name, name});
      layers.id = "layers", layers.type = ParameterType::kInteger, layers.maximum = 500,
      layers.initial = 1;
      order.id = "order", order.type = ParameterType::kChoice;
      order.choices = {{"all", "全部"}, {"one", "一层"}};
      each.id = "each", each.type = ParameterType::kBool;
      m.parameters = {judged};
      if (m.id == "randomisation") m.parameters = {judged, layers, order, each};
      if (m.id == "adversarial") {
        ParameterInfo goal = order;
        goal.id = "goal", goal.choices = {{"away", "远离"}, {"towards", "接近"}};
        each.initial = 1;
        m.parameters = {judged, goal, each};
      }
      m.takes_layer = m.needs_layer = true;
      return m;
    }
    if (m.id == "guided_backprop") {
      for (const char* name : {"row", "column"}) {
        ParameterInfo place;
        place.id = name, place.title = {name, name}, place.type = ParameterType::kInteger;
        place.minimum = place.initial = -1, place.maximum = 16384;
        m.parameters.push_back(place);
      }
    }
    if (m.id == "layer_gradient_x_activation" || m.id == "conductance" || m.id == "ablation") {
      m.takes_layer = m.needs_layer = true;
      return m;
    }
    m.takes_layer = m.id == "grad_cam" || m.id == "score_cam" || m.id == "guided_backprop";
    m.needs_layer = m.takes_layer && m.id != "guided_backprop";
    m.class_specific = m.id != "eigen_cam";
    return m;
  }

  // The page with network and picture; `hash` is the permalink it was opened with.
  void open(const std::string& hash) {
    app->on_engine(EngineState::kReady, "native", 1, {});
    event(0, EngineReady{"native",
                         1,
                         1,
                         {method("gradient"), method("deep_dream"), method("grad_cam"),
                          method("score_cam"), method("eigen_cam"), method("guided_backprop"),
                          method("occlusion"), method("segmentation"), method("occluded_picture"),
                          method("faithfulness"), method("randomisation"), method("adversarial"),
                          method("layer_contributions"), method("layer_gradient_x_activation"),
                          method("conductance"), method("ablation")}});
    app->on_hash(hash);
    event(0x80000001, ModelLoaded{model()});
    event(0x80000002, ImageReady{60, 40, flat_picture(40, 60)});
    frames(6);
  }
  void frames(int count) {
    for (int i = 0; i < count; ++i) {
      ImGui::GetIO().DeltaTime = 0.05f;
      ImGui::NewFrame();
      app->frame(seconds += 0.05);
      ImGui::Render();
      for (ImTextureData* texture : ImGui::GetPlatformIO().Textures) {
        if (texture->Status == ImTextureStatus_WantCreate) texture->SetTexID(1);
        if (texture->Status != ImTextureStatus_Destroyed) texture->SetStatus(ImTextureStatus_OK);
      }
      (void)app->mirror().take_json(app->state().language);
      if (answering) answer_all();
    }
  }
  void event(RequestId id, Event e) { app->on_event({id, std::move(e)}, seconds); }

  // --- the engine
  void answer_all() {
    for (const CommandMessage& m : std::exchange(waiting, {})) {
      sent.push_back(m);
      std::visit([&](const auto& c) { answer(m.request, c); }, m.command);
    }
  }
  void answer(RequestId id, const Forward&) {
    ForwardDone done;
    done.input = flat_picture(31, 31);
    done.logits = numbers(10, [](size_t i) { return float(i); });
    done.probabilities = numbers(10, [](size_t i) { return i == 9 ? 0.91f : 0.01f; });
    event(id, std::move(done));
  }
  void answer(RequestId id, const GetActivations& c) {
    for (const LayerInfo& l : model().layers) {
      if (l.name != c.layer) continue;
      const auto plane = static_cast<size_t>(l.height * l.width),
                 channels = static_cast<size_t>(l.channels);
      // Channel c has the values c, c + 0.01 …; below zero before the activation function; channels
      // 2 and 5 are silent.
      const float shift = c.pre_activation ? -4.0f : 0.0f;
      const auto value = [&](size_t i) {
        return i / plane == 2 || i / plane == 5 ? 0
                                                : float(i / plane) + float(i % plane) / 100 + shift;
      };
      const auto range = [&](size_t i) { return value(i / 2 * plane + (i % 2) * (plane - 1)); };
      event(id,
            Activations{l.name, c.pre_activation, l.height, l.width, l.channels,
                        numbers(plane * channels, value), numbers(channels * 2, range),
                        c.layer == "logits" ? std::vector<int32_t>{} : std::vector<int32_t>{2, 5}});
    }
  }
  void answer(RequestId id, const GetFilters& c) {
    Filters f;
    f.layer = c.layer,
    f.filter = c.filter.empty() ? (c.layer == "conv1" ? "conv1" : "squeeze1x1") : c.filter;
    const int kernel = f.filter == "squeeze1x1" ? 1 : 3;
    f.outputs = 8, f.colour = c.layer == "conv1", f.inputs = f.colour ? 3 : 16,
    f.kernel_height = f.kernel_width = kernel;
    f.values = numbers(static_cast<size_t>(f.outputs * f.inputs * kernel * kernel),
                       [](size_t i) { return std::sin(float(i) * 0.7f); });
    f.bias = numbers(8, [](size_t i) { return 0.5f * float(i); });
    f.by_similarity = {7, 6, 5, 4, 3, 2, 1, 0};
    event(id, f);
  }
  void answer(RequestId id, const GetFilterResponse& c) {
    FilterResponse r{c.layer, c.filter, c.output_channel, c.input_channel,
                     ramp(c.layer == "conv1" ? 13 : 6)};
    r.map.is_signed = true;
    event(id, r);
  }
  static Map ramp(int side) {
    const auto count = static_cast<size_t>(side * side);
    return Map{side,
               side,
               numbers(count, [](size_t i) { return float(i); }),
               0,
               float(count - 1),
               false,
               "|∂logit/∂pixel|"};
  }
  // Method m: deletion 0.1 + m/10, insertion 0.9 − m/10, ROAD m/10, drop 10 m %, increase for m
  // = 3; with random weights 0.2, −0.3, 0.4, −0.5 …
  static double random_correlation(double m) {
    return (std::fmod(m, 2) == 1 ? -1 : 1) * (0.2 + m / 10);
  }
  static void judge(const RunMethod& c, MethodPreview* p) {
    p->step = p->steps = 4;
    const double m = c.parameters[0].value;
    const auto curve = [](size_t count, float first, float last) {
      const auto at = [&](size_t i) { return float(i) / float(count - 1); };
      return Curve{{"curve", "曲线"},
                   {"share", "比例"},
                   {"probability", "概率"},
                   numbers(count, at),
                   numbers(count, [&](size_t i) { return first + (last - first) * at(i); })};
    };
    if (c.method == "faithfulness") {
      p->figures.clear();
      for (const double value : {0.1 + m / 10, 0.9 - m / 10, m / 10, 10 * m, m == 3 ? 1.0 : 0.0,
                                 0.91, m == 3 ? 0.95 : 0.5, random_correlation(m)})
        p->figures.push_back({{"figure", "数"}, value, ""});
      p->curves = {curve(5, 0.9f, 0), curve(5, 0, 0.9f), curve(9, 0.5f, 0), curve(9, 0.9f, 0.2f)};
      return;
    }
    const double layers = c.parameters[1].value;
    p->figures = {{{"correlation", "相关"}, 1 - layers / 4, ""},
                  {{"absolute", "绝对"}, 1 - layers / 4, ""},
                  {{"layers", "层"}, layers, ""}};
    if (c.parameters[3].value > 0) p->curves = {curve(4, 1, 0.25f), curve(4, 1, 0.3f)};
  }
  void answer(RequestId id, const RunMethod& c) {
    MethodPreview p;
    p.method = c.method, p.step = 1, p.steps = 4, p.stage = "octave 1/2", p.paused = c.paused;
    p.figures = {{{"Objective", "目标"}, 2.5, ""}};
    if (c.method == "deep_dream") {
      p.picture = flat_picture(40, 60);
      running = id;
      return event(id, p);
    }
    p.map = ramp(31);
    if (c.target == 3) p.map->values = numbers(31 * 31, [](size_t i) { return float(i) / 4; });
    if (c.method == "occluded_picture") {
      p.answers = {{2, 0.5f, 7}, {3, 0.05f, 2}};
      p.picture = flat_picture(31, 31);
    }
    if (c.method == "segmentation") {  // the upper half
      p.map->values = numbers(31 * 31, [](size_t i) { return i < 465 ? 1.0f : 0.0f; });
      p.picture = flat_picture(31, 31);
    }
    if (c.method == "faithfulness" || c.method == "randomisation") judge(c, &p);
    if (c.method == "layer_contributions") {
      p.figures = {{{"score", "分数"}, 9, ""}, {{"pixels", "像素"}, 8, ""}};
      for (const LayerInfo& l : model().layers)
        p.contributions.push_back({l.name, -1, l.name == "conv1" ? -2.0 : 9.0});
    }
    // The odd channels take away; channel 7 matters most.
    if (c.method == "layer_gradient_x_activation" || c.method == "conductance") {
      for (int i = 7; i >= 0; --i) p.contributions.push_back({"", i, double(i % 2 == 1 ? -i : i)});
    }
    // Without channel 7 another class is first; without all of them too.
    if (c.method == "ablation") {
      const bool lost = c.channels.empty() || std::ranges::count(c.channels, 7) > 0;
      p.answers = {{lost ? 2 : 9, 0.5f, 7}, {3, 0.05f, 2}};
      p.figures = {{{"score before", "前"}, 9, ""},
                   {{"score after", "后"}, lost ? 1.0 : 8.0, ""},
                   {{"before", "前"}, 0.91, ""},
                   {{"after", "后"}, lost ? 0.01 : 0.5, ""},
                   {{"off", "关闭"}, double(c.channels.size()), ""}};
    }
    if (c.method == "adversarial") {
      p.picture = flat_picture(31, 31);
      p.maps = {ramp(31), ramp(31)};
      p.answers = {{2, 0.5f, 7}, {3, 0.05f, 2}};
      p.figures = {{{"before", "前"}, 0.91, ""},
                   {{"after", "后"}, 0.01, ""},
                   {{"largest", "最大"}, 2, ""},
                   {{"correlation", "相关"}, 0.25, ""}};
      for (size_t i = 0; c.parameters[2].value != 0 && i < judged_methods.size(); ++i) {
        const std::string title = "Rank correlation: " + judged_methods[i];
        p.figures.push_back({{title, title}, -0.5 + double(i) / 4, ""});
      }
    }
    if (c.method == "guided_backprop" && !c.layer.empty()) {
      const auto or_else = [](double at, double strongest) { return at < 0 ? strongest : at; };
      p.figures = {{{"channel", "通道"}, c.channels.empty() ? 7.0 : double(c.channels[0]), ""},
                   {{"row", "行"}, or_else(c.parameters[0].value, 2), ""},
                   {{"column", "列"}, or_else(c.parameters[1].value, 3), ""},
                   {{"activation", "激活值"}, 6.5, ""}};
    }
    if (c.untrained && unlike) {
      p.map->values = numbers(31 * 31, [](size_t i) { return float((i * 7919) % 961); });
    }
    event(id, MethodResult{p, c.target, c.layer, c.untrained, 17000, {}});
  }
  void answer(RequestId id, const Cancel& c) {
    event(c.request, Failed{"cancelled", {"Cancelled.", "已取消。"}});
    event(id, Done{});
  }
  void answer(RequestId id, const EncodePng& c) {
    event(id, FileReady{c.name, "image/png", Blob::copy_of("x", 1)});
  }
  void answer(RequestId id, const SaveOnnx& c) {
    event(id, FileReady{c.name, "application/octet-stream", Blob::copy_of("x", 1)});
  }
  template <typename T>
  void answer(RequestId id, const T&) {
    event(id, Done{});
  }

  // All commands of one kind that were sent so far.
  template <typename T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const auto* list : {&sent, &waiting}) {
      for (const CommandMessage& m : *list) {
        if (const T* c = std::get_if<T>(&m.command)) found.push_back(*c);
      }
    }
    return found;
  }

  // --- the person
  const MirrorNode* node(std::string_view key) const {
    for (const MirrorNode& n : app->mirror().nodes()) {
      if (n.key == key) return &n;
    }
    return nullptr;
  }
  bool says(std::string_view words) const {
    for (const MirrorNode& n : app->mirror().nodes()) {
      if (n.label.find(words) != std::string::npos) return true;
    }
    return false;
  }
  void press(std::string_view key) {
    ASSERT_NE(node(key), nullptr) << key << " is not on the page";
    ASSERT_FALSE(node(key)->disabled) << key;
    ImGui::ActivateItemByID(app->mirror().id_of(key));
    frames(5);
  }
  void point_at(std::string_view key, float u, float v) {
    const MirrorNode* n = node(key);
    ASSERT_NE(n, nullptr) << key << " is not on the page";
    ImGui::GetIO().AddMousePosEvent(n->min.x + (n->max.x - n->min.x) * u,
                                    n->min.y + (n->max.y - n->min.y) * v);
    frames(5);
  }

  ImGuiContext* context;
  SilentHost host;
  std::vector<CommandMessage> waiting, sent;
  std::unique_ptr<App> app;
  double seconds = 0;
  RequestId running = 0;  // the dream that has shown its first preview
  bool answering = true, unlike = false;
  // Those that the engine can put to the test.
  std::vector<std::string> judged_methods = {"grad_cam", "eigen_cam", "gradient", "random_cam"};
};

}  // namespace convscope
