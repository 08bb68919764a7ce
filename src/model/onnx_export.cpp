#include "model/onnx_export.h"

#include <array>
#include <cmath>
#include <format>

#include "model/text_lines.h"
#include "onnx/export.h"

namespace convscope {
namespace {

constexpr std::array<std::string_view, 2> kOrders{"rgb", "bgr"};
constexpr std::array<std::string_view, 2> kResizes{"squash", "shorter-side"};
constexpr std::array<std::string_view, 3> kFilters{"box", "bilinear", "bicubic"};
constexpr int kMinSide = 8, kMaxSide = 4096;

std::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::kMalformed,
              std::format("the network's stored preprocessing has no valid {}; choose the input "
                          "settings by hand",
                          what));
}

std::string triple(const std::array<float, 3>& values) {
  return std::format("{},{},{}", values[0], values[1], values[2]);
}

Result<std::array<float, 3>> read_triple(const Attributes& attributes, std::string_view name) {
  const std::string text = attributes.text(name, "");
  const std::vector<std::string_view> parts = split(text, ',');
  if (parts.size() != 3) return malformed(name);
  std::array<float, 3> out{};
  for (size_t i = 0; i < 3; ++i) {
    Attributes one;
    one.set("value", std::string(parts[i]));
    const auto value = one.number("value", 0);
    if (!value || !std::isfinite(*value)) return malformed(name);
    out[i] = *value;
  }
  return out;
}

template <typename Enum, size_t N>
Result<Enum> read_word(std::string_view word, const std::array<std::string_view, N>& words,
                       std::string_view name) {
  for (size_t i = 0; i < N; ++i) {
    if (words[i] == word) return static_cast<Enum>(i);
  }
  return malformed(name);
}

Result<int> read_side(const std::string& text, std::string_view name) {
  Attributes one;
  one.set("value", text);
  const auto side = one.integer("value", 0);
  if (!side || *side < kMinSide || *side > kMaxSide) return malformed(name);
  return static_cast<int>(*side);
}

}  // namespace

std::string preprocessing_text(const Preprocessing& p) {
  return std::format("order={} mean={} std={} resize={}:{} filter={} crop={}",
                     kOrders[static_cast<size_t>(p.order)], triple(p.mean),
                     triple(p.standard_deviation), kResizes[static_cast<size_t>(p.resize_mode)],
                     p.resize_size, kFilters[static_cast<size_t>(p.filter)], p.crop);
}

Result<Preprocessing> read_preprocessing(std::string_view text) {
  const Attributes attributes = attributes_from_tokens(split(text, ' '));
  Preprocessing p;
  TRY(p.order, read_word<ChannelOrder>(attributes.text("order", ""), kOrders, "order"));
  TRY(p.mean, read_triple(attributes, "mean"));
  TRY(p.standard_deviation, read_triple(attributes, "std"));
  for (float deviation : p.standard_deviation) {
    if (deviation <= 0) return malformed("std");
  }
  const std::string resize = attributes.text("resize", "");
  const size_t colon = resize.find(':');
  if (colon == std::string::npos) return malformed("resize");
  TRY(p.resize_mode, read_word<ResizeMode>(resize.substr(0, colon), kResizes, "resize"));
  TRY(p.resize_size, read_side(resize.substr(colon + 1), "resize"));
  TRY(p.filter, read_word<ResizeFilter>(attributes.text("filter", ""), kFilters, "filter"));
  TRY(p.crop, read_side(attributes.text("crop", ""), "crop"));
  return p;
}

Result<std::vector<uint8_t>> write_onnx(const Model& model, std::span<const std::string> labels) {
  const auto port = [&](std::string name, ValueId value, onnx::Axes axes) {
    return onnx::Port{.name = std::move(name),
                      .shape = model.graph.shape(value),
                      .axes = std::move(axes),
                      .value = value,
                      .constant = std::nullopt};
  };
  const onnx::Port inputs[] = {port("input", model.input, onnx::channels_last_axes(4))};
  // The probabilities first: a reader that looks for scores finds, behind them, the logits.
  const onnx::Port outputs[] = {port("probabilities", model.probabilities, onnx::plain_axes(2)),
                                port("logits", model.logits, onnx::plain_axes(2))};
  onnx::ExportOptions options{
      .graph_name = model.id,
      .metadata = {{std::string(kTitleKey), model.title},
                   {std::string(kPreprocessingKey), preprocessing_text(model.preprocessing)}}};
  if (!labels.empty()) {
    std::string lines;
    for (const std::string& label : labels) lines += label + "\n";
    options.metadata.emplace_back(kLabelsKey, std::move(lines));
  }
  return onnx::export_onnx(model.graph, model.parameters, inputs, outputs, options);
}

}  // namespace convscope
