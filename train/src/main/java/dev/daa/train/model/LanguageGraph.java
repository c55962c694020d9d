package dev.daa.train.model;

import dev.daa.compute.Graph;
import dev.daa.compute.Op;
import dev.daa.model.transformer.Transformer;
import dev.daa.model.transformer.TransformerParameters;

/// The graph of a step that trains a language model: log-probabilities of the targets, the backward pass from their
/// derivatives, the update.
///
/// @param output log-probabilities and entropies of the targets
public record LanguageGraph(Graph graph, Op.TokenLogProb output) {
    public static LanguageGraph of(TransformerParameters parameters, Optimizer optimizer) {
        return of(parameters, optimizer, false);
    }

    /// @param withEntropy whether the trainer also writes derivatives with respect to the entropies
    public static LanguageGraph of(TransformerParameters parameters, Optimizer optimizer, boolean withEntropy) {
        Graph graph = new Graph();
        Op.TokenLogProb output =
                graph.tokenLogProb("logProb", Transformer.record(graph, parameters), parameters.headWeight());
        if (withEntropy) {
            optimizer.appendTo(graph, parameters.trainedLayout(), output.logProb(), output.entropy());
        } else {
            optimizer.appendTo(graph, parameters.trainedLayout(), output.logProb());
        }
        return new LanguageGraph(graph, output);
    }
}
