// A chart: curves over labelled axes, with a legend beneath.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ui/ui.h"

namespace convscope {

struct ChartLine {
  std::string label;
  std::span<const float> xs, ys;
  ImU32 colour = 0;
  bool dots = false;  // each point is marked, so that colour is not all that tells lines apart
};
struct ChartOptions {
  std::string_view x_title, y_title, alt;
  float x_low = 0, x_high = 1, y_low = 0, y_high = 1;
  bool percent = false;  // numbers at the axes are shares
  float mark_x = -1;     // a vertical line there, where it is within the axis
};
// `size` of the curves' area with the numbers at its axes; titles and legend come on top.
void chart(Ui& ui, std::string_view key, std::span<const ChartLine> lines, ImVec2 size,
           const ChartOptions& options);

// The smallest of 1, 0.5, 0.2, 0.1, 0.05 … that no value exceeds, for an axis from 0.
float axis_end(float most);

}  // namespace convscope
