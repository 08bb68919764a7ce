// Building graphs and differentiating them: interning, shapes, fan-out, rules.
#include <gtest/gtest.h>

#include <algorithm>

#include "graph/vjp.h"
#include "ops/ops.h"

namespace convscope {
namespace {

int64_t count(const Graph& graph, std::string_view kind) {
  return std::ranges::count_if(graph.nodes(),
                               [&](const Node& node) { return node.op->kind() == kind; });
}

DoubleTensor values(const Shape& shape, std::vector<double> list) {
  return {shape, std::move(list)};
}

TEST(GraphBuilder, EqualNodesAreOneAndOthersAreNot) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {2, 3}), y = builder.input("y", {2, 3});
  const ValueId first = *builder.add_one(make_relu(), {x}, "a");
  EXPECT_EQ(*builder.add_one(make_relu(), {x}, "b"), first);
  EXPECT_NE(*builder.add_one(make_relu(), {y}, "c"), first);
  EXPECT_NE(*builder.add_one(make_clip(0, 6), {x}, "d"),
            *builder.add_one(make_clip(0, 5), {x}, "e"));
  EXPECT_EQ(builder.graph().nodes().size(), 4u);

  GraphBuilder again(builder.graph());
  EXPECT_EQ(*again.add_one(make_relu(), {x}, "f"), first)
      << "a builder that goes on knows the nodes it was given";
}

TEST(GraphBuilder, AShapeErrorNamesTheNodeTheOpAndTheShapes) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {1, 5, 5, 3}), weight = builder.parameter("w", {8, 3, 3, 4});
  const auto bad = builder.add_one(make_conv({.kernel = {3, 3}}, 1), {x, weight}, "fire2.squeeze");
  ASSERT_FALSE(bad.has_value());
  for (const char* part : {"fire2.squeeze", "Conv", "1×5×5×3", "8×3×3×4"}) {
    EXPECT_NE(bad.error().message.find(part), std::string::npos) << bad.error().message;
  }
  EXPECT_TRUE(builder.graph().nodes().empty());
}

TEST(Graph, TakesOtherInputShapesWithTheSameIds) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {1, 9, 9, 2}), weight = builder.parameter("w", {4, 3, 3, 2});
  const ValueId y =
      *builder.add_one(make_conv({.kernel = {3, 3}, .strides = {2, 2}}, 1), {x, weight}, "y");
  const Graph graph = std::move(builder).build();
  const auto larger = graph.with_input_shapes(std::array{Shape{3, 21, 13, 2}});
  ASSERT_TRUE(larger.has_value());
  EXPECT_EQ(larger->shape(y), (Shape{3, 10, 6, 4}));
  EXPECT_EQ(graph.shape(y), (Shape{1, 4, 4, 4}));
  const auto small = graph.with_input_shapes(std::array{Shape{1, 2, 2, 2}});
  ASSERT_FALSE(small.has_value());
  EXPECT_NE(small.error().message.find("at node y"), std::string::npos) << small.error().message;
}

// A head of fixed size does not keep what stands before it from taking another one.
TEST(Graph, OnlyWhatIsWantedMustFit) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {1, 4, 4, 2}), weight = builder.parameter("w", {5, 32});
  const ValueId y = *builder.add_one(make_relu(), {x}, "y");
  const ValueId flat = *builder.add_one(make_flatten(1), {y}, "flat");
  *builder.add_one(make_gemm(true), {flat, weight}, "head");
  const Graph graph = std::move(builder).build();
  const auto shapes = std::array{Shape{1, 9, 5, 2}};
  EXPECT_FALSE(graph.with_input_shapes(shapes).has_value());
  EXPECT_FALSE(graph.with_input_shapes(shapes, std::array{graph.find("head")}).has_value());
  const auto body = graph.with_input_shapes(shapes, std::array{y});
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ(body->shape(y), shapes[0]);
  // A new node is not taken for one whose shapes are those of the old size.
  GraphBuilder more(*body);
  const ValueId again = *more.add_one(make_flatten(1), {y}, "again");
  EXPECT_NE(again, flat);
  EXPECT_EQ(more.shape(again), (Shape{1, 90}));
}

TEST(Graph, PrintsOneLinePerNode) {
  GraphBuilder builder;
  const ValueId x = builder.input("image", {1, 4, 4, 2});
  *builder.add_one(make_relu(), {x}, "conv1");
  EXPECT_EQ(graph_text(builder.graph()),
            "input %image : 1×4×4×2\n%1 = Relu() %image : 1×4×4×2  # conv1\n");
  EXPECT_NE(graph_dot(builder.graph()).find("conv1"), std::string::npos);
}

TEST(BuildVjp, AddsTheCotangentsOfAValueThatIsReadTwice) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {3}), seed = builder.input("seed", {3});
  const ValueId square = *builder.add_one(make_mul(), {x, x}, "square");
  const ValueId y = *builder.add_one(make_add(), {square, x}, "y");
  const auto cotangents = build_vjp(builder, std::array{y}, std::array{seed}, std::array{x});
  ASSERT_TRUE(cotangents.has_value());
  const ValueId dx = cotangents->at(x);
  const auto out = evaluate_reference(
      builder.graph(), {{x, values({3}, {1, -2, 3})}, {seed, values({3}, {1, 1, 2})}},
      std::array{dx});
  EXPECT_EQ(out.at(dx).values, (std::vector<double>{3, -3, 14}));  // seed · (2x + 1)
}

TEST(BuildVjp, LeavesOutWhatTheOutputDoesNotDependOnAndWhatNobodyWants) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {3}), other = builder.input("other", {3}),
                seed = builder.input("seed", {3});
  const ValueId y = *builder.add_one(make_relu(), {x}, "y");
  *builder.add_one(make_relu(), {other}, "unrelated");
  const auto cotangents = build_vjp(builder, std::array{y}, std::array{seed}, std::array{x, other});
  ASSERT_TRUE(cotangents.has_value());
  EXPECT_TRUE(cotangents->contains(x));
  EXPECT_FALSE(cotangents->contains(other));
  EXPECT_EQ(count(builder.graph(), "ReluGrad"), 1);
}

TEST(BuildVjp, SeedsOfSeveralOutputsAdd) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {2}), s1 = builder.input("s1", {2}),
                s2 = builder.input("s2", {2});
  const ValueId a = *builder.add_one(make_scale(2), {x}, "a"),
                b = *builder.add_one(make_scale(3), {a}, "b");
  // One output is an activation on the way to the other.
  const auto cotangents = build_vjp(builder, std::array{a, b}, std::array{s1, s2}, std::array{x});
  ASSERT_TRUE(cotangents.has_value());
  const ValueId dx = cotangents->at(x);
  const auto out = evaluate_reference(
      builder.graph(),
      {{x, values({2}, {0, 0})}, {s1, values({2}, {1, 0})}, {s2, values({2}, {1, 1})}},
      std::array{dx});
  EXPECT_EQ(out.at(dx).values, (std::vector<double>{8, 6}));
}

TEST(BuildVjp, TheFirstRuleThatAppliesReplacesAnOpsOwnDerivative) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {4}), seed = builder.input("seed", {4});
  const ValueId inner = *builder.add_one(make_relu(), {x}, "inner");
  const ValueId shifted = *builder.add_one(make_scale(-1), {inner}, "shifted");
  const ValueId y = *builder.add_one(make_relu(), {shifted}, "outer");
  const auto is_inner = [](const Graph&, const Node& node) { return node.origin == "inner"; };
  const auto all_relus = [](const Graph&, const Node& node) { return node.op->kind() == "Relu"; };
  const VjpRules rules{
      {"pass", is_inner,
       [](VjpContext& context) -> Result<Cotangents> { return Cotangents{context.cotangent()}; }},
      {"deconvnet", all_relus,
       [](VjpContext& context) -> Result<Cotangents> {
         TRY(const ValueId dx, context.emit(make_relu(), {context.cotangent()}));
         return Cotangents{dx};
       }},
  };
  const auto cotangents = build_vjp(builder, std::array{y}, std::array{seed}, std::array{x}, rules);
  ASSERT_TRUE(cotangents.has_value());
  EXPECT_EQ(count(builder.graph(), "ReluGrad"), 0);
  const ValueId dx = cotangents->at(x);
  const auto out = evaluate_reference(
      builder.graph(), {{x, values({4}, {-1, 1, -1, 1})}, {seed, values({4}, {1, 2, -3, -4})}},
      std::array{dx});
  EXPECT_EQ(out.at(dx).values, (std::vector<double>{-1, -2, 0, 0}));
}

TEST(BuildVjp, TheReaderIsToldOfEachWantedValueOnceItsCotangentIsComplete) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {2}), other = builder.input("other", {2}),
                seed = builder.input("seed", {2});
  const ValueId a = *builder.add_one(make_scale(2), {x}, "a");
  const ValueId b = *builder.add_one(make_mul(), {a, a}, "b");
  const ValueId y = *builder.add_one(make_add(), {b, a}, "y");  // a is read by two nodes
  std::vector<std::pair<ValueId, ValueId>> told;
  std::vector<ValueId> added;
  const auto reader = [&](ValueId value, ValueId cotangent) -> Status {
    told.emplace_back(value, cotangent);
    TRY(const ValueId more, builder.add_one(make_scale(10), {cotangent}, "tenfold"));
    added.push_back(more);
    return {};
  };
  const auto cotangents =
      build_vjp(builder, std::array{y}, std::array{seed}, std::array{x, a, y, other}, {}, reader);
  ASSERT_TRUE(cotangents.has_value());
  // From the output to the input; of `other`, on which nothing depends, there is nothing to tell.
  using Told = std::vector<std::pair<ValueId, ValueId>>;
  ASSERT_EQ(told, (Told{{y, seed}, {a, cotangents->at(a)}, {x, cotangents->at(x)}}));
  const Graph& graph = builder.graph();
  const auto node_of = [&](ValueId id) { return graph.value(id).producer.index; };
  EXPECT_LT(node_of(added[0]), node_of(cotangents->at(a))) << "before the rest of the pass";
  EXPECT_LT(node_of(added[1]), node_of(cotangents->at(x)));
  const auto out =
      evaluate_reference(graph, {{x, values({2}, {1, -3})}, {seed, values({2}, {1, 2})}}, added);
  EXPECT_EQ(out.at(added[0]).values, (std::vector<double>{10, 20}));
  EXPECT_EQ(out.at(added[1]).values, (std::vector<double>{50, -220}));  // 10 · seed · (2a + 1)
  EXPECT_EQ(out.at(added[2]).values, (std::vector<double>{100, -440}));

  const auto refused = build_vjp(
      builder, std::array{y}, std::array{seed}, std::array{a}, {},
      [](ValueId, ValueId) -> Status { return fail(ErrorCode::kUnsupported, "not this one"); });
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message, "not this one");
}

TEST(BuildVjp, AnErrorNamesTheNode) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {1, 4, 4, 1}), dy = builder.input("dy", {1, 2, 2, 1}),
                seed = builder.input("seed", {1, 4, 4, 1});
  const ValueId y =
      *builder.add_one(make_max_pool_grad({.kernel = {2, 2}, .strides = {2, 2}}), {x, dy}, "pool1");
  const auto cotangents = build_vjp(builder, std::array{y}, std::array{seed}, std::array{dy});
  ASSERT_FALSE(cotangents.has_value());
  EXPECT_NE(cotangents.error().message.find("while differentiating pool1"), std::string::npos);
}

}  // namespace
}  // namespace convscope
