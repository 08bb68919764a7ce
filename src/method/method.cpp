#include "method/method.h"

#include <algorithm>
#include <cmath>

#include "base/nearest.h"

namespace convscope {

double parameter_value(const MethodInfo& info, const RunMethod& request, std::string_view id) {
  const auto described = std::ranges::find(info.parameters, id, &ParameterInfo::id);
  CHECK(described != info.parameters.end());
  const auto given = std::ranges::find(request.parameters, id, &ParameterValue::id);
  const double value = given == request.parameters.end() ? described->initial : given->value;
  const double clamped = std::isfinite(value)
                             ? std::clamp(value, described->minimum, described->maximum)
                             : described->initial;
  return described->type == ParameterType::kNumber ? clamped : std::round(clamped);
}

ParameterInfo number_parameter(std::string id, Text title, Text help, double minimum,
                               double maximum, double initial, double step, std::string unit) {
  return {std::move(id),
          std::move(title),
          std::move(help),
          ParameterType::kNumber,
          minimum,
          maximum,
          initial,
          step,
          false,
          std::move(unit),
          {}};
}

ParameterInfo integer_parameter(std::string id, Text title, Text help, int64_t minimum,
                                int64_t maximum, int64_t initial, std::string unit) {
  return {std::move(id),
          std::move(title),
          std::move(help),
          ParameterType::kInteger,
          static_cast<double>(minimum),
          static_cast<double>(maximum),
          static_cast<double>(initial),
          1,
          false,
          std::move(unit),
          {}};
}

ParameterInfo bool_parameter(std::string id, Text title, Text help, bool initial) {
  return {std::move(id),
          std::move(title),
          std::move(help),
          ParameterType::kBool,
          0,
          1,
          initial ? 1.0 : 0.0,
          1,
          false,
          "",
          {}};
}

ParameterInfo choice_parameter(std::string id, Text title, Text help, std::vector<Text> choices,
                               size_t initial) {
  const auto last = static_cast<double>(choices.size() - 1);
  return {std::move(id),
          std::move(title),
          std::move(help),
          ParameterType::kChoice,
          0,
          last,
          static_cast<double>(initial),
          1,
          false,
          "",
          std::move(choices)};
}

Status check_request(const MethodInfo& info, const RunMethod& request, const Model& model) {
  for (const ParameterValue& parameter : request.parameters) {
    if (std::ranges::find(info.parameters, parameter.id, &ParameterInfo::id) ==
        info.parameters.end()) {
      std::vector<std::string> ids;
      for (const ParameterInfo& described : info.parameters) ids.push_back(described.id);
      return fail(ErrorCode::kInvalidArgument, info.id + " has no parameter named " + parameter.id +
                                                   nearest_hint(parameter.id, ids));
    }
  }
  const int64_t classes = model.graph.shape(model.logits).channels();
  if (request.target < -1 || request.target >= classes) {
    return fail(ErrorCode::kInvalidArgument, "class " + std::to_string(request.target) +
                                                 " does not exist; this network has classes 0 to " +
                                                 std::to_string(classes - 1));
  }
  if (request.layer.empty()) {
    if (!info.needs_layer) return {};
    return fail(ErrorCode::kInvalidArgument, info.id + " needs a layer; choose one");
  }
  TRY(const ModelLayer* layer, model.layer_named(request.layer));
  const int64_t channels = model.graph.shape(layer->value).channels();
  for (int32_t channel : request.channels) {
    if (channel < 0 || channel >= channels) {
      return fail(ErrorCode::kInvalidArgument,
                  "channel " + std::to_string(channel) + " does not exist; " + request.layer +
                      " has channels 0 to " + std::to_string(channels - 1));
    }
  }
  return {};
}

Map make_map(int64_t height, int64_t width, std::span<const float> values, bool is_signed,
             std::string unit) {
  CHECK(static_cast<int64_t>(values.size()) == height * width);
  Map map;
  map.height = static_cast<int32_t>(height);
  map.width = static_cast<int32_t>(width);
  map.values = Blob::copy_of(values.data(), values.size());
  bool any = false;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    map.minimum = any ? std::min(map.minimum, value) : value;
    map.maximum = any ? std::max(map.maximum, value) : value;
    any = true;
  }
  map.is_signed = is_signed;
  map.unit = std::move(unit);
  return map;
}

std::span<const float> values_of(const Map& map) {
  return {map.values.floats(), map.values.float_count()};
}

}  // namespace convscope
