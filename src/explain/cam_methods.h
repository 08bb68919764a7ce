// The class activation map family.
#pragma once

#include "method/method.h"

namespace convscope {
extern const Method kAblationCam, kCam, kEigenCam, kEigenGradCam, kGradCam, kGradCamPlusPlus;
extern const Method kHiResCam, kLayerCam, kRandomCam, kScoreCam, kXGradCam;
}  // namespace convscope
