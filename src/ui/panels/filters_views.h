// How filters are drawn: as coloured squares, signed squares, rows of slices or rows of mixing
// weights.
#pragma once

#include "ui/ui.h"
#include "ui/widgets/picture.h"

namespace convscope {

enum class FilterKind : uint8_t {
  kColour,     // three inputs that are red, green and blue: one coloured square
  kSingle,     // one input per filter (depthwise): one signed square
  kSlices,     // many inputs: a row of signed squares, one per input channel
  kPointwise,  // 1×1: a row of weights, one per input channel
};

// One weight of a filter bank; input -1 means the weights of all three colours at that cell.
struct WeightPlace {
  int output = -1, input = -1, row = -1, column = -1;
  bool operator==(const WeightPlace&) const = default;
};

// A bank of filters with what its drawings need.
class FilterView {
 public:
  FilterView(Ui& ui, const Filters& filters);

  const Filters& filters() const { return filters_; }
  FilterKind kind() const { return kind_; }
  bool in_tiles() const { return kind_ == FilterKind::kColour || kind_ == FilterKind::kSingle; }
  float weight(const WeightPlace& at) const;
  float bias(int output) const;
  // Smallest and largest weight of a filter, or of one of its slices.
  ImVec2 span(int output, int input = -1) const;
  // Largest |weight|: of the filter, or of the whole bank where the state asks for one scale.
  float range(int output) const;
  // Indices of the inputs with the largest |weight| of a 1×1 filter, strongest first.
  std::vector<int> strongest_inputs(int output, int count) const;

  // One filter in [min, max]; `hovered` is set to the weight or slice under the pointer if it is
  // inside.
  void draw_tile(ImDrawList* list, int output, ImVec2 min, ImVec2 max) const;
  void draw_row(ImDrawList* list, int output, ImVec2 min, ImVec2 max, int selected_input,
                WeightPlace* hovered) const;
  float row_height(float width) const;

 private:
  struct RowGrid {
    int columns = 1, lines = 1;
    float cell = 0, gap = 0;
  };
  RowGrid row_grid(float width) const;
  void draw_slices(ImDrawList* list, int output, ImVec2 min, ImVec2 max, int selected_input,
                   WeightPlace* hovered) const;
  void draw_strip(ImDrawList* list, int output, ImVec2 min, ImVec2 max, int selected_input,
                  WeightPlace* hovered) const;
  int strip_lines(float width) const;

  Ui& ui_;
  const Filters& filters_;
  FilterKind kind_;
  float shared_range_ = 0;
};

// One filter as large as `size`, with its slices to choose from: the left picture of an opened
// filter. Sets state.input_channel when a slice is pressed; returns the weight under the pointer.
WeightPlace filter_detail(Ui& ui, const FilterView& view, int output, float size);

}  // namespace convscope
