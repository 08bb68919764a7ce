// ViewState: everything on screen that is a choice of the person's, and its permalink.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/types.h"

namespace convscope {

enum class Language : uint8_t { kEnglish, kChinese };
enum class ThemeChoice : uint8_t { kAuto, kLight, kDark, kContrast };
enum class Colours : uint8_t { kViridis, kMagma, kGray, kSigned };  // of a map
enum class Normalise : uint8_t { kChannel, kLayer };
enum class Order : uint8_t { kStored, kSimilar, kStrength };
enum class FaithView : uint8_t { kCurves, kRandom, kCompare };

// As many numbers as a list of a permalink may have; so many channels can be off at once.
inline constexpr size_t kMostOff = 512;

struct ViewState {
  // --- in the permalink
  std::string model = "squeezenet-1.0";
  std::string image = "chelsea";  // a sample's id; empty for a picture of the person's own
  std::string lens = "overview";  // Panel::id
  std::string layer;              // LayerInfo::name; empty: the lens's default
  int32_t channel = -1;           // pinned channel (activations) or output channel (filters)
  int32_t input_channel = -1;     // pinned slice of a filter
  int32_t target = -1;            // class; -1: the network's first answer
  bool pre_activation = false;
  Normalise normalise = Normalise::kChannel;
  Colours colours = Colours::kViridis;
  Order order = Order::kStored;
  std::string filter;     // one of LayerInfo::filter_names; empty: the first
  bool overlaid = false;  // a map is laid over the picture
  float overlay = 0.6f;   // with this opacity, 0 … 1
  bool smooth = false;    // maps are drawn smoothly between their cells
  float clip = 0.99f;     // saliency: this share of the pixels is within the colour scale, 0.5 … 1
  bool untrained = true;  // saliency: show the untrained network beside it
  std::string method;     // of the lenses that explain an answer; empty: the lens's first one
  std::string explain_layer;          // where such a method takes a layer; empty: its default
  int32_t unit_channel = -1;          // of that layer, whose unit is projected; -1: the strongest
  int32_t against = -1;               // its map less that of this class is shown; -1: the map alone
  std::string off_layer;              // channels of this layer are switched off …
  std::vector<int32_t> off_channels;  // … these ones; empty: all
  Colours map_colours = Colours::kMagma;      // of maps without sign
  FaithView faith_view = FaithView::kCurves;  // how maps are put to the test
  std::vector<int32_t> compared;  // methods side by side, by their place in the list; empty: a few
  int32_t compared_by = 2;        // the figure by which they are sorted
  std::string dream_layer;        // empty: the whole-layer default of the network
  std::vector<int32_t> dream_channels;
  float wipe = 1;  // dream: the left part of the picture that shows the dream, 0 … 1
  uint64_t seed = 1;
  // Parameters of methods that differ from their initial value: "deep_dream.octaves" → 6.
  std::map<std::string, double, std::less<>> parameters;
  Language language = Language::kEnglish;
  ThemeChoice theme = ThemeChoice::kLight;  // light unless chosen: projectors

  // --- not in the permalink
  std::string hovered_layer;  // under the pointer, in rail or stage, this frame or the last
  int32_t hovered_channel = -1;
  uint64_t dream_begun_for = 0;  // network and picture for which the dream has begun by itself
  std::string dream_begun;       // what that dream, or a later one, was begun with
  bool dream_held = false;       // paused by the person, not by leaving the lens
  bool dream_picking = false;    // the channels are laid out to choose from
  bool compare_picking = false;  // … and the methods
  bool unit_picking = false;     // … and the channels whose unit is projected
  bool all_channels = false;     // contributions: not only the first ones

  bool operator==(const ViewState&) const = default;
};

// "v=1&model=squeezenet-1.0&image=chelsea&lens=activations&layer=fire5&channel=12&class=281". Only
// what differs from ViewState{} is written, in a fixed order; readable: only bytes that would break
// it are %-escaped.
std::string permalink_from(const ViewState& state);
// Reads a permalink over `base`. Unknown keys are ignored and a value that is not valid leaves
// base's; never fails.
ViewState view_state_from(std::string_view hash, const ViewState& base = {});
// The parts that a permalink carries, all else as in `passing`: what a round trip keeps.
ViewState permanent_part(const ViewState& state, const ViewState& passing = {});

// The value of a method's parameter now: state.parameters or the table's initial value, clamped to
// its range.
double parameter_of(const ViewState& state, const MethodInfo& method,
                    const ParameterInfo& parameter);
void set_parameter(ViewState& state, const MethodInfo& method, const ParameterInfo& parameter,
                   double value);
// All of a method's parameters, as RunMethod wants them.
std::vector<ParameterValue> parameters_of(const ViewState& state, const MethodInfo& method);

}  // namespace convscope
