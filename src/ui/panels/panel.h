// Panel: one lens, one question, one file. The frame (app.cpp) draws tabs, headline place, rail,
// inspector and status.
#pragma once

#include <span>
#include <string_view>

#include "ui/ui.h"

namespace convscope {

enum class Question : uint8_t { kInside, kWhy, kWant };
inline constexpr int kQuestions = 3;

struct Panel {
  std::string_view id;  // permalink value and mirror key "lens.<id>": "activations"
  Question question;
  S title;  // name of the lens: "Activations"
  // False hides it, e.g. where the engine knows no such method.
  bool (*available)(const Ui& ui);
  // The stage: question, sentence, pictures. The cursor stands at the top left of the stage's
  // padded area.
  void (*stage)(Ui& ui);
  // The inspector beneath the predictions: numbers under the pointer, formula, settings, notes. May
  // be null.
  void (*inspector)(Ui& ui);
};

// In the order of the tabs; one line each in registry.cpp.
std::span<const Panel* const> panels();
const Panel& panel_of(std::string_view id);        // the first one if there is none of that id
std::string_view question_key(Question question);  // "inside", "why", "want"

// Ids that the frame knows by name.
inline constexpr std::string_view kOverviewPanelId = "overview", kFiltersPanelId = "filters",
                                  kActivationsPanelId = "activations",
                                  kSaliencyPanelId = "gradient", kDreamPanelId = "dream",
                                  kContributionPanelId = "contribution";
// The method of the open lens, where it is one of those that explain an answer by a map; else null.
const MethodInfo* explaining_method(const Ui& ui);
// The methods of the lens "Layer by layer", and the layer that it looks into; null: there is none.
inline constexpr std::string_view kContributionMethods[] = {"layer_gradient_x_activation",
                                                            "conductance"};
const LayerInfo* contribution_layer(const Ui& ui);

extern const Panel kOverviewPanel;
extern const Panel kFiltersPanel;
extern const Panel kActivationsPanel;
extern const Panel kSaliencyPanel;
extern const Panel kGradientsPanel;
extern const Panel kCamPanel;
extern const Panel kOcclusionPanel;
extern const Panel kSegmentationPanel;
extern const Panel kContributionPanel;
extern const Panel kFaithfulnessPanel, kAdversarialPanel;
extern const Panel kDreamPanel;

}  // namespace convscope
