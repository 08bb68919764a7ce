#include "explain/judged_method.h"

#include <algorithm>
#include <cmath>

#include "explain/cam_methods.h"
#include "explain/gradient_methods.h"
#include "explain/occlusion.h"

namespace convscope {
namespace {

// In the order of the parameter's choices.
constexpr const Method* kJudged[] = {
    &kGradCam,   &kGradCamPlusPlus, &kHiResCam,      &kLayerCam,     &kXGradCam,
    &kScoreCam,  &kAblationCam,     &kEigenCam,      &kEigenGradCam, &kCam,
    &kGradient,  &kInputXGradient,  &kSmoothGrad,    &kVarGrad,      &kIntegratedGradients,
    &kDeconvnet, &kGuidedBackprop,  &kGuidedGradCam, &kOcclusion,    &kRandomCam};
constexpr const Method* kQuick[] = {
    &kGradCam,   &kGradCamPlusPlus, &kHiResCam,      &kLayerCam, &kXGradCam,
    &kEigenCam,  &kEigenGradCam,    &kCam,           &kGradient, &kInputXGradient,
    &kDeconvnet, &kGuidedBackprop,  &kGuidedGradCam, &kRandomCam};

}  // namespace

ParameterInfo judged_parameter() {
  std::vector<Text> titles;
  std::vector<std::string> ids;
  for (const Method* method : kJudged) {
    titles.push_back(method->info().title);
    ids.push_back(method->info().id);
  }
  ParameterInfo out =
      choice_parameter("method", {"Method", "方法"},
                       {"The method whose map is put to the test, with its parameters as they are "
                        "at first. The layer counts for class activation maps only.",
                        "接受检验的方法，使用其默认参数。所选的层只对类激活图有意义。"},
                       std::move(titles));
  out.choice_ids = std::move(ids);
  return out;
}

const Method& judged_method(const MethodInfo& info, const RunMethod& request) {
  return *kJudged[static_cast<size_t>(parameter_value(info, request, "method"))];
}

std::span<const Method* const> quick_methods() { return kQuick; }

RunMethod judged_request(const Method& method, const RunMethod& request) {
  const MethodInfo& info = method.info();
  return {.method = info.id,
          .target = request.target,
          .layer = info.needs_layer ? request.layer : std::string(),
          .seed = info.seed};
}

Status check_judged(const MethodPreview& judged) {
  CHECK(judged.map);
  if (std::ranges::all_of(values_of(*judged.map), [](float x) { return std::isfinite(x); }))
    return {};
  return fail(ErrorCode::kUnsupported,
              judged.method +
                  "'s map holds values that are not numbers, which have no order; "
                  "choose another method or picture");
}

}  // namespace convscope
