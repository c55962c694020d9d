package dev.daa.tornado.lowering;

import dev.daa.compute.Graph;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.Parameters;
import dev.daa.tornado.kernel.Memory;
import dev.daa.tornado.kernel.OptimizerKernel;
import dev.daa.tornado.kernel.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/// One optimizer of a program: clips the gradients of its layout and updates its parameters.
public final class Update {
    private final Tables tables;
    private final int place;
    private final float maximumNorm;
    private final Rule rule;
    private final TornadoParameters weights;
    private final FloatArray parts = Memory.floats(OptimizerKernel.PARTS);
    private final List<Launch> norm = new ArrayList<>();
    private final List<Launch> launches = new ArrayList<>();

    /// What the host computes for a step: keep, rate and root of the optimizer's formula.
    private interface Rule {
        float[] factors(float learningRate, int step);
    }

    private Update(Buffers buffers, int number, float maximumNorm, String layout, Rule rule) {
        tables = buffers.tables();
        place = Tables.OPTIMIZERS + 4 * number;
        this.maximumNorm = maximumNorm;
        this.rule = rule;
        weights = buffers.parameters(layout);
        FloatArray squares = Memory.floats(OptimizerKernel.LANES);
        norm.add(Launch.of(
                "clearSquares",
                Grid.lanes(OptimizerKernel.LANES),
                OptimizerKernel::clear,
                buffers.context(),
                squares,
                OptimizerKernel.LANES));
        for (Parameter parameter : weights.layout().parameters()) {
            norm.add(Launch.of(
                    "squares",
                    Grid.lanes(Math.min(OptimizerKernel.LANES, parameter.size())),
                    OptimizerKernel::squares,
                    buffers.context(),
                    buffers.gradient(parameter),
                    squares,
                    parameter.size()));
        }
        norm.add(Launch.of(
                "foldSquares",
                Grid.lanes(OptimizerKernel.PARTS),
                OptimizerKernel::fold,
                buffers.context(),
                squares,
                parts,
                OptimizerKernel.PARTS));
    }

    /// The optimizers that the graph records, in order.
    ///
    /// @param state takes their moments by name; of further layouts with the layout's name
    public static List<Update> of(Graph graph, Buffers buffers, Map<String, Parameters> state) {
        List<Update> updates = new ArrayList<>();
        float maximumNorm = 0;
        for (Op.Update op : graph.update()) {
            switch (op) {
                case Op.ClipGradient clip -> maximumNorm = clip.maximumNorm();
                case Op.AdamW adam -> updates.add(adamW(adam, updates.size(), maximumNorm, buffers, state));
                case Op.RmsProp rmsProp -> updates.add(rmsProp(rmsProp, updates.size(), maximumNorm, buffers, state));
            }
        }
        return updates;
    }

    private static Update adamW(
            Op.AdamW op, int number, float maximumNorm, Buffers buffers, Map<String, Parameters> state) {
        Update update =
                new Update(buffers, number, maximumNorm, op.layout().name(), (learningRate, step) -> new float[] {
                    1 - learningRate * op.weightDecay(),
                    (float) (learningRate / (1 - Math.pow(op.beta1(), step))),
                    (float) (1 / Math.sqrt(1 - Math.pow(op.beta2(), step)))
                });
        TornadoParameters first = moment("m", op.layout().name(), update, state);
        TornadoParameters second = moment("v", op.layout().name(), update, state);
        for (Parameter parameter : op.layout().parameters()) {
            update.launches.add(Launch.of(
                    "adamW",
                    Grid.lanes(parameter.size()),
                    OptimizerKernel::adamW,
                    buffers.context(),
                    update.tables.floats,
                    buffers.value(parameter),
                    buffers.gradient(parameter),
                    first.array(parameter),
                    second.array(parameter),
                    parameter.size(),
                    update.place,
                    op.beta1(),
                    op.beta2(),
                    op.epsilon()));
        }
        return update;
    }

    private static Update rmsProp(
            Op.RmsProp op, int number, float maximumNorm, Buffers buffers, Map<String, Parameters> state) {
        Update update = new Update(buffers, number, maximumNorm, op.layout().name(), (learningRate, step) ->
                new float[] {1 - learningRate * op.weightDecay(), learningRate, 1});
        TornadoParameters second = moment("v", op.layout().name(), update, state);
        for (Parameter parameter : op.layout().parameters()) {
            update.launches.add(Launch.of(
                    "rmsProp",
                    Grid.lanes(parameter.size()),
                    OptimizerKernel::rmsProp,
                    buffers.context(),
                    update.tables.floats,
                    buffers.value(parameter),
                    buffers.gradient(parameter),
                    second.array(parameter),
                    parameter.size(),
                    update.place,
                    op.smoothing(),
                    op.epsilon()));
        }
        return update;
    }

    private static TornadoParameters moment(String name, String layout, Update update, Map<String, Parameters> state) {
        TornadoParameters moment = new TornadoParameters(update.weights.layout());
        state.put(state.containsKey(name) ? layout + "." + name : name, moment);
        return moment;
    }

    /// Launches that measure the norm.
    public List<Launch> norm() {
        return norm;
    }

    /// Launches that update.
    public List<Launch> launches() {
        return launches;
    }

    /// Parts of the sum of squares.
    public FloatArray parts() {
        return parts;
    }

    public TornadoParameters weights() {
        return weights;
    }

    /// The norm, from its parts on the host.
    public float norm(float[] measured) {
        double sum = 0;
        for (float part : measured) {
            sum += part;
        }
        return (float) Math.sqrt(sum);
    }

    /// Gives the host's floats what a step needs.
    public void fill(float learningRate, int step, float measured) {
        float[] factors = rule.factors(learningRate, step);
        for (int i = 0; i < factors.length; i++) {
            tables.hostFloats.set(place + i, factors[i]);
        }
        float scale = maximumNorm > 0 ? Math.min(1, maximumNorm / (measured + 1e-6f)) : 1;
        tables.hostFloats.set(place + factors.length, scale);
    }
}
