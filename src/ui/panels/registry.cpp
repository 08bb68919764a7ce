#include "ui/panels/panel.h"

namespace convscope {
namespace {

// One line each, in the order of the tabs.
constexpr const Panel* kPanels[] = {
    &kOverviewPanel,     &kFiltersPanel,      &kActivationsPanel,  // what is inside?
    &kSaliencyPanel,     &kGradientsPanel,    &kCamPanel,
    &kOcclusionPanel,    &kSegmentationPanel, &kContributionPanel,
    &kFaithfulnessPanel, &kAdversarialPanel,  // why this answer?
    &kDreamPanel,                             // what does it want to see?
};

}  // namespace

std::span<const Panel* const> panels() { return kPanels; }

const Panel& panel_of(std::string_view id) {
  for (const Panel* panel : kPanels) {
    if (panel->id == id) return *panel;
  }
  return *kPanels[0];
}

std::string_view question_key(Question question) {
  switch (question) {
    case Question::kInside:
      return "inside";
    case Question::kWhy:
      return "why";
    case Question::kWant:
      break;
  }
  return "want";
}

}  // namespace convscope
