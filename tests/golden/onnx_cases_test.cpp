// ONNX's own conformance cases of our operators (made by make_onnx_cases.py): the double-precision
// reference and the fast kernel must both give the published output.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "kernels/kernel.h"
#include "ops/ops.h"

namespace convscope {
namespace {

struct OnnxCase {
  std::string name, kind;
  Attributes attributes;
  std::vector<Tensor> inputs;
  std::vector<bool> is_parameter;
  Tensor output;
};

Tensor read_tensor(std::istringstream& line) {
  std::vector<int64_t> extents;
  std::vector<float> values;
  std::string word;
  while (line >> word && word != ":") extents.push_back(std::stoll(word));
  while (line >> word) values.push_back(std::strtof(word.c_str(), nullptr));
  return *Tensor::from(Shape(extents), values);
}

std::vector<OnnxCase> read_cases() {
  const std::string here = __FILE__;
  std::ifstream file(here.substr(0, here.rfind('/')) + "/onnx_cases.txt");
  if (!file)
    file.open("tests/golden/onnx_cases.txt");  // where the compiler was given a relative path
  std::vector<OnnxCase> out;
  std::string text, word;
  while (std::getline(file, text)) {
    std::istringstream line(text);
    line >> word;
    if (word == "case") {
      OnnxCase& test = out.emplace_back();
      line >> test.name >> test.kind;
      while (line >> word)
        test.attributes.set(word.substr(0, word.find('=')), word.substr(word.find('=') + 1));
    } else if (word == "input" || word == "parameter") {
      out.back().is_parameter.push_back(word == "parameter");
      out.back().inputs.push_back(read_tensor(line));
    } else if (word == "output") {
      out.back().output = read_tensor(line);
    }
  }
  return out;
}

// ONNX's tolerances: 1e-3 relative, 1e-7 absolute; ours is tighter in the first.
void expect_equal(const OnnxCase& test, double got, int64_t i, const char* what) {
  const auto want = static_cast<double>(test.output.data()[i]);
  ASSERT_TRUE(got == want || std::abs(got - want) <= 1e-6 + 1e-5 * std::abs(want))
      << test.name << " (" << what << "), element " << i << ": got " << got << ", want " << want;
}

TEST(OnnxCases, ReferenceAndKernelGiveThePublishedOutput) {
  ASSERT_TRUE(initialise_kernels().has_value());
  const auto pool = ThreadPool::create(1);
  const std::vector<OnnxCase> cases = read_cases();
  ASSERT_GE(cases.size(), 70u) << "tests/golden/onnx_cases.txt is missing or cut short";
  for (const OnnxCase& test : cases) {
    const auto op = make_op(test.kind, test.attributes);
    ASSERT_TRUE(op.has_value()) << test.name << ": " << op.error().message;
    std::vector<Shape> shapes;
    std::vector<DoubleTensor> in;
    std::vector<TensorView> views;
    std::vector<const Tensor*> parameters;
    for (size_t i = 0; i < test.inputs.size(); ++i) {
      shapes.push_back(test.inputs[i].shape());
      in.push_back(DoubleTensor::from(test.inputs[i]));
      views.push_back(TensorView::of(test.inputs[i]));
      parameters.push_back(test.is_parameter[i] ? &test.inputs[i] : nullptr);
    }
    const auto outputs = (*op)->infer(shapes);
    ASSERT_TRUE(outputs.has_value()) << test.name << ": " << outputs.error().message;
    ASSERT_EQ((*outputs)[0], test.output.shape()) << test.name;
    std::vector<DoubleTensor> out{DoubleTensor::zeros((*outputs)[0])};
    (*op)->evaluate(in, out);
    for (int64_t i = 0; i < out[0].shape.elements(); ++i)
      expect_equal(test, out[0][i], i, "reference");

    auto kernel = (*op)->lower({shapes, *outputs, parameters});
    ASSERT_TRUE(kernel.has_value()) << test.name << ": " << kernel.error().message;
    const Tensor result = *Tensor::zeros((*outputs)[0]);
    const TensorView result_view = TensorView::of(result);
    ASSERT_TRUE((*kernel)->configure(views, {&result_view, 1}, *pool).has_value()) << test.name;
    ASSERT_TRUE((*kernel)->run(*pool).has_value()) << test.name;
    for (int64_t i = 0; i < out[0].shape.elements(); ++i) {
      expect_equal(test, static_cast<double>(result.data()[i]), i, "kernel");
    }
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace convscope
