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

struct OnnxOp {
  std::string kind;
  Attributes attributes;
};

struct OnnxCase {
  std::string name;
  std::vector<OnnxOp> ops;  // the first reads the inputs, each other one the one before
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

OnnxOp read_op(std::istringstream& line) {
  OnnxOp op;
  line >> op.kind;
  for (std::string word; line >> word;)
    op.attributes.set(word.substr(0, word.find('=')), word.substr(word.find('=') + 1));
  return op;
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
      line >> test.name;
      test.ops.push_back(read_op(line));
    } else if (word == "then") {
      out.back().ops.push_back(read_op(line));
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

// Runs one operator both ways; the results replace the inputs.
void run(const OnnxCase& test, const OnnxOp& description, ThreadPool& pool,
         std::vector<DoubleTensor>& exact, std::vector<Tensor>& fast,
         std::vector<bool>& is_parameter) {
  const auto op = make_op(description.kind, description.attributes);
  ASSERT_TRUE(op.has_value()) << test.name << ": " << op.error().message;
  std::vector<Shape> shapes;
  std::vector<TensorView> views;
  std::vector<const Tensor*> parameters;
  for (size_t i = 0; i < fast.size(); ++i) {
    shapes.push_back(fast[i].shape());
    views.push_back(TensorView::of(fast[i]));
    parameters.push_back(is_parameter[i] ? &fast[i] : nullptr);
  }
  const auto outputs = (*op)->infer(shapes);
  ASSERT_TRUE(outputs.has_value()) << test.name << ": " << outputs.error().message;
  std::vector<DoubleTensor> out{DoubleTensor::zeros((*outputs)[0])};
  (*op)->evaluate(exact, out);

  auto kernel = (*op)->lower({shapes, *outputs, parameters});
  ASSERT_TRUE(kernel.has_value()) << test.name << ": " << kernel.error().message;
  const Tensor result = *Tensor::zeros((*outputs)[0]);
  const TensorView result_view = TensorView::of(result);
  ASSERT_TRUE((*kernel)->configure(views, {&result_view, 1}, pool).has_value()) << test.name;
  ASSERT_TRUE((*kernel)->run(pool).has_value()) << test.name;
  exact = std::move(out);
  fast = {result};
  is_parameter = {false};
}

TEST(OnnxCases, ReferenceAndKernelGiveThePublishedOutput) {
  ASSERT_TRUE(initialise_kernels().has_value());
  const auto pool = ThreadPool::create(1);
  const std::vector<OnnxCase> cases = read_cases();
  ASSERT_GE(cases.size(), 200u) << "tests/golden/onnx_cases.txt is missing or cut short";
  for (const OnnxCase& test : cases) {
    std::vector<DoubleTensor> exact;
    for (const Tensor& input : test.inputs) exact.push_back(DoubleTensor::from(input));
    std::vector<Tensor> fast = test.inputs;
    std::vector<bool> is_parameter = test.is_parameter;
    for (const OnnxOp& op : test.ops) {
      run(test, op, *pool, exact, fast, is_parameter);
      if (HasFatalFailure()) return;
    }
    ASSERT_EQ(exact[0].shape, test.output.shape()) << test.name;
    for (int64_t i = 0; i < exact[0].shape.elements(); ++i) {
      expect_equal(test, exact[0][i], i, "reference");
      expect_equal(test, static_cast<double>(fast[0].data()[i]), i, "kernel");
    }
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace convscope
