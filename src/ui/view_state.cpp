#include "ui/view_state.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iterator>

#include "base/number.h"

namespace convscope {
namespace {

constexpr int kPermalinkVersion = 1;
constexpr size_t kMaxNameBytes = 64, kMaxChannels = kMostOff, kMaxParameters = 64;
constexpr int32_t kMaxIndex = 65535;

constexpr std::string_view kLanguages[] = {"en", "zh"};
constexpr std::string_view kThemes[] = {"auto", "light", "dark", "contrast"};
constexpr std::string_view kColours[] = {"viridis", "magma", "gray", "signed"};
constexpr std::string_view kNormalises[] = {"channel", "layer"};
constexpr std::string_view kFaithViews[] = {"curves", "random", "compare"};
constexpr std::string_view kOrders[] = {"stored", "similar", "strength"};

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-' || c == '/' || c == ':';
}

bool is_name(std::string_view text) {
  return text.size() <= kMaxNameBytes && std::all_of(text.begin(), text.end(), is_name_byte);
}

// The shortest decimal that reads back as the same number.
std::string number_text(double value) {
  char text[40];
  for (int digits = 6; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value) break;
  }
  return text;
}

bool read_number(std::string_view text, double* out) {
  const auto value = text.size() <= 32 ? double_of(text) : std::nullopt;
  if (value) *out = *value;
  return value.has_value();
}

bool read_integer(std::string_view text, uint64_t maximum, uint64_t* out) {
  if (text.empty() || text.size() > 20) return false;
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    const uint64_t digit = static_cast<uint64_t>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return false;
    value = value * 10 + digit;
  }
  if (value > maximum) return false;
  *out = value;
  return true;
}

// --- one pair of functions per kind of field; read returns false where the text is not a value.
std::string write(const std::string& v) { return v; }
bool read(std::string_view text, std::string* v) {
  if (!is_name(text)) return false;
  *v = text;
  return true;
}
std::string write(int32_t v) { return std::to_string(v); }
bool read(std::string_view text, int32_t* v) {
  uint64_t value = 0;
  if (text == "-1") return *v = -1, true;
  if (!read_integer(text, kMaxIndex, &value)) return false;
  *v = static_cast<int32_t>(value);
  return true;
}
std::string write(uint64_t v) { return std::to_string(v); }
bool read(std::string_view text, uint64_t* v) { return read_integer(text, UINT64_MAX, v); }
std::string write(bool v) { return v ? "1" : "0"; }
bool read(std::string_view text, bool* v) {
  if (text != "0" && text != "1") return false;
  *v = text == "1";
  return true;
}
std::string write(float v) { return number_text(static_cast<double>(v)); }
bool read(std::string_view text, float* v) {
  double value = 0;
  if (!read_number(text, &value) || value < 0 || value > 1) return false;
  *v = static_cast<float>(value);
  return true;
}
std::string write(const std::vector<int32_t>& v) {
  std::string text;
  for (const int32_t i : v) text += (text.empty() ? "" : ",") + std::to_string(i);
  return text;
}
bool read(std::string_view text, std::vector<int32_t>* v) {
  std::vector<int32_t> items;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    uint64_t value = 0;
    if (items.size() == kMaxChannels || !read_integer(text.substr(0, comma), kMaxIndex, &value))
      return false;
    items.push_back(static_cast<int32_t>(value));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  *v = std::move(items);
  return true;
}
template <typename E, size_t N>
std::string write(E v, const std::string_view (&names)[N]) {
  return std::string(names[static_cast<size_t>(v)]);
}
template <typename E, size_t N>
bool read(std::string_view text, E* v, const std::string_view (&names)[N]) {
  const auto* found = std::find(std::begin(names), std::end(names), text);
  if (found == std::end(names)) return false;
  *v = static_cast<E>(found - std::begin(names));
  return true;
}

// The permalink's keys, in the order in which they are written. `v` is called with the key, the
// field and, for a choice, its names.
template <typename State, typename Visitor>
void fields(State& s, Visitor&& v) {
  v("model", s.model);
  v("image", s.image);
  v("lens", s.lens);
  v("layer", s.layer);
  v("channel", s.channel);
  v("input", s.input_channel);
  v("class", s.target);
  v("pre", s.pre_activation);
  v("scale", s.normalise, kNormalises);
  v("colours", s.colours, kColours);
  v("order", s.order, kOrders);
  v("filter", s.filter);
  v("over", s.overlaid);
  v("overlay", s.overlay);
  v("smooth", s.smooth);
  v("clip", s.clip);
  v("untrained", s.untrained);
  v("method", s.method);
  v("at", s.explain_layer);
  v("unit", s.unit_channel);
  v("against", s.against);
  v("off", s.off_layer);
  v("offch", s.off_channels);
  v("map", s.map_colours, kColours);
  v("test", s.faith_view, kFaithViews);
  v("compare", s.compared);
  v("by", s.compared_by);
  v("dream", s.dream_layer);
  v("channels", s.dream_channels);
  v("wipe", s.wipe);
  v("seed", s.seed);
  v("lang", s.language, kLanguages);
  v("theme", s.theme, kThemes);
}

std::string escaped(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_name_byte(c) || c == ',') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

void read_pair(ViewState& state, std::string_view key, std::string_view value) {
  if (key.find('.') != std::string_view::npos) {
    double number = 0;
    const bool known = state.parameters.contains(key);
    if (is_name(key) && read_number(value, &number) &&
        (known || state.parameters.size() < kMaxParameters)) {
      state.parameters[std::string(key)] = number;
    }
    return;
  }
  fields(state, [&](std::string_view name, auto& field, const auto&... names) {
    if (name == key) (void)read(value, &field, names...);
  });
}

}  // namespace

std::string permalink_from(const ViewState& state) {
  const ViewState initial;
  std::string link = "v=" + std::to_string(kPermalinkVersion);
  std::vector<std::string> defaults;
  fields(initial, [&](std::string_view, const auto& field, const auto&... names) {
    defaults.push_back(write(field, names...));
  });
  size_t i = 0;
  fields(state, [&](std::string_view key, const auto& field, const auto&... names) {
    const std::string value = write(field, names...);
    // The network, the picture and the lens are always named: they are what a reader looks for.
    if (value != defaults[i++] || key == "model" || key == "image" || key == "lens") {
      link += "&" + std::string(key) + "=" + escaped(value);
    }
  });
  for (const auto& [key, value] : state.parameters)
    link += "&" + escaped(key) + "=" + number_text(value);
  return link;
}

ViewState view_state_from(std::string_view hash, const ViewState& base) {
  ViewState state = base;
  if (!hash.empty() && hash.front() == '#') hash.remove_prefix(1);
  while (!hash.empty()) {
    const size_t end = std::min(hash.find('&'), hash.size());
    const std::string_view pair = hash.substr(0, end);
    hash.remove_prefix(std::min(end + 1, hash.size()));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    read_pair(state, unescaped(pair.substr(0, equals)), unescaped(pair.substr(equals + 1)));
  }
  return state;
}

ViewState permanent_part(const ViewState& state, const ViewState& passing) {
  ViewState kept = state;
  kept.hovered_layer = passing.hovered_layer;
  kept.hovered_channel = passing.hovered_channel;
  kept.dream_begun_for = passing.dream_begun_for;
  kept.dream_begun = passing.dream_begun;
  kept.dream_held = passing.dream_held;
  kept.dream_picking = passing.dream_picking;
  kept.compare_picking = passing.compare_picking;
  kept.unit_picking = passing.unit_picking;
  kept.all_channels = passing.all_channels;
  return kept;
}

double parameter_of(const ViewState& state, const MethodInfo& method,
                    const ParameterInfo& parameter) {
  const auto found = state.parameters.find(method.id + "." + parameter.id);
  double value = found == state.parameters.end() ? parameter.initial : found->second;
  if (parameter.type != ParameterType::kNumber) value = std::round(value);
  double minimum = parameter.minimum, maximum = parameter.maximum;
  if (parameter.type == ParameterType::kBool) minimum = 0, maximum = 1;
  if (parameter.type == ParameterType::kChoice) {
    minimum = 0, maximum = std::max(0.0, static_cast<double>(parameter.choices.size()) - 1);
  }
  return std::clamp(value, minimum, std::max(minimum, maximum));
}

void set_parameter(ViewState& state, const MethodInfo& method, const ParameterInfo& parameter,
                   double value) {
  const std::string key = method.id + "." + parameter.id;
  if (value == parameter.initial) {
    state.parameters.erase(key);
  } else {
    state.parameters[key] = value;
  }
}

std::vector<ParameterValue> parameters_of(const ViewState& state, const MethodInfo& method) {
  std::vector<ParameterValue> values;
  for (const ParameterInfo& parameter : method.parameters) {
    values.push_back({parameter.id, parameter_of(state, method, parameter)});
  }
  return values;
}

}  // namespace convscope
