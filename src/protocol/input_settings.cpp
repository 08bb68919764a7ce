#include "protocol/input_settings.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <format>
#include <optional>

namespace convscope {
namespace {

std::unexpected<Error> wanted(std::string_view key, std::string_view value, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument,
              std::format("{}={} cannot be used, want {}", key, value, what));
}

std::optional<double> number(std::string_view text) {
  const std::string copy(text);  // strtod wants its end
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || end != copy.c_str() + copy.size() || !std::isfinite(value)) return {};
  return value;
}

// One number for all channels or three.
bool read_three(std::string_view text, std::array<float, 3>& out) {
  std::array<float, 3> values{};
  size_t count = 0;
  for (bool more = true; more; ++count) {
    const size_t comma = text.find(',');
    const auto value = number(text.substr(0, comma));
    if (count == 3 || !value) return false;
    values[count] = static_cast<float>(*value);
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
  }
  if (count == 1) values.fill(values[0]);
  if (count != 1 && count != 3) return false;
  out = values;
  return true;
}

bool read_side(std::string_view text, int& out) {
  const auto value = number(text);
  if (!value || *value < kMinInputSide || *value > kMaxInputSide || *value != std::floor(*value))
    return false;
  out = static_cast<int>(*value);
  return true;
}

Status read_part(std::string_view key, std::string_view value, InputSettings& out) {
  if (key == "order") {
    if (value != "rgb" && value != "bgr") return wanted(key, value, "rgb or bgr");
    out.bgr = value == "bgr";
    return {};
  }
  if (key == "mean") {
    if (!read_three(value, out.mean))
      return wanted(key, value, "one number or three, like 104,117,123");
    return {};
  }
  if (key == "std") {
    std::array<float, 3> values{};
    if (!read_three(value, values) || values[0] == 0 || values[1] == 0 || values[2] == 0)
      return wanted(key, value, "one number or three, none of them 0");
    out.deviation = values;
    return {};
  }
  const std::string side =
      std::format("a whole number from {} to {}", kMinInputSide, kMaxInputSide);
  if (key == "side") {
    if (!read_side(value, out.side)) return wanted(key, value, side);
    return {};
  }
  if (key == "resize") {
    const size_t colon = value.find(':');
    const std::string_view mode = value.substr(0, colon);
    if (colon == std::string_view::npos || (mode != "squash" && mode != "shorter-side") ||
        !read_side(value.substr(colon + 1), out.resize))
      return wanted(key, value, "squash:SIZE or shorter-side:SIZE, SIZE " + side);
    out.squash = mode == "squash";
    return {};
  }
  if (key == "filter") {
    if (value != "bilinear" && value != "bicubic") return wanted(key, value, "bilinear or bicubic");
    out.bicubic = value == "bicubic";
    return {};
  }
  return fail(ErrorCode::kInvalidArgument,
              std::format("there is no '{}', want order, mean, std, resize, side or filter", key));
}

std::string three(const std::array<float, 3>& v) {
  if (v[0] == v[1] && v[1] == v[2]) return std::format("{:g}", v[0]);
  return std::format("{:g},{:g},{:g}", v[0], v[1], v[2]);
}

}  // namespace

std::string InputSettings::text() const {
  return std::format("order={} mean={} std={} resize={}:{} side={}{}", bgr ? "bgr" : "rgb",
                     three(mean), three(deviation), squash ? "squash" : "shorter-side", resize,
                     side, bicubic ? " filter=bicubic" : "");
}

Result<InputSettings> read_input_settings(std::string_view text, const InputSettings& from) {
  InputSettings out = from;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    const std::string_view part = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos)
      return fail(ErrorCode::kInvalidArgument,
                  std::format("'{}' says nothing, want parts like side=224", part));
    TRY_STATUS(read_part(part.substr(0, equals), part.substr(equals + 1), out));
  }
  out.resize = std::max(out.resize, out.side);  // the square lies within the resized picture
  return out;
}

}  // namespace convscope
