// Property: every state survives its permalink, and no permalink can break a state.
#include <gtest/gtest.h>

#include <string>

#include "base/rng.h"
#include "ui/view_state.h"

namespace convscope {
namespace {

constexpr int kRounds = 2000;

std::string random_name(Rng& rng) {
  constexpr std::string_view kBytes = "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789._-/:";
  std::string name;
  for (uint32_t i = rng.below(12); i > 0; --i)
    name += kBytes[rng.below(static_cast<uint32_t>(kBytes.size()))];
  return name;
}

ViewState random_state(Rng& rng) {
  ViewState s;
  for (std::string* name : {&s.model, &s.image, &s.lens, &s.layer, &s.filter, &s.dream_layer}) {
    if (rng.below(2)) *name = random_name(rng);
  }
  for (int32_t* index : {&s.channel, &s.input_channel, &s.target, &s.against, &s.unit_channel}) {
    *index = rng.below(2) ? -1 : static_cast<int32_t>(rng.below(65536));
  }
  for (bool* flag : {&s.pre_activation, &s.untrained}) *flag = rng.below(2) != 0;
  s.normalise = static_cast<Normalise>(rng.below(2));
  s.colours = static_cast<Colours>(rng.below(4));
  s.map_colours = static_cast<Colours>(rng.below(4));
  s.order = static_cast<Order>(rng.below(3));
  s.faith_view = static_cast<FaithView>(rng.below(3));
  s.compared_by = static_cast<int32_t>(rng.below(9));
  for (uint32_t i = rng.below(5); i > 0; --i)
    s.compared.push_back(static_cast<int32_t>(rng.below(65536)));
  s.language = static_cast<Language>(rng.below(2));
  s.theme = static_cast<ThemeChoice>(rng.below(4));
  s.overlay = rng.uniform();
  s.seed = (uint64_t{rng.next_u32()} << 32) | rng.next_u32();
  for (uint32_t i = rng.below(5); i > 0; --i)
    s.dream_channels.push_back(static_cast<int32_t>(rng.below(65536)));
  for (uint32_t i = rng.below(4); i > 0; --i) {
    s.parameters["deep_dream." + random_name(rng)] = static_cast<double>(rng.normal()) * 1e3;
  }
  return s;
}

TEST(Permalink, EveryStateSurvivesARoundTrip) {
  Rng rng(1);
  for (int round = 0; round < kRounds; ++round) {
    const ViewState state = random_state(rng);
    const std::string link = permalink_from(state);
    const ViewState back = view_state_from(link);
    ASSERT_EQ(permanent_part(back), permanent_part(state)) << "round " << round << ": " << link;
    ASSERT_EQ(permalink_from(back), link);
  }
}

TEST(Permalink, AnyBytesGiveAStateThatSurvives) {
  Rng rng(2);
  const std::string base = permalink_from(random_state(rng));
  for (int round = 0; round < kRounds; ++round) {
    std::string link = base;
    for (uint32_t i = rng.below(20); i > 0; --i) {
      const uint32_t at = rng.below(static_cast<uint32_t>(link.size()));
      if (rng.below(3) == 0) {
        link.erase(at, 1 + rng.below(4));
        if (link.empty()) link = "=";
      } else {
        link[at] = static_cast<char>(rng.below(256));
      }
    }
    const ViewState state = view_state_from(link);
    ASSERT_EQ(permanent_part(view_state_from(permalink_from(state))), permanent_part(state))
        << "round " << round;
  }
}

TEST(Permalink, IsReadable) {
  ViewState state;
  state.lens = "activations";
  state.layer = "fire5";
  state.channel = 12;
  state.target = 281;
  state.language = Language::kChinese;
  state.parameters["deep_dream.octaves"] = 6;
  EXPECT_EQ(permalink_from(state),
            "v=1&model=squeezenet-1.0&image=chelsea&lens=activations&layer=fire5&channel=12&class="
            "281&lang=zh"
            "&deep_dream.octaves=6");
}

TEST(Permalink, IgnoresUnknownKeysAndKeepsTheBaseWhereAValueIsNotValid) {
  ViewState base;
  base.layer = "fire2";
  const ViewState state = view_state_from(
      "#v=9&future=1&layer=<script>&channel=-7&class=99999&overlay=2&pre=yes&lens=gradient", base);
  EXPECT_EQ(state.layer, "fire2");
  EXPECT_EQ(state.channel, -1);
  EXPECT_EQ(state.target, -1);
  EXPECT_FLOAT_EQ(state.overlay, base.overlay);
  EXPECT_FALSE(state.pre_activation);
  EXPECT_EQ(state.lens, "gradient");
}

TEST(Permalink, MethodParametersAreClampedToTheirTable) {
  MethodInfo method;
  method.id = "deep_dream";
  ParameterInfo octaves;
  octaves.id = "octaves";
  octaves.type = ParameterType::kInteger;
  octaves.minimum = 1, octaves.maximum = 8, octaves.initial = 4;
  method.parameters = {octaves};
  EXPECT_EQ(parameter_of(view_state_from("deep_dream.octaves=1e9"), method, octaves), 8);
  EXPECT_EQ(parameter_of(view_state_from("deep_dream.octaves=2.4"), method, octaves), 2);
  EXPECT_EQ(parameter_of(view_state_from("deep_dream.octaves=nan"), method, octaves), 4);
}

}  // namespace
}  // namespace convscope
