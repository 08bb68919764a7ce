#include "protocol/input_settings.h"

#include <algorithm>
#include <cmath>
#include <format>

#include "base/number.h"

namespace convscope {
namespace {

std::unexpected<Error> wanted(std::string_view key, std::string_view value, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument,
              std::format("{}={} cannot be used, want {}", key, value, what));
}

// One number for all channels or three.
bool read_three(std::string_view text, std::array<float, 3>& out) {
  std::array<float, 3> values{};
  size_t count = 0;
  for (bool more = true; more; ++count) {
    const size_t comma = text.find(',');
    const auto value = float_of(text.substr(0, comma));
    if (count == 3 || !value) return false;
    values[count] = *value;
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
  }
  if (count == 1) values.fill(values[0]);
  if (count != 1 && count != 3) return false;
  out = values;
  return true;
}

bool read_side(std::string_view text, int& out) {
  const auto value = float_of(text);
  if (!value || *value < kMinInputSide || *value > kMaxInputSide || *value != std::floor(*value))
    return false;
  out = static_cast<int>(*value);
  return true;
}

// "224", or height and width: "256x128".
bool read_sides(std::string_view text, InputSettings& out) {
  const size_t times = text.find('x');
  int height = 0, width = 0;
  if (!read_side(text.substr(0, times), height)) return false;
  if (times == std::string_view::npos) {
    width = height;
  } else if (!read_side(text.substr(times + 1), width)) {
    return false;
  }
  out.height = height;
  out.width = width;
  return true;
}

constexpr std::string_view kOrders[] = {"rgb", "bgr", "gray"};

Status read_part(std::string_view key, std::string_view value, InputSettings& out) {
  if (key == "order") {
    const auto at = std::ranges::find(kOrders, value);
    if (at == std::end(kOrders)) return wanted(key, value, "rgb, bgr or gray");
    out.order = static_cast<InputOrder>(at - std::begin(kOrders));
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
    if (!read_sides(value, out)) return wanted(key, value, side + ", or two as HEIGHTxWIDTH");
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
  // The shortest decimals that read back as the same numbers.
  return v[0] == v[1] && v[1] == v[2] ? std::format("{}", v[0])
                                      : std::format("{},{},{}", v[0], v[1], v[2]);
}

}  // namespace

std::string InputSettings::text() const {
  return std::format("order={} mean={} std={} resize={}:{} side={}{}",
                     kOrders[static_cast<size_t>(order)], three(mean), three(deviation),
                     squash ? "squash" : "shorter-side", resize,
                     height == width ? std::to_string(height) : std::format("{}x{}", height, width),
                     bicubic ? " filter=bicubic" : "");
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
  // The centre lies within the resized picture.
  out.resize = std::max(out.resize, std::min(out.height, out.width));
  return out;
}

}  // namespace convscope
