package dev.daa.train.pairwise;

import dev.daa.compute.Graph;
import dev.daa.compute.Op;
import dev.daa.compute.Tensor;
import dev.daa.model.transformer.Transformer;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.model.Optimizer;
import dev.daa.train.objective.Need;
import dev.daa.train.objective.Objective;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The graph of a step on preference pairs: log-probabilities of the targets under the policy, and what else the
/// objective reads there, over the whole vocabulary.
///
/// @param output log-probabilities and entropies of the targets
/// @param forwardKl KL(π_ref ‖ π) at each target, of which the reference's transformer is a part of the graph; null
///   unless needed
/// @param collision log Σ_v π(v)² at each target; null unless needed
record PairGraph(
        Graph graph,
        Op.TokenLogProb output,
        @Nullable Tensor forwardKl,
        @Nullable Tensor collision) {
    /// @param reference the reference's parameters, in a layout of another name; used by objectives that need the
    ///   forward KL
    static PairGraph of(
            TransformerParameters policy,
            @Nullable TransformerParameters reference,
            Objective objective,
            Optimizer optimizer) {
        boolean withKl = objective.needs().contains(Need.FORWARD_KL);
        Graph graph = new Graph();
        // The reference comes first, so that the policy's last segment is the one that is needed at once.
        Tensor referenceHidden = withKl ? Transformer.record(graph, Objects.requireNonNull(reference)) : null;
        Tensor hidden = Transformer.record(graph, policy);
        Op.TokenLogProb output = graph.tokenLogProb("logProb", hidden, policy.headWeight());
        Tensor forwardKl = reference == null || referenceHidden == null
                ? null
                : graph.tokenKl("forwardKl", referenceHidden, reference.headWeight(), hidden, policy.headWeight());
        Tensor collision = objective.needs().contains(Need.TOKEN_COLLISION)
                ? graph.tokenConcentration("concentration", hidden, policy.headWeight(), 0)
                        .logCollision()
                : null;
        if (forwardKl == null) {
            optimizer.appendTo(graph, policy.trainedLayout(), output.logProb());
        } else {
            optimizer.appendTo(graph, policy.trainedLayout(), output.logProb(), forwardKl);
        }
        return new PairGraph(graph, output, forwardKl, collision);
    }
}
