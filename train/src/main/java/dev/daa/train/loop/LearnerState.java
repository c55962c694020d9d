package dev.daa.train.loop;

import dev.daa.compute.InputException;
import dev.daa.compute.Parameters;
import dev.daa.model.checkpoint.AdapterFiles;
import dev.daa.model.checkpoint.DurableFile;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.checkpoint.Safetensors;
import dev.daa.model.transformer.AdapterParameters;
import dev.daa.model.transformer.Model;
import dev.daa.train.run.Metrics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The files of a checkpoint: the model or adapter folder that every command and transformers or PEFT open,
/// `optimizer.safetensors` with one flat tensor per moment and array of the layout, and `objective.json` with what the
/// objective remembers. `unevaluated.json` holds the metrics of the checkpoint's step where the run was stopped while
/// that step was evaluated: the resumed run evaluates it first.
final class LearnerState {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String OPTIMIZER = "optimizer.safetensors";
    private static final String OBJECTIVE = "objective.json";
    private static final String UNEVALUATED = "unevaluated.json";

    private LearnerState() {}

    private record ObjectiveState(double[] state) {}

    static void saveUnevaluated(Path folder, Metrics metrics) {
        ObjectNode row = JSON.createObjectNode();
        row.put("step", metrics.step());
        metrics.forEach(row::put);
        DurableFile.write(folder.resolve(UNEVALUATED), row.toString());
    }

    /// Metrics of a step whose evaluation was cut short.
    static Optional<Metrics> unevaluated(Path folder) {
        Path file = folder.resolve(UNEVALUATED);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        JsonNode row = JSON.readTree(file.toFile());
        Metrics metrics = Metrics.at(row.path("step").asLong());
        row.properties().forEach(entry -> {
            if (!entry.getKey().equals("step")) {
                metrics.with(entry.getKey(), entry.getValue().asDouble());
            }
        });
        return Optional.of(metrics);
    }

    static void save(Path folder, Learner learner, ModelText text) {
        List<Safetensors.Content> moments = new ArrayList<>();
        for (Map.Entry<String, Parameters> moment : learner.optimizerState().entrySet()) {
            List<Integer> sizes = moment.getValue().layout().sizes();
            for (int i = 0; i < sizes.size(); i++) {
                int array = i;
                moments.add(new Safetensors.Content(
                        name(moment.getKey(), array),
                        List.of(sizes.get(array)),
                        () -> moment.getValue().copy(array)));
            }
        }
        Safetensors.write(folder.resolve(OPTIMIZER), moments);
        DurableFile.write(
                folder.resolve(OBJECTIVE), JSON.writeValueAsString(new ObjectiveState(learner.objectiveState())));
        learner.saveModel(folder, text);
    }

    /// `m`, and `m.1`, `m.2`, … where the layout has further arrays.
    private static String name(String moment, int array) {
        return array == 0 ? moment : moment + "." + array;
    }

    static void restore(Path folder, Learner learner) {
        Model model = learner.model();
        AdapterParameters adapter = model.parameters().adapter();
        if (adapter == null) {
            model.weights().write(ModelFolder.open(folder).weights(model.parameters()));
        } else {
            model.trained().write(AdapterFiles.read(folder, model.config(), adapter));
        }
        try (Safetensors optimizer = Safetensors.open(folder.resolve(OPTIMIZER))) {
            for (Map.Entry<String, Parameters> moment : learner.optimizerState().entrySet()) {
                float[][] arrays = moment.getValue().layout().zeros();
                for (int array = 0; array < arrays.length; array++) {
                    optimizer.read(name(moment.getKey(), array), arrays[array], 0);
                }
                moment.getValue().write(arrays);
            }
        }
        double[] saved = JSON.readValue(folder.resolve(OBJECTIVE).toFile(), ObjectiveState.class)
                .state();
        double[] state = learner.objectiveState();
        if (saved.length != state.length) {
            throw InputException.of(
                    folder.resolve(OBJECTIVE).toString(),
                    saved.length + " numbers",
                    state.length + " for this objective",
                    "choose another --out");
        }
        System.arraycopy(saved, 0, state, 0, saved.length);
    }
}
