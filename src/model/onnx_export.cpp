#include "model/onnx_export.h"

#include "onnx/export.h"

namespace convscope {
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
                   {std::string(kPreprocessingKey), settings_of(model.preprocessing).text()}}};
  if (!labels.empty()) {
    std::string lines;
    for (const std::string& label : labels) lines += label + "\n";
    options.metadata.emplace_back(kLabelsKey, std::move(lines));
  }
  return onnx::export_onnx(model.graph, model.parameters, inputs, outputs, options);
}

}  // namespace convscope
