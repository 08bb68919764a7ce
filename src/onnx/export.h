// From one of our graphs to the bytes of an ONNX file: the reverse of import.h.
//
// Standard operators only, N,C,H,W again, weights as float32 initializers. Equal graphs give equal
// bytes. Reading the file back gives the same network: import_onnx undoes every change of layout.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "onnx/import.h"

namespace convscope::onnx {

// The newest operators that are written are AveragePool's dilations (19) and Gelu (20); IR version
// 9 came with the latter.
inline constexpr int64_t kExportOpset = 20;
inline constexpr int64_t kExportIrVersion = 9;

struct ExportOptions {
  std::string graph_name = "network";
  std::vector<std::pair<std::string, std::string>> metadata;  // metadata_props, in this order
};

// `inputs` are all of the graph's, `outputs` what the file computes: their names in the file, and
// axis i of the value as the file's axis axes[i]. Nodes that no output needs are left out. Errors:
// `unsupported` for an operator without a form in ONNX, which the sentence names; `too_large`
// beyond kMaxFileBytes.
Result<std::vector<uint8_t>> export_onnx(const Graph& graph, const Parameters& parameters,
                                         std::span<const Port> inputs,
                                         std::span<const Port> outputs,
                                         const ExportOptions& options = {});

}  // namespace convscope::onnx
