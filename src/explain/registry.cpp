#include "explain/registry.h"

#include "explain/adversarial.h"
#include "explain/cam_methods.h"
#include "explain/contribution.h"
#include "explain/faithfulness.h"
#include "explain/gradient_methods.h"
#include "explain/occlusion.h"
#include "explain/segmentation.h"

namespace convscope {

std::span<const Method> explain_methods() {
  static const Method kMethods[] = {
      kAblation,
      kAblationCam,
      kAdversarial,
      kCam,
      kConductance,
      kDeconvnet,
      kEigenCam,
      kEigenGradCam,
      kFaithfulness,
      kGradCam,
      kGradCamPlusPlus,
      kGradient,
      kGuidedBackprop,
      kGuidedGradCam,
      kHiResCam,
      kInputXGradient,
      kIntegratedGradients,
      kLayerCam,
      kLayerContributions,
      kLayerGradientXActivation,
      kOccludedPicture,
      kOcclusion,
      kRandomCam,
      kRandomisation,
      kScoreCam,
      kSegmentation,
      kSmoothGrad,
      kVarGrad,
      kXGradCam,
  };
  return kMethods;
}

}  // namespace convscope
