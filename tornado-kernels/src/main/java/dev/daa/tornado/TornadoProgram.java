package dev.daa.tornado;

import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Op;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import dev.daa.tornado.kernel.HeadKernel;
import dev.daa.tornado.kernel.Memory;
import dev.daa.tornado.kernel.Tables;
import dev.daa.tornado.kernel.TransferKernel;
import dev.daa.tornado.lowering.Buckets;
import dev.daa.tornado.lowering.Buffers;
import dev.daa.tornado.lowering.DeviceTraits;
import dev.daa.tornado.lowering.Grid;
import dev.daa.tornado.lowering.Launch;
import dev.daa.tornado.lowering.Lowering;
import dev.daa.tornado.lowering.TornadoParameters;
import dev.daa.tornado.lowering.Update;
import dev.daa.tornado.plan.Chunk;
import dev.daa.tornado.plan.LaunchPlan;
import dev.daa.tornado.plan.Profile;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// A graph whose ops have become task graphs on arrays that stay on the device. A step sends the batch's tables and the
/// derivatives of the outputs; what is read comes back, and nothing else moves.
final class TornadoProgram implements Program, TornadoParameters.Holder {
    /// A task graph, or several runs of one over blocks of targets.
    private record Stage(int graph, IntArray block, int rows) {}

    /// Both passes for the batches of a bucket.
    private record Passes(Capacity bucket, List<Stage> forward, List<Stage> backward) {}

    /// Stands for "no blocks".
    private static final int WHOLE = 0;

    private final Graph graph;
    private final Capacity capacity;
    private final Buffers buffers;
    private final BatchCheck check;
    private final LaunchPlan plan;
    private final int bind;
    private final List<Passes> passes = new ArrayList<>();
    private final List<Update> updates;
    private final List<List<Stage>> norms = new ArrayList<>();
    private final List<List<Stage>> steps = new ArrayList<>();
    private final Map<String, Parameters> optimizerState = new LinkedHashMap<>();
    private final Map<TornadoParameters, Integer> versions = new HashMap<>();
    private final boolean samples;
    private final @Nullable Profile profile;
    private int targets;
    /// Of the last forward pass.
    private @Nullable Passes last;
    private Runnable closing = () -> {};

    /// @param profile takes account of every forward pass
    /// @param place where it runs
    TornadoProgram(
            Graph graph,
            Capacity capacity,
            List<Parameters> parameters,
            DeviceTraits traits,
            @Nullable Profile profile,
            Function<Buffers, LaunchPlan> place) {
        this.graph = graph;
        this.capacity = capacity;
        this.profile = profile;
        buffers = new Buffers(graph, capacity, parameters, traits);
        check = new BatchCheck(graph, capacity, buffers.positions());
        Tables tables = buffers.tables();
        plan = place.apply(buffers);
        Launch bound = Launch.of(
                "bind",
                Grid.lanes(Math.max(tables.ints.getSize(), tables.floats.getSize())),
                TransferKernel::bind,
                buffers.context(),
                tables.hostInts,
                tables.hostFloats,
                tables.ints,
                tables.floats,
                tables.ints.getSize(),
                tables.floats.getSize());
        bind = plan.add(new Chunk(List.of(bound)), tables.hostInts, tables.hostFloats);
        for (Capacity bucket : Buckets.of(graph, capacity, traits).reversed()) {
            List<Stage> forward = stagesOf(Lowering.of(graph.forward(), buffers, bucket));
            List<Stage> backward = stagesOf(Lowering.of(graph.backward(), buffers, bucket));
            passes.addFirst(new Passes(bucket, forward, backward));
            buffers.complete();
        }
        updates = Update.of(graph, buffers, optimizerState);
        for (Update update : updates) {
            norms.add(stages(update.norm()));
            steps.add(stages(update.launches()));
        }
        samples = graph.forward().stream().anyMatch(Op.Sample.class::isInstance);
    }

    /// What to do when it is closed, once.
    void onClose(Runnable closing) {
        this.closing = closing;
    }

    long roundedBytes() {
        return buffers.roundedBytes();
    }

    private List<Stage> stagesOf(List<Lowering.Step> lowered) {
        List<Stage> stages = new ArrayList<>();
        for (Lowering.Step step : lowered) {
            switch (step) {
                case Lowering.Once once -> stages.addAll(stages(once.launches()));
                case Lowering.Blocks blocks ->
                    stages.add(new Stage(
                            plan.add(new Chunk(blocks.launches()), blocks.block()), blocks.block(), blocks.rows()));
            }
        }
        return stages;
    }

    private List<Stage> stages(List<Launch> launches) {
        return Chunk.split(launches).stream()
                .map(chunk -> new Stage(plan.add(chunk), buffers.sampled(), WHOLE))
                .toList();
    }

    @Override
    public void forward(Batch batch) {
        check.check(batch);
        upload();
        Passes chosen = passesFor(batch);
        last = chosen;
        buffers.tables().fill(batch, chosen.bucket().rows());
        targets = batch.targets();
        plan.run(bind);
        run(chosen.forward());
        if (profile != null && buffers.traits().fixedRows()) {
            profile.passed(chosen.bucket().rows(), batch.rows());
        }
        if (samples) {
            plan.toHost(buffers.sampled());
            for (int target = 0; target < targets; target++) {
                batch.sampledToken[target] = buffers.sampled().get(target);
            }
        }
    }

    private Passes passesFor(Batch batch) {
        return passes.stream()
                .filter(each -> Buckets.holds(each.bucket(), batch))
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void backward(Batch batch) {
        if (graph.backward().isEmpty()) {
            throw new IllegalStateException("the graph has no backward pass");
        }
        if (last == null) {
            throw new IllegalStateException("the backward pass needs a forward pass before it");
        }
        run(last.backward());
        buffers.gradients().values().forEach(gradients -> versions.put(gradients, gradients.changedOn(this)));
    }

    private void run(List<Stage> stages) {
        for (Stage stage : stages) {
            if (stage.rows() == WHOLE) {
                plan.run(stage.graph());
                continue;
            }
            for (int first = 0; first < targets; first += stage.rows()) {
                stage.block().set(HeadKernel.FIRST, first);
                stage.block().set(HeadKernel.COUNT, Math.min(stage.rows(), targets - first));
                plan.run(stage.graph());
            }
        }
    }

    @Override
    public float update(float learningRate, int step) {
        if (updates.isEmpty()) {
            throw new IllegalStateException("the graph has no optimizer");
        }
        upload();
        float norm = 0;
        for (int i = 0; i < updates.size(); i++) {
            norm = (float) Math.hypot(norm, update(i, learningRate, step));
        }
        return norm;
    }

    private float update(int number, float learningRate, int step) {
        Update update = updates.get(number);
        run(norms.get(number));
        plan.toHost(update.parts());
        float[] parts = new float[update.parts().getSize()];
        Memory.copy(update.parts(), 0, parts, 0, parts.length);
        float measured = update.norm(parts);
        if (!Float.isFinite(measured)) {
            return measured;
        }
        update.fill(learningRate, step, measured);
        plan.run(bind);
        run(steps.get(number));
        changed(update.weights());
        changed(buffers.gradients(update.weights().layout().name()));
        optimizerState.values().forEach(state -> changed((TornadoParameters) state));
        return measured;
    }

    private void changed(TornadoParameters parameters) {
        versions.put(parameters, parameters.changedOn(this));
    }

    /// Sends the device all parameters that have newer values elsewhere.
    private void upload() {
        if (!plan.isOpen()) {
            buffers.parameters().values().forEach(TornadoParameters::toHost);
            all().forEach(parameters -> versions.put(parameters, parameters.version()));
            plan.open();
            return;
        }
        for (TornadoParameters parameters : all()) {
            if (versions.getOrDefault(parameters, -1) != parameters.version()) {
                parameters.toHost();
                parameters
                        .arrays()
                        .forEach((parameter, array) -> plan.write(array, array.getSegment(), parameter.size()));
                versions.put(parameters, parameters.version());
            }
        }
    }

    private List<TornadoParameters> all() {
        List<TornadoParameters> all = new ArrayList<>(buffers.parameters().values());
        all.addAll(buffers.gradients().values());
        optimizerState.values().forEach(state -> all.add((TornadoParameters) state));
        return all;
    }

    @Override
    public void download(TornadoParameters parameters) {
        parameters.arrays().values().forEach(plan::toHost);
    }

    @Override
    public void read(Tensor tensor, Batch batch, float[] into) {
        FloatArray array = visible(tensor);
        plan.toHost(array);
        Memory.copy(array, 0, into, 0, tensor.rows(batch) * tensor.width());
    }

    @Override
    public void write(Tensor tensor, Batch batch, float[] from) {
        int given = tensor.rows(batch) * tensor.width();
        int most = tensor.rows(passesFor(batch).bucket()) * tensor.width();
        if (buffers.traits().fixedRows() && given < most) {
            // Derivatives behind the batch's rows count as well.
            float[] filled = new float[most];
            System.arraycopy(from, 0, filled, 0, given);
            plan.write(visible(tensor), MemorySegment.ofArray(filled), most);
        } else {
            plan.write(visible(tensor), MemorySegment.ofArray(from), given);
        }
    }

    @Override
    public Parameters gradients() {
        List<ParameterLayout> trained = MemoryPlan.trainedLayouts(graph);
        if (trained.isEmpty()) {
            throw new IllegalStateException("the graph has no backward pass");
        }
        return gradients(trained.getFirst().name());
    }

    Parameters gradients(String layout) {
        return buffers.gradients(layout);
    }

    @Override
    public Map<String, Parameters> optimizerState() {
        return Collections.unmodifiableMap(optimizerState);
    }

    @Override
    public Optional<String> firstNonFinite(Batch batch) {
        return new Diagnosis(graph, capacity, this).firstNonFinite(batch);
    }

    Parameters parameters(String layout) {
        return buffers.parameters(layout);
    }

    /// Whether the tensor can be read and written.
    boolean isVisible(Tensor tensor) {
        return buffers.plan().kept(tensor);
    }

    private FloatArray visible(Tensor tensor) {
        if (!isVisible(tensor)) {
            throw new IllegalArgumentException(
                    tensor + " shares its memory with other tensors of the step; only results,"
                            + " inputs and their derivatives can be read and written");
        }
        return buffers.of(tensor);
    }

    /// Gives the device's memory back; parameters that only this program has the newest values of go to the host
    /// first.
    @Override
    public void close() {
        for (TornadoParameters parameters : all()) {
            if (parameters.isHeldBy(this)) {
                parameters.toHost();
            }
        }
        plan.close();
        closing.run();
        closing = () -> {};
    }
}
