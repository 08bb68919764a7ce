// Top bar: which network looks at the picture?
#include <cmath>

#include "ui/panels/bar_parts.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr std::string_view kOnnxSuffix = ".onnx";

const CatalogModel* catalog_model(const Ui& ui, std::string_view id) {
  for (const CatalogModel& m : ui.vm.catalog) {
    if (m.id == id) return &m;
  }
  return nullptr;
}

std::string facts_of(const Ui& ui, const CatalogModel& m) {
  const std::string bytes = bytes_text(double(m.bytes));
  if (!m.available) return ui.tr(S::kModelMissing, {ui.tr(m.reason)});
  if (m.input.empty()) return ui.tr(S::kModelOwn, {bytes});
  const std::string size = ui.tr(S::kModelInput, {bytes, m.input});
  if (m.top1_percent <= 0) return size;
  return size + ui.tr(S::kModelFacts, {percent(m.top1_percent / 100)});
}

void model_row(Ui& ui, const CatalogModel& m) {
  const bool selected = m.id == ui.state.model;
  const std::string facts = facts_of(ui, m);
  const float wrap = ImGui::GetContentRegionAvail().x - 24;
  const float facts_height = paragraph_height(ui, facts, kStatusSize, wrap);
  const Hit hit = menu_row(ui,
                           MirrorNode{.key = "model." + m.id,
                                      .role = "option",
                                      .label = m.title,
                                      .value = facts,
                                      .selected = selected,
                                      .disabled = !m.available},
                           facts_height + 40, selected);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 after = ImGui::GetCursorScreenPos();
  draw_text(ui, list, ImVec2(hit.min.x + 12, hit.min.y + 9), ui.fonts.bold, kTextSize,
            m.available ? (selected ? ui.theme.accent : ui.theme.ink) : ui.theme.ink3, m.title);
  ImGui::SetCursorScreenPos(ImVec2(hit.min.x + 12, hit.min.y + 31));
  paragraph(ui, facts, kStatusSize, ui.theme.ink3, wrap);
  ImGui::SetCursorScreenPos(after);
  if (hit.pressed) {
    choose_model(ui, m.id);
    ImGui::CloseCurrentPopup();
  }
}

// The file is written by the engine, beside whatever else the page does.
void save_item(Ui& ui) {
  if (!ui.vm.model || !ui.vm.engine_has_model) return;
  const ModelInfo& model = *ui.vm.model;
  if (menu_item(ui, "model.save", ui.tr(S::kSaveOnnx, {model.title}))) {
    std::string stem = model.id;
    if (stem.ends_with(kOnnxSuffix)) stem.resize(stem.size() - kOnnxSuffix.size());
    SaveOnnx save{stem + std::string(kOnnxSuffix), {}};
    const auto labels = ui.labels();
    save.labels.assign(labels.begin(), labels.end());
    ui.requests.send(save);
  }
  ImGui::Indent(12);
  paragraph(ui, ui.tr(S::kSaveOnnxHint), kStatusSize, ui.theme.ink3, 380);
  ImGui::Unindent(12);
}

}  // namespace

void choose_model(Ui& ui, std::string_view id) {
  if (id == ui.state.model) return;
  ui.state.model = id;
  ui.state.layer.clear();
  ui.state.filter.clear();
  ui.state.explain_layer.clear();
  ui.state.off_layer.clear();
  ui.state.off_channels.clear();
  ui.state.dream_layer.clear();
  ui.state.dream_channels.clear();
  ui.state.channel = ui.state.input_channel = ui.state.unit_channel = -1;
}

float draw_model_menu(Ui& ui, float x, float y, float width) {
  const CatalogModel* m = catalog_model(ui, ui.state.model);
  const std::string title = m ? m->title : ui.state.model;
  std::string facts = !m || ui.size == Size::kNarrow ? ""
                      : m->top1_percent > 0 ? ui.tr(S::kModelSize, {bytes_text(double(m->bytes))})
                                            : bytes_text(double(m->bytes));
  float facts_width = facts.empty() ? 0 : text_width(ui, ui.fonts.text, kLabelSize, facts) + 10;
  // The name comes first where there is no room for both.
  if (width > 0 && text_width(ui, ui.fonts.text, kTextSize, title) + facts_width + 46 > width) {
    facts.clear();
    facts_width = 0;
  }
  if (width <= 0)
    width = std::ceil(text_width(ui, ui.fonts.text, kTextSize, title) + facts_width + 52);
  const bool open = ImGui::IsPopupOpen("model##popup");
  const Hit hit =
      hit_area_at(ui,
                  MirrorNode{.key = "model",
                             .role = "combobox",
                             .label = std::string(ui.tr(S::kModelMenu)),
                             .value = title,
                             .expanded = open},
                  ImVec2(x, y - kBarControl / 2), ImVec2(x + width, y + kBarControl / 2));
  draw_box(ui, hit, open);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float room = width - 44 - facts_width;
  const std::string shown = fitted(ui, ui.fonts.text, kTextSize, title, room);
  draw_text(ui, list, ImVec2(hit.min.x + 14, y - 9), ui.fonts.text, kTextSize, ui.theme.ink, shown);
  draw_text(ui, list,
            ImVec2(hit.min.x + 24 + text_width(ui, ui.fonts.text, kTextSize, shown), y - 8),
            ui.fonts.text, kLabelSize, ui.theme.ink3, facts);
  if (hit.pressed) ImGui::OpenPopup("model##popup");
  if (begin_menu(ui, "model##popup", hit, 420)) {
    ui.mirror.push("model.list", "listbox", ui.tr(S::kModelMenu));
    for (const CatalogModel& item : ui.vm.catalog) model_row(ui, item);
    ui.mirror.pop();
    ui.mirror.push("model.files", "menu", ui.tr(S::kModelFiles));
    if (menu_item(ui, "model.open", ui.tr(S::kOpenModel))) ui.host.request("open_model");
    ImGui::Indent(12);
    paragraph(ui, ui.tr(S::kOpenModelHint), kStatusSize, ui.theme.ink3, 380);
    ImGui::Unindent(12);
    save_item(ui);
    ui.mirror.pop();
    space(6);
    ImGui::EndPopup();
  }
  return x + width;
}

}  // namespace convscope
