// What the views of the lens "Do they mean anything?" share.
#pragma once

#include <string>
#include <string_view>

#include "ui/ui.h"

namespace convscope {

// The methods that the engine can judge, in its order.
struct Judgeable {
  const std::vector<std::string>* ids = nullptr;  // null where the engine knows no such test
  const std::vector<Text>* titles = nullptr;
  int count() const { return ids != nullptr ? static_cast<int>(ids->size()) : 0; }
  const std::string& id(int index) const { return (*ids)[static_cast<size_t>(index)]; }
  const Text& title(int index) const { return (*titles)[static_cast<size_t>(index)]; }
  int find(std::string_view id) const;  // -1: none
};
Judgeable judgeable(const Ui& ui);
// The method that curves and random weights are about.
int judged_now(const Ui& ui, const Judgeable& methods);

// The test of one method by taking pixels away; its slot is the same in every view.
std::string test_slot(const Judgeable& methods, int index);
RunMethod test_request(const Ui& ui, int index);
// A run that answers what is asked now, or is on its way to it; null: none.
const MethodSnapshot* run_now(const Ui& ui, std::string_view slot);
// The value of one of the figures of a finished run; NaN where it could not be measured.
enum class Measure : uint8_t { kDeletion, kInsertion, kRoad, kDrop, kIncrease, kRandom };
inline constexpr int kMeasures = 6;
double measured(const MethodPreview& test, Measure measure);
std::string measure_text(const Ui& ui, Measure measure, double value);
S measure_title(Measure measure);
// Whether the first of two values is the better one; what was not measured is worst.
bool is_better(Measure measure, double a, double b);

// Numbers of a finished run and how long it took, in the inspector.
void run_figures(Ui& ui, const MethodResult& result);
// What is wrong with the map, in words beneath it; false: nothing.
bool diagnosis(Ui& ui, const MethodResult& result);
Colouring colouring_of_judged(const Map& map);

// The views that have files of their own.
void compare_view(Ui& ui, const Judgeable& methods);
void random_view(Ui& ui, const Judgeable& methods);
void random_inspector(Ui& ui, const Judgeable& methods);

}  // namespace convscope
