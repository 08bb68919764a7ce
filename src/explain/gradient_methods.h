// Methods that explain an answer by the logit's gradient.
#pragma once

#include "method/method.h"

namespace convscope {
extern const Method kGradient, kInputXGradient, kSmoothGrad, kVarGrad, kIntegratedGradients;
extern const Method kGuidedBackprop, kDeconvnet, kGuidedGradCam;
}  // namespace convscope
