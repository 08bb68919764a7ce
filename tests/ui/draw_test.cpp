// Draws the whole page without a screen: every lens, size, language and theme, empty, running, done
// and failed.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <set>
#include <string>

#include "imgui.h"
#include "imgui_internal.h"
#include "ui/app.h"
#include "ui/panels/panel.h"

namespace convscope {
namespace {

struct RecordingHost : Host {
  void request(std::string_view verb, std::string_view a, std::string_view b) override {
    requests.push_back(std::string(verb) + " " + std::string(a) +
                       (b.empty() ? "" : " " + std::string(b)));
  }
  void save_file(std::string_view name, std::string_view, const Blob&) override {
    requests.push_back("save " + std::string(name));
  }
  bool asked(std::string_view what) const {
    return std::find(requests.begin(), requests.end(), what) != requests.end();
  }
  std::vector<std::string> requests;
};

Blob floats(size_t count, const std::function<float(size_t)>& value) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = value(i);
  return Blob::copy_of(values.data(), count);
}

Picture gray_picture(int height, int width) {
  return Picture{height, width,
                 Blob(std::vector<uint8_t>(static_cast<size_t>(height * width * 4), 128))};
}

LayerInfo layer_of(const char* name, const char* kind, int size, int channels, bool minor = false,
                   int kernel = 0) {
  LayerInfo l;
  l.name = name, l.kind = kind, l.operation = "Conv", l.height = l.width = size,
  l.channels = channels, l.minor = minor;
  l.parameters = kernel > 0 ? 1000 : 0, l.flops = 1000000;
  l.kernel_height = l.kernel_width = kernel, l.filter_inputs = kernel > 0 ? 3 : 0,
  l.filter_outputs = kernel > 0 ? channels : 0;
  if (kernel > 0) l.filter_names = {name};
  l.has_pre_activation = kernel > 0;
  l.receptive_field = {11, 4, 0};
  return l;
}

ModelInfo small_model() {
  ModelInfo m;
  m.id = "squeezenet-1.0", m.title = "SqueezeNet v1.0", m.input_height = m.input_width = 31,
  m.classes = 10;
  m.preprocessing = {"The photo is cut to a square.", "照片裁成正方形。"};
  m.parameters = 4000, m.flops = 8000000;
  m.layers = {layer_of("input", "input", 31, 3),
              layer_of("conv1", "conv", 15, 8, false, 7),
              layer_of("pool1", "pool", 7, 8),
              layer_of("fire2.squeeze", "conv", 7, 4, true, 1),
              layer_of("fire2", "fire", 7, 16, false, 3),
              layer_of("logits", "logits", 1, 10),
              layer_of("softmax", "softmax", 1, 10)};
  return m;
}

MethodInfo method_of(const char* id, MethodFamily family) {
  MethodInfo m;
  m.id = id, m.family = family, m.title = {id, id},
  m.intuition = {"It asks the pixels.", "它去问像素。"};
  m.equation = "S = max |∂y/∂x|", m.citation = "Somebody et al. 2014",
  m.paper = "https://arxiv.org/abs/1312.6034", m.source = "src/explain/gradient.cpp";
  ParameterInfo number, choice, flag;
  number.id = "step", number.title = {"Step", "步长"}, number.minimum = 0.001, number.maximum = 1,
  number.initial = 0.1, number.logarithmic = true;
  choice.id = "norm", choice.title = {"Norm", "范数"}, choice.type = ParameterType::kChoice,
  choice.choices = {{"mean", "平均"}, {"max", "最大"}};
  flag.id = "clip", flag.title = {"Clip", "裁剪"}, flag.type = ParameterType::kBool;
  m.parameters = {number, choice, flag};
  return m;
}

// Answers every command as an engine would, with small data.
class Page : public testing::Test {
 protected:
  Page() {
    context = ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.BackendFlags |= ImGuiBackendFlags_RendererHasTextures;
    io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
    context->TestEngineHookItems = true;
    ImFont* font = io.Fonts->AddFontDefaultBitmap();
    app = std::make_unique<App>(host, [this](const CommandMessage& m) { sent.push_back(m); });
    app->set_fonts({font, font});
    resize(1440, 900);
  }
  ~Page() override {
    app.reset();
    set_hooked_mirror(nullptr);
    // The textures were never made by a renderer: nothing is there to destroy.
    for (ImTextureData* texture : ImGui::GetPlatformIO().Textures)
      texture->SetStatus(ImTextureStatus_Destroyed);
    ImGui::DestroyContext(context);
  }

  void resize(float width, float height) { ImGui::GetIO().DisplaySize = ImVec2(width, height); }
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
      json = app->mirror().take_json(app->state().language);
      if (answering) answer_all();
    }
  }
  void event(RequestId id, Event e) { app->on_event({id, std::move(e)}, seconds); }

  void boot() {
    app->on_models({{.id = "squeezenet-1.0",
                     .title = "SqueezeNet v1.0",
                     .licence = "BSD",
                     .input = "227 × 227",
                     .bytes = 675763,
                     .top1_percent = 57.5},
                    {.id = "efficientnet-lite0",
                     .title = "EfficientNet-Lite0",
                     .licence = "Apache-2.0",
                     .input = "224 × 224",
                     .bytes = 9322208,
                     .top1_percent = 75,
                     .available = false,
                     .reason = {"the file is not here", "没有这个文件"}}});
    app->on_samples({{.id = "chelsea",
                      .title = {"a cat", "一只猫"},
                      .credit = "public domain",
                      .thumbnail = gray_picture(8, 8)},
                     {.id = "coffee", .title = {"coffee", "咖啡"}}});
    app->on_labels(Language::kEnglish, {"tench", "goldfish", "shark", "cock", "hen", "ostrich",
                                        "finch", "junco", "bunting", "robin"});
    app->on_labels(Language::kChinese, {"丁鲷", "金鱼", "鲨鱼", "公鸡", "母鸡", "鸵鸟", "燕雀",
                                        "灯草鹀", "彩鹀", "知更鸟"});
    app->on_engine(EngineState::kReady, "relaxed-threads", 1, {"two cores", "两个核"});
    event(0, EngineReady{"relaxed-threads",
                         1,
                         2,
                         {method_of("gradient", MethodFamily::kExplain),
                          method_of("deep_dream", MethodFamily::kImagine)}});
    app->on_hash("");
    event(0x80000001, ModelLoaded{small_model()});
    event(0x80000002, ImageReady{300, 200, gray_picture(20, 30)});
  }

  void answer_all() {
    const std::vector<CommandMessage> commands = std::exchange(sent, {});
    for (const CommandMessage& m : commands)
      std::visit([&](const auto& c) { answer(m.request, c); }, m.command);
  }
  void answer(RequestId id, const Forward&) {
    ForwardDone done;
    done.input = gray_picture(31, 31);
    done.logits = floats(10, [](size_t i) { return static_cast<float>(i); });
    done.probabilities =
        floats(10, [](size_t i) { return std::exp(static_cast<float>(i)) / 12818.3f; });
    for (const LayerInfo& l : small_model().layers) {
      if (l.height == 1 || l.kind == "input") continue;
      done.thumbnails.push_back({l.name, 4, 4, {3, 1, 0, 2}, Blob(std::vector<uint8_t>(64, 77))});
    }
    done.micros = 16000, done.heap_bytes = 84000000;
    event(id, std::move(done));
  }
  void answer(RequestId id, const GetActivations& c) {
    const ModelInfo model = small_model();
    for (const LayerInfo& l : model.layers) {
      if (l.name != c.layer) continue;
      const size_t plane = static_cast<size_t>(l.height * l.width),
                   channels = static_cast<size_t>(l.channels);
      event(id, Activations{
                    l.name,
                    c.pre_activation,
                    l.height,
                    l.width,
                    l.channels,
                    floats(plane * channels, [](size_t i) { return static_cast<float>(i % 17); }),
                    floats(channels * 2, [](size_t i) { return i % 2 ? 16.0f : 0.0f; }),
                    {1}});
    }
  }
  void answer(RequestId id, const GetFilters& c) {
    Filters f;
    f.layer = c.layer, f.filter = c.filter, f.outputs = 8, f.inputs = 3,
    f.kernel_height = f.kernel_width = 7, f.colour = true;
    f.values = floats(8 * 3 * 49, [](size_t i) { return std::sin(static_cast<float>(i)); });
    f.bias = floats(8, [](size_t) { return 0.1f; });
    f.by_similarity = {7, 6, 5, 4, 3, 2, 1, 0};
    event(id, f);
  }
  Map map_of(int size) {
    return Map{
        size,
        size,
        floats(static_cast<size_t>(size * size), [](size_t i) { return static_cast<float>(i); }),
        0,
        100,
        false,
        "|∂|"};
  }
  void answer(RequestId id, const GetFilterResponse& c) {
    event(id, FilterResponse{c.layer, c.filter, c.output_channel, c.input_channel, map_of(15)});
  }
  void answer(RequestId id, const RunMethod& c) {
    MethodPreview p;
    p.method = c.method, p.step = 1, p.steps = 4, p.stage = "octave 1/4";
    if (c.method == "gradient")
      p.map = map_of(31);
    else
      p.picture = gray_picture(31, 31);
    event(id, p);
    if (running) return;
    event(id, MethodResult{p, c.target, c.layer, c.untrained, 17000, {}});
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
    ImGui::ActivateItemByID(app->mirror().id_of(key));
    frames(3);
  }
  void tap(ImGuiKey key) {
    ImGui::GetIO().AddKeyEvent(key, true);
    frames(1);
    ImGui::GetIO().AddKeyEvent(key, false);
    frames(2);
  }
  // What must hold for every picture of the page.
  void expect_sound(const std::string& where) {
    EXPECT_TRUE(app->mirror().undescribed().empty())
        << where << ": an item that the mirror does not describe";
    std::set<std::string> keys;
    for (const MirrorNode& n : app->mirror().nodes()) {
      EXPECT_TRUE(keys.insert(n.key).second) << where << ": two nodes are called " << n.key;
      if (n.id != 0) {
        EXPECT_FALSE(n.label.empty()) << where << ": " << n.key << " has no label";
      }
    }
  }

  ImGuiContext* context = nullptr;
  RecordingHost host;
  std::vector<CommandMessage> sent;
  std::unique_ptr<App> app;
  std::string json;
  double seconds = 0;
  bool answering = true, running = false;
};

TEST_F(Page, IsDrawnBeforeAnythingHasCome) {
  frames(20);
  EXPECT_TRUE(says("A network is about to look at a picture"));
  expect_sound("empty page");
  EXPECT_EQ(app->next_frame_ms(), -1) << "nothing moves, so no frame is wanted";
}

TEST_F(Page, EveryLensInEverySizeLanguageAndTheme) {
  boot();
  for (const Panel* panel : panels()) {
    for (const ImVec2 size : {ImVec2(1440, 900), ImVec2(820, 1180), ImVec2(390, 844)}) {
      for (const Language language : {Language::kEnglish, Language::kChinese}) {
        for (const ThemeChoice theme :
             {ThemeChoice::kLight, ThemeChoice::kDark, ThemeChoice::kContrast}) {
          resize(size.x, size.y);
          app->state().lens = panel->id;
          app->state().language = language;
          app->state().theme = theme;
          frames(4);
          const std::string where = std::string(panel->id) + " at " + std::to_string(int(size.x));
          EXPECT_NE(node("question"), nullptr) << where;
          expect_sound(where);
        }
      }
    }
  }
}

TEST_F(Page, EveryLensWhileItsAnswerIsComputedAndAfterItFailed) {
  boot();
  frames(3);
  for (const Panel* panel : panels()) {
    answering = false;
    app->state().lens = panel->id;
    app->state().target = app->state().target < 0 ? 3 : app->state().target + 1;
    sent.clear();
    frames(3);
    expect_sound(std::string(panel->id) + " running");
    for (const CommandMessage& m : std::exchange(sent, {})) {
      event(m.request,
            Failed{"out_of_memory",
                   {"There was no memory for this picture; choose a smaller one.", "内存不够。"}});
    }
    frames(3);
    expect_sound(std::string(panel->id) + " failed");
    answering = true;
    event(0x80000002, ImageReady{300, 200, gray_picture(20, 30)});
    frames(6);
    expect_sound(std::string(panel->id) + " again");
  }
}

TEST_F(Page, IsStillOnceItHasSettled) {
  boot();
  frames(80);
  EXPECT_EQ(app->next_frame_ms(), -1);
  frames(1);
  EXPECT_TRUE(json.empty()) << "an unchanged page sends no mirror";
}

TEST_F(Page, AnswersAreClickable) {
  boot();
  frames(40);
  ASSERT_NE(node("class.9"), nullptr);
  EXPECT_EQ(node("class.9")->label, "robin");
  press("class.7");
  EXPECT_EQ(app->state().target, 7);
  EXPECT_TRUE(
      host.asked("hash v=1&model=squeezenet-1.0&image=chelsea&lens=overview&class=7 replace"));
  tap(ImGuiKey_Escape);
  EXPECT_EQ(app->state().target, -1);
}

TEST_F(Page, SpeaksBothLanguages) {
  boot();
  frames(30);
  EXPECT_TRUE(says("Why this answer?") || says("What is inside?"));
  press("language");
  EXPECT_EQ(app->state().language, Language::kChinese);
  EXPECT_TRUE(says("里面有什么？"));
  EXPECT_EQ(node("class.9")->label, "知更鸟");
}

TEST_F(Page, ArrowsWalkTheLayers) {
  boot();
  frames(30);
  tap(ImGuiKey_DownArrow);
  EXPECT_EQ(app->state().layer, "input");
  tap(ImGuiKey_DownArrow);
  EXPECT_EQ(app->state().layer, "conv1");
  tap(ImGuiKey_DownArrow);
  tap(ImGuiKey_DownArrow);
  EXPECT_EQ(app->state().layer, "fire2") << "steps inside a block are passed over";
  tap(ImGuiKey_UpArrow);
  EXPECT_EQ(app->state().layer, "pool1");
}

TEST_F(Page, TheKeyboardReachesEveryRegion) {
  boot();
  frames(30);
  std::set<std::string> regions;
  for (int i = 0; i < 60; ++i) {
    tap(ImGuiKey_Tab);
    for (size_t n = 0; n < app->mirror().nodes().size(); ++n) {
      if (app->mirror().nodes()[n].id != 0 && app->mirror().nodes()[n].id == context->NavId)
        regions.insert(app->mirror().parent_of(n));
    }
  }
  for (const char* region : {"top", "rail", "questions", "predictions"})
    EXPECT_TRUE(regions.contains(region)) << region;
}

TEST_F(Page, MenusOpenByActivationAndChoose) {
  boot();
  frames(30);
  press("target");
  ASSERT_NE(node("target.search"), nullptr);
  press("target.2");
  EXPECT_EQ(app->state().target, 2);
  press("model");
  ASSERT_NE(node("model.efficientnet-lite0"), nullptr);
  EXPECT_TRUE(node("model.efficientnet-lite0")->disabled);
  EXPECT_NE(node("model.efficientnet-lite0")->value.find("the file is not here"),
            std::string::npos);
  press("model.save");
  EXPECT_TRUE(host.asked("save squeezenet-1.0.onnx"));
  tap(ImGuiKey_Escape);
  press("sample.coffee");
  EXPECT_TRUE(host.asked("sample coffee"));
  press("help");
  EXPECT_NE(node("help.close"), nullptr);
  expect_sound("help");
}

TEST_F(Page, SheetsHoldRailAndNumbersOnSmallScreens) {
  boot();
  resize(820, 1180);
  frames(30);
  EXPECT_EQ(node("layer.conv1"), nullptr);
  press("sheet.layers");
  frames(5);
  ASSERT_NE(node("layer.conv1"), nullptr);
  press("layer.conv1");
  EXPECT_EQ(app->state().layer, "conv1");
  press("sheet.numbers");
  frames(5);
  EXPECT_NE(node("class.9"), nullptr);
  expect_sound("numbers sheet");
}

TEST_F(Page, NoticesSayWhatHappenedAndGoAway) {
  boot();
  app->on_notice({NoticeLevel::kError,
                  "image",
                  {"“cat.jpg” is not a picture: it holds text. Choose a JPEG or PNG.",
                   "“cat.jpg” 不是图片。"}});
  frames(5);
  EXPECT_TRUE(says("is not a picture"));
  expect_sound("notice");
  press("notice.image.again");
  EXPECT_TRUE(host.asked("open_file image"));
  press("notice.image.dismiss");
  EXPECT_FALSE(says("is not a picture"));
}

// Every node is there to be read, by operator and reason; the card scrolls them and keeps its
// place.
TEST_F(Page, ANoticeListsEveryNodeThatCannotRun) {
  boot();
  Notice notice{NoticeLevel::kError, "own-model", {"ConvScope cannot run 42 nodes.", "有 42 个。"}};
  for (int i = 0; i < 40; ++i)
    notice.nodes.push_back({i < 2 ? "LSTM" : "GRU",
                            "cell" + std::to_string(i),
                            {"it has no such operator", "没有这种算子"}});
  notice.more_nodes = 1000;
  app->on_notice(notice);
  frames(5);
  EXPECT_TRUE(says("LSTM × 2: it has no such operator"));
  EXPECT_TRUE(says("GRU × 38: it has no such operator"));
  EXPECT_TRUE(says("and 1,000 more"));
  const auto listed = [&] {
    return std::ranges::count_if(app->mirror().nodes(), [](const MirrorNode& n) {
      return std::string_view(n.role) == "listitem" && n.label.starts_with("cell");
    });
  };
  EXPECT_EQ(listed(), 40);
  ASSERT_NE(node("notice.own-model.nodes"), nullptr);
  // The button below the list is on the page, and clear of it.
  const MirrorNode* dismiss = node("notice.own-model.dismiss");
  ASSERT_NE(dismiss, nullptr);
  EXPECT_FALSE(dismiss->clipped);
  for (const MirrorNode& n : app->mirror().nodes()) {
    if (n.label.starts_with("cell") && !n.clipped) EXPECT_LE(n.max.y, dismiss->min.y);
  }
  expect_sound("refused nodes");
  app->set_language(Language::kChinese);
  frames(5);
  EXPECT_TRUE(says("GRU × 38：没有这种算子"));
  app->set_language(Language::kEnglish);
  resize(390, 600);
  frames(30);
  EXPECT_EQ(listed(), 40);
  expect_sound("refused nodes on a small page");
  press("notice.own-model.dismiss");
  EXPECT_EQ(listed(), 0);
}

TEST_F(Page, AModelThatIsNotHereIsReplacedByOneThatIs) {
  boot();
  app->on_hash("model=efficientnet-lite0");
  frames(2);
  EXPECT_EQ(app->state().model, "squeezenet-1.0");
}

}  // namespace
}  // namespace convscope
